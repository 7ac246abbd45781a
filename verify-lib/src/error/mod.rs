//! Every refusal, one variant per check, each with a code that scripts and policies may rely on.

mod hint;

use crate::{Digest, HashAlgorithm, KeyError, Time, Window};
use core::fmt;

/// Why a bundle is not verified.
///
/// Each variant is one check; [`VerifyError::code`] is its stable name, and [`crate::refusals`] says what each means and
/// what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// More than a budget allows.
    #[error("too many {what}: at most {limit} are read, found {found}")]
    OverBudget {
        /// What there is too much of.
        what: &'static str,
        /// The limit, from [`crate::budget`].
        limit: usize,
        /// How much there is.
        found: usize,
    },
    /// Not the JSON of a Sigstore bundle.
    #[error("not a Sigstore bundle: {reason}")]
    BundleMalformed {
        /// What the parser says.
        reason: String,
    },
    /// A bundle of another version.
    #[error("unsupported bundle version: expected v0.1, v0.2 or v0.3, found `{found}`")]
    UnsupportedBundleVersion {
        /// The media type.
        found: String,
    },
    /// A field of the bundle does not hold what it must.
    #[error("malformed bundle: `{field}` is not {expected}")]
    FieldMalformed {
        /// Where in the bundle.
        field: &'static str,
        /// What should be there.
        expected: &'static str,
    },
    /// A DSSE envelope without exactly one signature.
    #[error("an envelope carries exactly one signature, found {found}")]
    SignatureCount {
        /// How many it carries.
        found: usize,
    },

    /// Not the JSON of a trusted root, or one of its authorities is malformed.
    #[error("not a trusted root: {reason}")]
    TrustedRootMalformed {
        /// What is wrong.
        reason: String,
    },
    /// A trusted root of another version.
    #[error("unsupported trusted root version: `{found}`")]
    UnsupportedTrustedRoot {
        /// The media type.
        found: String,
    },

    /// No trusted root lists the log of the entry.
    #[error("the entry is in a log that the trusted root does not list: {id}")]
    UnknownLog {
        /// The log's id, in hex.
        id: String,
    },
    /// A kind of entry that is not read.
    #[error("unsupported log entry: `{kind}` {version}")]
    UnsupportedLogEntry {
        /// Such as `hashedrekord`.
        kind: String,
        /// Such as `0.0.2`.
        version: String,
    },
    /// The entry's body is not what its kind and version say.
    #[error("malformed log entry: {reason}")]
    LogEntryMalformed {
        /// What is wrong.
        reason: String,
    },
    /// The proof does not lead from the entry to the root that it names.
    #[error("the inclusion proof does not lead to the log's root")]
    InclusionProof,
    /// The larger tree does not begin with the smaller one.
    #[error("the consistency proof does not lead from the smaller tree to the larger")]
    ConsistencyProof,
    /// The checkpoint is not a signed note.
    #[error("malformed checkpoint: {reason}")]
    CheckpointMalformed {
        /// What is wrong.
        reason: &'static str,
    },
    /// The checkpoint is of another tree than the inclusion proof.
    #[error("the checkpoint and the inclusion proof are of different trees")]
    CheckpointMismatch,
    /// The log has not signed the checkpoint.
    #[error("the checkpoint is not signed by the log `{log}`")]
    CheckpointSignature {
        /// The log.
        log: String,
    },
    /// The log has not signed the inclusion promise (SET).
    #[error("the signed entry timestamp is not by the log `{log}`")]
    InclusionPromise {
        /// The log.
        log: String,
    },
    /// The log was not trusted at that time.
    #[error("the log `{log}` is trusted from {window}, not at {time}")]
    LogWindow {
        /// The log.
        log: String,
        /// When it is trusted.
        window: Window,
        /// When it spoke.
        time: Time,
    },
    /// A time after now.
    #[error("the signature's time is in the future: {time}, and it is {now}")]
    TimeInFuture {
        /// The entry's time.
        time: Time,
        /// The caller's now.
        now: Time,
    },
    /// Fewer logs vouch than are needed.
    #[error("{found} of {needed} required logs vouch for this signature")]
    LogThreshold {
        /// How many are demanded.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// Fewer times are established than are needed.
    #[error("{found} of {needed} required times are established")]
    TimeThreshold {
        /// How many are demanded.
        needed: usize,
        /// How many there are.
        found: usize,
    },

    /// A timestamp that is not a token of RFC 3161.
    #[error("malformed timestamp: {reason}")]
    TimestampMalformed {
        /// What is wrong.
        reason: &'static str,
    },
    /// A timestamp of an authority that the trusted root does not list.
    #[error("the timestamp is by an authority that the trusted root does not list")]
    UnknownTimestampAuthority,
    /// The timestamp is of other bytes than this signature.
    #[error("the timestamp is of another signature")]
    TimestampMismatch,
    /// The authority has not signed the timestamp.
    #[error("the timestamp is not signed by the authority `{authority}`")]
    TimestampSignature {
        /// The authority.
        authority: String,
    },

    /// A bundle that was signed with a key, and no key is trusted.
    #[error("the bundle is signed with a key, and no key is trusted")]
    NoTrustedKey,
    /// A bundle that was signed with a certificate, and no root is trusted.
    #[error("the bundle is signed with a certificate, and no root is trusted")]
    NoTrustedRoot,
    /// The certificate is not one that can sign.
    #[error("malformed certificate: {reason}")]
    CertificateMalformed {
        /// What is wrong.
        reason: &'static str,
    },
    /// The certificate's key is not one that can be used.
    #[error("the certificate's key: {0}")]
    CertificateKey(KeyError),
    /// The certificate was not issued by a trusted authority, or not for signing code.
    #[error("the certificate does not chain to a trusted authority: {reason}")]
    CertificateChain {
        /// What the path building says.
        reason: String,
    },
    /// A certificate of the chain was not valid when the signature was made.
    #[error("{certificate} is valid from {window}, and the signature was made at {time}")]
    CertificateWindow {
        /// Which one.
        certificate: &'static str,
        /// When it is valid.
        window: Window,
        /// The established time.
        time: Time,
    },
    /// The certificate names no signer, or several.
    #[error("the certificate names {found} signers, expected one")]
    IdentityCount {
        /// How many.
        found: usize,
    },
    /// The certificate does not say who vouched for the identity.
    #[error("the certificate does not name its OIDC issuer")]
    IssuerMissing,
    /// The certificate names two different OIDC issuers.
    #[error("the certificate names two OIDC issuers: `{first}` and `{second}`")]
    IssuerConflict {
        /// Extension 1.3.6.1.4.1.57264.1.1.
        first: String,
        /// Extension 1.3.6.1.4.1.57264.1.8.
        second: String,
    },
    /// An SCT that cannot be read.
    #[error("malformed certificate timestamp (SCT): {reason}")]
    SctMalformed {
        /// What is wrong.
        reason: &'static str,
    },
    /// A certificate log that the trusted root lists has not signed the promise in its name.
    #[error("the certificate timestamp (SCT) is not by the log `{log}`")]
    SctSignature {
        /// The log.
        log: String,
    },
    /// Fewer CT logs vouch for the certificate than are needed.
    #[error("{found} of {needed} required certificate logs vouch for the certificate")]
    SctThreshold {
        /// How many are demanded.
        needed: usize,
        /// How many there are.
        found: usize,
    },

    /// The signature is over a hash of the artifact that was not computed.
    #[error("the artifact's {algorithm} is needed to check this signature, and was not computed")]
    HashNotAtHand {
        /// The hash.
        algorithm: HashAlgorithm,
    },
    /// No trusted key has made the signature over this artifact.
    #[error("the signature is not by {signer} over {what}")]
    SignatureInvalid {
        /// Whose it should be.
        signer: String,
        /// What it should be over.
        what: &'static str,
    },
    /// No trusted key has made the signature, and the bundle says itself that another one did.
    #[error("the signature is by another key: expected {expected}, and the bundle names the key {hint}")]
    OtherKey {
        /// The trusted ones.
        expected: String,
        /// The id of the key that the bundle names.
        hint: Digest,
    },
    /// The bundle says that it is about something else.
    #[error("the bundle is about another artifact: expected {expected}, found {found}")]
    MessageDigestMismatch {
        /// The artifact's hash: `sha256:<hex>`.
        expected: String,
        /// The bundle's.
        found: String,
    },
    /// A payload that is not an in-toto statement.
    #[error("unsupported payload type: `{found}`")]
    UnsupportedPayloadType {
        /// The payload's type.
        found: String,
    },

    /// The entry is about another signature, signer or artifact.
    #[error("the log entry is about another {what}")]
    EntryMismatch {
        /// What differs.
        what: &'static str,
    },
    /// The payload is not a statement.
    #[error("not an in-toto statement: {reason}")]
    StatementMalformed {
        /// What is wrong.
        reason: String,
    },
    /// A statement of another version.
    #[error("unsupported statement type: `{found}`")]
    UnsupportedStatement {
        /// Its `_type`.
        found: String,
    },
    /// The predicate is not what its type says.
    #[error("the predicate is not of its type `{predicate_type}`: {reason}")]
    PredicateMalformed {
        /// The type.
        predicate_type: String,
        /// What is wrong.
        reason: String,
    },
    /// The statement is about something else.
    #[error("the statement is about another artifact: expected {expected}, found {found}")]
    SubjectMismatch {
        /// The artifact.
        expected: String,
        /// The statement's subjects.
        found: String,
    },
}

impl VerifyError {
    /// A stable name for this refusal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OverBudget { .. } => "over-budget",
            Self::BundleMalformed { .. } => "bundle-malformed",
            Self::UnsupportedBundleVersion { .. } => "unsupported-bundle-version",
            Self::FieldMalformed { .. } => "bundle-field-malformed",
            Self::SignatureCount { .. } => "signature-count",
            Self::TrustedRootMalformed { .. } => "trusted-root-malformed",
            Self::UnsupportedTrustedRoot { .. } => "unsupported-trusted-root",
            Self::UnknownLog { .. } => "unknown-log",
            Self::UnsupportedLogEntry { .. } => "unsupported-log-entry",
            Self::LogEntryMalformed { .. } => "log-entry-malformed",
            Self::InclusionProof => "inclusion-proof",
            Self::ConsistencyProof => "consistency-proof",
            Self::CheckpointMalformed { .. } => "checkpoint-malformed",
            Self::CheckpointMismatch => "checkpoint-mismatch",
            Self::CheckpointSignature { .. } => "checkpoint-signature",
            Self::InclusionPromise { .. } => "inclusion-promise",
            Self::LogWindow { .. } => "log-window",
            Self::TimeInFuture { .. } => "time-in-future",
            Self::LogThreshold { .. } => "log-threshold",
            Self::TimeThreshold { .. } => "time-threshold",
            Self::TimestampMalformed { .. } => "timestamp-malformed",
            Self::UnknownTimestampAuthority => "unknown-timestamp-authority",
            Self::TimestampMismatch => "timestamp-mismatch",
            Self::TimestampSignature { .. } => "timestamp-signature",
            Self::NoTrustedKey => "no-trusted-key",
            Self::NoTrustedRoot => "no-trusted-root",
            Self::CertificateMalformed { .. } => "certificate-malformed",
            Self::CertificateKey(_) => "certificate-key",
            Self::CertificateChain { .. } => "certificate-chain",
            Self::CertificateWindow { .. } => "certificate-window",
            Self::IdentityCount { .. } => "identity-count",
            Self::IssuerMissing => "issuer-missing",
            Self::IssuerConflict { .. } => "issuer-conflict",
            Self::SctMalformed { .. } => "sct-malformed",
            Self::SctSignature { .. } => "sct-signature",
            Self::SctThreshold { .. } => "sct-threshold",
            Self::HashNotAtHand { .. } => "hash-not-at-hand",
            Self::SignatureInvalid { .. } => "signature-invalid",
            Self::OtherKey { .. } => "other-key",
            Self::MessageDigestMismatch { .. } => "message-digest-mismatch",
            Self::UnsupportedPayloadType { .. } => "unsupported-payload-type",
            Self::EntryMismatch { .. } => "entry-mismatch",
            Self::StatementMalformed { .. } => "statement-malformed",
            Self::UnsupportedStatement { .. } => "unsupported-statement",
            Self::PredicateMalformed { .. } => "predicate-malformed",
            Self::SubjectMismatch { .. } => "subject-mismatch",
        }
    }
}

/// Anything that somebody else has written, for a message: its first 200 characters.
pub(crate) fn shown(what: impl fmt::Display) -> String {
    struct Cut {
        text: String,
        left: usize,
    }
    impl fmt::Write for Cut {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for character in text.chars() {
                self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
                self.text.push(character);
            }
            Ok(())
        }
    }
    let mut cut = Cut { text: String::new(), left: 200 };
    if fmt::write(&mut cut, format_args!("{what}")).is_err() {
        cut.text.push('…');
    }
    cut.text
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn every_refusal_has_its_page_and_every_page_its_refusal() {
        let source = include_str!("mod.rs").split_once("match self {").expect("the codes").1;
        let source = source.split_once("}\n    }").expect("their end").0;
        let mut codes: Vec<_> = source.split('"').skip(1).step_by(2).collect();
        let page = include_str!("../../docs/refusals.md");
        let mut pages: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("## `")?.strip_suffix('`')).collect();
        assert_eq!(codes.len(), 46);
        codes.sort_unstable();
        pages.sort_unstable();
        assert_eq!(codes, pages);
    }

    #[test]
    fn what_is_shown_is_short() {
        assert_eq!(shown("x"), "x");
        assert_eq!(shown("\u{e9}".repeat(200)), "\u{e9}".repeat(200));
        assert_eq!(shown("y".repeat(1 << 20)).chars().count(), 201);
    }
}
