//! Clair's vulnerability report (quay/clair, `httptransport/types/v1/vulnerability_report.schema.json`).
//!
//! It names neither the scanner's version nor the time, and no package URLs: a VEX statement about a component of the image
//! matches nothing in it.

use super::{
    Scanner, VulnerabilityReport,
    finding::{Draft, Findings, Package, is_cve, word},
    severity::{Rating, Version},
};
use crate::{
    budget,
    document::{
        DocumentError, read, shown,
        wire::{List, Map, Text, said},
    },
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{collections::BTreeMap, sync::Arc};

pub(super) const FORMAT: &str = "a report of Clair";

#[derive(Deserialize)]
struct Report<'a> {
    packages: Map<Named, { budget::FINDINGS }>,
    vulnerabilities: Map<Vulnerability, { budget::FINDINGS }>,
    package_vulnerabilities: Map<List<Text, { budget::FINDINGS }>, { budget::FINDINGS }>,
    #[serde(borrow, default)]
    enrichments: Map<&'a RawValue, { budget::NAMES }>,
}

#[derive(Deserialize)]
struct Named {
    name: Text,
    version: Option<Text>,
}

#[derive(Deserialize)]
struct Vulnerability {
    name: Text,
    updater: Option<Text>,
    normalized_severity: Text,
    fixed_in_version: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Score {
    version: Option<Text>,
    base_score: Option<f64>,
}

pub(super) fn report(json: &[u8]) -> Result<VulnerabilityReport, DocumentError> {
    let report: Report<'_> = read(FORMAT, json)?;
    let scores = scores(&report.enrichments)?;
    let packages: BTreeMap<&str, Arc<Package>> =
        report.packages.iter().map(|(id, package)| (id, Arc::new(package.package()))).collect();
    let mut findings = Findings::default();
    for (package, found) in report.package_vulnerabilities.iter() {
        let package = packages.get(package).ok_or_else(|| missing("package", package))?;
        for id in found.as_slice("findings of a package")? {
            let vulnerability = report.vulnerabilities.get(id.as_str());
            let vulnerability = vulnerability.ok_or_else(|| missing("vulnerability", id.as_str()))?;
            let scores = scores.get(id.as_str()).map_or(&[][..], Vec::as_slice);
            findings.push(vulnerability.draft(Arc::clone(package), scores)?)?;
        }
    }
    Ok(VulnerabilityReport {
        scanner: Scanner { name: "clair".to_owned(), version: None, database: None },
        scanned_at: None,
        findings: findings.into_vec(),
    })
}

/// The scores of NVD that Clair adds, by the vulnerability's id: under a key that names its enricher, a list of objects.
fn scores(enrichments: &Map<&RawValue, { budget::NAMES }>) -> Result<BTreeMap<String, Vec<Rating>>, DocumentError> {
    type Enrichment = Map<List<Score, { budget::NAMES }>, { budget::FINDINGS }>;
    let mut scores: BTreeMap<String, Vec<Rating>> = BTreeMap::new();
    for (_, json) in enrichments.iter().filter(|(enricher, _)| enricher.contains("enricher=clair.cvss")) {
        let enrichment: List<Enrichment, { budget::NAMES }> = read(FORMAT, json.get().as_bytes())?;
        for by_id in enrichment.all("enrichments")? {
            for (id, found) in by_id.iter() {
                let ratings = found.as_slice("scores of a vulnerability")?.iter().filter_map(Score::rating);
                scores.entry(id.to_owned()).or_default().extend(ratings);
            }
        }
    }
    Ok(scores)
}

fn missing(what: &str, id: &str) -> DocumentError {
    DocumentError::malformed(FORMAT, format!("it has no {what} `{}`", shown(id)))
}

impl Score {
    fn rating(&self) -> Option<Rating> {
        let two = self.version.as_ref().is_some_and(|version| version.as_str().starts_with('2'));
        let version = if two { Version::Two } else { Version::Later };
        self.base_score.map(|score| Rating::of_score(score, version, "nvd"))
    }
}

impl Named {
    fn package(&self) -> Package {
        let version = self.version.as_ref().map_or("", Text::as_str).to_owned();
        Package { name: self.name.as_str().to_owned(), version, purl: None }
    }
}

impl Vulnerability {
    /// Some of its databases make a sentence of the name, such as `CVE-2009-5155 on Ubuntu 18.04 LTS (bionic) - low`.
    fn draft(&self, package: Arc<Package>, scores: &[Rating]) -> Result<Draft, DocumentError> {
        let name = self.name.as_str();
        let words = name.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
        let stated = word(FORMAT, Some(&self.normalized_severity))?;
        let updater = self.updater.as_ref().map_or("", Text::as_str);
        Ok(Draft {
            id: name.to_owned(),
            aliases: words.filter(|word| is_cve(word)).take(budget::NAMES).map(str::to_owned).collect(),
            rating: Rating::said(stated, updater).or_worst_of(scores.iter().cloned()),
            package,
            fixed_in: said(self.fixed_in_version.clone()).into_iter().collect(),
            has_fix: false,
            suppressed: None,
        })
    }
}
