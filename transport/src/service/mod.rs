//! A service that is no registry: an authority, a log, an issuer of tokens.

use crate::budget;
use crate::error::{Error, shown};
use crate::http::again::{self, Tries};
use crate::http::pace::Pace;
use crate::http::url::{Origin, Url};
use crate::http::wire::{Answer, Failure, Message, Wire};
use crate::options::Options;
use bulla_verify::Time;
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::{HeaderMap, Method};
use zeroize::Zeroizing;

/// One service, at one address, within one deadline; connections are kept, and may be shared with others ([`Service::beside`]).
#[derive(Debug, Clone)]
pub struct Service {
    base: String,
    origin: Origin,
    pace: Pace,
    plain_http: bool,
    wire: Arc<Wire>,
}

/// A question to a service. `Request::default()` asks for nothing in particular, and may be repeated.
pub struct Request {
    /// The media type of the body.
    pub content_type: Option<&'static str>,
    /// The media type that is wanted.
    pub accept: Option<&'static str>,
    /// What is sent; a GET sends nothing.
    pub body: Zeroizing<Vec<u8>>,
    /// Further headers, whose values may be secret: they are never shown, and sent to the service's own origin alone.
    pub headers: Vec<(&'static str, Zeroizing<String>)>,
    /// How many bytes of the answer are read.
    pub limit: usize,
    /// Whether asking twice does no more harm than asking once.
    pub repeatable: bool,
    /// Whether what passes is tried again until the deadline, and not just a few times: where nobody else could be asked. An address
    /// where nobody is, and nobody has answered before, is tried a few times all the same: it may be a wrong one.
    pub patient: bool,
    /// How long this question may take, with all repetitions; never longer than what is left of the deadline.
    pub within: Option<Duration>,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            content_type: None,
            accept: None,
            body: Zeroizing::default(),
            headers: Vec::new(),
            limit: budget::SERVICE_BYTES,
            repeatable: true,
            patient: false,
            within: None,
        }
    }
}

impl Request {
    /// Whether `text` repeats a part of a header's value, or of a form, where codes and their secrets are.
    fn is_repeated_in(&self, text: &str) -> bool {
        let form = self.content_type == Some("application/x-www-form-urlencoded");
        let headers = self.headers.iter().map(|(_, value)| value.as_bytes());
        let mut secrets = headers.chain(form.then_some(self.body.as_slice()));
        let parts = || text.as_bytes().windows(budget::TELLING_BYTES);
        secrets.any(|secret| parts().any(|part| secret.windows(part.len()).any(|of_secret| of_secret == part)))
    }
}

impl fmt::Debug for Request {
    /// Without the body and the headers' values: they may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        write!(f, "Request({} bytes, headers {names:?})", self.body.len())
    }
}

/// What a service answered: anything but "slow down" and "I failed", which are errors.
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body, whole if the status is 2xx, and within the request's limit.
    pub body: Vec<u8>,
    headers: HeaderMap,
    words: Option<String>,
}

impl fmt::Debug for Reply {
    /// Without the body: it may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({}, {} bytes)", self.status, self.body.len())
    }
}

impl Reply {
    /// A header's value, if it is there, once or first, and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What the service says that the time is (RFC 9110, 6.6.1).
    pub fn date(&self) -> Option<Time> {
        let seconds = self.header("date").and_then(crate::http::pace::http_date)?;
        i64::try_from(seconds).ok().map(Time::from_unix)
    }

    /// The service's own words about an error: one line without control characters, at most 200 characters, and nothing of
    /// what was secret in the question.
    pub fn words(&self) -> Option<String> {
        self.words.clone()
    }

    /// The same at the end of a sentence, after a colon; empty where it has no words.
    pub fn detail(&self) -> String {
        self.words().map(|words| format!(": {words}")).unwrap_or_default()
    }
}

impl Service {
    /// `url` is where the service is: paths are appended to it.
    ///
    /// The deadline of `options` begins now, and holds for everything that this service is asked.
    ///
    /// # Errors
    /// [`Error::NotAServiceAddress`]; [`Error::PlainHttpRefused`] for plain HTTP to another machine, unless it is asked for.
    pub fn new(url: &str, options: &Options) -> Result<Self, Error> {
        let pace = Pace::new(options.deadline, options.cancel.clone());
        Self::of(url, pace, options.plain_http, Arc::new(Wire::new(options.ca.clone())))
    }

    /// Another service within the same deadline, over the same connections.
    ///
    /// # Errors
    /// As for [`Service::new`].
    pub fn beside(&self, url: &str) -> Result<Self, Error> {
        Self::of(url, self.pace.clone(), self.plain_http, Arc::clone(&self.wire))
    }

    fn of(url: &str, pace: Pace, plain_http: bool, wire: Arc<Wire>) -> Result<Self, Error> {
        let origin = address(url)?.origin;
        again::allow(&origin, plain_http)?;
        Ok(Self { base: url.to_owned(), origin, pace, plain_http, wire })
    }

    /// Its address, as it was given.
    pub fn url(&self) -> &str {
        &self.base
    }

    /// Whether nobody on the way reads what it is sent: it is asked encrypted, or is on this machine.
    pub fn is_private(&self) -> bool {
        self.origin.https || self.origin.is_loopback()
    }

    /// How much of the deadline is left.
    pub fn time_left(&self) -> Duration {
        self.pace.rest()
    }

    /// Waits, unless the deadline or the caller's flag comes first.
    ///
    /// # Errors
    /// [`Error::DeadlineExceeded`] or [`Error::Cancelled`].
    pub fn pause(&self, time: Duration) -> Result<(), Error> {
        self.pace.sleep(time, &self.origin.to_string())
    }

    /// Asks for what is at `path`, which is appended to the address; redirects are followed, never from https to http.
    ///
    /// # Errors
    /// What kept the service from answering, after what passes was tried again. 4xx other than 408 and 429 is an answer.
    pub fn get(&self, path: &str, request: &Request) -> Result<Reply, Error> {
        self.ask(Method::GET, path, request)
    }

    /// Sends the body to `path`, which is appended to the address. No redirect is followed.
    ///
    /// # Errors
    /// As for [`Service::get`].
    pub fn post(&self, path: &str, request: &Request) -> Result<Reply, Error> {
        self.ask(Method::POST, path, request)
    }

    fn ask(&self, method: Method, path: &str, request: &Request) -> Result<Reply, Error> {
        let url = self.at(path)?;
        let pace = request.within.map_or_else(|| self.pace.clone(), |most| self.pace.within(most));
        let body: Arc<[u8]> = request.body.as_slice().into();
        let writes = method != Method::GET;
        let once = || {
            let send = |url: &Url| self.send(&method, url, request, &body, &pace);
            let detail = |answer: &Answer| told(answer, request).map(|words| format!(": {words}")).unwrap_or_default();
            again::judge(again::follow(&url, writes, send)?, detail)
        };
        let tries = match (request.repeatable, request.patient) {
            (false, _) => Tries::Once,
            (true, false) => Tries::Few,
            (true, true) => Tries::UntilDeadline,
        };
        let answer = again::until_answered(&pace, &self.origin, tries, once)?;
        let words = told(&answer, request);
        Ok(Reply { status: answer.status, body: answer.body, headers: answer.headers, words })
    }

    fn send(
        &self,
        method: &Method,
        url: &Url,
        request: &Request,
        body: &Arc<[u8]>,
        pace: &Pace,
    ) -> Result<Answer, Failure> {
        again::allow(&url.origin, self.plain_http).map_err(Failure::lasting)?;
        let plain = |name, value: Option<&str>| value.map(|value| (name, Zeroizing::new(value.to_owned())));
        let mut headers = Vec::new();
        headers.extend(plain("accept", request.accept));
        headers.extend(plain("content-type", request.content_type));
        // Where a service points, its caller's secrets do not follow.
        if url.origin == self.origin {
            headers.extend(request.headers.iter().cloned());
        }
        let body = Arc::clone(body);
        let message = Message { method: method.clone(), url: url.clone(), headers, body, limit: request.limit };
        self.wire.exchange(&message, pace)
    }

    /// The address with `path` at its end, and one slash between them.
    fn at(&self, path: &str) -> Result<Url, Error> {
        let base = if path.starts_with('/') { self.base.trim_end_matches('/') } else { &self.base };
        let url = address(&format!("{base}{path}"))?;
        let elsewhere = || Error::NotAServiceAddress { text: shown(path), why: "it leads to another machine" };
        if url.origin == self.origin { Ok(url) } else { Err(elsewhere()) }
    }
}

fn address(text: &str) -> Result<Url, Error> {
    let refuse = |why| Error::NotAServiceAddress { text: shown(text), why };
    if text.len() > budget::ADDRESS_BYTES {
        return Err(refuse("longer than addresses are"));
    }
    Url::parse(text).ok_or_else(|| refuse("not an absolute http or https address"))
}

/// A service's words are shown, and written into the logs of pipelines: those that repeat a secret of the question, as some
/// services and proxies do, are left out.
fn told(answer: &Answer, request: &Request) -> Option<String> {
    let words = words(&answer.body, answer.header("content-type"))?;
    Some(if request.is_repeated_in(&words) { REPEATED.to_owned() } else { words })
}

/// What is said in place of words that hold a secret.
const REPEATED: &str = "(its words repeat a secret of the question, and are not shown)";

/// `message` of a JSON object, as Fulcio, Rekor and the timestamp authority say it, `error_description` or `error` as token
/// services do (RFC 6749, 5.2); or plain text.
fn words(body: &[u8], content_type: Option<&str>) -> Option<String> {
    #[derive(Deserialize)]
    struct Words {
        message: Option<String>,
        error_description: Option<String>,
        error: Option<String>,
    }
    let plain = content_type.is_some_and(|kind| kind.starts_with("text/plain"));
    let said = match bulla_verify::json::from_slice::<Words>(body) {
        Ok(words) => words.message.or(words.error_description).or(words.error),
        Err(_) if plain => core::str::from_utf8(body).ok().map(str::to_owned),
        Err(_) => None,
    };
    said.map(|said| shown(said.trim())).filter(|said| !said.is_empty())
}

#[cfg(test)]
mod tests;
