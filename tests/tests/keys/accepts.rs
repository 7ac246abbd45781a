//! What must be accepted.

use crate::{TRUSTED, check, key_of, message_bundle, p256, public, statement, statement_bundle};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_sandbox::Algorithm;
use bulla_verify::{Artifact, Digest, HashAlgorithm, Hasher, SIGN_V1, Typed, VerifiedSigner, VerifyingKey};
use serde_json::json;

const APP: &[u8] = b"app";

#[test]
fn every_algorithm_signs_an_artifact_and_a_statement() {
    for algorithm in TRUSTED {
        let key = key_of(algorithm);
        let public = public(&key);
        let artifact = Artifact::from_bytes(APP);
        let verified = check(&message_bundle(&key, APP), &artifact, public.clone()).expect("accepted");
        assert!(verified.is_signature() && verified.statement().is_none());
        assert!(matches!(verified.signer(), VerifiedSigner::Key { key: signer, .. } if *signer == public));

        let image = Artifact::from_digest(Digest::of(APP));
        let signature = statement_bundle(&key, &statement(SIGN_V1, json!({}), APP));
        assert!(check(&signature, &image, public).expect("accepted").is_signature());
    }
}

#[test]
fn a_key_is_equal_to_itself_alone() {
    let keys = TRUSTED.map(|algorithm| public(&key_of(algorithm)));
    for (at, key) in keys.iter().enumerate() {
        for (other_at, other) in keys.iter().enumerate() {
            assert_eq!(key == other, at == other_at, "{key:?} {other:?}");
        }
    }
    // The same numbers, used otherwise.
    let rsa = public(&key_of(Algorithm::Rsa2048));
    assert_ne!(rsa.clone().with_pss(), rsa);
    assert_ne!(rsa, public(&key_of(Algorithm::Rsa2048)));
}

/// RFC 7468, section 2: lines of 64 characters, the last one shorter.
#[test]
fn a_key_is_written_in_lines_of_64_characters() {
    for algorithm in TRUSTED {
        let key = public(&key_of(algorithm));
        let pem = key.to_pem();
        let lines: Vec<_> = pem.lines().collect();
        let [first, base64 @ .., last] = lines.as_slice() else { panic!("{pem}") };
        assert_eq!((*first, *last), ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"));
        let (short, full) = base64.split_last().expect("a line");
        assert!(full.iter().all(|line| line.len() == 64) && (1..=64).contains(&short.len()), "{pem}");
        assert_eq!(VerifyingKey::from_pem(&pem).expect("a key"), key);
    }
}

#[test]
fn a_streamed_file_needs_only_the_hash_of_its_key() {
    for algorithm in TRUSTED {
        let key = key_of(algorithm);
        let mut hasher = Hasher::new(&[public(&key).algorithm().hash()]);
        hasher.update(APP);
        let found = check(&message_bundle(&key, APP), &hasher.finish(), public(&key));
        // The pure form of Ed25519 reads the message twice: no hash of it will do.
        assert_eq!(found.is_ok(), algorithm != Algorithm::Ed25519, "{algorithm:?}");
    }
}

#[test]
fn provenance_is_read_and_is_no_signature() {
    let key = p256();
    let predicate = json!({
        "buildDefinition": { "buildType": "https://example.com/build/v1", "externalParameters": {} },
        // As BuildKit writes it.
        "runDetails": { "builder": { "id": "https://example.com/builder" }, "metadata": { "invocationID": "7" } },
    });
    let bundle = statement_bundle(&key, &statement("https://slsa.dev/provenance/v1", predicate, APP));
    let verified = check(&bundle, &Artifact::from_bytes(APP), public(&key)).expect("accepted");
    assert!(!verified.is_signature());
    let predicate = verified.statement().expect("a statement").predicate();
    let Typed::SlsaProvenanceV1(provenance) = predicate.typed() else { panic!("not read as provenance") };
    assert_eq!(provenance.builder_id(), "https://example.com/builder");
    assert_eq!(provenance.build_type(), "https://example.com/build/v1");
    assert_eq!(provenance.invocation_id(), Some("7"));
}

#[test]
fn an_unknown_predicate_is_kept_byte_for_byte() {
    let key = p256();
    let bundle = statement_bundle(&key, &statement("https://example.com/x", json!({ "b": 1, "a": [2.50] }), APP));
    let verified = check(&bundle, &Artifact::from_bytes(APP), public(&key)).expect("accepted");
    let predicate = verified.statement().expect("a statement").predicate();
    assert!(matches!(predicate.typed(), Typed::Other));
    assert_eq!(predicate.json(), json!({ "b": 1, "a": [2.50] }).to_string());
}

#[test]
fn the_older_statement_of_cosign_attest_is_read() {
    let key = p256();
    let mut older = statement("https://example.com/x", json!({}), APP);
    older["_type"] = json!("https://in-toto.io/Statement/v0.1");
    older["subject"][0]["name"] = json!("registry.example/app");
    check(&statement_bundle(&key, &older), &Artifact::from_bytes(APP), public(&key)).expect("accepted");
}

#[test]
fn one_of_several_subjects_is_enough() {
    let key = p256();
    let mut several = statement(SIGN_V1, json!({}), b"another");
    let ours = json!({ "name": "app", "digest": { "sha256": Digest::of(APP).to_hex(), "md5": "00" } });
    several["subject"].as_array_mut().expect("a list").push(ours);
    check(&statement_bundle(&key, &several), &Artifact::from_bytes(APP), public(&key)).expect("accepted");
}

#[test]
fn a_hash_of_another_algorithm_in_the_bundle_is_only_a_hint() {
    let key = p256();
    let mut bundle = message_bundle(&key, APP);
    bundle["messageSignature"]["messageDigest"] =
        json!({ "algorithm": "SHA2_512", "digest": STANDARD.encode([7; 64]) });
    let by_digest = Artifact::from_digest(Digest::of(APP));
    assert_eq!(by_digest.hash(HashAlgorithm::Sha512), None);
    check(&bundle, &by_digest, public(&key)).expect("accepted");
}

/// As cosign writes it for pure Ed25519.
#[test]
fn an_empty_message_digest_is_none() {
    let key = p256();
    let mut bundle = message_bundle(&key, APP);
    bundle["messageSignature"]["messageDigest"] = json!({});
    check(&bundle, &Artifact::from_bytes(APP), public(&key)).expect("accepted");
}
