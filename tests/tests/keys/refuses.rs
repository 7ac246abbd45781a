//! What must be refused: one tamper each.

use crate::{TRUSTED, check, check_bytes, key_of, message_bundle, p256, public, refused, statement, statement_bundle};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_sandbox::Algorithm;
use bulla_verify::{Artifact, Bundle, Digest, Need, SIGN_V1, Time, Trust, TrustedRoot, VerifyingKey, verify};
use serde_json::{Value, json};

const APP: &[u8] = b"app";

/// A good signature statement, tampered with before it is signed.
fn signed_refuses(tamper: impl FnOnce(&mut Value), code: &str) {
    let key = p256();
    let mut statement = statement(SIGN_V1, json!({}), APP);
    tamper(&mut statement);
    let bundle = statement_bundle(&key, &statement);
    refused(check(&bundle, &Artifact::from_bytes(APP), public(&key)), code);
}

/// A good bundle, tampered with after it was signed.
fn tampered_refuses(tamper: impl FnOnce(&mut Value), code: &str) {
    let key = p256();
    let mut bundle = statement_bundle(&key, &statement(SIGN_V1, json!({}), APP));
    tamper(&mut bundle);
    refused(check(&bundle, &Artifact::from_bytes(APP), public(&key)), code);
}

#[test]
fn changed_bytes_are_refused_for_every_algorithm() {
    for algorithm in TRUSTED {
        let key = key_of(algorithm);
        let mut bundle = message_bundle(&key, APP);
        refused(check(&bundle, &Artifact::from_bytes(b"App"), public(&key)), "message-digest-mismatch");
        bundle["messageSignature"].as_object_mut().expect("an object").remove("messageDigest");
        refused(check(&bundle, &Artifact::from_bytes(b"App"), public(&key)), "signature-invalid");
    }
}

#[test]
fn another_key_of_every_algorithm_is_refused() {
    for algorithm in TRUSTED {
        let key = key_of(algorithm);
        let other = public(&p256());
        refused(check(&message_bundle(&key, APP), &Artifact::from_bytes(APP), other), "other-key");
    }
}

#[test]
fn a_signature_moved_from_another_image_is_refused() {
    let key = p256();
    let bundle = statement_bundle(&key, &statement(SIGN_V1, json!({}), b"another"));
    refused(check(&bundle, &Artifact::from_bytes(APP), public(&key)), "subject-mismatch");
}

#[test]
fn a_changed_payload_is_refused() {
    let forged = STANDARD.encode(statement(SIGN_V1, json!({ "forged": true }), APP).to_string());
    tampered_refuses(|bundle| bundle["dsseEnvelope"]["payload"] = json!(forged), "signature-invalid");
}

/// With several, each step could look at another one.
#[test]
fn two_signatures_or_none_are_refused() {
    tampered_refuses(
        |bundle| {
            let signatures = bundle["dsseEnvelope"]["signatures"].as_array_mut().expect("a list");
            signatures.push(signatures[0].clone());
        },
        "signature-count",
    );
    tampered_refuses(|bundle| bundle["dsseEnvelope"]["signatures"] = json!([]), "signature-count");
}

#[test]
fn other_payload_types_and_statements_are_refused() {
    tampered_refuses(|bundle| bundle["dsseEnvelope"]["payloadType"] = json!("text/plain"), "unsupported-payload-type");
    signed_refuses(|statement| statement["_type"] = json!("https://in-toto.io/Statement/v2"), "unsupported-statement");
    signed_refuses(|statement| statement["subject"] = json!("app"), "statement-malformed");
    signed_refuses(|statement| statement["extra"] = json!(1), "statement-malformed");
}

/// A signer who meant a text may not be taken at a statement's word.
#[test]
fn a_payload_of_another_type_is_refused_though_it_was_signed() {
    let key = p256();
    let payload = statement(SIGN_V1, json!({}), APP).to_string();
    let mut bundle = crate::payload_bundle(&key, payload.as_bytes());
    bundle["dsseEnvelope"]["payloadType"] = json!("text/plain");
    let encoded = bulla_verify::dsse::pae("text/plain", payload.as_bytes());
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = json!(STANDARD.encode(key.sign(&encoded).expect("signed")));
    refused(check(&bundle, &Artifact::from_bytes(APP), public(&key)), "unsupported-payload-type");
}

/// Under the neutral point of Ed25519, one signature is good for every message unless it is verified strictly.
#[test]
fn a_point_of_small_order_signs_nothing() {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let spki = [STANDARD.decode("MCowBQYDK2VwAyEA").expect("base64"), neutral.to_vec()].concat();
    let mut bundle = message_bundle(&p256(), APP);
    bundle["verificationMaterial"]["publicKey"] = json!({});
    bundle["messageSignature"]["signature"] = json!(STANDARD.encode([neutral, [0; 32]].concat()));
    let key = VerifyingKey::from_spki_der(&spki).expect("a key");
    refused(check(&bundle, &Artifact::from_bytes(APP), key), "signature-invalid");
}

#[test]
fn a_hash_that_is_not_its_algorithms_is_refused() {
    let key = p256();
    for digest in [json!({ "algorithm": "SHA2_512", "digest": STANDARD.encode([7; 32]) }), json!({ "digest": "AA==" })]
    {
        let mut bundle = message_bundle(&key, APP);
        bundle["messageSignature"]["messageDigest"] = digest;
        refused(check(&bundle, &Artifact::from_bytes(APP), public(&key)), "bundle-field-malformed");
    }
}

#[test]
fn a_statement_without_a_subject_or_with_another_digest_is_refused() {
    signed_refuses(|statement| statement["subject"] = json!([]), "subject-mismatch");
    let other = Digest::of(b"other").to_hex();
    signed_refuses(|statement| statement["subject"][0]["digest"] = json!({ "sha256": other }), "subject-mismatch");
}

#[test]
fn provenance_without_a_builder_is_refused() {
    let tamper = |statement: &mut Value| {
        statement["predicateType"] = json!("https://slsa.dev/provenance/v1");
        statement["predicate"] = json!({ "buildDefinition": { "buildType": "x" }, "runDetails": {} });
    };
    signed_refuses(tamper, "predicate-malformed");
}

/// serde takes `[a, b]` for `{"x": a, "y": b}`, and Go refuses it: two readings of one document. With it, a statement hid
/// its type from whoever signed it.
#[test]
fn an_array_is_no_object() {
    let subject = json!({ "digest": { "sha256": Digest::of(APP).to_hex() } });
    let positional = json!(["https://in-toto.io/Statement/v1", [subject], SIGN_V1, {}]);
    signed_refuses(|statement| *statement = positional, "statement-malformed");
    let digest = json!([null, { "sha256": Digest::of(APP).to_hex() }]);
    signed_refuses(|statement| statement["subject"] = json!([digest]), "statement-malformed");
    let of_type = |kind: &str, predicate| {
        signed_refuses(
            |statement| {
                statement["predicateType"] = json!(kind);
                statement["predicate"] = predicate;
            },
            "predicate-malformed",
        );
    };
    of_type("https://slsa.dev/provenance/v1", json!([{ "buildType": "x" }, { "builder": { "id": "x" } }]));
    of_type(
        "https://slsa.dev/provenance/v1",
        json!({ "buildDefinition": ["x", {}], "runDetails": { "builder": ["x"] } }),
    );
    of_type("https://slsa.dev/provenance/v0.2", json!({ "builder": ["x"], "buildType": "x" }));

    let in_order =
        |bundle: &Value, fields: &[&str]| -> Value { fields.iter().map(|field| bundle[*field].clone()).collect() };
    tampered_refuses(
        |bundle| *bundle = in_order(bundle, &["mediaType", "verificationMaterial", "messageSignature", "dsseEnvelope"]),
        "bundle-malformed",
    );
    tampered_refuses(
        |bundle| {
            let envelope = in_order(&bundle["dsseEnvelope"], &["payload", "payloadType", "signatures"]);
            bundle["dsseEnvelope"] = envelope;
        },
        "bundle-malformed",
    );
    let root = b"[\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\"]";
    assert_eq!(
        TrustedRoot::parse(root, Need::sigstore()).map_err(|error| error.code()).err(),
        Some("trusted-root-malformed")
    );
}

/// To Go, `Subject` is `subject`, and the last one counts.
#[test]
fn a_key_that_is_another_but_for_its_case_is_refused() {
    signed_refuses(|statement| statement["Subject"] = json!([]), "statement-malformed");
    signed_refuses(|statement| statement["subject"][0]["Digest"] = json!({}), "statement-malformed");
    tampered_refuses(|bundle| bundle["MediaType"] = json!("x"), "bundle-malformed");
    let source = json!({ "uri": "git+https://good", "URI": "git+https://evil" });
    signed_refuses(
        |statement| {
            statement["predicateType"] = json!("https://slsa.dev/provenance/v0.2");
            statement["predicate"] =
                json!({ "builder": { "id": "x" }, "buildType": "x", "invocation": { "configSource": source } });
        },
        "predicate-malformed",
    );
}

/// An error quotes what was sent, and whoever can attach a bundle sends megabytes.
#[test]
fn a_refusal_is_short_whatever_was_sent() {
    let long = "x".repeat(1 << 20);
    let bundle = format!("{{\"{long}\":1}}");
    let error = Bundle::parse(bundle.as_bytes()).expect_err("not a bundle");
    assert!(error.to_string().len() < 500, "{}", error.to_string().len());
    let key = p256();
    let mut foreign = statement(SIGN_V1, json!({}), b"another");
    foreign["subject"][0]["name"] = json!(long);
    let mut unknown = statement(SIGN_V1, json!({}), APP);
    unknown[&long] = json!(1);
    for statement in [foreign, unknown] {
        let error = check(&statement_bundle(&key, &statement), &Artifact::from_bytes(APP), public(&key));
        let error = error.expect_err("refused").to_string();
        assert!(error.len() < 500, "{}", error.len());
    }
    signed_refuses(|statement| statement["predicateType"] = json!(long), "over-budget");
}

#[test]
fn duplicate_keys_are_refused_in_bundle_and_statement() {
    let key = p256();
    let twice = |text: String, key: &str| text.replacen('{', &format!("{{\"{key}\":\"x\","), 1);
    let bundle = twice(message_bundle(&key, APP).to_string(), "mediaType");
    refused(check_bytes(bundle.as_bytes(), &Artifact::from_bytes(APP), public(&key)), "bundle-malformed");

    let payload = twice(statement(SIGN_V1, json!({}), APP).to_string(), "predicateType");
    let mut bundle = statement_bundle(&key, &json!({}));
    let encoded = bulla_verify::dsse::pae(bulla_verify::dsse::IN_TOTO, payload.as_bytes());
    bundle["dsseEnvelope"]["payload"] = json!(STANDARD.encode(&payload));
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = json!(STANDARD.encode(key.sign(&encoded).expect("signed")));
    refused(check(&bundle, &Artifact::from_bytes(APP), public(&key)), "statement-malformed");
}

#[test]
fn unknown_fields_versions_and_trailing_bytes_are_refused() {
    tampered_refuses(|bundle| bundle["extra"] = json!(1), "bundle-malformed");
    tampered_refuses(|bundle| bundle["mediaType"] = json!("application/json"), "unsupported-bundle-version");
    tampered_refuses(
        |bundle| bundle["mediaType"] = json!("application/vnd.dev.sigstore.bundle+json;version=0.4"),
        "unsupported-bundle-version",
    );
    let key = p256();
    let trailing = format!("{} x", message_bundle(&key, APP));
    refused(check_bytes(trailing.as_bytes(), &Artifact::from_bytes(APP), public(&key)), "bundle-malformed");
}

#[test]
fn both_or_neither_of_two_contents_and_materials_are_refused() {
    let key = p256();
    let message = message_bundle(&key, APP)["messageSignature"].clone();
    tampered_refuses(|bundle| bundle["messageSignature"] = message, "bundle-field-malformed");
    tampered_refuses(|bundle| bundle["verificationMaterial"] = json!({}), "bundle-field-malformed");
    tampered_refuses(
        |bundle| bundle["verificationMaterial"]["certificate"] = json!({ "rawBytes": "AAAA" }),
        "bundle-field-malformed",
    );
}

#[test]
fn loose_or_empty_base64_is_refused() {
    for signature in ["", "AAA", "AA==\n", "_-__"] {
        tampered_refuses(
            |bundle| bundle["dsseEnvelope"]["signatures"][0]["sig"] = json!(signature),
            "bundle-field-malformed",
        );
    }
}

#[test]
fn no_trusted_key_refuses() {
    let key = p256();
    let bundle = Bundle::parse(message_bundle(&key, APP).to_string().as_bytes()).expect("a bundle");
    let verified = verify(&bundle, &Artifact::from_bytes(APP), &Trust::nobody(), Time::from_unix(0));
    refused(verified, "no-trusted-key");
}

#[test]
fn a_key_that_has_to_be_logged_and_is_not_refuses() {
    let key = p256();
    let bundle = Bundle::parse(message_bundle(&key, APP).to_string().as_bytes()).expect("a bundle");
    // Once demanded, it cannot be taken back.
    let trust = Trust::nobody().with_key(public(&key)).with_logs_for_keys(1).with_logs_for_keys(0);
    refused(verify(&bundle, &Artifact::from_bytes(APP), &trust, Time::from_unix(0)), "log-threshold");
}

#[test]
fn keys_of_other_forms_are_refused() {
    let pem = public(&p256()).to_pem();
    let code = |pem: &str| VerifyingKey::from_pem(pem).expect_err("refused").code();
    assert_eq!(code(&pem.replace("PUBLIC KEY", "PRIVATE KEY")), "key-not-pem");
    assert_eq!(code(&format!("{pem}{pem}")), "key-not-pem");
    assert_eq!(code(&pem.replacen("MF", "MA", 1)), "key-malformed");
    // A compressed point (SEC 1, 2.3.3) would be another name of the same key.
    let point = public(&p256()).spki_der()[27..59].to_vec();
    let prefix = STANDARD.decode("MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgA=").expect("base64");
    for sign in [2, 3] {
        let compressed = [&prefix[..], &[sign], &point].concat();
        assert_eq!(VerifyingKey::from_spki_der(&compressed).expect_err("refused").code(), "key-malformed");
    }
    let mut trailing = public(&p256()).spki_der().to_vec();
    trailing.push(0);
    assert_eq!(VerifyingKey::from_spki_der(&trailing).expect_err("refused").code(), "key-malformed");
}

fn rsa_spki(key: &[u8]) -> Vec<u8> {
    let (bits, body) = (key.len() + 1, key.len() + 1 + 4 + 15);
    let mut spki = vec![0x30, 0x82, (body >> 8) as u8, body as u8, 0x30, 13, 6, 9];
    spki.extend([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0, 3, 0x82, (bits >> 8) as u8, bits as u8, 0]);
    spki.extend(key);
    spki
}

#[test]
fn rsa_keys_of_other_sizes_are_refused() {
    let modulus_of = |bytes: usize| {
        let [.., high, low] = (bytes + 1).to_be_bytes();
        let modulus = [&[2, 0x82, high, low, 0][..], &vec![0xff; bytes]].concat();
        let numbers = [&modulus[..], &[2, 3, 1, 0, 1]].concat();
        let [.., high, low] = numbers.len().to_be_bytes();
        VerifyingKey::from_spki_der(&rsa_spki(&[&[0x30, 0x82, high, low][..], &numbers].concat()))
    };
    for (bytes, code) in
        [(255, Some("unsupported-key-size")), (256, None), (512, None), (513, Some("unsupported-key-size"))]
    {
        assert_eq!(modulus_of(bytes).err().map(|error| error.code()), code, "{bytes}");
    }
}

/// P-521 is used with SHA-512 alone: a signature over less is not what its holder's key says.
#[test]
fn a_hash_that_is_not_the_keys_own_is_refused() {
    let key = key_of(Algorithm::EcdsaP521Sha256);
    refused(check(&message_bundle(&key, APP), &Artifact::from_bytes(APP), public(&key)), "signature-invalid");
}

#[test]
fn half_a_message_digest_is_refused() {
    let key = p256();
    for half in [json!({ "algorithm": "SHA2_256" }), json!({ "digest": "AAAA" })] {
        let mut bundle = message_bundle(&key, APP);
        bundle["messageSignature"]["messageDigest"] = half;
        refused(check(&bundle, &Artifact::from_bytes(APP), public(&key)), "bundle-field-malformed");
    }
}
