//! Identities against a real certificate of GitHub Actions: each field counts.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, says when it is skipped, and reads files"
)]

use bulla_policy::{Decision, Embedded, Name, Policies, TrustPolicy, Verdict, judge};
use bulla_verify::{Artifact, Time};
use std::{fs, path::PathBuf};

const NOW: i64 = 1_790_000_000;

fn policy(name: &str, by: &str, more: &str) -> TrustPolicy {
    let text = format!(
        "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: {name} }}\nspec:\n  unmatched: deny\n  rules:\n  \
         - name: r\n    files: [ a.txt ]\n    mode: enforce\n    require: {{ signed: {{ by: {{ {by} }} }} }}\n{more}"
    );
    TrustPolicy::parse(&text, &Embedded).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The decision about the suite's artifact and its good bundle; nothing where the suite is absent.
fn decide(policies: &Policies) -> Option<Decision> {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/sigstore-conformance/bundle-verify");
    let (Ok(bundle), Ok(artifact)) =
        (fs::read(folder.join("happy-path-v0.3/bundle.sigstore.json")), fs::read(folder.join("a.txt")))
    else {
        println!("skipped: ../shared/vectors/sigstore-conformance is not there");
        return None;
    };
    let name = Name::File("a.txt".to_owned());
    let bundles = [("bundle".to_owned(), bundle.as_slice())];
    Some(judge(bundles, name, &Artifact::from_bytes(&artifact), policies, Time::from_unix(NOW)))
}

#[track_caller]
fn accepts(by: &str) {
    let Some(decision) = decide(&policy("p", by, "").into()) else { return };
    assert_eq!(decision.verdict(), Verdict::Accepted, "{by}: {:?}", decision.reasons());
}

#[track_caller]
fn refuses(by: &str, code: &str, says: &str) {
    let Some(decision) = decide(&policy("p", by, "").into()) else { return };
    let reasons = decision.reasons();
    let first = reasons.first().expect("a refusal has reasons");
    assert_eq!((decision.verdict(), first.code.as_str()), (Verdict::Refused, code), "{by}: {reasons:?}");
    assert!(first.message.contains(says), "{}", first.message);
}

const REPOSITORY: &str = "sigstore-conformance/extremely-dangerous-public-oidc-beacon";
const WORKFLOW: &str = "extremely-dangerous-oidc-beacon.yml";
const GITHUB: &str = "https://token.actions.githubusercontent.com";

#[test]
fn a_workflow_is_who_it_says_in_every_field() {
    let github = |more: &str| format!("github: {{ repository: {REPOSITORY}{more} }}");
    for more in [
        "",
        ", workflow: extremely-dangerous-oidc-beacon.yml",
        ", workflow: \"*-beacon.yml\"",
        ", ref: refs/heads/main",
        ", ref: \"refs/heads/*\"",
        ", runner: github-hosted",
        ", reusableWorkflow: \"sigstore-conformance/*/.github/workflows/*@refs/heads/main\"",
    ] {
        accepts(&github(more));
    }
    accepts("github: { repository: \"sigstore-conformance/*\" }");
    for (more, says) in [
        (", workflow: other.yml", "its workflow is `extremely-dangerous-oidc-beacon.yml`, expected `other.yml`"),
        (", ref: refs/heads/master", "its ref is `refs/heads/main`, expected `refs/heads/master`"),
        (", ref: \"refs/tags/*\"", "its ref is"),
        (", runner: self-hosted", "its runner is `github-hosted`, expected `self-hosted`"),
        (", events: [ release ]", "its trigger is"),
        (", repositoryId: \"1\"", "its repository id is"),
        (", ownerId: \"1\"", "its owner id is"),
        (", environment: production", "it does not state its environment"),
        (
            ", reusableWorkflow: \"sigstore-conformance/ci/.github/workflows/*@refs/heads/main\"",
            "its signing workflow is",
        ),
    ] {
        refuses(&github(more), "claim-mismatch", says);
    }
    refuses("github: { repository: sigstore-conformance/other }", "claim-mismatch", "its source repository is");
    refuses("github: { repository: \"acme/*\" }", "claim-mismatch", "its source repository is");
    refuses(&github(", host: ghes.acme.dev"), "signer-mismatch", "expected ghes.acme.dev/");
    refuses(&github(", root: staging"), "unknown-log", "");
    refuses("gitlab: { project: sigstore-conformance/x }", "signer-mismatch", "expected gitlab.com/");
}

#[test]
fn a_name_and_its_issuer_match_whole() {
    let subject = format!("https://github.com/{REPOSITORY}/.github/workflows/{WORKFLOW}@refs/heads/main");
    accepts(&format!("certificate: {{ subject: \"{subject}\", issuer: \"{GITHUB}\" }}"));
    refuses(&format!("certificate: {{ subject: \"{subject}x\", issuer: \"{GITHUB}\" }}"), "signer-mismatch", "");
    refuses(&format!("certificate: {{ subject: \"{subject}\", issuer: \"{GITHUB}/\" }}"), "signer-mismatch", "");
    refuses(&format!("email: {{ address: \"{subject}\", issuer: \"{GITHUB}\" }}"), "signer-mismatch", "");
    let pattern = |subject: &str, issuer: &str| format!("pattern: {{ subject: '{subject}', issuer: '{issuer}' }}");
    let issuer = r"^https://token\.actions\.githubusercontent\.com$";
    accepts(&pattern(r"^https://github\.com/sigstore-conformance/.*$", issuer));
    refuses(&pattern(r"^https://github\.com/sigstore$", issuer), "signer-mismatch", "");
    refuses(&pattern(r"^https://github\.com/sigstore-conformance/.*$", r"^https://token$"), "signer-mismatch", "");
}

#[test]
fn an_exception_excuses_from_its_own_policy_alone() {
    let other = "github: { repository: acme/app }";
    let ours = format!("github: {{ repository: {REPOSITORY} }}");
    let digest = "sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf";
    let excuse = format!("  exceptions: [ {{ digest: \"{digest}\", reason: r, owner: o, expires: 2027-01-01 }} ]\n");
    let one = |policy: TrustPolicy| decide(&policy.into()).map(|decision| decision.verdict());
    let two = |a: TrustPolicy, b: TrustPolicy| {
        decide(&Policies::from(a).and(b).expect("two")).map(|decision| decision.verdict())
    };
    let is =
        |found: Option<Verdict>, expected: Verdict| assert!(found.is_none_or(|found| found == expected), "{found:?}");
    is(one(policy("p", other, "")), Verdict::Refused);
    is(one(policy("p", other, &excuse)), Verdict::Accepted);
    is(two(policy("p", other, ""), policy("q", &ours, &excuse)), Verdict::Refused);
    is(two(policy("q", &ours, &excuse), policy("p", other, "")), Verdict::Refused);
    is(two(policy("p", other, &excuse), policy("q", &ours, "")), Verdict::Accepted);
    // What is revoked, no exception saves.
    let revoked = format!("{excuse}  revoked: [ {{ digest: \"{digest}\", since: 2026-01-01 }} ]\n");
    is(one(policy("p", &ours, &revoked)), Verdict::Refused);
    let later = format!("  revoked: [ {{ digest: \"{digest}\", since: 2027-01-01 }} ]\n");
    is(one(policy("p", &ours, &later)), Verdict::Accepted);
    let signer = |since: &str| format!("  revoked: [ {{ by: {{ {ours} }}, since: {since} }} ]\n");
    is(one(policy("p", &ours, &signer("2020-01-01"))), Verdict::Refused);
    is(one(policy("p", &ours, &signer("2026-09-01"))), Verdict::Accepted);
}
