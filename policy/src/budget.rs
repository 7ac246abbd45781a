//! Every limit on the documents of others that this crate reads, with its source. Each has a test one past it.

/// A scan report, an SBOM or a VEX document: what fits a bundle of 32 MiB (`bulla-verify`'s `BUNDLE_BYTES`), once it is
/// base64.
pub const DOCUMENT_BYTES: usize = 23 << 20;

/// Findings of one report, those that are suppressed included. Trivy's take 2 kB each (the mean of its own test reports), so
/// that a document of that size has 12,000.
pub const FINDINGS: usize = 1 << 15;

/// The texts of all findings together. In Clair's and OSV's reports a package or a vulnerability is written once and found
/// many times: without a limit, 23 MiB could become terabytes. Twice the document, and a little. Our choice.
pub const FINDINGS_BYTES: usize = 64 << 20;

/// Packages of one SBOM. Syft's take 1 kB each in SPDX, so that a document of that size has 23,000. Our choice.
pub const PACKAGES: usize = 1 << 15;

/// How deep `CycloneDX` components may hold others. The schema has no limit; Trivy and Syft write one or two levels. Each costs
/// one more look at the document. Our choice.
pub const COMPONENT_NESTING: usize = 16;

/// Statements of one `OpenVEX` document, and its products and their subcomponents together. Our choice.
pub const STATEMENTS: usize = 1 << 13;

/// The same.
pub const COMPONENTS: usize = 1 << 15;

/// Comparisons of a statement's component with a package or product, when a document is applied to a report: both may have
/// thousands about one vulnerability. Takes less than a second. Our choice.
pub const COMPARISONS: usize = 1 << 20;

/// Names of one vulnerability, versions that fix it, licences of one package and the like. GitHub's advisories have at most a
/// dozen. Our choice.
pub const NAMES: usize = 256;

/// One text that is kept. Python packages carry the whole text of the GPL as their licence: 35 kB.
pub const TEXT_BYTES: usize = 64 << 10;

/// An SPDX expression that is understood; a longer one is kept as text. Debian's longest have 2 kB. Our choice.
pub const EXPRESSION_BYTES: usize = 8 << 10;

/// A CVSS vector with every metric of version 4.0 takes 260 bytes (FIRST, "CVSS v4.0 Specification", 7).
pub const VECTOR_BYTES: usize = 512;
