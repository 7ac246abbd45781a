//! `hashedrekord` 0.0.1 (sigstore/rekor, `pkg/types/hashedrekord/v0.0.1`): a signature over an artifact's hash.

use super::{Entry, Generation, Hash, Over, Verifier, parse_spec};
use crate::VerifyError;
use serde::Deserialize;

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

pub(super) fn parse(body: &[u8]) -> Result<Entry<'_>, VerifyError> {
    let spec: Spec<'_> = parse_spec(body, "hashedrekord", "0.0.1")?;
    Ok(Entry {
        generation: Generation::V1,
        over: Over::Artifact(spec.data.hash.parse()?),
        signature: spec.signature.content.into(),
        verifier: Verifier::from_base64_pem(spec.signature.public_key.content)?,
    })
}
