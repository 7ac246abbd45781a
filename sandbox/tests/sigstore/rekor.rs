//! The transparency logs.

use crate::signer::{Signer, certify, connect, judge, now, pem, post, sign};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bulla_sandbox::{CheckpointPolicy, Part, Sandbox, SandboxConfig};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};
use std::time::{Duration, Instant};

const V1: &str = "/api/v1/log/entries";
const V2: &str = "/api/v2/log/entries";

fn started() -> Sandbox {
    Sandbox::start(SandboxConfig::default()).unwrap()
}

/// What Rekor v2 is asked to log of an artifact and a bare key.
pub(crate) fn of_key(signer: &Signer, artifact: &[u8]) -> Value {
    let (digest, signature) = (Sha256::digest(artifact), signer.sign(artifact));
    json!({ "hashedRekordRequestV002": { "digest": STANDARD.encode(digest), "signature": {
        "content": STANDARD.encode(signature),
        "verifier": { "keyDetails": "PKIX_ECDSA_P256_SHA_256", "publicKey": { "rawBytes": STANDARD.encode(signer.spki()) } },
    } } })
}

#[test]
fn what_is_signed_here_verifies() {
    let sandbox = started();
    let bundle = sign(&sandbox, b"artifact");
    let verified = judge(&sandbox, &bundle, b"artifact").unwrap();
    assert_eq!((verified.entries().len(), verified.times().len()), (1, 1));
    assert!(judge(&started(), &bundle, b"artifact").is_err());
    assert!(judge(&sandbox, &bundle, b"another").is_err());
}

#[test]
fn the_same_entry_twice_is_a_conflict_that_names_the_first() {
    let (sandbox, signer) = (started(), Signer::new());
    let mut client = connect(&sandbox);
    let request = of_key(&signer, b"artifact");
    let first = post(&mut client, V2, None, &request).expect(201).json();
    let again = post(&mut client, V2, None, &request).expect(409);
    assert_eq!(again.header("x-log-index"), first["logIndex"].as_str());
    assert_eq!(again.json()["code"], 6);
    assert_eq!(sandbox.logged(), 2);
}

#[test]
fn an_entry_whose_signature_is_wrong_is_not_logged() {
    let (sandbox, signer) = (started(), Signer::new());
    let mut client = connect(&sandbox);
    let good = of_key(&signer, b"artifact");
    let tampered: [(&str, Value); 6] = [
        ("digest", json!(STANDARD.encode(Sha256::digest(b"another")))),
        ("digest", json!(STANDARD.encode(Sha512::digest(b"artifact")))),
        ("signature/content", json!(STANDARD.encode(signer.sign(b"another")))),
        ("signature/verifier/keyDetails", json!("PKIX_ECDSA_P384_SHA_384")),
        ("signature/verifier/keyDetails", json!("PKIX_ED25519")),
        ("signature/verifier/publicKey/rawBytes", json!(STANDARD.encode(Signer::new().spki()))),
    ];
    for (path, value) in tampered {
        let mut request = good.clone();
        *request.pointer_mut(&format!("/hashedRekordRequestV002/{path}")).unwrap() = value;
        let refused = post(&mut client, V2, None, &request).expect(400).json();
        assert_eq!(refused["message"], "invalid hashedrekord request", "{path}");
    }
    assert_eq!(
        post(&mut client, V2, None, &json!({})).expect(400).json()["message"],
        "invalid type, must be hashedrekord"
    );
    assert_eq!(post(&mut client, V2, None, &json!({ "dsseRequestV002": {} })).expect(400).json()["code"], 3);
    assert_eq!(sandbox.logged(), 1);
}

#[test]
fn an_ed25519_key_is_logged_in_its_prehashed_form() {
    let sandbox = started();
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let spki = [&[0x30, 42, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 33, 0][..], key.verifying_key().as_bytes()].concat();
    let hash = Sha512::new().chain_update(b"artifact");
    let signature = key.sign_prehashed(hash, None).unwrap().to_bytes();
    let request = json!({ "hashedRekordRequestV002": { "digest": STANDARD.encode(Sha512::digest(b"artifact")), "signature": {
        "content": STANDARD.encode(signature),
        "verifier": { "keyDetails": "PKIX_ED25519_PH", "publicKey": { "rawBytes": STANDARD.encode(spki) } },
    } } });
    post(&mut connect(&sandbox), V2, None, &request).expect(201);
}

#[test]
fn an_entry_of_65_535_bytes_is_logged_and_one_more_is_not() {
    let (sandbox, signer) = (started(), Signer::new());
    let mut client = connect(&sandbox);
    // What the log looks at of a certificate, and then something long.
    let certificate = |length: usize| {
        let long = |tag: u8, content: &[u8]| {
            let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
            [&[tag, 0x82, high, low][..], content].concat()
        };
        let before = [0xa0, 3, 2, 1, 2, 2, 1, 1, 0x30, 0, 0x30, 0, 0x30, 0, 0x30, 0];
        let tbs = long(0x30, &[&before[..], &signer.spki(), &long(0xa3, &vec![0; length])].concat());
        long(0x30, &[&tbs[..], &[0x30, 0, 3, 1, 0]].concat())
    };
    let mut log = |length: usize| {
        let artifact = length.to_be_bytes();
        let request = signer.entry_request(&Sha256::digest(artifact), &signer.sign(&artifact), &certificate(length));
        post(&mut client, V2, None, &request)
    };
    let body = |answer: Value| STANDARD.decode(answer["canonicalizedBody"].as_str().unwrap()).unwrap().len();
    let length = 48_500;
    let rest = 65_535 - body(log(length).expect(201).json());
    // Three bytes are four in base64; signatures differ by a few bytes.
    log(length + rest / 4 * 3 - 12).expect(201);
    log(length + rest / 4 * 3 + 12).expect(400);
}

#[test]
fn whoever_reads_tiles_finds_the_entry_that_the_checkpoint_is_over() {
    let (sandbox, signer) = (started(), Signer::new());
    let mut client = connect(&sandbox);
    let mut body = Vec::new();
    for number in 0..260_u16 {
        let entry = post(&mut client, V2, None, &of_key(&signer, &number.to_be_bytes())).expect(201).json();
        body = STANDARD.decode(entry["canonicalizedBody"].as_str().unwrap()).unwrap();
    }
    let checkpoint = String::from_utf8(client.get("/api/v2/checkpoint").expect(200).body).unwrap();
    assert!(checkpoint.starts_with("127.0.0.1\n261\n"), "{checkpoint}");
    let whole = client.get("/api/v2/tile/0/000").expect(200).body;
    let part = client.get("/api/v2/tile/0/001.p/5").expect(200).body;
    assert_eq!((whole.len(), part.len()), (256 * 32, 5 * 32));
    let leaf: [u8; 32] = Sha256::new().chain_update([0]).chain_update(&body).finalize().into();
    assert_eq!(part[4 * 32..], leaf);
    assert_eq!(client.get("/api/v2/tile/1/000.p/1").expect(200).body.len(), 32);
    let entries = client.get("/api/v2/tile/entries/001.p/5").expect(200).body;
    assert!(entries.ends_with(&body));
    for missing in ["0/001", "0/001.p/6", "1/000", "0/01", "entries/002.p/1", "9/000"] {
        assert_eq!(client.get(&format!("/api/v2/tile/{missing}")).expect(404).json()["code"], 5, "{missing}");
    }
}

#[test]
fn a_log_with_an_interval_lets_wait_and_shows_nothing_before() {
    let interval = Duration::from_millis(400);
    let checkpoints = CheckpointPolicy::Every(interval);
    let sandbox = Sandbox::start(SandboxConfig { checkpoints, ..SandboxConfig::default() }).unwrap();
    let signer = Signer::new();
    post(&mut connect(&sandbox), V2, None, &of_key(&signer, b"first")).expect(201);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let (sandbox, signer) = (&sandbox, &signer);
        scope.spawn(move || post(&mut connect(sandbox), V2, None, &of_key(signer, b"second")).expect(201));
        std::thread::sleep(interval / 2);
        assert_eq!(sandbox.logged(), 2);
    });
    assert!(begun.elapsed() > interval / 2 && begun.elapsed() < interval * 3);
    assert_eq!(sandbox.logged(), 3);
}

/// What Rekor v1 is asked to log.
fn hashed_rekord(signer: &Signer, artifact: &[u8], verifier: &str) -> Value {
    let value: String = Sha256::digest(artifact).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({ "kind": "hashedrekord", "apiVersion": "0.0.1", "spec": {
        "data": { "hash": { "algorithm": "sha256", "value": value } },
        "signature": {
            "content": STANDARD.encode(signer.sign(artifact)), "publicKey": { "content": STANDARD.encode(verifier) },
        },
    } })
}

/// A bundle whose one entry is in the v1 log.
fn bundle_of(kind: &str, answer: &Value, certificate: &[u8], content: (&str, Value)) -> Value {
    let entry = answer.as_object().unwrap().values().next().unwrap();
    let proof = &entry["verification"]["inclusionProof"];
    let base64 = |hex: &Value| {
        let hex = hex.as_str().unwrap();
        let bytes: Vec<_> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        STANDARD.encode(bytes)
    };
    let text = |number: &Value| number.to_string();
    let mut bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {
            "certificate": { "rawBytes": STANDARD.encode(certificate) },
            "tlogEntries": [{
                "logIndex": text(&entry["logIndex"]), "logId": { "keyId": base64(&entry["logID"]) },
                "kindVersion": { "kind": kind, "version": "0.0.1" }, "integratedTime": text(&entry["integratedTime"]),
                "inclusionPromise": { "signedEntryTimestamp": entry["verification"]["signedEntryTimestamp"] },
                "inclusionProof": {
                    "logIndex": text(&proof["logIndex"]), "rootHash": base64(&proof["rootHash"]),
                    "treeSize": text(&proof["treeSize"]),
                    "hashes": proof["hashes"].as_array().unwrap().iter().map(base64).collect::<Vec<_>>(),
                    "checkpoint": { "envelope": proof["checkpoint"] },
                },
                "canonicalizedBody": entry["body"],
            }],
        },
    });
    bundle.as_object_mut().unwrap().insert(content.0.to_owned(), content.1);
    bundle
}

#[test]
fn an_artifact_in_the_v1_log_verifies_by_the_logs_own_time() {
    let (sandbox, signer) = (started(), Signer::new());
    let certificate = certify(&sandbox, &signer).remove(0);
    let request = hashed_rekord(&signer, b"artifact", &pem("CERTIFICATE", &certificate));
    let mut client = connect(&sandbox);
    let answer = post(&mut client, V1, None, &request).expect(201);
    let location = answer.header("location").unwrap().to_owned();
    let signature = request["spec"]["signature"]["content"].clone();
    let digest = json!({ "algorithm": "SHA2_256", "digest": STANDARD.encode(Sha256::digest(b"artifact")) });
    let message = ("messageSignature", json!({ "messageDigest": digest, "signature": signature }));
    let bundle = bundle_of("hashedrekord", &answer.json(), &certificate, message);
    assert_eq!(judge(&sandbox, &bundle, b"artifact").unwrap().times().len(), 1);
    for path in [location.as_str(), "/api/v1/log/entries?logIndex=1"] {
        let (mut found, mut made) = (client.get(path).expect(200).json(), answer.json());
        // Each answer is signed anew.
        for it in [&mut found, &mut made] {
            it.as_object_mut().unwrap().values_mut().next().unwrap()["verification"] = json!(null);
        }
        assert_eq!(found, made, "{path}");
    }
    let again = post(&mut client, V1, None, &request).expect(409);
    assert_eq!(again.header("location"), Some(location.as_str()));
    assert_eq!(client.get("/api/v1/log").expect(200).json()["treeSize"], 2);
    client.get("/api/v1/log/entries/00").expect(404);
}

#[test]
fn an_envelope_in_the_v1_log_verifies() {
    let (sandbox, signer) = (started(), Signer::new());
    let certificate = certify(&sandbox, &signer).remove(0);
    let digest: String = Sha256::digest(b"artifact").iter().map(|byte| format!("{byte:02x}")).collect();
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1", "predicateType": "https://example.com/p", "predicate": {},
        "subject": [{ "name": "artifact", "digest": { "sha256": digest } }],
    })
    .to_string();
    let kind = "application/vnd.in-toto+json";
    let message = format!("DSSEv1 {} {kind} {} {statement}", kind.len(), statement.len());
    let signature = STANDARD.encode(signer.sign(message.as_bytes()));
    let envelope =
        json!({ "payload": STANDARD.encode(&statement), "payloadType": kind, "signatures": [{ "sig": signature }] });
    let request = |envelope: &Value, verifier: &str| {
        json!({ "kind": "dsse", "apiVersion": "0.0.1", "spec": { "proposedContent": {
            "envelope": envelope.to_string(), "verifiers": [STANDARD.encode(verifier)],
        } } })
    };
    let mut client = connect(&sandbox);
    let answer = post(&mut client, V1, None, &request(&envelope, &pem("CERTIFICATE", &certificate))).expect(201).json();
    let bundle = bundle_of("dsse", &answer, &certificate, ("dsseEnvelope", envelope.clone()));
    assert!(judge(&sandbox, &bundle, b"artifact").unwrap().statement().is_some());
    let refused = post(&mut client, V1, None, &request(&envelope, &Signer::new().pem())).expect(400).json();
    assert!(refused["message"].as_str().unwrap().contains("none of the verifiers'"));
}

#[test]
fn the_v1_log_refuses_what_is_not_signed() {
    let (sandbox, signer) = (started(), Signer::new());
    let mut client = connect(&sandbox);
    let mut request = hashed_rekord(&signer, b"artifact", &signer.pem());
    request["spec"]["signature"]["content"] = json!(STANDARD.encode(signer.sign(b"another")));
    let refused = post(&mut client, V1, None, &request).expect(400).json();
    assert!(refused["message"].as_str().unwrap().contains("verifying signature"), "{refused}");
    request["kind"] = json!("rekord");
    post(&mut client, V1, None, &request).expect(400);
}

#[test]
fn a_part_that_is_not_there_has_no_path() {
    let sandbox = Sandbox::start(SandboxConfig::only(&[Part::Rekor])).unwrap();
    let mut client = connect(&sandbox);
    client.get("/api/v2/checkpoint").expect(200);
    client.get("/healthz").expect(200);
    for path in ["/v2/", "/api/v1/log", "/ct/v1/get-sth", "/.well-known/openid-configuration", "/token", "/nowhere"] {
        assert_eq!(client.get(path).expect(404).json()["code"], 5, "{path}");
    }
}

#[test]
fn two_hundred_signatures_a_second() {
    // The bound is for an optimised build on one core; a debug build beside other tests is given a tenth.
    let (sandbox, signer) = (started(), Signer::new());
    let requests: Vec<_> = (0..100_u16).map(|number| of_key(&signer, &number.to_be_bytes())).collect();
    let mut client = connect(&sandbox);
    let begun = Instant::now();
    for request in &requests {
        post(&mut client, V2, None, request).expect(201);
    }
    let rate = 100.0 / begun.elapsed().as_secs_f64();
    assert!(rate > if cfg!(debug_assertions) { 20.0 } else { 200.0 }, "{rate} entries a second at {}", now());
}
