//! When somebody has signed, as far as anybody vouches for it: ages, windows, witnesses and revocations.

use crate::{APP, NOW, Scene, pem, statement};
use bulla_policy::Verdict;
use bulla_sandbox::{Algorithm, Content, Key, Principal};
use bulla_verify::{Identity, Time};
use serde_json::json;

const TESTS: &str = "https://acme.dev/tests/v1";
const ARTIFACT: Content<'static> = Content::Artifact(APP);

fn key() -> Key {
    Key::generate(Algorithm::EcdsaP256).expect("a key")
}

fn dev() -> Principal {
    Principal::new(Identity::Email("dev@acme.dev".to_owned())).vouched_for_by("https://login.acme.dev")
}

const BY_DEV: &str = "by: { email: { address: dev@acme.dev, issuer: \"https://login.acme.dev\", root: acme } }";

fn signed_by_dev(more: &str) -> String {
    format!("{{ signed: {{ {BY_DEV}{more} }} }}")
}

#[test]
fn a_signature_may_be_of_an_age_and_no_older() {
    for (age, seconds) in [("90s", 90), ("2m", 120), ("3h", 10_800), ("7d", 604_800), ("2w", 1_209_600)] {
        let demand = signed_by_dev(&format!(", maxAge: {age}"));
        let scene = Scene::new().with(&dev(), ARTIFACT);
        scene.later(seconds).accepts(&demand);
        let scene = Scene::new().with(&dev(), ARTIFACT).later(seconds + 1);
        scene.refuses(&demand, "too-old", &format!("may be no older than {age}"));
        scene.accepts(&signed_by_dev(""));
    }
    // What was signed later than now, nobody vouches for.
    Scene::new().with(&dev(), ARTIFACT).later(-3600).refuses(&signed_by_dev(", maxAge: 7d"), "time-in-future", "");
}

#[test]
fn a_key_is_timed_by_the_root_that_is_named_and_by_no_other() {
    let key = key();
    let by = |more: &str| format!("by: {{ key: {{ file: \"{}\"{more} }} }}", pem(&key));
    let (acme, aged) = (by(", root: acme"), ", maxAge: 1m");
    let demand = |by: &str, more: &str| format!("{{ signed: {{ {by}{more} }} }}");
    let scene = Scene::new().with_key(&key, ARTIFACT);
    scene.accepts(&demand(&acme, aged));
    scene.accepts(&demand(&acme, ", witnessed: { logs: 1, times: 1 }"));
    scene.later(61).refuses(&demand(&acme, aged), "too-old", "");

    // What another instance says of the time is not asked, though the key is the same.
    let elsewhere = Scene::new().elsewhere(&key, ARTIFACT);
    let besides = |of: &str| format!("{{ any: [ {}, {{ signed: {{ {BY_DEV} }} }} ] }}", demand(of, aged));
    let both = |of: &str| besides(of).replace("login.acme.dev\", root: acme", "login.acme.dev\", root: other");
    elsewhere.accepts(&demand(&by(", root: other"), aged));
    elsewhere.refuses(&both(&acme), "age-unknown", "nobody vouches for when it was signed");
    let untimed = Scene::new().untimed(&key, ARTIFACT);
    untimed.accepts(&demand(&by(""), ""));
    untimed.refuses(&demand(&acme, aged), "age-unknown", "");
    untimed.refuses(&demand(&acme, ", witnessed: { logs: 1 }"), "witness-threshold", "0 of 1 demanded logs");
}

/// A key whose root is not named is timed by the public one, and by no other that happens to be believed.
#[test]
fn a_key_without_a_root_is_not_timed_by_another_signers() {
    let key = key();
    let demand = |more: &str| {
        format!(
            "{{ any: [ {{ signed: {{ by: {{ key: \"{}\" }}{more} }} }}, {{ signed: {{ {BY_DEV} }} }} ] }}",
            pem(&key)
        )
    };
    let scene = Scene::new().with_key(&key, ARTIFACT);
    scene.accepts(&demand(""));
    for more in [", maxAge: 1w", ", witnessed: { logs: 1 }", ", witnessed: { times: 1 }"] {
        assert_eq!(scene.decide(&demand(more), "").verdict(), Verdict::Refused, "{more}");
    }
}

#[test]
fn a_key_counts_within_its_window_and_at_its_ends() {
    let key = key();
    let demand = |from: i64, until: i64| {
        let [from, until] = [from, until].map(|offset| Time::from_unix(NOW + offset));
        format!(
            "{{ signed: {{ by: {{ key: {{ file: \"{}\", from: \"{from}\", until: \"{until}\", root: acme }} }} }} }}",
            pem(&key)
        )
    };
    let scene = Scene::new().with_key(&key, ARTIFACT).later(86_400);
    for (from, until) in [(-60, 60), (0, 60), (-60, 0), (0, 0)] {
        scene.accepts(&demand(from, until));
    }
    scene.refuses(&demand(1, 60), "key-window", "");
    scene.refuses(&demand(-60, -1), "key-window", "");
}

#[test]
fn who_was_revoked_counts_for_what_was_signed_before_and_for_nothing_else() {
    let key = key();
    let demand = format!("{{ signed: {{ by: {{ key: {{ file: \"{}\", root: acme }} }} }} }}", pem(&key));
    let revoked = |offset: i64| {
        let since = Time::from_unix(NOW + offset);
        format!("  revoked: [ {{ by: {{ key: \"{}\" }}, since: \"{since}\", reason: it was stolen }} ]\n", pem(&key))
    };
    let scene = Scene::new().with_key(&key, ARTIFACT).later(86_400);
    assert_eq!(scene.decide(&demand, &revoked(1)).verdict(), Verdict::Accepted);
    let says = "which is revoked since 2026-09-21T14:13:20Z: it was stolen";
    scene.refuses_beside(&demand, &revoked(0), "signer-revoked", says);
    // Nobody vouches for when it was signed: that may have been after.
    let demand = demand.replace(", root: acme", "");
    let untimed = Scene::new().untimed(&key, ARTIFACT);
    untimed.refuses_beside(&demand, &revoked(1), "signer-revoked", "signed at a time that nobody vouches for");
}

#[test]
fn whoever_has_to_vouch_for_it_is_counted_and_named() {
    let scene = Scene::new().with(&dev(), ARTIFACT);
    let demand = |witnessed: &str| signed_by_dev(&format!(", witnessed: {{ {witnessed} }}"));
    for witnessed in [
        "logs: 1",
        "times: 1",
        "logs: 1, times: 1",
        "names: [ \"https://log0.sandbox.invalid\" ]",
        "names: [ \"https://tsa0.sandbox.invalid\", \"https://log0.sandbox.invalid\" ]",
    ] {
        scene.accepts(&demand(witnessed));
    }
    scene.refuses(&demand("logs: 2"), "witness-threshold", "1 of 2 demanded logs vouch for it");
    scene.refuses(&demand("times: 2"), "witness-threshold", "1 of 2 demanded authorities for its time vouch for it");
    scene.refuses(&demand("logs: 1, times: 2"), "witness-threshold", "authorities");
    let other = demand("names: [ \"https://log0.sandbox.invalid\", \"https://log1.sandbox.invalid\" ]");
    scene.refuses(&other, "witness-missing", "`https://log1.sandbox.invalid` does not vouch for it");
}

/// Of attestations one is enough, however many do not meet the condition; of reports and SBOMs, the newest counts.
#[test]
fn an_older_attestation_counts_beside_a_newer_one() {
    let attested = |scene: Scene, passed: bool| {
        let statement = statement(TESTS, &json!({ "passed": passed }));
        scene.with(&dev(), Content::Statement(statement.as_bytes()))
    };
    let demand = format!("{{ attested: {{ type: \"{TESTS}\", {BY_DEV}, where: predicate.passed }} }}");
    let (first, last) = (attested(Scene::new(), true), attested(Scene::new(), false));
    attested(first, false).accepts(&demand);
    last.refuses(&demand, "condition-not-met", "");
    attested(last, true).accepts(&demand);
}

/// A scan that found nothing is no answer to one that has, since.
#[test]
fn the_newest_report_counts_and_of_two_that_may_be_it_both() {
    let report = |findings: usize| {
        let finding = json!({ "VulnerabilityID": "CVE-2026-1", "Severity": "CRITICAL", "PkgName": "openssl", "InstalledVersion": "1.0" });
        let result = json!({ "SchemaVersion": 2, "ArtifactName": "app", "ArtifactType": "container_image", "Results": [
            { "Target": "app", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": vec![finding; findings] } ] });
        let scanner = json!({ "uri": "pkg:github/aquasecurity/trivy@0.60.0", "version": "0.60.0", "result": result });
        let times = json!({ "scanStartedOn": "2026-09-21T12:00:00Z", "scanFinishedOn": "2026-09-21T12:00:09Z" });
        let predicate = json!({ "invocation": {}, "metadata": times, "scanner": scanner });
        statement("https://cosign.sigstore.dev/attestation/vuln/v1", &predicate)
    };
    let [clean, dirty] = [report(0), report(1)];
    let scanned = |scene: Scene, seconds: i64, report: &str| {
        scene.then(seconds).with(&dev(), Content::Statement(report.as_bytes()))
    };
    let demand = format!("{{ vulnerabilities: {{ {BY_DEV}, max: {{ critical: 0 }} }} }}");
    let two = |first: (i64, &str), second: (i64, &str)| {
        scanned(scanned(Scene::new(), first.0, first.1), second.0, second.1).later(86_400)
    };
    two((0, &dirty), (60, &clean)).accepts(&demand);
    two((60, &clean), (0, &dirty)).accepts(&demand);
    two((0, &clean), (60, &dirty)).refuses(&demand, "too-many-vulnerabilities", "1 critical finding");
    two((60, &dirty), (0, &clean)).refuses(&demand, "too-many-vulnerabilities", "1 critical finding");
    two((0, &clean), (0, &dirty)).refuses(&demand, "too-many-vulnerabilities", "1 critical finding");
    two((0, &clean), (0, &clean)).accepts(&demand);
    // By the newest one's time it is young enough.
    let young = demand.replace(", max:", ", maxAge: 60s, max:");
    two((0, &dirty), (60, &clean)).later(120).accepts(&young);
    two((0, &dirty), (60, &clean)).later(121).refuses(&young, "too-old", "");
}
