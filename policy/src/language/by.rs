//! Whose signature counts. "Signed by anybody" has no spelling.

use super::{
    error::Fault,
    glob::Glob,
    key::TrustedKey,
    pattern::{Exact, Pattern},
};
use core::fmt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One signer, or several who can be told apart from everybody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum By {
    /// The holder of a key.
    Key(Box<TrustedKey>),
    /// A workflow of GitHub Actions.
    #[serde(rename = "github")]
    GitHub(Box<GitHub>),
    /// A pipeline of GitLab CI.
    #[serde(rename = "gitlab")]
    GitLab(Box<GitLab>),
    /// A person, by the address that an identity provider vouches for.
    Email(Box<Email>),
    /// A workload, by its SPIFFE id.
    Spiffe(Box<Spiffe>),
    /// Whoever has a certificate with exactly this name, vouched for by exactly this issuer.
    Certificate(Box<Certificate>),
    /// Whoever has a certificate whose name and issuer match.
    Pattern(Box<Patterns>),
}

/// A workflow of GitHub Actions, by what GitHub itself states in the certificate. The issuer is implied.
///
/// The workflow that signs has to be the repository's own, unless `reusableWorkflow` names another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GitHub {
    /// The repository that the build was of: `acme/services`, `acme/*`. The owner is always spelled out.
    pub repository: Glob,
    /// The file of the workflow that was started, under `.github/workflows`: `release.yml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<Glob>,
    /// The ref that was built: `refs/heads/main`, `refs/tags/v*`.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub git_ref: Option<Glob>,
    /// The workflow that signs, where it is not the repository's own: `acme/ci/.github/workflows/build.yml@refs/tags/v1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reusable_workflow: Option<Glob>,
    /// What started it: `push`, `release`, `workflow_dispatch`, …; one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Exact>,
    /// Where it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner: Option<Runner>,
    /// The deployment environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Exact>,
    /// The repository's id, which survives a rename and cannot be taken over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository_id: Option<Exact>,
    /// The id of the repository's owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<Exact>,
    /// A GitHub Enterprise Server, instead of github.com.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Exact>,
    /// The root under which the certificate was issued; `public-good` if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<Exact>,
}

/// A pipeline of GitLab CI, by what GitLab itself states in the certificate. The issuer is implied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GitLab {
    /// The project, with its groups: `acme/platform/services`, `acme/**`. The first group is always spelled out.
    pub project: Glob,
    /// The pipeline's file; `.gitlab-ci.yml` if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<Glob>,
    /// The ref that was built: `refs/heads/main`, `refs/tags/v*`.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub git_ref: Option<Glob>,
    /// What started it: `push`, `web`, `schedule`, …; one of them. A merge request (`merge_request_event`) counts only if it is
    /// named: it may be of anybody's branch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Exact>,
    /// Where it ran: `gitlab-hosted` or `self-hosted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner: Option<Runner>,
    /// The deployment environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Exact>,
    /// The project's id, which survives a rename and cannot be taken over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<Exact>,
    /// The id of the namespace that owns the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<Exact>,
    /// A GitLab of one's own, instead of gitlab.com.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Exact>,
    /// The root under which the certificate was issued; `public-good` if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<Exact>,
}

/// Where a build ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Runner {
    /// On GitHub's machines.
    GithubHosted,
    /// On GitLab's machines.
    GitlabHosted,
    /// On somebody's own.
    SelfHosted,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Email {
    /// The address, exactly.
    pub address: Exact,
    /// The URL of the OIDC issuer that vouches for it, exactly.
    pub issuer: Exact,
    /// The root under which the certificate was issued; `public-good` if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<Exact>,
}

/// A workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spiffe {
    /// The trust domain, exactly: `acme.dev`.
    pub trust_domain: Exact,
    /// The path beneath it, without the slash that it begins with: `ns/build/sa/*`.
    pub path: Glob,
    /// The URL of the OIDC issuer that vouches for it, exactly.
    pub issuer: Exact,
    /// The root under which the certificate was issued; `public-good` if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<Exact>,
}

/// Exactly this name, vouched for by exactly this issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Certificate {
    /// The subject alternative name, exactly.
    pub subject: Exact,
    /// The URL of the OIDC issuer, exactly.
    pub issuer: Exact,
    /// The root under which the certificate was issued; `public-good` if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<Exact>,
}

/// A name and an issuer that match; for what the other forms cannot say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Patterns {
    /// What the whole subject alternative name matches.
    pub subject: Pattern,
    /// What the whole URL of the issuer matches.
    pub issuer: Pattern,
    /// The root under which the certificate was issued; `public-good` if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<Exact>,
}

/// The root of Sigstore's public instance, which is meant where none is named.
pub(crate) const PUBLIC_GOOD: &str = "public-good";

/// Where GitHub's own service runs workflows.
pub(crate) const GITHUB: &str = "github.com";
/// Who vouches for them.
pub(crate) const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";

/// Where GitLab's own service runs pipelines.
pub(crate) const GITLAB: &str = "gitlab.com";
/// Who vouches for them.
pub(super) const GITLAB_ISSUER: &str = "https://gitlab.com";

impl From<TrustedKey> for By {
    fn from(key: TrustedKey) -> Self {
        Self::Key(Box::new(key))
    }
}

impl By {
    /// Whoever has a certificate with exactly this name, vouched for by exactly this issuer, under the root of that name.
    ///
    /// # Errors
    /// [`Fault`] for what is no name.
    pub fn certificate(subject: &str, issuer: &str, root: &str) -> Result<Self, Fault> {
        let exact = |text: &str| Exact::try_from(text.to_owned());
        let (subject, issuer, root) = (exact(subject)?, exact(issuer)?, Some(exact(root)?));
        Ok(Self::Certificate(Box::new(Certificate { subject, issuer, root })))
    }

    /// The root under which its certificate has to have been issued, or a key's signatures timed; a plain key has none.
    pub(crate) fn root(&self) -> Option<&str> {
        let root = match self {
            Self::Key(key) => return key.named_root(),
            Self::GitHub(github) => &github.root,
            Self::GitLab(gitlab) => &gitlab.root,
            Self::Email(email) => &email.root,
            Self::Spiffe(spiffe) => &spiffe.root,
            Self::Certificate(certificate) => &certificate.root,
            Self::Pattern(patterns) => &patterns.root,
        };
        Some(root.as_ref().map_or(PUBLIC_GOOD, Exact::as_str))
    }

    /// The root, also of a plain key where it matters when it has signed.
    pub(crate) fn root_if(&self, timed: bool) -> Option<&str> {
        match self {
            Self::Key(key) if timed => Some(key.root()),
            by => by.root(),
        }
    }

    /// What each field allows by itself and all of them together do not.
    pub(super) fn check(&self) -> Result<(), Fault> {
        match self {
            Self::Key(key) => key.check(),
            Self::GitHub(github) => github.check(),
            Self::GitLab(gitlab) => gitlab.check(),
            Self::Spiffe(spiffe) => spelled_out(&spiffe.path, "a path"),
            Self::Email(_) | Self::Certificate(_) | Self::Pattern(_) => Ok(()),
        }
    }
}

impl GitHub {
    /// The URL of the OIDC issuer.
    pub(crate) fn issuer(&self) -> String {
        match &self.host {
            None => GITHUB_ISSUER.to_owned(),
            Some(host) => format!("https://{host}/_services/token"),
        }
    }

    pub(crate) fn host(&self) -> &str {
        self.host.as_ref().map_or(GITHUB, Exact::as_str)
    }

    fn check(&self) -> Result<(), Fault> {
        let parts: Vec<_> = self.repository.as_str().split('/').collect();
        if parts.len() != 2 {
            let message = format!("`{}` is no repository: an owner and a name are", self.repository);
            return Err(Fault::new("repository-malformed", message, "write `acme/services`, without the host"));
        }
        owner(&self.repository)?;
        self.git_ref.as_ref().map_or(Ok(()), check_ref)?;
        self.workflow.as_ref().map_or(Ok(()), |workflow| spelled_out(workflow, "a workflow"))?;
        let Some(reusable) = &self.reusable_workflow else { return Ok(()) };
        owner(reusable)?;
        if reusable.as_str().contains("/.github/workflows/") && reusable.as_str().contains('@') {
            return Ok(());
        }
        let message = format!("`{reusable}` is no reusable workflow");
        let hint = "write its repository, file and ref: `acme/ci/.github/workflows/build.yml@refs/tags/v1`";
        Err(Fault::new("workflow-malformed", message, hint))
    }
}

impl GitLab {
    /// The URL of the OIDC issuer.
    pub(crate) fn issuer(&self) -> String {
        format!("https://{}", self.host())
    }

    pub(crate) fn host(&self) -> &str {
        self.host.as_ref().map_or(GITLAB, Exact::as_str)
    }

    fn check(&self) -> Result<(), Fault> {
        owner(&self.project)?;
        self.git_ref.as_ref().map_or(Ok(()), check_ref)?;
        self.config.as_ref().map_or(Ok(()), |config| spelled_out(config, "a pipeline's file"))
    }
}

/// Anybody can make a repository of any name: who owns it is what counts.
fn owner(name: &Glob) -> Result<(), Fault> {
    match name.as_str().split('/').next() {
        Some(owner) if !owner.contains('*') => Ok(()),
        _ => {
            let message = format!("`{name}` leaves open who owns it: that is everybody's");
            Err(Fault::new("wildcard-identity", message, "spell out what stands before the first slash"))
        }
    }
}

pub(super) fn check_ref(name: &Glob) -> Result<(), Fault> {
    if !name.as_str().starts_with("refs/") {
        let message = format!("`{name}` is no ref: a branch and a tag may have the same name");
        return Err(Fault::new("ref-malformed", message, "write `refs/heads/main`, or `refs/tags/v*`"));
    }
    Ok(())
}

pub(super) fn spelled_out(name: &Glob, what: &str) -> Result<(), Fault> {
    if name.is_anything() {
        let message = format!("`{name}` is {what} of any name");
        return Err(Fault::new("wildcard-identity", message, "leave the field out, or name a part of it"));
    }
    Ok(())
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => match key.key() {
                Some(key) => write!(f, "the key {}", key.id()),
                None => f.write_str("a key that was not read"),
            },
            Self::GitHub(github) => write!(f, "{github}"),
            Self::GitLab(gitlab) => write!(f, "{gitlab}"),
            Self::Email(email) => write!(f, "`{}` (`{}`)", email.address, email.issuer),
            Self::Spiffe(spiffe) => {
                write!(f, "`spiffe://{}/{}` (`{}`)", spiffe.trust_domain, spiffe.path, spiffe.issuer)
            }
            Self::Certificate(certificate) => write!(f, "`{}` (`{}`)", certificate.subject, certificate.issuer),
            Self::Pattern(patterns) => write!(f, "a name like `{}` (`{}`)", patterns.subject, patterns.issuer),
        }
    }
}

impl fmt::Display for GitHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host(), self.repository)?;
        self.workflow.iter().try_for_each(|workflow| write!(f, ", workflow {workflow}"))?;
        self.reusable_workflow.iter().try_for_each(|reusable| write!(f, ", by {reusable}"))?;
        self.git_ref.iter().try_for_each(|git_ref| write!(f, ", {git_ref}"))
    }
}

impl fmt::Display for GitLab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host(), self.project)?;
        self.git_ref.iter().try_for_each(|git_ref| write!(f, ", {git_ref}"))
    }
}

impl Runner {
    /// As certificates say it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::GithubHosted => "github-hosted",
            Self::GitlabHosted => "gitlab-hosted",
            Self::SelfHosted => "self-hosted",
        }
    }
}
