//! `intoto` 0.0.2 (sigstore/rekor, `pkg/types/intoto/v0.0.2`): a signature over an envelope, as bundles before v0.3 have it.

use super::{Entry, Generation, Hash, Over, Verifier, only, parse_spec};
use crate::{VerifyError, encoding};
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

pub(super) fn parse(body: &[u8]) -> Result<Entry<'_>, VerifyError> {
    let content = parse_spec::<Spec<'_>>(body, "intoto", "0.0.2")?.content;
    if content.envelope.payload_type != crate::dsse::IN_TOTO {
        return Err(super::malformed("its payload is of another type"));
    }
    let signature = only(content.envelope.signatures)?;
    Ok(Entry {
        generation: Generation::V1,
        over: Over::Payload(content.payload_hash.parse()?),
        signature: inner_base64(signature.sig)?.into(),
        verifier: Verifier::from_base64_pem(signature.public_key)?,
    })
}

/// This kind encodes once more what DSSE has encoded already.
fn inner_base64(text: &str) -> Result<String, VerifyError> {
    let inner = encoding::from_base64(text).and_then(|inner| String::from_utf8(inner).ok());
    inner.ok_or_else(|| super::malformed("its signature is not base64"))
}
