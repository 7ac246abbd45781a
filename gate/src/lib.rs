//! Reference in, decision out: fetch, verify, decide, once, in the one place that every front end calls.
//!
//! ```no_run
//! use bulla_gate::{Demand, check};
//! use bulla_policy::{By, Require, TrustedKey, Verdict};
//! use bulla_transport::{Options, Place, open};
//! use bulla_verify::{Need, Time, Trust, VerifyingKey};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (pem, now) = ("", Time::from_unix(0));
//! let place = Place::parse("registry.example/app:1.4")?;
//! let store = open(&place, &Options::default())?;
//! let image = store.resolve("1.4")?.digest;
//! let by = By::keys(vec![TrustedKey::always(VerifyingKey::from_pem(pem)?)])?;
//! let demand = Demand::new(Require::Signed { by }, Trust::nobody(), Need::sigstore());
//! let accepted = check(store.as_ref(), &image, &demand, now)?.decision.verdict() == Verdict::Accepted;
//! # Ok(())
//! # }
//! ```

use bulla_policy::{Decision, Evidence, Refused, Require, Unavailable, Verified, decide};
use bulla_transport::{Error, Manifest, Store, bundles};
use bulla_verify::{Artifact, Bundle, Digest, Need, Time, Trust, VerifiedBundle, VerifyError, verify};

/// What is demanded, and whom to believe while finding out.
#[derive(Debug, Clone)]
pub struct Demand {
    require: Require,
    trust: Trust,
    need: Need,
}

impl Demand {
    /// Demands `require`; its keys are believed as well as `trust`.
    pub fn new(require: Require, trust: Trust, need: Need) -> Self {
        let trust = require.extend(trust);
        Self { require, trust, need }
    }

    /// What is demanded.
    pub fn require(&self) -> &Require {
        &self.require
    }
}

/// What was decided, and about what.
#[derive(Debug)]
pub struct Checked {
    /// The manifest that was decided about; it hashes to the digest that was asked for.
    pub subject: Manifest,
    /// The answer.
    pub decision: Decision,
}

/// Decides about the image (or any artifact) with the digest `subject` in `store`.
///
/// What could not be fetched is part of the evidence: the decision is then *unknown*, unless what could be fetched
/// is enough.
///
/// # Errors
/// [`Error`] if the subject itself is not there, or nothing about it could be asked: there is nothing to decide about.
pub fn check(store: &dyn Store, subject: &Digest, demand: &Demand, now: Time) -> Result<Checked, Error> {
    let fetched = bundles::fetch(store, subject)?;
    let artifact = Artifact::from_digest(*subject);
    let found = fetched.found.iter().map(|found| (found.manifest.digest.to_string(), found.bytes.as_slice()));
    let mut evidence = gather(found, &artifact, demand, now);
    evidence.unavailable = fetched.unavailable.iter().map(|error| unavailable(store, error)).collect();
    Ok(Checked { subject: fetched.subject, decision: decide(&demand.require, &evidence) })
}

/// Decides about an artifact whose bundles are at hand: each with the name of where it came from.
pub fn judge<'a>(
    bundles: impl IntoIterator<Item = (String, &'a [u8])>,
    artifact: &Artifact<'_>,
    demand: &Demand,
    now: Time,
) -> Decision {
    decide(&demand.require, &gather(bundles, artifact, demand, now))
}

fn gather<'a>(
    bundles: impl IntoIterator<Item = (String, &'a [u8])>,
    artifact: &Artifact<'_>,
    demand: &Demand,
    now: Time,
) -> Evidence {
    let mut evidence = Evidence::default();
    for (origin, bytes) in bundles {
        match verified(bytes, artifact, demand, now) {
            Ok(bundle) => evidence.verified.push(Verified { origin, bundle }),
            Err(error) => evidence.refused.push(Refused { origin, error }),
        }
    }
    evidence
}

fn verified(bytes: &[u8], artifact: &Artifact<'_>, demand: &Demand, now: Time) -> Result<VerifiedBundle, VerifyError> {
    verify(&Bundle::parse(bytes)?, artifact, &demand.trust, &demand.need, now)
}

fn unavailable(store: &dyn Store, error: &Error) -> Unavailable {
    Unavailable { origin: store.name(), code: error.code().to_owned(), reason: error.to_string(), hint: error.hint() }
}
