//! What is asked of whom, clear before anybody is.

use super::{Signer, Sigstore, SigstoreError, What, known, panel::Panel};
use crate::{
    Error,
    bundle::{self, By, Over, Signed},
    rekor::Version,
};
use bulla_verify::{KeyAlgorithm, dsse};

/// Whose witness is asked for, beside the signer's own hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Witnesses {
    /// Nobody's.
    Nobody,
    /// The timestamp authorities'.
    Timestamps,
    /// The logs'.
    Logs,
    /// The timestamp authorities' and the logs'.
    Both,
    /// Both; where no log can be reached, the timestamp authorities' alone, and [`Sigstore::log_later`] completes the bundle.
    BothOrLater,
    /// The timestamp authorities', and the logs' later, by [`Sigstore::log_later`].
    LogsLater,
}

impl Witnesses {
    /// Of one kind, of both, or of none.
    pub fn of(logs: bool, timestamps: bool) -> Self {
        match (logs, timestamps) {
            (false, false) => Self::Nobody,
            (false, true) => Self::Timestamps,
            (true, false) => Self::Logs,
            (true, true) => Self::Both,
        }
    }

    /// The same, where a bundle without a log entry will do for now: with a timestamp, then.
    #[must_use]
    pub fn or_later(self) -> Self {
        match self {
            Self::Nobody | Self::Timestamps | Self::LogsLater => Self::LogsLater,
            Self::Logs | Self::Both | Self::BothOrLater => Self::BothOrLater,
        }
    }
}

/// Who is asked.
pub(super) struct Plan<'a> {
    /// Those that the signature has to be fit for, now or later.
    pub(super) logs: Option<&'a Panel>,
    pub(super) log_now: bool,
    pub(super) timestamps: Option<&'a Panel>,
    pub(super) later: bool,
}

impl Sigstore {
    /// What can be had of what is wanted.
    pub(super) fn plan(&self, signer: &Signer, witnesses: Witnesses) -> Result<Plan<'_>, SigstoreError> {
        let (log_now, stamp, later) = match witnesses {
            Witnesses::Nobody => (false, false, false),
            Witnesses::Timestamps => (false, true, false),
            Witnesses::Logs => (true, false, false),
            Witnesses::Both => (true, true, false),
            Witnesses::BothOrLater => (true, true, true),
            Witnesses::LogsLater => (false, true, true),
        };
        let logs = if log_now || later { Some(known(&self.logs)?) } else { None };
        let timestamps = if stamp { Some(known(&self.timestamp_authorities)?) } else { None };
        let log_gives_time = log_now && logs.is_some_and(|logs| logs.log_version() == Version::V1);
        if signer.certificate().is_some() && timestamps.is_none() && !log_gives_time {
            return Err(SigstoreError::TimeNeeded);
        }
        if let (Some(logs), true) = (logs, later) {
            later_is_possible(signer.by(), logs)?;
        }
        Ok(Plan { logs, log_now, timestamps, later })
    }
}

impl Plan<'_> {
    /// The signature, in the form that every witness takes.
    pub(super) fn signed<'a>(&self, signer: &'a Signer, what: &What<'a>) -> Result<Signed<'a>, Error> {
        let (key, algorithm) = (&signer.key, signer.verifying_key().algorithm());
        let by = signer.by();
        match what {
            What::Artifact(artifact) if algorithm == KeyAlgorithm::Ed25519 && self.logs.is_none() => {
                let over = Over::artifact(artifact, bundle::digest_of(algorithm))?;
                Ok(Signed { by, over, signature: key.sign_artifact(artifact)? })
            }
            What::Artifact(artifact) => {
                let hash = artifact.hash(algorithm.hash());
                let hash = hash.ok_or(Error::HashNotAtHand { algorithm: algorithm.hash() })?;
                Ok(Signed { by, over: Over::Artifact(hash), signature: key.sign_hash(&hash)? })
            }
            What::Statement(statement) => {
                let over = Over::statement(statement);
                let unsigned = Signed { by, over, signature: Vec::new() };
                let prehashed = self.logs.is_some_and(|logs| logs.log_version() == Version::V2);
                let signature = match algorithm == KeyAlgorithm::Ed25519 && !prehashed {
                    true => key.sign_bytes(&dsse::pae(dsse::IN_TOTO, statement.payload()))?,
                    false => key.sign_hash(&unsigned.hash())?,
                };
                Ok(Signed { signature, ..unsigned })
            }
        }
    }
}

/// The time of a Rekor v1 entry counts, and a certificate has to be valid then.
pub(super) fn later_is_possible(by: By<'_>, logs: &Panel) -> Result<(), SigstoreError> {
    match by {
        By::Certificate(_) if logs.log_version() == Version::V1 => {
            let url = logs.urls().first().copied().unwrap_or_default().to_owned();
            Err(SigstoreError::LaterNeedsNewerLog { url })
        }
        By::Certificate(_) | By::Key(_) => Ok(()),
    }
}
