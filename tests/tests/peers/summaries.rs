//! Verification summaries, read by slsa-verifier.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::{Peers, Said, run};
use bulla_policy::{Decision, Embedded, Name, Policies, TrustPolicy, Verification, judge};
use bulla_sign::{PredicateType, SigningKey, sign_statement, statement};
use bulla_tests::vectors;
use bulla_verify::{Artifact, Digest, KeyAlgorithm, Time};
use serde_json::Value;
use std::{env, fs, process::Command};

const VERIFIER: &str = "https://acme.dev/verifier";
const RESOURCE: &str = "https://acme.dev/dl/app";

/// What slsa-verifier says of a summary in `vsa.json` by the key in `vsa.pub`.
fn verify(peers: &Peers, digest: &str, more: &[&str]) -> Said {
    let mut verifier = Command::new(env::var("BULLA_SLSA_VERIFIER").expect("slsa-verifier"));
    let about =
        ["verify-vsa", "--attestation-path", "vsa.json", "--public-key-path", "vsa.pub", "--subject-digest", digest];
    run(&mut verifier, peers.folder.path(), &[&about[..], more].concat())
}

const RIGHT: [&str; 4] = ["--verifier-id", VERIFIER, "--resource-uri", RESOURCE];

/// The envelope of a bundle, which is all that slsa-verifier reads.
fn unpack(peers: &Peers, bundle: &[u8]) {
    let bundle: Value = serde_json::from_slice(bundle).expect("a bundle");
    fs::write(peers.path("vsa.json"), bundle["dsseEnvelope"].to_string()).expect("a file");
}

/// Real provenance, of a builder that reaches level 3.
fn provenance() -> Option<(Vec<u8>, Digest)> {
    let path = vectors("slsa-verifier")?.join("gha_go/v2.1.0/binary-linux-amd64-workflow_dispatch.intoto.jsonl");
    let digest = "sha256:f6ab7ad0c7549b5a4942c3b0690519d791c28c4c0f8b286208cb40da3322a066";
    Some((fs::read(path).expect("the provenance"), Digest::parse(digest).expect("a digest")))
}

#[test]
fn slsa_verifier_believes_the_summary_of_what_provenance_has_proved() {
    let (Some(peers), Some((bundle, digest))) = (Peers::running(), provenance()) else { return };
    let key = SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key");
    fs::write(peers.path("vsa.pub"), key.verifying_key().to_pem()).expect("a file");
    let summarised = |source: &str| {
        let policy = format!(
            "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: p }}\nspec:\n  unmatched: deny\n  rules:\n    \
             - name: r\n      files: [ \"**\" ]\n      mode: enforce\n      require: {{ provenance: {{ builder: slsa-github-generator, \
             source: github.com/{source} }} }}\n"
        );
        let policy = TrustPolicy::parse(&policy, &Embedded).expect("a policy");
        let now = Time::from_unix(1_790_000_000);
        let bundles = [("provenance".to_owned(), bundle.as_slice())];
        let name = Name::File("app".to_owned());
        let decision: Decision =
            judge(bundles, name, &Artifact::from_digest(digest), &Policies::from(policy.clone()), now);
        let of = Verification { verifier: VERIFIER, resource: RESOURCE, policy: &policy, time: now };
        let summary = decision.summary(&of, |_| Some((None, Digest::of(&bundle)))).expect("a summary");
        let vsa = PredicateType::parse("vsa").expect("a type");
        let statement = statement::attest(&digest, None, &vsa, summary.as_bytes()).expect("a statement");
        unpack(&peers, &sign_statement(&key, &statement).expect("signed"));
    };
    let about = digest.to_string();
    summarised("slsa-framework/example-package");
    verify(&peers, &about, &RIGHT).succeeds();
    for level in ["SLSA_BUILD_LEVEL_2", "SLSA_BUILD_LEVEL_3"] {
        verify(&peers, &about, &[&RIGHT[..], &["--verified-level", level]].concat()).succeeds();
    }
    verify(&peers, &about, &[&RIGHT[..], &["--verified-level", "SLSA_BUILD_LEVEL_4"]].concat()).refuses("FAILED");
    verify(&peers, &about, &["--verifier-id", "https://acme.dev/x", "--resource-uri", RESOURCE]).refuses("verifier ID");
    verify(&peers, &about, &["--verifier-id", VERIFIER, "--resource-uri", "urn:x"]).refuses("resource URI");
    verify(&peers, &Digest::of(b"x").to_string(), &RIGHT).refuses("FAILED");
    summarised("slsa-framework/another");
    verify(&peers, &about, &RIGHT).refuses("verification result");
}

/// Where no provenance was asked for, the level is one that SLSA 1.1 has and slsa-verifier 2.7.1 does not know.
#[test]
fn slsa_verifier_does_not_read_a_summary_without_a_level() {
    let Some(peers) = Peers::running() else { return };
    peers.keys();
    fs::write(peers.path("app"), "bytes").expect("a file");
    fs::copy(peers.path("other.pub"), peers.path("vsa.pub")).expect("a file");
    let policy = "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: { name: p }\nspec:\n  unmatched: deny\n  rules:\n    \
                  - name: r\n      files: [ app ]\n      mode: enforce\n      require: { signed: { by: { key: ./ours.pub } } }\n";
    fs::write(peers.path("trust.yaml"), policy).expect("a file");
    peers.bulla(&["sign", "app", "--key", "ours.key"]).succeeds();
    let of = ["--policy", "trust.yaml", "--verifier-id", VERIFIER, "--resource", RESOURCE];
    let attest = ["attest", "app", "--vsa", "--key", "other.key", "--bundle", "vsa.sigstore.json"];
    peers.bulla(&[&attest[..], &of[..]].concat()).succeeds();
    unpack(&peers, &fs::read(peers.path("vsa.sigstore.json")).expect("a bundle"));
    let digest = Digest::of(b"bytes").to_string();
    verify(&peers, &digest, &RIGHT).refuses("invalid SLSA level: SLSA_BUILD_LEVEL_UNEVALUATED");
}
