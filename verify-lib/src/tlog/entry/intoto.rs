//! `intoto` 0.0.2 (sigstore/rekor, `pkg/types/intoto/v0.0.2`): a signature over an envelope, as bundles before v0.3 have it.

use super::{Entry, Generation, Hash, Over, Verifier, base64_field, only, parse_spec};
use crate::VerifyError;
use serde::{Deserialize, de::IgnoredAny};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec<'a> {
    #[serde(borrow)]
    content: Content<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Content<'a> {
    #[serde(borrow)]
    envelope: Envelope<'a>,
    /// Of the envelope as it was sent to the log, in a form that nobody else has: not compared.
    #[serde(rename = "hash")]
    _hash: IgnoredAny,
    #[serde(borrow)]
    payload_hash: Hash<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Envelope<'a> {
    /// A copy that some logs keep; the hash beside it is what is compared.
    #[serde(default, rename = "payload")]
    _payload: IgnoredAny,
    payload_type: &'a str,
    #[serde(borrow)]
    signatures: Vec<Signature<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Signature<'a> {
    public_key: &'a str,
    sig: &'a str,
    /// Unauthenticated in DSSE.
    #[serde(default, rename = "keyid")]
    _keyid: IgnoredAny,
}

pub(super) fn parse(body: &[u8]) -> Result<Entry, VerifyError> {
    let content = parse_spec::<Spec<'_>>(body, "intoto", "0.0.2")?.content;
    if content.envelope.payload_type != crate::dsse::IN_TOTO {
        return Err(super::malformed("its payload is of another type"));
    }
    let (algorithm, hash) = content.payload_hash.parse()?;
    let signature = only(content.envelope.signatures)?;
    Ok(Entry {
        generation: Generation::V1,
        over: Over::Payload(algorithm, hash),
        signature: base64_twice(signature.sig)?,
        verifier: Verifier::from_base64_pem(signature.public_key)?,
    })
}

/// This kind encodes once more what DSSE has encoded already.
fn base64_twice(text: &str) -> Result<Vec<u8>, VerifyError> {
    let inner = String::from_utf8(base64_field(text)?).map_err(|_| super::malformed("its signature is not base64"))?;
    base64_field(&inner)
}
