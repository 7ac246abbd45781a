//! What must be accepted.

use crate::{Pair, check, message_bundle, statement, statement_bundle};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{Artifact, Digest, HashAlgorithm, Hasher, SIGN_V1, Typed, VerifiedSigner};
use serde_json::json;

const APP: &[u8] = b"app";

#[test]
fn every_algorithm_signs_an_artifact_and_a_statement() {
    for pair in Pair::of_every_kind() {
        let key = pair.public();
        let artifact = Artifact::from_bytes(APP);
        let verified = check(&message_bundle(&pair, APP), &artifact, key.clone()).expect("accepted");
        assert!(verified.is_signature() && verified.statement().is_none());
        assert!(matches!(verified.signer(), VerifiedSigner::Key { key: signer, .. } if *signer == key));

        let image = Artifact::from_digest(Digest::of(APP));
        let signature = statement_bundle(&pair, &statement(SIGN_V1, json!({}), APP));
        assert!(check(&signature, &image, key).expect("accepted").is_signature());
    }
}

#[test]
fn a_streamed_file_needs_only_the_hash_of_its_key() {
    for pair in Pair::of_every_kind() {
        let mut hasher = Hasher::new(&[pair.public().algorithm().hash()]);
        hasher.update(APP);
        let found = check(&message_bundle(&pair, APP), &hasher.finish(), pair.public());
        // The pure form of Ed25519 reads the message twice: no hash of it will do.
        assert_eq!(found.is_ok(), !matches!(pair, Pair::Ed25519(_)), "{:?}", pair.public());
    }
}

#[test]
fn provenance_is_read_and_is_no_signature() {
    let pair = Pair::p256();
    let predicate = json!({
        "buildDefinition": { "buildType": "https://example.com/build/v1", "externalParameters": {} },
        // As BuildKit writes it.
        "runDetails": { "builder": { "id": "https://example.com/builder" }, "metadata": { "invocationID": "7" } },
    });
    let bundle = statement_bundle(&pair, &statement("https://slsa.dev/provenance/v1", predicate, APP));
    let verified = check(&bundle, &Artifact::from_bytes(APP), pair.public()).expect("accepted");
    assert!(!verified.is_signature());
    let predicate = verified.statement().expect("a statement").predicate();
    let Typed::SlsaProvenanceV1(provenance) = predicate.typed() else { panic!("not read as provenance") };
    assert_eq!(provenance.builder_id(), "https://example.com/builder");
    assert_eq!(provenance.build_type(), "https://example.com/build/v1");
    assert_eq!(provenance.invocation_id(), Some("7"));
}

#[test]
fn an_unknown_predicate_is_kept_byte_for_byte() {
    let pair = Pair::p256();
    let bundle = statement_bundle(&pair, &statement("https://example.com/x", json!({ "b": 1, "a": [2.50] }), APP));
    let verified = check(&bundle, &Artifact::from_bytes(APP), pair.public()).expect("accepted");
    let predicate = verified.statement().expect("a statement").predicate();
    assert!(matches!(predicate.typed(), Typed::Other));
    assert_eq!(predicate.json(), json!({ "b": 1, "a": [2.50] }).to_string());
}

#[test]
fn the_older_statement_of_cosign_attest_is_read() {
    let pair = Pair::p256();
    let mut older = statement("https://example.com/x", json!({}), APP);
    older["_type"] = json!("https://in-toto.io/Statement/v0.1");
    older["subject"][0]["name"] = json!("registry.example/app");
    check(&statement_bundle(&pair, &older), &Artifact::from_bytes(APP), pair.public()).expect("accepted");
}

#[test]
fn one_of_several_subjects_is_enough() {
    let pair = Pair::p256();
    let mut several = statement(SIGN_V1, json!({}), b"another");
    let ours = json!({ "name": "app", "digest": { "sha256": Digest::of(APP).to_hex(), "md5": "00" } });
    several["subject"].as_array_mut().expect("a list").push(ours);
    check(&statement_bundle(&pair, &several), &Artifact::from_bytes(APP), pair.public()).expect("accepted");
}

#[test]
fn a_hash_of_another_algorithm_in_the_bundle_is_only_a_hint() {
    let pair = Pair::p256();
    let mut bundle = message_bundle(&pair, APP);
    bundle["messageSignature"]["messageDigest"] =
        json!({ "algorithm": "SHA2_512", "digest": STANDARD.encode([7; 64]) });
    let by_digest = Artifact::from_digest(Digest::of(APP));
    assert_eq!(by_digest.hash(HashAlgorithm::Sha512), None);
    check(&bundle, &by_digest, pair.public()).expect("accepted");
}

/// As cosign writes it for pure Ed25519.
#[test]
fn an_empty_message_digest_is_none() {
    let pair = Pair::p256();
    let mut bundle = message_bundle(&pair, APP);
    bundle["messageSignature"]["messageDigest"] = json!({});
    check(&bundle, &Artifact::from_bytes(APP), pair.public()).expect("accepted");
}
