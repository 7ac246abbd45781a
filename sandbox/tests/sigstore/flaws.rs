//! What goes wrong on request, and what a verifier says of it.

use crate::signer::{ADA, Signer, certify, connect, judge, now, post, root, sign, timestamp};
use bulla_sandbox::{Fault, Flaw, Injection, Sandbox, SandboxConfig};
use bulla_verify::verify_certificate;
use std::time::Duration;

fn started() -> Sandbox {
    Sandbox::start(SandboxConfig::default()).unwrap()
}

#[test]
fn a_certificate_with_a_flaw_is_refused_for_it_and_the_next_is_not() {
    let sandbox = started();
    for (flaw, code) in [
        (Flaw::NoSct, "sct-threshold"),
        (Flaw::UntrustedChain, "certificate-chain"),
        (Flaw::NoUsage, "certificate-chain"),
        (Flaw::NoOidcIssuer, "issuer-missing"),
    ] {
        sandbox.set_flaw(flaw);
        let certificate = certify(&sandbox, &Signer::new()).remove(0);
        assert_eq!(
            verify_certificate(&certificate, None, &root(&sandbox), now()).unwrap_err().code(),
            code,
            "{flaw:?}"
        );
        sandbox.set_flaw(None);
        verify_certificate(&certify(&sandbox, &Signer::new())[0], None, &root(&sandbox), now()).unwrap();
    }
}

#[test]
fn a_certificate_of_another_key_verifies_and_is_not_ours() {
    let (sandbox, signer) = (started(), Signer::new());
    sandbox.set_flaw(Flaw::CertificateOfAnotherKey);
    let certificate = verify_certificate(&certify(&sandbox, &signer)[0], None, &root(&sandbox), now()).unwrap();
    assert_ne!(certificate.key().spki_der(), signer.spki());
}

#[test]
fn a_bundle_with_a_flaw_in_its_entry_or_timestamp_is_refused_for_it() {
    let sandbox = started();
    for (flaw, code) in [
        (Flaw::EntryOfAnotherArtifact, "entry-mismatch"),
        (Flaw::ProofOfAnotherEntry, "inclusion-proof"),
        (Flaw::CheckpointInAnotherName, "checkpoint-signature"),
        (Flaw::TimestampOfAnotherImprint, "timestamp-mismatch"),
    ] {
        sandbox.set_flaw(flaw);
        let bundle = sign(&sandbox, b"artifact");
        assert_eq!(judge(&sandbox, &bundle, b"artifact").unwrap_err().code(), code, "{flaw:?}");
        sandbox.set_flaw(None);
        judge(&sandbox, &sign(&sandbox, b"artifact"), b"artifact").unwrap();
    }
}

#[test]
fn another_nonce_is_another() {
    let sandbox = started();
    let nonce = |bytes: &[u8]| bytes.windows(8).any(|part| part == [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]);
    assert!(nonce(&timestamp(&mut connect(&sandbox), b"signature")));
    sandbox.set_flaw(Flaw::TimestampOfAnotherNonce);
    assert!(!nonce(&timestamp(&mut connect(&sandbox), b"signature")));
}

#[test]
fn a_token_with_a_flaw_gets_no_certificate() {
    let (sandbox, signer) = (started(), Signer::new());
    for flaw in [Flaw::TokenExpired, Flaw::TokenForAnother, Flaw::TokenOfTheFuture, Flaw::TokenOfAnotherKey] {
        sandbox.set_flaw(flaw);
        let token = sandbox.identity_token(ADA).unwrap();
        sandbox.set_flaw(None);
        let request = signer.certificate_request(ADA);
        post(&mut connect(&sandbox), "/api/v2/signingCert", Some(&token), &request).expect(400);
    }
}

#[test]
fn a_clock_that_runs_ahead_shows_in_what_is_signed() {
    let (sandbox, signer) = (started(), Signer::new());
    sandbox.set_skew(7200);
    let certificate = certify(&sandbox, &signer).remove(0);
    assert!(verify_certificate(&certificate, None, &root(&sandbox), now()).is_err());
    let later = bulla_verify::Time::from_unix(now().unix() + 7205);
    verify_certificate(&certificate, None, &root(&sandbox), later).unwrap();
}

#[test]
fn a_part_misbehaves_by_its_path_as_the_registry_does() {
    let sandbox = started();
    let mut client = connect(&sandbox);
    sandbox.inject(Injection::of(Fault::BadGateway).on_path("/api/v2/log/").times(1));
    sandbox
        .inject(Injection::of(Fault::TooManyRequests { retry_after: Duration::from_secs(3) }).on_path("/api/v2/sign"));
    let none = serde_json::json!({});
    post(&mut client, "/api/v2/log/entries", None, &none).expect(502);
    post(&mut client, "/api/v2/log/entries", None, &none).expect(400);
    assert_eq!(post(&mut client, "/api/v2/signingCert", None, &none).expect(429).header("retry-after"), Some("3"));
    client.get("/api/v2/checkpoint").expect(200);
    client.get("/v2/").expect(200);
    sandbox.clear_faults();
    post(&mut client, "/api/v2/signingCert", None, &none).expect(400);
    assert_eq!(sandbox.registry().requests().len(), 6);
}

#[test]
fn what_a_service_gives_can_be_spoilt_on_its_way() {
    let sandbox = started();
    let mut client = connect(&sandbox);
    client.get("/v2/a/tags/list").refused(404, "NAME_UNKNOWN");
    sandbox.inject(Injection::of(Fault::Truncated).on_path("/timestamp").times(1));
    let headers = [("Content-Type", "application/timestamp-query")];
    let request = crate::signer::timestamp_request(b"signature");
    let answer = client.ask("POST", "/api/v1/timestamp", &headers, &request).expect(200);
    let announced: usize = answer.header("content-length").unwrap().parse().unwrap();
    assert_eq!(answer.body.len(), announced / 2);
    assert!(client.ended());
}
