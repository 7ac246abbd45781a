//! How a policy calls a signer: so precisely that nobody else is meant, and still what the same signer makes next.

use crate::{
    gitlab,
    language::{
        By, Certificate, Email, Exact, GITHUB, GITLAB, GitHub, GitLab, Glob, Runner, Spiffe, TrustedKey, is_version_tag,
    },
};
use bulla_verify::{Claim, Identity, SignerCertificate, VerifiedSigner};

/// The ways to call it, the most telling first; the last one is what it is called, letter by letter.
pub(super) fn spellings(signer: &VerifiedSigner, root: Option<&str>) -> Vec<By> {
    match signer {
        VerifiedSigner::Key { key, .. } => vec![By::from(TrustedKey::always(key.clone()))],
        VerifiedSigner::Certificate { certificate, .. } => {
            let found = Found { certificate, root: root.and_then(exact) };
            [found.github(), found.gitlab(), found.email(), found.spiffe(), found.name()]
                .into_iter()
                .flatten()
                .collect()
        }
    }
}

/// The tags of any version.
pub(super) const ANY_VERSION: &str = "refs/tags/v*";

/// A ref that is to be demanded of the next build, too: instead of the tag of a version, that of any.
pub(super) fn lasting(git_ref: &str) -> Option<Glob> {
    if is_version_tag(git_ref) { Some(Glob::of(ANY_VERSION)) } else { literal(git_ref) }
}

/// Exactly this name; nothing if a star in it would stand for more.
pub(super) fn literal(name: &str) -> Option<Glob> {
    Glob::try_from(name.to_owned()).ok().filter(|_| !name.contains('*'))
}

pub(super) fn exact(text: &str) -> Option<Exact> {
    Exact::try_from(text.to_owned()).ok()
}

/// A certificate, and how its root is called where that has to be said.
struct Found<'a> {
    certificate: &'a SignerCertificate,
    root: Option<Exact>,
}

impl<'a> Found<'a> {
    fn claim(&self, claim: Claim) -> Option<&'a str> {
        self.certificate.claim(claim)
    }

    fn stated(&self, claim: Claim) -> Option<Exact> {
        self.claim(claim).and_then(exact)
    }

    /// Without the host, which has to be that of the source repository.
    fn beneath(&self, host: &str, uri: &'a str) -> Option<&'a str> {
        uri.strip_prefix("https://")?.strip_prefix(host)?.strip_prefix('/')
    }

    fn github(&self) -> Option<By> {
        let (host, repository) = source(self.certificate)?;
        let config = self.beneath(host, self.claim(Claim::BuildConfigUri)?)?;
        let signer = self.beneath(host, self.certificate.identity().as_str())?;
        let reusable = (signer != config).then(|| literal(signer));
        Some(By::GitHub(Box::new(GitHub {
            repository: literal(repository)?,
            workflow: literal(workflow(config)?),
            git_ref: self.claim(Claim::SourceRepositoryRef).and_then(lasting),
            reusable_workflow: reusable.flatten(),
            events: self.stated(Claim::BuildTrigger).into_iter().collect(),
            runner: runner(self.certificate),
            environment: self.stated(Claim::DeploymentEnvironment),
            repository_id: self.stated(Claim::SourceRepositoryIdentifier),
            owner_id: self.stated(Claim::SourceRepositoryOwnerIdentifier),
            host: (host != GITHUB).then(|| exact(host)).flatten(),
            root: self.root.clone(),
        })))
    }

    fn gitlab(&self) -> Option<By> {
        let (host, project) = source(self.certificate)?;
        Some(By::GitLab(Box::new(GitLab {
            project: literal(project)?,
            config: literal(gitlab::pipeline_file(self.certificate)?),
            git_ref: self.claim(Claim::SourceRepositoryRef).and_then(lasting),
            events: self.stated(Claim::BuildTrigger).into_iter().collect(),
            runner: runner(self.certificate),
            environment: self.stated(Claim::DeploymentEnvironment),
            project_id: self.stated(Claim::SourceRepositoryIdentifier),
            owner_id: self.stated(Claim::SourceRepositoryOwnerIdentifier),
            host: (host != GITLAB).then(|| exact(host)).flatten(),
            root: self.root.clone(),
        })))
    }

    fn email(&self) -> Option<By> {
        let Identity::Email(address) = self.certificate.identity() else { return None };
        let (address, issuer) = (exact(address)?, exact(self.certificate.issuer())?);
        Some(By::Email(Box::new(Email { address, issuer, root: self.root.clone() })))
    }

    fn spiffe(&self) -> Option<By> {
        let id = self.certificate.identity().as_str().strip_prefix("spiffe://")?;
        let (trust_domain, path) = id.split_once('/')?;
        Some(By::Spiffe(Box::new(Spiffe {
            trust_domain: exact(trust_domain)?,
            path: literal(path)?,
            issuer: exact(self.certificate.issuer())?,
            root: self.root.clone(),
        })))
    }

    fn name(&self) -> Option<By> {
        let (subject, issuer) = (exact(self.certificate.identity().as_str())?, exact(self.certificate.issuer())?);
        Some(By::Certificate(Box::new(Certificate { subject, issuer, root: self.root.clone() })))
    }
}

/// The host and the repository that were built: `github.com` and `acme/services`.
pub(super) fn source(certificate: &SignerCertificate) -> Option<(&str, &str)> {
    certificate.claim(Claim::SourceRepositoryUri)?.strip_prefix("https://")?.split_once('/')
}

/// Where it was built.
pub(super) fn runner(certificate: &SignerCertificate) -> Option<Runner> {
    let runners = [Runner::GithubHosted, Runner::GitlabHosted, Runner::SelfHosted];
    runners.into_iter().find(|runner| Some(runner.as_str()) == certificate.claim(Claim::RunnerEnvironment))
}

/// The file of the workflow or of the pipeline that was started.
pub(super) fn started(certificate: &SignerCertificate) -> Option<Glob> {
    let workflow = certificate.claim(Claim::BuildConfigUri).and_then(workflow);
    workflow.or_else(|| gitlab::pipeline_file(certificate)).and_then(literal)
}

/// `release.yml` of `acme/services/.github/workflows/release.yml@refs/tags/v1`.
fn workflow(config: &str) -> Option<&str> {
    Some(config.split_once("/.github/workflows/")?.1.split_once('@')?.0)
}
