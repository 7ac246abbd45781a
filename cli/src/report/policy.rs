//! Policies that were checked.

use bulla_policy::{PolicyError, TrustPolicy, convert::Converted};
use serde::Serialize;
use std::path::Path;

/// What `policy check` has read.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Checked {
    /// Those that parse.
    pub(crate) policies: Vec<CheckedPolicy>,
}

/// A policy that parses.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CheckedPolicy {
    pub(crate) file: String,
    pub(crate) name: String,
    /// How many there are.
    pub(crate) rules: usize,
    pub(crate) lints: Vec<Lint>,
}

/// What it hardly means.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Lint {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) hint: String,
    pub(crate) line: u64,
    pub(crate) column: u64,
    /// The line itself, and one that points at the column.
    pub(crate) excerpt: Option<String>,
}

impl CheckedPolicy {
    /// The policy in a file, and its lints.
    pub(crate) fn new(file: &Path, policy: &TrustPolicy, lints: &[PolicyError]) -> Self {
        let (name, rules) = (policy.name().to_owned(), policy.document().spec.rules.len());
        Self { file: file.display().to_string(), name, rules, lints: lints.iter().map(Lint::from).collect() }
    }
}

/// What `policy convert` has made.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ConvertedPolicy {
    pub(crate) file: String,
    /// Whose it was.
    pub(crate) from: &'static str,
    /// The policy itself.
    pub(crate) text: String,
    /// What means something else now.
    pub(crate) differences: Vec<Lint>,
}

impl ConvertedPolicy {
    /// What the policy in that file has become.
    pub(crate) fn new(file: &Path, converted: &Converted) -> Self {
        Self {
            file: file.display().to_string(),
            from: converted.format.as_str(),
            text: converted.text.clone(),
            differences: converted.differences.iter().map(Lint::from).collect(),
        }
    }
}

impl From<&PolicyError> for Lint {
    fn from(lint: &PolicyError) -> Self {
        Self {
            code: lint.code().to_owned(),
            message: lint.to_string(),
            hint: lint.hint().to_owned(),
            line: lint.position().line,
            column: lint.position().column,
            excerpt: lint.excerpt(),
        }
    }
}
