//! What is suggested of real evidence: met by it, spelled out, and not met by another's.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, tells what it counted, and reads files"
)]

use bulla_policy::{
    Believed, Embedded, Evidence, Name, Policies, Subject, Suggestion, TrustPolicy, Unavailable, Unsuggested, Verdict,
    decide, suggest,
};
use bulla_sign::{PredicateType, SigningKey, sign_message, sign_statement, statement};
use bulla_verify::{Artifact, Digest, KeyAlgorithm, Time, TrustedRoot};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

const APP: &[u8] = b"app";

fn now() -> Time {
    Time::from_unix(1_790_000_000)
}

fn image() -> Name {
    Name::Image("registry.acme.dev/services/app".to_owned())
}

fn public() -> Believed {
    let root = TrustedRoot::public_good().expect("the root").named("public-good");
    Believed::new(Vec::new(), vec![root])
}

fn suggested(evidence: &Evidence, subject: &Subject) -> Result<Suggestion, Unsuggested> {
    let suggestion = suggest(subject, evidence, &BTreeMap::new(), &Embedded, now())?;
    let text = suggestion.policy.to_string();
    let read = TrustPolicy::parse(&text, &Embedded).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(read, suggestion.policy, "it reads back as it is");
    assert_eq!(verdict(&suggestion.policy, evidence, subject), Verdict::Accepted);
    Ok(suggestion)
}

fn verdict(policy: &TrustPolicy, evidence: &Evidence, subject: &Subject) -> Verdict {
    decide(&Policies::from(policy.clone()), subject, evidence, now()).verdict()
}

/// What somebody with a key has made.
struct Maker {
    key: SigningKey,
    bundles: Vec<Vec<u8>>,
}

impl Maker {
    fn new() -> Self {
        let key = SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key");
        Self { bundles: vec![sign_message(&key, &Artifact::from_bytes(APP)).expect("signed")], key }
    }

    fn attests(mut self, predicate_type: &str, predicate: &Value) -> Self {
        let predicate_type = PredicateType::parse(predicate_type).expect("a type");
        let statement = statement::attest(&Digest::of(APP), None, &predicate_type, predicate.to_string().as_bytes());
        self.bundles.push(sign_statement(&self.key, &statement.expect("a statement")).expect("signed"));
        self
    }

    fn evidence(&self) -> Evidence {
        let bundles = self.bundles.iter().enumerate();
        let bundles = bundles.map(|(number, bytes)| (format!("bundle {number}"), bytes.as_slice()));
        let believed = Believed::new(vec![self.key.verifying_key().clone()], Vec::new());
        Evidence::gather(bundles, &Artifact::from_bytes(APP), &believed, now())
    }

    fn suggested(&self) -> Suggestion {
        suggested(&self.evidence(), &app()).unwrap_or_else(|error| panic!("{error}"))
    }
}

fn app() -> Subject {
    Subject { name: image(), digest: Digest::of(APP) }
}

fn report(critical: usize) -> Value {
    let finding = |number: usize| {
        json!({ "VulnerabilityID": format!("CVE-2026-{number:04}"), "Severity": "CRITICAL", "PkgName": "openssl",
                "InstalledVersion": "1.0", "PkgIdentifier": { "PURL": "pkg:deb/debian/openssl@1.0" } })
    };
    json!({
        "invocation": {}, "metadata": { "scanStartedOn": "2026-09-21T12:00:00Z", "scanFinishedOn": "2026-09-21T12:00:09Z" },
        "scanner": { "uri": "pkg:github/aquasecurity/trivy@0.60.0", "version": "0.60.0", "result": {
            "SchemaVersion": 2, "ArtifactName": "app", "ArtifactType": "container_image",
            "Results": [{ "Target": "app", "Class": "os-pkgs", "Type": "debian",
                          "Vulnerabilities": (0..critical).map(finding).collect::<Vec<_>>() }],
        } },
    })
}

const VULN: &str = "https://cosign.sigstore.dev/attestation/vuln/v1";

#[test]
fn everything_that_a_key_has_made_is_demanded_of_the_next_one() {
    let maker =
        Maker::new().attests(VULN, &report(2)).attests("https://acme.dev/tests/v1", &json!({ "failed": 0 })).attests(
            "https://slsa.dev/verification_summary/v1",
            &json!({ "verifier": { "id": "https://acme.dev/verifier" }, "timeVerified": "2026-09-21T12:00:00Z",
                     "resourceUri": "registry.acme.dev/services/app", "policy": { "uri": "https://acme.dev/policy" },
                     "verificationResult": "PASSED", "verifiedLevels": ["SLSA_BUILD_LEVEL_2"] }),
        );
    let policy = maker.suggested().policy;
    let text = policy.to_string();
    for says in [
        "registry.acme.dev/services/app",
        "unmatched: deny",
        "critical: 2",
        "high: 0",
        "https://acme.dev/tests/v1",
        "https://acme.dev/verifier",
        "SLSA_BUILD_LEVEL_2",
        "resource: registry.acme.dev/services/app",
        "BEGIN PUBLIC KEY",
    ] {
        assert!(text.contains(says), "{says}\n{text}");
    }
    for missing in 0..maker.bundles.len() {
        let mut less = maker.evidence();
        less.verified.remove(missing);
        assert_eq!(verdict(&policy, &less, &app()), Verdict::Refused, "without bundle {missing}");
    }
    assert_eq!(verdict(&policy, &Maker::new().evidence(), &app()), Verdict::Refused, "another key");
    let worse = Maker { key: maker.key, bundles: maker.bundles.clone() }.attests(VULN, &report(3));
    assert_eq!(verdict(&policy, &worse.evidence(), &app()), Verdict::Refused, "one finding more");
}

/// VEX is applied to the report beside it; where there is none, it is an attestation like any other.
#[test]
fn what_vex_takes_away_is_not_suggested_to_be_allowed() {
    const VEX: &str = "https://openvex.dev/ns/v0.2.0";
    let vex = json!({
        "@context": VEX, "@id": "https://acme.dev/vex/1", "author": "acme", "timestamp": "2026-09-21T12:00:00Z",
        "version": 1, "statements": [{
            "vulnerability": { "name": "CVE-2026-0000" }, "status": "not_affected",
            "justification": "vulnerable_code_not_in_execute_path",
            "products": [{ "@id": "app", "hashes": { "sha-256": Digest::of(APP).to_hex() } }],
        }],
    });
    let maker = Maker::new().attests(VULN, &report(1)).attests(VEX, &vex);
    let suggestion = maker.suggested();
    let text = suggestion.policy.to_string();
    assert!(text.contains("critical: 0") && text.contains("vex:") && !text.contains("attested:"), "{text}");
    assert!(suggestion.notes.is_empty(), "{:?}", suggestion.notes);
    let mut without = maker.evidence();
    without.verified.retain(|verified| verified.origin != "bundle 2");
    assert_eq!(verdict(&suggestion.policy, &without, &app()), Verdict::Refused, "without the VEX");

    let alone = Maker::new().attests(VEX, &vex).suggested().policy.to_string();
    assert!(alone.contains("attested:") && alone.contains(VEX) && !alone.contains("vulnerabilities:"), "{alone}");
    // The same twice is demanded once.
    let twice = Maker::new().attests(VULN, &report(0)).attests(VULN, &report(0)).suggested().policy.to_string();
    assert_eq!(twice.matches("vulnerabilities:").count(), 1, "{twice}");
}

#[test]
fn a_summary_that_has_not_passed_is_no_reason_to_trust() {
    let failed = json!({ "verifier": { "id": "https://acme.dev/verifier" }, "timeVerified": "2026-09-21T12:00:00Z",
                         "resourceUri": "registry.acme.dev/services/app", "policy": { "uri": "https://acme.dev/policy" },
                         "verificationResult": "FAILED", "verifiedLevels": [] });
    let suggestion = Maker::new().attests("https://slsa.dev/verification_summary/v1", &failed).suggested();
    assert!(!suggestion.policy.to_string().contains("verification_summary"), "{}", suggestion.policy);
    assert_eq!(suggestion.notes.len(), 1, "{:?}", suggestion.notes);
}

#[test]
fn nothing_is_suggested_of_nothing() {
    let nothing = Evidence::default();
    assert_eq!(suggested(&nothing, &app()).expect_err("nothing"), Unsuggested::Nothing);
    let mut maker = Maker::new().evidence();
    let subject = Subject { name: Name::Unnamed, ..app() };
    assert_eq!(suggested(&maker, &subject).expect_err("no name"), Unsuggested::Unnamed);
    let subject = Subject { name: Name::File("a b".to_owned()), ..app() };
    assert_eq!(suggested(&maker, &subject).expect_err("no pattern"), Unsuggested::Unspeakable("a b".to_owned()));
    let text = || String::from("x");
    maker.unavailable.push(Unavailable { origin: text(), code: text(), reason: text(), hint: None });
    assert_eq!(suggested(&maker, &app()).expect_err("something is missing"), Unsuggested::Unavailable);
}

#[test]
fn every_reason_for_no_suggestion_has_a_code_and_a_hint() {
    use Unsuggested::{Nothing, Unavailable, Unmet, Unnamed, Unspeakable};
    let all = [Nothing, Unavailable, Unmet, Unnamed, Unspeakable("a b".to_owned())];
    let codes: Vec<_> = all.iter().map(Unsuggested::code).collect();
    assert_eq!(codes, ["nothing-signed", "evidence-unavailable", "suggestion-unmet", "unnamed", "name-unspeakable"]);
    assert!(all.iter().all(|why| why.hint().contains(' ') && !why.hint().ends_with('.')));
}

fn vectors(folder: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors").join(folder);
    if !folder.exists() {
        println!("skipped: {} is not there", folder.display());
    }
    folder.exists().then_some(folder)
}

#[derive(Deserialize)]
struct Release {
    bundle: String,
    sha256: String,
}

#[derive(Deserialize)]
struct Row {
    provenance: String,
    artifacts: Vec<File>,
    expect: String,
}

#[derive(Deserialize)]
struct File {
    digest: String,
}

fn lines<T: for<'de> Deserialize<'de>>(file: &Path) -> Vec<T> {
    let text = fs::read_to_string(file).expect("the cases");
    text.lines().map(|line| serde_json::from_str(line).expect("a case")).collect()
}

fn real(bundle: &Path, digest: &str) -> (Evidence, Subject) {
    let bytes = fs::read(bundle).expect("a bundle");
    let digest = Digest::parse(digest).expect("a digest");
    let bundles = [("bundle".to_owned(), bytes.as_slice())];
    let evidence = Evidence::gather(bundles, &Artifact::from_digest(digest), &public(), now());
    (evidence, Subject { name: Name::File("artifact".to_owned()), digest })
}

/// Release managers, by their addresses.
#[test]
fn of_every_python_release_a_policy_is_suggested_that_knows_its_manager() {
    let Some(folder) = vectors("cpython") else { return };
    let (mut suggestions, mut last): (usize, Option<TrustPolicy>) = (0, None);
    let mut signers = BTreeSet::new();
    for release in lines::<Release>(&folder.join("manifest.jsonl")) {
        let (evidence, subject) = real(&folder.join(release.bundle), &format!("sha256:{}", release.sha256));
        let policy = suggested(&evidence, &subject).unwrap_or_else(|error| panic!("{error}")).policy;
        let text = policy.to_string();
        assert!(text.contains("email:"), "{text}");
        let differs = last.as_ref().is_some_and(|last| last.to_string() != text);
        if let Some(last) = last.replace(policy).filter(|_| differs) {
            assert_eq!(verdict(&last, &evidence, &subject), Verdict::Refused, "another manager's");
        }
        signers.insert(text);
        suggestions += 1;
    }
    println!("{suggestions} releases, {} signers", signers.len());
    assert_eq!(suggestions, 81);
    assert!(signers.len() > 1);
}

/// Builders, with their sources.
#[test]
fn of_provenance_a_policy_is_suggested_that_knows_builder_and_source() {
    let Some(folder) = vectors("slsa-verifier") else { return };
    let mut policies = BTreeMap::new();
    for row in lines::<Row>(&folder.join("cases.jsonl")).iter().filter(|row| row.expect == "pass") {
        let (evidence, subject) = real(&folder.join(&row.provenance), &row.artifacts.first().expect("a file").digest);
        let policy =
            suggested(&evidence, &subject).unwrap_or_else(|error| panic!("{}: {error}", row.provenance)).policy;
        policies.insert(row.provenance.clone(), policy.to_string());
    }
    let says = |what: &str| policies.values().filter(|text| text.contains(what)).count();
    println!(
        "{} provenances: {} by a known builder at level 3, {} of a repository id, {} otherwise",
        policies.len(),
        says("level: 3"),
        says("repositoryId"),
        policies.len() - says("provenance:")
    );
    // Two are by reusable workflows that nobody vouches for: level 2.
    assert_eq!(
        (policies.len(), says("provenance:"), says("slsa-github-generator"), says("repositoryId")),
        (15, 15, 13, 15)
    );
}
