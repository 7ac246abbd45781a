//! Cases that policies were tried out on.

use super::{
    Why,
    text::{BOLD, GREEN, Page, RED},
};
use crate::error::Place;
use bulla_policy::{Verdict, language::Expected};
use serde::Serialize;

/// What `policy test` has found.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Tested {
    pub(crate) passed: usize,
    pub(crate) surprises: usize,
    /// Cases, and files of them, that could not be read: each is an error, and neither.
    unread: usize,
    pub(crate) cases: Vec<TestedCase>,
}

/// A case that was decided.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TestedCase {
    file: String,
    line: u64,
    pub(super) name: String,
    pub(crate) passed: bool,
    expected: Awaited,
    verdict: &'static str,
    reasons: Vec<Why>,
}

/// What was expected.
#[derive(Debug, Clone, Serialize)]
struct Awaited {
    verdict: &'static str,
    reasons: Vec<String>,
}

impl Tested {
    /// These, and so many that could not be decided.
    pub(crate) fn new(cases: Vec<TestedCase>, unread: usize) -> Self {
        let passed = cases.iter().filter(|case| case.passed).count();
        Self { passed, surprises: cases.len() - passed, unread, cases }
    }

    /// A line for each case, what is surprising about it, and what it comes to.
    pub(super) fn tell(&self, page: &mut Page) {
        self.cases.iter().for_each(|case| case.tell(page));
        page.gap();
        let of = if self.cases.len() == 1 { "case is" } else { "cases are" };
        let decided = format!("{} of {} {of} as expected", self.passed, self.cases.len());
        let told = match (self.cases.len(), self.unread) {
            (_, 0) => decided,
            (0, _) => "nothing could be decided".to_owned(),
            (_, unread) => format!("{decided}, and {unread} could not be decided"),
        };
        page.field(BOLD, "in all", told);
    }
}

impl TestedCase {
    /// A case of that name, which stands there, and what was decided.
    pub(crate) fn new(
        (file, line): (String, u64),
        name: String,
        expected: &Expected,
        verdict: Verdict,
        reasons: Vec<Why>,
    ) -> Self {
        let is_among = |code: &String| reasons.iter().any(|reason| reason.code == *code);
        let passed = expected.verdict == verdict && expected.reasons.iter().all(is_among);
        let expected = Awaited { verdict: expected.verdict.as_str(), reasons: expected.reasons.clone() };
        Self { file, line, name, passed, expected, verdict: verdict.as_str(), reasons }
    }

    /// Where it stands.
    pub(super) fn place(&self) -> Place {
        Place { file: self.file.clone(), line: usize::try_from(self.line).unwrap_or_default(), column: 1 }
    }

    /// What was expected, what was found, and why.
    pub(super) fn surprise(&self) -> String {
        let reasons: Vec<_> = self.reasons.iter().map(|why| format!("{} [{}]", why.message, why.code)).collect();
        let found = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) };
        format!("expected {}, and it is {}{found}", self.awaited(), self.verdict)
    }

    fn awaited(&self) -> String {
        match self.expected.reasons.as_slice() {
            [] => self.expected.verdict.to_owned(),
            codes => format!("{}, because of {}", self.expected.verdict, codes.join(", ")),
        }
    }

    fn tell(&self, page: &mut Page) {
        if self.passed {
            return page.field(GREEN, "pass", format!("{}: {}", self.file, self.name));
        }
        page.field(RED, "SURPRISE", format!("{}:{}: {}", self.file, self.line, self.name));
        page.field(BOLD, "expected", self.awaited());
        page.field(BOLD, "found", self.verdict);
        for reason in &self.reasons {
            page.field(BOLD, "why", format!("{} [{}]", reason.message, reason.code));
        }
    }
}
