//! What was had is verified before anybody sees it: under the trusted root, with exactly what was asked for.

use super::SigstoreError;
use crate::{budget, bundle::By};
use bulla_verify::{
    Artifact, Bundle, IssuedCertificate, Need, Time, Trust, TrustedRoot, VerifiedBundle, VerifiedSigner, VerifyError,
    VerifyingKey, verify, verify_certificate,
};

/// How many witnesses a bundle has to have, every one of which has to count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demanded {
    pub(super) entries: usize,
    pub(super) timestamps: usize,
    /// The entries come later: a root that demands them has to refuse for that alone.
    pub(super) later: bool,
}

/// The bytes of a bundle that verifies as it was meant to. Only [`Judge::prove`] makes one, and nothing else leaves this room.
pub(super) struct Proved(Vec<u8>);

impl Proved {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// What a new bundle is judged by: what it is to be about, whose it is to be, the root, and a clock that is asked when it matters.
pub(super) struct Judge<'a> {
    pub(super) artifact: &'a Artifact<'a>,
    pub(super) by: By<'a>,
    pub(super) root: &'a TrustedRoot,
    pub(super) clock: &'a (dyn Fn() -> Time + Sync),
}

impl Judge<'_> {
    /// Verifies a new bundle.
    pub(super) fn prove(&self, bundle: Vec<u8>, demanded: Demanded) -> Result<Proved, SigstoreError> {
        let (by, now) = (self.by, (self.clock)());
        // Clocks differ by a little: what a service signed a moment from now is no lie.
        let soon = Time::from_unix(now.unix().saturating_add(budget::CLOCK_TOLERANCE));
        let trust = trust(by, self.root, demanded);
        match Bundle::parse(&bundle).and_then(|bundle| verify(&bundle, self.artifact, &trust, soon)) {
            Ok(verified) if is_ours(&verified, by) => counts(&verified, demanded).map(|()| Proved(bundle)),
            Ok(_) => Err(stranger()),
            // The log is the last door but one; the last is that the statement is about its subject, and ours is.
            Err(VerifyError::LogThreshold { found: 0, .. }) if demanded.later => Ok(Proved(bundle)),
            Err(error) => Err(refusal(error, demanded, now)),
        }
    }
}

/// Verifies a bundle of whatever version that is said to be logged: with one entry that counts, at least.
pub(super) fn logged(
    bundle: &Bundle,
    artifact: &Artifact<'_>,
    key: Option<&VerifyingKey>,
    root: &TrustedRoot,
    now: Time,
) -> Result<(), SigstoreError> {
    let trust = match (bundle.unverified_certificate(), key) {
        (Some(_), _) => Trust::nobody().with_root(root.clone().demanding(Need::github().with_logs(1))),
        (None, Some(key)) => Trust::nobody().with_key(key.clone()).with_logs_for_keys(1).with_root(root.clone()),
        (None, None) => return Err(SigstoreError::BundleNotLoggable { reason: NO_KEY.to_owned() }),
    };
    let verified = verify(bundle, artifact, &trust, now).map_err(SigstoreError::Unproved)?;
    match verified.entries() {
        [] => Err(SigstoreError::TooFewEntries { needed: 1, found: 0 }),
        [..] => Ok(()),
    }
}

/// Why a bundle is nobody's that is known.
pub(super) const NO_KEY: &str = "it has no certificate, and no key is given";

/// The root alone for a certificate; the key, and the root for its witnesses, otherwise.
fn trust(by: By<'_>, root: &TrustedRoot, demanded: Demanded) -> Trust {
    let logs = usize::from(demanded.entries > 0);
    match by {
        By::Key(key) => Trust::nobody().with_key(key.clone()).with_logs_for_keys(logs).with_root(root.clone()),
        By::Certificate(_) => Trust::nobody().with_root(root.clone().demanding(Need::github().with_logs(logs))),
    }
}

fn is_ours(verified: &VerifiedBundle, by: By<'_>) -> bool {
    match (verified.signer(), by) {
        (VerifiedSigner::Certificate { certificate, .. }, By::Certificate(ours)) => certificate.der() == ours.der(),
        (VerifiedSigner::Key { key, .. }, By::Key(ours)) => *key == *ours,
        _ => false,
    }
}

fn stranger() -> SigstoreError {
    let signer = "the signer".to_owned();
    SigstoreError::Unproved(VerifyError::SignatureInvalid { signer, what: "this bundle" })
}

/// Whether every witness counts: a timestamp that does not verify would otherwise lie there and help nobody.
fn counts(verified: &VerifiedBundle, demanded: Demanded) -> Result<(), SigstoreError> {
    let (needed, found) = (demanded.entries, verified.entries().len());
    if found != needed {
        return Err(SigstoreError::TooFewEntries { needed, found });
    }
    let promised = verified.entries().iter().filter(|entry| entry.time().is_some()).count();
    let (needed, found) = (demanded.timestamps + promised, verified.times().len());
    if found == needed { Ok(()) } else { Err(SigstoreError::TooFewTimes { needed, found }) }
}

/// Whose fault it is, as far as can be told.
fn refusal(error: VerifyError, demanded: Demanded, now: Time) -> SigstoreError {
    let witness = if demanded.timestamps > 0 { "the timestamp authority's" } else { "the log's" };
    let skew = |whose, of, ahead: Time, behind: Time| {
        let seconds = ahead.unix().saturating_sub(behind.unix());
        SigstoreError::ClockSkew { whose, of, seconds, time: ahead }
    };
    match error {
        VerifyError::TimeInFuture { time, .. } => skew(witness, "this machine's", time, now),
        VerifyError::CertificateWindow { window, time, .. } if window.start() > time => {
            skew("the certificate authority's", witness, window.start(), time)
        }
        VerifyError::CertificateWindow { window, time, certificate: "the signer's certificate" } => {
            SigstoreError::CertificateEnding { end: window.end().unwrap_or(time), now: time }
        }
        VerifyError::EntryMismatch { what } => SigstoreError::LogOtherEntry { what },
        VerifyError::UnknownLog { .. }
        | VerifyError::UnsupportedLogEntry { .. }
        | VerifyError::LogEntryMalformed { .. }
        | VerifyError::InclusionProof
        | VerifyError::CheckpointMalformed { .. }
        | VerifyError::CheckpointMismatch
        | VerifyError::CheckpointSignature { .. }
        | VerifyError::InclusionPromise { .. }
        | VerifyError::LogWindow { .. } => SigstoreError::LogUnproved(error),
        VerifyError::TimestampMalformed { .. }
        | VerifyError::UnknownTimestampAuthority
        | VerifyError::TimestampMismatch
        | VerifyError::TimestampSignature { .. } => SigstoreError::TimestampUnproved(error),
        VerifyError::LogThreshold { needed, found } => SigstoreError::TooFewEntries { needed, found },
        VerifyError::TimeThreshold { needed, found } => SigstoreError::TooFewTimes { needed, found },
        error => SigstoreError::Unproved(error),
    }
}

/// The certificate of a bundle, if it has one, verified for the time when it was valid: that it was so when the signature was
/// made is the whole bundle's to show.
pub(super) fn certificate_of(
    bundle: &[u8],
    root: &TrustedRoot,
    now: Time,
) -> Result<Option<IssuedCertificate>, SigstoreError> {
    let bundle = Bundle::parse(bundle).map_err(SigstoreError::Unproved)?;
    let Some(der) = bundle.unverified_certificate() else { return Ok(None) };
    let verified = match verify_certificate(der, None, root, now) {
        Err(VerifyError::CertificateWindow { window, certificate: "the signer's certificate", .. }) => {
            verify_certificate(der, None, root, window.start())
        }
        other => other,
    };
    verified.map(Some).map_err(SigstoreError::CertificateUnproved)
}
