//! Reports of vulnerability scanners, read into one model: one file per format.
//!
//! A report is a claim, worth no more than whoever signed it. Which of its findings are too many is the policy's to say; here
//! they are only read, and none is left out: what is suppressed is kept, with who did so and why.

mod clair;
mod cosign;
mod finding;
mod grype;
mod osv;
mod severity;
mod trivy;

pub use cosign::{VULN_V1, Wrapped, wrap};
pub(crate) use finding::is_cve;
pub use finding::{Finding, Package, Suppression};
pub use severity::Severity;

use crate::document::{
    DocumentError, found, measured, read, shown,
    wire::{Present, Text},
};
use bulla_verify::Time;
use serde::Deserialize;

/// What a scanner has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VulnerabilityReport {
    scanner: Scanner,
    scanned_at: Option<Time>,
    pub(crate) findings: Vec<Finding>,
}

/// Who has scanned, as the report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanner {
    /// `trivy`, `grype`, `clair` or `osv-scanner`.
    pub name: String,
    /// Its version, where the report says one.
    pub version: Option<String>,
    /// The database that it has looked into, where the report says which.
    pub database: Option<Database>,
}

/// A database of vulnerabilities.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Database {
    /// Where it comes from.
    pub uri: Option<String>,
    /// Its version; Grype's is the time at which it was built.
    pub version: Option<String>,
}

impl VulnerabilityReport {
    /// Reads a report of Trivy, Grype, Clair or OSV-Scanner, or cosign's `vuln` predicate around one.
    ///
    /// Unknown fields are tolerated, since the formats are others' to extend; a known one of another kind, a key that is there
    /// twice, and a severity in an unknown word are not.
    ///
    /// # Errors
    /// [`DocumentError`] for anything else, which says what was found.
    pub fn parse(document: &[u8]) -> Result<Self, DocumentError> {
        Shape::of(measured(document)?)?.report(document)
    }

    /// Who has scanned.
    pub fn scanner(&self) -> &Scanner {
        &self.scanner
    }

    /// When it was scanned: the signer's own claim, which no clock vouches for. Clair and OSV-Scanner do not say.
    pub fn scanned_at(&self) -> Option<Time> {
        self.scanned_at
    }

    /// All findings, those that are suppressed included. None is no proof that there are none: a report does not say what was
    /// looked for, and a scanner that knows nothing of the image's distribution finds nothing in it.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many findings of that severity count: those that nobody has suppressed.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity() == severity && finding.suppressed().is_none()).count()
    }
}

impl Scanner {
    /// A package URL of the program, as cosign's predicate wants one.
    pub(crate) fn uri(&self) -> String {
        let owner = match self.name.as_str() {
            "trivy" => "aquasecurity/",
            "grype" => "anchore/",
            "clair" => "quay/",
            "osv-scanner" => "google/",
            _ => "",
        };
        let program = format!("pkg:{}/{owner}{}", if owner.is_empty() { "generic" } else { "github" }, self.name);
        let versioned = self.version.as_deref().and_then(|version| crate::purl::with_version(&program, version));
        versioned.unwrap_or(program)
    }
}

impl Database {
    fn says_something(&self) -> bool {
        self.uri.is_some() || self.version.is_some()
    }
}

/// A moment that a report states; `null`, an empty text and Go's zero time are none.
fn when(format: &'static str, field: &str, text: Option<&Text>) -> Result<Option<Time>, DocumentError> {
    match text.map_or("", Text::as_str) {
        "" | "0001-01-01T00:00:00Z" => Ok(None),
        text => match Time::parse_rfc3339(text) {
            Some(time) => Ok(Some(time)),
            None => Err(DocumentError::malformed(format, format!("`{field}` is no time: `{}`", shown(text)))),
        },
    }
}

/// What a document looks like.
enum Shape {
    Trivy,
    Grype,
    Clair,
    Osv,
    Cosign,
}

/// The keys by which the formats are told apart.
#[derive(Deserialize)]
struct Marks {
    #[serde(default, rename = "SchemaVersion")]
    schema_version: Present,
    #[serde(default, rename = "ArtifactType")]
    artifact_type: Present,
    #[serde(default, rename = "Results")]
    trivy_results: Present,
    #[serde(default)]
    matches: Present,
    #[serde(default)]
    descriptor: Present,
    #[serde(default)]
    package_vulnerabilities: Present,
    #[serde(default)]
    results: Present,
    #[serde(default)]
    scanner: Present,
    #[serde(default)]
    runs: Present,
    #[serde(default, rename = "@context")]
    context: Present,
    #[serde(default)]
    statements: Present,
    #[serde(default, rename = "bomFormat")]
    bom_format: Present,
}

impl Shape {
    fn of(document: &[u8]) -> Result<Self, DocumentError> {
        let unrecognised = || DocumentError::Unrecognised {
            expected: "a vulnerability report",
            found: found(document),
            read: "the JSON of Trivy, Grype, Clair and OSV-Scanner, and cosign's `vuln` predicate",
        };
        let Ok(marks) = read::<Marks>("JSON", document) else { return Err(unrecognised()) };
        let trivy = marks.schema_version.0 && (marks.artifact_type.0 || marks.trivy_results.0);
        let grype = marks.matches.0 && marks.descriptor.0;
        let marked = [
            (trivy, Self::Trivy),
            (grype, Self::Grype),
            (marks.package_vulnerabilities.0, Self::Clair),
            (marks.results.0, Self::Osv),
            (marks.scanner.0, Self::Cosign),
        ];
        let mut shapes = marked.into_iter().filter_map(|(is_it, shape)| is_it.then_some(shape));
        match (shapes.next(), shapes.next()) {
            (Some(one), Some(other)) => Err(DocumentError::Ambiguous { one: one.name(), other: other.name() }),
            (Some(shape), None) => Ok(shape),
            (None, _) if marks.runs.0 => Err(DocumentError::NotRead {
                found: "SARIF",
                instead: "it is a rendering that leaves out packages and versions: have the scanner write its own JSON \
                          (`trivy --format json`, `grype -o json`)",
            }),
            (None, _) if marks.context.0 && marks.statements.0 => Err(DocumentError::NotRead {
                found: "a VEX document",
                instead: "it says which findings count, and has none of its own: attest it as `openvex`",
            }),
            (None, _) if marks.bom_format.0 => Err(DocumentError::NotRead {
                found: "an SBOM",
                instead: "have the scanner write its own JSON (`trivy --format json`, `grype -o json`)",
            }),
            (None, _) => Err(unrecognised()),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Trivy => trivy::FORMAT,
            Self::Grype => grype::FORMAT,
            Self::Clair => clair::FORMAT,
            Self::Osv => osv::FORMAT,
            Self::Cosign => cosign::FORMAT,
        }
    }

    fn report(&self, document: &[u8]) -> Result<VulnerabilityReport, DocumentError> {
        match self {
            Self::Trivy => trivy::report(document),
            Self::Grype => grype::report(document),
            Self::Clair => clair::report(document),
            Self::Osv => osv::report(document),
            Self::Cosign => cosign::report(document),
        }
    }
}
