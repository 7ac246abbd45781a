//! One real bundle with an entry in Rekor v2 and an RFC 3161 timestamp, and one tamper each.

use super::{check, vectors};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{Artifact, Digest, Need, Trust, TrustedRoot, VerifiedBundle, VerifyError};
use serde_json::{Value, json};
use std::fs;

const TIMESTAMPS: &str = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps";
const TIMESTAMP: &str = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";
const AUTHORITY: &str = "/timestampAuthorities/0";

struct Real {
    bundle: Value,
    root: Value,
    artifact: Artifact<'static>,
}

impl Real {
    fn at(&mut self, pointer: &str) -> &mut Value {
        self.bundle.pointer_mut(pointer).expect("a field of the bundle")
    }

    fn root_at(&mut self, pointer: &str) -> &mut Value {
        self.root.pointer_mut(pointer).expect("a field of the root")
    }

    fn verdict(&self) -> Result<VerifiedBundle, VerifyError> {
        let root = TrustedRoot::parse(self.root.to_string().as_bytes(), Need::sigstore())?;
        check(self.bundle.to_string().as_bytes(), &self.artifact, &Trust::nobody().with_root(root))
    }

    /// The timestamp's bytes, changed.
    fn token(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        let field = self.at(TIMESTAMP);
        let mut token = STANDARD.decode(field.as_str().expect("text")).expect("base64");
        change(&mut token);
        *field = json!(STANDARD.encode(token));
    }
}

fn real() -> Option<Real> {
    let suite = vectors("sigstore-conformance/bundle-verify")?;
    let read = |name: &str| fs::read(suite.join(name)).expect("a vector");
    let json = |name: &str| serde_json::from_slice(&read(name)).expect("JSON");
    Some(Real {
        bundle: json("rekor2-timestamp-with-embedded-cert/bundle.sigstore.json"),
        root: json("rekor2-timestamp-with-embedded-cert/trusted_root.json"),
        artifact: Artifact::from_digest(Digest::of(&read("a.txt"))),
    })
}

#[track_caller]
fn accepts(tamper: impl FnOnce(&mut Real)) {
    let Some(mut real) = real() else { return };
    tamper(&mut real);
    real.verdict().expect("it still verifies");
}

#[track_caller]
fn refuses(code: &str, tamper: impl FnOnce(&mut Real)) {
    let Some(mut real) = real() else { return };
    real.verdict().expect("the untouched bundle verifies");
    tamper(&mut real);
    let error = real.verdict().expect_err("the tampered bundle must be refused");
    assert_eq!(error.code(), code, "{error}");
}

/// Where `needle` is last found in `bytes`.
fn last(bytes: &[u8], needle: &[u8]) -> usize {
    bytes.windows(needle.len()).rposition(|window| window == needle).expect("it is there")
}

#[test]
fn a_bad_timestamp_beside_a_good_one_spoils_nothing() {
    for bad in ["AAAA".to_owned(), STANDARD.encode(b"0\x03\x02\x01\x00")] {
        accepts(|real| {
            let timestamps = real.at(TIMESTAMPS).as_array_mut().expect("an array");
            timestamps.insert(0, json!({ "signedTimestamp": bad }));
        });
    }
    refuses("timestamp-malformed", |real| *real.at(TIMESTAMP) = json!("AAAA"));
}

#[test]
fn the_same_timestamp_twice_is_one_authority() {
    let Some(mut real) = real() else { return };
    let timestamp = real.at(TIMESTAMPS)[0].clone();
    real.at(TIMESTAMPS).as_array_mut().expect("an array").push(timestamp);
    let root = TrustedRoot::parse(real.root.to_string().as_bytes(), Need::sigstore()).expect("a root");
    let bundle = bulla_verify::Bundle::parse(real.bundle.to_string().as_bytes()).expect("a bundle");
    let verdict = |times| {
        let need = bulla_verify::Need::sigstore().with_times(times);
        let trust = Trust::nobody().with_root(root.clone().demanding(need));
        bulla_verify::verify(&bundle, &real.artifact, &trust, super::now()).map_err(|error| error.code())
    };
    assert_eq!(verdict(1).map(|verified| verified.times().len()), Ok(2));
    assert_eq!(verdict(2).map(|_| ()), Err("time-threshold"));
}

#[test]
fn without_a_timestamp_there_is_no_time() {
    refuses("time-threshold", |real| *real.at(TIMESTAMPS) = json!([]));
}

/// rfc3161-client's CVE-2025-52556: a good chain says nothing if the token's own signature is not checked.
#[test]
fn cve_2025_52556_the_token_is_signed_itself() {
    refuses("timestamp-signature", |real| real.token(|token| *token.last_mut().expect("bytes") ^= 1));
}

#[test]
fn what_the_token_says_is_what_was_signed() {
    // The serial number, in the middle of the TSTInfo, whose digest is among the signed attributes.
    let after_imprint = [0x04, 0x20];
    refuses("timestamp-signature", |real| {
        real.token(|token| {
            let at = token.windows(2).position(|window| window == after_imprint).expect("the imprint") + 2 + 32 + 5;
            *token.get_mut(at).expect("a byte") ^= 1;
        });
    });
    refuses("timestamp-mismatch", |real| {
        real.token(|token| {
            let at = token.windows(2).position(|window| window == after_imprint).expect("the imprint") + 5;
            *token.get_mut(at).expect("a byte") ^= 1;
        });
    });
}

#[test]
fn a_signed_attribute_cannot_be_changed_or_renamed() {
    // messageDigest and signingCertificateV2, by their object identifiers.
    let attributes: [&[u8]; 2] = [
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04],
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f],
    ];
    for oid in attributes {
        for offset in [oid.len() - 1, oid.len() + 12] {
            refuses("timestamp-signature", |real| {
                real.token(|token| {
                    let at = last(token, oid) + offset;
                    *token.get_mut(at).expect("a byte") ^= 1;
                });
            });
        }
    }
}

#[test]
fn a_timestamp_of_another_signature_is_refused() {
    refuses("timestamp-mismatch", |real| {
        let signature = real.at("/messageSignature/signature");
        let mut bytes = STANDARD.decode(signature.as_str().expect("text")).expect("base64");
        *bytes.last_mut().expect("bytes") ^= 1;
        *signature = json!(STANDARD.encode(bytes));
    });
}

/// sigstore-rust's TOB-11: chain, window and name are of one authority, not the best of several.
#[test]
fn tob_11_another_authority_lends_nothing() {
    let Some(roots) = vectors("trusted-roots") else { return };
    let public: Value =
        serde_json::from_slice(&fs::read(roots.join("public-good.json")).expect("a root")).expect("JSON");
    refuses("certificate-window", |real| {
        real.root_at(AUTHORITY)["validFor"] = json!({ "start": "2020-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z" });
        let mut lender = public["timestampAuthorities"][0].clone();
        lender["validFor"] = json!({ "start": "2020-01-01T00:00:00Z" });
        real.root_at("/timestampAuthorities").as_array_mut().expect("authorities").push(lender);
    });
}

/// rfc3161-client's CVE-2026-33753 and timestamp-authority's CVE-2026-39984: the certificate that counts is the one that
/// verified, which the root names, and not the first or last of the bag.
#[test]
fn cve_2026_33753_a_certificate_in_the_token_is_nobodys_word() {
    refuses("unknown-timestamp-authority", |real| *real.root_at("/timestampAuthorities") = json!([]));
    refuses("unknown-timestamp-authority", |real| {
        let chain = real.root_at("/timestampAuthorities/0/certChain/certificates").as_array_mut().expect("a chain");
        *chain = vec![chain.last().expect("a root").clone()];
        // Another authority's root, which did not issue the certificate that the token brings along.
        let other = real.root["certificateAuthorities"][0]["certChain"]["certificates"].clone();
        let last = other.as_array().expect("a chain").last().expect("a root").clone();
        real.root_at("/timestampAuthorities/0/certChain/certificates")[0] = last;
    });
}

#[test]
fn a_root_that_lists_authorities_alone_takes_the_signer_from_the_token() {
    accepts(|real| {
        let chain = real.root_at("/timestampAuthorities/0/certChain/certificates").as_array_mut().expect("a chain");
        chain.remove(0);
    });
}

#[test]
fn an_entry_without_a_time_is_judged_at_the_established_ones() {
    let log = "/tlogs/1/publicKey/validFor";
    accepts(|real| *real.root_at(log) = json!({ "start": "2025-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z" }));
    refuses("log-window", |real| {
        *real.root_at(log) = json!({ "start": "2025-01-01T00:00:00Z", "end": "2025-01-02T00:00:00Z" });
    });
}

/// sigstore-python's CVE-2024-55655 and @sigstore/verify's CVE-2026-48816: a time that the log did not sign is none.
#[test]
fn cve_2024_55655_an_integrated_time_without_a_promise_is_no_time() {
    refuses("time-threshold", |real| {
        *real.at(TIMESTAMPS) = json!([]);
        real.at("/verificationMaterial/tlogEntries/0")["integratedTime"] = json!("1749729736");
    });
}

#[test]
fn an_entry_has_one_index() {
    refuses("bundle-field-malformed", |real| real.at("/verificationMaterial/tlogEntries/0")["logIndex"] = json!("7"));
}
