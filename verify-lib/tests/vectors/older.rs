//! Bundles before v0.3: what each version has to carry.

use super::{check, vectors};
use bulla_verify::{Artifact, Digest, Need, Trust, TrustedRoot, VerifyError};
use serde_json::{Value, json};
use std::fs;

const ENTRY: &str = "/verificationMaterial/tlogEntries/0";

fn verdict(case: &str, tamper: impl FnOnce(&mut Value)) -> Option<Result<(), VerifyError>> {
    let suite = vectors("sigstore-conformance/bundle-verify")?;
    let mut bundle = serde_json::from_slice(&fs::read(suite.join(case)).expect("a vector")).expect("JSON");
    tamper(&mut bundle);
    let artifact = Artifact::from_digest(Digest::of(&fs::read(suite.join("a.txt")).expect("a vector")));
    let trust = Trust::nobody().with_root(TrustedRoot::public_good().expect("the embedded root"));
    Some(check(bundle.to_string().as_bytes(), &artifact, &trust).map(|_| ()))
}

fn remove(bundle: &mut Value, field: &str) {
    bundle.pointer_mut(ENTRY).expect("an entry").as_object_mut().expect("an object").remove(field);
}

const V0_1: &str = "happy-path-v0.1/bundle.sigstore.json";
const V0_2: &str = "happy-path-v0.2/bundle.sigstore.json";

#[track_caller]
fn refuses(case: &str, code: &str, tamper: impl FnOnce(&mut Value)) {
    if let Some(verdict) = verdict(case, tamper) {
        let error = verdict.expect_err("this must be refused");
        assert_eq!(error.code(), code, "{error}");
    }
}

#[track_caller]
fn accepts(case: &str, tamper: impl FnOnce(&mut Value)) {
    if let Some(verdict) = verdict(case, tamper) {
        verdict.expect("this must be accepted");
    }
}

#[test]
fn v0_1_needs_the_promise_and_may_have_a_proof() {
    accepts(V0_1, |_| {});
    accepts(V0_1, |bundle| remove(bundle, "inclusionProof"));
    refuses(V0_1, "bundle-field-malformed", |bundle| remove(bundle, "inclusionPromise"));
    refuses(V0_1, "bundle-field-malformed", |bundle| {
        let proof = bundle.pointer_mut("/verificationMaterial/tlogEntries/0/inclusionProof").expect("a proof");
        proof.as_object_mut().expect("an object").remove("checkpoint");
    });
}

#[test]
fn v0_2_needs_the_proof_and_without_a_promise_has_no_time() {
    accepts(V0_2, |_| {});
    refuses(V0_2, "bundle-field-malformed", |bundle| remove(bundle, "inclusionProof"));
    refuses(V0_2, "time-threshold", |bundle| remove(bundle, "inclusionPromise"));
}

#[test]
fn v0_3_has_its_certificate_alone() {
    refuses(V0_2, "bundle-field-malformed", |bundle| {
        bundle["mediaType"] = json!("application/vnd.dev.sigstore.bundle.v0.3+json");
    });
}

#[test]
fn the_newer_spelling_of_an_older_version_was_never_written() {
    for (case, version) in [(V0_1, "v0.1"), (V0_2, "v0.2")] {
        refuses(case, "unsupported-bundle-version", |bundle| {
            bundle["mediaType"] = json!(format!("application/vnd.dev.sigstore.bundle.{version}+json"));
        });
    }
}

/// What the bundle says of the authorities above its signer: their own chain, the root as often as asked.
fn with_chain(certificates: usize) -> impl FnOnce(&mut Value) {
    move |bundle| {
        let root: Value = vectors("trusted-roots")
            .and_then(|roots| serde_json::from_slice(&fs::read(roots.join("public-good.json")).ok()?).ok())
            .expect("the public root");
        let authorities = root
            .pointer("/certificateAuthorities/1/certChain/certificates")
            .and_then(Value::as_array)
            .expect("a chain");
        let [issuer, root] = authorities.as_slice() else { panic!("an issuer and a root") };
        let chain = bundle.pointer_mut("/verificationMaterial/x509CertificateChain/certificates").expect("a chain");
        let chain = chain.as_array_mut().expect("an array");
        chain.extend([issuer].into_iter().chain(std::iter::repeat(root)).take(certificates - 1).cloned());
    }
}

#[test]
fn one_certificate_too_many_is_over_budget() {
    accepts(V0_1, with_chain(bulla_verify::budget::CERTIFICATES));
    refuses(V0_1, "over-budget", with_chain(bulla_verify::budget::CERTIFICATES + 1));
}

#[test]
fn a_chain_leads_up_from_the_signer() {
    accepts(V0_1, with_chain(3));
    refuses(V0_1, "bundle-field-malformed", |bundle| {
        with_chain(3)(bundle);
        let chain = bundle.pointer_mut("/verificationMaterial/x509CertificateChain/certificates").expect("a chain");
        chain.as_array_mut().expect("an array").swap(1, 2);
    });
}

/// sigstore-rust's TOB-4: the log saw the signature within the certificate's life, and a timestamp authority after it.
#[test]
fn tob_4_the_certificate_is_valid_at_every_time() {
    let Some(suite) = vectors("sigstore-conformance/bundle-verify") else { return };
    let case = suite.join("intoto-tsa-timestamp-outside-cert-validity_fail");
    let read = |name: &str| fs::read(case.join(name)).expect("a vector");
    let trust =
        Trust::nobody().with_root(TrustedRoot::parse(&read("trusted_root.json"), Need::sigstore()).expect("a root"));
    let artifact = Artifact::from_digest(Digest::of(&read("artifact")));
    let verdict = |bundle: &Value| check(bundle.to_string().as_bytes(), &artifact, &trust).map(|_| ());
    let mut bundle: Value = serde_json::from_slice(&read("bundle.sigstore.json")).expect("JSON");
    assert_eq!(verdict(&bundle).map_err(|error| error.code()), Err("certificate-window"));
    bundle["verificationMaterial"]["timestampVerificationData"] = json!({});
    assert_eq!(verdict(&bundle), Ok(()));
}
