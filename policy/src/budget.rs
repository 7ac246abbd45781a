//! How much of anything is read: each limit with its source.

/// A policy's text. The largest Kubernetes resource is 1.5 MiB (etcd's request limit), which a policy has to fit into.
pub const POLICY_BYTES: usize = 1_500_000;

/// How deep a policy may be nested. The largest of the documentation needs 12; each level takes stack while it is read.
pub const POLICY_DEPTH: usize = 32;

/// Nodes of a policy's YAML: more than fit into its bytes in any readable form.
pub const POLICY_NODES: usize = 500_000;

/// Aliases in a policy: a few keys that are named once and used often. What they expand to counts as nodes.
pub const POLICY_ALIASES: usize = 1_000;

/// A pattern of names; a distribution reference is at most 255 + 255 characters (distribution/reference, `NameTotalLengthMax`).
pub const PATTERN_BYTES: usize = 512;

/// A regular expression, compiled: enough for a list of a hundred repositories.
pub const REGEX_BYTES: usize = 256 * 1024;

/// Documents in a file of another tool's policies that is converted: a whole cluster's, in one file. Our choice.
pub const SOURCES: usize = 1_000;

/// Patterns of connaisseur's, each of which is compared with every other one. Our choice.
pub const PATTERNS: usize = 500;

/// What is told of such a file: more than anybody reads. Our choice.
pub const NOTES: usize = 1_000;

// Conditions. The text is the policy's; what it runs over is whoever attests's. CEL's specification ("Syntax") asks for at least 32
// terms of `||`, 24 operators in a row and 12 levels of whatever nests; cel-go reads 250 levels and 100,000 characters.

/// A condition's text: 100 alternatives of 80 bytes, each with an identity in it.
pub const CONDITION_BYTES: usize = 8 << 10;

/// Operators, names and literals in a condition: four for each of 256 alternatives such as `signer.identity == "…"`.
pub const CONDITION_NODES: usize = 1024;

/// How deep a condition nests: 24 operators in a row inside 24 others. Reading it and asking it fit into 512 kB of stack without
/// optimisation; a thread has 2 MB.
pub const CONDITION_NESTING: usize = 48;

/// A pattern's text: four times that of `^https://github\.com/…/release\.yml@refs/tags/v[0-9]+\.[0-9]+\.[0-9]+$`.
pub const CONDITION_PATTERN_BYTES: usize = 512;

/// A pattern's automaton, and as much again to build it: four times what that pattern takes. The slowest of those tried, read or
/// refused, took 12 ms, where the policy is read and nowhere else.
pub const CONDITION_PATTERN_STATES: usize = 128 << 10;

/// Steps of one evaluation, of 20 ns each: measured over some 40 conditions that each do one thing as often as they can, the
/// longest took 2.4 ms. Kubernetes allows 1,000,000 of its own for an expression (`PerCallLimit`), 0.1 s. Enough for 10,000
/// packages of an SBOM at one comparison each, or 500 dependencies at 20.
pub const CONDITION_STEPS: usize = 100_000;

/// A text that a condition puts together or converts: what 100 identities take; patterns and searches are counted as steps.
pub const CONDITION_STRING_BYTES: usize = 16 << 10;

/// A list that a condition puts together: as many items as are reached within [`CONDITION_STEPS`].
pub const CONDITION_ITEMS: usize = 10_000;

/// How deep values that are compared nest: what `serde_json` reads at most.
pub const CONDITION_VALUE_NESTING: usize = 128;

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

/// A recording: the bundles of one image take 128 MiB at most (`bulla-transport`'s `BUNDLES_BYTES`), a third more in base64; and its
/// policies, roots and decisions besides. Two hundred images with a signature and an attestation each take 4 MB.
pub const RECORDING_BYTES: usize = 256 << 20;

/// Policies of a recording: as many as anybody names on a command line. Our choice.
pub const RECORDED_POLICIES: usize = 100;

/// Trusted roots of a recording. Our choice.
pub const RECORDED_ROOTS: usize = 100;

/// What a recording is about: as many images as the command line reads manifests. Our choice.
pub const RECORDED_SUBJECTS: usize = 10_000;

/// Bundles of one subject: four times what is fetched of an image (`bulla-transport`'s `BUNDLES`). Our choice.
pub const RECORDED_BUNDLES: usize = 1_024;

/// Images of one index: as many as are read of a manifest (`bulla-transport`'s `MANIFESTS`).
pub const RECORDED_CHILDREN: usize = 1_000;

/// A code of a reason: the longest has some 30 letters. Our choice.
pub const RECORDED_CODE_BYTES: usize = 64;

/// What could not be had of one subject: each of its referrers (`bulla-transport`'s `REFERRERS`), once listed and once fetched.
pub const RECORDED_FAILURES: usize = 2_048;

/// Cases of one file that a policy is tried out on: more than anybody reads. Our choice.
pub const CASES: usize = 1_000;
