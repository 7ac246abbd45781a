//! The trust policy as it is written: one YAML (or JSON) document, the same as the Kubernetes resource.
//!
//! Reading it is strict, since what is overlooked in a policy is overlooked for good: a field that nobody knows, a key that
//! stands twice, a rule that demands nothing, a pattern that anybody's name would match do not parse, and every error names
//! its line and column.

mod age;
mod by;
mod cases;
mod contents;
mod document;
mod error;
mod glob;
mod key;
mod lint;
mod moment;
mod pattern;
mod position;
mod provenance;
mod require;
mod resolve;
mod rule;
pub(crate) mod yaml;

pub use age::Age;
pub use by::{By, Certificate, Email, GitHub, GitLab, Patterns, Runner, Spiffe};
pub(crate) use by::{GITHUB, GITLAB, PUBLIC_GOOD};
pub use cases::{Case, Cases, Expected};
pub use contents::{Ignored, Sbom, SeverityName, Vsa, Vulnerabilities, When};
pub use document::{ApiVersion, Document, Kind, Metadata, Root, Spec, Unmatched};
pub use error::{Fault, PolicyError};
pub use glob::Glob;
pub use key::TrustedKey;
pub use moment::Moment;
pub use pattern::{Exact, Pattern};
pub use position::{At, Position};
pub(crate) use provenance::is_version_tag;
pub use provenance::{Builder, Level, Provenance, Version};
pub use require::{AtLeast, Attested, PredicateType, Require, Signed, Witnessed};
pub(crate) use resolve::Given;
pub use resolve::{Embedded, Sources, TrustPolicy};
pub use rule::{Exception, Mode, MultiArch, Revoked, Rule, Sha256};
