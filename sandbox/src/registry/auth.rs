//! Who may push and pull: nobody asks, a password, or a token from an endpoint of the same server
//! (distribution specification, "Token Authentication").

use crate::budget;
use crate::http::{Answer, Call, query_pairs};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bulla_verify::Digest;
use std::collections::VecDeque;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher as _;
use std::net::SocketAddr;

/// The `service` that tokens are asked for.
const SERVICE: &str = "bulla-sandbox";

/// Seconds that a token claims to live; it lives until 1024 others have been made.
const TOKEN_SECONDS: u32 = 300;

/// What the registry demands of a client.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Auth {
    /// User name and password with every request.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: String,
    },
    /// A token for the repository, which `/token` gives for user name and password.
    Bearer {
        /// The user name.
        username: String,
        /// The password; also taken as a refresh token (`grant_type=refresh_token`).
        password: String,
        /// Whether a token to pull is given to anybody.
        anonymous_pull: bool,
        /// The `realm` of the challenge, where it is not this server's own `/token`.
        realm: Option<String>,
    },
}

/// Without the password.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { username, .. } => f.debug_struct("Basic").field("username", username).finish_non_exhaustive(),
            Self::Bearer { username, anonymous_pull, realm, .. } => f
                .debug_struct("Bearer")
                .field("username", username)
                .field("anonymous_pull", anonymous_pull)
                .field("realm", realm)
                .finish_non_exhaustive(),
        }
    }
}

impl Auth {
    fn admits(&self, name: &str, given: &str) -> bool {
        let (Self::Basic { username, password } | Self::Bearer { username, password, .. }) = self;
        // Compared as digests, so that time tells nothing of where they differ.
        Digest::of(username.as_bytes()) == Digest::of(name.as_bytes())
            && Digest::of(password.as_bytes()) == Digest::of(given.as_bytes())
    }
}

/// What a request needs leave for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Need {
    /// The ping: any leave.
    Any,
    Pull(String),
    Push(String),
}

impl Need {
    fn scope(&self) -> Option<String> {
        match self {
            Self::Any => None,
            Self::Pull(name) => Some(format!("repository:{name}:pull")),
            Self::Push(name) => Some(format!("repository:{name}:pull,push")),
        }
    }
}

/// One `repository:<name>:<actions>` that a token is good for.
#[derive(Debug, Clone)]
struct Grant {
    name: String,
    pull: bool,
    push: bool,
}

impl Grant {
    fn parse(scope: &str) -> Option<Self> {
        let (name, actions) = scope.strip_prefix("repository:")?.rsplit_once(':')?;
        let has = |wanted: &str| actions.split(',').any(|action| action == wanted || action == "*");
        Some(Self { name: name.to_owned(), pull: has("pull"), push: has("push") })
    }

    fn covers(&self, need: &Need) -> bool {
        match need {
            Need::Any => true,
            Need::Pull(name) => self.pull && self.name == *name,
            Need::Push(name) => self.push && self.name == *name,
        }
    }
}

/// A token that was given out, by its digest.
struct Token {
    digest: Digest,
    grants: Vec<Grant>,
}

/// The guard at the door.
pub(super) struct Guard {
    auth: Option<Auth>,
    realm: String,
    tokens: VecDeque<Token>,
    made: u64,
    seed: RandomState,
}

impl Guard {
    pub(super) fn new(auth: Option<Auth>, addr: SocketAddr) -> Self {
        let own = || format!("http://{addr}/token");
        let realm = match &auth {
            Some(Auth::Bearer { realm: Some(realm), .. }) => realm.clone(),
            _ => own(),
        };
        Self { auth, realm, tokens: VecDeque::new(), made: 0, seed: RandomState::new() }
    }

    /// Lets a request pass, or answers with the challenge.
    pub(super) fn admit(&self, call: &Call, need: &Need) -> Result<(), Answer> {
        let given = call.header("authorization");
        match &self.auth {
            None => Ok(()),
            Some(auth @ Auth::Basic { .. }) => match given.and_then(basic) {
                Some((name, password)) if auth.admits(&name, &password) => Ok(()),
                _ => Err(unauthorized(format!("Basic realm=\"{SERVICE}\""))),
            },
            Some(Auth::Bearer { .. }) => self.admit_token(given, need),
        }
    }

    fn admit_token(&self, given: Option<&str>, need: &Need) -> Result<(), Answer> {
        let text = given.and_then(|value| after_scheme(value, "bearer"));
        let token = text
            .map(|text| Digest::of(text.as_bytes()))
            .and_then(|digest| self.tokens.iter().find(|t| t.digest == digest));
        let covers = |token: &Token| *need == Need::Any || token.grants.iter().any(|grant| grant.covers(need));
        if token.is_some_and(covers) {
            return Ok(());
        }
        let scope = need.scope().map(|scope| format!(",scope=\"{scope}\"")).unwrap_or_default();
        let error = match (text, token) {
            (None, _) => "",
            (Some(_), None) => ",error=\"invalid_token\"",
            (Some(_), Some(_)) => ",error=\"insufficient_scope\"",
        };
        Err(unauthorized(format!("Bearer realm=\"{}\",service=\"{SERVICE}\"{scope}{error}", self.realm)))
    }

    /// The token endpoint: GET with a query (distribution specification), POST with a form (OAuth 2).
    pub(super) fn token(&mut self, call: &Call) -> Answer {
        let Some(auth @ Auth::Bearer { anonymous_pull, .. }) = &self.auth else {
            return Answer::error(404, "UNSUPPORTED", "this registry gives no tokens");
        };
        let form = query_pairs(&String::from_utf8_lossy(call.body.bytes()));
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let credentials = match call.method.as_str() {
            "GET" => call.header("authorization").map(|value| basic(value).unwrap_or_default()),
            "POST" => Some(match (field("grant_type"), &self.auth) {
                (Some("refresh_token"), Some(Auth::Bearer { username, .. })) => {
                    (username.clone(), field("refresh_token").unwrap_or_default().to_owned())
                }
                _ => {
                    (field("username").unwrap_or_default().to_owned(), field("password").unwrap_or_default().to_owned())
                }
            }),
            _ => return Answer::error(405, "UNSUPPORTED", "a token is asked for with GET or POST"),
        };
        let known = credentials.as_ref().is_some_and(|(name, password)| auth.admits(name, password));
        if !known && (credentials.is_some() || !anonymous_pull) {
            return Answer::error(401, "UNAUTHORIZED", "wrong user name or password");
        }
        let scopes = call.query.iter().chain(&form).filter(|(key, _)| key == "scope");
        let grants = scopes.flat_map(|(_, value)| value.split(' ')).take(16).filter_map(Grant::parse);
        let grants = grants.map(|grant| Grant { push: grant.push && known, ..grant }).collect();
        self.give(grants)
    }

    fn give(&mut self, grants: Vec<Grant>) -> Answer {
        self.made += 1;
        let secret = [self.seed.hash_one(self.made), self.seed.hash_one((self.made, "second half"))];
        let text = Digest::of(format!("{secret:?}").as_bytes()).to_hex();
        if self.tokens.len() >= budget::TOKENS {
            self.tokens.pop_front();
        }
        self.tokens.push_back(Token { digest: Digest::of(text.as_bytes()), grants });
        let value = serde_json::json!({ "token": text, "access_token": text, "expires_in": TOKEN_SECONDS });
        Answer::json(200, &value).with("Cache-Control", "no-store")
    }
}

fn unauthorized(challenge: String) -> Answer {
    Answer::error(401, "UNAUTHORIZED", "authentication required").with("WWW-Authenticate", challenge)
}

/// What follows the scheme, whose name has no case (RFC 9110 section 11.1).
fn after_scheme<'a>(value: &'a str, scheme: &str) -> Option<&'a str> {
    let (found, rest) = value.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

/// User name and password of a Basic header (RFC 7617).
fn basic(value: &str) -> Option<(String, String)> {
    let bytes = STANDARD.decode(after_scheme(value, "basic")?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_in_debug() {
        let (username, password) = ("hugo".to_owned(), "hunter2".to_owned());
        let basic = Auth::Basic { username: username.clone(), password: password.clone() };
        let bearer = Auth::Bearer { username, password, anonymous_pull: true, realm: None };
        for auth in [basic, bearer] {
            let text = format!("{auth:?}");
            assert!(text.contains("hugo") && !text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn one_token_too_many_forgets_the_oldest() {
        let mut guard = Guard::new(None, SocketAddr::from(([127, 0, 0, 1], 1)));
        for _ in 0..=budget::TOKENS {
            guard.give(Vec::new());
        }
        assert_eq!(guard.tokens.len(), budget::TOKENS);
    }

    #[test]
    fn a_grant_covers_its_own_repository_and_actions_only() {
        let [pull, all] = ["repository:a/b:pull", "repository:a/b:*"].map(|scope| {
            Grant::parse(scope).map(|grant| {
                [Need::Pull("a/b".into()), Need::Push("a/b".into()), Need::Pull("a".into())]
                    .map(|need| grant.covers(&need))
            })
        });
        assert_eq!(pull, Some([true, false, false]));
        assert_eq!(all, Some([true, true, false]));
    }
}
