//! Whether we trust it.

use crate::{
    Evidence, Require, Verified,
    require::{Mismatch, name},
};
use bulla_verify::VerifyError;
use std::collections::BTreeSet;

/// The three answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The requirement is met.
    Accepted,
    /// It is not, and everything that there is was seen.
    Refused,
    /// It is not by what was seen, but something could not be fetched.
    Unknown,
}

impl Verdict {
    /// What both together come to, where both have to be accepted: refused over unknown over accepted.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Refused, _) | (_, Self::Refused) => Self::Refused,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Accepted, Self::Accepted) => Self::Accepted,
        }
    }

    /// `accepted`, `refused` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// The answer, and everything that it rests on.
#[derive(Debug, Clone)]
pub struct Decision {
    verdict: Verdict,
    met_by: Vec<Verified>,
    reasons: Vec<Reason>,
}

/// Why a requirement is not met, or what was seen besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// A stable name.
    pub code: String,
    /// A sentence without its period.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// Where the bundle came from, if one is meant.
    pub origin: Option<String>,
}

/// Whether `evidence` meets the requirement.
///
/// One signature that meets it is enough, whatever lies beside it: anybody who can write to a registry can attach
/// rubbish. Without one, what could not be fetched makes the verdict unknown, and everything else refuses.
pub fn decide(require: &Require, evidence: &Evidence) -> Decision {
    let (met_by, others): (Vec<_>, Vec<_>) =
        evidence.verified.iter().partition(|verified| require.is_met_by(&verified.bundle));
    let mut reasons = reasons(require, evidence, &others);
    let verdict = match (met_by.is_empty(), evidence.unavailable.is_empty()) {
        (false, _) => Verdict::Accepted,
        (true, false) => Verdict::Unknown,
        (true, true) => Verdict::Refused,
    };
    if verdict == Verdict::Refused && reasons.is_empty() {
        reasons.push((Telling::Invalid, nothing(require)));
    }
    reasons.sort_by(|(a, one), (b, other)| (a, &one.code, &one.origin).cmp(&(b, &other.code, &other.origin)));
    let reasons = reasons.into_iter().map(|(_, reason)| reason).collect();
    Decision { verdict, met_by: met_by.into_iter().cloned().collect(), reasons }
}

impl Decision {
    /// The answer.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The bundles that meet the requirement; never empty when it is accepted.
    pub fn met_by(&self) -> &[Verified] {
        &self.met_by
    }

    /// Why not, the most telling first; never empty unless it is accepted.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }
}

/// What a reason is about, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Telling {
    /// Something could not be had.
    Unavailable,
    /// Something is wrong with a signature.
    Invalid,
    /// It is somebody else's.
    OtherSigner,
    /// It is of a form that is not read.
    Unsupported,
    /// It is merely of another kind.
    OtherKind,
}

impl Telling {
    fn of(error: &VerifyError) -> Self {
        match error {
            VerifyError::UnsupportedBundleVersion { .. }
            | VerifyError::UnsupportedLogEntry { .. }
            | VerifyError::UnsupportedPayloadType { .. }
            | VerifyError::UnsupportedStatement { .. } => Self::Unsupported,
            _ => Self::Invalid,
        }
    }
}

fn reasons(require: &Require, evidence: &Evidence, others: &[&Verified]) -> Vec<(Telling, Reason)> {
    let unavailable = evidence.unavailable.iter().map(|missing| {
        let reason = Reason {
            code: missing.code.clone(),
            message: missing.reason.clone(),
            hint: missing.hint.clone(),
            origin: Some(missing.origin.clone()),
        };
        (Telling::Unavailable, reason)
    });
    let refused = evidence.refused.iter().map(|refused| {
        let reason = Reason { origin: Some(refused.origin.clone()), ..Reason::from(&refused.error) };
        (Telling::of(&refused.error), reason)
    });
    let attested = evidence.verified.iter().filter_map(predicate_type).collect();
    let others = others.iter().filter_map(|verified| unmet(require, verified, &attested));
    unavailable.chain(refused).chain(others).collect()
}

/// Why this bundle, true as it is, does not meet the requirement.
fn unmet(require: &Require, verified: &Verified, attested: &BTreeSet<&str>) -> Option<(Telling, Reason)> {
    let bundle = &verified.bundle;
    let signer = name(bundle.signer());
    let reason = |telling, code: &str, message: String, hint: &str| {
        let (code, hint, origin) = (code.to_owned(), Some(hint.to_owned()), Some(verified.origin.clone()));
        Some((telling, Reason { code, message, hint, origin }))
    };
    if !require.is_kind(bundle) {
        return Some((Telling::OtherKind, not_of_the_kind(require, verified, attested)));
    }
    let by = require.by();
    match by.mismatch(bundle)? {
        Mismatch::Signer => reason(
            Telling::OtherSigner,
            "signer-mismatch",
            format!("signed by {signer}, expected {by}"),
            "ask the publisher who signs, and demand exactly that",
        ),
        Mismatch::KeyWindow => reason(
            Telling::Invalid,
            "key-window",
            format!("signed by {signer} outside the window in which it counts"),
            "the key was rotated: demand the one that was in use then",
        ),
        Mismatch::NoTimeForWindow => reason(
            Telling::Invalid,
            "key-window-no-time",
            format!("signed by {signer} at a time that nobody vouches for, and the key counts only within a window"),
            "have it stamped (RFC 3161), or log it where the log signs the time (SET)",
        ),
    }
}

fn not_of_the_kind(require: &Require, verified: &Verified, attested: &BTreeSet<&str>) -> Reason {
    let found = predicate_type(verified)
        .map_or_else(|| "a signature".to_owned(), |found| format!("an attestation of type `{found}`"));
    let (code, hint) = match require {
        Require::Signed { .. } => {
            ("not-a-signature", "an attestation is not a signature: demand it by its type".to_owned())
        }
        Require::Attested { .. } => ("not-that-type", what_there_is(attested)),
    };
    Reason {
        code: code.to_owned(),
        message: format!("found {found}, expected {}", kind(require)),
        hint: Some(hint),
        origin: Some(verified.origin.clone()),
    }
}

/// The type of an attestation; nothing for a signature, whatever dress it comes in.
fn predicate_type(verified: &Verified) -> Option<&str> {
    let statement = verified.bundle.statement().filter(|_| !verified.bundle.is_signature());
    statement.map(|statement| statement.predicate_type())
}

/// How many types are told: a person chooses among them.
const TYPES_TOLD: usize = 5;

fn what_there_is(attested: &BTreeSet<&str>) -> String {
    let mut told: Vec<_> = attested.iter().take(TYPES_TOLD).map(|found| format!("`{found}`")).collect();
    if attested.len() > TYPES_TOLD {
        told.push("…".to_owned());
    }
    match told.as_slice() {
        [] => "only signatures are there: demand one, and no type".to_owned(),
        [only] => format!("the only attestation that is there has the type {only}"),
        several => format!("attestations of these types are there: {}", several.join(", ")),
    }
}

fn nothing(require: &Require) -> Reason {
    let (code, message) = match require {
        Require::Signed { .. } => ("no-signature", "no signature is attached".to_owned()),
        Require::Attested { predicate_type, .. } => {
            ("no-attestation", format!("no attestation of type `{predicate_type}` is attached"))
        }
    };
    let hint = Some("either it was never signed, or the signature was not copied with it".to_owned());
    Reason { code: code.to_owned(), message, hint, origin: None }
}

fn kind(require: &Require) -> String {
    match require {
        Require::Signed { .. } => "a signature".to_owned(),
        Require::Attested { predicate_type, .. } => format!("an attestation of type `{predicate_type}`"),
    }
}

impl From<&VerifyError> for Reason {
    fn from(error: &VerifyError) -> Self {
        Self {
            code: error.code().to_owned(),
            message: error.to_string(),
            hint: Some(error.hint().to_owned()),
            origin: None,
        }
    }
}
