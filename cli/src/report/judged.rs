//! A decision, as `verify` tells it.

use super::json;
use crate::error::Failure;
use bulla_policy::{Decision, Reason};
use bulla_verify::{VerifiedBundle, VerifiedSigner};
use serde::Serialize;
use serde_json::value::RawValue;

/// What `verify` decided.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Judged {
    pub(crate) verdict: &'static str,
    /// What was demanded.
    pub(crate) required: String,
    pub(crate) subjects: Vec<JudgedSubject>,
    /// Whether people get to read the whole decision.
    #[serde(skip)]
    pub(crate) explain: bool,
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
    /// All that it rests on.
    pub(crate) decision: Decision,
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
}

impl JudgedSubject {
    /// A decision about `name`.
    pub(crate) fn new(name: String, digest: String, platform: Option<String>, decision: &Decision) -> Self {
        let signatures = decision.met_by().iter().map(|met| Signature::new(&met.origin, &met.bundle)).collect();
        let reasons = decision.reasons().iter().map(Why::from).collect();
        let (verdict, decision) = (decision.verdict().as_str(), decision.clone());
        Self { name, digest, platform, verdict, signatures, reasons, decision }
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
        Self { code: failure.code().to_owned(), message: failure.message().to_owned(), hint, origin: None }
    }
}

impl From<&Reason> for Why {
    fn from(reason: &Reason) -> Self {
        let Reason { code, message, hint, origin, .. } = reason.clone();
        Self { code, message, hint, origin }
    }
}
