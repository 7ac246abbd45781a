//! Every refusal, one variant per check.

use crate::HashAlgorithm;

/// Why a bundle is not verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The signature is over a hash of the artifact that was not computed.
    #[error("the artifact's {algorithm} is needed to check this signature, and was not computed")]
    HashNotAtHand {
        /// The hash.
        algorithm: HashAlgorithm,
    },
}
