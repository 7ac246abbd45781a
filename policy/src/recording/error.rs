//! Why a recording cannot be read, written or replayed.

use crate::PolicyError;
use bulla_verify::VerifyError;

/// Why a recording cannot be read, written or replayed. None of it is a verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// More than a budget allows.
    #[error("too many {what}: at most {limit} are recorded, found {found}")]
    OverBudget {
        /// What there is too much of.
        what: &'static str,
        /// The limit, from [`crate::budget`].
        limit: usize,
        /// How much there is.
        found: usize,
    },
    /// It is no recording, or something in it has not its form.
    #[error("not a recording: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
    /// A recording of another version.
    #[error("unsupported recording: expected `bulla.evidence/v1`, found `{found}`")]
    UnsupportedVersion {
        /// What it says that it is.
        found: String,
    },
    /// A policy in it does not parse, or does not go together with the others.
    #[error("a policy in the recording does not parse: {0}")]
    Policy(PolicyError),
    /// A trusted root in it cannot be read.
    #[error("the root `{name}` in the recording: {error}")]
    Root {
        /// How it is called.
        name: String,
        /// Why.
        error: Box<VerifyError>,
    },
    /// The same evidence gives another decision than the one that was recorded.
    #[error("{subject}: the decision is not the recorded one: at `{place}`, recorded {recorded}, now {replayed}")]
    Differs {
        /// What the decision is about.
        subject: String,
        /// Where the decisions differ first: a JSON pointer (RFC 6901).
        place: String,
        /// What is recorded there.
        recorded: String,
        /// What was decided now.
        replayed: String,
    },
    /// The decision rests on the bytes of a file, which no recording holds.
    #[error("{subject}: the decision rests on the bytes of the file itself, and a recording has its digests alone")]
    NeedsBytes {
        /// The file.
        subject: String,
    },
}

impl RecordingError {
    /// A stable name for this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OverBudget { .. } => "recording-over-budget",
            Self::Malformed { .. } => "recording-malformed",
            Self::UnsupportedVersion { .. } => "recording-version",
            Self::Policy(_) => "recording-policy",
            Self::Root { .. } => "recording-root",
            Self::Differs { .. } => "replay-differs",
            Self::NeedsBytes { .. } => "recording-needs-bytes",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> &str {
        match self {
            Self::OverBudget { .. } => "record fewer images in one run",
            Self::Malformed { .. } => {
                "a recording is what `bulla verify --record FILE` writes: record it anew, and change nothing in it"
            }
            Self::UnsupportedVersion { .. } => "replay it with the release that wrote it, or record it anew",
            Self::Policy(error) => error.hint(),
            Self::Root { error, .. } => error.hint(),
            Self::Differs { .. } => {
                "the recording was changed, or another release decides otherwise: `--at` its own time shows what is \
                 decided now"
            }
            Self::NeedsBytes { .. } => {
                "a signature with pure Ed25519 is over the whole file: have it signed with another algorithm, or verify \
                 it without `--record`"
            }
        }
    }

    pub(super) fn malformed(reason: impl Into<String>) -> Self {
        Self::Malformed { reason: reason.into() }
    }
}

impl From<PolicyError> for RecordingError {
    fn from(error: PolicyError) -> Self {
        Self::Policy(error)
    }
}

/// # Errors
/// [`RecordingError::OverBudget`] for more than the limit.
pub(super) fn within(what: &'static str, limit: usize, found: usize) -> Result<(), RecordingError> {
    if found <= limit { Ok(()) } else { Err(RecordingError::OverBudget { what, limit, found }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Fault;

    #[test]
    fn every_error_has_its_own_code_and_says_what_to_do() {
        let text = String::new;
        let errors = [
            RecordingError::OverBudget { what: "subjects", limit: 1, found: 2 },
            RecordingError::malformed("x"),
            RecordingError::UnsupportedVersion { found: text() },
            RecordingError::Policy(Fault::new("x", "y", "z").into()),
            RecordingError::Root { name: text(), error: Box::new(VerifyError::NoTrustedRoot) },
            RecordingError::Differs {
                subject: "app".to_owned(),
                place: text(),
                recorded: text(),
                replayed: "`x`".to_owned(),
            },
            RecordingError::NeedsBytes { subject: "app".to_owned() },
        ];
        let codes: std::collections::BTreeSet<_> = errors.iter().map(RecordingError::code).collect();
        assert_eq!(codes.len(), errors.len());
        for sentence in errors.iter().flat_map(|error| [error.to_string(), error.hint().to_owned()]) {
            assert!(sentence.starts_with(|first: char| first.is_lowercase()) && !sentence.ends_with('.'), "{sentence}");
        }
    }
}
