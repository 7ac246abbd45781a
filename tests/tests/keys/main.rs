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

use bulla_sandbox::{Algorithm, Content, Key};
use bulla_verify::{Artifact, Bundle, Digest, Time, Trust, VerifiedBundle, VerifyError, VerifyingKey, verify};
use serde_json::{Value, json};

const STATEMENT_V1: &str = "https://in-toto.io/Statement/v1";

/// Every algorithm that a key may be trusted with.
pub(crate) const TRUSTED: [Algorithm; 6] = [
    Algorithm::EcdsaP256,
    Algorithm::EcdsaP384,
    Algorithm::EcdsaP521,
    Algorithm::Ed25519,
    Algorithm::Ed25519ph,
    Algorithm::Rsa2048,
];

pub(crate) fn key_of(algorithm: Algorithm) -> Key {
    Key::generate(algorithm).expect("a key")
}

pub(crate) fn p256() -> Key {
    key_of(Algorithm::EcdsaP256)
}

pub(crate) fn public(key: &Key) -> VerifyingKey {
    key.verifying_key().clone()
}

/// A bundle over the artifact itself.
pub(crate) fn message_bundle(key: &Key, artifact: &[u8]) -> Value {
    key.bundle(Content::Artifact(artifact)).expect("a bundle")
}

/// A bundle over a statement about the artifact.
pub(crate) fn statement_bundle(key: &Key, statement: &Value) -> Value {
    payload_bundle(key, statement.to_string().as_bytes())
}

/// A bundle over anything that says it is a statement.
pub(crate) fn payload_bundle(key: &Key, payload: &[u8]) -> Value {
    key.bundle(Content::Statement(payload)).expect("a bundle")
}

pub(crate) fn statement(predicate_type: &str, predicate: Value, artifact: &[u8]) -> Value {
    json!({
        "_type": STATEMENT_V1,
        "subject": [{ "digest": { "sha256": Digest::of(artifact).to_hex() } }],
        "predicateType": predicate_type,
        "predicate": predicate,
    })
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
