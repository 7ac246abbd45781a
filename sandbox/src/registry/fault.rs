//! The ways in which a registry can misbehave, on request.

use crate::http::{Answer, Call, Delivery};
use std::time::Duration;

/// One way to misbehave.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// 429, with `Retry-After` in whole seconds.
    TooManyRequests {
        /// What `Retry-After` says.
        retry_after: Duration,
    },
    /// 500; the request takes no effect.
    InternalError,
    /// 502, as a proxy answers in whose back nobody is; the request takes no effect.
    BadGateway,
    /// 403; the request takes no effect.
    Denied,
    /// The answer waits this long. The request takes effect after the wait.
    Slow(Duration),
    /// The body ends in its middle, short of the announced length, and so does the connection. Only for a GET that
    /// succeeds with a body, and for what a Sigstore's service gives.
    Truncated,
    /// One bit of the body is another, under the same headers. Only where [`Fault::Truncated`] is possible.
    WrongDigest,
    /// 307 to this URL; `{path}` in it becomes the request's own path and query.
    RedirectTo(String),
    /// The request takes effect, and the connection ends without an answer.
    LostAnswer,
}

impl Fault {
    /// Only the wait, which goes with any other fault.
    pub(super) fn delays(&self) -> bool {
        matches!(self, Self::Slow(_))
    }

    /// Answers in place of the registry.
    pub(super) fn answers(&self) -> bool {
        matches!(
            self,
            Self::TooManyRequests { .. } | Self::InternalError | Self::BadGateway | Self::Denied | Self::RedirectTo(_)
        )
    }

    /// Spoils only the body of an answer.
    pub(super) fn spoils(&self) -> bool {
        matches!(self, Self::Truncated | Self::WrongDigest)
    }

    /// Lets the answer get lost.
    pub(super) fn loses(&self) -> bool {
        matches!(self, Self::LostAnswer)
    }

    /// How long the answer waits.
    pub(super) fn delay(&self) -> Duration {
        match self {
            Self::Slow(delay) => *delay,
            _ => Duration::ZERO,
        }
    }

    /// The answer in place of the registry's.
    pub(super) fn answer(&self, call: &Call) -> Option<Answer> {
        match self {
            Self::TooManyRequests { retry_after } => Some(
                Answer::error(429, "TOOMANYREQUESTS", "asked to slow down")
                    .with("Retry-After", retry_after.as_secs().to_string()),
            ),
            Self::InternalError => Some(Answer::error(500, "UNKNOWN", "asked to fail")),
            Self::BadGateway => Some(Answer::error(502, "UNKNOWN", "asked to be away")),
            Self::Denied => Some(Answer::error(403, "DENIED", "asked to refuse")),
            Self::RedirectTo(url) => Some(Answer::empty(307).with("Location", url.replace("{path}", &call.target))),
            Self::Slow(_) | Self::Truncated | Self::WrongDigest | Self::LostAnswer => None,
        }
    }

    /// How the registry's own answer is delivered.
    pub(super) fn delivery(&self) -> Delivery {
        match self {
            Self::Truncated => Delivery::Truncated,
            Self::WrongDigest => Delivery::Altered,
            Self::LostAnswer => Delivery::Lost,
            Self::TooManyRequests { .. }
            | Self::InternalError
            | Self::BadGateway
            | Self::Denied
            | Self::Slow(_)
            | Self::RedirectTo(_) => Delivery::Whole,
        }
    }
}

/// A fault, with the requests that it befalls: all of them, until narrowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injection {
    fault: Fault,
    method: Option<String>,
    path: String,
    left: Option<usize>,
}

impl Injection {
    /// This fault on every request, from now on.
    pub fn of(fault: Fault) -> Self {
        Self { fault, method: None, path: String::new(), left: None }
    }

    /// Only on requests of this method.
    #[must_use]
    pub fn on_method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Only on requests whose path and query contain this.
    #[must_use]
    pub fn on_path(mut self, part: &str) -> Self {
        part.clone_into(&mut self.path);
        self
    }

    /// Only on the next `count` requests that it can befall.
    #[must_use]
    pub fn times(mut self, count: usize) -> Self {
        self.left = Some(count);
        self
    }

    fn befalls(&self, call: &Call) -> bool {
        self.left != Some(0)
            && self.method.as_ref().is_none_or(|method| *method == call.method)
            && call.target.contains(&self.path)
    }
}

impl From<Fault> for Injection {
    fn from(fault: Fault) -> Self {
        Self::of(fault)
    }
}

/// Every injection, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Injection>);

impl Faults {
    pub(super) fn add(&mut self, injection: Injection) {
        self.0.push(injection);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The first fault of a kind that befalls this call; it counts as used.
    pub(super) fn take(&mut self, call: &Call, kind: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let injection = self.0.iter_mut().find(|injection| kind(&injection.fault) && injection.befalls(call))?;
        injection.left = injection.left.map(|left| left.saturating_sub(1));
        Some(injection.fault.clone())
    }
}
