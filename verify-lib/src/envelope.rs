//! The envelope: these bytes?

use crate::{
    Artifact, HashAlgorithm, VerifyError,
    bundle::Content,
    digest, dsse,
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
    over: Over<'a>,
}

#[derive(Debug)]
enum Over<'a> {
    Artifact(&'a Artifact<'a>),
    /// The payload of a DSSE envelope: an in-toto statement, by its type; and what of it is signed.
    Payload {
        payload: &'a [u8],
        encoded: Vec<u8>,
    },
}

/// Finds the signer's signature over the artifact, or over the envelope's pre-authentication encoding.
pub(crate) fn verify<'a>(
    content: &'a Content,
    artifact: &'a Artifact<'_>,
    signer: Signer,
) -> Result<Signed<'a>, VerifyError> {
    match content {
        Content::Message { digest, signature } => {
            if let Some((algorithm, found)) = digest {
                names(artifact, *algorithm, found)?;
            }
            let signer = signer.of(artifact, signature, "this artifact")?;
            Ok(Signed { signer, signature, over: Over::Artifact(artifact) })
        }
        Content::Envelope { payload_type, payload, signature } => {
            if payload_type != dsse::IN_TOTO {
                return Err(VerifyError::UnsupportedPayloadType { found: payload_type.chars().take(100).collect() });
            }
            let encoded = dsse::pae(payload_type, payload);
            let signer = signer.of(&Artifact::from_bytes(&encoded), signature, "this envelope")?;
            Ok(Signed { signer, signature, over: Over::Payload { payload, encoded } })
        }
    }
}

/// The bundle's own idea of the artifact's hash is a hint, but a wrong one tells that the bundle is about another.
fn names(artifact: &Artifact<'_>, algorithm: HashAlgorithm, found: &[u8]) -> Result<(), VerifyError> {
    match artifact.hash(algorithm) {
        Some(expected) if expected != found => Err(VerifyError::MessageDigestMismatch {
            expected: format!("{algorithm}:{}", digest::to_hex(&expected)),
            found: format!("{algorithm}:{}", digest::to_hex(found)),
        }),
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
        match &self.over {
            Over::Payload { payload, .. } => Some(payload),
            Over::Artifact(_) => None,
        }
    }

    /// The artifact's hash, where the artifact itself is signed.
    ///
    /// # Errors
    /// [`VerifyError::HashNotAtHand`] if neither it nor the artifact's bytes are known.
    pub(crate) fn artifact_hash(&self, algorithm: HashAlgorithm) -> Result<Option<Vec<u8>>, VerifyError> {
        match &self.over {
            Over::Artifact(_) => self.message_hash(algorithm).map(Some),
            Over::Payload { .. } => Ok(None),
        }
    }

    /// The hash of what the signature is over: the artifact, or the envelope's pre-authentication encoding.
    ///
    /// # Errors
    /// [`VerifyError::HashNotAtHand`] if neither it nor the artifact's bytes are known.
    pub(crate) fn message_hash(&self, algorithm: HashAlgorithm) -> Result<Vec<u8>, VerifyError> {
        match &self.over {
            Over::Artifact(artifact) => artifact.hash(algorithm).ok_or(VerifyError::HashNotAtHand { algorithm }),
            Over::Payload { encoded, .. } => Ok(algorithm.hash(encoded)),
        }
    }
}
