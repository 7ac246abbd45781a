//! What a scanner has found, in one form whoever the scanner is.

use super::severity::{Rating, Severity};
use crate::{
    budget,
    document::{
        DocumentError, shown,
        wire::{Text, distinct},
        within,
    },
    vex::{Applied, Status},
};
use std::sync::Arc;

/// A piece of software in which something was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Package {
    /// Its name, as the scanner writes it.
    pub name: String,
    /// Its version, as the scanner writes it; empty where it says none.
    pub version: String,
    /// Its package URL, where the scanner says one.
    pub purl: Option<String>,
}

/// A vulnerability in a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    names: Vec<String>,
    rating: Rating,
    package: Arc<Package>,
    fixed_in: Vec<String>,
    has_fix: bool,
    scanner: Option<(String, String)>,
    pub(crate) vex: Option<Applied>,
}

/// Why a finding does not count, and who says so: worth no more than whoever signed that.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Suppression<'a> {
    /// The scanner: it was told to ignore it, was given VEX, or found that the code is never called.
    Scanner {
        /// `ignored`, `not_affected`, `fixed`, `not-called` or `unimportant`.
        status: &'a str,
        /// What it gives as the reason; may be empty.
        reason: &'a str,
    },
    /// A VEX document that was applied to the report.
    Vex(&'a Applied),
}

impl Finding {
    /// What it is called: the CVE where it has exactly one, else what the scanner calls it.
    pub fn id(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// Its other names. An advisory that covers several CVEs has all of them here.
    pub fn aliases(&self) -> &[String] {
        self.names.get(1..).unwrap_or_default()
    }

    /// The id, and then the aliases; no name is there twice.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.rating.severity
    }

    /// Who says how bad it is: a database, or the score that it was taken from. Empty where the report does not tell.
    pub fn severity_source(&self) -> &str {
        &self.rating.source
    }

    /// Where it was found.
    pub fn package(&self) -> &Package {
        &self.package
    }

    /// The versions in which it is fixed, as the scanner writes them.
    pub fn fixed_in(&self) -> &[String] {
        &self.fixed_in
    }

    /// Whether there is a fix; its version need not be known.
    pub fn has_fix(&self) -> bool {
        self.has_fix
    }

    /// Why it does not count, if it does not.
    ///
    /// A VEX statement that was applied has the last word: where it says that the product is affected, the finding counts
    /// although the scanner was told to ignore it.
    pub fn suppressed(&self) -> Option<Suppression<'_>> {
        match (&self.vex, &self.scanner) {
            (Some(applied), _) => applied.status().suppresses().then_some(Suppression::Vex(applied)),
            (None, Some((status, reason))) => Some(Suppression::Scanner { status, reason }),
            (None, None) => None,
        }
    }

    /// How much of the budget it takes.
    fn bytes(&self) -> usize {
        let texts = self.names.iter().chain(&self.fixed_in).map(String::len).sum::<usize>();
        texts
            + self.rating.source.len()
            + self.scanner.as_ref().map_or(0, |(status, reason)| status.len() + reason.len())
    }
}

/// A finding as a reader of one format makes it.
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) aliases: Vec<String>,
    pub(super) rating: Rating,
    pub(super) package: Arc<Package>,
    pub(super) fixed_in: Vec<String>,
    pub(super) has_fix: bool,
    /// The scanner's own word for why it does not count, and its reason.
    pub(super) suppressed: Option<(String, String)>,
}

/// The findings of a report, as many as may be.
#[derive(Default)]
pub(super) struct Findings {
    findings: Vec<Finding>,
    bytes: usize,
}

impl Findings {
    /// # Errors
    /// [`DocumentError::OverBudget`] for one too many.
    pub(super) fn push(&mut self, draft: Draft) -> Result<(), DocumentError> {
        let Draft { id, aliases, rating, package, fixed_in, has_fix, suppressed } = draft;
        let (names, fixed_in) = (named(id, aliases), distinct(fixed_in));
        let has_fix = has_fix || !fixed_in.is_empty();
        let finding = Finding { names, rating, package, fixed_in, has_fix, scanner: suppressed, vex: None };
        self.bytes += finding.bytes();
        within("findings", budget::FINDINGS, self.findings.len() + 1)?;
        within("bytes of findings", budget::FINDINGS_BYTES, self.bytes)?;
        self.findings.push(finding);
        Ok(())
    }

    pub(super) fn into_vec(self) -> Vec<Finding> {
        self.findings
    }
}

/// The CVE first where there is exactly one. Several are not names of one thing: an advisory covers them all, and keeps its own.
fn named(id: String, aliases: Vec<String>) -> Vec<String> {
    let mut names = distinct(core::iter::once(id).chain(aliases));
    let cves: Vec<_> = names.iter().enumerate().filter(|(_, name)| is_cve(name)).map(|(at, _)| at).collect();
    if let [only] = cves[..] {
        let cve = names.remove(only);
        names.insert(0, cve);
    }
    names
}

/// Whether this is a CVE's name: `CVE-YYYY-NNNN`, with four digits or more at the end (cve.org, "CVE ID Syntax").
pub(crate) fn is_cve(name: &str) -> bool {
    let digits = |text: &str, least| text.len() >= least && text.bytes().all(|digit| digit.is_ascii_digit());
    let parts = name.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(year, number)| year.len() == 4 && digits(year, 4) && digits(number, 4))
}

/// A severity in a word that has to be known: one that is not could be the worst.
pub(super) fn word(format: &'static str, word: Option<&Text>) -> Result<Severity, DocumentError> {
    let word = word.map_or("", Text::as_str);
    Severity::parse(word)
        .ok_or_else(|| DocumentError::malformed(format, format!("there is no severity `{}`", shown(word))))
}

/// What a status of VEX, as scanners write it, does to a finding.
pub(super) fn suppressing(status: &str) -> bool {
    Status::parse(status).is_some_and(Status::suppresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(id: &str, aliases: &[&str]) -> Vec<String> {
        named(id.to_owned(), aliases.iter().map(|&alias| alias.to_owned()).collect())
    }

    #[test]
    fn the_cve_is_preferred_where_there_is_one() {
        assert_eq!(names("GHSA-1", &["PYSEC-1", "CVE-2024-0001"]), ["CVE-2024-0001", "GHSA-1", "PYSEC-1"]);
        assert_eq!(names("CVE-2024-0001", &["GHSA-1", "GHSA-1"]), ["CVE-2024-0001", "GHSA-1"]);
        assert_eq!(names("RHSA-1", &["CVE-2024-0001", "CVE-2024-0002"])[0], "RHSA-1");
        assert_eq!(names("", &["GHSA-1"]), ["GHSA-1"]);
    }

    #[test]
    fn a_cve_has_a_year_and_a_number() {
        assert!(is_cve("CVE-2024-0001") && is_cve("CVE-1999-1234567"));
        for name in ["CVE-2024-001", "CVE-24-00001", "cve-2024-0001", "CVE-2024-00x1", "CVE-2024", "CVE-2014-fake-1"] {
            assert!(!is_cve(name), "{name}");
        }
    }
}
