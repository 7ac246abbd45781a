//! `dsse` 0.0.1 (sigstore/rekor, `pkg/types/dsse/v0.0.1`): a signature over an envelope.

use super::{Hash, Verifier, base64_field, same_or};
use crate::{Digest, VerifyError, envelope::Signed};
use serde::Deserialize;

#[derive(Debug)]
pub(in crate::tlog) struct Dsse {
    payload: String,
    signature: Vec<u8>,
    verifier: Verifier,
}

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

impl Dsse {
    pub(super) fn parse(body: &[u8]) -> Result<Self, VerifyError> {
        let malformed = |reason: &str| VerifyError::LogEntryMalformed { reason: reason.to_owned() };
        let spec: Spec<'_> = super::parse(body, "dsse", "0.0.1")?;
        let [signature] = spec.signatures.as_slice() else {
            return Err(malformed("expected one signature"));
        };
        if spec.payload_hash.algorithm != "sha256" {
            return Err(malformed("expected a sha256 payload hash"));
        }
        Ok(Self {
            payload: spec.payload_hash.value.to_owned(),
            signature: base64_field(signature.signature)?,
            verifier: Verifier::parse(signature.verifier)?,
        })
    }

    pub(super) fn is_about(&self, signed: &Signed<'_>) -> Result<(), VerifyError> {
        let payload = signed.payload().map(|payload| Digest::of(payload).to_hex());
        same_or(payload.as_ref() == Some(&self.payload), "payload")?;
        same_or(self.signature == signed.signature(), "signature")?;
        self.verifier.is(signed.signer())
    }
}
