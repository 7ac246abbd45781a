//! One example of each refusal.

use super::scene::{APP, Key, NOW, Scene, gives_of_index};
use bulla_policy::{Child, Children, DocumentError, Evidence, Reason};
use bulla_tests::vectors;
use bulla_verify::{Artifact, Digest, Identity};
use serde_json::{Value, json};
use std::fs;

const TESTS: &str = "https://acme.dev/tests/v1";
const VULN: &str = "https://cosign.sigstore.dev/attestation/vuln/v1";
const SBOM: &str = "https://cyclonedx.org/bom";
const VSA: &str = "https://slsa.dev/verification_summary/v1";
const OLD_VSA: &str = "https://slsa.dev/verification_summary/v0.2";
const BY_ALICE: &str = "{ signed: { by: ALICE } }";

fn dev() -> Identity {
    Identity::Email("dev@acme.dev".to_owned())
}

/// All of them that can be made here.
pub(crate) fn all() -> Vec<Reason> {
    [
        nothing(),
        signers(),
        times(),
        revoked(),
        kinds(),
        indexes(),
        reports(),
        sboms(),
        summaries(),
        conditions(),
        documents(),
        provenance(),
    ]
    .concat()
}

fn nothing() -> Vec<Reason> {
    let scene = Scene::new();
    let gives = |code: &str, require: &str| scene.gives(code, &[require], "");
    vec![
        gives("no-signature", BY_ALICE),
        gives("no-attestation", &format!("{{ attested: {{ type: {TESTS}, by: ALICE }} }}")),
        gives("no-provenance", "{ provenance: { builder: github-hosted, source: github.com/acme/app } }"),
        gives("no-report", "{ vulnerabilities: { by: ALICE, max: { critical: 0 } } }"),
        gives("no-sbom", "{ sbom: { by: ALICE } }"),
        gives("no-summary", "{ vsa: { by: ALICE, verifier: https://acme.dev/verifier } }"),
        scene.gives("unmatched", &[], "    - { name: r, files: [ other ], mode: enforce, require: { signed: { by: ALICE } } }\n"),
        Scene::new().signed(Key::Alice).gives(
            "signer-threshold",
            &["{ atLeast: { count: 2, of: [ { signed: { by: ALICE } }, { signed: { by: BOB } }, { signed: { by: CAROL } } ] } }"],
            "",
        ),
    ]
}

fn signers() -> Vec<Reason> {
    let workload = Identity::Uri("spiffe://acme.dev/test/app".to_owned());
    let other_root = "{ signed: { by: { email: { address: dev@acme.dev, issuer: \"ISSUER\", root: other } } } }";
    vec![
        Scene::new().signed(Key::Alice).signed(Key::Carol).gives("signer-mismatch", &[BY_ALICE, "{ signed: { by: BOB } }"], "    - { name: c, files: [ app ], mode: audit, require: { signed: { by: CAROL } } }\n"),
        Scene::new().signed_as(&workload).gives(
            "claim-mismatch",
            &["{ signed: { by: { spiffe: { trustDomain: acme.dev, path: production/app, issuer: \"ISSUER\", root: acme } } } }"],
            "",
        ),
        Scene::new().signed_as(&dev()).gives("root-mismatch", &["{ signed: { by: DEV } }", other_root], ""),
        Scene::new().signed_as(&dev()).gives("witness-threshold", &["{ signed: { by: DEV, witnessed: { logs: 2 } } }"], ""),
        Scene::new().signed_as(&dev()).gives(
            "witness-missing",
            &["{ signed: { by: DEV, witnessed: { names: [ \"https://log.acme.dev\" ] } } }"],
            "",
        ),
    ]
}

fn times() -> Vec<Reason> {
    let window = |file: &str| {
        format!("{{ signed: {{ by: {{ key: {{ file: ./{file}, from: 2026-01-01, until: 2027-01-01 }} }} }} }}")
    };
    let mut made = vec![
        Scene::new().signed(Key::Alice).gives("age-unknown", &["{ signed: { by: ALICE, maxAge: 7d } }"], ""),
        Scene::new().signed_as(&dev()).at(NOW + 30 * 86_400).gives(
            "too-old",
            &["{ signed: { by: DEV, maxAge: 7d } }"],
            "",
        ),
        Scene::new().signed(Key::Alice).gives("key-window-no-time", &[&window("alice.pub")], ""),
    ];
    if let Some(folder) = vectors("sigstore-conformance/bundle-verify") {
        let read = |name: &str| fs::read(folder.join(name)).expect(name);
        let text = |name: &str| String::from_utf8(read(name)).expect(name);
        let artifact = read("a.txt");
        let scene = Scene::new().with(read("managed-key-happy-path/bundle.sigstore.json"));
        let scene = scene.file("signer.pub", text("managed-key-happy-path/key.pub"));
        // It was logged in the public instance on 18 December 2025.
        made.push(scene.gives_of("key-window", &Artifact::from_bytes(&artifact), &[&window("signer.pub")], ""));
    }
    made
}

fn revoked() -> Vec<Reason> {
    let scene = Scene::new().signed(Key::Alice);
    let digest = Digest::of(APP);
    let of_digest = format!("  revoked: [ {{ digest: \"{digest}\", since: 2026-06-01, reason: it leaks }} ]\n");
    vec![
        scene.gives("artifact-revoked", &[BY_ALICE], &of_digest),
        scene.gives(
            "signer-revoked",
            &[BY_ALICE],
            "  revoked: [ { by: ALICE, since: 2026-05-01, reason: the laptop was stolen } ]\n",
        ),
    ]
}

fn kinds() -> Vec<Reason> {
    let attested = |kind: &str| Scene::new().attested(Key::Alice, kind, &json!({}));
    let tests = attested(TESTS);
    let provenance = json!({ "buildDefinition": { "buildType": "https://acme.dev/build/v1", "externalParameters": {} },
        "runDetails": { "builder": { "id": "https://acme.dev/builder" } } });
    let by_key = Scene::new().attested(Key::Alice, "https://slsa.dev/provenance/v1", &provenance);
    let demand = "{ provenance: { builder: github-hosted, source: github.com/acme/app } }";
    vec![
        tests.gives("not-a-signature", &[BY_ALICE], ""),
        tests.gives("not-that-type", &["{ attested: { type: \"https://acme.dev/scan/v1\", by: ALICE } }"], ""),
        tests.gives("not-provenance", &[BY_ALICE, demand], ""),
        by_key.gives("builder-mismatch", &[BY_ALICE, demand], ""),
    ]
}

/// Trivy's report, in cosign's predicate, of so many critical findings.
fn indexes() -> Vec<Reason> {
    let arm = |evidence| Child {
        digest: Digest::of(b"arm64"),
        platform: Some("linux/arm64".to_owned()),
        is_attestation: false,
        evidence,
    };
    let index = Evidence { children: Children::Listed(Vec::new()), ..Evidence::default() };
    vec![
        gives_of_index("index-empty", Children::Listed(Vec::new())),
        gives_of_index("index-unseen", Children::Listed(vec![arm(None)])),
        gives_of_index("index-nested", Children::Listed(vec![arm(Some(index))])),
    ]
}

fn report(critical: usize) -> Value {
    let finding = |number: usize| {
        json!({ "VulnerabilityID": format!("CVE-2026-{number}"), "Severity": "CRITICAL", "PkgName": "openssl",
            "InstalledVersion": "1.0", "PkgIdentifier": { "PURL": "pkg:deb/debian/openssl@1.0" }, "Status": "affected" })
    };
    let findings: Vec<_> = (1..=critical).map(finding).collect();
    json!({ "invocation": {},
        "metadata": { "scanStartedOn": "2026-09-21T12:00:00Z", "scanFinishedOn": "2026-09-21T12:00:09Z" },
        "scanner": { "uri": "pkg:github/aquasecurity/trivy@0.60.0", "version": "0.60.0", "result": {
            "SchemaVersion": 2, "ArtifactName": "app", "ArtifactType": "container_image",
            "Results": [{ "Target": "app", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": findings }] } } })
}

fn reports() -> Vec<Reason> {
    let demand = &["{ vulnerabilities: { by: ALICE, max: { critical: 1 } } }"];
    let found = Scene::new().attested(Key::Alice, VULN, &report(5));
    let both = Scene::new().attested(Key::Alice, VULN, &report(0)).attested(Key::Alice, VULN, &report(5));
    vec![found.gives("too-many-vulnerabilities", demand, ""), both.gives("outdated", demand, "")]
}

fn sboms() -> Vec<Reason> {
    let sbom = json!({ "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": [
        { "type": "library", "name": "event-stream", "version": "3.3.6", "purl": "pkg:npm/event-stream@3.3.6" },
        { "type": "library", "name": "readline", "version": "8", "licenses": [{ "expression": "GPL-3.0-only" }] } ] });
    let scene = Scene::new().attested(Key::Alice, SBOM, &sbom);
    vec![
        scene.gives("package-denied", &["{ sbom: { by: ALICE, deniedPackages: [ \"pkg:npm/event-stream@*\" ] } }"], ""),
        scene.gives("license-denied", &["{ sbom: { by: ALICE, deniedLicenses: [ \"GPL-3.0*\" ] } }"], ""),
    ]
}

fn summaries() -> Vec<Reason> {
    let summary = json!({ "verifier": { "id": "https://acme.dev/verifier" }, "timeVerified": "2026-09-21T12:00:00Z",
        "resourceUri": "pkg:oci/app", "policy": { "uri": "https://acme.dev/policy" }, "verificationResult": "PASSED",
        "verifiedLevels": ["SLSA_BUILD_LEVEL_2"] });
    let old = json!({ "verifier": { "id": "https://acme.dev/verifier" }, "verification_result": "PASSED" });
    let demand = &["{ vsa: { by: ALICE, verifier: https://acme.dev/verifier, levels: [ SLSA_BUILD_LEVEL_3 ] } }"];
    vec![
        Scene::new().attested(Key::Alice, VSA, &summary).gives("summary-mismatch", demand, ""),
        Scene::new().attested(Key::Alice, OLD_VSA, &old).gives("summary-unreadable", demand, ""),
    ]
}

fn conditions() -> Vec<Reason> {
    let many: Vec<usize> = (0..2_000).collect();
    let predicate =
        json!({ "failed": 3, "text": "x", "zero": 0, "big": i64::MAX, "list": [1], "same": "failed", "many": many });
    let scene = Scene::new().attested(Key::Alice, TESTS, &predicate);
    let demand = |when: &str| format!("{{ attested: {{ type: {TESTS}, by: ALICE, where: \"{when}\" }} }}");
    let gives = |code: &str, when: &str| scene.gives(code, &[&demand(when)], "");
    let unreadable = Scene::new().attested_as(&dev(), TESTS, "{\"failed\": 1e999}");
    vec![
        gives("condition-not-met", "predicate.failed == 0"),
        gives("condition-missing-key", "predicate.skipped == 0"),
        gives("condition-not-bool", "predicate.failed"),
        gives("condition-index", "predicate.list[7] == 1"),
        gives("condition-operands", "predicate.text > 1"),
        gives("condition-overflow", "predicate.big + 1 > 0"),
        gives("condition-division-by-zero", "1 / predicate.zero == 1"),
        gives("condition-conversion", "int(predicate.text) == 1"),
        gives("condition-repeated-key", "size({predicate.same: 1, 'failed': 2}) == 1"),
        gives("condition-over-budget", "predicate.many.all(x, predicate.many.all(y, x + y >= 0))"),
        unreadable.gives("predicate-unreadable", &[&demand("predicate.failed == 0").replace("ALICE", "DEV")], ""),
    ]
}

/// As decisions give them (`contents.rs`): an error's own words.
fn documents() -> Vec<Reason> {
    let sbom = json!({ "bomFormat": "CycloneDX", "specVersion": "1.5", "components": 1 }).to_string();
    let scene = Scene::new().attested_as(&dev(), SBOM, &sbom);
    let example = scene.gives("document-malformed", &["{ sbom: { by: DEV } }"], "");
    let errors = [
        DocumentError::OverBudget { what: "findings", limit: 100_000, found: 100_001 },
        DocumentError::Unrecognised {
            expected: "an SBOM",
            found: "an object with the key `a`".to_owned(),
            read: "SPDX 2.2 and 2.3, CycloneDX 1.2 to 1.7",
        },
        DocumentError::Ambiguous { one: "an SBOM of SPDX", other: "an SBOM of CycloneDX" },
        DocumentError::NotRead {
            found: "a CycloneDX document",
            instead: "have it written as OpenVEX (`vexctl create`)",
        },
        DocumentError::UnsupportedVersion { format: "CycloneDX", expected: "1.2 to 1.7", found: "9.9".to_owned() },
        DocumentError::UnknownLicense { package: "readline".to_owned(), list: "3.27", found: "GPL-4.0".to_owned() },
        DocumentError::NoScanTime,
    ];
    let of = |error: DocumentError| {
        let (code, message, hint) = (error.code().to_owned(), error.to_string(), Some(error.hint()));
        let mut reason = example.clone();
        (reason.code, reason.message, reason.hint) = (code, message, hint);
        reason
    };
    let mut made = vec![example.clone()];
    made.extend(errors.map(of));
    made
}

/// Bundles that builders of GitHub have signed.
fn provenance() -> Vec<Reason> {
    let Some(folder) = vectors("slsa-verifier") else { return Vec::new() };
    let scene = |name: &str| {
        let text = fs::read_to_string(folder.join(name)).expect(name);
        Scene::new().with(text.lines().next().expect("a bundle").as_bytes().to_vec())
    };
    let maven = scene("gha_maven/v1.10.0/binary-linux-amd64-workflow_dispatch.build.slsa");
    let of = |digest: &str| Artifact::from_digest(Digest::parse(digest).expect("a digest"));
    let binary = of("sha256:1e764f7a536acbd32e70ef33257e4c0f6b70fbf4248effcb1d796150b3a9964a");
    let demand = |more: &str| {
        format!(
            "{{ provenance: {{ builder: slsa-github-generator, source: github.com/slsa-framework/example-package{more} }} }}"
        )
    };
    let released = scene("bcr/rules_lint-v1.3.1.tar.gz.intoto.jsonl");
    let archive = of("sha256:1636f443b01c9ee310ee5834956d0dce374c3d3bf8d4cebc9f6b86f8304b4982");
    let builder = "https://github.com/bazel-contrib/.github/.github/workflows/release_ruleset.yaml";
    let level =
        format!("{{ provenance: {{ builder: \"{builder}\", source: github.com/aspect-build/rules_lint, level: 3 }} }}");
    vec![
        maven.gives_of("provenance-mismatch", &binary, &[&demand(", ref: refs/heads/release")], ""),
        maven.gives_of("input-mismatch", &binary, &[&demand(", inputs: { release: \"true\" }")], ""),
        released.gives_of("level-too-low", &archive, &[&level], ""),
    ]
}
