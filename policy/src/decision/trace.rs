//! What a decision rests on: the whole way, so that nobody has to guess.

use super::Verdict;
use crate::language::Mode;
use bulla_verify::VerifyError;
use core::fmt;
use schemars::JsonSchema;
use serde::Serialize;

/// How one requirement was judged, and all that it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What is demanded, as a phrase; of what is made of parts, how they combine.
    pub demanded: String,
    /// Whether it is met.
    pub verdict: Verdict,
    /// Where the bundles came from that meet it; never empty where it is met by bundles.
    pub met_by: Vec<String>,
    /// Why it is not met, the nearest miss first; never empty where it is refused.
    pub reasons: Vec<Reason>,
    /// The requirements that it is made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Self>,
    /// The SLSA build level that provenance proves; nothing where none was asked for, or it is not met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// The image of an index that it is asked of, and all of its parts are; nothing where it is asked of what is decided about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub child: Option<Listed>,
}

/// An image of an index, as the index lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// `linux/arm64/v8`; nothing where the index does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// What it is.
    pub digest: String,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.platform {
            Some(platform) => write!(f, "{platform} {}", self.digest),
            None => f.write_str(&self.digest),
        }
    }
}

/// How one rule was judged that is about the artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleStep {
    /// The policy that it stands in.
    pub policy: String,
    /// Its name.
    pub rule: String,
    /// What follows from it.
    pub mode: Mode,
    /// How its requirement was judged.
    pub step: Step,
}

/// Why a requirement is not met, or what was seen besides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    /// A stable name.
    pub code: String,
    /// A sentence without its period.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// Where the bundle came from, if one is meant.
    pub origin: Option<String>,
    /// What was expected, where it can be told from what was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was found instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// The image of an index that it is about, where it is not what is decided about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub child: Option<Listed>,
    /// How much it tells: what came farther tells more.
    #[serde(skip)]
    pub(crate) telling: Telling,
}

/// What a reason is about, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Telling {
    /// Something could not be had.
    Unavailable,
    /// The artifact or its signer is revoked.
    Revoked,
    /// Everything fits but what is claimed, or when.
    Nearly,
    /// Something is wrong with a signature.
    Invalid,
    /// It is signed by somebody of the same issuer.
    OtherClaim,
    /// It is somebody else's.
    OtherSigner,
    /// It is of a form that is not read.
    Unsupported,
    /// It is merely of another kind.
    OtherKind,
    /// There is nothing at all.
    Nothing,
}

impl Step {
    /// A requirement, and whether it is met; what it rests on is to be added.
    pub(crate) fn new(demanded: impl Into<String>, verdict: Verdict) -> Self {
        let (met_by, reasons, parts) = (Vec::new(), Vec::new(), Vec::new());
        Self { demanded: demanded.into(), verdict, met_by, reasons, parts, level: None, child: None }
    }

    /// The same of these parts: what provenance proves to meet one of them, it proves of the whole.
    pub(crate) fn of_parts(self, parts: Vec<Self>) -> Self {
        let proved = parts.iter().filter_map(|part| part.level).max();
        Self { level: proved.filter(|_| self.verdict == Verdict::Accepted), parts, ..self }
    }
}

impl Reason {
    pub(crate) fn new(telling: Telling, code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let (code, message, hint) = (code.to_owned(), message.into(), Some(hint.into()));
        Self { code, message, hint, origin: None, expected: None, found: None, child: None, telling }
    }

    pub(crate) fn of(self, origin: &str) -> Self {
        Self { origin: Some(origin.to_owned()), ..self }
    }

    /// The same, which says of itself what it is about.
    pub(crate) fn of_child(self, child: &Listed) -> Self {
        Self { message: format!("{child}: {}", self.message), child: Some(child.clone()), ..self }
    }

    pub(crate) fn comparing(self, expected: impl Into<String>, found: Option<&str>) -> Self {
        Self { expected: Some(expected.into()), found: found.map(str::to_owned), ..self }
    }

    /// The most telling first, and the same order whatever order the evidence came in.
    pub(crate) fn sort(reasons: &mut [Self]) {
        reasons.sort_by(|a, b| {
            (a.telling, &a.code, &a.origin, &a.message).cmp(&(b.telling, &b.code, &b.origin, &b.message))
        });
    }
}

impl From<&VerifyError> for Reason {
    fn from(error: &VerifyError) -> Self {
        let telling = match error {
            VerifyError::UnsupportedBundleVersion { .. }
            | VerifyError::UnsupportedLogEntry { .. }
            | VerifyError::UnsupportedPayloadType { .. }
            | VerifyError::UnsupportedStatement { .. } => Telling::Unsupported,
            _ => Telling::Invalid,
        };
        Self::new(telling, error.code(), error.to_string(), error.hint())
    }
}
