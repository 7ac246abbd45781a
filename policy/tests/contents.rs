//! What attestations say: reports, SBOMs, summaries and conditions.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_policy::{Decision, Embedded, Name, TrustPolicy, Verdict, judge};
use bulla_sign::{PredicateType, SigningKey, sign_message, sign_statement, statement};
use bulla_verify::{Artifact, Digest, KeyAlgorithm, Time, dsse};
use serde_json::{Value, json};

const APP: &[u8] = b"app";

/// A key, and what it has attested of the artifact.
struct Scene {
    key: SigningKey,
    bundles: Vec<(String, Vec<u8>)>,
}

impl Scene {
    fn new() -> Self {
        Self { key: SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key"), bundles: Vec::new() }
    }

    fn attests(mut self, predicate_type: &str, predicate: &Value) -> Self {
        let predicate_type = PredicateType::parse(predicate_type).expect("a type");
        let statement = statement::attest(&Digest::of(APP), None, &predicate_type, predicate.to_string().as_bytes());
        let bundle = sign_statement(&self.key, &statement.expect("a statement")).expect("signed");
        self.bundles.push((format!("bundle {}", self.bundles.len()), bundle));
        self
    }

    /// The same with another text in the statement, which a signer may sign who is less strict than we are.
    fn but(mut self, from: &str, to: &str) -> Self {
        let (_, bytes) = self.bundles.last_mut().expect("an attestation");
        let mut bundle: Value = serde_json::from_slice(bytes).expect("JSON");
        let payload = STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str().expect("a payload")).expect("base64");
        let payload = String::from_utf8(payload).expect("text");
        assert!(payload.contains(from), "{payload}");
        let payload = payload.replace(from, to);
        let pae = dsse::pae(dsse::IN_TOTO, payload.as_bytes());
        let signed = sign_message(&self.key, &Artifact::from_bytes(&pae)).expect("signed");
        let signed: Value = serde_json::from_slice(&signed).expect("JSON");
        bundle["dsseEnvelope"]["payload"] = STANDARD.encode(payload).into();
        bundle["dsseEnvelope"]["signatures"][0]["sig"] = signed["messageSignature"]["signature"].clone();
        *bytes = bundle.to_string().into_bytes();
        self
    }

    /// The decision under a rule that demands this; `BY` stands for the key.
    fn decide(&self, require: &str) -> Decision {
        let pem = self.key.verifying_key().to_pem().replace('\n', "\\n");
        let require = require.replace("BY", &format!("{{ key: \"{pem}\" }}"));
        let policy = format!(
            "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: p }}\nspec:\n  unmatched: deny\n  rules:\n  \
             - name: r\n    files: [ app ]\n    mode: enforce\n    require: {require}\n"
        );
        let policy = TrustPolicy::parse(&policy, &Embedded).unwrap_or_else(|error| panic!("{error}\n{policy}"));
        let bundles = self.bundles.iter().map(|(name, bytes)| (name.clone(), bytes.as_slice()));
        let name = Name::File("app".to_owned());
        judge(bundles, name, &Artifact::from_bytes(APP), &policy.into(), Time::from_unix(1_790_000_000))
    }

    #[track_caller]
    fn accepts(&self, require: &str) {
        let decision = self.decide(require);
        assert_eq!(decision.verdict(), Verdict::Accepted, "{:?}", decision.reasons());
    }

    #[track_caller]
    fn refuses(&self, require: &str, code: &str) -> String {
        let decision = self.decide(require);
        let reasons = decision.reasons();
        assert_eq!(decision.verdict(), Verdict::Refused, "{require}");
        let first = reasons.first().expect("a refusal has reasons");
        assert_eq!(first.code, code, "{reasons:?}");
        first.message.clone()
    }
}

const VULN: &str = "https://cosign.sigstore.dev/attestation/vuln/v1";

/// Trivy's report of these findings: id, severity, package, and the version in which it is fixed.
fn trivy(findings: &[(&str, &str, &str, Option<&str>)]) -> Value {
    let vulnerabilities: Vec<_> = findings
        .iter()
        .map(|(id, severity, package, fixed)| {
            json!({
                "VulnerabilityID": id, "Severity": severity, "PkgName": package, "InstalledVersion": "1.0",
                "PkgIdentifier": { "PURL": format!("pkg:deb/debian/{package}@1.0") },
                "FixedVersion": fixed.unwrap_or_default(), "Status": if fixed.is_some() { "fixed" } else { "affected" },
            })
        })
        .collect();
    json!({
        "invocation": {}, "metadata": { "scanStartedOn": "2026-09-21T12:00:00Z", "scanFinishedOn": "2026-09-21T12:00:09Z" },
        "scanner": { "uri": "pkg:github/aquasecurity/trivy@0.60.0", "version": "0.60.0", "result": {
            "SchemaVersion": 2, "ArtifactName": "app", "ArtifactType": "container_image",
            "Results": [{ "Target": "app", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": vulnerabilities }],
        } },
    })
}

#[test]
fn a_report_may_have_found_so_much_and_no_more() {
    let scene = Scene::new().attests(
        VULN,
        &trivy(&[("CVE-2026-1", "CRITICAL", "openssl", Some("1.1")), ("CVE-2026-2", "HIGH", "zlib", None)]),
    );
    scene.accepts("{ vulnerabilities: { by: BY, max: { critical: 1, high: 1 } } }");
    scene.accepts("{ vulnerabilities: { by: BY, max: { medium: 0 } } }");
    let message = scene.refuses("{ vulnerabilities: { by: BY, max: { critical: 0 } } }", "too-many-vulnerabilities");
    assert_eq!(message, "1 critical finding, expected at most 0: CVE-2026-1 in openssl");
    scene.refuses("{ vulnerabilities: { by: BY, max: { high: 0 } } }", "too-many-vulnerabilities");
    scene.accepts("{ vulnerabilities: { by: BY, max: { high: 0 }, ignoreUnfixed: true } }");
    scene.refuses(
        "{ vulnerabilities: { by: BY, max: { critical: 0 }, ignoreUnfixed: true } }",
        "too-many-vulnerabilities",
    );
    let ignored = |expires: &str| {
        format!(
            "{{ vulnerabilities: {{ by: BY, max: {{ critical: 0 }}, ignore: [ {{ id: CVE-2026-1, reason: r, expires: {expires} }} ] }} }}"
        )
    };
    scene.accepts(&ignored("2027-01-01"));
    scene.accepts(&ignored("\"2026-09-21T14:13:21Z\""));
    scene.refuses(&ignored("\"2026-09-21T14:13:20Z\""), "too-many-vulnerabilities");
    scene.refuses(&ignored("2026-01-01"), "too-many-vulnerabilities");
    // Its time is what it says itself, and nobody vouches for that.
    scene.refuses("{ vulnerabilities: { by: BY, max: { critical: 1 }, maxAge: 100w } }", "age-unknown");
}

#[test]
fn so_many_findings_are_told_and_no_more() {
    let told = |count: usize| {
        let ids: Vec<_> = (0..count).map(|at| format!("CVE-2026-{at}")).collect();
        let findings: Vec<_> = ids.iter().map(|id| (id.as_str(), "CRITICAL", "openssl", None)).collect();
        let scene = Scene::new().attests(VULN, &trivy(&findings));
        scene.refuses("{ vulnerabilities: { by: BY, max: { critical: 0 } } }", "too-many-vulnerabilities")
    };
    assert_eq!(
        told(3),
        "3 critical findings, expected at most 0: CVE-2026-0 in openssl, CVE-2026-1 in openssl, CVE-2026-2 in openssl"
    );
    assert_eq!(told(4), told(3).replacen('3', "4", 1) + ", …");
}

#[test]
fn a_clean_report_does_not_answer_a_later_one() {
    let dirty = trivy(&[("CVE-2026-1", "CRITICAL", "openssl", None)]);
    let both = Scene::new().attests(VULN, &trivy(&[])).attests(VULN, &dirty);
    both.refuses("{ vulnerabilities: { by: BY, max: { critical: 0 } } }", "too-many-vulnerabilities");
    let clean = Scene::new().attests(VULN, &trivy(&[])).attests(VULN, &trivy(&[]));
    clean.accepts("{ vulnerabilities: { by: BY, max: { critical: 0 } } }");
    Scene::new().refuses("{ vulnerabilities: { by: BY, max: { critical: 0 } } }", "no-report");
    let other = Scene::new().attests("https://example.com/x", &json!({}));
    other.refuses("{ vulnerabilities: { by: BY, max: { critical: 0 } } }", "not-that-type");
    let rubbish = Scene::new().attests(VULN, &json!({
        "invocation": {}, "metadata": { "scanStartedOn": "2026-09-21T12:00:00Z", "scanFinishedOn": "2026-09-21T12:00:09Z" },
        "scanner": { "uri": "pkg:generic/x", "version": "1", "result": { "some": "thing" } },
    }));
    let decision = rubbish.decide("{ vulnerabilities: { by: BY, max: { critical: 0 } } }");
    assert_eq!(decision.verdict(), Verdict::Refused, "what cannot be read is no report");
}

#[test]
fn vex_takes_findings_away_and_only_whose_is_named() {
    let statement = json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.dev/vex/1", "author": "acme",
        "timestamp": "2026-09-21T12:00:00Z", "version": 1,
        "statements": [{
            "vulnerability": { "name": "CVE-2026-1" }, "status": "not_affected",
            "justification": "vulnerable_code_not_in_execute_path",
            "products": [{ "@id": "app", "hashes": { "sha-256": Digest::of(APP).to_hex() } }],
        }],
    });
    let report = trivy(&[("CVE-2026-1", "CRITICAL", "openssl", None)]);
    let scene = Scene::new().attests(VULN, &report).attests("https://openvex.dev/ns/v0.2.0", &statement);
    scene.refuses("{ vulnerabilities: { by: BY, max: { critical: 0 } } }", "too-many-vulnerabilities");
    scene.accepts("{ vulnerabilities: { by: BY, max: { critical: 0 }, vex: BY } }");
    let other = SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key");
    let other = other.verifying_key().to_pem().replace('\n', "\\n");
    let of_another =
        format!("{{ vulnerabilities: {{ by: BY, max: {{ critical: 0 }}, vex: {{ key: \"{other}\" }} }} }}");
    scene.refuses(&of_another, "too-many-vulnerabilities");
}

fn cyclonedx(components: &Value) -> Value {
    json!({ "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components })
}

#[test]
fn an_sbom_has_nothing_in_it_that_is_denied() {
    let scene = Scene::new().attests(
        "https://cyclonedx.org/bom",
        &cyclonedx(&json!([
            { "type": "library", "name": "event-stream", "version": "3.3.6", "purl": "pkg:npm/event-stream@3.3.6?x=y",
              "licenses": [{ "license": { "id": "MIT" } }] },
            { "type": "library", "name": "readline", "version": "8", "licenses": [{ "expression": "GPL-3.0-only" }] },
            { "type": "library", "name": "dual", "version": "1", "licenses": [{ "expression": "GPL-3.0-only OR MIT" }] },
        ])),
    );
    scene.accepts("{ sbom: { by: BY } }");
    scene.accepts("{ sbom: { by: BY, deniedPackages: [ \"pkg:npm/left-pad@*\" ], deniedLicenses: [ \"AGPL-*\" ] } }");
    let message =
        scene.refuses("{ sbom: { by: BY, deniedPackages: [ \"pkg:npm/event-stream@*\" ] } }", "package-denied");
    assert_eq!(message, "`event-stream 3.3.6` is in it, and the policy denies it");
    scene.refuses("{ sbom: { by: BY, deniedPackages: [ readline ] } }", "package-denied");
    let message = scene.refuses("{ sbom: { by: BY, deniedLicenses: [ \"GPL-3.0*\" ] } }", "license-denied");
    assert_eq!(message, "`readline 8` is in it, under GPL-3.0-only, and the policy denies that");
    scene.refuses("{ sbom: { by: BY, deniedLicenses: [ \"GPL-3.0-only\", MIT ] } }", "license-denied");
}

#[test]
fn a_summary_is_of_that_verifier_and_passed() {
    let summary = |result: &str, levels: Value| {
        json!({
            "verifier": { "id": "https://acme.dev/verifier" }, "timeVerified": "2026-09-21T12:00:00Z",
            "resourceUri": "file:app",
            "policy": { "uri": "https://acme.dev/policy", "digest": { "sha256": "a".repeat(64) } },
            "verificationResult": result, "verifiedLevels": levels,
        })
    };
    const VSA: &str = "https://slsa.dev/verification_summary/v1";
    let scene = Scene::new().attests(VSA, &summary("PASSED", json!(["SLSA_BUILD_LEVEL_3", "ACME_REVIEWED"])));
    let demand = |more: &str| format!("{{ vsa: {{ by: BY, verifier: https://acme.dev/verifier{more} }} }}");
    scene.accepts(&demand(""));
    scene.accepts(&demand(", policy: https://acme.dev/policy, levels: [ SLSA_BUILD_LEVEL_3 ]"));
    scene.accepts(&demand(", levels: [ SLSA_BUILD_LEVEL_2 ]"));
    scene.accepts(&demand(", levels: [ ACME_REVIEWED, SLSA_BUILD_LEVEL_1 ]"));
    scene.refuses(&demand(", levels: [ ACME_TESTED ]"), "summary-mismatch");
    scene.refuses(&demand(", levels: [ SLSA_BUILD_LEVEL_4 ]"), "summary-mismatch");
    scene.refuses(&demand(", levels: [ SLSA_SOURCE_LEVEL_1 ]"), "summary-mismatch");
    scene.refuses(&demand(", policy: https://acme.dev/other"), "summary-mismatch");
    scene.refuses("{ vsa: { by: BY, verifier: https://other.dev } }", "summary-mismatch");
    let digest = |letter: &str| format!(", policyDigest: \"sha256:{}\"", letter.repeat(64));
    scene.accepts(&demand(&digest("a")));
    let message = scene.refuses(&demand(&digest("b")), "summary-mismatch");
    assert!(message.starts_with("the summary's policy's digest is `sha256:aaa"), "{message}");
    scene.accepts(&demand(", resource: \"file:app\""));
    scene.accepts(&demand(", resource: \"file:{name}\""));
    for other in ["file:{name}/{name}", "{name}", "file:tool", "oci://{name}"] {
        scene.refuses(&demand(&format!(", resource: \"{other}\"")), "summary-mismatch");
    }
    let failed = Scene::new().attests(VSA, &summary("FAILED", json!([])));
    failed.refuses(&demand(""), "summary-mismatch");
    let bare = json!({
        "verifier": { "id": "https://acme.dev/verifier" }, "resourceUri": "file:other", "policy": { "uri": "urn:other" },
        "verificationResult": "PASSED", "verifiedLevels": [],
    });
    let bare = Scene::new().attests(VSA, &bare);
    bare.accepts(&demand(""));
    for demanded in [", resource: \"file:app\"", ", policy: https://acme.dev/policy", &digest("a")] {
        bare.refuses(&demand(demanded), "summary-mismatch");
    }
    let older = json!({ "verifier": { "id": "https://acme.dev/verifier" }, "verification_result": "PASSED" });
    let older = Scene::new().attests("https://slsa.dev/verification_summary/v0.2", &older);
    older.refuses(&demand(""), "summary-unreadable");
}

#[test]
fn a_condition_holds_or_denies() {
    let scene = Scene::new().attests("https://example.com/tests", &json!({ "failed": 0, "passed": 12 }));
    let demand =
        |when: &str| format!("{{ attested: {{ type: \"https://example.com/tests\", by: BY, where: \"{when}\" }} }}");
    scene.accepts(&demand("predicate.failed == 0 && predicate.passed > 10"));
    let message = scene.refuses(&demand("predicate.failed > 0"), "condition-not-met");
    assert_eq!(message, "the condition does not hold: predicate.failed > 0");
    scene.refuses(&demand("predicate.skipped == 0"), "condition-missing-key");
    scene.refuses(&demand("predicate.failed"), "condition-not-bool");
    scene.accepts(&demand("signer.key.startsWith('sha256:')"));
    scene.refuses(&demand("signer.issuer == 'x'"), "condition-missing-key");
}

/// `serde_json` would count the last, others the first.
#[test]
fn a_predicate_that_says_something_twice_is_not_asked() {
    const TYPE: &str = "https://example.com/tests";
    let demand = |when: &str| format!("{{ attested: {{ type: \"{TYPE}\", by: BY, where: \"{when}\" }} }}");
    let failed = |scene: Scene| scene.attests(TYPE, &json!({ "run": { "failed": "some" } }));
    failed(Scene::new()).but("\"some\"", "0").accepts(&demand("predicate.run.failed == 0"));
    let twice = failed(Scene::new()).but("\"some\"", r#"3,"failed":0"#);
    twice.refuses(&demand("predicate.run.failed == 0"), "predicate-unreadable");
}
