//! GitHub Actions: the build type that GitHub publishes (actions/buildtypes, `workflow/v1/README.md`), as its own
//! `actions/attest-build-provenance` fills it in.

use super::{
    Build, Provenance, ProvenanceError, Stated,
    facts::{Facts, Name, name},
};
use bulla_verify::Claim;
use serde_json::json;

const BUILD_TYPE: &str = "https://actions.github.io/buildtypes/workflow/v1";
const PUBLIC_ISSUER: &str = "https://token.actions.githubusercontent.com";
const PUBLIC_SERVER: &str = "https://github.com";

/// The build type must not be used for what else can start a run: their parameters are not defined.
const EVENTS: [&str; 4] = ["create", "release", "push", "workflow_dispatch"];

const SERVER: Name = name("server", "GITHUB_SERVER_URL", "");
const REPOSITORY: Name = name("repository", "GITHUB_REPOSITORY", "repository");
const REPOSITORY_ID: Name = name("repository's id", "GITHUB_REPOSITORY_ID", "repository_id");
const OWNER: Name = name("repository's owner", "GITHUB_REPOSITORY_OWNER", "repository_owner");
const OWNER_ID: Name = name("repository owner's id", "GITHUB_REPOSITORY_OWNER_ID", "repository_owner_id");
const REF: Name = name("ref", "GITHUB_REF", "ref");
const COMMIT: Name = name("commit", "GITHUB_SHA", "sha");
const EVENT: Name = name("event", "GITHUB_EVENT_NAME", "event_name");
const RUN: Name = name("run", "GITHUB_RUN_ID", "run_id");
const ATTEMPT: Name = name("run's attempt", "GITHUB_RUN_ATTEMPT", "run_attempt");
const WORKFLOW: Name = name("workflow", "GITHUB_WORKFLOW_REF", "workflow_ref");
const WORKFLOW_COMMIT: Name = name("workflow's commit", "GITHUB_WORKFLOW_SHA", "workflow_sha");
const RUNNER: Name = name("runner's environment", "RUNNER_ENVIRONMENT", "runner_environment");
/// The workflow that the job is written in, which the started one may have called: only the token says it.
const JOB_WORKFLOW: Name = name("job's workflow", "", "job_workflow_ref");
const JOB_WORKFLOW_COMMIT: Name = name("job's workflow's commit", "", "job_workflow_sha");

pub(super) fn is_here(facts: &Facts<'_>) -> bool {
    facts.is_set("GITHUB_ACTIONS", "true") || has_job_token(facts)
}

/// An enterprise's server issues tokens of the same kind under its own name.
fn has_job_token(facts: &Facts<'_>) -> bool {
    let is_job = |claims: &serde_json::Map<String, serde_json::Value>| {
        claims.contains_key("job_workflow_ref") && claims.contains_key("repository_owner_id")
    };
    facts.token().is_some_and(|token| is_job(token.claims()))
}

pub(super) fn provenance(facts: &Facts<'_>) -> Result<Provenance, ProvenanceError> {
    let facts = &facts.with_token_if(has_job_token(facts));
    let event = facts.need(EVENT)?;
    if !EVENTS.contains(&event.as_str()) {
        return Err(ProvenanceError::EventUndefined { event: crate::error::shown(&event) });
    }
    let (server, repository, reference) = (server(facts)?, facts.need(REPOSITORY)?, facts.need(REF)?);
    let (commit, runner) = (facts.commit(COMMIT)?, facts.need(RUNNER)?);
    let (workflow, job) = (facts.need(WORKFLOW)?, facts.find(JOB_WORKFLOW)?);
    let (repository_id, owner_id) = (facts.need(REPOSITORY_ID)?, facts.need(OWNER_ID)?);
    let source = format!("{server}/{repository}");
    let run = format!("{source}/actions/runs/{}/attempts/{}", facts.need(RUN)?, facts.need(ATTEMPT)?);
    // Without a token nobody but GitHub's runner is known to be at work.
    let builder =
        job.as_ref().map_or_else(|| format!("{server}/actions/runner/{runner}"), |job| format!("{server}/{job}"));
    let predicate = json!({
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "workflow": {
                    "ref": reference,
                    "repository": source,
                    "path": path(&workflow, &repository, &reference)?,
                },
            },
            "internalParameters": {
                "github": {
                    "event_name": event,
                    "repository_id": repository_id,
                    "repository_owner_id": owner_id,
                    "runner_environment": runner,
                },
            },
            "resolvedDependencies": [
                { "uri": format!("git+{source}@{reference}"), "digest": { "gitCommit": commit } },
            ],
        },
        "runDetails": { "builder": { "id": builder }, "metadata": { "invocationId": run } },
    });
    let at_server = |path: String| format!("{server}/{path}");
    let stated = [
        (Claim::SourceRepositoryUri, REPOSITORY, Some(source)),
        (Claim::SourceRepositoryDigest, COMMIT, Some(commit)),
        (Claim::SourceRepositoryRef, REF, Some(reference)),
        (Claim::SourceRepositoryIdentifier, REPOSITORY_ID, Some(repository_id)),
        (Claim::SourceRepositoryOwnerUri, OWNER, facts.find(OWNER)?.map(at_server)),
        (Claim::SourceRepositoryOwnerIdentifier, OWNER_ID, Some(owner_id)),
        (Claim::BuildSignerUri, JOB_WORKFLOW, job.map(at_server)),
        (Claim::BuildSignerDigest, JOB_WORKFLOW_COMMIT, facts.find(JOB_WORKFLOW_COMMIT)?),
        (Claim::BuildConfigUri, WORKFLOW, Some(at_server(workflow))),
        (Claim::BuildConfigDigest, WORKFLOW_COMMIT, facts.find(WORKFLOW_COMMIT)?),
        (Claim::RunnerEnvironment, RUNNER, Some(runner)),
        (Claim::BuildTrigger, EVENT, Some(event)),
        (Claim::RunInvocationUri, RUN, Some(run)),
    ];
    Ok(Provenance {
        build: Build::GitHubActions,
        predicate,
        issuer: facts.token().map(|token| token.issuer().to_owned()),
        stated: Stated::all(stated),
    })
}

/// The address of GitHub, or of an enterprise's own. The public issuer speaks for the public server alone.
fn server(facts: &Facts<'_>) -> Result<String, ProvenanceError> {
    let found = facts.find(SERVER)?;
    let is_public = |issuer: &str| issuer == PUBLIC_ISSUER || issuer.starts_with(&format!("{PUBLIC_ISSUER}/"));
    let public = facts.token().filter(|token| is_public(token.issuer()));
    match (found, public) {
        (Some(server), Some(token)) if server != PUBLIC_SERVER => Err(ProvenanceError::FactsDiffer {
            fact: SERVER.fact,
            variable: SERVER.variable,
            environment: crate::error::shown(&server),
            claim: "iss",
            token: token.issuer().to_owned(),
        }),
        (Some(server), _) if !server.starts_with("https://") || server.ends_with('/') => {
            Err(SERVER.malformed(&server, "not an address such as `https://github.com`"))
        }
        (server, _) => Ok(server.unwrap_or_else(|| PUBLIC_SERVER.to_owned())),
    }
}

/// The workflow's file: what is left of `owner/name/path@ref`, where the path and the ref may have an `@` of their own.
fn path<'a>(workflow: &'a str, repository: &str, reference: &str) -> Result<&'a str, ProvenanceError> {
    let rest = workflow.strip_prefix(repository).and_then(|rest| rest.strip_prefix('/'));
    let path = rest.and_then(|rest| rest.strip_suffix(reference)).and_then(|rest| rest.strip_suffix('@'));
    let malformed = || WORKFLOW.malformed(workflow, "not a file of the repository at the ref");
    path.filter(|path| !path.is_empty()).ok_or_else(malformed)
}
