//! An authority that answers well, and not what was asked: for another person, by another issuer, with its promise elsewhere.

use super::*;
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_sandbox::Flaw;
use bulla_sign::{Password, provenance::Provenance};
use bulla_transport::{Request, Service};
use bulla_verify::Digest;
use serde_json::json;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
};

const PATH: &str = "/api/v2/signingCert";

/// The same key again.
fn twin(pem: &str) -> SigningKey {
    SigningKey::from_pem(pem.as_bytes(), || Ok::<_, Error>(Password::from("hush".to_owned()))).expect("a key")
}

/// Sends a body of JSON, and gives the JSON that is answered.
fn posted(url: &str, path: &str, body: &[u8], token: Option<&str>) -> Value {
    let bearer = token.map(|token| ("authorization", format!("Bearer {token}").into()));
    let request = Request {
        content_type: Some("application/json"),
        body: body.to_vec().into(),
        headers: bearer.into_iter().collect(),
        ..Request::default()
    };
    let reply = Service::new(url, &Options::default()).expect("a service").post(path, &request).expect("an answer");
    assert!(reply.is_success(), "{:?}", reply.words());
    serde_json::from_slice(&reply.body).expect("JSON")
}

/// An authority in front of the sandbox's, whose answers `answer` makes of what was sent.
fn authority(answer: impl Fn(&[u8]) -> Value + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(stream, &answer)));
    url
}

fn serve(mut stream: TcpStream, answer: &impl Fn(&[u8]) -> Value) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        let header = line.to_lowercase();
        length = header.strip_prefix("content-length: ").map_or(length, |text| text.trim().parse().expect("a length"));
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let answer = answer(&body).to_string();
    let head = format!("HTTP/1.1 201 Created\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(answer.as_bytes())).ok();
}

impl World {
    fn certified_by(&self, authority: &str, claims: &Value, key: SigningKey) -> Result<Signer, Error> {
        let mut config = self.config.clone();
        *config.pointer_mut("/caUrls/0/url").expect("an authority") = authority.into();
        let config = SigningConfig::parse(config.to_string().as_bytes()).expect("a configuration");
        let sigstore = Sigstore::new(&config, self.root(), &Options::default(), now()).expect("services");
        let token = self.sandbox.token(claims).expect("a token");
        sigstore.certify(&IdentityToken::parse(token.into(), SIGSTORE, now()).expect("a good token"), key, now())
    }
}

fn named(email: &str) -> Value {
    json!({ "sub": email, "email": email, "email_verified": true })
}

#[test]
fn a_certificate_for_somebody_else_or_by_another_issuer_signs_nothing() {
    let world = World::new();
    let password = Password::from("hush".to_owned());
    let pem = key(KeyAlgorithm::EcdsaP256).to_encrypted_pem(&password).expect("PEM");
    // What the authority says of the developer, it says of everybody.
    let heard = std::sync::OnceLock::new();
    let (url, token) = (world.sandbox.url().to_owned(), world.sandbox.identity_token(DEV).expect("a token"));
    let authority = authority(move |body| heard.get_or_init(|| posted(&url, PATH, body, Some(&token))).clone());
    assert!(world.certified_by(&authority, &named(DEV), twin(&pem)).is_ok());
    let eve = world.certified_by(&authority, &named("eve@sandbox.invalid"), twin(&pem));
    let error = refused(eve, "certificate-other-identity");
    assert!(error.to_string().ends_with("expected `eve@sandbox.invalid`, found `dev@sandbox.invalid`"), "{error}");
    let mut elsewhere = named(DEV);
    elsewhere["iss"] = "https://elsewhere.invalid".into();
    refused(world.certified_by(&authority, &elsewhere, twin(&pem)), "certificate-other-issuer");
    // Behind a broker the certificate may name the one that it asked, or the broker.
    let mut brokered = named(DEV);
    brokered["federated_claims"] = json!({ "connector_id": "https://asked.invalid" });
    assert!(world.certified_by(&authority, &brokered, twin(&pem)).is_ok());
    refused(world.certified_by(&authority, &named(DEV), key(KeyAlgorithm::EcdsaP256)), "certificate-other-key");
}

#[test]
fn a_promise_beside_the_certificate_is_no_use_to_a_bundle() {
    let world = World::new();
    world.sandbox.set_flaw(Flaw::NoSct);
    let (url, token) = (world.sandbox.url().to_owned(), world.sandbox.identity_token(DEV).expect("a token"));
    let (altered, promised) = (std::sync::atomic::AtomicUsize::new(0), url.clone());
    let authority = authority(move |body| {
        let answer = posted(&url, PATH, body, Some(&token));
        let chain = answer["signedCertificateEmbeddedSct"]["chain"].clone();
        let der = |pem: &Value| -> String {
            pem.as_str().expect("PEM").lines().filter(|line| !line.starts_with('-')).collect()
        };
        let ders: Vec<String> = chain["certificates"].as_array().expect("a chain").iter().map(der).collect();
        let mut sct = posted(&promised, "/ct/v1/add-chain", json!({ "chain": ders }).to_string().as_bytes(), None);
        // The second time it is of another moment than was signed.
        if altered.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0 {
            sct["timestamp"] = (sct["timestamp"].as_u64().expect("a time") - 1).into();
        }
        let promise = STANDARD.encode(sct.to_string());
        json!({ "signedCertificateDetachedSct": { "chain": chain, "signedCertificateTimestamp": promise } })
    });
    let certified = || world.certified_by(&authority, &named(DEV), key(KeyAlgorithm::EcdsaP256));
    refused(certified(), "certificate-sct-detached");
    refused(certified(), "certificate-unproved");
}

/// A job whose token the authority has seen, and provenance of a machine that nobody vouches for: one of the two is not true.
#[test]
fn provenance_that_the_certificate_contradicts_is_not_signed() {
    let world = World::new();
    let claims = json!({
        "sub": "repo:acme/app:ref:refs/heads/main", "repository": "acme/app", "run_id": "7", "run_attempt": "1",
        "job_workflow_ref": "acme/app/.github/workflows/release.yml@refs/heads/main", "event_name": "push",
    });
    let job = world.certified_by(world.sandbox.url(), &claims, key(KeyAlgorithm::EcdsaP256)).expect("a certificate");
    let person = world.certified(&world.sigstore(), KeyAlgorithm::EcdsaP256).expect("a certificate");
    let local = Provenance::local(None).expect("provenance");
    let statement = statement::of_provenance(&Digest::of(APP), None, &local).expect("a statement");
    let sign = |signer: &Signer| {
        let sigstore = world.sigstore();
        sigstore.sign_statement(signer, &statement, sigstore.listed(), &now)
    };
    assert!(sign(&person).is_ok());
    refused(sign(&job), "provenance-certificate-differs");
}
