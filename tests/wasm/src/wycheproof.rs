//! The same vectors as `verify-lib/tests/wycheproof.rs`, through the same door.

use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{Artifact, BUNDLE_V0_3, Bundle, Time, Trust, VerifyingKey, verify};
use wycheproof::{TestResult, ecdsa, eddsa, rsa_pkcs1_verify, rsa_pss_verify};

fn accepted(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    let signature = STANDARD.encode(signature);
    let bundle = format!(
        r#"{{"mediaType":"{BUNDLE_V0_3}","verificationMaterial":{{"publicKey":{{}}}},"messageSignature":{{"signature":"{signature}"}}}}"#
    );
    let trust = Trust::nobody().with_key(key.clone());
    Bundle::parse(bundle.as_bytes())
        .and_then(|bundle| verify(&bundle, &Artifact::from_bytes(message), &trust, Time::from_unix(0)))
        .is_ok()
}

macro_rules! verdict {
    ($name:expr, $set:expr, $as:expr) => {{
        let (mut accepts, mut refusals, mut wrong) = (0, 0, String::new());
        for group in &$set.expect("vectors").test_groups {
            let key = $as(VerifyingKey::from_spki_der(&group.der).expect("the keys themselves are good"));
            for test in &group.tests {
                let accepted = accepted(&key, &test.msg, &test.sig);
                if accepted && test.result == TestResult::Invalid || !accepted && test.result == TestResult::Valid {
                    wrong.push_str(&format!(", wrong: {}", test.tc_id));
                }
                if accepted { accepts += 1 } else { refusals += 1 }
            }
        }
        format!("{}: {accepts}, {refusals}{wrong}\n", $name)
    }};
}

pub fn verdicts() -> String {
    let as_is = |key: VerifyingKey| key;
    [
        verdict!("P-256", ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256), as_is),
        verdict!("P-384", ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp384r1Sha384), as_is),
        verdict!("P-521", ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp521r1Sha512), as_is),
        verdict!("P-384 with SHA-256", ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp384r1Sha256), as_is),
        verdict!("Ed25519", eddsa::TestSet::load(eddsa::TestName::Ed25519), as_is),
        verdict!("RSA 2048", rsa_pkcs1_verify::TestSet::load(rsa_pkcs1_verify::TestName::Rsa2048Sha256), as_is),
        verdict!("RSA 3072", rsa_pkcs1_verify::TestSet::load(rsa_pkcs1_verify::TestName::Rsa3072Sha256), as_is),
        verdict!("RSA 4096", rsa_pkcs1_verify::TestSet::load(rsa_pkcs1_verify::TestName::Rsa4096Sha256), as_is),
        verdict!(
            "RSA-PSS 2048",
            rsa_pss_verify::TestSet::load(rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen32),
            VerifyingKey::with_pss
        ),
    ]
    .concat()
}
