//! Asking one registry: its credentials stay with it, redirects are followed by us, failures that pass are waited out.

pub(crate) mod again;
pub(crate) mod pace;
pub(crate) mod url;
pub(crate) mod wire;

use crate::auth::token::{Authority, Scope};
use crate::budget;
use crate::error::{Error, shown};
use crate::options::Options;
use pace::Pace;
use serde::Deserialize;
use std::sync::Arc;
use ureq::http::Method;
use url::{Origin, Url};
use wire::{Answer, Failure, Message, Wire};
use zeroize::Zeroizing;

/// A question to the registry.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) scope: Scope,
    pub(crate) accept: Option<&'static str>,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Arc<[u8]>,
    /// How many bytes of the answer are read.
    pub(crate) limit: usize,
    /// Whether asking twice does no more than asking once.
    pub(crate) repeatable: bool,
}

impl Ask {
    pub(crate) fn new(method: Method, url: Url, scope: Scope) -> Self {
        let body = Arc::default();
        let limit = budget::MANIFEST_BYTES;
        Self { method, url, scope, accept: None, content_type: None, body, limit, repeatable: true }
    }
}

/// One registry, as seen by one user.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) origin: Origin,
    pub(crate) pace: Pace,
    wire: Wire,
    plain_http: bool,
    authority: Authority,
}

impl Client {
    /// `registry` is the host as in the reference, `repository` what tokens are asked for.
    pub(crate) fn new(registry: &str, repository: &str, options: &Options) -> Result<Self, Error> {
        // Docker Hub's references name docker.io; its API is elsewhere (distribution/reference, "defaultDomain").
        let server = if registry == "docker.io" { "registry-1.docker.io" } else { registry };
        // Whoever names an authority for a registry on this machine means an encrypted one.
        let local = options.ca.is_empty() && Origin::of_registry(server, false).is_some_and(|it| it.is_loopback());
        let plain = options.plain_http || local;
        let origin =
            Origin::of_registry(server, plain).ok_or_else(|| Error::NoRegistryHost { text: shown(registry) })?;
        let authority = Authority::new(registry, repository, options.credentials.clone());
        let pace = Pace::new(options.deadline, options.cancel.clone());
        Ok(Self { origin, pace, wire: Wire::new(options.ca.clone()), plain_http: options.plain_http, authority })
    }

    /// Asks until there is an answer that is worth having: failures that pass are tried again, with pauses, within the
    /// deadline. 4xx other than 401, 403, 408 and 429 are answers, for the caller to judge.
    pub(crate) fn ask(&self, ask: &Ask) -> Result<Answer, Error> {
        let once = || self.once(ask).and_then(|answer| self.judge(answer));
        again::until_answered(&self.pace, &self.origin, ask.repeatable, once)
    }

    /// Which statuses are failures: to a registry, also those that want credentials.
    fn judge(&self, answer: Answer) -> Result<Answer, Failure> {
        let answer = again::judge(answer, |answer| detail(&answer.body))?;
        let status = answer.status;
        if !matches!(status, 401 | 403) {
            return Ok(answer);
        }
        let (origin, scope) = (answer.url.origin.to_string(), self.authority.repository().to_owned());
        Err(Failure::lasting(Error::Unauthorized { origin, scope, status, detail: detail(&answer.body) }))
    }

    /// One try, authentication included.
    fn once(&self, ask: &Ask) -> Result<Answer, Failure> {
        let mut sent = self.authority.known(ask.scope);
        let mut answer = self.follow(ask, sent.as_ref().map(|token| token.header()))?;
        for _ in 0..budget::CHALLENGES {
            if answer.status != 401 || answer.url.origin != self.origin {
                break;
            }
            let challenges = answer.headers.get_all("www-authenticate").iter().filter_map(|value| value.to_str().ok());
            let Some(challenge) = crate::auth::challenge::parse(challenges) else { break };
            let renewed = self.authority.renew(ask.scope, &challenge, sent.as_ref(), self)?;
            let Some(token) = renewed else { break };
            answer = self.follow(ask, Some(token.header()))?;
            sent = Some(token);
        }
        Ok(answer)
    }

    /// Sends, and follows redirects where that is safe. Only the registry's own origin sees the `Authorization` header
    /// (CVE-2020-15157: to where a registry points, its clients sent their passwords).
    fn follow(&self, ask: &Ask, authorization: Option<Zeroizing<String>>) -> Result<Answer, Failure> {
        let writes = !matches!(ask.method, Method::GET | Method::HEAD);
        again::follow(&ask.url, writes, |url| self.send(ask, url, authorization.clone()))
    }

    fn send(&self, ask: &Ask, url: &Url, authorization: Option<Zeroizing<String>>) -> Result<Answer, Failure> {
        again::allow(&url.origin, self.plain_http).map_err(Failure::lasting)?;
        let mut headers = Vec::new();
        headers.extend(ask.accept.map(|accept| ("accept", Zeroizing::new(accept.to_owned()))));
        headers.extend(ask.content_type.clone().map(|kind| ("content-type", Zeroizing::new(kind))));
        let own = url.origin == self.origin;
        headers.extend(authorization.filter(|_| own).map(|value| ("authorization", value)));
        let (method, body) = (ask.method.clone(), Arc::clone(&ask.body));
        let message = Message { method, url: url.clone(), headers, body, limit: ask.limit };
        self.wire.exchange(&message, &self.pace)
    }

    /// One request to a token service, which is not the registry: without redirects, with what it is given only.
    pub(crate) fn exchange(&self, message: &Message) -> Result<Answer, Failure> {
        let answer = self.wire.exchange(message, &self.pace)?;
        self.judge(answer)
    }
}

/// The registry's own words about an error, as `: CODE: message` (OCI distribution specification, "Error codes").
pub(crate) fn detail(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Errors {
        errors: Vec<One>,
    }
    #[derive(Deserialize)]
    struct One {
        code: String,
        #[serde(default)]
        message: String,
    }
    let first = bulla_verify::json::from_slice::<Errors>(body).ok().and_then(|errors| errors.errors.into_iter().next());
    first.map(|one| format!(": {}: {}", shown(&one.code), shown(&one.message))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registrys_own_words_are_passed_on_without_control_characters() {
        let body = br#"{"errors":[{"code":"DENIED","message":"no\u001b[2J entry"}]}"#;
        assert_eq!(detail(body), ": DENIED: no[2J entry");
        assert_eq!(detail(b"<html>"), "");
    }
}
