//! Whom a token names, and what else it says that a certificate repeats.

use crate::sigstore::der;
use bulla_verify::Identity;
use serde_json::Value;

/// Whom a certificate is for.
#[derive(Debug)]
pub(super) struct Principal {
    pub(super) identity: Identity,
    /// What the client signs to prove that it has the key.
    pub(super) proof: String,
    /// Fulcio's extensions: identifier and value.
    pub(super) extensions: Vec<(&'static str, Vec<u8>)>,
}

impl Principal {
    /// An e-mail address that was verified; a workflow, by GitHub's claims; or a subject that is a URI.
    pub(super) fn of(claims: &Value) -> Option<Self> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if let Some(email) = text("email") {
            let verified = claims.get("email_verified") == Some(&Value::Bool(true)) && email.contains('@');
            let identity = Identity::Email(email.to_owned());
            return verified.then(|| Self { identity, proof: email.to_owned(), extensions: Vec::new() });
        }
        let proof = text("sub")?.to_owned();
        if let Some(workflow) = text("job_workflow_ref") {
            let identity = Identity::Uri(format!("{GITHUB}{workflow}"));
            return Some(Self { identity, proof, extensions: of_github(claims) });
        }
        let identity = Identity::Uri(proof.clone());
        proof.contains("://").then_some(Self { identity, proof, extensions: Vec::new() })
    }
}

const GITHUB: &str = "https://github.com/";

/// Fulcio's `oid-info.md`: which claim is said by which extension, and whether as an address on GitHub.
const EXTENSIONS: [(&str, &str, bool); 13] = [
    ("1.3.6.1.4.1.57264.1.9", "job_workflow_ref", true),
    ("1.3.6.1.4.1.57264.1.10", "job_workflow_sha", false),
    ("1.3.6.1.4.1.57264.1.11", "runner_environment", false),
    ("1.3.6.1.4.1.57264.1.12", "repository", true),
    ("1.3.6.1.4.1.57264.1.13", "sha", false),
    ("1.3.6.1.4.1.57264.1.14", "ref", false),
    ("1.3.6.1.4.1.57264.1.15", "repository_id", false),
    ("1.3.6.1.4.1.57264.1.16", "repository_owner", true),
    ("1.3.6.1.4.1.57264.1.17", "repository_owner_id", false),
    ("1.3.6.1.4.1.57264.1.18", "workflow_ref", true),
    ("1.3.6.1.4.1.57264.1.19", "workflow_sha", false),
    ("1.3.6.1.4.1.57264.1.20", "event_name", false),
    ("1.3.6.1.4.1.57264.1.22", "repository_visibility", false),
];

fn of_github(claims: &Value) -> Vec<(&'static str, Vec<u8>)> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let mut extensions: Vec<_> = EXTENSIONS
        .into_iter()
        .filter_map(|(kind, claim, address)| Some((kind, text(claim)?, address)))
        .map(|(kind, value, address)| {
            (kind, der::utf8(&if address { format!("{GITHUB}{value}") } else { value.to_owned() }))
        })
        .collect();
    if let (Some(repository), Some(run), Some(attempt)) = (text("repository"), text("run_id"), text("run_attempt")) {
        let run = format!("{GITHUB}{repository}/actions/runs/{run}/attempts/{attempt}");
        extensions.push(("1.3.6.1.4.1.57264.1.21", der::utf8(&run)));
    }
    extensions
}
