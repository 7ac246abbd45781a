//! Why nothing was signed.

use crate::{KeyError, SigstoreError, StatementError, provenance::ProvenanceError};
use bulla_verify::{HashAlgorithm, VerifyError};

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The key, or its use.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What was to be signed.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The provenance, and the certificate that is to sign it.
    #[error(transparent)]
    Provenance(#[from] ProvenanceError),
    /// The services, or what they answered.
    #[error(transparent)]
    Sigstore(Box<SigstoreError>),
    /// The key signs a hash of the artifact that was not computed.
    #[error("the artifact's {algorithm} is needed to sign with this key, and was not computed")]
    HashNotAtHand {
        /// The hash.
        algorithm: HashAlgorithm,
    },
    /// The key signs the artifact's bytes, and they were not given.
    #[error("an Ed25519 key signs the artifact's bytes, and only its digest is known")]
    BytesNotAtHand,
    /// The signature was made, and does not verify: it is not returned.
    #[error("the new signature does not verify: {0}")]
    Unproved(VerifyError),
    /// The bundle cannot be written as JSON.
    #[error("the bundle cannot be written as JSON")]
    Unwritable,
}

impl From<SigstoreError> for Error {
    fn from(error: SigstoreError) -> Self {
        Self::Sigstore(Box::new(error))
    }
}

impl Error {
    /// A stable name for this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Key(error) => error.code(),
            Self::Statement(error) => error.code(),
            Self::Provenance(error) => error.code(),
            Self::Sigstore(error) => error.code(),
            Self::HashNotAtHand { .. } => "hash-not-at-hand",
            Self::BytesNotAtHand => "bytes-not-at-hand",
            Self::Unproved(_) => "signature-unproved",
            Self::Unwritable => "bundle-unwritable",
        }
    }

    /// What to do next, where there is something.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Key(error) => return error.hint(),
            Self::Statement(error) => return error.hint(),
            Self::Provenance(error) => return error.hint(),
            Self::Sigstore(error) => return error.hint(),
            Self::HashNotAtHand { .. } | Self::BytesNotAtHand => "sign the file itself, or use a P-256 key",
            Self::Unproved(_) => "the machine or this program is faulty; nothing was written",
            Self::Unwritable => return None,
        };
        Some(hint.to_owned())
    }
}

/// A text from outside, fit for one line of a message: cut, and without control characters.
pub(crate) fn shown(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(200).collect()
}
