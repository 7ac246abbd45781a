//! The document as a whole.

use super::{
    error::{Fault, PolicyError},
    pattern::Exact,
    position::At,
    rule::{Exception, Revoked, Rule},
};
use bulla_verify::TrustedRoot;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A trust policy, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// `bulla.dev/v1`
    pub api_version: ApiVersion,
    /// `TrustPolicy`
    pub kind: Kind,
    /// How it is called.
    pub metadata: Metadata,
    /// What it says.
    pub spec: Spec,
}

/// The version of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// The first one.
    #[serde(rename = "bulla.dev/v1")]
    V1,
}

/// The kind of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Kind {
    /// A policy.
    TrustPolicy,
}

/// What Kubernetes has on every object, as far as a file has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// How reports call the policy.
    pub name: Exact,
    /// Kubernetes' labels; they mean nothing here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Kubernetes' annotations; they mean nothing here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// What the policy says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// What becomes of an artifact that no enforced rule is about.
    pub unmatched: At<Unmatched>,
    /// Trusted roots by name, besides those that are built in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roots: BTreeMap<String, At<Root>>,
    /// The rules. Every one that is about an artifact has to be met.
    #[schemars(length(min = 1))]
    pub rules: At<Vec<Rule>>,
    /// Artifacts that need not meet them for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// Signers and artifacts that are trusted no longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revoked: Vec<Revoked>,
}

/// What becomes of an artifact that no enforced rule is about; the later, the stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Unmatched {
    /// It is accepted.
    Allow,
    /// It is accepted, and warned of.
    Warn,
    /// It is refused.
    Deny,
}

/// A trusted root of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Root {
    /// A Sigstore `trusted_root.json`: the path of its file, or its text.
    pub trusted_root: String,
    /// How many logs have to hold an entry about a signature; 1 if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<usize>,
    /// How many authorities have to state when it was there; 1 if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<usize>,
    /// How many certificate-transparency logs have to have promised to publish the certificate; 1 if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scts: Option<usize>,
}

impl Root {
    /// The root, as it stands in a policy.
    pub fn of(root: &TrustedRoot) -> Self {
        let need = root.need();
        let unless_one = |count: usize| Some(count).filter(|count| *count != 1);
        Self {
            trusted_root: String::from_utf8_lossy(root.json()).into_owned(),
            logs: unless_one(need.logs()),
            times: unless_one(need.times()),
            scts: unless_one(need.scts()),
        }
    }
}

impl Document {
    /// What its parts allow each by itself, and all of them together do not.
    pub(super) fn check(&self) -> Result<(), PolicyError> {
        let rules = &self.spec.rules;
        if rules.is_empty() {
            let hint = "say what is demanded of which images";
            return Err(
                Fault::new("demands-nothing", "a policy without rules decides nothing", hint).at(rules.position())
            );
        }
        let mut names = BTreeSet::new();
        for rule in rules.iter() {
            if !names.insert(rule.name.as_str()) {
                let message = format!("two rules are called `{}`", *rule.name);
                return Err(
                    Fault::new("duplicate-name", message, "reports could not tell them apart").at(rule.name.position())
                );
            }
            rule.check()?;
        }
        self.spec.exceptions.iter().try_for_each(Exception::check)?;
        self.spec.revoked.iter().try_for_each(Revoked::check)
    }
}
