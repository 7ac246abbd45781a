//! Documents of others: scan reports, SBOMs, VEX. Every byte is hostile, and fields that are not known are theirs to add.

pub(crate) mod wire;

use crate::budget;
use bulla_verify::json;
use serde::Deserialize;

/// Why a document is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// More than a budget allows.
    #[error("too many {what}: at most {limit} are read, found {found}")]
    OverBudget {
        /// What there is too much of.
        what: &'static str,
        /// The limit, from [`crate::budget`].
        limit: usize,
        /// How much there is; where it was not counted to the end, the first number that is too much.
        found: usize,
    },
    /// It has the marks of a format, and is not of it.
    #[error("not {format}: {reason}")]
    Malformed {
        /// The format, with its article.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// It has the marks of no format.
    #[error("expected {expected}, found {found}")]
    Unrecognised {
        /// What is read here, with its article.
        expected: &'static str,
        /// What there is instead.
        found: String,
        /// The formats that are read.
        read: &'static str,
    },
    /// It has the marks of two formats: two readers would see two different things.
    #[error("this is {one} and {other} at once")]
    Ambiguous {
        /// The one.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A format that is known and not read.
    #[error("{found} is not read here")]
    NotRead {
        /// What it is, with its article.
        found: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
    /// Another version of a format.
    #[error("unsupported version of {format}: expected {expected}, found `{found}`")]
    UnsupportedVersion {
        /// The format.
        format: &'static str,
        /// What is read.
        expected: &'static str,
        /// What it says.
        found: String,
    },
    /// A place that takes licences of SPDX's list alone holds another.
    #[error("the licence of `{package}` is not on SPDX's list {list}: `{found}`")]
    UnknownLicense {
        /// Whose licence it is.
        package: String,
        /// The list's version.
        list: &'static str,
        /// What it says.
        found: String,
    },
    /// A scan that does not say when it was made.
    #[error("the report does not say when the scan was made")]
    NoScanTime,
}

impl DocumentError {
    /// A stable name for this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OverBudget { .. } => "document-over-budget",
            Self::Malformed { .. } => "document-malformed",
            Self::Unrecognised { .. } => "document-unrecognised",
            Self::Ambiguous { .. } => "document-ambiguous",
            Self::NotRead { .. } => "document-not-read",
            Self::UnsupportedVersion { .. } => "document-version",
            Self::UnknownLicense { .. } => "license-unknown",
            Self::NoScanTime => "scan-time-missing",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::OverBudget { .. } => "split it: attest each part, or leave out what is not asked for".to_owned(),
            Self::Malformed { .. } => "have the tool write it again, and change nothing in it".to_owned(),
            Self::Unrecognised { read, .. } => format!("attest one of those that are read: {read}"),
            Self::Ambiguous { .. } => "have one tool write it, and put nothing into it by hand".to_owned(),
            Self::NotRead { instead, .. } => (*instead).to_owned(),
            Self::UnsupportedVersion { expected, .. } => format!("have the tool write {expected}"),
            Self::UnknownLicense { .. } => {
                "have the tool write it under `name`, where licences that SPDX does not list have their place"
                    .to_owned()
            }
            Self::NoScanTime => {
                "without a time nobody can tell how old it is: write cosign's `vuln` predicate with its times around it"
                    .to_owned()
            }
        }
    }

    pub(crate) fn malformed(format: &'static str, reason: impl Into<String>) -> Self {
        Self::Malformed { format, reason: reason.into() }
    }
}

/// # Errors
/// [`DocumentError::OverBudget`] for more than the limit.
pub(crate) fn within(what: &'static str, limit: usize, found: usize) -> Result<(), DocumentError> {
    if found <= limit { Ok(()) } else { Err(DocumentError::OverBudget { what, limit, found }) }
}

/// # Errors
/// [`DocumentError::OverBudget`] for a document that is too long.
pub(crate) fn measured(document: &[u8]) -> Result<&[u8], DocumentError> {
    within("bytes", budget::DOCUMENT_BYTES, document.len()).map(|()| document)
}

/// # Errors
/// [`DocumentError::Malformed`], as `format`, for what is not such an object.
pub(crate) fn read<'de, T: Deserialize<'de>>(format: &'static str, json: &'de [u8]) -> Result<T, DocumentError> {
    json::from_slice(json).map_err(|error| DocumentError::malformed(format, json::reason(&error)))
}

/// Somebody else's text, for a message.
pub(crate) fn shown(text: &str) -> String {
    const SHOWN: usize = 100;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
        None => text.to_owned(),
    }
}

/// What there is instead of a document that was expected.
pub(crate) fn found(document: &[u8]) -> String {
    let first = document.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        None => "nothing".to_owned(),
        Some(b'[') => "a JSON array".to_owned(),
        Some(b'<') => "XML".to_owned(),
        Some(b'{') => match json::from_slice::<wire::Keys>(document) {
            Ok(keys) => keys.to_string(),
            Err(error) => format!("broken JSON: {}", json::reason(&error)),
        },
        Some(_) => "something that is no JSON object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_its_own_code_and_says_what_to_do() {
        let errors = [
            DocumentError::OverBudget { what: "findings", limit: 1, found: 2 },
            DocumentError::malformed("a report of Trivy", "x"),
            DocumentError::Unrecognised { expected: "an SBOM", found: "XML".to_owned(), read: "SPDX" },
            DocumentError::Ambiguous { one: "a report of Trivy", other: "a report of Clair" },
            DocumentError::NotRead { found: "a CSAF document", instead: "write OpenVEX" },
            DocumentError::UnsupportedVersion { format: "SPDX", expected: "SPDX-2.3", found: "SPDX-3".to_owned() },
            DocumentError::UnknownLicense { package: "x".to_owned(), list: "3", found: "y".to_owned() },
            DocumentError::NoScanTime,
        ];
        let codes: std::collections::BTreeSet<_> = errors.iter().map(DocumentError::code).collect();
        assert_eq!(codes.len(), errors.len());
        for sentence in errors.iter().flat_map(|error| [error.to_string(), error.hint()]) {
            assert!(sentence.starts_with(|first: char| first.is_lowercase()) && !sentence.ends_with('.'), "{sentence}");
        }
    }

    #[test]
    fn what_was_found_is_told() {
        assert_eq!(found(b" "), "nothing");
        assert_eq!(found(b"[]"), "a JSON array");
        assert_eq!(found(b"\n<bom/>"), "XML");
        assert_eq!(found(b"SPDXVersion: SPDX-2.3"), "something that is no JSON object");
        assert_eq!(found(b"{}"), "an object without keys");
        assert_eq!(found(br#"{"a":1}"#), "an object with the key `a`");
        let many = br#"{"a":1,"b":{},"c":[],"d":null,"e":"","f":0}"#;
        assert_eq!(found(many), "an object with the keys `a`, `b`, `c`, `d`, `e`, …");
        assert!(found(b"{").starts_with("broken JSON: "));
        assert!(found(format!(r#"{{"{}":1}}"#, "k".repeat(1 << 20)).as_bytes()).len() < 200);
    }
}
