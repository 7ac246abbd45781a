//! `dsse` 0.0.1 (sigstore/rekor, `pkg/types/dsse/v0.0.1`): a signature over an envelope.

use super::{Entry, Generation, Hash, Over, Verifier, only, parse_spec};
use crate::VerifyError;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec<'a> {
    /// Of the envelope as it was sent to the log, in a form that nobody else has: not compared.
    #[serde(rename = "envelopeHash")]
    _envelope_hash: serde::de::IgnoredAny,
    #[serde(borrow)]
    payload_hash: Hash<'a>,
    #[serde(borrow)]
    signatures: Vec<Signature<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature<'a> {
    signature: &'a str,
    verifier: &'a str,
}

pub(super) fn parse(body: &[u8]) -> Result<Entry<'_>, VerifyError> {
    let spec: Spec<'_> = parse_spec(body, "dsse", "0.0.1")?;
    let signature = only(spec.signatures)?;
    Ok(Entry {
        generation: Generation::V1,
        over: Over::Payload(spec.payload_hash.parse()?),
        signature: signature.signature.into(),
        verifier: Verifier::from_base64_pem(signature.verifier)?,
    })
}
