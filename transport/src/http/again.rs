//! What passes is waited out: the same for a registry and for a service.

use crate::budget;
use crate::error::{Error, shown};
use crate::http::pace::{self, Pace};
use crate::http::url::{Origin, Url};
use crate::http::wire::{Answer, Failure};
use std::time::{Duration, SystemTime};

/// How often something may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tries {
    /// Once: a second time would do more than the first.
    Once,
    /// A few times.
    Few,
    /// As often as the deadline allows, where somebody is known to be there: there is nobody else to ask.
    UntilDeadline,
}

impl Tries {
    fn allow(self, tried: u32, failure: &Failure) -> bool {
        let connecting = matches!(failure.error, Error::Unreachable { .. });
        match self {
            Self::Once => false,
            Self::Few if connecting => tried < budget::CONNECTING_ATTEMPTS,
            Self::Few => tried < budget::ATTEMPTS,
            // Whoever has typed a wrong address would rather know.
            Self::UntilDeadline if failure.absent => tried < budget::CONNECTING_ATTEMPTS,
            Self::UntilDeadline => true,
        }
    }

    fn longest_pause(self) -> Duration {
        match self {
            Self::Once | Self::Few => budget::LONGEST_PAUSE,
            Self::UntilDeadline => budget::PATIENT_PAUSE,
        }
    }
}

/// Asks until there is an answer that is worth having: failures that pass are tried again, with pauses, within the
/// deadline.
pub(crate) fn until_answered<T>(
    pace: &Pace,
    origin: &Origin,
    tries: Tries,
    once: impl Fn() -> Result<T, Failure>,
) -> Result<T, Error> {
    let mut tried = 0;
    let mut before = None;
    loop {
        tried += 1;
        let failure = match once() {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        let pause = failure.wanted.unwrap_or_default().max(pace::pause(tried).min(tries.longest_pause()));
        let again = failure.passing && tries.allow(tried, &failure) && pace.has(pause);
        if !again || pause > budget::LONGEST_PAUSE {
            return Err(failure.error.or_rather(before));
        }
        before = Some(failure.error);
        if let Err(error) = pace.sleep(pause, &origin.to_string()) {
            return Err(error.or_rather(before));
        }
    }
}

/// Which statuses say that the server could not answer, whatever was asked; `words` are its own.
pub(crate) fn judge(answer: Answer, words: impl Fn(&Answer) -> String) -> Result<Answer, Failure> {
    let origin = answer.url.origin.to_string();
    let status = answer.status;
    let error = match status {
        429 => Error::Throttled { origin, detail: words(&answer) },
        408 | 500..=599 => Error::ServerFailed { origin, status, detail: words(&answer) },
        _ => return Ok(answer),
    };
    let wanted = answer.header("retry-after").and_then(|text| pace::retry_after(text, SystemTime::now()));
    // 501 and 505 say what the server is, not how it feels.
    Err(Failure { error, passing: !matches!(status, 501 | 505), absent: false, wanted })
}

/// Sends, and follows redirects where that is safe.
pub(crate) fn follow(
    from: &Url,
    writes: bool,
    send: impl Fn(&Url) -> Result<Answer, Failure>,
) -> Result<Answer, Failure> {
    let mut url = from.clone();
    for _ in 0..=budget::REDIRECTS {
        let answer = send(&url)?;
        if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
            return Ok(answer);
        }
        url = next(&answer, writes).map_err(Failure::lasting)?;
    }
    let (from, to) = (from.origin.to_string(), shown(&url.to_string()));
    Err(Failure::lasting(Error::RedirectRefused { from, to, why: "too many redirects" }))
}

/// Where a redirect leads, if it may be followed.
fn next(answer: &Answer, writes: bool) -> Result<Url, Error> {
    let location = answer.header("location").unwrap_or_default();
    let from = answer.url.origin.to_string();
    let refuse = |why| Error::RedirectRefused { from: from.clone(), to: shown(location), why };
    let url = answer.url.join(location).filter(|_| !location.is_empty());
    let url = url.ok_or_else(|| refuse("not an address"))?;
    if writes {
        return Err(refuse("what is written is not sent elsewhere"));
    }
    if answer.url.origin.https && !url.origin.https {
        return Err(refuse("from https to plain http"));
    }
    Ok(url)
}

/// Plain HTTP stays on this machine, unless it was asked for.
pub(crate) fn allow(origin: &Origin, plain_http: bool) -> Result<(), Error> {
    if origin.https || origin.is_loopback() || plain_http {
        return Ok(());
    }
    Err(Error::PlainHttpRefused { origin: origin.to_string() })
}
