//! OSV-Scanner's JSON (google/osv-scanner, `pkg/models/results.go`), which holds records of OSV (ossf/osv-schema).
//!
//! It names neither the scanner nor its version nor the time. One vulnerability has several records there, one for each
//! database; the scanner's `groups` say which are the same, and each group is one finding.

use super::{
    Scanner, VulnerabilityReport,
    finding::{Draft, Findings, Package},
    severity::{Rating, Severity, Version},
};
use crate::{
    budget,
    document::{
        DocumentError, read,
        wire::{List, Map, Text, said},
    },
    purl,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{collections::BTreeMap, sync::Arc};

pub(super) const FORMAT: &str = "a report of OSV-Scanner";

#[derive(Deserialize)]
struct Report<'a> {
    #[serde(borrow)]
    results: List<&'a RawValue, { budget::FINDINGS }>,
}

#[derive(Deserialize)]
struct Source<'a> {
    #[serde(borrow, default)]
    packages: List<&'a RawValue, { budget::FINDINGS }>,
}

#[derive(Deserialize)]
struct Scanned<'a> {
    package: Named,
    #[serde(borrow, default)]
    vulnerabilities: List<Record<'a>, { budget::FINDINGS }>,
    #[serde(default)]
    groups: List<Group, { budget::FINDINGS }>,
}

#[derive(Deserialize)]
struct Named {
    name: Text,
    version: Option<Text>,
    ecosystem: Option<Text>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    ids: List<Text, { budget::NAMES }>,
    #[serde(default)]
    aliases: List<Text, { budget::NAMES }>,
    /// The highest score of all its records, as text.
    max_severity: Option<Text>,
    #[serde(default, alias = "experimentalAnalysis")]
    experimental_analysis: Map<Analysis, { budget::NAMES }>,
}

#[derive(Deserialize)]
struct Analysis {
    #[serde(default)]
    called: bool,
    #[serde(default)]
    unimportant: bool,
}

#[derive(Deserialize)]
struct Record<'a> {
    id: Text,
    #[serde(default)]
    aliases: List<Text, { budget::NAMES }>,
    #[serde(default)]
    severity: List<Score, { budget::NAMES }>,
    #[serde(borrow, default)]
    affected: List<&'a RawValue, { budget::FINDINGS }>,
    /// Whatever the database likes; GitHub's has a word for the severity.
    #[serde(borrow)]
    database_specific: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Score {
    score: Text,
}

#[derive(Deserialize)]
struct Rated {
    severity: Option<Text>,
}

#[derive(Deserialize)]
struct Affected {
    package: Option<AffectedPackage>,
    #[serde(default)]
    ranges: List<Range, { budget::NAMES }>,
    #[serde(default)]
    severity: List<Score, { budget::NAMES }>,
}

#[derive(Deserialize)]
struct AffectedPackage {
    name: Text,
    ecosystem: Option<Text>,
    purl: Option<Text>,
}

#[derive(Deserialize)]
struct Range {
    #[serde(default)]
    events: List<Event, { budget::NAMES }>,
}

#[derive(Deserialize)]
struct Event {
    fixed: Option<Text>,
}

/// What is said of one vulnerability in one package, whichever record says it.
#[derive(Default)]
struct Facts {
    ids: Vec<String>,
    aliases: Vec<String>,
    ratings: Vec<Rating>,
    fixed_in: Vec<String>,
    purl: Option<String>,
    suppressed: Option<(String, String)>,
}

pub(super) fn report(json: &[u8]) -> Result<VulnerabilityReport, DocumentError> {
    let report: Report<'_> = read(FORMAT, json)?;
    let mut findings = Findings::default();
    for source in report.results.all("results")? {
        let source: Source<'_> = read(FORMAT, source.get().as_bytes())?;
        for package in source.packages.all("packages")? {
            scanned(read(FORMAT, package.get().as_bytes())?, &mut findings)?;
        }
    }
    Ok(VulnerabilityReport {
        scanner: Scanner { name: "osv-scanner".to_owned(), version: None, database: None },
        scanned_at: None,
        findings: findings.into_vec(),
    })
}

/// The findings of one package: first the groups, then what is in none.
fn scanned(scanned: Scanned<'_>, findings: &mut Findings) -> Result<(), DocumentError> {
    let package = scanned.package;
    let mut facts = Vec::new();
    let mut group_of = BTreeMap::new();
    for group in scanned.groups.all("groups of a package")? {
        let group = group.facts()?;
        group_of.extend(group.ids.iter().map(|id| (id.clone(), facts.len())));
        facts.push(group);
    }
    for record in scanned.vulnerabilities.all("vulnerabilities of a package")? {
        let index = group_of.get(record.id.as_str()).copied().unwrap_or(facts.len());
        match facts.get_mut(index) {
            Some(group) => record.add_to(group, &package)?,
            None => {
                let mut alone = Facts::default();
                record.add_to(&mut alone, &package)?;
                facts.push(alone);
            }
        }
    }
    let name = package.name.into_string();
    let version = said(package.version).unwrap_or_default();
    let plain = Arc::new(Package { name, version, purl: None });
    facts.into_iter().try_for_each(|facts| findings.push(facts.draft(&plain)))
}

impl Group {
    fn facts(self) -> Result<Facts, DocumentError> {
        let texts = |texts: Vec<Text>| texts.into_iter().map(Text::into_string).collect();
        let score = self.max_severity.and_then(|score| score.as_str().parse().ok());
        let all = |what: fn(&Analysis) -> bool| {
            let mut analysed = self.experimental_analysis.iter().map(|(_, analysis)| what(analysis)).peekable();
            analysed.peek().is_some() && analysed.all(|so| so)
        };
        let status = match (all(|analysis| !analysis.called), all(|analysis| analysis.unimportant)) {
            (_, true) => Some("unimportant"),
            (true, false) => Some("not-called"),
            (false, false) => None,
        };
        Ok(Facts {
            ids: texts(self.ids.all("names of a finding")?),
            aliases: texts(self.aliases.all("names of a finding")?),
            ratings: score.map(|score| Rating::of_score(score, Version::Later, "")).into_iter().collect(),
            suppressed: status.map(|status| (status.to_owned(), "OSV-Scanner's analysis".to_owned())),
            ..Facts::default()
        })
    }
}

impl Record<'_> {
    fn add_to(self, facts: &mut Facts, package: &Named) -> Result<(), DocumentError> {
        let id = self.id.into_string();
        let aliases = self.aliases.all("names of a finding")?;
        let rated = self.database_specific.and_then(|json| read::<Rated>(FORMAT, json.get().as_bytes()).ok());
        let word = rated.and_then(|rated| said(rated.severity)).and_then(|word| Severity::parse(&word));
        let scores = self.severity.all("scores of a vulnerability")?;
        for affected in self.affected.all("packages of a vulnerability")? {
            let affected: Affected = read(FORMAT, affected.get().as_bytes())?;
            if affected.package.as_ref().is_some_and(|affected| affected.is(package)) {
                affected.add_to(facts, &id, package)?;
            }
        }
        facts.ratings.extend(scores.iter().filter_map(|score| Rating::of_vector(score.score.as_str(), &id)));
        facts.ratings.extend(word.map(|severity| Rating::said(severity, &id)));
        facts.aliases.extend(aliases.into_iter().map(Text::into_string));
        facts.ids.push(id);
        Ok(())
    }
}

impl AffectedPackage {
    /// The same name in the same ecosystem; `Debian:11` is a release of `Debian`.
    fn is(&self, package: &Named) -> bool {
        let family = |ecosystem: &Option<Text>| {
            let ecosystem = ecosystem.as_ref().map_or("", Text::as_str);
            ecosystem.split(':').next().unwrap_or_default().to_owned()
        };
        self.name == package.name && family(&self.ecosystem) == family(&package.ecosystem)
    }
}

impl Affected {
    fn add_to(self, facts: &mut Facts, id: &str, package: &Named) -> Result<(), DocumentError> {
        for range in self.ranges.all("ranges of a vulnerability")? {
            let events = range.events.all("events of a range")?;
            facts.fixed_in.extend(events.into_iter().filter_map(|event| said(event.fixed)));
        }
        let scores = self.severity.all("scores of a vulnerability")?;
        facts.ratings.extend(scores.iter().filter_map(|score| Rating::of_vector(score.score.as_str(), id)));
        let purl = self.package.and_then(|package| said(package.purl));
        let versioned = purl.zip(package.version.as_ref());
        facts.purl =
            facts.purl.take().or(versioned.and_then(|(purl, version)| purl::with_version(&purl, version.as_str())));
        Ok(())
    }
}

impl Facts {
    fn draft(self, package: &Arc<Package>) -> Draft {
        let mut ids = self.ids.into_iter();
        let package = match self.purl {
            Some(purl) => Arc::new(Package { purl: Some(purl), ..Package::clone(package) }),
            None => Arc::clone(package),
        };
        Draft {
            id: ids.next().unwrap_or_default(),
            aliases: ids.chain(self.aliases).collect(),
            rating: Rating::worst(self.ratings),
            package,
            fixed_in: self.fixed_in,
            has_fix: false,
            suppressed: self.suppressed,
        }
    }
}
