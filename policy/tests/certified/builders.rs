//! Builders of GitHub: who may speak for each, and how far it can be trusted.

use crate::{Scene, statement};
use bulla_sandbox::{Content, Principal};
use bulla_verify::{Claim, Identity};
use serde_json::{Value, json};

const SOURCE: &str = "https://github.com/acme/app";
const OWN: &str = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.0";
const RUNNER: &str = "https://github.com/actions/runner/github-hosted";
const GENERATOR: &str =
    "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml";
const NODEJS: &str =
    "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/builder_nodejs_slsa3.yml";
const DELEGATOR: &str =
    "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/delegator_generic_slsa3.yml";

/// A job of the repository, in which this workflow signs.
fn job(signer: &str) -> Principal {
    Principal::new(Identity::Uri(signer.to_owned()))
        .vouched_for_by("https://token.actions.githubusercontent.com")
        .claiming(Claim::BuildSignerUri, signer)
        .claiming(Claim::BuildConfigUri, OWN)
        .claiming(Claim::RunnerEnvironment, "github-hosted")
        .claiming(Claim::SourceRepositoryUri, SOURCE)
        .claiming(Claim::SourceRepositoryRef, "refs/tags/v1.2.0")
        .claiming(Claim::SourceRepositoryIdentifier, "101")
        .claiming(Claim::SourceRepositoryOwnerIdentifier, "7")
}

/// As `actions/attest-build-provenance` has it.
fn provenance(builder: &str) -> Value {
    json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": { "workflow": {
                "repository": SOURCE, "ref": "refs/tags/v1.2.0", "path": ".github/workflows/release.yml",
                "inputs": { "target": "production", "count": 7, "dry": false },
            } },
            "resolvedDependencies": [{ "uri": format!("git+{SOURCE}@refs/tags/v1.2.0") }],
        },
        "runDetails": { "builder": { "id": builder } },
    })
}

fn attested(by: &Principal, predicate: &Value) -> Scene {
    let statement = statement("https://slsa.dev/provenance/v1", predicate);
    Scene::new().with(by, Content::Statement(statement.as_bytes()))
}

fn built(builder: &str, more: &str) -> String {
    format!("{{ provenance: {{ builder: \"{builder}\", source: github.com/acme/app, root: acme{more} }} }}")
}

#[test]
fn a_workflow_of_the_repository_itself_on_githubs_machines_is_level_2() {
    let demand = built("github-hosted", ", level: 2");
    for builder in [RUNNER, OWN] {
        assert_eq!(attested(&job(OWN), &provenance(builder)).accepts(&demand).level(), Some(2), "{builder}");
    }
    let says = "expected `a workflow of the source repository itself on GitHub's machines`";
    let other = "https://github.com/acme/ci/.github/workflows/build.yml@refs/tags/v1";
    for (by, builder) in [
        (job(OWN).claiming(Claim::RunnerEnvironment, "self-hosted"), RUNNER),
        (job(OWN).claiming(Claim::RunnerEnvironment, "self-hosted"), OWN),
        (job(other), RUNNER),
        (job(other), other),
        (job("https://github.com/acme/app-evil/.github/workflows/release.yml@refs/tags/v1.2.0"), RUNNER),
        (job("https://github.com/acme/app/release.yml@refs/tags/v1.2.0"), RUNNER),
        (job(OWN), other),
        (job(OWN), "https://github.com/actions/runner/self-hosted"),
    ] {
        attested(&by, &provenance(builder)).refuses(&demand, "builder-mismatch", says);
    }
    let elsewhere = job(OWN).vouched_for_by("https://gitlab.com");
    attested(&elsewhere, &provenance(RUNNER)).refuses(&demand, "builder-mismatch", "which is not github-hosted");
    attested(&job(OWN), &provenance(RUNNER)).refuses(&built("github-hosted", ", level: 3"), "level-too-low", "");
}

#[test]
fn a_generator_speaks_for_itself_at_its_own_version_tag() {
    let [demand, by_id] = [built("slsa-github-generator", ", level: 3"), built(GENERATOR, ", level: 3")];
    let at = |id: &str, git_ref: &str| format!("{id}@{git_ref}");
    let own = at(GENERATOR, "refs/tags/v2.0.0");
    for demand in [&demand, &by_id, &built(&format!("{GENERATOR}@v2.0.0"), ", level: 3")] {
        assert_eq!(attested(&job(&own), &provenance(&own)).accepts(demand).level(), Some(3));
    }
    attested(&job(&own), &provenance(&own)).refuses(&built(&format!("{GENERATOR}@v2.1.0"), ""), "builder-mismatch", "");
    for (signer, builder) in [
        // Somebody else in its name, another version of it, and no version at all.
        (OWN.to_owned(), own.clone()),
        (at("https://github.com/mallory/ci/.github/workflows/x.yml", "refs/tags/v2.0.0"), own.clone()),
        (at(GENERATOR, "refs/tags/v1.0.0"), own.clone()),
        (at(GENERATOR, "refs/heads/main"), at(GENERATOR, "refs/heads/main")),
        (at(DELEGATOR, "refs/tags/v2.0.0"), own.clone()),
        (own.clone(), at(NODEJS, "refs/tags/v2.0.0")),
    ] {
        let scene = attested(&job(&signer), &provenance(&builder));
        scene.refuses(&demand, "builder-mismatch", "expected `one of slsa-github-generator's, signed for by itself`");
        scene.refuses(&by_id, "builder-mismatch", "");
    }
    // What is made with the "build your own builder" framework is signed for by its delegator.
    let delegated = attested(&job(&at(DELEGATOR, "refs/tags/v2.0.0")), &provenance(&at(NODEJS, "refs/tags/v2.0.0")));
    assert_eq!(delegated.accepts(&demand).level(), Some(3));
}

#[test]
fn another_workflow_is_worth_its_machines() {
    const CI: &str = "https://github.com/acme/ci/.github/workflows/build.yml";
    let at = |git_ref: &str| format!("{CI}@{git_ref}");
    let (tag, branch) = (at("refs/tags/v1.0.0"), at("refs/heads/main"));
    let any_version = built(CI, "");
    assert_eq!(attested(&job(&tag), &provenance(&tag)).accepts(&any_version).level(), Some(2));
    let own_machine = job(&tag).claiming(Claim::RunnerEnvironment, "self-hosted");
    assert_eq!(attested(&own_machine, &provenance(&tag)).accepts(&any_version).level(), Some(1));
    attested(&own_machine, &provenance(&tag)).refuses(&built(CI, ", level: 2"), "level-too-low", "reaches level 1");
    attested(&job(&branch), &provenance(&branch)).accepts(&built(&branch, ""));
    attested(&job(&branch), &provenance(&branch)).refuses(&any_version, "builder-mismatch", "its builder is");
    let says = format!("its signer is `{OWN}`, expected `{tag}`");
    attested(&job(OWN), &provenance(&tag)).refuses(&any_version, "builder-mismatch", &says);
    attested(&job(&tag), &provenance(OWN)).refuses(&any_version, "builder-mismatch", "its builder is");
}

#[test]
fn inputs_are_what_somebody_has_typed() {
    let scene = attested(&job(OWN), &provenance(RUNNER));
    let inputs = |text: &str| built("github-hosted", &format!(", inputs: {{ {text} }}"));
    for text in ["target: production", "count: \"7\"", "dry: \"false\"", "target: production, count: \"7\""] {
        scene.accepts(&inputs(text));
    }
    let says = "the input `target` was `production`, expected `staging`";
    scene.refuses(&inputs("target: staging"), "input-mismatch", says);
    scene.refuses(&inputs("count: \"7\", target: staging"), "input-mismatch", says);
    scene.refuses(&inputs("region: eu"), "input-mismatch", "the input `region` was not given, expected `eu`");
    let mut without = provenance(RUNNER);
    without["buildDefinition"]["externalParameters"]["workflow"]["inputs"] = json!([]);
    attested(&job(OWN), &without).refuses(&inputs("target: production"), "input-mismatch", "was not given");
}

#[test]
fn what_it_says_of_its_source_is_what_github_says() {
    let demand = built("github-hosted", "");
    let changed = |at: &str, value: Value| {
        let mut predicate = provenance(RUNNER);
        *predicate.pointer_mut(at).expect("a field") = value;
        predicate
    };
    let repository = "/buildDefinition/externalParameters/workflow/repository";
    let says =
        "its source in its certificate is `https://github.com/acme/app`, expected `https://github.com/mallory/app`";
    let theirs = changed(repository, json!("https://github.com/mallory/app"));
    attested(&job(OWN), &theirs).refuses(&demand, "provenance-mismatch", says);
    let dependency = "/buildDefinition/resolvedDependencies/0/uri";
    let mut theirs = changed(dependency, json!("git+https://github.com/mallory/app.git@refs/heads/main"));
    theirs["buildDefinition"]["externalParameters"] = json!({});
    attested(&job(OWN), &theirs).refuses(&demand, "provenance-mismatch", says);
    for same in [
        "git+https://github.com/acme/app",
        "https://github.com/acme/app.git",
        "git+https://github.com/acme/app.git@refs/x",
    ] {
        attested(&job(OWN), &changed(repository, json!(same))).accepts(&demand);
    }
    let other = job(OWN.replace("acme/app", "acme/lib").as_str())
        .claiming(Claim::SourceRepositoryUri, "https://github.com/acme/lib");
    attested(&other, &provenance(RUNNER)).refuses(
        &demand,
        "provenance-mismatch",
        "its source is `github.com/acme/lib`",
    );
    for (more, says) in [
        (", version: v1.2", ""),
        (", version: v1.3", "its ref is"),
        (", ref: refs/heads/main", "its ref is"),
        (", workflow: release.yml", ""),
        (", workflow: other.yml", "its workflow is `release.yml`"),
        (", runner: github-hosted", ""),
        (", repositoryId: \"101\", ownerId: \"7\"", ""),
        (", repositoryId: \"102\"", "its repository id is"),
        (", ownerId: \"8\"", "its owner id is"),
    ] {
        let scene = attested(&job(OWN), &provenance(RUNNER));
        match says {
            "" => drop(scene.accepts(&built("github-hosted", more))),
            says => scene.refuses(&built("github-hosted", more), "provenance-mismatch", says),
        }
    }
}
