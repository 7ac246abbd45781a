//! What is demanded of how an artifact was built.

use super::{
    age::Age,
    by::{GITHUB, GITHUB_ISSUER, GITLAB, GITLAB_ISSUER, PUBLIC_GOOD, Runner, check_ref, spelled_out},
    contents::When,
    error::Fault,
    glob::Glob,
    pattern::Exact,
    position::At,
    require::Witnessed,
};
use core::fmt;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap};

/// SLSA provenance (v0.2 and v1) that a builder signed who may speak for itself: what it claims is worth no more than that.
/// Source, ref and workflow are those that the issuer of the builder's certificate states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provenance {
    /// Who built it.
    pub builder: Builder,
    /// What it was built from: `github.com/acme/services`. Host and owner are always spelled out.
    pub source: Glob,
    /// The ref that was built: `refs/heads/main`, `refs/tags/v*`.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub git_ref: Option<Glob>,
    /// The version that was built, by its tag: `v1.2` stands for every tag `v1.2` and `v1.2.N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The file of the workflow that was started, under `.github/workflows`: `release.yml`. Of a pipeline of GitLab, its file in the
    /// project; `.gitlab-ci.yml` if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<Glob>,
    /// Inputs of a workflow that somebody started by hand, by name: each has exactly this value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, String>,
    /// The SLSA build level that the builder is known to reach, at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Where it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner: Option<Runner>,
    /// The source repository's id, which survives a rename and cannot be taken over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository_id: Option<Exact>,
    /// The id of the source repository's owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<Exact>,
    /// A condition over what is attested, and over its signer.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// How long ago it may have been made, by *verified* times only: without one it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Age>,
    /// Who has to vouch for it besides what the root demands anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witnessed: Option<At<Witnessed>>,
    /// The root under which the builder's certificate was issued; `public-good` if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<Exact>,
}

/// Who built it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Builder {
    /// A workflow of the source repository itself, on GitHub's machines.
    GitHubHosted,
    /// A pipeline of the source project itself, on GitLab's machines. Which project, ref and machine is checked; what the
    /// pipeline's file includes, or starts as a child pipeline, is not stated by anybody.
    GitLabHosted,
    /// One of the SLSA project's reusable workflows for GitHub, at a version tag.
    SlsaGitHubGenerator,
    /// The builder with this id, a reusable workflow's address: at this ref, or else at any version tag.
    Id {
        /// Without the ref.
        id: String,
        /// `refs/tags/v1.2.3`
        git_ref: Option<String>,
    },
}

const GITHUB_HOSTED: &str = "github-hosted";
const GITLAB_HOSTED: &str = "gitlab-hosted";
const SLSA_GENERATOR: &str = "slsa-github-generator";

impl TryFrom<String> for Builder {
    type Error = Fault;

    fn try_from(written: String) -> Result<Self, Fault> {
        let hint = "write `github-hosted`, `gitlab-hosted`, `slsa-github-generator`, or a workflow's address: \
                    `https://github.com/acme/ci/.github/workflows/build.yml@v1`";
        let malformed = |why: &str| Fault::new("builder-malformed", format!("`{written}` {why}"), hint);
        match written.as_str() {
            GITHUB_HOSTED => return Ok(Self::GitHubHosted),
            GITLAB_HOSTED => return Ok(Self::GitLabHosted),
            SLSA_GENERATOR => return Ok(Self::SlsaGitHubGenerator),
            address if !address.starts_with("https://github.com/") => {
                return Err(malformed("is no builder that is known"));
            }
            address if address.contains(['*', ' ']) => return Err(malformed("is no one builder's address")),
            _ => {}
        }
        let (id, git_ref) = match written.split_once('@') {
            None => (written.as_str(), None),
            Some((_, "")) => return Err(malformed("names no ref after its `@`")),
            Some((id, git_ref)) if git_ref.starts_with("refs/") => (id, Some(git_ref.to_owned())),
            Some((id, tag)) => (id, Some(format!("refs/tags/{tag}"))),
        };
        Ok(Self::Id { id: id.to_owned(), git_ref })
    }
}

impl Builder {
    /// Who vouches for whoever may speak for it.
    pub(crate) fn issuer(&self) -> &'static str {
        match self {
            Self::GitHubHosted | Self::SlsaGitHubGenerator | Self::Id { .. } => GITHUB_ISSUER,
            Self::GitLabHosted => GITLAB_ISSUER,
        }
    }

    /// Where everything is that it builds.
    pub(super) fn host(&self) -> &'static str {
        match self {
            Self::GitHubHosted | Self::SlsaGitHubGenerator | Self::Id { .. } => GITHUB,
            Self::GitLabHosted => GITLAB,
        }
    }

    /// The machines that it runs on, if it is known by them.
    fn runner(&self) -> Option<Runner> {
        match self {
            Self::GitHubHosted => Some(Runner::GithubHosted),
            Self::GitLabHosted => Some(Runner::GitlabHosted),
            Self::SlsaGitHubGenerator | Self::Id { .. } => None,
        }
    }
}

impl From<Builder> for String {
    fn from(builder: Builder) -> Self {
        builder.to_string()
    }
}

impl fmt::Display for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GitHubHosted => f.write_str(GITHUB_HOSTED),
            Self::GitLabHosted => f.write_str(GITLAB_HOSTED),
            Self::SlsaGitHubGenerator => f.write_str(SLSA_GENERATOR),
            Self::Id { id, git_ref: None } => f.write_str(id),
            Self::Id { id, git_ref: Some(git_ref) } => write!(f, "{id}@{git_ref}"),
        }
    }
}

impl JsonSchema for Builder {
    fn schema_name() -> Cow<'static, str> {
        "Builder".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Who built it: a name that is known, or the address of a reusable workflow, with its ref or \
                            for any version tag.",
            "anyOf": [{ "enum": [GITHUB_HOSTED, GITLAB_HOSTED, SLSA_GENERATOR] }, { "type": "string", "pattern": "^https://github\\.com/" }],
        })
    }
}

/// A version of up to three numbers, `v1`, `v1.2` or `v1.2.3`, that stands for all that begin so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    written: String,
    numbers: Vec<u64>,
}

impl Version {
    /// Whether a ref is the tag of such a version. What a tag leaves out is zero; a pre-release is no such version.
    pub(crate) fn matches(&self, git_ref: &str) -> bool {
        let Some(mut found) = git_ref.strip_prefix("refs/tags/").and_then(numbers) else { return false };
        found.resize(3, 0);
        found.starts_with(&self.numbers)
    }
}

/// Whether a ref is the tag of any version: nobody moves those, as a branch is moved.
pub(crate) fn is_version_tag(git_ref: &str) -> bool {
    git_ref.strip_prefix("refs/tags/").and_then(numbers).is_some()
}

fn numbers(version: &str) -> Option<Vec<u64>> {
    let parts: Vec<_> = version.strip_prefix('v')?.split('.').collect();
    let canonical = |part: &&str| *part == "0" || !part.starts_with('0');
    let numbers = parts.iter().filter(|part| canonical(part) && part.bytes().all(|byte| byte.is_ascii_digit()));
    let numbers: Vec<u64> = numbers.filter_map(|part| part.parse().ok()).collect();
    (numbers.len() == parts.len() && numbers.len() <= 3).then_some(numbers)
}

impl TryFrom<String> for Version {
    type Error = Fault;

    fn try_from(written: String) -> Result<Self, Fault> {
        match numbers(&written) {
            Some(numbers) => Ok(Self { written, numbers }),
            None => {
                let message = format!("`{written}` is no version");
                Err(Fault::new("version-malformed", message, "write `v1`, `v1.2` or `v1.2.3`; for other tags, `ref`"))
            }
        }
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.written
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl JsonSchema for Version {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^v(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){0,2}$",
            "description": "A version, which stands for all that begin so: `v1.2`.",
        })
    }
}

/// A SLSA build level (slsa.dev/spec/v1.0/levels): 1, 2 or 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Level(u8);

impl Level {
    pub(crate) fn number(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Level {
    type Error = Fault;

    fn try_from(level: u8) -> Result<Self, Fault> {
        match level {
            1..=3 => Ok(Self(level)),
            _ => Err(Fault::new("level-unknown", format!("there is no build level {level}"), "write 1, 2 or 3")),
        }
    }
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        level.0
    }
}

impl JsonSchema for Level {
    fn schema_name() -> Cow<'static, str> {
        "Level".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": 3, "description": "A SLSA build level." })
    }
}

impl Provenance {
    /// The root under which the builder's certificate has to have been issued.
    pub(crate) fn root(&self) -> &str {
        self.root.as_ref().map_or(PUBLIC_GOOD, Exact::as_str)
    }

    pub(super) fn check(&self) -> Result<(), Fault> {
        let parts: Vec<_> = self.source.as_str().split('/').collect();
        let open = |part: Option<&&str>| part.is_none_or(|part| part.contains('*'));
        if parts.len() < 3 || self.source.as_str().contains(':') {
            let message = format!("`{}` is no source repository", self.source);
            return Err(Fault::new(
                "source-malformed",
                message,
                "write its host, owner and name: `github.com/acme/app`",
            ));
        }
        if open(parts.first()) || open(parts.get(1)) {
            let message = format!("`{}` leaves open who owns it: that is everybody's", self.source);
            return Err(Fault::new("wildcard-identity", message, "spell out the host and the owner"));
        }
        if self.git_ref.is_some() && self.version.is_some() {
            let message = "`ref` and `version` both say which ref was built";
            return Err(Fault::new("ref-and-version", message, "leave one of them out"));
        }
        if let Some((own, runner)) = self.builder.runner().zip(self.runner).filter(|(own, runner)| own != runner) {
            let message = format!("`{}` runs on {}, and never on {}", self.builder, own.as_str(), runner.as_str());
            return Err(Fault::new("runner-contradicts", message, "leave `runner` out: the builder says it already"));
        }
        if self.builder == Builder::GitLabHosted && !self.inputs.is_empty() {
            let hint = "leave them out, and ask for what it does state with `where`";
            return Err(Fault::new("inputs-unstated", "provenance of GitLab's pipelines states no inputs", hint));
        }
        self.workflow.as_ref().map_or(Ok(()), |workflow| spelled_out(workflow, "a workflow"))?;
        self.git_ref.as_ref().map_or(Ok(()), check_ref)
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "built by {} from {}", self.builder, self.source)?;
        self.git_ref.iter().try_for_each(|git_ref| write!(f, ", {git_ref}"))?;
        self.version.iter().try_for_each(|version| write!(f, ", {version}"))?;
        self.level.iter().try_for_each(|level| write!(f, ", at level {}", level.number()))
    }
}
