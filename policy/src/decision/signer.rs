//! Whether a bundle's signer is who is asked for.

use super::{Reason, trace::Telling};
use crate::{
    Verified, gitlab,
    language::{By, Certificate, Email, Exact, GitHub, GitLab, Glob, Patterns, Runner, Spiffe, TrustedKey},
};
use bulla_verify::{Claim, SignerCertificate, VerifiedSigner};

/// Why the bundle is not this signer's, or does not count as theirs; nothing if it does.
pub(super) fn mismatch(by: &By, timed: bool, verified: &Verified) -> Option<Reason> {
    let found = verified.bundle.signer();
    difference(by, found)
        .map(|difference| difference.reason(by, found))
        .or_else(|| other_root(by, timed, verified))
        .or_else(|| match by {
            By::Key(key) => outside_window(key, verified),
            _ => None,
        })
}

/// Whether it is this signer, whatever root says so and whenever it signed.
pub(super) fn is(by: &By, found: &VerifiedSigner) -> bool {
    difference(by, found).is_none()
}

/// A signer as it is shown.
pub(crate) fn name(signer: &VerifiedSigner) -> String {
    match signer {
        VerifiedSigner::Key { key, .. } => format!("the key {}", key.id()),
        VerifiedSigner::Certificate { certificate, .. } => {
            format!("`{}` (`{}`)", certificate.identity(), certificate.issuer())
        }
    }
}

/// In what a signer differs from the one who is asked for.
enum Difference {
    /// It is somebody else altogether.
    Somebody,
    /// The same issuer vouches for it, and this differs.
    Claim { what: &'static str, expected: String, found: Option<String> },
}

impl Difference {
    fn reason(self, by: &By, found: &VerifiedSigner) -> Reason {
        let signer = name(found);
        let hint = "ask the publisher who signs, and demand exactly that";
        match self {
            Self::Somebody => {
                let message = format!("signed by {signer}, expected {by}");
                Reason::new(Telling::OtherSigner, "signer-mismatch", message, hint)
                    .comparing(by.to_string(), Some(&signer))
            }
            Self::Claim { what, expected, found } => {
                let stated = match &found {
                    Some(found) => format!("its {what} is `{found}`"),
                    None => format!("it does not state its {what}"),
                };
                let message = format!("signed by {signer}: {stated}, expected `{expected}`");
                Reason::new(Telling::OtherClaim, "claim-mismatch", message, hint).comparing(expected, found.as_deref())
            }
        }
    }
}

fn difference(by: &By, found: &VerifiedSigner) -> Option<Difference> {
    match (by, found) {
        (By::Key(trusted), VerifiedSigner::Key { key, .. }) => {
            (trusted.key() != Some(key)).then_some(Difference::Somebody)
        }
        (By::Key(_), VerifiedSigner::Certificate { .. }) | (_, VerifiedSigner::Key { .. }) => {
            Some(Difference::Somebody)
        }
        (by, VerifiedSigner::Certificate { certificate, .. }) => of_certificate(by, certificate),
    }
}

fn of_certificate(by: &By, found: &SignerCertificate) -> Option<Difference> {
    let exactly = |subject: &str, issuer: &str| {
        let same = found.identity().as_str() == subject && found.issuer() == issuer;
        (!same).then_some(Difference::Somebody)
    };
    match by {
        By::Key(_) => Some(Difference::Somebody),
        By::Certificate(certificate) => {
            let Certificate { subject, issuer, .. } = &**certificate;
            exactly(subject.as_str(), issuer.as_str())
        }
        By::Email(email) => {
            let Email { address, issuer, .. } = &**email;
            let is_email = matches!(found.identity(), bulla_verify::Identity::Email(_));
            exactly(address.as_str(), issuer.as_str()).or((!is_email).then_some(Difference::Somebody))
        }
        By::Pattern(patterns) => {
            let Patterns { subject, issuer, .. } = &**patterns;
            let same = subject.matches(found.identity().as_str()) && issuer.matches(found.issuer());
            (!same).then_some(Difference::Somebody)
        }
        By::Spiffe(spiffe) => of_workload(spiffe, found),
        By::GitHub(github) if found.issuer() == github.issuer() => of_github(github, found),
        By::GitLab(gitlab) if found.issuer() == gitlab.issuer() => of_gitlab(gitlab, found),
        By::GitHub(_) | By::GitLab(_) => Some(Difference::Somebody),
    }
}

fn of_workload(spiffe: &Spiffe, found: &SignerCertificate) -> Option<Difference> {
    let Spiffe { trust_domain, path, issuer, .. } = spiffe;
    if found.issuer() != issuer.as_str() {
        return Some(Difference::Somebody);
    }
    let of_domain = found.identity().as_str().strip_prefix("spiffe://");
    let path_of =
        of_domain.and_then(|id| id.strip_prefix(trust_domain.as_str())).and_then(|rest| rest.strip_prefix('/'));
    let same = path_of.is_some_and(|found| path.matches(found));
    (!same).then(|| Difference::Claim {
        what: "SPIFFE id",
        expected: format!("spiffe://{trust_domain}/{path}"),
        found: Some(found.identity().as_str().to_owned()),
    })
}

/// The repository and its ref are those of the Source Repository extensions; the workflow that signs, which is the certificate's
/// name, has to be the repository's own, unless another one is demanded.
fn of_github(github: &GitHub, found: &SignerCertificate) -> Option<Difference> {
    let claims = Claims { of: found };
    let host = format!("https://{}/", github.host());
    let signer = found.identity().as_str().strip_prefix(&host);
    let repository = claims.of.claim(Claim::SourceRepositoryUri).and_then(|uri| uri.strip_prefix(&host));
    let workflow = claims.of.claim(Claim::BuildConfigUri).and_then(|uri| uri.strip_prefix(&host));
    claims
        .glob("source repository", Some(&github.repository), repository)
        .or_else(|| claims.glob("ref", github.git_ref.as_ref(), claims.of.claim(Claim::SourceRepositoryRef)))
        .or_else(|| {
            let own = repository.zip(workflow).and_then(|(repository, workflow)| own_workflow(repository, workflow));
            claims.glob("workflow", Some(github.workflow.as_ref().unwrap_or(&Glob::part())), own)
        })
        .or_else(|| match &github.reusable_workflow {
            Some(reusable) => claims.glob("signing workflow", Some(reusable), signer),
            None => (signer != workflow).then(|| Difference::Claim {
                what: "signing workflow",
                expected: format!("the repository's own ({})", workflow.unwrap_or("none is stated")),
                found: signer.map(str::to_owned),
            }),
        })
        .or_else(|| claims.one_of("trigger", &github.events, Claim::BuildTrigger))
        .or_else(|| claims.exact("runner", github.runner.map(Runner::as_str), Claim::RunnerEnvironment))
        .or_else(|| claims.text("environment", github.environment.as_ref(), Claim::DeploymentEnvironment))
        .or_else(|| claims.text("repository id", github.repository_id.as_ref(), Claim::SourceRepositoryIdentifier))
        .or_else(|| claims.text("owner id", github.owner_id.as_ref(), Claim::SourceRepositoryOwnerIdentifier))
}

/// `release.yml` of `acme/services/.github/workflows/release.yml@refs/tags/v1`, if it is that repository's.
fn own_workflow<'a>(repository: &str, workflow: &'a str) -> Option<&'a str> {
    let path = workflow.strip_prefix(repository)?.strip_prefix("/.github/workflows/")?;
    path.split_once('@').map(|(file, _)| file)
}

/// The project and its ref are those of the Source Repository extensions; the pipeline that signs has to be the project's own.
fn of_gitlab(by: &GitLab, found: &SignerCertificate) -> Option<Difference> {
    let claims = Claims { of: found };
    let host = format!("https://{}/", by.host());
    let project = claims.of.claim(Claim::SourceRepositoryUri).and_then(|uri| uri.strip_prefix(&host));
    let default = Glob::of(gitlab::PIPELINE);
    let unnamed = gitlab::is_of_merge_request(found) && by.events.is_empty();
    claims
        .glob("project", Some(&by.project), project)
        .or_else(|| claims.glob("ref", by.git_ref.as_ref(), claims.of.claim(Claim::SourceRepositoryRef)))
        .or_else(|| claims.glob("pipeline", Some(by.config.as_ref().unwrap_or(&default)), gitlab::pipeline_file(found)))
        .or_else(|| {
            unnamed.then(|| Difference::Claim {
                what: "trigger",
                expected: "anything but a merge request, which may be of anybody's branch, unless `events` names it"
                    .to_owned(),
                found: found.claim(Claim::BuildTrigger).map(str::to_owned),
            })
        })
        .or_else(|| claims.one_of("trigger", &by.events, Claim::BuildTrigger))
        .or_else(|| claims.exact("runner", by.runner.map(Runner::as_str), Claim::RunnerEnvironment))
        .or_else(|| claims.text("environment", by.environment.as_ref(), Claim::DeploymentEnvironment))
        .or_else(|| claims.text("project id", by.project_id.as_ref(), Claim::SourceRepositoryIdentifier))
        .or_else(|| claims.text("owner id", by.owner_id.as_ref(), Claim::SourceRepositoryOwnerIdentifier))
}

/// What a certificate states, compared. What is not demanded is not looked at; what is demanded and not stated differs.
struct Claims<'a> {
    of: &'a SignerCertificate,
}

impl Claims<'_> {
    fn glob(&self, what: &'static str, expected: Option<&Glob>, found: Option<&str>) -> Option<Difference> {
        let expected = expected?;
        let same = found.is_some_and(|found| expected.matches(found));
        (!same).then(|| Difference::Claim { what, expected: expected.to_string(), found: found.map(str::to_owned) })
    }

    fn exact(&self, what: &'static str, expected: Option<&str>, claim: Claim) -> Option<Difference> {
        let (expected, found) = (expected?, self.of.claim(claim));
        let differs = found != Some(expected);
        differs.then(|| Difference::Claim { what, expected: expected.to_owned(), found: found.map(str::to_owned) })
    }

    fn text(&self, what: &'static str, expected: Option<&Exact>, claim: Claim) -> Option<Difference> {
        self.exact(what, expected.map(Exact::as_str), claim)
    }

    fn one_of(&self, what: &'static str, expected: &[Exact], claim: Claim) -> Option<Difference> {
        let found = self.of.claim(claim);
        let same = expected.is_empty() || expected.iter().any(|expected| found == Some(expected.as_str()));
        let all = || expected.iter().map(Exact::as_str).collect::<Vec<_>>().join("`, `");
        (!same).then(|| Difference::Claim { what, expected: all(), found: found.map(str::to_owned) })
    }
}

/// What one root vouches for is not what another one does: a certificate counts under the root that is named, and so do times.
fn other_root(by: &By, timed: bool, verified: &Verified) -> Option<Reason> {
    let expected = by.root_if(timed)?;
    let found = verified.root.as_deref();
    if found == Some(expected) {
        return None;
    }
    let message = match found {
        Some(found) => format!("it verifies under the root `{found}`, expected `{expected}`"),
        None => format!("it does not verify under the root `{expected}` alone"),
    };
    let hint = "name the root beside the identity, with `root:`, if that is who should vouch for it";
    Some(Reason::new(Telling::OtherClaim, "root-mismatch", message, hint).comparing(expected, found))
}

fn outside_window(key: &TrustedKey, verified: &Verified) -> Option<Reason> {
    let window = key.window()?;
    let (times, signer) = (verified.bundle.times(), name(verified.bundle.signer()));
    if times.is_empty() {
        let message =
            format!("signed by {signer} at a time that nobody vouches for, and the key counts only within a window");
        let hint = "have it stamped (RFC 3161), or log it where the log signs the time (SET)";
        return Some(Reason::new(Telling::Invalid, "key-window-no-time", message, hint));
    }
    if times.iter().all(|established| window.contains(established.time())) {
        return None;
    }
    let message = format!("signed by {signer} outside the window in which it counts");
    let hint = "the key was rotated: demand the one that was in use then";
    Some(Reason::new(Telling::Invalid, "key-window", message, hint))
}
