//! A decision as a SLSA verification summary (slsa.dev/spec/v1.1/verification_summary), for those who believe whoever verifies.
//!
//! A summary takes the place of all the evidence for whoever reads it, so it says no more than was found: that the artifact passed
//! only if an enforced rule was met, and a build level only if provenance proved it.

use crate::{Decision, TrustPolicy, Verdict};
use bulla_verify::{Digest, Time};
use serde::Serialize;

/// Who verifies, what, and by which policy.
#[derive(Debug, Clone, Copy)]
pub struct Verification<'a> {
    /// The verifier's id, a URI.
    pub verifier: &'a str,
    /// What was verified, a URI: the same artifact may pass as one thing and not as another.
    pub resource: &'a str,
    /// The one policy that it was decided by.
    pub policy: &'a TrustPolicy,
    /// When.
    pub time: Time,
}

/// Why a decision has no summary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoSummary {
    /// It is neither accepted nor refused.
    #[error("what is unknown has neither passed nor failed, and no summary says so")]
    Unknown,
    /// No enforced rule was about it.
    #[error("no enforced rule is about it: it is accepted, and was not verified")]
    Unmatched,
    /// It is accepted by an exception.
    #[error("it is accepted by an exception, of which a summary does not tell")]
    Excepted,
    /// Something is no URI.
    #[error("`{found}` is no URI")]
    NoUri {
        /// What was given.
        found: String,
    },
}

impl NoSummary {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "summary-of-unknown",
            Self::Unmatched => "summary-of-unmatched",
            Self::Excepted => "summary-of-exception",
            Self::NoUri { .. } => "summary-without-uri",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unknown => "see what could not be had, and try again",
            Self::Unmatched => "add a rule about it with `mode: enforce`",
            Self::Excepted => "have it meet the policy, or let whoever deploys it decide by the policy itself",
            Self::NoUri { .. } => "write one such as `https://acme.dev/verifier`",
        }
    }
}

impl Decision {
    /// The predicate of its summary, in JSON. `attestation` gives the URI, if there is one, and the digest of an attestation by where
    /// it came from; where it cannot do so for one, none is listed, since a list has to be whole.
    ///
    /// # Errors
    /// [`NoSummary`]: nothing is ever passed that no enforced rule was met by, or that an exception excuses.
    pub fn summary(
        &self,
        of: &Verification<'_>,
        attestation: impl Fn(&str) -> Option<(Option<String>, Digest)>,
    ) -> Result<String, NoSummary> {
        let passed = match self.verdict() {
            Verdict::Unknown => return Err(NoSummary::Unknown),
            Verdict::Refused => false,
            Verdict::Accepted if self.unmatched().is_some() => return Err(NoSummary::Unmatched),
            Verdict::Accepted if !self.exceptions().is_empty() => return Err(NoSummary::Excepted),
            Verdict::Accepted => true,
        };
        let policy = format!("{}#{}", of.verifier, of.policy.name());
        for uri in [of.verifier, of.resource, &policy] {
            if !is_uri(uri) {
                return Err(NoSummary::NoUri { found: uri.to_owned() });
            }
        }
        let input = |origin: &str| {
            let (uri, digest) = attestation(origin)?;
            Some(Described { uri, digest: digest.into() })
        };
        let level = match (passed, self.level()) {
            (false, _) => "FAILED".to_owned(),
            (true, None) => "SLSA_BUILD_LEVEL_UNEVALUATED".to_owned(),
            (true, Some(level)) => format!("SLSA_BUILD_LEVEL_{level}"),
        };
        let summary = Summary {
            verifier: Verifier { id: of.verifier, version: Version { bulla: env!("CARGO_PKG_VERSION") } },
            time_verified: of.time.to_string(),
            resource_uri: of.resource,
            policy: Described { uri: Some(policy), digest: of.policy.digest().into() },
            input_attestations: self.inputs().map(input).collect::<Option<_>>().unwrap_or_default(),
            verification_result: if passed { "PASSED" } else { "FAILED" },
            verified_levels: [level],
            slsa_version: "1.1",
        };
        // Texts and lists of them only, which JSON can always hold.
        Ok(serde_json::to_string(&summary).unwrap_or_default())
    }
}

/// A scheme, and something behind it (RFC 3986, 3); nothing that could be taken for two.
fn is_uri(text: &str) -> bool {
    let scheme = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    plain
        && text.matches('#').count() <= 1
        && text.split_once(':').is_some_and(|(before, rest)| scheme(before) && !rest.is_empty())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    verifier: Verifier<'a>,
    time_verified: String,
    resource_uri: &'a str,
    policy: Described,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    input_attestations: Vec<Described>,
    verification_result: &'static str,
    verified_levels: [String; 1],
    slsa_version: &'static str,
}

#[derive(Serialize)]
struct Verifier<'a> {
    id: &'a str,
    version: Version,
}

#[derive(Serialize)]
struct Version {
    bulla: &'static str,
}

/// A resource descriptor (in-toto, "ResourceDescriptor").
#[derive(Serialize)]
struct Described {
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    digest: Sha256,
}

#[derive(Serialize)]
struct Sha256 {
    sha256: String,
}

impl From<Digest> for Sha256 {
    fn from(digest: Digest) -> Self {
        Self { sha256: digest.to_hex() }
    }
}
