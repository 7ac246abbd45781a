//! Verdicts under two policies.

use super::{
    Why,
    text::{BOLD, GREEN, Page, RED},
};
use bulla_policy::{Decision, Verdict};
use bulla_verify::Digest;
use serde::Serialize;
use std::fmt::Display;

/// What `policy diff` has found.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Differences {
    old: String,
    new: String,
    pub(crate) changed: usize,
    same: usize,
    subjects: Vec<Compared>,
}

/// One thing, under both.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Compared {
    name: String,
    digest: String,
    changed: bool,
    old: Side,
    new: Side,
}

/// What one policy says.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Side {
    verdict: &'static str,
    reasons: Vec<Why>,
    warnings: Vec<Why>,
}

impl Differences {
    /// Between policies that are called so; the changes first.
    pub(crate) fn new(old: impl Display, new: impl Display, mut subjects: Vec<Compared>) -> Self {
        subjects.sort_by_key(|compared| !compared.changed);
        let changed = subjects.iter().filter(|compared| compared.changed).count();
        Self { old: old.to_string(), new: new.to_string(), changed, same: subjects.len() - changed, subjects }
    }

    /// Of how many it could not be told.
    pub(crate) fn untold(&self) -> usize {
        let unknown = Verdict::Unknown.as_str();
        self.subjects.iter().filter(|compared| [compared.old.verdict, compared.new.verdict].contains(&unknown)).count()
    }

    /// Each change, and why.
    pub(super) fn tell(&self, page: &mut Page) {
        for compared in self.subjects.iter().filter(|compared| compared.changed) {
            compared.tell(page);
            page.gap();
        }
        let counts = [Verdict::Accepted, Verdict::Refused, Verdict::Unknown].map(|verdict| {
            let verdict = verdict.as_str();
            let same = self.subjects.iter().filter(|compared| !compared.changed && compared.new.verdict == verdict);
            (same.count(), verdict)
        });
        let counts: Vec<_> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, verdict)| format!("{count} {verdict}"))
            .collect();
        let told = if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
        page.field(BOLD, "the same", told);
    }
}

impl Compared {
    /// What the old one and the new one say of it.
    pub(crate) fn new(name: &str, digest: &Digest, old: &Decision, new: &Decision) -> Self {
        let changed = old.verdict() != new.verdict();
        Self { name: name.to_owned(), digest: digest.to_string(), changed, old: Side::of(old), new: Side::of(new) }
    }

    /// Why it is not accepted now, or was not until now.
    fn tell(&self, page: &mut Page) {
        let accepted = Verdict::Accepted.as_str();
        let (style, label, side) = match self.new.verdict == accepted {
            true => (GREEN, "was", &self.old),
            false => (RED, "why", &self.new),
        };
        page.field(style, "changes", super::at_digest(&self.name, &self.digest));
        page.field(BOLD, "verdict", format!("{}, and was {}", self.new.verdict, self.old.verdict));
        for reason in &side.reasons {
            page.field(BOLD, label, format!("{} [{}]", reason.message, reason.code));
        }
    }
}

impl Side {
    fn of(decision: &Decision) -> Self {
        Self {
            verdict: decision.verdict().as_str(),
            reasons: decision.reasons().iter().map(Why::from).collect(),
            warnings: decision.warnings().iter().map(Why::from).collect(),
        }
    }
}
