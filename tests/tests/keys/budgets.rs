//! One past every limit.

use crate::{check, message_bundle, p256, public, refused, statement, statement_bundle};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{Artifact, Bundle, Digest, SIGN_V1, budget};
use serde_json::{Value, json};

const APP: &[u8] = b"app";

fn entry() -> Value {
    let hash = STANDARD.encode([0; 32]);
    json!({
        "logIndex": "1",
        "logId": { "keyId": hash },
        "kindVersion": { "kind": "hashedrekord", "version": "0.0.1" },
        "inclusionProof": {
            "logIndex": "1", "rootHash": hash, "treeSize": "2", "hashes": [hash], "checkpoint": { "envelope": "x" },
        },
        "canonicalizedBody": "e30=",
    })
}

#[expect(clippy::indexing_slicing, reason = "the fixture has the field")]
fn with_material(material: Value) -> Result<Bundle, bulla_verify::VerifyError> {
    let mut bundle = message_bundle(&p256(), APP);
    bundle["verificationMaterial"]
        .as_object_mut()
        .expect("an object")
        .extend(material.as_object().cloned().expect("one"));
    Bundle::parse(bundle.to_string().as_bytes())
}

#[test]
fn bundle_bytes() {
    refused(Bundle::parse(&vec![b' '; budget::BUNDLE_BYTES + 1]), "over-budget");
}

#[test]
fn log_entries() {
    with_material(json!({ "tlogEntries": vec![entry(); budget::LOG_ENTRIES] })).expect("at the limit");
    refused(with_material(json!({ "tlogEntries": vec![entry(); budget::LOG_ENTRIES + 1] })), "over-budget");
}

#[test]
fn timestamps() {
    let with = |count| {
        let timestamps = vec![json!({ "signedTimestamp": "AAAA" }); count];
        with_material(json!({ "timestampVerificationData": { "rfc3161Timestamps": timestamps } }))
    };
    with(budget::TIMESTAMPS).expect("at the limit");
    refused(with(budget::TIMESTAMPS + 1), "over-budget");
}

#[test]
fn proof_hashes_checkpoints_and_bodies() {
    let with = |tamper: &dyn Fn(&mut Value)| {
        let mut entry = entry();
        tamper(&mut entry);
        with_material(json!({ "tlogEntries": [entry] }))
    };
    let hashes = |count| vec![STANDARD.encode([0; 32]); count];
    with(&|entry| entry["inclusionProof"]["hashes"] = json!(hashes(budget::PROOF_HASHES))).expect("at the limit");
    refused(with(&|entry| entry["inclusionProof"]["hashes"] = json!(hashes(budget::PROOF_HASHES + 1))), "over-budget");
    let long = "x".repeat(budget::CHECKPOINT_BYTES + 1);
    refused(with(&|entry| entry["inclusionProof"]["checkpoint"]["envelope"] = json!(long)), "over-budget");
    let body = STANDARD.encode(vec![b'x'; budget::ENTRY_BYTES + 1]);
    refused(with(&|entry| entry["canonicalizedBody"] = json!(body)), "over-budget");
}

#[test]
fn numbers_that_are_not_canonical() {
    for number in ["-1", "01", "+1", "", "1.0", "9223372036854775808", "x"] {
        let mut entry = entry();
        entry["logIndex"] = json!(number);
        refused(with_material(json!({ "tlogEntries": [entry] })), "bundle-field-malformed");
    }
}

#[test]
fn certificate_bytes() {
    let mut bundle = message_bundle(&p256(), APP);
    let der = STANDARD.encode(vec![0; budget::CERTIFICATE_BYTES + 1]);
    bundle["verificationMaterial"] = json!({ "certificate": { "rawBytes": der } });
    refused(Bundle::parse(bundle.to_string().as_bytes()), "over-budget");
}

#[test]
fn subjects() {
    let key = p256();
    let mut statement = statement(SIGN_V1, json!({}), APP);
    let subject = json!({ "digest": { "sha256": Digest::of(APP).to_hex() } });
    for (count, accepted) in [(budget::SUBJECTS, true), (budget::SUBJECTS + 1, false)] {
        statement["subject"] = json!(vec![subject.clone(); count]);
        let found = check(&statement_bundle(&key, &statement), &Artifact::from_bytes(APP), public(&key));
        assert_eq!(found.is_ok(), accepted, "{count}");
    }
}

#[test]
fn predicate_type_bytes() {
    let key = p256();
    let of = |length: usize| {
        let mut statement = statement(SIGN_V1, json!({}), APP);
        statement["predicateType"] = json!(format!("https://{}", "x".repeat(length - 8)));
        check(&statement_bundle(&key, &statement), &Artifact::from_bytes(APP), public(&key))
    };
    of(budget::PREDICATE_TYPE_BYTES).expect("at the limit");
    refused(of(budget::PREDICATE_TYPE_BYTES + 1), "over-budget");
}
