//! Trivy's JSON (aquasecurity/trivy, `pkg/types/report.go`, schema 2).

use super::{
    Scanner, VulnerabilityReport,
    finding::{Draft, Findings, Package, suppressing, word},
    severity::{Rating, Version},
    when,
};
use crate::{
    budget,
    document::{
        DocumentError, read,
        wire::{List, Map, Text, said},
    },
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;

pub(super) const FORMAT: &str = "a report of Trivy";

/// The vendors whose scores of one vulnerability are given: Trivy knows two dozen.
const VENDORS: usize = 64;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Report<'a> {
    schema_version: u64,
    trivy: Option<Program>,
    created_at: Option<Text>,
    #[serde(borrow, default)]
    results: List<&'a RawValue, { budget::FINDINGS }>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Program {
    version: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Scanned<'a> {
    #[serde(default)]
    vulnerabilities: List<Vulnerability, { budget::FINDINGS }>,
    /// What `.trivyignore` and VEX have taken out, with `--show-suppressed`.
    #[serde(borrow, default, rename = "ExperimentalModifiedFindings")]
    modified: List<Modified<'a>, { budget::FINDINGS }>,
}

/// A finding of any kind that was suppressed.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Modified<'a> {
    r#type: Text,
    status: Text,
    statement: Option<Text>,
    #[serde(borrow)]
    finding: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Vulnerability {
    #[serde(rename = "VulnerabilityID")]
    id: Text,
    pkg_name: Text,
    #[serde(default)]
    pkg_identifier: Identifier,
    installed_version: Option<Text>,
    /// Several are separated by commas.
    fixed_version: Option<Text>,
    status: Option<Text>,
    severity_source: Option<Text>,
    severity: Option<Text>,
    #[serde(default, rename = "CVSS")]
    cvss: Map<Scores, VENDORS>,
}

#[derive(Default, Deserialize)]
struct Identifier {
    #[serde(rename = "PURL")]
    purl: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Scores {
    v2_score: Option<f64>,
    v3_score: Option<f64>,
    v40_score: Option<f64>,
}

pub(super) fn report(json: &[u8]) -> Result<VulnerabilityReport, DocumentError> {
    let report: Report<'_> = read(FORMAT, json)?;
    if report.schema_version != 2 {
        let found = report.schema_version.to_string();
        return Err(DocumentError::UnsupportedVersion { format: "Trivy's report", expected: "schema 2", found });
    }
    let mut findings = Findings::default();
    for result in report.results.all("results")? {
        let scanned: Scanned<'_> = read(FORMAT, result.get().as_bytes())?;
        for vulnerability in scanned.vulnerabilities.all("findings")? {
            findings.push(vulnerability.draft(None)?)?;
        }
        for modified in scanned.modified.all("suppressed findings")? {
            if modified.r#type.as_str() == "vulnerability" {
                let vulnerability: Vulnerability = read(FORMAT, modified.finding.get().as_bytes())?;
                findings.push(vulnerability.draft(modified.suppression())?)?;
            }
        }
    }
    let version = report.trivy.and_then(|program| said(program.version));
    Ok(VulnerabilityReport {
        scanner: Scanner { name: "trivy".to_owned(), version, database: None },
        scanned_at: when(FORMAT, "CreatedAt", report.created_at.as_ref())?,
        findings: findings.into_vec(),
    })
}

impl Modified<'_> {
    /// `unknown` and what is no status of VEX suppress nothing.
    fn suppression(&self) -> Option<(String, String)> {
        let status = self.status.as_str();
        let reason = self.statement.as_ref().map_or("", Text::as_str);
        (status == "ignored" || suppressing(status)).then(|| (status.to_owned(), reason.to_owned()))
    }
}

impl Vulnerability {
    /// `VendorIDs` are no aliases: one advisory covers several vulnerabilities, and VEX about one of them is not about all.
    fn draft(self, suppressed: Option<(String, String)>) -> Result<Draft, DocumentError> {
        let stated =
            Rating::said(word(FORMAT, self.severity.as_ref())?, said(self.severity_source).unwrap_or_default());
        let scored = self.cvss.iter().flat_map(|(vendor, scores)| scores.ratings(vendor));
        let fixed = said(self.fixed_version).unwrap_or_default();
        let package = Package {
            name: self.pkg_name.into_string(),
            version: said(self.installed_version).unwrap_or_default(),
            purl: said(self.pkg_identifier.purl),
        };
        Ok(Draft {
            id: self.id.into_string(),
            aliases: Vec::new(),
            rating: stated.or_worst_of(scored),
            package: Arc::new(package),
            fixed_in: fixed.split(',').map(|version| version.trim().to_owned()).collect(),
            has_fix: self.status.is_some_and(|status| status.as_str() == "fixed"),
            suppressed,
        })
    }
}

impl Scores {
    fn ratings(&self, vendor: &str) -> impl Iterator<Item = Rating> {
        let later = [self.v40_score, self.v3_score].map(|score| score.map(|score| (score, Version::Later)));
        let two = self.v2_score.map(|score| (score, Version::Two));
        let vendor = vendor.to_owned();
        later.into_iter().chain([two]).flatten().map(move |(score, version)| Rating::of_score(score, version, &vendor))
    }
}
