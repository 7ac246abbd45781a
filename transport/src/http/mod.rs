//! Asking one registry: its credentials stay with it, redirects are followed by us, failures that pass are waited out.

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
use std::time::{Duration, SystemTime};
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
        let mut tried = 0;
        let mut before = None;
        loop {
            tried += 1;
            let (failure, wanted) = match self.once(ask) {
                Ok(answer) => match self.judge(answer) {
                    Ok(answer) => return Ok(answer),
                    Err(refused) => refused,
                },
                Err(failure) => (failure, None),
            };
            let connecting = matches!(failure.error, Error::Unreachable { .. });
            let tries = if connecting { budget::CONNECTING_ATTEMPTS } else { budget::ATTEMPTS };
            let pause = wanted.unwrap_or_default().max(pace::pause(tried));
            let again = failure.passing && ask.repeatable && tried < tries && self.pace.has(pause);
            if !again || pause > budget::LONGEST_PAUSE {
                return Err(failure.error.or_rather(before));
            }
            before = Some(failure.error);
            if let Err(error) = self.pace.sleep(pause, &self.origin.to_string()) {
                return Err(error.or_rather(before));
            }
        }
    }

    /// Which statuses are failures, and how long the server wants us to wait.
    fn judge(&self, answer: Answer) -> Result<Answer, (Failure, Option<Duration>)> {
        let origin = answer.url.origin.to_string();
        let detail = detail(&answer.body);
        let wanted = answer.header("retry-after").and_then(|text| pace::retry_after(text, SystemTime::now()));
        let status = answer.status;
        let error = match status {
            429 => Error::Throttled { origin, detail },
            408 | 500..=599 => Error::ServerFailed { origin, status, detail },
            401 | 403 => Error::Unauthorized { origin, scope: self.authority.repository().to_owned(), status, detail },
            _ => return Ok(answer),
        };
        // 501 and 505 say what the server is, not how it feels.
        let passing = !matches!(status, 401 | 403 | 501 | 505);
        Err((Failure { error, passing }, wanted))
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
        let mut url = ask.url.clone();
        for _ in 0..=budget::REDIRECTS {
            let answer = self.send(ask, &url, authorization.clone())?;
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            url = self.next(ask, &answer).map_err(Failure::lasting)?;
        }
        let (from, to) = (ask.url.origin.to_string(), shown(&url.to_string()));
        Err(Failure::lasting(Error::RedirectRefused { from, to, why: "too many redirects" }))
    }

    fn send(&self, ask: &Ask, url: &Url, authorization: Option<Zeroizing<String>>) -> Result<Answer, Failure> {
        self.allow(&url.origin).map_err(Failure::lasting)?;
        let mut headers = Vec::new();
        headers.extend(ask.accept.map(|accept| ("accept", Zeroizing::new(accept.to_owned()))));
        headers.extend(ask.content_type.clone().map(|kind| ("content-type", Zeroizing::new(kind))));
        let own = url.origin == self.origin;
        headers.extend(authorization.filter(|_| own).map(|value| ("authorization", value)));
        let (method, body) = (ask.method.clone(), Arc::clone(&ask.body));
        let message = Message { method, url: url.clone(), headers, body, limit: ask.limit };
        self.wire.exchange(&message, &self.pace)
    }

    /// Where a redirect leads, if it may be followed.
    fn next(&self, ask: &Ask, answer: &Answer) -> Result<Url, Error> {
        let location = answer.header("location").unwrap_or_default();
        let from = answer.url.origin.to_string();
        let refuse = |why| Error::RedirectRefused { from: from.clone(), to: shown(location), why };
        let url = answer.url.join(location).filter(|_| !location.is_empty());
        let url = url.ok_or_else(|| refuse("not an address"))?;
        if !matches!(ask.method, Method::GET | Method::HEAD) {
            return Err(refuse("what is written is not sent elsewhere"));
        }
        if answer.url.origin.https && !url.origin.https {
            return Err(refuse("from https to plain http"));
        }
        Ok(url)
    }

    /// Plain HTTP stays on this machine, unless it was asked for.
    pub(crate) fn allow(&self, origin: &Origin) -> Result<(), Error> {
        if origin.https || origin.is_loopback() || self.plain_http {
            return Ok(());
        }
        Err(Error::PlainHttpRefused { origin: origin.to_string() })
    }

    /// One request to a token service, which is not the registry: without redirects, with what it is given only.
    pub(crate) fn exchange(&self, message: &Message) -> Result<Answer, Failure> {
        let answer = self.wire.exchange(message, &self.pace)?;
        self.judge(answer).map_err(|(failure, _)| failure)
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
