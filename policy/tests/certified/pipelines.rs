//! Who signs in pipelines and workloads, as Fulcio would certify them.

use crate::{APP, NOW, Scene};
use bulla_policy::{Embedded, Evidence, Name, Subject, language::Root, suggest};
use bulla_sandbox::{Content, Principal};
use bulla_sign::provenance::{Build, from_environment};
use bulla_verify::{Artifact, Claim, Digest, Identity, Need, Time, TrustedRoot};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PROJECT: &str = "https://gitlab.com/acme/tools/app";
const CONFIG: &str = "https://gitlab.com/acme/tools/app//.gitlab-ci.yml@refs/tags/v1.2.0";
const COMMIT: &str = "c7b3dfb335f051e1c86bda4c716fac97df62ad81";

fn uri(text: &str) -> Identity {
    Identity::Uri(text.to_owned())
}

/// A job of gitlab.com, as Fulcio certifies it.
fn job_of(config: &str) -> Principal {
    Principal::new(uri(config))
        .vouched_for_by("https://gitlab.com")
        .claiming(Claim::BuildSignerUri, config)
        .claiming(Claim::BuildConfigUri, config)
        .claiming(Claim::RunnerEnvironment, "gitlab-hosted")
        .claiming(Claim::SourceRepositoryUri, PROJECT)
        .claiming(Claim::SourceRepositoryRef, "refs/tags/v1.2.0")
        .claiming(Claim::SourceRepositoryDigest, COMMIT)
        .claiming(Claim::SourceRepositoryIdentifier, "101")
        .claiming(Claim::SourceRepositoryOwnerIdentifier, "7")
        .claiming(Claim::BuildTrigger, "push")
        .claiming(Claim::DeploymentEnvironment, "production")
}

fn job() -> Principal {
    job_of(CONFIG)
}

/// What `bulla attest --provenance` says in that job.
fn provenance() -> Value {
    let job = BTreeMap::from([
        ("GITLAB_CI", "true"),
        ("CI_SERVER_URL", "https://gitlab.com"),
        ("CI_PROJECT_PATH", "acme/tools/app"),
        ("CI_PROJECT_ID", "101"),
        ("CI_PROJECT_NAMESPACE", "acme/tools"),
        ("CI_PROJECT_NAMESPACE_ID", "7"),
        ("CI_COMMIT_REF_NAME", "v1.2.0"),
        ("CI_COMMIT_TAG", "v1.2.0"),
        ("CI_COMMIT_SHA", COMMIT),
        ("CI_PIPELINE_SOURCE", "push"),
        ("CI_PIPELINE_ID", "900"),
        ("CI_JOB_ID", "901"),
        ("CI_JOB_NAME", "build"),
        ("CI_RUNNER_ID", "12"),
    ]);
    let now = Time::from_unix(NOW);
    let provenance = from_environment(&|name| job.get(name).map(|value| (*value).to_owned()), None, now);
    let provenance = provenance.expect("provenance");
    assert_eq!(provenance.build(), Build::GitLab);
    serde_json::from_str(&provenance.predicate()).expect("JSON")
}

fn signed(principal: &Principal) -> Scene {
    Scene::new().with(principal, Content::Artifact(APP))
}

fn attested(principal: &Principal, predicate: &Value) -> Scene {
    let statement = crate::statement("https://slsa.dev/provenance/v1", predicate);
    Scene::new().with(principal, Content::Statement(statement.as_bytes()))
}

fn gitlab(more: &str) -> String {
    format!("{{ signed: {{ by: {{ gitlab: {{ project: acme/tools/app, root: acme{more} }} }} }} }}")
}

#[test]
fn a_pipeline_is_who_it_says_in_every_field() {
    let scene = signed(&job());
    for more in [
        "",
        ", config: .gitlab-ci.yml",
        ", ref: refs/tags/v1.2.0",
        ", ref: \"refs/tags/v*\"",
        ", events: [ web, push ]",
        ", runner: gitlab-hosted",
        ", environment: production",
        ", projectId: \"101\"",
        ", ownerId: \"7\"",
    ] {
        scene.accepts(&gitlab(more));
    }
    scene.accepts("{ signed: { by: { gitlab: { project: \"acme/**\", root: acme } } } }");
    for (more, says) in [
        (", config: release.yml", "its pipeline is `.gitlab-ci.yml`, expected `release.yml`"),
        (", ref: \"refs/heads/*\"", "its ref is `refs/tags/v1.2.0`"),
        (", events: [ web, schedule ]", "its trigger is `push`, expected `web`, `schedule`"),
        (", runner: self-hosted", "its runner is `gitlab-hosted`"),
        (", environment: staging", "its environment is `production`"),
        (", projectId: \"102\"", "its project id is `101`"),
        (", ownerId: \"8\"", "its owner id is `7`"),
    ] {
        scene.refuses(&gitlab(more), "claim-mismatch", says);
    }
    scene.refuses(&gitlab(", host: gitlab.acme.dev"), "signer-mismatch", "");
    let other = "{ signed: { by: { gitlab: { project: acme/tools/lib, root: acme } } } }";
    scene.refuses(other, "claim-mismatch", "its project is `acme/tools/app`");
    scene.refuses("{ signed: { by: { gitlab: { project: acme/tools, root: acme } } } }", "claim-mismatch", "project");
    scene.refuses("{ signed: { by: { github: { repository: acme/tools, root: acme } } } }", "signer-mismatch", "");
}

/// A pipeline that somebody else's file defines is theirs, whichever project it runs in. What names the file is the project's own
/// setting, which may point into another project or to a URL.
#[test]
fn a_pipeline_whose_file_is_another_projects_is_refused() {
    for config in [
        "https://gitlab.com/mallory/ci//.gitlab-ci.yml@refs/tags/v1.2.0",
        "https://gitlab.com/acme/tools/app-evil//.gitlab-ci.yml@refs/tags/v1.2.0",
        "https://gitlab.com/acme/tools/app/.gitlab-ci.yml@refs/tags/v1.2.0",
        "https://gitlab.com/acme/tools/app//.gitlab-ci.yml@mallory/ci@refs/tags/v1.2.0",
        "https://gitlab.com/acme/tools/app//.gitlab-ci.yml@mallory/ci:refs/heads/main@refs/tags/v1.2.0",
        "https://gitlab.com/acme/tools/app//https://evil.example/ci.yml@refs/tags/v1.2.0",
        // The ref of something else, or none.
        "https://gitlab.com/acme/tools/app//.gitlab-ci.yml@refs/merge-requests/7/head",
        "https://gitlab.com/acme/tools/app//.gitlab-ci.yml@refs/tags/v1.2.0x",
        "https://gitlab.com/acme/tools/app//.gitlab-ci.yml",
    ] {
        let theirs = job_of(config);
        for more in ["", ", config: \"*.yml\""] {
            signed(&theirs).refuses(&gitlab(more), "claim-mismatch", "it does not state its pipeline");
        }
        for more in ["", ", workflow: \"*.yml\""] {
            let says = "expected `a pipeline of the source project itself`";
            attested(&theirs, &provenance()).refuses(&built(more), "builder-mismatch", says);
        }
    }
    let other = CONFIG.replace(".gitlab-ci.yml", "ci/release.yml");
    signed(&job_of(&other)).accepts(&gitlab(", config: ci/release.yml"));
    signed(&job_of(&other)).refuses(&gitlab(""), "claim-mismatch", "its pipeline is `ci/release.yml`");
    attested(&job_of(&other), &provenance()).accepts(&built(", workflow: \"ci/*.yml\""));
    attested(&job_of(&other), &provenance()).refuses(
        &built(""),
        "provenance-mismatch",
        "its workflow is `ci/release.yml`",
    );
}

/// Its ref is a branch's name, which a fork's may have as well (gitlab-org/gitlab#548165).
#[test]
fn a_merge_request_is_nobodys_release() {
    let request = job().claiming(Claim::BuildTrigger, "merge_request_event");
    let says = "its trigger is `merge_request_event`, expected `anything but a merge request";
    signed(&request).refuses(&gitlab(""), "claim-mismatch", says);
    signed(&request).accepts(&gitlab(", events: [ merge_request_event ]"));
    attested(&request, &provenance()).refuses(&built(""), "builder-mismatch", says);
    // The certificate of a fork's pipeline in the parent project, since 18.2.2: the name is the parent's, the source the fork's.
    let fork = job().claiming(Claim::SourceRepositoryUri, "https://gitlab.com/mallory/app");
    signed(&fork).refuses(&gitlab(""), "claim-mismatch", "its project is `mallory/app`");
    attested(&fork, &provenance()).refuses(&built(""), "builder-mismatch", "its signer is");
}

#[test]
fn a_gitlab_of_ones_own_and_a_github_of_ones_own_vouch_for_theirs_alone() {
    let config = "https://gitlab.acme.dev/acme/app//.gitlab-ci.yml@refs/heads/main";
    let own = Principal::new(uri(config))
        .vouched_for_by("https://gitlab.acme.dev")
        .claiming(Claim::SourceRepositoryUri, "https://gitlab.acme.dev/acme/app")
        .claiming(Claim::SourceRepositoryRef, "refs/heads/main");
    let by = |host: &str| format!("{{ signed: {{ by: {{ gitlab: {{ project: acme/app, root: acme{host} }} }} }} }}");
    signed(&own).accepts(&by(", host: gitlab.acme.dev"));
    signed(&own).refuses(&by(""), "signer-mismatch", "");
    let borrowed = own.vouched_for_by("https://gitlab.com");
    signed(&borrowed).refuses(&by(""), "claim-mismatch", "it does not state its project");

    let workflow = "https://ghes.acme.dev/acme/app/.github/workflows/release.yml@refs/heads/main";
    let own = Principal::new(uri(workflow))
        .vouched_for_by("https://ghes.acme.dev/_services/token")
        .claiming(Claim::BuildConfigUri, workflow)
        .claiming(Claim::SourceRepositoryUri, "https://ghes.acme.dev/acme/app");
    let by = |host: &str| format!("{{ signed: {{ by: {{ github: {{ repository: acme/app, root: acme{host} }} }} }} }}");
    signed(&own).accepts(&by(", host: ghes.acme.dev"));
    signed(&own).refuses(&by(""), "signer-mismatch", "");
    signed(&own).refuses(&by(", host: ghes.other.dev"), "signer-mismatch", "");
}

#[test]
fn a_workload_is_known_by_its_trust_domain_and_path() {
    let by = |domain: &str, path: &str, issuer: &str| {
        format!(
            "{{ signed: {{ by: {{ spiffe: {{ trustDomain: {domain}, path: \"{path}\", issuer: \"{issuer}\", root: acme }} }} }} }}"
        )
    };
    let issuer = "https://oidc.acme.dev";
    let scene = signed(&Principal::new(uri("spiffe://acme.dev/ns/build/sa/ci")).vouched_for_by(issuer));
    scene.accepts(&by("acme.dev", "ns/build/sa/ci", issuer));
    scene.accepts(&by("acme.dev", "ns/build/sa/*", issuer));
    scene.refuses(&by("acme.dev", "ns/build/sa/cd", issuer), "claim-mismatch", "its SPIFFE id is");
    scene.refuses(&by("acme.de", "ns/build/sa/*", issuer), "claim-mismatch", "its SPIFFE id is");
    scene.refuses(&by("acme.dev", "ns/build/sa/*", "https://oidc.acme.test"), "signer-mismatch", "");
    let url = Principal::new(uri("https://acme.dev/ns/build/sa/ci")).vouched_for_by(issuer);
    signed(&url).refuses(&by("acme.dev", "ns/build/sa/ci", issuer), "claim-mismatch", "its SPIFFE id is");
}

fn built(more: &str) -> String {
    format!("{{ provenance: {{ builder: gitlab-hosted, source: gitlab.com/acme/tools/app, root: acme{more} }} }}")
}

#[test]
fn provenance_of_gitlabs_own_machines_is_level_2_and_counts_in_every_field() {
    let scene = attested(&job(), &provenance());
    for more in [
        "",
        ", level: 2",
        ", version: v1.2",
        ", ref: \"refs/tags/v*\"",
        ", workflow: .gitlab-ci.yml",
        ", runner: gitlab-hosted",
        ", repositoryId: \"101\", ownerId: \"7\"",
        ", where: 'predicate.buildDefinition.externalParameters.entryPoint == \"build\"'",
    ] {
        assert_eq!(scene.accepts(&built(more)).level(), Some(2), "{more}");
    }
    scene.refuses(&built(", level: 3"), "level-too-low", "reaches level 2, expected 3");
    for (more, says) in [
        (", version: v1.3", "its ref is `refs/tags/v1.2.0`, expected `a tag v1.3`"),
        (", ref: refs/heads/main", "its ref is"),
        (", workflow: release.yml", "its workflow is `.gitlab-ci.yml`, expected `release.yml`"),
        (", repositoryId: \"102\"", "its repository id is"),
        (", ownerId: \"8\"", "its owner id is"),
    ] {
        scene.refuses(&built(more), "provenance-mismatch", says);
    }
    let other = built("").replace("tools/app", "tools/lib");
    scene.refuses(&other, "provenance-mismatch", "its source is `gitlab.com/acme/tools/app`");
    scene.refuses(&built("").replace(", root: acme", ""), "unknown-timestamp-authority", "");
    let github = "{ provenance: { builder: github-hosted, source: github.com/acme/tools, root: acme } }";
    scene.refuses(github, "builder-mismatch", "which is not github-hosted");
}

#[test]
fn provenance_is_worth_no_more_than_who_signed_it() {
    // The very same words, by somebody whom another issuer vouches for, on a machine of their own, or of another project.
    let refuses = |principal: &Principal, predicate: &Value, code: &str, says: &str| {
        attested(principal, predicate).refuses(&built(""), code, says);
    };
    let theirs = job().vouched_for_by("https://gitlab.acme.dev");
    refuses(&theirs, &provenance(), "builder-mismatch", "which is not gitlab-hosted");
    let own_machine = job().claiming(Claim::RunnerEnvironment, "self-hosted");
    let says = "its runner is `self-hosted`, expected `gitlab-hosted`";
    refuses(&own_machine, &provenance(), "builder-mismatch", says);
    let other = "https://gitlab.com/acme/tools/lib";
    let elsewhere = job_of(&CONFIG.replace(PROJECT, other)).claiming(Claim::SourceRepositoryUri, other);
    let says = "its builder is `https://gitlab.com/acme/tools/app/-/runners/12`, expected";
    refuses(&elsewhere, &provenance(), "builder-mismatch", says);

    let changed = |at: &str, value: &str| {
        let mut predicate = provenance();
        *predicate.pointer_mut(at).expect("a field") = json!(value);
        predicate
    };
    for id in [
        "https://gitlab.com/acme/tools/app/-/runners/",
        "https://gitlab.com/acme/tools/app/-/runners/12a",
        "https://gitlab.com/acme/tools/app/-/runners/12/3",
        "https://gitlab.com/acme/tools/lib/-/runners/12",
        "https://gitlab.com/acme/tools/app",
        "https://github.com/actions/runner/github-hosted",
    ] {
        refuses(&job(), &changed("/runDetails/builder/id", id), "builder-mismatch", id);
    }
    // As GitLab's own documentation has it.
    let mut documented = provenance();
    documented["runDetails"]["metadata"]["invocationId"] = json!(412);
    attested(&job(), &documented).accepts(&built(""));
    let contradicts = changed("/buildDefinition/externalParameters/source", other);
    refuses(&job(), &contradicts, "provenance-mismatch", "its source in its certificate is");
}

#[test]
fn what_a_pipeline_has_signed_is_suggested_as_the_pipelines() {
    let scene = attested(&job(), &provenance()).with(&job(), Content::Artifact(APP));
    let root = TrustedRoot::parse(scene.acme.trusted_root().to_string().as_bytes(), Need::sigstore()).expect("a root");
    let root = root.named("acme");
    let believed = bulla_policy::Believed::new(Vec::new(), vec![root.clone()]);
    let now = Time::from_unix(NOW);
    let evidence = Evidence::gather(scene.bundles(), &Artifact::from_bytes(APP), &believed, now);
    let subject = Subject { name: Name::File("app".to_owned()), digest: Digest::of(APP) };
    let own = BTreeMap::from([("acme".to_owned(), Root::of(&root))]);
    let suggestion = suggest(&subject, &evidence, &own, &Embedded, now).expect("a policy");
    let text = suggestion.policy.to_string();
    for said in [
        "builder: gitlab-hosted",
        "source: gitlab.com/acme/tools/app",
        "workflow: .gitlab-ci.yml",
        "level: 2",
        "project: acme/tools/app",
        "projectId: \"101\"",
        "runner: gitlab-hosted",
        "ref: refs/tags/v*",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
}
