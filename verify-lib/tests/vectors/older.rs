//! Bundles before v0.3: what each version has to carry.

use super::{check, vectors};
use bulla_verify::{Artifact, Digest, Trust, TrustedRoot, VerifyError};
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
fn both_spellings_of_a_version_are_read() {
    accepts(V0_1, |bundle| bundle["mediaType"] = json!("application/vnd.dev.sigstore.bundle.v0.1+json"));
    accepts(V0_2, |bundle| bundle["mediaType"] = json!("application/vnd.dev.sigstore.bundle.v0.2+json"));
}

#[test]
fn one_certificate_too_many_is_over_budget() {
    let chain = |copies: usize| {
        move |bundle: &mut Value| {
            let certificates = &mut bundle["verificationMaterial"]["x509CertificateChain"]["certificates"];
            *certificates = json!(vec![certificates[0].clone(); copies]);
        }
    };
    accepts(V0_1, chain(bulla_verify::budget::CERTIFICATES));
    refuses(V0_1, "over-budget", chain(bulla_verify::budget::CERTIFICATES + 1));
}
