//! VEX: what somebody who should know says of vulnerabilities in a product.
//!
//! A document is a claim, worth no more than whoever signed it. Who may say so is the policy's to decide, before it is applied.

mod component;
mod csaf;
mod openvex;

pub use component::Product;

use crate::{
    budget,
    document::{
        DocumentError, found, measured, read, shown,
        wire::{Present, Text, said},
        within,
    },
    purl::Purl,
    vulnerabilities::{Finding, VulnerabilityReport},
};
use bulla_verify::Time;
use component::Listed;
use core::fmt;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A VEX document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vex {
    origin: Arc<Origin>,
    timestamp: Time,
    statements: Vec<Statement>,
}

/// What is said of one vulnerability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    names: Arc<[String]>,
    /// Of the subject of the attestation that holds the document, if there is no list.
    products: Option<Arc<[Listed]>>,
    status: Status,
    reason: Arc<str>,
    time: Time,
}

/// What a vulnerability is to a product (OpenVEX, "Status Labels").
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

impl Vex {
    /// Reads a document of OpenVEX up to v0.2.0, or of CSAF 2.0's VEX profile.
    ///
    /// # Errors
    /// [`DocumentError`] for anything else; `CycloneDX` is refused by its name.
    pub fn parse(document: &[u8]) -> Result<Self, DocumentError> {
        match Format::of(measured(document)?)? {
            Format::OpenVex => openvex::parse(document),
            Format::Csaf => csaf::parse(document),
        }
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
        1 + self.names.len()
            + self.products.iter().flat_map(|products| products.iter()).map(Listed::comparisons).sum::<usize>()
    }
}

impl Status {
    /// The label, as OpenVEX writes it.
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
    pub fn apply(&mut self, vex: &Vex, product: &Product) -> Result<(), DocumentError> {
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

enum Format {
    OpenVex,
    Csaf,
}

impl Format {
    fn of(document: &[u8]) -> Result<Self, DocumentError> {
        let unrecognised = || DocumentError::Unrecognised {
            expected: "a VEX document",
            found: found(document),
            read: "OpenVEX v0.0.1 to v0.2.0, and CSAF 2.0, in JSON",
        };
        let Ok(marks) = read::<Marks>("JSON", document) else { return Err(unrecognised()) };
        let is_csaf = marks.document.0 && marks.product_tree.0;
        if marks.bom_format.0 {
            let instead = "have it written as OpenVEX (`vexctl create`)";
            return Err(DocumentError::NotRead { found: "a CycloneDX document", instead });
        }
        match said(marks.context) {
            Some(_) if is_csaf => Err(DocumentError::Ambiguous { one: "OpenVEX", other: "CSAF" }),
            Some(context) => openvex::expect_version(&context).ok_or_else(unrecognised)?.map(|()| Self::OpenVex),
            None if is_csaf => Ok(Self::Csaf),
            None => Err(unrecognised()),
        }
    }
}

fn moment(format: &'static str, field: &str, text: &Text) -> Result<Time, DocumentError> {
    Time::parse_rfc3339(text.as_str()).ok_or_else(|| malformed(format, field, text.as_str()))
}

fn malformed(format: &'static str, field: &str, value: &str) -> DocumentError {
    DocumentError::malformed(format, format!("there is no {field} `{}`", shown(value)))
}
