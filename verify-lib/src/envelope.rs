//! The envelope: these bytes?

use crate::{
    Artifact, HashAlgorithm, HashValue, VerifyError,
    bundle::Content,
    dsse,
    error::shown,
    message::Message,
    signer::{Signer, VerifiedSigner},
};

/// What a trusted hand has signed.
///
/// Holding one proves that this signer has signed these bytes: the artifact itself, or a payload that still has to be
/// shown to be about it.
#[derive(Debug)]
pub(crate) struct Signed<'a> {
    signer: VerifiedSigner,
    signature: &'a [u8],
    over: Message<'a>,
}

/// Finds the signer's signature over the artifact, or over the envelope's pre-authentication encoding.
pub(crate) fn verify<'a>(
    content: &'a Content,
    artifact: &'a Artifact<'_>,
    signer: Signer,
) -> Result<Signed<'a>, VerifyError> {
    let (over, signature, what) = match content {
        Content::Message { digest, signature } => {
            digest.iter().try_for_each(|found| names(artifact, found))?;
            (Message::Artifact(artifact), signature, "this artifact")
        }
        Content::Envelope { payload_type, payload, signature } => {
            if payload_type != dsse::IN_TOTO {
                return Err(VerifyError::UnsupportedPayloadType { found: shown(payload_type) });
            }
            (Message::Envelope { payload_type, payload }, signature, "this envelope")
        }
    };
    Ok(Signed { signer: signer.of(&over, signature, what)?, signature, over })
}

/// The bundle's own idea of the artifact's hash is a hint, but a wrong one tells that the bundle is about another.
fn names(artifact: &Artifact<'_>, found: &HashValue) -> Result<(), VerifyError> {
    match artifact.hash(found.algorithm()) {
        Some(expected) if expected != *found => {
            Err(VerifyError::MessageDigestMismatch { expected: expected.to_string(), found: found.to_string() })
        }
        _ => Ok(()),
    }
}

impl Signed<'_> {
    pub(crate) fn signer(&self) -> &VerifiedSigner {
        &self.signer
    }

    pub(crate) fn into_signer(self) -> VerifiedSigner {
        self.signer
    }

    pub(crate) fn signature(&self) -> &[u8] {
        self.signature
    }

    /// The payload of an envelope; nothing where the artifact itself is signed.
    pub(crate) fn payload(&self) -> Option<&[u8]> {
        match self.over {
            Message::Envelope { payload, .. } => Some(payload),
            Message::Artifact(_) => None,
        }
    }

    /// The artifact's hash, where the artifact itself is signed.
    ///
    /// # Errors
    /// [`VerifyError::HashNotAtHand`] if neither it nor the artifact's bytes are known.
    pub(crate) fn artifact_hash(&self, algorithm: HashAlgorithm) -> Result<Option<HashValue>, VerifyError> {
        match self.over {
            Message::Artifact(_) => self.message_hash(algorithm).map(Some),
            Message::Envelope { .. } => Ok(None),
        }
    }

    /// The hash of what the signature is over: the artifact, or the envelope's pre-authentication encoding.
    ///
    /// # Errors
    /// [`VerifyError::HashNotAtHand`] if neither it nor the artifact's bytes are known.
    pub(crate) fn message_hash(&self, algorithm: HashAlgorithm) -> Result<HashValue, VerifyError> {
        self.over.hash(algorithm).ok_or(VerifyError::HashNotAtHand { algorithm })
    }
}
