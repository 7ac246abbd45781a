//! `hashedrekord` 0.0.1 (sigstore/rekor, `pkg/types/hashedrekord/v0.0.1`): a signature over an artifact's hash.

use super::{Hash, Verifier, base64_field, same_or};
use crate::{HashAlgorithm, VerifyError, digest, envelope::Signed};
use serde::Deserialize;

#[derive(Debug)]
pub(in crate::tlog) struct Hashedrekord {
    algorithm: HashAlgorithm,
    hash: Vec<u8>,
    signature: Vec<u8>,
    verifier: Verifier,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec<'a> {
    #[serde(borrow)]
    data: Data<'a>,
    #[serde(borrow)]
    signature: Signature<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data<'a> {
    #[serde(borrow)]
    hash: Hash<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Signature<'a> {
    content: &'a str,
    #[serde(borrow)]
    public_key: PublicKey<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PublicKey<'a> {
    content: &'a str,
}

impl Hashedrekord {
    pub(super) fn parse(body: &[u8]) -> Result<Self, VerifyError> {
        let spec: Spec<'_> = super::parse(body, "hashedrekord", "0.0.1")?;
        let algorithm = match spec.data.hash.algorithm {
            "sha256" => HashAlgorithm::Sha256,
            "sha384" => HashAlgorithm::Sha384,
            "sha512" => HashAlgorithm::Sha512,
            _ => return Err(VerifyError::LogEntryMalformed { reason: "unknown hash algorithm".to_owned() }),
        };
        let hash = digest::from_hex(spec.data.hash.value)
            .ok_or_else(|| VerifyError::LogEntryMalformed { reason: "its hash is not hex".to_owned() })?;
        Ok(Self {
            algorithm,
            hash,
            signature: base64_field(spec.signature.content)?,
            verifier: Verifier::parse(spec.signature.public_key.content)?,
        })
    }

    pub(super) fn is_about(&self, signed: &Signed<'_>) -> Result<(), VerifyError> {
        let artifact = signed.artifact_hash(self.algorithm)?;
        same_or(artifact.as_ref() == Some(&self.hash), "artifact")?;
        same_or(self.signature == signed.signature(), "signature")?;
        self.verifier.is(signed.signer())
    }
}
