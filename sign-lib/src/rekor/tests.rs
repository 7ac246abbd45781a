use super::*;
use crate::{
    SigningKey, budget,
    bundle::Over,
    stub::{Answer, Asked, Stub},
};
use bulla_verify::{HashAlgorithm, KeyAlgorithm};
use serde_json::{Value, json};
use std::borrow::Cow;

const SOON: Duration = Duration::from_secs(5);
const JSON: &str = "content-type: application/json\r\n";

fn signed<'a>(key: &'a SigningKey, over: Over<'a>) -> Signed<'a> {
    Signed { by: By::Key(key.verifying_key()), over, signature: b"the signature".to_vec() }
}

fn artifact(key: &SigningKey) -> Signed<'_> {
    signed(key, Over::Artifact(HashAlgorithm::Sha256.hash(b"clay")))
}

fn key() -> SigningKey {
    SigningKey::generate(KeyAlgorithm::EcdsaP256).unwrap()
}

/// The body of an entry about this signature.
fn body_of(kind: &str, version: &str, signature: &[u8]) -> String {
    STANDARD.encode(
        json!({ "apiVersion": version, "kind": kind, "spec": { "sig": STANDARD.encode(signature) } }).to_string(),
    )
}

fn v1_answer(signature: &[u8]) -> Value {
    json!({ "00ff": {
        "body": body_of("hashedrekord", "0.0.1", signature), "integratedTime": 1_795_608_000, "logID": "0a".repeat(32), "logIndex": 7,
        "verification": {
            "inclusionProof": {
                "checkpoint": "log\n1\n", "hashes": ["01".repeat(32)], "logIndex": 5, "rootHash": "02".repeat(32), "treeSize": 6,
            },
            "signedEntryTimestamp": "MEUC",
        },
    } })
}

fn v2_answer(signature: &[u8]) -> Value {
    json!({
        "logIndex": "0", "logId": { "keyId": "Cg==" }, "kindVersion": { "kind": "hashedrekord", "version": "0.0.2" },
        "integratedTime": "0", "inclusionPromise": null,
        "inclusionProof": {
            "logIndex": "0", "rootHash": "Ag==", "treeSize": "1", "hashes": [], "checkpoint": { "envelope": "log\n1\n" },
        },
        "canonicalizedBody": body_of("hashedrekord", "0.0.2", signature),
    })
}

fn logged(
    version: Version,
    answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> Result<(Value, Stub), SigstoreError> {
    let (stub, key) = (Stub::start(answer), key());
    let entry = log(&stub.service(), version, &artifact(&key), SOON)?;
    Ok((serde_json::to_value(entry).unwrap(), stub))
}

#[test]
fn rekor_v2_is_told_the_hash_the_signature_and_the_key() {
    let (entry, stub) = logged(Version::V2, |_| (201, JSON, v2_answer(b"the signature").to_string().into())).unwrap();
    let asked = &stub.asked()[0];
    assert_eq!(asked.line, "POST /api/v2/log/entries HTTP/1.1");
    let request: Value = serde_json::from_slice(&asked.body).unwrap();
    let request = &request["hashedRekordRequestV002"];
    assert_eq!(request["digest"], STANDARD.encode(HashAlgorithm::Sha256.hash(b"clay")));
    assert_eq!(request["signature"]["content"], STANDARD.encode("the signature"));
    let verifier = request["signature"]["verifier"].as_object().unwrap();
    assert_eq!(verifier["keyDetails"], "PKIX_ECDSA_P256_SHA_256");
    assert!(verifier.contains_key("publicKey") && !verifier.contains_key("x509Certificate"));
    // As protobuf's JSON has it, and cosign: what is zero is not there.
    let text = entry.to_string();
    assert!(
        !text.contains("integratedTime") && !text.contains("inclusionPromise") && !text.contains("\"logIndex\""),
        "{text}"
    );
}

#[test]
fn an_envelope_is_told_to_rekor_v2_by_the_hash_that_was_signed() {
    let key = key();
    let envelope = signed(&key, Over::Payload(Cow::Borrowed(b"{}")));
    let pae = bulla_verify::dsse::pae(bulla_verify::dsse::IN_TOTO, b"{}");
    assert_eq!(envelope.hash(), HashAlgorithm::Sha256.hash(&pae));
}

#[test]
fn rekor_v1_is_told_the_kind_that_the_signature_is_of() {
    let (entry, stub) = logged(Version::V1, |_| (201, JSON, v1_answer(b"the signature").to_string().into())).unwrap();
    let request: Value = serde_json::from_slice(&stub.asked()[0].body).unwrap();
    assert_eq!((request["kind"].as_str(), request["apiVersion"].as_str()), (Some("hashedrekord"), Some("0.0.1")));
    let hash = &request["spec"]["data"]["hash"];
    assert_eq!(hash["algorithm"], "sha256");
    assert_eq!(format!("sha256:{}", hash["value"].as_str().unwrap()), bulla_verify::Digest::of(b"clay").to_string());
    let pem = STANDARD.decode(request["spec"]["signature"]["publicKey"]["content"].as_str().unwrap()).unwrap();
    assert!(pem.starts_with(b"-----BEGIN PUBLIC KEY-----"));
    assert_eq!((entry["logIndex"].as_str(), entry["integratedTime"].as_str()), (Some("7"), Some("1795608000")));
    assert_eq!(entry["inclusionProof"]["logIndex"], "5");
    assert_eq!(entry["logId"]["keyId"], STANDARD.encode([10; 32]));
    assert_eq!(entry["inclusionProof"]["hashes"][0], STANDARD.encode([1; 32]));

    let (stub, key) = (Stub::saying(400, JSON, "{}"), key());
    log(&stub.service(), Version::V1, &signed(&key, Over::Payload(Cow::Borrowed(b"{}"))), SOON).unwrap_err();
    let request: Value = serde_json::from_slice(&stub.asked()[0].body).unwrap();
    let envelope = request["spec"]["proposedContent"]["envelope"].as_str().unwrap();
    let envelope: Value = serde_json::from_str(envelope).unwrap();
    assert_eq!((request["kind"].as_str(), envelope["payload"].as_str()), (Some("dsse"), Some("e30=")));
}

#[test]
fn an_entry_that_is_there_already_is_fetched() {
    const UUID: &str =
        "location: /api/v1/log/entries/00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\r\n";
    let answer = |asked: &Asked| match asked.line.starts_with("GET") {
        true => (200, JSON, v1_answer(b"the signature").to_string().into_bytes()),
        false => (409, UUID, b"{}".to_vec()),
    };
    let (entry, stub) = logged(Version::V1, answer).unwrap();
    assert_eq!(entry["logIndex"], "7");
    assert!(stub.asked()[1].line.starts_with("GET /api/v1/log/entries/0011"));
    for elsewhere in ["", "location: /api/v1/log/entries/../../secret\r\n", "location: https://evil.test/00\r\n"] {
        let error = logged(Version::V1, move |_| (409, elsewhere, Vec::new())).unwrap_err();
        assert_eq!(error.code(), "log-malformed");
    }
}

#[test]
fn an_entry_about_another_signature_is_refused() {
    for (version, answer) in [(Version::V1, v1_answer(b"another")), (Version::V2, v2_answer(b"another"))] {
        let error = logged(version, move |_| (201, JSON, answer.to_string().into())).unwrap_err();
        assert_eq!(error.code(), "log-other-entry");
    }
}

#[test]
fn a_log_that_cannot_or_will_not_is_heard() {
    let words = || json!({ "message": "This log has been frozen" }).to_string().into_bytes();
    for (version, status, code) in [
        (Version::V2, 405, "log-refuses"),
        (Version::V1, 400, "log-refuses"),
        (Version::V2, 409, "log-duplicate"),
        (Version::V2, 501, "log-unavailable"),
    ] {
        let error = logged(version, move |_| (status, JSON, words())).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains("This log has been frozen"), "{error}");
    }
}

#[test]
fn what_is_no_entry_is_malformed() {
    let mut two = v1_answer(b"the signature");
    two["01"] = two["00ff"].clone();
    let mut odd = v1_answer(b"the signature");
    odd["00ff"]["logID"] = json!("xyz");
    for answer in [json!({}), json!([]), two, odd] {
        let shown = answer.to_string();
        let error = logged(Version::V1, move |_| (201, JSON, answer.to_string().into())).unwrap_err();
        assert_eq!(error.code(), "log-malformed", "{shown}");
    }
    let mut unproved = v2_answer(b"the signature");
    unproved["inclusionProof"] = Value::Null;
    let error = logged(Version::V2, move |_| (201, JSON, unproved.to_string().into())).unwrap_err();
    assert_eq!(error.code(), "log-malformed");
}

#[test]
fn an_answer_over_its_limit_is_not_read() {
    for (size, code) in [(budget::LOG_ANSWER_BYTES, "log-malformed"), (budget::LOG_ANSWER_BYTES + 1, "log-unavailable")]
    {
        let error = logged(Version::V2, move |_| (201, JSON, vec![b' '; size])).unwrap_err();
        assert_eq!(error.code(), code);
    }
}
