//! Rules, exceptions from them, and what is revoked.

use super::{
    by::By,
    error::{Fault, PolicyError},
    glob::Glob,
    moment::Moment,
    pattern::Exact,
    position::At,
    require::Require,
};
use bulla_verify::Digest;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What is demanded of some artifacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// How reports call it; no two rules of a policy have the same.
    pub name: At<Exact>,
    /// The images that it is about, by registry and repository, without tag or digest: `registry.acme.dev/services/**`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<At<Glob>>,
    /// The files that it is about, by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<At<Glob>>,
    /// What follows from it.
    pub mode: Mode,
    /// What of an image for several platforms has to meet it: the index itself, if it is left out. What is no index has to meet it
    /// itself in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_arch: Option<At<MultiArch>>,
    /// What is demanded.
    pub require: At<Require>,
}

/// What of an image for several platforms has to meet a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MultiArch {
    /// The index, which names every image in it by its digest.
    Index,
    /// Every image in the index.
    Children,
    /// The index, and every image in it.
    Both,
}

/// What follows from a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// What does not meet it is refused.
    Enforce,
    /// What does not meet it is warned of.
    Warn,
    /// What does not meet it is written down.
    Audit,
}

/// An artifact that need not meet any rule for a while. It shows in every report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exception {
    /// Which one.
    pub digest: Sha256,
    /// Why.
    pub reason: At<String>,
    /// Who answers for it.
    pub owner: At<String>,
    /// When it ends.
    pub expires: At<Moment>,
}

/// A signer or an artifact that is trusted no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Revoked {
    /// A signer: only what *verified* times prove to have been signed before counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<At<By>>,
    /// An artifact, which is refused from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Sha256>,
    /// Since when.
    pub since: At<Moment>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Rule {
    pub(super) fn check(&self) -> Result<(), PolicyError> {
        if self.images.is_empty() && self.files.is_empty() {
            let message = format!("the rule `{}` is about nothing", *self.name);
            let hint = "name `images`, or `files`; `**` is every one";
            return Err(Fault::new("demands-nothing", message, hint).at(self.name.position()));
        }
        if let Some(multi_arch) = self.multi_arch.as_ref().filter(|_| self.images.is_empty()) {
            let message = format!("the rule `{}` is about files alone, and no file is an index", *self.name);
            let hint = "take `multiArch` out, or name the `images` that it is about";
            return Err(Fault::new("multi-arch-of-files", message, hint).at(multi_arch.position()));
        }
        self.require.check()
    }

    /// What of an index has to meet it.
    pub fn multi_arch(&self) -> MultiArch {
        self.multi_arch.as_deref().copied().unwrap_or(MultiArch::Index)
    }
}

impl Exception {
    pub(super) fn check(&self) -> Result<(), PolicyError> {
        for (text, field) in [(&self.reason, "reason"), (&self.owner, "owner")] {
            if text.trim().is_empty() {
                let message = format!("an exception needs a `{field}`");
                let hint = "whoever reads the report in a year wants to know";
                return Err(Fault::new("exception-unexplained", message, hint).at(text.position()));
            }
        }
        Ok(())
    }
}

impl Revoked {
    pub(super) fn check(&self) -> Result<(), PolicyError> {
        match (&self.by, &self.digest) {
            (Some(_), None) | (None, Some(_)) => Ok(()),
            (Some(_), Some(_)) | (None, None) => {
                let hint = "write `by`, for a signer, or `digest`, for an artifact: one entry each";
                let message = "either a signer is revoked, or an artifact";
                Err(Fault::new("revoked-what", message, hint).at(self.since.position()))
            }
        }
    }
}

/// The digest of an artifact: `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256(Digest);

impl Sha256 {
    /// The digest itself.
    pub fn digest(&self) -> &Digest {
        &self.0
    }
}

impl TryFrom<String> for Sha256 {
    type Error = Fault;

    fn try_from(written: String) -> Result<Self, Fault> {
        let hint = "write `sha256:` and 64 hexadecimal digits, as `bulla inspect` prints it";
        Digest::parse(&written)
            .map(Self)
            .map_err(|_| Fault::new("digest-malformed", format!("`{written}` is no digest"), hint))
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.0.to_string()
    }
}

impl JsonSchema for Sha256 {
    fn schema_name() -> Cow<'static, str> {
        "Sha256".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^sha256:[0-9a-f]{64}$", "description": "The digest of an artifact." })
    }
}
