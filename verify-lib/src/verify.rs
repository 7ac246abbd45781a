//! The corridor.

use crate::{
    Artifact, Bundle, SIGN_V1, Statement, Time, VerifyError, VerifyingKey,
    bundle::Material,
    clock::{self, EstablishedTime},
    envelope,
    signer::{self, VerifiedSigner},
    tlog::{self, BoundEntry},
    trust::{Trust, TrustedRoot},
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
/// `now` is the caller's clock: nothing may be later, and a log whose entry has no time at all has to be trusted then. The
/// past is never judged by it. Where there are several trusted roots, a
/// certificate has to pass under one of them, whole; if it passes under none, the refusal is that of the root under which
/// it came farthest.
///
/// # Errors
/// [`VerifyError`], one variant per check.
pub fn verify(
    bundle: &Bundle,
    artifact: &Artifact<'_>,
    trust: &Trust,
    now: Time,
) -> Result<VerifiedBundle, VerifyError> {
    let keys = trust.keys();
    if let Material::PublicKey { .. } = bundle.material {
        return corridor(bundle, artifact, keys, trust.roots(), trust.logs_for_keys(), now);
    }
    let mut refused = None;
    for root in trust.roots() {
        match corridor(bundle, artifact, keys, core::slice::from_ref(root), root.need().logs, now) {
            Ok(verified) => return Ok(verified),
            Err(error) => refused = Some(VerifyError::more_telling_of(refused, error)),
        }
    }
    Err(refused.unwrap_or(VerifyError::NoTrustedRoot))
}

/// `logs` is how many of them have to hold an entry.
fn corridor(
    bundle: &Bundle,
    artifact: &Artifact<'_>,
    keys: &[VerifyingKey],
    roots: &[TrustedRoot],
    logs: usize,
    now: Time,
) -> Result<VerifiedBundle, VerifyError> {
    let entries = tlog::verify(&bundle.entries, roots, now)?;
    let times = clock::establish(&entries, &bundle.timestamps, bundle.content.signature(), roots, now);
    let signer = signer::verify(&bundle.material, &times, keys, roots)?;
    let signed = envelope::verify(&bundle.content, artifact, signer)?;
    let entries = entries.bind(&signed, &times, logs, now)?;
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
