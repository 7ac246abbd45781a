//! How the public Fulcio names a job that a token is about (sigstore/fulcio, `config/identity/config.yaml` and `pkg/identity`).

use serde_json::{Map, Value};

/// Issuers whose tokens are about a job, and how the job's URI is made of their claims.
const JOBS: [(&str, Uri); 4] = [
    ("https://token.actions.githubusercontent.com", |claims| {
        Some(format!("https://github.com/{}", text(claims, "job_workflow_ref")?))
    }),
    ("https://gitlab.com", |claims| Some(format!("https://{}", text(claims, "ci_config_ref_uri")?))),
    ("https://agent.buildkite.com", |claims| {
        Some(format!("https://buildkite.com/{}/{}", text(claims, "organization_slug")?, text(claims, "pipeline_slug")?))
    }),
    ("https://oidc.circleci.com", |claims| {
        Some(format!(
            "https://circleci.com/api/v2/projects/{}/pipeline-definitions/{}",
            text(claims, "oidc.circleci.com/project-id")?,
            text(claims, "oidc.circleci.com/pipeline-definition-id")?
        ))
    }),
];

type Uri = fn(&Map<String, Value>) -> Option<String>;

/// The URI of the job or service account that a token is about, if it is about one.
pub(super) fn of_job(issuer: &str, claims: &Map<String, Value>) -> Option<String> {
    job(issuer, claims).or_else(|| service_account(claims))
}

fn job(issuer: &str, claims: &Map<String, Value>) -> Option<String> {
    // Enterprises and organisations have an issuer of their own below the common one.
    let is = |base: &str| issuer == base || issuer.strip_prefix(base).is_some_and(|rest| rest.starts_with('/'));
    let (_, uri) = JOBS.iter().find(|(base, _)| is(base))?;
    uri(claims)
}

/// Kubernetes' service accounts, whatever cluster they are of.
fn service_account(claims: &Map<String, Value>) -> Option<String> {
    let kubernetes = claims.get("kubernetes.io")?;
    let namespace = kubernetes.get("namespace")?.as_str()?;
    let account = kubernetes.get("serviceaccount")?.get("name")?.as_str()?;
    Some(format!("https://kubernetes.io/namespaces/{namespace}/serviceaccounts/{account}"))
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}
