//! The JSON of a bundle v0.3 as cosign writes it: protobuf's names in protobuf's order, without white space.

use crate::{Error, Statement};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{Artifact, BUNDLE_V0_3, Digest, HashAlgorithm, KeyAlgorithm, VerifyingKey, dsse};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bundle<'a> {
    media_type: &'static str,
    verification_material: Material,
    #[serde(flatten)]
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    public_key: PublicKey,
}

#[derive(Serialize)]
struct PublicKey {
    hint: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Content<'a> {
    #[serde(rename_all = "camelCase")]
    MessageSignature { message_digest: MessageDigest, signature: String },
    #[serde(rename_all = "camelCase")]
    DsseEnvelope { payload: String, payload_type: &'a str, signatures: [Signature; 1] },
}

#[derive(Serialize)]
struct MessageDigest {
    algorithm: &'static str,
    digest: String,
}

#[derive(Serialize)]
struct Signature {
    sig: String,
}

/// A bundle around a signature over the artifact itself.
pub(crate) fn around_message(key: &VerifyingKey, artifact: &Artifact<'_>, signature: &[u8]) -> Result<Vec<u8>, Error> {
    let algorithm = digest_of(key.algorithm());
    let digest = artifact.hash(algorithm).ok_or(Error::HashNotAtHand { algorithm })?;
    let message_digest = MessageDigest { algorithm: name(algorithm), digest: STANDARD.encode(digest) };
    to_json(key, Content::MessageSignature { message_digest, signature: STANDARD.encode(signature) })
}

/// A bundle around a signed statement.
pub(crate) fn around_statement(key: &VerifyingKey, statement: &Statement, sig: &[u8]) -> Result<Vec<u8>, Error> {
    let payload = STANDARD.encode(statement.payload());
    let signatures = [Signature { sig: STANDARD.encode(sig) }];
    to_json(key, Content::DsseEnvelope { payload, payload_type: dsse::IN_TOTO, signatures })
}

fn to_json(key: &VerifyingKey, content: Content<'_>) -> Result<Vec<u8>, Error> {
    let public_key = PublicKey { hint: hint(key.id()) };
    let bundle = Bundle { media_type: BUNDLE_V0_3, verification_material: Material { public_key }, content };
    serde_json::to_vec(&bundle).map_err(|_| Error::Unwritable)
}

/// Which key: base64 of its id, as cosign writes it (sigstore-go, `sign/keys.go`).
fn hint(id: Digest) -> String {
    STANDARD.encode(id.as_bytes())
}

/// The digest that the bundle names. Pure Ed25519 signs none, but cosign refuses a bundle that names none.
fn digest_of(algorithm: KeyAlgorithm) -> HashAlgorithm {
    match algorithm {
        KeyAlgorithm::Ed25519 => HashAlgorithm::Sha256,
        KeyAlgorithm::EcdsaP256
        | KeyAlgorithm::EcdsaP384
        | KeyAlgorithm::EcdsaP521
        | KeyAlgorithm::Rsa
        | KeyAlgorithm::RsaPss => algorithm.hash(),
    }
}

/// `sigstore_common.proto`, `HashAlgorithm`.
fn name(algorithm: HashAlgorithm) -> &'static str {
    match algorithm {
        HashAlgorithm::Sha256 => "SHA2_256",
        HashAlgorithm::Sha384 => "SHA2_384",
        HashAlgorithm::Sha512 => "SHA2_512",
    }
}
