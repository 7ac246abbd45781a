//! The certificate authority.

use crate::signer::{ADA, Signer, certify, chain_of, connect, pem, post, root};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bulla_sandbox::{Part, Sandbox, SandboxConfig};
use bulla_verify::{Claim, Identity, verify_certificate};
use serde_json::{Value, json};

const PATH: &str = "/api/v2/signingCert";

fn started() -> Sandbox {
    Sandbox::start(SandboxConfig::default()).unwrap()
}

#[track_caller]
fn refuses(sandbox: &Sandbox, token: &str, request: &Value, message: &str) {
    let answer = post(&mut connect(sandbox), PATH, Some(token), request).expect(400).json();
    assert_eq!((answer["code"].as_i64(), answer["details"].clone()), (Some(3), json!([])));
    assert!(answer["message"].as_str().unwrap().contains(message), "{answer}");
}

#[test]
fn whoever_shows_token_and_key_gets_a_certificate_that_verifies() {
    let (sandbox, signer) = (started(), Signer::new());
    let chain = certify(&sandbox, &signer);
    assert_eq!(chain.len(), 3);
    let certificate = verify_certificate(&chain[0], None, &root(&sandbox), crate::signer::now()).unwrap();
    assert_eq!(certificate.identity(), &Identity::Email(ADA.to_owned()));
    assert_eq!(certificate.issuer(), sandbox.url());
    assert_eq!(certificate.key().spki_der(), signer.spki());
}

#[test]
fn every_kind_of_key_gets_a_certificate() {
    use aws_lc_rs::{
        encoding::AsDer as _,
        rand::SystemRandom,
        rsa::{KeyPair as RsaKeyPair, KeySize},
        signature::{
            ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
            RSA_PKCS1_SHA256,
        },
    };
    let (sandbox, random) = (started(), SystemRandom::new());
    let mut keys: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for curve in [&ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P521_SHA512_ASN1_SIGNING] {
        let key = EcdsaKeyPair::generate(curve).unwrap();
        let proof = key.sign(&random, ADA.as_bytes()).unwrap();
        keys.push((key.public_key().as_der().unwrap().as_ref().to_vec(), proof.as_ref().to_vec()));
    }
    let key = Ed25519KeyPair::generate().unwrap();
    keys.push((key.public_key().as_der().unwrap().as_ref().to_vec(), key.sign(ADA.as_bytes()).as_ref().to_vec()));
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let mut proof = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &random, ADA.as_bytes(), &mut proof).unwrap();
    keys.push((key.public_key().as_der().unwrap().as_ref().to_vec(), proof));
    let token = sandbox.identity_token(ADA).unwrap();
    for (spki, proof) in keys {
        let request = |proof: &[u8]| {
            json!({ "publicKeyRequest": {
                "publicKey": { "content": pem("PUBLIC KEY", &spki) }, "proofOfPossession": STANDARD.encode(proof),
            } })
        };
        let answer = post(&mut connect(&sandbox), PATH, Some(&token), &request(&proof)).expect(200).json();
        let certificate =
            verify_certificate(&chain_of(&answer)[0], None, &root(&sandbox), crate::signer::now()).unwrap();
        assert_eq!(certificate.key().spki_der(), spki);
        refuses(&sandbox, &token, &request(&proof[1..]), "could not be verified");
    }
}

#[test]
fn the_token_may_be_in_the_request_and_the_names_in_snake_case() {
    let (sandbox, signer) = (started(), Signer::new());
    let request = signer.certificate_request(ADA);
    let inner = &request["publicKeyRequest"];
    let snake = json!({
        "credentials": { "oidcIdentityToken": sandbox.identity_token(ADA).unwrap() },
        "public_key_request": { "public_key": inner["publicKey"], "proof_of_possession": inner["proofOfPossession"] },
    });
    post(&mut connect(&sandbox), PATH, None, &snake).expect(200);
}

#[test]
fn a_workflow_gets_what_its_token_says_of_it() {
    let (sandbox, signer) = (started(), Signer::new());
    let subject = "repo:acme/app:ref:refs/heads/main";
    let claims = json!({
        "sub": subject, "job_workflow_ref": "acme/app/.github/workflows/release.yml@refs/heads/main",
        "repository": "acme/app", "run_id": "7", "run_attempt": "1", "event_name": "push",
    });
    let token = sandbox.token(&claims).unwrap();
    let answer = post(&mut connect(&sandbox), PATH, Some(&token), &signer.certificate_request(subject)).expect(200);
    let certificate =
        verify_certificate(&chain_of(&answer.json())[0], None, &root(&sandbox), crate::signer::now()).unwrap();
    let workflow = "https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main";
    assert_eq!(certificate.identity(), &Identity::Uri(workflow.to_owned()));
    assert_eq!(certificate.claim(Claim::SourceRepositoryUri), Some("https://github.com/acme/app"));
}

#[test]
fn a_signing_request_as_sigstore_python_makes_it_is_taken_for_its_signature() {
    let (sandbox, signer) = (started(), Signer::new());
    let spki = signer.spki();
    let info = element(0x30, &[&[2, 1, 0, 0x30, 0][..], &spki, &[0xa0, 0]].concat());
    let algorithm = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let request = |signature: &[u8]| {
        let signature = element(3, &[&[0][..], signature].concat());
        let der = element(0x30, &[&info[..], &algorithm, &signature].concat());
        json!({ "certificateSigningRequest": STANDARD.encode(pem("CERTIFICATE REQUEST", &der)) })
    };
    let token = sandbox.identity_token(ADA).unwrap();
    let answer = post(&mut connect(&sandbox), PATH, Some(&token), &request(&signer.sign(&info))).expect(200).json();
    let certificate = verify_certificate(&chain_of(&answer)[0], None, &root(&sandbox), crate::signer::now()).unwrap();
    assert_eq!(certificate.key().spki_der(), spki);
    refuses(&sandbox, &token, &request(&signer.sign(b"another")), "could not be verified");
    refuses(&sandbox, &token, &json!({ "certificateSigningRequest": "AAAA" }), "signing request could not be parsed");
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    assert!((0x80..=0xffff).contains(&length) || length < 0x80);
    let [high, low] = u16::try_from(length).unwrap().to_be_bytes();
    let head = if length < 0x80 { vec![tag, low] } else { vec![tag, 0x82, high, low] };
    let head = if (0x80..0x100).contains(&length) { vec![tag, 0x81, low] } else { head };
    [head, content.to_vec()].concat()
}

#[test]
fn a_token_that_is_not_the_issuers_for_sigstore_and_now_is_refused() {
    let (sandbox, other, signer) = (started(), started(), Signer::new());
    let request = signer.certificate_request(ADA);
    let token = |claims: Value| {
        let mut all = json!({ "sub": ADA, "email": ADA, "email_verified": true });
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        sandbox.token(&all).unwrap()
    };
    let now = crate::signer::now().unix();
    refuses(&sandbox, "", &request, "not a signed token");
    refuses(&sandbox, &other.identity_token(ADA).unwrap(), &request, "not signed with a key of the issuer");
    refuses(&sandbox, &token(json!({ "aud": "another" })), &request, "another audience");
    refuses(&sandbox, &token(json!({ "iss": "https://another.invalid" })), &request, "another issuer");
    refuses(&sandbox, &token(json!({ "exp": now })), &request, "expired");
    refuses(&sandbox, &token(json!({ "nbf": now + 900 })), &request, "not valid yet");
    refuses(&sandbox, &token(json!({ "email_verified": false })), &request, "names nobody");
    post(&mut connect(&sandbox), PATH, Some(&token(json!({ "aud": ["a", "sigstore"] }))), &request).expect(200);
    let good = token(json!({}));
    let (body, signature) = good.rsplit_once('.').unwrap();
    let mut signature = signature.to_owned();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    signature.replace_range(..1, first);
    refuses(&sandbox, &format!("{body}.{signature}"), &request, "signature is wrong");
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", body.split_once('.').unwrap().1);
    refuses(&sandbox, &unsigned, &request, "not signed with a key of the issuer");
}

#[test]
fn a_key_that_is_not_shown_to_be_possessed_is_refused() {
    let (sandbox, signer) = (started(), Signer::new());
    let token = sandbox.identity_token(ADA).unwrap();
    refuses(&sandbox, &token, &signer.certificate_request("eve@sandbox.invalid"), "could not be verified");
    let mut request = signer.certificate_request(ADA);
    request["publicKeyRequest"]["publicKey"]["content"] = json!(Signer::new().pem());
    refuses(&sandbox, &token, &request, "could not be verified");
    request["publicKeyRequest"]["publicKey"]["content"] = json!("no key");
    refuses(&sandbox, &token, &request, "public key supplied in the request could not be parsed");
    refuses(&sandbox, &token, &json!({}), "public key supplied");
    refuses(&sandbox, &token, &json!({ "surprise": 1 }), "unknown field");
}

#[test]
fn one_byte_past_4_mib_is_refused() {
    let sandbox = started();
    for (path, refused) in
        [(PATH, 429), ("/api/v2/log/entries", 429), ("/api/v1/log/entries", 413), ("/ct/v1/add-chain", 413)]
    {
        let mut body = b"{}".to_vec();
        body.resize(4 * 1024 * 1024, b' ');
        let ask = |body: &[u8]| connect(&sandbox).ask("POST", path, &[], body).status;
        assert_eq!(ask(&body), 400, "{path}");
        body.push(b' ');
        assert_eq!(ask(&body), refused, "{path}");
    }
}

#[test]
fn without_a_certificate_log_there_is_no_promise() {
    let sandbox = Sandbox::start(SandboxConfig::only(&[Part::Oidc, Part::Fulcio])).unwrap();
    let signer = Signer::new();
    let token = sandbox.identity_token(ADA).unwrap();
    let answer = post(&mut connect(&sandbox), PATH, Some(&token), &signer.certificate_request(ADA)).expect(200).json();
    assert!(answer["signedCertificateDetachedSct"].is_object());
    assert_eq!(
        verify_certificate(&chain_of(&answer)[0], None, &root(&sandbox), crate::signer::now()).unwrap_err().code(),
        "sct-threshold"
    );
}

#[test]
fn the_trust_bundle_is_the_chain_that_issues() {
    let (sandbox, signer) = (started(), Signer::new());
    let mut client = connect(&sandbox);
    let bundle = client.get("/api/v2/trustBundle").expect(200).json();
    let chain: Vec<_> = bundle["chains"][0]["certificates"].as_array().unwrap().clone();
    let der: Vec<_> = chain.iter().map(|pem| crate::signer::der_of(pem.as_str().unwrap())).collect();
    assert_eq!(der, certify(&sandbox, &signer)[1..]);
    let configuration = client.get("/api/v2/configuration").expect(200).json();
    assert_eq!(configuration["issuers"][0]["issuerUrl"], sandbox.url());
}
