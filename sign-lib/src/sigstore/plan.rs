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
pub struct Witnesses {
    /// The logs'.
    pub log: bool,
    /// The timestamp authorities'.
    pub timestamp: bool,
    /// A bundle without a log entry will do: with `log`, where no log can be reached; without it, at once.
    /// [`Sigstore::log_later`] completes it.
    pub later: bool,
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
        let logged = witnesses.log || witnesses.later;
        let logs = if logged { Some(known(&self.logs)?) } else { None };
        let timestamps = if witnesses.timestamp { Some(known(&self.timestamp_authorities)?) } else { None };
        let log_gives_time = witnesses.log && logs.is_some_and(|logs| logs.log_version() == Version::V1);
        if signer.certificate().is_some() && timestamps.is_none() {
            if witnesses.later {
                return Err(SigstoreError::LaterNeedsTimestamp);
            }
            if !log_gives_time {
                return Err(SigstoreError::TimeNeeded);
            }
        }
        if let (Some(logs), true) = (logs, witnesses.later) {
            later_is_possible(signer.by(), logs)?;
        }
        Ok(Plan { logs, log_now: witnesses.log, timestamps, later: witnesses.later })
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
