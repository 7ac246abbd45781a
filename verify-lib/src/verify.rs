//! The corridor.

use crate::{
    Artifact, Bundle, SIGN_V1, Statement, Time, VerifyError, clock,
    clock::EstablishedTime,
    envelope,
    signer::{self, VerifiedSigner},
    tlog::{self, BoundEntry},
    trust::{Need, Trust},
};

/// A signature that is proved to be a trusted party's, over this artifact.
///
/// Holding one proves that the signer, at the established times, signed the artifact or a statement about it, and that
/// the log entries are about this very signature. It does **not** say that this signer is the one whom anybody asked for:
/// that is `policy`'s to decide.
#[derive(Debug, Clone)]
pub struct VerifiedBundle {
    signer: VerifiedSigner,
    times: Vec<EstablishedTime>,
    entries: Vec<BoundEntry>,
    statement: Option<Statement>,
}

/// Verifies one bundle: parse, log, clock, signer, envelope, binding, subject.
///
/// `now` is the caller's clock; only the future is judged by it, never the past.
///
/// # Errors
/// [`VerifyError`], one variant per check.
pub fn verify(
    bundle: &Bundle,
    artifact: &Artifact<'_>,
    trust: &Trust,
    need: &Need,
    now: Time,
) -> Result<VerifiedBundle, VerifyError> {
    let entries = tlog::verify(&bundle.entries, trust.logs(), now)?;
    let (timestamps, authorities) = (&bundle.timestamps, trust.timestamp_authorities());
    let times = clock::establish(&entries, timestamps, bundle.content.signature(), authorities, now);
    let signer = signer::verify(&bundle.material, &times, trust, need)?;
    let signed = envelope::verify(&bundle.content, artifact, signer)?;
    let entries = entries.bind(&signed, &times, need, now)?;
    let statement = signed.payload().map(|payload| Statement::parse(payload)?.about(artifact)).transpose()?;
    Ok(VerifiedBundle { signer: signed.into_signer(), times: times.into_vec(), entries, statement })
}

impl VerifiedBundle {
    /// Who signed.
    pub fn signer(&self) -> &VerifiedSigner {
        &self.signer
    }

    /// When the signature is proved to have existed; empty where no authority has said so.
    pub fn times(&self) -> &[EstablishedTime] {
        &self.times
    }

    /// The log entries about this signature.
    pub fn entries(&self) -> &[BoundEntry] {
        &self.entries
    }

    /// What was signed, if it is a statement about the artifact; nothing where it is the artifact itself.
    pub fn statement(&self) -> Option<&Statement> {
        self.statement.as_ref()
    }

    /// Whether this is a signature of the artifact: over the artifact itself, or cosign's statement that says nothing
    /// more. An attestation of another type is not.
    pub fn is_signature(&self) -> bool {
        self.statement.as_ref().is_none_or(|statement| statement.predicate_type() == SIGN_V1)
    }
}
