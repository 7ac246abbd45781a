//! Bundles that a key has signed: what is accepted, and every way to tamper with one.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test fails by panicking; key lengths are small"
)]

mod accepts;
mod budgets;
mod flips;
mod refuses;
mod subjects;
mod wycheproof;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
        KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{
    Artifact, Bundle, Digest, Time, Trust, VerifiedBundle, VerifyError, VerifyingKey, dsse::pae, verify,
};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

const STATEMENT_V1: &str = "https://in-toto.io/Statement/v1";
const IN_TOTO: &str = "application/vnd.in-toto+json";

/// A key pair of each algorithm, with what each signs as cosign does.
pub(crate) enum Pair {
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    P521(EcdsaKeyPair),
    Ed25519(SigningKey),
    Ed25519ph(SigningKey),
    Rsa(RsaKeyPair),
}

impl Pair {
    pub(crate) fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key"))
    }

    pub(crate) fn of_every_kind() -> Vec<Self> {
        let seed = [7; 32];
        vec![
            Self::p256(),
            Self::P384(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).expect("a key")),
            Self::P521(EcdsaKeyPair::generate(&ECDSA_P521_SHA512_ASN1_SIGNING).expect("a key")),
            Self::Ed25519(SigningKey::from_bytes(&seed)),
            Self::Ed25519ph(SigningKey::from_bytes(&seed)),
            Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")),
        ]
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::P256(pair) | Self::P384(pair) | Self::P521(pair) => {
                pair.sign(&random, message).expect("a signature").as_ref().to_vec()
            }
            Self::Ed25519(pair) => pair.sign(message).to_bytes().to_vec(),
            Self::Ed25519ph(pair) => {
                let hash = Sha512::new().chain_update(message);
                pair.sign_prehashed(hash, None).expect("a signature").to_bytes().to_vec()
            }
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("a signature");
                signature
            }
        }
    }

    /// The public key as a SubjectPublicKeyInfo, its prefix written out (RFC 5480, RFC 8410, RFC 8017).
    pub(crate) fn public(&self) -> VerifyingKey {
        let prefixed = |prefix: &str, key: &[u8]| [&STANDARD.decode(prefix).expect("base64"), key].concat();
        let spki = match self {
            Self::P256(pair) => prefixed("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA=", pair.public_key().as_ref()),
            Self::P384(pair) => prefixed("MHYwEAYHKoZIzj0CAQYFK4EEACIDYgA=", pair.public_key().as_ref()),
            Self::P521(pair) => prefixed("MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAA==", pair.public_key().as_ref()),
            Self::Ed25519(pair) | Self::Ed25519ph(pair) => {
                prefixed("MCowBQYDK2VwAyEA", pair.verifying_key().as_bytes())
            }
            Self::Rsa(pair) => rsa_spki(pair.public_key().as_ref()),
        };
        VerifyingKey::from_spki_der(&spki).expect("a public key")
    }
}

fn rsa_spki(key: &[u8]) -> Vec<u8> {
    let (bits, body) = (key.len() + 1, key.len() + 1 + 4 + 15);
    let mut spki = vec![0x30, 0x82, (body >> 8) as u8, body as u8, 0x30, 13, 6, 9];
    spki.extend([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0, 3, 0x82, (bits >> 8) as u8, bits as u8, 0]);
    spki.extend(key);
    spki
}

/// A bundle over the artifact itself.
pub(crate) fn message_bundle(pair: &Pair, artifact: &[u8]) -> Value {
    json!({
        "mediaType": bulla_verify::BUNDLE_V0_3,
        "verificationMaterial": { "publicKey": { "hint": hint(pair) } },
        "messageSignature": {
            "messageDigest": { "algorithm": "SHA2_256", "digest": STANDARD.encode(Digest::of(artifact).as_bytes()) },
            "signature": STANDARD.encode(pair.sign(artifact)),
        },
    })
}

/// A bundle over a statement about the artifact.
pub(crate) fn statement_bundle(pair: &Pair, statement: &Value) -> Value {
    envelope_bundle(pair, statement.to_string().as_bytes())
}

/// A bundle with an envelope around any payload.
pub(crate) fn envelope_bundle(pair: &Pair, payload: &[u8]) -> Value {
    json!({
        "mediaType": bulla_verify::BUNDLE_V0_3,
        "verificationMaterial": { "publicKey": { "hint": hint(pair) } },
        "dsseEnvelope": {
            "payload": STANDARD.encode(payload),
            "payloadType": IN_TOTO,
            "signatures": [{ "sig": STANDARD.encode(pair.sign(&pae(IN_TOTO, payload))) }],
        },
    })
}

pub(crate) fn statement(predicate_type: &str, predicate: Value, artifact: &[u8]) -> Value {
    json!({
        "_type": STATEMENT_V1,
        "subject": [{ "digest": { "sha256": Digest::of(artifact).to_hex() } }],
        "predicateType": predicate_type,
        "predicate": predicate,
    })
}

fn hint(pair: &Pair) -> String {
    STANDARD.encode(pair.public().id().as_bytes())
}

pub(crate) fn check(bundle: &Value, artifact: &Artifact<'_>, key: VerifyingKey) -> Result<VerifiedBundle, VerifyError> {
    check_bytes(bundle.to_string().as_bytes(), artifact, key)
}

pub(crate) fn check_bytes(
    bundle: &[u8],
    artifact: &Artifact<'_>,
    key: VerifyingKey,
) -> Result<VerifiedBundle, VerifyError> {
    let now = Time::from_unix(1_780_000_000);
    verify(&Bundle::parse(bundle)?, artifact, &Trust::nobody().with_key(key), now)
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(found: Result<T, VerifyError>, code: &str) {
    let error = found.expect_err("this must be refused");
    assert_eq!(error.code(), code, "{error}");
}
