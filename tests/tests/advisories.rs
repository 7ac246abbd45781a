//! Published attacks on other verifiers that no other test feeds yet; `tests/VULNERABILITIES.md` says where each stands.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_sandbox::{Algorithm, Content, Generation, Sigstore};
use bulla_verify::{Artifact, Bundle, Identity, Need, Time, Trust, TrustedRoot, VerifyError, verify};
use serde_json::{Value, json};

const APP: &[u8] = b"app";
const ENTRY: &str = "/verificationMaterial/tlogEntries/0";

fn at(seconds: i64) -> Time {
    Time::from_unix(1_790_000_000 + seconds)
}

fn sigstore(generation: Generation) -> Sigstore {
    Sigstore::new(&[generation], 1, at(0)).expect("a Sigstore")
}

fn signed(sigstore: &mut Sigstore) -> Value {
    let dev = Identity::Email("dev@sandbox.invalid".to_owned());
    sigstore.sign(Content::Artifact(APP), &dev, Algorithm::EcdsaP256).expect("signed")
}

fn verdict(bundle: &Value, root: &Value, now: Time) -> Result<(), VerifyError> {
    let trust = Trust::nobody().with_root(TrustedRoot::parse(root.to_string().as_bytes(), Need::sigstore())?);
    let bundle = Bundle::parse(bundle.to_string().as_bytes())?;
    verify(&bundle, &Artifact::from_bytes(APP), &trust, now).map(|_| ())
}

#[track_caller]
fn refuses(bundle: &Value, root: &Value, code: &str) {
    let error = verdict(bundle, root, at(3600)).expect_err("this must be refused");
    assert_eq!(error.code(), code, "{error}");
}

fn set(value: &mut Value, pointer: &str, field: impl Into<Value>) {
    *value.pointer_mut(pointer).expect("a field") = field.into();
}

/// gitsign: a signature without a certificate panicked, and a script took the exit for success.
#[test]
fn cve_2026_44310_a_certificate_that_is_none_is_refused() {
    let mut sigstore = sigstore(Generation::V2);
    let (bundle, root) = (signed(&mut sigstore), sigstore.trusted_root());
    let empty_sequence: &[u8] = &[0x30, 0];
    let certificate = bundle.pointer("/verificationMaterial/certificate/rawBytes").and_then(Value::as_str);
    let mut and_more = STANDARD.decode(certificate.expect("a certificate")).expect("base64");
    and_more.push(0);
    for (der, code) in [
        (&[][..], "bundle-field-malformed"),
        (empty_sequence, "certificate-malformed"),
        (&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], "certificate-malformed"),
        (&[0x30, 0x80, 0, 0], "certificate-malformed"),
        (&and_more, "certificate-malformed"),
    ] {
        let mut bundle = bundle.clone();
        set(&mut bundle, "/verificationMaterial/certificate/rawBytes", STANDARD.encode(der));
        refuses(&bundle, &root, code);
    }
}

/// rekor: an intoto entry without its parts, and an empty message, dereferenced nothing (CVE-2026-23831 too).
#[test]
fn cve_2023_33199_an_entry_without_its_parts_is_refused() {
    let mut sigstore = sigstore(Generation::V2);
    let (bundle, root) = (signed(&mut sigstore), sigstore.trusted_root());
    for (kind, version) in [
        ("intoto", "0.0.2"),
        ("dsse", "0.0.1"),
        ("dsse", "0.0.2"),
        ("hashedrekord", "0.0.1"),
        ("hashedrekord", "0.0.2"),
    ] {
        for spec in [json!(null), json!({}), json!({ "content": {} }), json!({ "content": { "envelope": null } })] {
            let mut bundle = bundle.clone();
            let body = json!({ "apiVersion": version, "kind": kind, "spec": spec });
            set(&mut bundle, &format!("{ENTRY}/kindVersion"), json!({ "kind": kind, "version": version }));
            set(&mut bundle, &format!("{ENTRY}/canonicalizedBody"), STANDARD.encode(body.to_string()));
            refuses(&bundle, &root, "log-entry-malformed");
        }
    }
}

/// sigstore-java: a proof in a tree of the attacker's own.
#[test]
fn cve_2024_54140_the_log_has_to_have_signed_the_tree() {
    for generation in [Generation::V1, Generation::V2] {
        let [mut ours, mut theirs] = [(); 2].map(|()| sigstore(generation));
        let (mut bundle, other, root) = (signed(&mut ours), signed(&mut theirs), ours.trusted_root());
        for field in ["inclusionProof", "canonicalizedBody"] {
            let pointer = format!("{ENTRY}/{field}");
            let forged = other.pointer(&pointer).cloned().expect("a field");
            set(&mut bundle, &pointer, forged);
        }
        refuses(&bundle, &root, "checkpoint-signature");
    }
}

/// sigstore-rust's TOB-7: no grace for a time that has not come, from a log or from a timestamp authority.
#[test]
fn tob_7_a_time_that_has_not_come_is_none() {
    for generation in [Generation::V1, Generation::V2] {
        let mut sigstore = sigstore(generation);
        let (bundle, root) = (signed(&mut sigstore), sigstore.trusted_root());
        verdict(&bundle, &root, at(0)).expect("that time has come");
        let error = verdict(&bundle, &root, at(-1)).expect_err("a second early");
        assert_eq!(error.code(), "time-in-future", "{generation:?}");
    }
}

/// sigstore-rust#154: the issuer that a certificate log vouches for is the one that verified, and not the first of its name.
#[test]
fn sigstore_rust_154_another_authority_of_the_same_name_changes_nothing() {
    let [mut ours, theirs] = [(); 2].map(|()| sigstore(Generation::V2));
    let (bundle, mut root) = (signed(&mut ours), ours.trusted_root());
    let namesake = theirs.trusted_root().pointer("/certificateAuthorities/0").cloned().expect("an authority");
    let authorities = root.pointer_mut("/certificateAuthorities").and_then(Value::as_array_mut).expect("authorities");
    authorities.insert(0, namesake);
    verdict(&bundle, &root, at(3600)).expect("ours is the second of that name");
    let authorities = root.pointer_mut("/certificateAuthorities").and_then(Value::as_array_mut).expect("authorities");
    authorities.truncate(1);
    refuses(&bundle, &root, "certificate-chain");
}

/// sigstore-rust#122: a window that cannot be read is not a window without an end.
#[test]
fn sigstore_rust_122_a_window_that_cannot_be_read_is_refused() {
    let mut sigstore = sigstore(Generation::V2);
    let (bundle, root) = (signed(&mut sigstore), sigstore.trusted_root());
    for authority in ["tlogs/0/publicKey", "ctlogs/0/publicKey", "certificateAuthorities/0", "timestampAuthorities/0"] {
        for window in
            [json!(null), json!({}), json!({ "start": "yesterday" }), json!({ "end": "2030-01-01T00:00:00Z" })]
        {
            let mut root = root.clone();
            set(&mut root, &format!("/{authority}/validFor"), window);
            refuses(&bundle, &root, "trusted-root-malformed");
        }
    }
}

/// A checkpoint with a hundred lines in the log's name cost a hundred checks for each of its entries.
#[test]
fn a_log_has_one_line_on_its_checkpoint() {
    let mut sigstore = sigstore(Generation::V2);
    let (bundle, root) = (signed(&mut sigstore), sigstore.trusted_root());
    let envelope = format!("{ENTRY}/inclusionProof/checkpoint/envelope");
    let note = bundle.pointer(&envelope).and_then(Value::as_str).expect("a checkpoint");
    let (text, line) = note.split_once("\n\n").expect("a signature");
    let signature = line.trim_end().rsplit_once(' ').expect("a signature").1;
    let mut wrong = STANDARD.decode(signature).expect("base64");
    *wrong.last_mut().expect("a byte") ^= 1;
    let forged = line.replace(signature, &STANDARD.encode(wrong));
    let witness = line.replace("log0.sandbox.invalid", "witness.invalid");
    assert_ne!(witness, line);
    let with = |lines: String| {
        let mut bundle = bundle.clone();
        set(&mut bundle, &envelope, format!("{text}\n\n{lines}"));
        verdict(&bundle, &root, at(3600)).map_err(|error| error.code())
    };
    assert_eq!(with(format!("{witness}{line}")), Ok(()));
    assert_eq!(with(format!("{line}{forged}")), Ok(()));
    assert_eq!(with(format!("{forged}{line}")), Err("checkpoint-signature"));
}
