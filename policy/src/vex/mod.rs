//! `OpenVEX` (github.com/openvex/spec, OPENVEX-SPEC.md, v0.0.1 to v0.2.0): what somebody who should know says of
//! vulnerabilities in a product.
//!
//! A document is a claim, worth no more than whoever signed it. Who may say so is the policy's to decide, before it is applied.

mod component;

pub use component::Product;

use crate::{
    budget,
    document::{
        DocumentError, found, measured, read, shown,
        wire::{List, Present, Text, distinct, said},
        within,
    },
    purl::Purl,
    vulnerabilities::{Finding, VulnerabilityReport},
};
use bulla_verify::Time;
use component::{Component, Listed, Wire, part};
use core::fmt;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const FORMAT: &str = "an OpenVEX document";

/// How its versions are named (`@context`); the bare one is any.
const CONTEXT: &str = "https://openvex.dev/ns";

/// A VEX document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenVex {
    origin: Arc<Origin>,
    timestamp: Time,
    statements: Vec<Statement>,
}

/// What is said of one vulnerability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    names: Vec<String>,
    /// Of the subject of the attestation that holds the document, if there is no list.
    products: Option<Vec<Listed>>,
    status: Status,
    reason: Arc<str>,
    time: Time,
}

/// What a vulnerability is to a product ("Status Labels").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It contains a fix.
    Fixed,
    /// Nothing has to be done.
    NotAffected,
    /// Nobody knows yet.
    UnderInvestigation,
    /// Something should be done.
    Affected,
}

/// The statement that counts for a finding: of all that were applied, the last one.
///
/// The order of the fields is the order in which statements outdo each other: first the time, and at the same second what
/// leaves the finding as it is. The rest only makes the order total, so that it does not matter which document came first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Applied {
    time: Time,
    status: Status,
    origin: Arc<Origin>,
    reason: Arc<str>,
}

/// A document, and who has written it. Shared: the findings are many.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Origin {
    document: String,
    author: String,
}

impl OpenVex {
    /// Reads a document of any version up to v0.2.0.
    ///
    /// # Errors
    /// [`DocumentError`] for anything else; CSAF and `CycloneDX` are refused by their names.
    pub fn parse(document: &[u8]) -> Result<Self, DocumentError> {
        expect_openvex(measured(document)?)?;
        let wire: WireDocument<'_> = read(FORMAT, document)?;
        let timestamp = moment("timestamp", &wire.timestamp)?;
        let mut parts = 0;
        let statements = wire.statements.all("statements")?;
        if statements.is_empty() {
            return Err(DocumentError::malformed(FORMAT, "it has no statements"));
        }
        let statements = statements.into_iter().map(|json| Statement::parse(json, timestamp, &mut parts));
        Ok(Self {
            origin: Arc::new(Origin { document: wire.id.into_string(), author: wire.author.into_string() }),
            timestamp,
            statements: statements.collect::<Result<_, _>>()?,
        })
    }

    /// What it calls itself.
    pub fn id(&self) -> &str {
        &self.origin.document
    }

    /// Who has written it, as it says itself: whoever signed it may be somebody else.
    pub fn author(&self) -> &str {
        &self.origin.author
    }

    /// When it was issued, as it says itself.
    pub fn timestamp(&self) -> Time {
        self.timestamp
    }

    /// What it says.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// What counts for a finding: of the statements about it, the last one.
    fn last(&self, about_it: &[&Statement]) -> Option<Applied> {
        let last = about_it.iter().max_by_key(|statement| (statement.time, statement.status, &statement.reason))?;
        let Statement { time, status, ref reason, .. } = **last;
        Some(Applied { time, status, origin: Arc::clone(&self.origin), reason: Arc::clone(reason) })
    }
}

impl Statement {
    fn parse(json: &RawValue, issued: Time, parts: &mut usize) -> Result<Self, DocumentError> {
        let wire: WireStatement<'_> = read(FORMAT, json.get().as_bytes())?;
        let status = Status::parse(wire.status.as_str());
        let status = status.ok_or_else(|| malformed("status", wire.status.as_str()))?;
        let shared = counted(wire.subcomponents.as_slice("subcomponents")?, parts)?;
        let products = wire.products.as_ref().map(|products| products.as_slice("products")).transpose()?;
        let products = products.map(|products| products.iter().map(|json| listed(json, &shared, parts)).collect());
        Ok(Self {
            names: named(wire.vulnerability)?,
            products: products.transpose()?,
            reason: reason(status, &wire)?.into(),
            status,
            time: wire.timestamp.as_ref().map_or(Ok(issued), |time| moment("timestamp", time))?,
        })
    }

    /// The vulnerability's name, and its aliases.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What the vulnerability is to the product.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The justification, the statement of impact or the action, as far as there are any; for people.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// When this was known to be so, as the document says.
    pub fn time(&self) -> Time {
        self.time
    }

    /// Whether it is about that vulnerability. An advisory that covers several CVEs is spoken of only by who names them all:
    /// that one of them does no harm says nothing of the others.
    fn names_all_of(&self, finding: &Finding) -> bool {
        let cves = || finding.names().filter(|name| crate::vulnerabilities::is_cve(name));
        cves().nth(1).is_none() || cves().all(|cve| self.names.iter().any(|name| name == cve))
    }

    fn is_about(&self, product: &Product, package: Option<&Purl>) -> bool {
        self.products.as_ref().is_none_or(|products| products.iter().any(|listed| listed.is_about(product, package)))
    }

    fn comparisons(&self) -> usize {
        1 + self.names.len() + self.products.iter().flatten().map(Listed::comparisons).sum::<usize>()
    }
}

impl Status {
    /// The label, as the specification writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::NotAffected => "not_affected",
            Self::UnderInvestigation => "under_investigation",
            Self::Affected => "affected",
        }
    }

    /// Whether a finding does not count any more.
    pub fn suppresses(self) -> bool {
        match self {
            Self::Fixed | Self::NotAffected => true,
            Self::UnderInvestigation | Self::Affected => false,
        }
    }

    pub(crate) fn parse(label: &str) -> Option<Self> {
        let all = [Self::Fixed, Self::NotAffected, Self::UnderInvestigation, Self::Affected];
        all.into_iter().find(|status| status.as_str() == label)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Applied {
    /// When this was known to be so.
    pub fn time(&self) -> Time {
        self.time
    }

    /// What it says.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The document that says so.
    pub fn document(&self) -> &str {
        &self.origin.document
    }

    /// Who has written the document, as it says itself.
    pub fn author(&self) -> &str {
        &self.origin.author
    }

    /// Why; for people.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl VulnerabilityReport {
    /// Applies what `vex` says of `product`, which the report is about: `not_affected` and `fixed` suppress a finding,
    /// `affected` and `under_investigation` do not. Nothing is taken out.
    ///
    /// Of several statements, in one document or in several, the last one counts, to the second; of several at once, the one that
    /// lets the finding count. The order in which documents are applied makes no difference. No clock is asked: a statement
    /// from the future counts too. A statement without a list of products is about the subject of the attestation that holds
    /// it (specification, "Inheritance Flow"): whoever applies it has to have seen that this is the product.
    ///
    /// # Errors
    /// [`DocumentError::OverBudget`], and nothing is applied, if there is too much to compare.
    pub fn apply(&mut self, vex: &OpenVex, product: &Product) -> Result<(), DocumentError> {
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, statement) in vex.statements.iter().enumerate() {
            statement.names.iter().for_each(|name| by_name.entry(name).or_default().push(index));
        }
        let mut comparisons = 0;
        let mut counting = Vec::with_capacity(self.findings.len());
        for finding in &self.findings {
            let indices: BTreeSet<_> = finding.names().filter_map(|name| by_name.get(name)).flatten().collect();
            let purl = finding.package().purl.as_deref().and_then(Purl::parse);
            let mut about_it = Vec::new();
            for statement in indices.into_iter().filter_map(|&index| vex.statements.get(index)) {
                comparisons += statement.comparisons();
                within("comparisons of VEX with findings", budget::COMPARISONS, comparisons)?;
                if statement.names_all_of(finding) && statement.is_about(product, purl.as_ref()) {
                    about_it.push(statement);
                }
            }
            counting.push(vex.last(&about_it));
        }
        for (finding, last) in self.findings.iter_mut().zip(counting) {
            finding.vex = finding.vex.take().max(last);
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct WireDocument<'a> {
    #[serde(rename = "@id")]
    id: Text,
    author: Text,
    timestamp: Text,
    #[serde(borrow)]
    statements: List<&'a RawValue, { budget::STATEMENTS }>,
}

#[derive(Deserialize)]
struct WireStatement<'a> {
    /// An object; in v0.0.1 a text.
    #[serde(borrow)]
    vulnerability: &'a RawValue,
    timestamp: Option<Text>,
    /// Objects; in v0.0.1 texts.
    #[serde(borrow)]
    products: Option<List<&'a RawValue, { budget::COMPONENTS }>>,
    /// In v0.0.1 those of all products.
    #[serde(borrow, default)]
    subcomponents: List<&'a RawValue, { budget::COMPONENTS }>,
    status: Text,
    justification: Option<Text>,
    impact_statement: Option<Text>,
    action_statement: Option<Text>,
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(rename = "@id")]
    id: Option<Text>,
    name: Option<Text>,
    #[serde(default)]
    aliases: List<Text, { budget::NAMES }>,
}

/// The name, the aliases and the IRI. Trivy writes the name as the IRI, and no name.
fn named(vulnerability: &RawValue) -> Result<Vec<String>, DocumentError> {
    let json = vulnerability.get();
    let names = if json.starts_with('"') {
        vec![read::<Text>(FORMAT, json.as_bytes())?.into_string()]
    } else {
        let Vulnerability { id, name, aliases } = read(FORMAT, json.as_bytes())?;
        let aliases = aliases.all("names of a vulnerability")?;
        distinct(said(name).into_iter().chain(aliases.into_iter().map(Text::into_string)).chain(said(id)))
    };
    match names.iter().any(|name| !name.is_empty()) {
        true => Ok(names),
        false => Err(DocumentError::malformed(FORMAT, "a vulnerability has no name")),
    }
}

fn listed(json: &RawValue, shared: &[Component], parts: &mut usize) -> Result<Listed, DocumentError> {
    let text = json.get();
    let (component, own) = if text.starts_with('"') {
        (part(FORMAT, json)?, Vec::new())
    } else {
        let wire: Wire<'_, { budget::COMPONENTS }> = read(FORMAT, text.as_bytes())?;
        (wire.component(), wire.subcomponents.all("subcomponents")?)
    };
    let own = counted(&own, parts)?;
    *parts += 1 + shared.len();
    within("components", budget::COMPONENTS, *parts)?;
    Ok(Listed { component, subcomponents: shared.iter().cloned().chain(own).collect() })
}

/// As many as the whole document may have.
fn counted(components: &[&RawValue], parts: &mut usize) -> Result<Vec<Component>, DocumentError> {
    *parts += components.len();
    within("components", budget::COMPONENTS, *parts)?;
    components.iter().map(|json| part(FORMAT, json)).collect()
}

/// `not_affected` has to say why ("Note on `justification` and `impact_statement`").
fn reason(status: Status, wire: &WireStatement<'_>) -> Result<String, DocumentError> {
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.as_str().to_owned()).filter(|text| !text.is_empty());
    let justification = text(&wire.justification);
    if let Some(label) = justification.as_deref().filter(|label| !JUSTIFICATIONS.contains(label)) {
        return Err(malformed("justification", label));
    }
    let said = [justification, text(&wire.impact_statement), text(&wire.action_statement)];
    let said = said.into_iter().flatten().collect::<Vec<_>>().join(": ");
    match (status, said.as_str()) {
        (Status::NotAffected, "") => {
            Err(DocumentError::malformed(FORMAT, "a statement of `not_affected` does not say why"))
        }
        _ => Ok(said),
    }
}

/// "Status Justifications" of the specification.
const JUSTIFICATIONS: [&str; 5] = [
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
];

fn moment(field: &str, text: &Text) -> Result<Time, DocumentError> {
    Time::parse_rfc3339(text.as_str()).ok_or_else(|| malformed(field, text.as_str()))
}

fn malformed(field: &str, value: &str) -> DocumentError {
    DocumentError::malformed(FORMAT, format!("there is no {field} `{}`", shown(value)))
}

/// The keys by which documents that say such things are told apart.
#[derive(Deserialize)]
struct Marks {
    #[serde(rename = "@context")]
    context: Option<Text>,
    #[serde(default)]
    document: Present,
    #[serde(default)]
    product_tree: Present,
    #[serde(default, rename = "bomFormat")]
    bom_format: Present,
}

fn expect_openvex(document: &[u8]) -> Result<(), DocumentError> {
    let unrecognised = || DocumentError::Unrecognised {
        expected: FORMAT,
        found: found(document),
        read: "OpenVEX v0.0.1 to v0.2.0, in JSON",
    };
    let Ok(marks) = read::<Marks>("JSON", document) else { return Err(unrecognised()) };
    let instead = "have it written as OpenVEX (`vexctl create`)";
    if marks.document.0 && marks.product_tree.0 {
        return Err(DocumentError::NotRead { found: "a CSAF document", instead });
    }
    if marks.bom_format.0 {
        return Err(DocumentError::NotRead { found: "a CycloneDX document", instead });
    }
    let context = said(marks.context).ok_or_else(unrecognised)?;
    match context.strip_prefix(CONTEXT).ok_or_else(unrecognised)? {
        "" | "/" | "/v0.0.1" | "/v0.0.2" | "/v0.2.0" => Ok(()),
        version => Err(DocumentError::UnsupportedVersion {
            format: "OpenVEX",
            expected: "v0.0.1 to v0.2.0",
            found: shown(version.trim_start_matches('/')),
        }),
    }
}
