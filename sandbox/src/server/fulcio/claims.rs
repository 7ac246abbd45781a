//! Whom a token names, and what else it says that a certificate repeats.

use crate::sigstore::Principal;
use bulla_verify::{Claim, Identity};
use serde_json::Value;

/// Who asks for a certificate.
#[derive(Debug)]
pub(super) struct Applicant {
    pub(super) principal: Principal,
    /// What the client signs to prove that it has the key.
    pub(super) proof: String,
}

impl Applicant {
    /// An e-mail address that was verified; a workflow, by GitHub's claims; or a subject that is a URI.
    pub(super) fn of(claims: &Value, issuer: &str) -> Option<Self> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let applicant = |identity, proof: &str| {
            let principal = Principal::new(identity).vouched_for_by(issuer);
            Self { principal, proof: proof.to_owned() }
        };
        if let Some(email) = text("email") {
            let verified = claims.get("email_verified") == Some(&Value::Bool(true)) && email.contains('@');
            return verified.then(|| applicant(Identity::Email(email.to_owned()), email));
        }
        let subject = text("sub")?;
        if let Some(workflow) = text("job_workflow_ref") {
            let Self { principal, proof } = applicant(Identity::Uri(format!("{GITHUB}{workflow}")), subject);
            return Some(Self { principal: of_github(principal, claims), proof });
        }
        subject.contains("://").then(|| applicant(Identity::Uri(subject.to_owned()), subject))
    }
}

const GITHUB: &str = "https://github.com/";

/// What GitHub's token calls each of them, and whether it is an address on GitHub (Fulcio, `oid-info.md`).
const CLAIMS: [(Claim, &str, bool); 13] = [
    (Claim::BuildSignerUri, "job_workflow_ref", true),
    (Claim::BuildSignerDigest, "job_workflow_sha", false),
    (Claim::RunnerEnvironment, "runner_environment", false),
    (Claim::SourceRepositoryUri, "repository", true),
    (Claim::SourceRepositoryDigest, "sha", false),
    (Claim::SourceRepositoryRef, "ref", false),
    (Claim::SourceRepositoryIdentifier, "repository_id", false),
    (Claim::SourceRepositoryOwnerUri, "repository_owner", true),
    (Claim::SourceRepositoryOwnerIdentifier, "repository_owner_id", false),
    (Claim::BuildConfigUri, "workflow_ref", true),
    (Claim::BuildConfigDigest, "workflow_sha", false),
    (Claim::BuildTrigger, "event_name", false),
    (Claim::SourceRepositoryVisibility, "repository_visibility", false),
];

fn of_github(principal: Principal, claims: &Value) -> Principal {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let principal = CLAIMS.into_iter().fold(principal, |principal, (claim, name, is_address)| match text(name) {
        Some(value) if is_address => principal.claiming(claim, &format!("{GITHUB}{value}")),
        Some(value) => principal.claiming(claim, value),
        None => principal,
    });
    match (text("repository"), text("run_id"), text("run_attempt")) {
        (Some(repository), Some(run), Some(attempt)) => {
            let run = format!("{GITHUB}{repository}/actions/runs/{run}/attempts/{attempt}");
            principal.claiming(Claim::RunInvocationUri, &run)
        }
        _ => principal,
    }
}
