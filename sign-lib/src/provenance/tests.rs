use super::*;
use crate::{
    budget,
    oidc::samples::{now, token},
    statement,
};
use bulla_verify::{Digest, SlsaProvenanceV1, Typed};
use serde_json::json;
use std::collections::BTreeMap;

const COMMIT: &str = "1f0b4c9be18e2a1b8e3fd2a4d7a3f7b0d1b6c8aa";

/// An environment, and the claims of a token, if there is one.
#[derive(Clone)]
struct World {
    env: BTreeMap<&'static str, String>,
    claims: Option<Value>,
}

impl World {
    fn of(vars: &[(&'static str, &str)], claims: Value) -> Self {
        let env = vars.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { env, claims: Some(claims) }
    }

    fn with(mut self, variable: &'static str, value: &str) -> Self {
        self.env.insert(variable, value.to_owned());
        self
    }

    fn without(mut self, variable: &str) -> Self {
        self.env.remove(variable);
        self
    }

    fn claiming(mut self, claim: &str, value: Value) -> Self {
        self.claims.as_mut().unwrap()[claim] = value;
        self
    }

    fn without_token(self) -> Self {
        Self { claims: None, ..self }
    }

    fn without_environment(self) -> Self {
        Self { env: BTreeMap::new(), ..self }
    }

    fn provenance(&self) -> Result<Provenance, ProvenanceError> {
        let token = self.claims.clone().map(token);
        from_environment(&|name| self.env.get(name).cloned(), token.as_ref(), now())
    }

    #[track_caller]
    fn predicate(&self) -> Value {
        serde_json::from_str(&read(&self.provenance().unwrap()).0).unwrap()
    }

    #[track_caller]
    fn refuses(&self, code: &str) -> ProvenanceError {
        let error = self.provenance().expect_err("this must be refused");
        assert_eq!(error.code(), code, "{error}");
        assert!(error.hint().is_some());
        error
    }
}

/// The predicate, as it is signed and as a verifier reads it.
#[track_caller]
fn read(provenance: &Provenance) -> (String, SlsaProvenanceV1) {
    let kind = Provenance::predicate_type();
    let statement = statement::attest(&Digest::of(b"app"), None, &kind, provenance.predicate().as_bytes()).unwrap();
    let read = bulla_verify::Statement::parse(statement.payload()).unwrap();
    let Typed::SlsaProvenanceV1(typed) = read.predicate().typed() else { panic!("not read as provenance") };
    (read.predicate().json().to_owned(), (**typed).clone())
}

fn github() -> World {
    let vars = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "acme/app"),
        ("GITHUB_REPOSITORY_ID", "101"),
        ("GITHUB_REPOSITORY_OWNER", "acme"),
        ("GITHUB_REPOSITORY_OWNER_ID", "7"),
        ("GITHUB_REF", "refs/tags/v1.2"),
        ("GITHUB_SHA", COMMIT),
        ("GITHUB_EVENT_NAME", "push"),
        ("GITHUB_RUN_ID", "55"),
        ("GITHUB_RUN_ATTEMPT", "2"),
        ("GITHUB_WORKFLOW_REF", "acme/app/.github/workflows/release.yml@refs/tags/v1.2"),
        ("GITHUB_WORKFLOW_SHA", COMMIT),
        ("RUNNER_ENVIRONMENT", "github-hosted"),
    ];
    let claims = json!({
        "iss": "https://token.actions.githubusercontent.com", "sub": "repo:acme/app:ref:refs/tags/v1.2",
        "repository": "acme/app", "repository_id": "101", "repository_owner": "acme", "repository_owner_id": "7",
        "ref": "refs/tags/v1.2", "sha": COMMIT, "event_name": "push", "run_id": "55", "run_attempt": "2",
        "workflow_ref": "acme/app/.github/workflows/release.yml@refs/tags/v1.2", "workflow_sha": COMMIT,
        "job_workflow_ref": "acme/shared/.github/workflows/build.yml@refs/heads/main", "job_workflow_sha": COMMIT,
        "runner_environment": "github-hosted",
    });
    World::of(&vars, claims)
}

fn gitlab() -> World {
    let vars = [
        ("GITLAB_CI", "true"),
        ("CI", "true"),
        ("CI_SERVER_URL", "https://gitlab.com"),
        ("CI_PROJECT_PATH", "acme/tools/app"),
        ("CI_PROJECT_ID", "101"),
        ("CI_PROJECT_NAMESPACE", "acme/tools"),
        ("CI_PROJECT_NAMESPACE_ID", "7"),
        ("CI_COMMIT_REF_NAME", "v1.2"),
        ("CI_COMMIT_TAG", "v1.2"),
        ("CI_COMMIT_SHA", COMMIT),
        ("CI_PIPELINE_SOURCE", "push"),
        ("CI_PIPELINE_ID", "900"),
        ("CI_JOB_ID", "901"),
        ("CI_JOB_NAME", "build"),
        ("CI_JOB_STARTED_AT", "2026-11-25T11:59:00Z"),
        ("CI_RUNNER_ID", "12"),
        ("CI_RUNNER_DESCRIPTION", "green-1"),
        ("CI_RUNNER_EXECUTABLE_ARCH", "linux/amd64"),
        ("SECRET", "hush"),
    ];
    let claims = json!({
        "iss": "https://gitlab.com", "sub": "project_path:acme/tools/app:ref_type:tag:ref:v1.2",
        "project_path": "acme/tools/app", "project_id": "101", "namespace_path": "acme/tools", "namespace_id": "7",
        "ref": "v1.2", "ref_type": "tag", "sha": COMMIT, "pipeline_source": "push", "pipeline_id": "900",
        "job_id": "901", "runner_id": 12, "runner_environment": "gitlab-hosted",
        "ci_config_ref_uri": "gitlab.com/acme/tools/app//.gitlab-ci.yml@refs/tags/v1.2", "ci_config_sha": COMMIT,
    });
    World::of(&vars, claims)
}

#[test]
fn github_says_what_its_build_type_wants() {
    let expected = json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": { "workflow": {
                "ref": "refs/tags/v1.2", "repository": "https://github.com/acme/app", "path": ".github/workflows/release.yml",
            } },
            "internalParameters": { "github": {
                "event_name": "push", "repository_id": "101", "repository_owner_id": "7", "runner_environment": "github-hosted",
            } },
            "resolvedDependencies": [
                { "uri": "git+https://github.com/acme/app@refs/tags/v1.2", "digest": { "gitCommit": COMMIT } },
            ],
        },
        "runDetails": {
            "builder": { "id": "https://github.com/acme/shared/.github/workflows/build.yml@refs/heads/main" },
            "metadata": { "invocationId": "https://github.com/acme/app/actions/runs/55/attempts/2" },
        },
    });
    assert_eq!(github().predicate(), expected);
    assert_eq!(github().without_environment().predicate(), expected, "the token alone says all of it");
    assert_eq!(github().provenance().unwrap().build(), Build::GitHubActions);
}

#[test]
fn a_verifier_reads_what_github_said() {
    let (_, read) = read(&github().provenance().unwrap());
    assert_eq!(read.build_type(), "https://actions.github.io/buildtypes/workflow/v1");
    assert!(read.builder_id().ends_with("/build.yml@refs/heads/main"));
    assert_eq!(read.resolved_dependencies()[0].digest("gitCommit"), Some(COMMIT));
    assert_eq!(read.invocation_id(), Some("https://github.com/acme/app/actions/runs/55/attempts/2"));
}

#[test]
fn without_a_token_the_runner_is_all_that_is_known_of_the_builder() {
    let predicate = github().without_token().predicate();
    assert_eq!(predicate["runDetails"]["builder"]["id"], "https://github.com/actions/runner/github-hosted");
    let person = World { claims: Some(json!({ "email": "dev@acme.test", "email_verified": true })), ..github() };
    assert_eq!(person.predicate(), predicate, "a person's token says nothing of the job");
    assert_eq!(person.provenance().unwrap().issuer, None);
}

#[test]
fn an_enterprises_server_is_named_as_its_own() {
    let own = github()
        .with("GITHUB_SERVER_URL", "https://git.acme.test")
        .claiming("iss", json!("https://git.acme.test/_services/token"));
    let source = &own.predicate()["buildDefinition"]["externalParameters"]["workflow"]["repository"];
    assert_eq!(source, "https://git.acme.test/acme/app");
    let error = github().with("GITHUB_SERVER_URL", "https://git.acme.test").refuses("provenance-facts-differ");
    assert!(error.to_string().contains("`iss` is `https://token.actions.githubusercontent.com`"), "{error}");
    for server in ["http://git.acme.test", "https://git.acme.test/", "git.acme.test"] {
        github().without_token().with("GITHUB_SERVER_URL", server).refuses("provenance-fact-malformed");
    }
}

#[test]
fn an_environment_that_the_token_contradicts_is_refused_with_both() {
    for (variable, claim) in [
        ("GITHUB_REPOSITORY", "repository"),
        ("GITHUB_REPOSITORY_ID", "repository_id"),
        ("GITHUB_REPOSITORY_OWNER", "repository_owner"),
        ("GITHUB_REPOSITORY_OWNER_ID", "repository_owner_id"),
        ("GITHUB_REF", "ref"),
        ("GITHUB_SHA", "sha"),
        ("GITHUB_EVENT_NAME", "event_name"),
        ("GITHUB_RUN_ID", "run_id"),
        ("GITHUB_RUN_ATTEMPT", "run_attempt"),
        ("GITHUB_WORKFLOW_REF", "workflow_ref"),
        ("GITHUB_WORKFLOW_SHA", "workflow_sha"),
        ("RUNNER_ENVIRONMENT", "runner_environment"),
    ] {
        let error = github().with(variable, "other\u{1b}").refuses("provenance-facts-differ").to_string();
        assert!(error.contains(&format!("`{variable}` is `other`, `{claim}` is `")), "{error}");
    }
    for (variable, claim) in [
        ("CI_SERVER_URL", "iss"),
        ("CI_PROJECT_PATH", "project_path"),
        ("CI_PROJECT_ID", "project_id"),
        ("CI_PROJECT_NAMESPACE", "namespace_path"),
        ("CI_PROJECT_NAMESPACE_ID", "namespace_id"),
        ("CI_COMMIT_REF_NAME", "ref"),
        ("CI_COMMIT_SHA", "sha"),
        ("CI_PIPELINE_SOURCE", "pipeline_source"),
        ("CI_PIPELINE_ID", "pipeline_id"),
        ("CI_JOB_ID", "job_id"),
        ("CI_RUNNER_ID", "runner_id"),
    ] {
        let error = gitlab().with(variable, "other").refuses("provenance-facts-differ").to_string();
        assert!(error.contains(&format!("`{variable}` is `other`, `{claim}` is `")), "{error}");
    }
    let error = gitlab().without("CI_COMMIT_TAG").refuses("provenance-facts-differ");
    assert!(error.to_string().contains("`CI_COMMIT_TAG` is `not set`, `ref_type` is `tag`"), "{error}");
}

#[test]
fn what_has_to_be_said_and_is_not_is_named() {
    for variable in [
        "GITHUB_REPOSITORY",
        "GITHUB_REPOSITORY_ID",
        "GITHUB_REPOSITORY_OWNER_ID",
        "GITHUB_REF",
        "GITHUB_SHA",
        "GITHUB_EVENT_NAME",
        "GITHUB_RUN_ID",
        "GITHUB_RUN_ATTEMPT",
        "GITHUB_WORKFLOW_REF",
        "RUNNER_ENVIRONMENT",
    ] {
        let error = github().without_token().without(variable).refuses("provenance-fact-missing").to_string();
        assert!(error.contains(&format!("there is no `{variable}`, and no `")), "{error}");
    }
    for variable in [
        "CI_SERVER_URL",
        "CI_PROJECT_PATH",
        "CI_PROJECT_ID",
        "CI_COMMIT_REF_NAME",
        "CI_COMMIT_SHA",
        "CI_PIPELINE_SOURCE",
        "CI_JOB_ID",
        "CI_JOB_NAME",
        "CI_RUNNER_ID",
    ] {
        let error = gitlab().without_token().without(variable).refuses("provenance-fact-missing").to_string();
        assert!(error.contains(&format!("there is no `{variable}`")), "{error}");
    }
    let error = gitlab().without("CI_JOB_NAME").refuses("provenance-fact-missing");
    assert_eq!(error.to_string(), "the pipeline does not say its job's name: there is no `CI_JOB_NAME`");
}

#[test]
fn what_is_no_commit_path_or_line_is_refused() {
    let github = || github().without_token();
    for commit in ["main", &COMMIT[1..], &COMMIT.to_uppercase(), &format!("{COMMIT}0")] {
        github().with("GITHUB_SHA", commit).refuses("provenance-fact-malformed");
        gitlab().without_token().with("CI_COMMIT_SHA", commit).refuses("provenance-fact-malformed");
    }
    assert!(github().with("GITHUB_SHA", &"a".repeat(64)).provenance().is_ok(), "a commit of SHA-256");
    for workflow in
        ["acme/app/x.yml", "acme/app/@refs/tags/v1.2", "evil/app/x.yml@refs/tags/v1.2", "acme/app/x.yml@refs/tags/v1"]
    {
        github().with("GITHUB_WORKFLOW_REF", workflow).refuses("provenance-fact-malformed");
    }
    let odd =
        github().with("GITHUB_REF", "refs/tags/a@b").with("GITHUB_WORKFLOW_REF", "acme/app/w@2.yml@refs/tags/a@b");
    assert_eq!(odd.predicate()["buildDefinition"]["externalParameters"]["workflow"]["path"], "w@2.yml");
    github().with("GITHUB_RUN_ID", "1\n2").refuses("provenance-fact-malformed");
}

#[test]
fn one_byte_past_the_limit_is_refused() {
    let github = |length| github().without_token().with("GITHUB_REPOSITORY_ID", &"1".repeat(length));
    assert!(github(budget::FACT_BYTES).provenance().is_ok());
    github(budget::FACT_BYTES + 1).refuses("provenance-fact-malformed");
}

#[test]
fn an_event_that_the_build_type_is_not_defined_for_is_refused() {
    for event in ["push", "create", "release", "workflow_dispatch"] {
        assert!(github().without_token().with("GITHUB_EVENT_NAME", event).provenance().is_ok());
    }
    for event in ["pull_request", "issues", "schedule", "Push"] {
        github().without_token().with("GITHUB_EVENT_NAME", event).refuses("provenance-event-undefined");
    }
}

#[test]
fn gitlab_says_what_its_build_type_wants_and_no_variable_of_the_users() {
    let expected = json!({
        "buildDefinition": {
            "buildType": "https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1",
            "externalParameters": {
                "source": "https://gitlab.com/acme/tools/app", "entryPoint": "build",
                "variables": {
                    "CI_PIPELINE_ID": "900", "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_REF_NAME": "v1.2",
                    "CI_COMMIT_TAG": "v1.2", "CI_COMMIT_SHA": COMMIT, "CI_PROJECT_ID": "101",
                },
            },
            "internalParameters": { "name": "green-1", "architecture": "linux/amd64", "job": "901" },
            "resolvedDependencies": [
                { "uri": "https://gitlab.com/acme/tools/app", "digest": { "gitCommit": COMMIT } },
            ],
        },
        "runDetails": {
            "builder": { "id": "https://gitlab.com/acme/tools/app/-/runners/12" },
            "metadata": { "invocationId": "901", "startedOn": "2026-11-25T11:59:00Z" },
        },
    });
    assert_eq!(gitlab().predicate(), expected);
    assert_eq!(gitlab().without_token().predicate(), expected, "the environment alone says all of it");
    assert!(!gitlab().provenance().unwrap().predicate().contains("hush"));
    assert_eq!(gitlab().provenance().unwrap().build(), Build::GitLab);
}

#[test]
fn a_job_that_starts_in_the_future_or_never_is_refused() {
    let at = |time: &str| gitlab().with("CI_JOB_STARTED_AT", time);
    assert!(at("2026-11-25T12:05:00Z").provenance().is_ok());
    at("2026-11-25T12:05:01Z").refuses("provenance-fact-malformed");
    at("yesterday").refuses("provenance-fact-malformed");
    let silent = gitlab().without("CI_JOB_STARTED_AT").predicate();
    assert_eq!(silent["runDetails"]["metadata"], json!({ "invocationId": "901" }));
}

#[test]
fn a_local_build_says_that_it_is_one_and_claims_nothing_else() {
    let nowhere = World::of(&[], json!({}));
    for world in [nowhere.clone(), nowhere.clone().without_token(), nowhere.with("CI", "false")] {
        let provenance = world.provenance().unwrap();
        assert_eq!(provenance.build(), Build::Local);
        assert_eq!(
            world.predicate(),
            json!({
                "buildDefinition": {
                    "buildType": "https://bulla.dev/buildtypes/local/v1", "externalParameters": {}, "resolvedDependencies": [],
                },
                "runDetails": { "builder": { "id": "https://bulla.dev/builders/local/v1" } },
            })
        );
    }
}

#[test]
fn a_local_build_names_its_commit_and_that_there_is_more() {
    let git = Git {
        commit: COMMIT.to_owned(),
        remote: Some("https://bot:hush@github.com/acme/app.git".to_owned()),
        modified: true,
    };
    let provenance = Provenance::local(Some(&git)).unwrap();
    let predicate: Value = serde_json::from_str(&read(&provenance).0).unwrap();
    let document = include_str!("../../docs/local-build.md");
    let example = document.split_once("```json\n").unwrap().1.split_once("```").unwrap().0;
    assert_eq!(predicate, serde_json::from_str::<Value>(example).unwrap(), "as it is documented");
    let clean = Git { modified: false, remote: None, ..git.clone() };
    assert!(!Provenance::local(Some(&clean)).unwrap().predicate().contains("modified"));
    for bad in [
        Git { commit: "main".to_owned(), ..git.clone() },
        Git { remote: Some("https://a.test/\u{1b}".to_owned()), ..git.clone() },
        Git { remote: Some("x".repeat(budget::FACT_BYTES + 1)), ..git },
    ] {
        assert_eq!(Provenance::local(Some(&bad)).unwrap_err().code(), "provenance-fact-malformed");
    }
}

#[test]
fn another_pipeline_is_not_a_local_build() {
    for variable in ["BUILDKITE", "CIRCLECI", "JENKINS_URL", "CI"] {
        let error = World::of(&[(variable, "true")], json!({})).refuses("provenance-pipeline-unknown");
        assert!(error.to_string().contains(variable), "{error}");
    }
}

/// What Fulcio makes of the token (`config/identity/config.yaml`).
fn github_certificate() -> Vec<(Claim, &'static str)> {
    vec![
        (Claim::BuildSignerUri, "https://github.com/acme/shared/.github/workflows/build.yml@refs/heads/main"),
        (Claim::BuildSignerDigest, COMMIT),
        (Claim::RunnerEnvironment, "github-hosted"),
        (Claim::SourceRepositoryUri, "https://github.com/acme/app"),
        (Claim::SourceRepositoryDigest, COMMIT),
        (Claim::SourceRepositoryRef, "refs/tags/v1.2"),
        (Claim::SourceRepositoryIdentifier, "101"),
        (Claim::SourceRepositoryOwnerUri, "https://github.com/acme"),
        (Claim::SourceRepositoryOwnerIdentifier, "7"),
        (Claim::BuildConfigUri, "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2"),
        (Claim::BuildConfigDigest, COMMIT),
        (Claim::BuildTrigger, "push"),
        (Claim::RunInvocationUri, "https://github.com/acme/app/actions/runs/55/attempts/2"),
    ]
}

fn gitlab_certificate() -> Vec<(Claim, &'static str)> {
    let config = "https://gitlab.com/acme/tools/app//.gitlab-ci.yml@refs/tags/v1.2";
    vec![
        (Claim::BuildSignerUri, config),
        (Claim::BuildSignerDigest, COMMIT),
        (Claim::RunnerEnvironment, "gitlab-hosted"),
        (Claim::SourceRepositoryUri, "https://gitlab.com/acme/tools/app"),
        (Claim::SourceRepositoryDigest, COMMIT),
        (Claim::SourceRepositoryRef, "refs/tags/v1.2"),
        (Claim::SourceRepositoryIdentifier, "101"),
        (Claim::SourceRepositoryOwnerUri, "https://gitlab.com/acme/tools"),
        (Claim::SourceRepositoryOwnerIdentifier, "7"),
        (Claim::BuildConfigUri, config),
        (Claim::BuildConfigDigest, COMMIT),
        (Claim::BuildTrigger, "push"),
        (Claim::RunInvocationUri, "https://gitlab.com/acme/tools/app/-/jobs/901"),
    ]
}

fn agrees(provenance: &Provenance, issuer: &str, claims: &[(Claim, &str)]) -> Result<(), ProvenanceError> {
    let find = |claim| claims.iter().find(|(known, _)| *known == claim).map(|(_, value)| *value);
    provenance.agrees(issuer, &find)
}

#[test]
fn what_the_certificate_says_too_is_the_same() {
    for (world, issuer, certificate) in [
        (github(), "https://token.actions.githubusercontent.com", github_certificate()),
        (gitlab(), "https://gitlab.com", gitlab_certificate()),
    ] {
        let provenance = world.provenance().unwrap();
        agrees(&provenance, issuer, &certificate).unwrap();
        agrees(&provenance, issuer, &[]).unwrap();
        agrees(&world.without_token().provenance().unwrap(), issuer, &certificate).unwrap();
    }
}

#[test]
fn a_certificate_that_says_anything_else_is_refused() {
    for (world, issuer, certificate) in [
        (github(), "https://token.actions.githubusercontent.com", github_certificate()),
        (gitlab(), "https://gitlab.com", gitlab_certificate()),
    ] {
        let provenance = world.provenance().unwrap();
        for changed in 0..certificate.len() {
            let mut certificate = certificate.clone();
            certificate[changed].1 = "other\u{7}";
            let error = agrees(&provenance, issuer, &certificate).unwrap_err();
            assert_eq!(error.code(), "provenance-certificate-differs", "{:?}", certificate[changed].0);
            assert!(error.to_string().contains("expected `other`, found `"), "{error}");
        }
        let error = agrees(&provenance, "https://evil.test", &certificate).unwrap_err();
        assert!(error.to_string().contains("about the issuer"), "{error}");
    }
}

#[test]
fn a_pipelines_certificate_does_not_sign_a_local_build() {
    let local = Provenance::local(None).unwrap();
    agrees(&local, "https://accounts.google.com", &[]).unwrap();
    let error = agrees(&local, "https://token.actions.githubusercontent.com", &github_certificate()).unwrap_err();
    assert_eq!(error.code(), "provenance-certificate-differs");
}
