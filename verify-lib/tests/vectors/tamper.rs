//! One real keyless bundle, and one tamper each: the corridor's every door, shut for its own reason.

use super::{check, now, vectors};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{Artifact, Bundle, Digest, Need, Time, Trust, TrustedRoot, VerifyError, verify};
use serde_json::{Value, json};
use std::fs;

const RELEASE: &str = "3.13.0rc2__python-3.13.0rc2-arm64.exe.sigstore.json";
const SHA256: &str = "sha256:5ef6a035afd3f57d2b0f6a621127f2df78267ed1b872de064c668f5690e9c2db";

struct Real {
    bundle: Value,
    artifact: Artifact<'static>,
    root: Value,
}

fn real() -> Option<Real> {
    let json = |path| serde_json::from_slice(&fs::read(path).expect("a vector")).expect("JSON");
    Some(Real {
        bundle: json(vectors("cpython")?.join(RELEASE)),
        artifact: Artifact::from_digest(Digest::parse(SHA256).expect("a digest")),
        root: json(vectors("trusted-roots")?.join("public-good.json")),
    })
}

impl Real {
    fn trust(&self) -> Trust {
        let root = TrustedRoot::parse(self.root.to_string().as_bytes(), Need::sigstore()).expect("a root");
        Trust::nobody().with_root(root)
    }

    fn verdict(&self) -> Result<(), VerifyError> {
        check(self.bundle.to_string().as_bytes(), &self.artifact, &self.trust()).map(|_| ())
    }
}

#[track_caller]
fn tampered(code: &str, tamper: impl FnOnce(&mut Real)) {
    let Some(mut real) = real() else { return };
    real.verdict().expect("the untouched bundle verifies");
    tamper(&mut real);
    let error = real.verdict().expect_err("the tampered bundle must be refused");
    assert_eq!(error.code(), code, "{error}");
}

/// The one log entry of a bundle.
pub(crate) const ENTRY: &str = "/verificationMaterial/tlogEntries/0";

/// A field that is there.
#[track_caller]
pub(crate) fn at<'a>(bundle: &'a mut Value, pointer: &str) -> &'a mut Value {
    bundle.pointer_mut(pointer).expect("a field")
}

/// Changes the bytes of a base64 field.
pub(crate) fn change(field: &mut Value, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = STANDARD.decode(field.as_str().expect("text")).expect("base64");
    change(&mut bytes);
    *field = json!(STANDARD.encode(bytes));
}

/// Flips one bit in the middle of a base64 field.
pub(crate) fn flip(field: &mut Value) {
    change(field, |bytes| {
        let middle = bytes.len() / 2;
        *bytes.get_mut(middle).expect("a byte") ^= 1;
    });
}

#[test]
fn the_log_has_to_be_trusted() {
    tampered("unknown-log", |real| real.root["tlogs"] = json!([]));
    // Without an entry there is no time either, which is what is missed first.
    tampered("time-threshold", |real| {
        real.bundle["verificationMaterial"]["tlogEntries"] = json!([]);
    });
}

#[test]
fn the_proof_leads_to_the_root_that_the_log_has_signed() {
    let at = |path: &str| format!("{ENTRY}{path}");
    tampered("inclusion-proof", |real| flip(real.bundle.pointer_mut(&at("/inclusionProof/hashes/0")).expect("it")));
    tampered("inclusion-proof", |real| flip(real.bundle.pointer_mut(&at("/inclusionProof/rootHash")).expect("it")));
    tampered("inclusion-promise", |real| {
        *real.bundle.pointer_mut(&at("/integratedTime")).expect("it") = json!("1722000001");
    });
    tampered("inclusion-promise", |real| *real.bundle.pointer_mut(&at("/logIndex")).expect("it") = json!("7"));
    tampered("checkpoint-signature", |real| {
        let field = real.bundle.pointer_mut(&at("/inclusionProof/checkpoint/envelope")).expect("it");
        *field = json!(field.as_str().expect("text").replacen("rekor", "rekos", 1));
    });
    tampered("checkpoint-mismatch", |real| {
        let field = real.bundle.pointer_mut(&at("/inclusionProof/checkpoint/envelope")).expect("it");
        let note = field.as_str().expect("text");
        let size = note.lines().nth(1).expect("a size");
        *field = json!(note.replacen(size, "1", 1));
    });
}

#[test]
fn the_certificate_chains_to_an_authority_valid_then() {
    tampered("certificate-chain", |real| real.root["certificateAuthorities"] = json!([]));
    tampered("certificate-window", |real| {
        real.root["certificateAuthorities"][1]["validFor"]["end"] = json!("2023-01-01T00:00:00Z");
    });
    tampered("certificate-chain", |real| {
        flip(real.bundle.pointer_mut("/verificationMaterial/certificate/rawBytes").expect("it"));
    });
}

#[test]
fn a_certificate_log_has_to_know_of_the_certificate() {
    tampered("sct-threshold", |real| real.root["ctlogs"] = json!([]));
    tampered("log-window", |real| {
        real.root["ctlogs"][1]["publicKey"]["validFor"]["end"] = json!("2023-01-01T00:00:00Z");
    });
}

#[test]
fn a_log_is_trusted_only_within_its_window() {
    tampered("log-window", |real| {
        real.root["tlogs"][0]["publicKey"]["validFor"]["end"] = json!("2023-01-01T00:00:00Z");
    });
}

#[test]
fn a_signature_of_the_same_hand_over_other_bytes_is_refused() {
    tampered("message-digest-mismatch", |real| real.artifact = Artifact::from_digest(Digest::of(b"other")));
    tampered("signature-invalid", |real| {
        flip(real.bundle.pointer_mut("/messageSignature/signature").expect("it"));
    });
}

#[test]
fn an_entry_from_the_future_is_refused() {
    let Some(real) = real() else { return };
    let bundle = Bundle::parse(real.bundle.to_string().as_bytes()).expect("a bundle");
    let early = Time::parse_rfc3339("2020-01-01T00:00:00Z").expect("a time");
    let verdict = |now| verify(&bundle, &real.artifact, &real.trust(), now).map(|_| ());
    assert_eq!(verdict(now()), Ok(()));
    assert_eq!(verdict(early).map_err(|error| error.code()), Err("time-in-future"));
}

#[test]
fn a_promise_is_needed_for_a_time() {
    tampered("time-threshold", |real| {
        let entry = real.bundle.pointer_mut("/verificationMaterial/tlogEntries/0").expect("it");
        entry.as_object_mut().expect("an object").remove("inclusionPromise");
    });
}

#[test]
fn no_root_refuses() {
    let Some(real) = real() else { return };
    let bundle = real.bundle.to_string();
    let error = check(bundle.as_bytes(), &real.artifact, &Trust::nobody()).expect_err("refused");
    assert_eq!(error.code(), "no-trusted-root");
}

/// Nothing in a bundle is there for nothing: a changed bit anywhere refuses, and nothing panics.
#[track_caller]
fn no_bit_changes_unnoticed(bundle: &Value, artifact: &Artifact<'_>, trust: &Trust) {
    let text = bundle.to_string();
    check(text.as_bytes(), artifact, trust).expect("the untouched bundle verifies");
    for at in (0..text.len()).step_by(3) {
        for flip in [0x01, 0x80] {
            let mut bytes = text.clone().into_bytes();
            *bytes.get_mut(at).expect("a byte") ^= flip;
            let verdict = check(&bytes, artifact, trust).map(|_| ());
            assert!(verdict.is_err(), "accepted with byte {at} changed: {:?}", text.get(at - 20..at + 20));
        }
    }
}

#[test]
fn no_changed_bit_of_a_signature_goes_unnoticed() {
    let Some(real) = real() else { return };
    no_bit_changes_unnoticed(&real.bundle, &real.artifact, &real.trust());
}

#[test]
fn no_changed_bit_of_an_attestation_goes_unnoticed() {
    let Some(suite) = vectors("sigstore-conformance/bundle-verify") else { return };
    let read = |name| fs::read(suite.join(name)).expect("a vector");
    let bundle = serde_json::from_slice(&read("happy-path-intoto-in-dsse-v3/bundle.sigstore.json")).expect("JSON");
    let trust = Trust::nobody().with_root(TrustedRoot::public_good().expect("the embedded root"));
    no_bit_changes_unnoticed(&bundle, &Artifact::from_digest(Digest::of(&read("a.txt"))), &trust);
}
