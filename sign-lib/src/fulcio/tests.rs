use super::*;
use crate::{
    oidc::samples::{now, token},
    stub::Stub,
};
use serde_json::{Value, json};

const SOON: Share = Share { within: std::time::Duration::from_secs(5), last: false };

fn root() -> TrustedRoot {
    TrustedRoot::public_good().unwrap()
}

fn asked_for(token: &IdentityToken, answer: (u16, &'static str, String)) -> (SigstoreError, Stub) {
    let stub = Stub::saying(answer.0, answer.1, &answer.2);
    let key = SigningKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    (certify(&stub.service(), token, &key, &root(), now(), SOON).unwrap_err(), stub)
}

const JSON: &str = "content-type: application/json\r\n";

#[test]
fn the_question_proves_that_the_key_is_ours_and_shows_the_token_to_the_authority_alone() {
    let by_mail = token(json!({ "email": "dev@bulla.test", "email_verified": true }));
    let (error, stub) = asked_for(&by_mail, (400, JSON, json!({ "code": 3, "message": "no\u{1b}pe" }).to_string()));
    assert_eq!((error.code(), error.to_string().contains("status 400: nope")), ("certificate-authority-refuses", true));
    let asked = &stub.asked()[0];
    assert_eq!(asked.line, "POST /api/v2/signingCert HTTP/1.1");
    let bearer = format!("authorization: bearer {}", by_mail.as_str()).to_lowercase();
    assert!(asked.headers.contains(&bearer));
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    let request = &body["publicKeyRequest"];
    assert_eq!(request["publicKey"]["algorithm"], "ECDSA");
    assert!(!body.to_string().contains(by_mail.as_str()));
    let pem = request["publicKey"]["content"].as_str().unwrap();
    let key = bulla_verify::VerifyingKey::from_pem(pem).unwrap();
    let proof = STANDARD.decode(request["proofOfPossession"].as_str().unwrap()).unwrap();
    assert!(verifies(&key, b"dev@bulla.test", &proof));
    assert!(!verifies(&key, b"robot", &proof));
}

/// Through a bundle, which is the verifier's one door.
fn verifies(key: &bulla_verify::VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    let bundle = json!({
        "mediaType": bulla_verify::BUNDLE_V0_3, "verificationMaterial": { "publicKey": { "hint": "" } },
        "messageSignature": { "messageDigest": {}, "signature": STANDARD.encode(signature) },
    });
    let bundle = bulla_verify::Bundle::parse(bundle.to_string().as_bytes()).unwrap();
    let trust = bulla_verify::Trust::nobody().with_key(key.clone());
    bulla_verify::verify(&bundle, &bulla_verify::Artifact::from_bytes(message), &trust, now()).is_ok()
}

#[test]
fn nothing_secret_is_in_what_a_refusal_says() {
    let robot = token(json!({}));
    let (error, _stub) = asked_for(&robot, (401, JSON, json!({ "message": "who are you" }).to_string()));
    let shown = format!("{error} {error:?} {:?}", error.hint());
    assert!(!shown.contains(robot.as_str()) && shown.contains("who are you"), "{shown}");
}

#[test]
fn a_token_that_has_ended_is_not_sent() {
    let stub = Stub::saying(500, "", "");
    let key = SigningKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    let end = token(json!({})).expires();
    let error = certify(&stub.service(), &token(json!({})), &key, &root(), end, SOON).unwrap_err();
    assert_eq!((error.code(), stub.asked().len()), ("identity-token-expired", 0));
}

#[test]
fn an_answer_that_is_no_certificate_is_malformed() {
    let chain =
        |certificates: Value| json!({ "signedCertificateEmbeddedSct": { "chain": { "certificates": certificates } } });
    let both = json!({
        "signedCertificateEmbeddedSct": { "chain": { "certificates": ["x"] } },
        "signedCertificateDetachedSct": { "chain": { "certificates": ["x"] } },
    });
    let key = "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n";
    for answer in [json!({}), json!([]), chain(json!([])), chain(json!(["x"])), chain(json!([key])), both] {
        let (error, _stub) = asked_for(&token(json!({})), (201, JSON, answer.to_string()));
        assert_eq!(error.code(), "certificate-authority-malformed", "{answer}");
    }
    let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let (error, _stub) = asked_for(&token(json!({})), (201, JSON, chain(json!([junk])).to_string()));
    assert_eq!(error.code(), "certificate-unproved");
}

#[test]
fn a_certificate_that_signs_certificates_is_not_taken_for_ours() {
    // An authority's own, GitHub's.
    let github = include_str!("../../../verify-lib/src/trust/github.json");
    let github: Value = serde_json::from_str(github).unwrap();
    let raw = github.pointer("/certificateAuthorities/0/certChain/certificates/0/rawBytes").unwrap().as_str().unwrap();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{raw}\n-----END CERTIFICATE-----\n");
    let answer = json!({ "signedCertificateEmbeddedSct": { "chain": { "certificates": [pem] } } });
    let (error, _stub) = asked_for(&token(json!({})), (201, JSON, answer.to_string()));
    assert_eq!(error.code(), "certificate-unproved");
    assert!(error.to_string().ends_with("its key is not for signatures"), "{error}");
}

#[test]
fn a_detached_promise_is_rewritten_as_tls_has_it() {
    let sct = json!({
        "sct_version": 0, "id": STANDARD.encode([7; 32]), "timestamp": 258, "extensions": "", "signature": "BAMAAQU=",
    });
    let tls = detached(&STANDARD.encode(sct.to_string())).unwrap();
    assert_eq!(tls, [&[0][..], &[7; 32], &[0, 0, 0, 0, 0, 0, 1, 2], &[0, 0], &[4, 3, 0, 1, 5]].concat());
    let short = json!({ "sct_version": 0, "id": "AA==", "timestamp": 1, "extensions": "", "signature": "" });
    assert_eq!((detached(&STANDARD.encode(short.to_string())), detached("{}")), (None, None));
}

#[test]
fn a_name_is_the_tokens_own_or_made_of_it_as_authorities_do() {
    let mail = token(json!({ "email": "dev@bulla.test", "email_verified": true }));
    let workflow = token(json!({
        "iss": "https://gitlab.acme.test", "sub": "project_path:acme/app:ref:main",
        "ci_config_ref_uri": "gitlab.acme.test/acme/app//.gitlab-ci.yml@refs/heads/main",
    }));
    let hosted = token(
        json!({ "iss": "https://ci.test", "job_workflow_ref": "acme/app/.github/workflows/r.yml@refs/heads/main" }),
    );
    let (uri, other) = (|text: &str| Identity::Uri(text.to_owned()), |text: &str| Identity::OtherName(text.to_owned()));
    for (name, token) in [
        (Identity::Email("dev@bulla.test".to_owned()), &mail),
        (uri("https://gitlab.acme.test/acme/app//.gitlab-ci.yml@refs/heads/main"), &workflow),
        (uri("https://git.test/acme/app/.github/workflows/r.yml@refs/heads/main"), &hosted),
        (uri("robot"), &hosted),
        (other("robot!acme.test"), &hosted),
    ] {
        assert!(names(&name, token), "{name}");
    }
    for (name, token) in [
        (Identity::Email("dev@evil.test".to_owned()), &mail),
        (uri("https://git.test/x/acme/app/.github/workflows/r.yml@refs/heads/main"), &hosted),
        (uri("http://git.test/acme/app/.github/workflows/r.yml@refs/heads/main"), &hosted),
        (other("robots!acme.test"), &hosted),
        (uri(""), &hosted),
    ] {
        assert!(!names(&name, token), "{name}");
    }
}

#[test]
fn an_answer_over_its_limit_is_not_read() {
    for (size, code) in [
        (budget::CERTIFICATE_ANSWER_BYTES, "certificate-authority-malformed"),
        (budget::CERTIFICATE_ANSWER_BYTES + 1, "certificate-authority-unavailable"),
    ] {
        let (error, _stub) = asked_for(&token(json!({})), (201, JSON, " ".repeat(size)));
        assert_eq!(error.code(), code);
    }
}
