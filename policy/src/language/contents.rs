//! What is demanded of what an attestation says: scan reports, SBOMs, verification summaries, and conditions.

use super::{
    age::Age, by::By, error::Fault, glob::Glob, moment::Moment, pattern::Exact, position::At, require::Witnessed,
    rule::Sha256,
};
use crate::{Condition, vulnerabilities::Severity};
use core::fmt;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// The newest report of a scanner that somebody attested, and how much it may have found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vulnerabilities {
    /// Whose report.
    pub by: At<By>,
    /// How many findings of a severity there may be; of a severity that is not named, any number.
    pub max: At<BTreeMap<SeverityName, usize>>,
    /// Whether findings that nobody has fixed yet are left out.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub ignore_unfixed: bool,
    /// Findings that are accepted for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<Ignored>,
    /// Whose VEX says which findings do not concern the artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vex: Option<At<By>>,
    /// How long ago it may have been made, by *verified* times only: without one it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Age>,
    /// Who has to vouch for it besides what the root demands anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witnessed: Option<At<Witnessed>>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SeverityName {
    /// A CVSS score of 9.0 to 10.0.
    Critical,
    /// 7.0 to 8.9.
    High,
    /// 4.0 to 6.9.
    Medium,
    /// 0.1 to 3.9.
    Low,
    /// Known and harmless.
    Negligible,
    /// Nobody has said.
    Unknown,
}

impl SeverityName {
    pub(crate) fn severity(self) -> Severity {
        match self {
            Self::Critical => Severity::Critical,
            Self::High => Severity::High,
            Self::Medium => Severity::Medium,
            Self::Low => Severity::Low,
            Self::Negligible => Severity::Negligible,
            Self::Unknown => Severity::Unknown,
        }
    }
}

/// A finding that is accepted for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ignored {
    /// Its name, or one of its names: `CVE-2026-1234`.
    pub id: Exact,
    /// Why.
    pub reason: String,
    /// When that ends.
    pub expires: At<Moment>,
}

/// The newest SBOM that somebody attested, and what must not be in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sbom {
    /// Whose.
    pub by: At<By>,
    /// Licences by their SPDX ids, `GPL-3.0-only`, `GPL-*`: no package may be had under these alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied_licenses: Vec<Glob>,
    /// Packages by their names or package URLs, without qualifiers, that must not be in it: `pkg:npm/event-stream@*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied_packages: Vec<Glob>,
    /// How long ago it may have been made, by *verified* times only: without one it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Age>,
    /// Who has to vouch for it besides what the root demands anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witnessed: Option<At<Witnessed>>,
}

/// A verification summary (slsa.dev/spec/v1.0/verification_summary): somebody else has verified it, and passed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vsa {
    /// Who has signed that.
    pub by: At<By>,
    /// The verifier's id, exactly.
    pub verifier: Exact,
    /// The URI of the policy that it was verified by, exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Exact>,
    /// The digest of that policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_digest: Option<Sha256>,
    /// The URI that it was verified as, exactly; `{name}` stands for what rules call the artifact: `oci://{name}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Exact>,
    /// Levels that were found, each of them: `SLSA_BUILD_LEVEL_2`, which a higher one includes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<Exact>,
    /// How long ago it may have been made, by *verified* times only: without one it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Age>,
    /// Who has to vouch for it besides what the root demands anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witnessed: Option<At<Witnessed>>,
}

/// A condition over a predicate and its signer's claims, in CEL: see [`crate::condition`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct When(Arc<Condition>);

impl When {
    /// The condition.
    pub fn condition(&self) -> &Condition {
        &self.0
    }
}

impl TryFrom<String> for When {
    type Error = Fault;

    fn try_from(written: String) -> Result<Self, Fault> {
        let condition = Condition::parse(&written);
        condition
            .map(|condition| Self(Arc::new(condition)))
            .map_err(|error| Fault::new(error.code(), error.to_string(), error.hint()))
    }
}

impl From<When> for String {
    fn from(when: When) -> Self {
        when.0.to_string()
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl JsonSchema for When {
    fn schema_name() -> Cow<'static, str> {
        "Condition".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A condition in CEL over `predicate` and `signer`; what has no answer is not met.",
        })
    }
}

impl Vulnerabilities {
    pub(super) fn check(&self) -> Result<(), super::PolicyError> {
        if self.max.is_empty() {
            let hint = "name a severity and how many there may be: `max: { critical: 0 }`";
            return Err(Fault::new("demands-nothing", "`max` of nothing demands nothing", hint).at(self.max.position()));
        }
        Ok(())
    }
}
