//! From a challenge to an `Authorization` header, kept for as long as the registry takes it.

use crate::auth::challenge::Challenge;
use crate::auth::{Credentials, Login, Secret};
use crate::budget;
use crate::error::{Error, shown};
use crate::http::Client;
use crate::http::url::{Url, escaped};
use crate::http::wire::{Failure, Message};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use ureq::http::Method;
use zeroize::Zeroizing;

/// What a token must allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    Pull,
    Push,
}

/// The value of an `Authorization` header. Clones are the same token.
#[derive(Debug, Clone)]
pub(crate) struct Token(Arc<Secret>);

impl Token {
    fn new(header: String) -> Self {
        Self(Arc::new(Secret::new(header)))
    }

    pub(crate) fn header(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.expose().to_owned())
    }
}

/// What one registry was shown of us, and what it gave for it.
#[derive(Debug)]
pub(crate) struct Authority {
    host: String,
    repository: String,
    credentials: Credentials,
    tokens: Mutex<BTreeMap<Scope, Token>>,
}

impl Authority {
    pub(crate) fn new(host: &str, repository: &str, credentials: Credentials) -> Self {
        Self { host: host.to_owned(), repository: repository.to_owned(), credentials, tokens: Mutex::default() }
    }

    pub(crate) fn repository(&self) -> &str {
        &self.repository
    }

    /// What the registry took last time.
    pub(crate) fn known(&self, scope: Scope) -> Option<Token> {
        self.lock().get(&scope).cloned()
    }

    /// Answers a challenge. Of several threads that are challenged at once, one asks and the others take its token.
    pub(crate) fn renew(
        &self,
        scope: Scope,
        challenge: &Challenge,
        sent: Option<&Token>,
        client: &Client,
    ) -> Result<Option<Token>, Failure> {
        let mut tokens = self.lock();
        let newer = tokens.get(&scope).filter(|token| sent.is_none_or(|sent| !Arc::ptr_eq(&sent.0, &token.0)));
        if let Some(newer) = newer {
            return Ok(Some(newer.clone()));
        }
        let login =
            self.credentials.login(&self.host, &self.repository, client.pace.cancel()).map_err(Failure::lasting)?;
        let token = match (challenge, login) {
            (Challenge::Basic, Some(Login::Password { user, password })) => Some(basic(&user, &password)),
            (Challenge::Basic, Some(Login::Refresh { .. }) | None) => None,
            (Challenge::Bearer { realm, service, scope: named }, login) => {
                let url = self.realm(realm, client).map_err(Failure::lasting)?;
                let scope = named.clone().unwrap_or_else(|| self.scope(scope));
                Some(fetch(&url, service.as_deref(), &scope, login.as_ref(), client)?)
            }
        };
        // The same Basic header again would be refused again.
        let repeated = |token: &Token| sent.is_some_and(|sent| sent.0.expose() == token.0.expose());
        let token = token.filter(|token| !repeated(token));
        if let Some(token) = &token {
            tokens.insert(scope, token.clone());
        }
        Ok(token)
    }

    /// The token service that the registry's own challenge names: https, or the registry's own origin, or on this
    /// machine when the registry is.
    fn realm(&self, realm: &str, client: &Client) -> Result<Url, Error> {
        let registry = &client.origin;
        let refuse = |why| Error::RealmRefused { registry: registry.to_string(), realm: shown(realm), why };
        let url = Url::parse(realm).ok_or_else(|| refuse("not an address"))?;
        let local = url.origin.is_loopback() && registry.is_loopback();
        if url.origin.https || url.origin == *registry || local {
            return Ok(url);
        }
        Err(refuse("credentials are sent there only over https"))
    }

    fn scope(&self, scope: Scope) -> String {
        let actions = match scope {
            Scope::Pull => "pull",
            Scope::Push => "pull,push",
        };
        format!("repository:{}:{actions}", self.repository)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Scope, Token>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn basic(user: &str, password: &Secret) -> Token {
    let pair = Zeroizing::new(format!("{user}:{}", password.expose()));
    Token::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())))
}

/// Asks a token service (distribution, "Token Authentication Specification" with GET, and "OAuth2 Token
/// Authentication" with POST for refresh tokens).
fn fetch(
    realm: &Url,
    service: Option<&str>,
    scope: &str,
    login: Option<&Login>,
    client: &Client,
) -> Result<Token, Failure> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    pairs.extend(service.map(|service| ("service", service)));
    // Several scopes are separated by spaces in the challenge, and are parameters of their own in the question.
    pairs.extend(scope.split(' ').filter(|scope| !scope.is_empty()).map(|scope| ("scope", scope)));
    let mut message = Message {
        method: Method::GET,
        url: realm.clone(),
        headers: Vec::new(),
        body: Arc::default(),
        limit: budget::TOKEN_BYTES,
    };
    match login {
        Some(Login::Refresh { token }) => {
            pairs.extend([("grant_type", "refresh_token"), ("client_id", "bulla"), ("refresh_token", token.expose())]);
            message.method = Method::POST;
            message.headers.push(("content-type", Zeroizing::new("application/x-www-form-urlencoded".to_owned())));
            message.body = form(&pairs).as_bytes().into();
        }
        login => {
            message.url = pairs.iter().fold(realm.clone(), |url, (name, value)| url.with_query(name, &escaped(value)));
            if let Some(Login::Password { user, password }) = login {
                message.headers.push(("authorization", basic(user, password).header()));
            }
        }
    }
    let answer = client.exchange(&message)?;
    let origin = answer.url.origin.to_string();
    if answer.status != 200 {
        let (status, detail) = (answer.status, crate::http::detail(&answer.body));
        let what = "the question for a token".to_owned();
        return Err(Failure::lasting(Error::UnexpectedStatus { origin, what, status, detail }));
    }
    let refuse =
        |why: &str| Failure::lasting(Error::Malformed { place: origin.clone(), what: "token", why: why.to_owned() });
    let body = Zeroizing::new(answer.body);
    let given: Given = bulla_verify::json::from_slice(&body).map_err(|_| refuse("not the expected JSON"))?;
    let token = given.token.or(given.access_token).ok_or_else(|| refuse("no token in it"))?;
    let token = token.expose();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(refuse("not a token"));
    }
    Ok(Token::new(format!("Bearer {token}")))
}

fn form(pairs: &[(&str, &str)]) -> Zeroizing<String> {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    Zeroizing::new(pairs.join("&"))
}

#[derive(Deserialize)]
struct Given {
    token: Option<Secret>,
    access_token: Option<Secret>,
}
