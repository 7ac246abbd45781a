//! A decision, as `verify` tells it.

use super::json;
use crate::error::Failure;
use bulla_policy::{Decision, Excepted, Listed, Reason, recording::Problem};
use bulla_transport::{Descriptor, Platform};
use bulla_verify::{VerifiedBundle, VerifiedSigner};
use serde::Serialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::BTreeMap};

/// What `verify` decided.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Judged {
    pub(crate) verdict: &'static str,
    /// What was demanded.
    pub(crate) required: String,
    pub(crate) subjects: Vec<JudgedSubject>,
    /// What was asked otherwise than it was recorded: the verdict is then one that nobody has given.
    #[serde(rename = "whatIf", skip_serializing_if = "Option::is_none")]
    pub(crate) asked: Option<Asked>,
    /// Whether people get to read the whole decision.
    #[serde(skip)]
    pub(crate) explain: bool,
}

/// What was asked of a recording otherwise than it was recorded, and what is recorded.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asked {
    /// By these policies, if not by those that are recorded.
    pub(crate) policies: Vec<String>,
    /// Then, if not when it was.
    pub(crate) at: Option<String>,
    /// Called so by the rules, if not as it was.
    #[serde(rename = "as")]
    pub(crate) called: Option<String>,
    pub(crate) recorded_at: String,
    pub(crate) recorded_verdict: &'static str,
}

impl Asked {
    /// `by trust.yaml, at 2028-01-01`
    pub(super) fn told(&self) -> String {
        let by = (!self.policies.is_empty()).then(|| format!("by {}", self.policies.join(", ")));
        let at = self.at.as_ref().map(|at| format!("at {at}"));
        let called = self.called.as_ref().map(|called| format!("called {called}"));
        [by, at, called].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// The decision about one thing.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JudgedSubject {
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) platform: Option<String>,
    pub(crate) verdict: &'static str,
    /// The signatures that meet what was demanded.
    pub(crate) signatures: Vec<Signature>,
    /// Why it is not met, or what was seen besides.
    pub(crate) reasons: Vec<Why>,
    /// What of it runs on the platform that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) runs: Vec<Picked>,
    /// All that it rests on.
    pub(crate) decision: Decision,
}

/// An image that runs on a platform.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Picked {
    pub(crate) digest: String,
    /// As the index says.
    pub(crate) platform: Option<String>,
}

/// A signature that is proved.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Signature {
    pub(super) origin: String,
    pub(super) signer: Signer,
    pub(super) times: Vec<Moment>,
    pub(super) log_entries: Vec<Entry>,
    pub(super) predicate_type: Option<String>,
    /// What is stated, as it was signed.
    pub(super) predicate: Option<Box<RawValue>>,
}

/// Who signed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub(crate) enum Signer {
    /// The holder of a key.
    #[serde(rename_all = "camelCase")]
    Key {
        /// SHA-256 of its public key.
        key_id: String,
    },
    /// The holder of a certificate.
    Certificate {
        /// The name in it.
        identity: String,
        /// Who vouches for it.
        issuer: String,
    },
}

/// When, and who says so.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Moment {
    pub(super) time: String,
    pub(super) source: String,
}

/// An entry of a transparency log.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    pub(super) log: String,
    pub(super) index: u64,
    pub(super) time: Option<String>,
}

/// One reason of a decision.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Why {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// Where the bundle came from that is meant, if one is.
    pub(crate) origin: Option<String>,
    /// The image of an index that is meant, where it is not what was decided about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) child: Option<Listed>,
}

/// One reason of each kind, in order, and for how many more it speaks: those of its code about the same image. What stands
/// `alone` speaks for nobody else.
pub(crate) fn kinds(reasons: &[Why], alone: impl Fn(&Why) -> bool) -> Vec<(&Why, usize)> {
    let (mut kinds, mut known) = (Vec::<(&Why, usize)>::new(), BTreeMap::new());
    for reason in reasons {
        let next = kinds.len();
        let index = match alone(reason) {
            true => next,
            false => *known.entry((&reason.code, &reason.child)).or_insert(next),
        };
        match kinds.get_mut(index) {
            Some((_, others)) => *others += 1,
            None => kinds.push((reason, 0)),
        }
    }
    kinds
}

/// What a reason says, and for how many more bundles.
pub(crate) fn for_all(message: &str, others: usize) -> Cow<'_, str> {
    match others {
        0 => message.into(),
        1 => format!("{message}; one more bundle fails in the same way").into(),
        _ => format!("{message}; {others} more bundles fail in the same way").into(),
    }
}

/// An exception, of what has this digest or of an image in it.
pub(crate) fn excused(digest: &str, excepted: &Excepted) -> String {
    let Excepted { owner, reason, expires, .. } = excepted;
    let part = if excepted.digest == digest { String::new() } else { format!("{} in it is ", excepted.digest) };
    format!("{part}accepted by an exception of {owner} until {expires}: {reason}")
}

impl JudgedSubject {
    /// A decision about `name`.
    pub(crate) fn new(name: String, digest: String, platform: Option<String>, decision: &Decision) -> Self {
        let signatures = decision.met_by().iter().map(|met| Signature::new(&met.origin, &met.bundle)).collect();
        let reasons = decision.reasons().iter().map(Why::from).collect();
        let (verdict, decision) = (decision.verdict().as_str(), decision.clone());
        Self { name, digest, platform, verdict, signatures, reasons, runs: Vec::new(), decision }
    }

    /// The same, decided for a platform if one was asked for, on which these of it run.
    pub(crate) fn on(self, platform: Option<&Platform>, runs: &[Descriptor]) -> Self {
        let picked = |one: &Descriptor| Picked { digest: one.digest.to_string(), platform: one.platform.clone() };
        match platform {
            None => self,
            Some(asked) => Self { platform: Some(asked.to_string()), runs: runs.iter().map(picked).collect(), ..self },
        }
    }
}

impl Signature {
    fn new(origin: &str, bundle: &VerifiedBundle) -> Self {
        let times = bundle.times().iter();
        let entries = bundle.entries().iter();
        Self {
            origin: origin.to_owned(),
            signer: Signer::from(bundle.signer()),
            times: times.map(|at| Moment { time: at.time().to_string(), source: at.source().to_owned() }).collect(),
            log_entries: entries
                .map(|entry| Entry {
                    log: entry.log().to_owned(),
                    index: entry.log_index(),
                    time: entry.time().map(|time| time.to_string()),
                })
                .collect(),
            predicate_type: bundle.statement().map(|statement| statement.predicate_type().to_owned()),
            predicate: bundle.statement().and_then(|statement| json::compact(statement.predicate().json())),
        }
    }
}

impl Signature {
    /// Who signed, for people.
    pub(super) fn who(&self) -> String {
        match &self.signer {
            Signer::Key { key_id } => format!("key {key_id}"),
            Signer::Certificate { identity, .. } => identity.clone(),
        }
    }
}

impl From<&VerifiedSigner> for Signer {
    fn from(signer: &VerifiedSigner) -> Self {
        match signer {
            VerifiedSigner::Key { key, .. } => Self::Key { key_id: key.id().to_string() },
            VerifiedSigner::Certificate { certificate, .. } => Self::Certificate {
                identity: certificate.identity().to_string(),
                issuer: certificate.issuer().to_owned(),
            },
        }
    }
}

impl From<&Failure> for Why {
    fn from(failure: &Failure) -> Self {
        let hint = failure.next().map(str::to_owned);
        Self { code: failure.code().to_owned(), message: failure.message().to_owned(), hint, origin: None, child: None }
    }
}

impl From<&Problem> for Why {
    fn from(problem: &Problem) -> Self {
        let Problem { code, message, hint } = problem.clone();
        Self { code, message, hint, origin: None, child: None }
    }
}

impl From<&Reason> for Why {
    fn from(reason: &Reason) -> Self {
        let Reason { code, message, hint, origin, child, .. } = reason.clone();
        Self { code, message, hint, origin, child }
    }
}
