//! Why a service's answer was not had, or not taken: one variant for each check.

use super::Part;
use crate::{OidcError, SigningConfigError, budget};
use bulla_verify::{Time, VerifyError};

/// Why the services of a Sigstore instance gave nothing that could be signed with. No variant holds a token or a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigstoreError {
    /// Which services to ask.
    #[error(transparent)]
    Config(#[from] SigningConfigError),
    /// Who we are.
    #[error(transparent)]
    Oidc(#[from] OidcError),
    /// Nobody was asked, since nobody can be at such an address, or not safely.
    #[error("the {part} was not asked: {error}")]
    NotAsked {
        /// Which kind of service.
        part: Part,
        /// Why not.
        error: bulla_transport::Error,
    },
    /// Somebody has called it off ([`bulla_transport::Cancel`]).
    #[error("cancelled before the {part} had answered")]
    Cancelled {
        /// Which kind of service.
        part: Part,
    },
    /// No answer, or none that lasted.
    #[error("the {part} did not answer: {error}")]
    Unavailable {
        /// Which kind of service.
        part: Part,
        /// What went wrong on the way.
        error: bulla_transport::Error,
    },
    /// The service says no.
    #[error("the {part} {url} refuses: status {status}{words}")]
    Refused {
        /// Which kind of service.
        part: Part,
        /// Its address.
        url: String,
        /// 4xx, or a status that the protocol does not foresee.
        status: u16,
        /// `: ` and its own words, if any.
        words: String,
    },
    /// An answer that cannot be read.
    #[error("the {part} {url} answered with what cannot be read: {reason}")]
    Malformed {
        /// Which kind of service.
        part: Part,
        /// Its address.
        url: String,
        /// What is wrong.
        reason: String,
    },

    /// A certificate for a key that is not ours.
    #[error("the certificate is for another key: expected {expected}, found {found}")]
    CertificateOtherKey {
        /// The key that we sent.
        expected: String,
        /// The certificate's.
        found: String,
    },
    /// A certificate for somebody else.
    #[error("the certificate is for another identity: expected `{expected}`, found `{found}`")]
    CertificateOtherIdentity {
        /// Whom the token is about.
        expected: String,
        /// Whom the certificate names.
        found: String,
    },
    /// A certificate that names another issuer than the token's.
    #[error("the certificate names another issuer: expected `{expected}`, found `{found}`")]
    CertificateOtherIssuer {
        /// The token's.
        expected: String,
        /// The certificate's.
        found: String,
    },
    /// Fewer certificate logs know of the certificate than the trusted root demands.
    #[error("{found} of {needed} required certificate logs vouch for the new certificate")]
    CertificateWithoutSct {
        /// As many as the root demands.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// The certificate log's promise is right, and beside the certificate, where no bundle keeps it.
    #[error(
        "the promise of the certificate log (SCT) lies beside the new certificate, and a bundle has no place for it"
    )]
    CertificateSctDetached,
    /// The certificate leads to nobody who is trusted.
    #[error("the new certificate does not chain to a trusted authority: {reason}")]
    CertificateUntrusted {
        /// What the path building says.
        reason: String,
    },
    /// The certificate fails another check.
    #[error("the new certificate is not taken: {0}")]
    CertificateUnproved(VerifyError),
    /// The certificate has ended, or would before a timestamp could be had.
    #[error("the certificate ends at {end}, and it is {now}: too late to sign with it")]
    CertificateEnding {
        /// Its last moment.
        end: Time,
        /// Now.
        now: Time,
    },

    /// The authority does not grant a timestamp.
    #[error("the timestamp authority {url} does not grant a timestamp: status {status}{words}")]
    TimestampNotGranted {
        /// Its address.
        url: String,
        /// PKIStatus (RFC 3161, 2.4.2).
        status: u8,
        /// `: ` and its own words, if any.
        words: String,
    },
    /// The timestamp answers another question.
    #[error("the timestamp of {url} carries another nonce than was sent")]
    TimestampNonce {
        /// The authority's address.
        url: String,
    },
    /// The timestamp is of other bytes.
    #[error("the timestamp of {url} is of other bytes than the signature")]
    TimestampImprint {
        /// The authority's address.
        url: String,
    },
    /// The timestamp does not verify under the trusted root.
    #[error("the new timestamp is not taken: {0}")]
    TimestampUnproved(VerifyError),

    /// The log took, or found, something else than was sent.
    #[error("the log answered with an entry about another {what}")]
    LogOtherEntry {
        /// What differs.
        what: &'static str,
    },
    /// The log holds the same entry already, and does not show it.
    #[error("the log {url} holds this entry already, and does not show it{words}")]
    LogDuplicate {
        /// The log's address.
        url: String,
        /// `: ` and its own words, if any.
        words: String,
    },
    /// The log's proof does not hold under the trusted root.
    #[error("the new log entry is not taken: {0}")]
    LogUnproved(VerifyError),
    /// A key that no log of this version takes.
    #[error("the log does not take signatures by this key: {algorithm}")]
    LogKeyUnsupported {
        /// Of the key.
        algorithm: String,
    },
    /// Fewer log entries than the trusted root demands, or than were asked for.
    #[error("{found} of {needed} required log entries vouch for the signature")]
    TooFewEntries {
        /// As many are demanded.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// Fewer timestamps that count than were asked for.
    #[error("{found} of {needed} required times are established for the signature")]
    TooFewTimes {
        /// As many are demanded.
        needed: usize,
        /// How many count.
        found: usize,
    },
    /// A certificate's signature without a time that a verifier could judge it at.
    #[error(
        "a signature with a certificate needs a time, and neither a timestamp authority nor the log would give one"
    )]
    TimeNeeded,
    /// A certificate's signature that is to be logged later, in a log whose own time counts.
    #[error(
        "a signature with a certificate cannot be logged later in {url}: its time would lie after the certificate's end"
    )]
    LaterNeedsNewerLog {
        /// The log's address.
        url: String,
    },
    /// An identity token would be sent where others can read it on its way.
    #[error("an identity token is not sent in plain HTTP to another machine: {url}")]
    TokenInClear {
        /// Where the authority is.
        url: String,
    },

    /// The bundle that is to be logged is not one that can be.
    #[error("the bundle cannot be logged: {reason}")]
    BundleNotLoggable {
        /// What is wrong with it.
        reason: String,
    },

    /// Two clocks are too far apart.
    #[error("{whose} clock is {seconds} s ahead of {of}: {time}")]
    ClockSkew {
        /// Whose clock is ahead.
        whose: &'static str,
        /// Of which.
        of: &'static str,
        /// By how much.
        seconds: i64,
        /// What the clock that is ahead shows.
        time: Time,
    },
    /// Everything was had, and together it does not verify.
    #[error("the new bundle does not verify: {0}")]
    Unproved(VerifyError),
}

impl SigstoreError {
    /// A stable name for this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            Self::Oidc(error) => error.code(),
            Self::NotAsked { part, .. } => match part {
                Part::Authority => "certificate-authority-not-asked",
                Part::Log => "log-not-asked",
                Part::Timestamps => "timestamp-authority-not-asked",
            },
            Self::Cancelled { .. } => "signing-cancelled",
            Self::Unavailable { part, .. } => match part {
                Part::Authority => "certificate-authority-unavailable",
                Part::Log => "log-unavailable",
                Part::Timestamps => "timestamp-authority-unavailable",
            },
            Self::Refused { part, .. } => match part {
                Part::Authority => "certificate-authority-refuses",
                Part::Log => "log-refuses",
                Part::Timestamps => "timestamp-authority-refuses",
            },
            Self::Malformed { part, .. } => match part {
                Part::Authority => "certificate-authority-malformed",
                Part::Log => "log-malformed",
                Part::Timestamps => "timestamp-authority-malformed",
            },
            Self::CertificateOtherKey { .. } => "certificate-other-key",
            Self::CertificateOtherIdentity { .. } => "certificate-other-identity",
            Self::CertificateOtherIssuer { .. } => "certificate-other-issuer",
            Self::CertificateWithoutSct { .. } => "certificate-without-sct",
            Self::CertificateSctDetached => "certificate-sct-detached",
            Self::CertificateUntrusted { .. } => "certificate-untrusted",
            Self::CertificateUnproved(_) => "certificate-unproved",
            Self::CertificateEnding { .. } => "certificate-ending",
            Self::TimestampNotGranted { .. } => "timestamp-not-granted",
            Self::TimestampNonce { .. } => "timestamp-nonce",
            Self::TimestampImprint { .. } => "timestamp-imprint",
            Self::TimestampUnproved(_) => "timestamp-unproved",
            Self::LogOtherEntry { .. } => "log-other-entry",
            Self::LogDuplicate { .. } => "log-duplicate",
            Self::LogUnproved(_) => "log-unproved",
            Self::LogKeyUnsupported { .. } => "log-key-unsupported",
            Self::TooFewEntries { .. } => "too-few-log-entries",
            Self::TooFewTimes { .. } => "too-few-times",
            Self::TimeNeeded => "time-needed",
            Self::LaterNeedsNewerLog { .. } => "log-later-needs-newer-log",
            Self::TokenInClear { .. } => "identity-token-in-clear",
            Self::BundleNotLoggable { .. } => "bundle-not-loggable",
            Self::ClockSkew { .. } => "clock-skew",
            Self::Unproved(_) => "bundle-unproved",
        }
    }

    /// What to do next, where there is something.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Config(error) => return error.hint(),
            Self::Oidc(error) => return error.hint(),
            Self::NotAsked { error, .. } => return error.hint(),
            Self::Cancelled { .. } => "nothing was written; sign again",
            Self::Unavailable { part, .. } => match part {
                Part::Log => "try again; or sign now and log later: `--log-later`",
                Part::Authority | Part::Timestamps => {
                    "try again; check the network, and the address that is configured"
                }
            },
            Self::Refused { part: Part::Authority, status: 401 | 403, .. } => {
                "the identity token is not one that it takes: see its issuer and audience"
            }
            Self::Refused { .. } => "its own words say why; it was not asked again",
            Self::Malformed { .. } => "see whether the configured address is that of such a service",
            Self::CertificateOtherKey { .. }
            | Self::CertificateOtherIdentity { .. }
            | Self::CertificateOtherIssuer { .. } => "do not use this certificate authority: nothing was signed",
            Self::CertificateWithoutSct { .. } | Self::CertificateSctDetached => {
                "the authority has to put the promise into the certificate; or its root demands what it does not give"
            }
            Self::CertificateUntrusted { .. } | Self::CertificateUnproved(_) => {
                "the trusted root and the signing configuration have to be of one instance; nothing was signed"
            }
            Self::CertificateEnding { .. } => "ask for a new certificate: they last for ten minutes",
            Self::TimestampNotGranted { .. } => "its own words say why; try another authority",
            Self::TimestampNonce { .. } | Self::TimestampImprint { .. } => {
                "something on the way answers in its place; do not use it"
            }
            Self::TimestampUnproved(_) => "the trusted root has to list the timestamp authority; nothing was written",
            Self::LogOtherEntry { .. } => "do not use this log: it does not say what it was told",
            Self::LogDuplicate { .. } => {
                "the signature is logged; sign again with a new key, or wait until the log shows it"
            }
            Self::LogUnproved(_) => "the trusted root has to list the log; nothing was written",
            Self::LogKeyUnsupported { .. } => "use a P-256 key, or RSA of 2048, 3072 or 4096 bits",
            Self::TooFewEntries { .. } => {
                "the trusted root demands a log entry: sign with one, or later with `bulla log`"
            }
            Self::TooFewTimes { .. } | Self::TimeNeeded => {
                "ask for a timestamp, of an authority that the trusted root lists"
            }
            Self::LaterNeedsNewerLog { .. } => "log it now, or use a log of Rekor's version 2",
            Self::TokenInClear { .. } => "give the authority an https address; who holds the token can sign as you",
            Self::BundleNotLoggable { .. } => "only what was signed here without a log can be logged later",
            Self::ClockSkew { .. } => {
                return Some(format!("set the clocks: they may differ by {} s", budget::CLOCK_TOLERANCE));
            }
            Self::Unproved(_) => "nothing was written; the trusted root and the services have to be of one instance",
        };
        Some(hint.to_owned())
    }

    /// Why a service did not answer: it was not asked, or it could not.
    pub(crate) fn unanswered(part: Part, error: bulla_transport::Error) -> Self {
        use bulla_transport::Error;
        match error {
            Error::Cancelled => Self::Cancelled { part },
            Error::NotAServiceAddress { .. }
            | Error::PlainHttpRefused { .. }
            | Error::CertificateAuthorities { .. } => Self::NotAsked { part, error },
            error => Self::Unavailable { part, error },
        }
    }

    /// Whether a service could not be reached, or could not answer, and may later.
    pub(crate) fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable { error, .. } if error.is_unavailable())
    }

    /// Whether another service of the list may do better: this one failed, or says what it should not.
    pub(crate) fn is_of_one_service(&self) -> bool {
        match self {
            // An authority that says no has read the token; it is not shown around.
            Self::Refused { part, .. } => *part != Part::Authority,
            Self::Cancelled { .. }
            | Self::LogKeyUnsupported { .. }
            | Self::Config(_)
            | Self::Oidc(_)
            | Self::ClockSkew { .. } => false,
            _ => true,
        }
    }
}
