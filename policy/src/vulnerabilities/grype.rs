//! Grype's JSON (anchore/grype, `grype/presenter/models/document.go`).

use super::{
    Database, Scanner, VulnerabilityReport,
    finding::{Draft, Findings, Package, suppressing, word},
    severity::{Rating, Version},
    when,
};
use crate::{
    budget,
    document::{
        DocumentError, read,
        wire::{List, Text, said},
    },
};
use serde::Deserialize;
use std::sync::Arc;

pub(super) const FORMAT: &str = "a report of Grype";

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    matches: List<Match, { budget::FINDINGS }>,
    #[serde(default, rename = "ignoredMatches")]
    ignored: List<Match, { budget::FINDINGS }>,
    descriptor: Descriptor,
}

#[derive(Deserialize)]
struct Descriptor {
    name: Option<Text>,
    version: Option<Text>,
    timestamp: Option<Text>,
    db: Option<Db>,
}

/// Since version 6 of the database, what it is stands under `status`.
#[derive(Deserialize)]
struct Db {
    built: Option<Text>,
    status: Option<DbStatus>,
}

#[derive(Deserialize)]
struct DbStatus {
    built: Option<Text>,
    from: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Match {
    vulnerability: Vulnerability,
    #[serde(default)]
    related_vulnerabilities: List<Related, { budget::NAMES }>,
    artifact: Artifact,
    #[serde(default)]
    applied_ignore_rules: List<Rule, { budget::NAMES }>,
}

#[derive(Deserialize)]
struct Vulnerability {
    id: Text,
    namespace: Option<Text>,
    severity: Option<Text>,
    #[serde(default)]
    cvss: List<Cvss, { budget::NAMES }>,
    #[serde(default)]
    fix: Fix,
}

#[derive(Deserialize)]
struct Cvss {
    source: Option<Text>,
    version: Option<Text>,
    metrics: Option<Metrics>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metrics {
    base_score: Option<f64>,
}

#[derive(Default, Deserialize)]
struct Fix {
    #[serde(default)]
    versions: List<Text, { budget::NAMES }>,
    state: Option<Text>,
}

#[derive(Deserialize)]
struct Related {
    id: Text,
}

#[derive(Deserialize)]
struct Artifact {
    name: Text,
    version: Option<Text>,
    purl: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Rule {
    reason: Option<Text>,
    vex_status: Option<Text>,
    vex_justification: Option<Text>,
}

pub(super) fn report(json: &[u8]) -> Result<VulnerabilityReport, DocumentError> {
    let Report { matches, ignored, descriptor } = read(FORMAT, json)?;
    let mut findings = Findings::default();
    for found in matches.all("findings")? {
        findings.push(found.draft(false)?)?;
    }
    for found in ignored.all("suppressed findings")? {
        findings.push(found.draft(true)?)?;
    }
    Ok(VulnerabilityReport {
        scanned_at: when(FORMAT, "descriptor.timestamp", descriptor.timestamp.as_ref())?,
        scanner: Scanner {
            name: said(descriptor.name).unwrap_or_else(|| "grype".to_owned()),
            version: said(descriptor.version),
            database: descriptor.db.map(Db::database),
        },
        findings: findings.into_vec(),
    })
}

impl Db {
    fn database(self) -> Database {
        let (built, from) = self.status.map_or((None, None), |status| (status.built, status.from));
        Database { uri: said(from), version: said(built).or(said(self.built)) }
    }
}

impl Match {
    fn draft(self, ignored: bool) -> Result<Draft, DocumentError> {
        let rules = self.applied_ignore_rules.all("rules of a finding")?;
        let vulnerability = self.vulnerability;
        let stated = word(FORMAT, vulnerability.severity.as_ref())?;
        let scores = vulnerability.cvss.all("scores of a finding")?;
        let related = self.related_vulnerabilities.all("names of a finding")?;
        let versions = vulnerability.fix.versions.all("versions that fix a finding")?;
        let package = Package {
            name: self.artifact.name.into_string(),
            version: said(self.artifact.version).unwrap_or_default(),
            purl: said(self.artifact.purl),
        };
        Ok(Draft {
            id: vulnerability.id.into_string(),
            aliases: related.into_iter().map(|related| related.id.into_string()).collect(),
            rating: Rating::said(stated, said(vulnerability.namespace).unwrap_or_default())
                .or_worst_of(scores.into_iter().filter_map(Cvss::rating)),
            package: Arc::new(package),
            fixed_in: versions.into_iter().map(Text::into_string).collect(),
            has_fix: vulnerability.fix.state.is_some_and(|state| state.as_str() == "fixed"),
            suppressed: ignored.then(|| suppression(rules)),
        })
    }
}

impl Cvss {
    fn rating(self) -> Option<Rating> {
        let two = self.version.is_some_and(|version| version.as_str().starts_with('2'));
        let version = if two { Version::Two } else { Version::Later };
        let source = self.source.as_ref().map_or("", Text::as_str);
        Some(Rating::of_score(self.metrics?.base_score?, version, source))
    }
}

/// The status of VEX, if one of the rules comes from there.
fn suppression(rules: Vec<Rule>) -> (String, String) {
    let vex = |rule: &Rule| rule.vex_status.as_ref().is_some_and(|status| suppressing(status.as_str()));
    let index = rules.iter().position(vex).unwrap_or(0);
    match rules.into_iter().nth(index) {
        Some(rule) if vex(&rule) => {
            let reason = said(rule.vex_justification).or(said(rule.reason));
            (said(rule.vex_status).unwrap_or_default(), reason.unwrap_or_default())
        }
        rule => ("ignored".to_owned(), rule.and_then(|rule| said(rule.reason)).unwrap_or_default()),
    }
}
