//! GitLab CI: the build type that GitLab publishes (docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1).

use super::{
    Build, Provenance, ProvenanceError, Stated,
    facts::{Facts, Name, name},
};
use crate::budget;
use bulla_verify::{Claim, Time};
use serde_json::{Map, Value, json};

const BUILD_TYPE: &str = "https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1";

const SERVER: Name = name("server", "CI_SERVER_URL", "iss");
const PROJECT: Name = name("project", "CI_PROJECT_PATH", "project_path");
const PROJECT_ID: Name = name("project's id", "CI_PROJECT_ID", "project_id");
const NAMESPACE: Name = name("project's namespace", "CI_PROJECT_NAMESPACE", "namespace_path");
const NAMESPACE_ID: Name = name("project's namespace's id", "CI_PROJECT_NAMESPACE_ID", "namespace_id");
const REF: Name = name("ref", "CI_COMMIT_REF_NAME", "ref");
const TAG: Name = name("tag", "CI_COMMIT_TAG", "");
const REF_TYPE: Name = name("kind of ref", "", "ref_type");
const COMMIT: Name = name("commit", "CI_COMMIT_SHA", "sha");
const SOURCE: Name = name("pipeline's source", "CI_PIPELINE_SOURCE", "pipeline_source");
const PIPELINE: Name = name("pipeline", "CI_PIPELINE_ID", "pipeline_id");
const JOB: Name = name("job", "CI_JOB_ID", "job_id");
const JOB_NAME: Name = name("job's name", "CI_JOB_NAME", "");
const STARTED: Name = name("job's start", "CI_JOB_STARTED_AT", "");
const RUNNER: Name = name("runner", "CI_RUNNER_ID", "runner_id");
const RUNNER_NAME: Name = name("runner's name", "CI_RUNNER_DESCRIPTION", "");
const ARCHITECTURE: Name = name("runner's architecture", "CI_RUNNER_EXECUTABLE_ARCH", "");
const RUNNER_ENVIRONMENT: Name = name("runner's environment", "", "runner_environment");
const CONFIG: Name = name("pipeline's definition", "", "ci_config_ref_uri");
const CONFIG_COMMIT: Name = name("pipeline's definition's commit", "", "ci_config_sha");

/// The variables that are recorded: GitLab's own, and public. A job is not told which of its other variables are masked,
/// and provenance is for everybody to read.
const VARIABLES: [Name; 6] = [PIPELINE, SOURCE, REF, TAG, COMMIT, PROJECT_ID];

pub(super) fn is_here(facts: &Facts<'_>) -> bool {
    facts.is_set("GITLAB_CI", "true") || has_job_token(facts)
}

fn has_job_token(facts: &Facts<'_>) -> bool {
    facts
        .token()
        .is_some_and(|token| ["ci_config_ref_uri", "job_id"].iter().all(|name| token.claims().contains_key(*name)))
}

pub(super) fn provenance(facts: &Facts<'_>, now: Time) -> Result<Provenance, ProvenanceError> {
    let facts = &facts.with_token_if(has_job_token(facts));
    let (server, project, job) = (facts.need(SERVER)?, facts.need(PROJECT)?, facts.need(JOB)?);
    let (commit, reference, trigger) = (facts.commit(COMMIT)?, reference(facts)?, facts.need(SOURCE)?);
    let (project_id, config) = (facts.need(PROJECT_ID)?, facts.find(CONFIG)?.map(|uri| format!("https://{uri}")));
    let config_commit = facts.find(CONFIG_COMMIT)?;
    let source = format!("{server}/{project}");
    let mut metadata = json!({ "invocationId": job });
    if let (Some(started), Some(object)) = (started(facts, now)?, metadata.as_object_mut()) {
        object.insert("startedOn".to_owned(), started.into());
    }
    let predicate = json!({
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "source": source,
                "entryPoint": facts.need(JOB_NAME)?,
                "variables": all(facts, &VARIABLES.map(|name| (name.variable, name)))?,
            },
            "internalParameters": all(facts, &[("name", RUNNER_NAME), ("architecture", ARCHITECTURE), ("job", JOB)])?,
            "resolvedDependencies": [{ "uri": source, "digest": { "gitCommit": commit } }],
        },
        "runDetails": {
            "builder": { "id": format!("{source}/-/runners/{}", facts.need(RUNNER)?) },
            "metadata": metadata,
        },
    });
    let owner = facts.find(NAMESPACE)?.map(|path| format!("{server}/{path}"));
    let stated = [
        (Claim::SourceRepositoryOwnerUri, NAMESPACE, owner),
        (Claim::SourceRepositoryOwnerIdentifier, NAMESPACE_ID, facts.find(NAMESPACE_ID)?),
        (Claim::RunInvocationUri, JOB, Some(format!("{source}/-/jobs/{job}"))),
        (Claim::SourceRepositoryUri, PROJECT, Some(source)),
        (Claim::SourceRepositoryIdentifier, PROJECT_ID, Some(project_id)),
        (Claim::SourceRepositoryDigest, COMMIT, Some(commit)),
        (Claim::SourceRepositoryRef, REF, Some(reference)),
        (Claim::BuildSignerUri, CONFIG, config.clone()),
        (Claim::BuildSignerDigest, CONFIG_COMMIT, config_commit.clone()),
        (Claim::BuildConfigUri, CONFIG, config),
        (Claim::BuildConfigDigest, CONFIG_COMMIT, config_commit),
        (Claim::RunnerEnvironment, RUNNER_ENVIRONMENT, facts.find(RUNNER_ENVIRONMENT)?),
        (Claim::BuildTrigger, SOURCE, Some(trigger)),
    ];
    Ok(Provenance {
        build: Build::GitLab,
        predicate,
        issuer: facts.token().map(|token| token.issuer().to_owned()),
        stated: Stated::all(stated),
    })
}

/// Those of these facts that are stated, by these keys.
fn all(facts: &Facts<'_>, names: &[(&str, Name)]) -> Result<Value, ProvenanceError> {
    let mut object = Map::new();
    for (key, name) in names {
        object.extend(facts.find(*name)?.map(|value| ((*key).to_owned(), value.into())));
    }
    Ok(object.into())
}

/// The ref in full, as Fulcio makes it of the token's two claims.
fn reference(facts: &Facts<'_>) -> Result<String, ProvenanceError> {
    let (found, tag) = (facts.need(REF)?, facts.find(TAG)?);
    let kind = if tag.is_some() { "tag" } else { "branch" };
    match facts.find(REF_TYPE)? {
        Some(claimed) if claimed != kind && facts.is_set("GITLAB_CI", "true") => Err(ProvenanceError::FactsDiffer {
            fact: REF_TYPE.fact,
            variable: TAG.variable,
            environment: tag.unwrap_or_else(|| "not set".to_owned()),
            claim: REF_TYPE.claim,
            token: crate::error::shown(&claimed),
        }),
        claimed => {
            let folder = if claimed.as_deref().unwrap_or(kind) == "branch" { "heads" } else { "tags" };
            Ok(format!("refs/{folder}/{found}"))
        }
    }
}

/// When the job began; that is past.
fn started(facts: &Facts<'_>, now: Time) -> Result<Option<String>, ProvenanceError> {
    let Some(found) = facts.find(STARTED)? else { return Ok(None) };
    let time = Time::parse_rfc3339(&found).ok_or_else(|| STARTED.malformed(&found, "not a time of RFC 3339"))?;
    if time.unix() > now.unix().saturating_add(budget::CLOCK_SKEW) {
        return Err(STARTED.malformed(&found, "in the future by this machine's clock"));
    }
    Ok(Some(time.to_string()))
}
