//! What a refusal tells besides its message: what to do next, and how much that is worth among others.

use super::VerifyError;

impl VerifyError {
    /// The one of two refusals, under two authorities or roots, that tells more; the first of two that tell as much.
    pub(crate) fn more_telling_of(first: Option<Self>, second: Self) -> Self {
        match first {
            Some(first) if first.telling() >= second.telling() => first,
            _ => second,
        }
    }

    /// How much a refusal tells: least where the bundle may be another authority's or another root's, most where only this one
    /// can have been meant.
    fn telling(&self) -> u8 {
        match self {
            Self::NoTrustedRoot | Self::NoTrustedKey => 0,
            Self::UnknownLog { .. } | Self::UnknownTimestampAuthority => 1,
            Self::TimeThreshold { .. } | Self::LogThreshold { .. } => 2,
            Self::CertificateChain { .. } => 3,
            Self::CertificateWindow { .. } | Self::SctThreshold { .. } | Self::LogWindow { .. } => 4,
            Self::OverBudget { .. }
            | Self::BundleMalformed { .. }
            | Self::UnsupportedBundleVersion { .. }
            | Self::FieldMalformed { .. }
            | Self::SignatureCount { .. }
            | Self::TrustedRootMalformed { .. }
            | Self::UnsupportedTrustedRoot { .. }
            | Self::UnsupportedLogEntry { .. }
            | Self::LogEntryMalformed { .. }
            | Self::InclusionProof
            | Self::ConsistencyProof
            | Self::CheckpointMalformed { .. }
            | Self::CheckpointMismatch
            | Self::CheckpointSignature { .. }
            | Self::InclusionPromise { .. }
            | Self::TimeInFuture { .. }
            | Self::TimestampMalformed { .. }
            | Self::TimestampMismatch
            | Self::TimestampSignature { .. }
            | Self::CertificateMalformed { .. }
            | Self::CertificateKey(_)
            | Self::IdentityCount { .. }
            | Self::IssuerMissing
            | Self::IssuerConflict { .. }
            | Self::SctMalformed { .. }
            | Self::SctSignature { .. }
            | Self::HashNotAtHand { .. }
            | Self::SignatureInvalid { .. }
            | Self::OtherKey { .. }
            | Self::MessageDigestMismatch { .. }
            | Self::UnsupportedPayloadType { .. }
            | Self::EntryMismatch { .. }
            | Self::StatementMalformed { .. }
            | Self::UnsupportedStatement { .. }
            | Self::PredicateMalformed { .. }
            | Self::SubjectMismatch { .. } => 5,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::OverBudget { .. } => "no honest signature comes near this limit: sign again, with less in one bundle",
            Self::BundleMalformed { .. } => {
                "fetch or sign it again; a bundle is one JSON object, as cosign and Bulla write it"
            }
            Self::UnsupportedBundleVersion { .. } => {
                "it may be of a later version of the format: a newer release may read it"
            }
            Self::FieldMalformed { .. } => "fetch or sign it again: whatever wrote or changed it left the format",
            Self::SignatureCount { .. } => "sign an envelope for each signer",
            Self::TrustedRootMalformed { .. } => {
                "write the trusted root anew, or fetch it from whoever runs the instance"
            }
            Self::UnsupportedTrustedRoot { .. } => "have it written as v0.1 or v0.2, which are read",
            Self::UnknownLog { .. } => {
                "verify under the trusted root of the instance that signed it: this is another one's"
            }
            Self::UnsupportedLogEntry { .. } => {
                "have it logged as one of those that are read: hashedrekord and dsse (0.0.1 and 0.0.2), intoto 0.0.2"
            }
            Self::LogEntryMalformed { .. } | Self::EntryMismatch { .. } => {
                "the bundle was put together from parts that do not belong together: sign again"
            }
            Self::InclusionProof | Self::InclusionPromise { .. } => {
                "the bundle was changed after it was logged: fetch it again"
            }
            Self::ConsistencyProof => "do not believe the larger tree, and tell whoever watches the log",
            Self::CheckpointMalformed { .. } | Self::CheckpointMismatch | Self::CheckpointSignature { .. } => {
                "the checkpoint is not the log's: fetch the bundle again, and see whether the trusted root is the signer's"
            }
            Self::LogWindow { .. } => {
                "take a trusted root that is as old as the signature: another one may know the log's key of that time"
            }
            Self::TimeInFuture { .. } => "set this machine's clock",
            Self::LogThreshold { .. } => {
                "complete it (`bulla log`), or sign with as many logs as are demanded, each by another operator"
            }
            Self::TimeThreshold { .. } => "have it stamped (RFC 3161), or log it where the log signs the time (SET)",
            Self::TimestampMalformed { .. } | Self::TimestampMismatch | Self::TimestampSignature { .. } => {
                "have the signature stamped again, by an authority of the trusted root"
            }
            Self::UnknownTimestampAuthority => {
                "verify under the trusted root of the instance that signed it: this is another one's"
            }
            Self::NoTrustedKey => "give the signer's public key",
            Self::NoTrustedRoot => "give the trusted root of the signer's Sigstore instance",
            Self::CertificateMalformed { .. }
            | Self::CertificateKey(_)
            | Self::IdentityCount { .. }
            | Self::IssuerMissing
            | Self::IssuerConflict { .. } => "sign again, with a signing certificate as Fulcio issues it",
            Self::CertificateChain { .. } => "give the trusted root of the instance that issued the certificate",
            Self::CertificateWindow { .. } => {
                "a signature has to be logged or stamped while its certificate is valid, which is ten minutes: sign again"
            }
            Self::SctMalformed { .. } | Self::SctSignature { .. } | Self::SctThreshold { .. } => {
                "verify under a trusted root that lists the certificate log of the instance that issued the certificate"
            }
            Self::HashNotAtHand { .. } => "give the bytes themselves, not their digest alone",
            Self::SignatureInvalid { .. } => {
                "fetch both again: either the bytes were changed, or somebody else signed them"
            }
            Self::OtherKey { .. } => "ask the publisher for the public key that is in use",
            Self::MessageDigestMismatch { .. } => {
                "fetch it again: either it was changed after it was signed, or the signature is of something else"
            }
            Self::UnsupportedPayloadType { .. } => "sign an in-toto statement: in an envelope, nothing else is read",
            Self::StatementMalformed { .. } => {
                "attest again, with an in-toto statement: one JSON object, no key twice, nothing besides"
            }
            Self::UnsupportedStatement { .. } => {
                "have it stated as one of those that are read: in-toto statements v0.1 and v1"
            }
            Self::PredicateMalformed { .. } => "attest again, with a predicate of that type, or as another type",
            Self::SubjectMismatch { .. } => {
                "look for the signature of this very digest: this one is of something else, and was moved or copied here"
            }
        }
    }
}
