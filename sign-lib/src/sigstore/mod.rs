//! Signing with the services of a Sigstore instance: a certificate, a signature, a time, a log entry.
//!
//! ```text
//! token ──certify──▶ Signer ──sign──▶ signature ──┬─▶ timestamps ─┬─▶ bundle ──verify──▶ its bytes
//!                                                 └─▶ log entries ┘
//! ```
//!
//! The certificate comes first, since the bundle and the log name it; then the signature. The timestamp and the log entry are
//! both about the signature and not about each other, so they are asked for at the same time.

mod error;
mod panel;
mod plan;
mod prove;
mod witness;

pub use error::SigstoreError;
pub use plan::Witnesses;

use crate::{
    Error, IdentityToken, SigningConfig, SigningConfigError, SigningKey, Statement, budget,
    bundle::{Bundle, By},
    fulcio::{self, Certified},
};
use bulla_transport::{Options, Reply, Request, Service};
use bulla_verify::{Artifact, IssuedCertificate, KeyAlgorithm, Time, TrustedRoot, VerifyingKey};
use core::fmt;
pub(crate) use panel::Share;
use panel::{Gathering, Panel};
use plan::later_is_possible;
use prove::{Demanded, Judge, Proved};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// A kind of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Fulcio.
    Authority,
    /// Rekor.
    Log,
    /// RFC 3161.
    Timestamps,
}

impl Part {
    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Authority => "certificate authority",
            Self::Log => "log",
            Self::Timestamps => "timestamp authority",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is under way, for progress and timings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A service is asked.
    Ask(Part),
    /// The signature is made.
    Sign,
    /// The bundle is verified.
    Verify,
}

/// A step begins, or has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event<'a> {
    /// Which.
    pub step: Step,
    /// The service's address; empty where none is asked.
    pub url: &'a str,
    /// How long it took, once it has ended, and whether it ended well.
    pub ended: Option<(Duration, bool)>,
}

/// Who hears of each [`Event`], from whichever thread it happens in.
pub type Observer = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// The services of one instance, and the root that their answers are judged by. One deadline holds for all that they are
/// asked, and connections are shared.
pub struct Sigstore {
    root: TrustedRoot,
    authorities: Result<Panel, SigningConfigError>,
    logs: Result<Panel, SigningConfigError>,
    timestamp_authorities: Result<Panel, SigningConfigError>,
    listed: Witnesses,
    observer: Option<Observer>,
}

/// A key that signs, with the certificate that names its holder if there is one. Signs as often as it is asked to, from any
/// thread, until the certificate ends.
#[derive(Debug)]
pub struct Signer {
    key: SigningKey,
    certified: Option<Certified>,
}

impl From<SigningKey> for Signer {
    /// A managed key: whoever verifies knows it.
    fn from(key: SigningKey) -> Self {
        Self { key, certified: None }
    }
}

impl Signer {
    /// The certificate, if it has one.
    pub fn certificate(&self) -> Option<&IssuedCertificate> {
        self.certified.as_ref().map(Certified::certificate)
    }

    /// The public half of its key.
    pub fn verifying_key(&self) -> &VerifyingKey {
        self.key.verifying_key()
    }

    fn by(&self) -> By<'_> {
        self.certificate().map_or(By::Key(self.verifying_key()), By::Certificate)
    }

    /// Whether there is time enough to sign with it.
    fn lasts(&self, now: Time) -> Result<(), SigstoreError> {
        let end = self.certificate().and_then(|certificate| certificate.window().end());
        match end {
            Some(end) if end.unix().saturating_sub(budget::CERTIFICATE_MARGIN) < now.unix() => {
                Err(SigstoreError::CertificateEnding { end, now })
            }
            _ => Ok(()),
        }
    }
}

/// What is to be signed, and what it is about.
enum What<'a> {
    Artifact(&'a Artifact<'a>),
    Statement(&'a Statement),
}

impl Sigstore {
    /// The services that `config` selects `now`, to be judged by `root`. The deadline of `options` begins now.
    ///
    /// A kind of service that `config` does not list is missed only once it is asked for.
    ///
    /// # Errors
    /// [`SigstoreError::NotAsked`] for an address that cannot be asked.
    pub fn new(config: &SigningConfig, root: TrustedRoot, options: &Options, now: Time) -> Result<Self, Error> {
        let mut door = None;
        let mut open = |part, selected| panel::open(part, selected, options, &mut door);
        Ok(Self {
            root,
            authorities: open(Part::Authority, config.select_authorities(now))?,
            logs: open(Part::Log, config.select_logs(now))?,
            timestamp_authorities: open(Part::Timestamps, config.select_timestamp_authorities(now))?,
            listed: Witnesses::of(config.has_logs(), config.has_timestamp_authorities()),
            observer: None,
        })
    }

    /// Tells `observer` of each step.
    #[must_use]
    pub fn observed_by(self, observer: Observer) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// The witnesses that the configuration lists: what is asked for unless somebody says otherwise. Where it lists some, and
    /// fewer than it demands are there now, they are asked for all the same, and missed: a demand is not lost by not being met.
    pub fn listed(&self) -> Witnesses {
        self.listed
    }

    /// A signer with a certificate for `key` that names whom `token` is about.
    ///
    /// The certificate is verified before it is returned: chain, certificate log, time, key and identity.
    ///
    /// # Errors
    /// [`SigstoreError`], one variant per check.
    pub fn certify(&self, token: &IdentityToken, key: SigningKey, now: Time) -> Result<Signer, Error> {
        let panel = known(&self.authorities)?;
        let mut gathering = Gathering::of(Some(panel));
        gathering.complete(|asked, share| {
            self.step(Step::Ask(Part::Authority), asked.url(), || {
                fulcio::certify(asked.service(), token, &key, &self.root, now, share)
            })
        })?;
        // Without one, the same key would pass for a managed one, whose holder nobody knows.
        let none = SigningConfigError::NoService { what: Part::Authority.name(), now };
        let certified = gathering.into_answers().next().ok_or(SigstoreError::Config(none))?;
        Ok(Signer { key, certified: Some(certified) })
    }

    /// A bundle v0.3 with a signature over the artifact itself.
    ///
    /// It holds the certificate or the key's hint, the log entries and the timestamps, and was verified with exactly these
    /// under the trusted root. `clock` is asked when it matters: services take their time.
    ///
    /// # Errors
    /// [`Error::HashNotAtHand`] or [`Error::BytesNotAtHand`] if the artifact was not given in the form that the key signs;
    /// [`SigstoreError`], one variant per check.
    pub fn sign_message(
        &self,
        signer: &Signer,
        artifact: &Artifact<'_>,
        witnesses: Witnesses,
        clock: &(dyn Fn() -> Time + Sync),
    ) -> Result<Vec<u8>, Error> {
        self.sign(signer, &What::Artifact(artifact), artifact, witnesses, clock)
    }

    /// A bundle v0.3 with a signed statement in a DSSE envelope; otherwise as [`Sigstore::sign_message`].
    ///
    /// # Errors
    /// As for [`Sigstore::sign_message`].
    pub fn sign_statement(
        &self,
        signer: &Signer,
        statement: &Statement,
        witnesses: Witnesses,
        clock: &(dyn Fn() -> Time + Sync),
    ) -> Result<Vec<u8>, Error> {
        let artifact = Artifact::from_digest(*statement.subject());
        self.sign(signer, &What::Statement(statement), &artifact, witnesses, clock)
    }

    /// Completes a bundle that was signed without a log entry ([`Witnesses::LogsLater`]). It is verified before it is logged, and
    /// after. `key` is whose the signature is, where the bundle has no certificate.
    ///
    /// # Errors
    /// [`SigstoreError::BundleNotLoggable`], [`SigstoreError::LaterNeedsNewerLog`], and what signing may give.
    pub fn log_later(
        &self,
        bundle: &[u8],
        artifact: &Artifact<'_>,
        key: Option<&VerifyingKey>,
        clock: &(dyn Fn() -> Time + Sync),
    ) -> Result<Vec<u8>, Error> {
        let not_loggable = |reason: String| SigstoreError::BundleNotLoggable { reason };
        let parsed = Bundle::parse_unlogged(bundle).map_err(not_loggable)?;
        let certificate = prove::certificate_of(bundle, &self.root, clock())?;
        let by = match (&certificate, key) {
            (Some(certificate), _) => By::Certificate(certificate),
            (None, Some(key)) => By::Key(key),
            (None, None) => return Err(not_loggable(prove::NO_KEY.to_owned()).into()),
        };
        let panel = known(&self.logs)?;
        later_is_possible(by, panel)?;
        let signed = parsed.signed(by).map_err(not_loggable)?;
        let judge = Judge { artifact, by, root: &self.root, clock };
        let timestamps = parsed.timestamps();
        judge.prove(bundle.to_vec(), Demanded { entries: 0, timestamps, later: true })?;
        self.logged(panel, &signed, &judge, parsed).map(Proved::into_bytes)
    }

    /// Whether a bundle has a log entry, and with it verifies: under the trusted root, which has to demand one, about this
    /// artifact. `key` is as for [`Sigstore::log_later`]. Nobody is asked.
    ///
    /// # Errors
    /// [`SigstoreError::BundleNotLoggable`] if it cannot be told whose the signature is; whatever keeps an entry from counting.
    pub fn is_logged(
        &self,
        bundle: &[u8],
        artifact: &Artifact<'_>,
        key: Option<&VerifyingKey>,
        now: Time,
    ) -> Result<bool, SigstoreError> {
        let parsed = bulla_verify::Bundle::parse(bundle).map_err(SigstoreError::Unproved)?;
        if parsed.unverified_log_entries() == 0 {
            return Ok(false);
        }
        prove::logged(&parsed, artifact, key, &self.root, now).map(|()| true)
    }

    fn sign(
        &self,
        signer: &Signer,
        what: &What<'_>,
        artifact: &Artifact<'_>,
        witnesses: Witnesses,
        clock: &(dyn Fn() -> Time + Sync),
    ) -> Result<Vec<u8>, Error> {
        if let (What::Statement(statement), Some(certificate)) = (what, signer.certificate()) {
            statement.agrees_with(certificate)?;
        }
        let plan = self.plan(signer, witnesses)?;
        signer.lasts(clock())?;
        let once = || {
            let signed = self.step(Step::Sign, "", || plan.signed(signer, what))?;
            self.witnessed(&plan, &signed, &Judge { artifact, by: signer.by(), root: &self.root, clock })
        };
        let proved = match once() {
            // The log had taken it, and its answer was lost: with a signature of its own, an entry is another one.
            Err(Error::Sigstore(error))
                if matches!(*error, SigstoreError::LogDuplicate { .. })
                    && is_randomised(signer.verifying_key().algorithm()) =>
            {
                once()
            }
            proved => proved,
        };
        proved.map(Proved::into_bytes)
    }

    /// One step, told to the observer when it begins and when it has ended.
    fn step<T, E>(&self, step: Step, url: &str, act: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let Some(observer) = &self.observer else { return act() };
        observer(&Event { step, url, ended: None });
        let began = Instant::now();
        let result = act();
        observer(&Event { step, url, ended: Some((began.elapsed(), result.is_ok())) });
        result
    }
}

/// Whether the same message gets another signature each time.
fn is_randomised(algorithm: KeyAlgorithm) -> bool {
    match algorithm {
        KeyAlgorithm::EcdsaP256 | KeyAlgorithm::EcdsaP384 | KeyAlgorithm::EcdsaP521 | KeyAlgorithm::RsaPss => true,
        KeyAlgorithm::Ed25519 | KeyAlgorithm::Rsa => false,
    }
}

fn known(panel: &Result<Panel, SigningConfigError>) -> Result<&Panel, SigstoreError> {
    panel.as_ref().map_err(|error| error.clone().into())
}

/// A question to a service that something is sent to.
pub(crate) fn ask(part: Part, service: &Service, path: &str, request: &Request) -> Result<Reply, SigstoreError> {
    service.post(path, request).map_err(|error| SigstoreError::unanswered(part, error))
}

/// A question to a service for what it has.
pub(crate) fn fetch(part: Part, service: &Service, path: &str, request: &Request) -> Result<Reply, SigstoreError> {
    service.get(path, request).map_err(|error| SigstoreError::unanswered(part, error))
}

impl SigstoreError {
    /// The service's own words about its no.
    pub(crate) fn refused(part: Part, url: &str, reply: &Reply) -> Self {
        Self::Refused { part, url: url.to_owned(), status: reply.status, words: reply.detail() }
    }
}

impl fmt::Debug for Sigstore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sigstore({})", self.root.name())
    }
}
