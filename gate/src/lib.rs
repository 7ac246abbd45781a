//! Reference in, decision out: fetch, verify, decide, once, in the one place that every front end calls.
//!
//! ```no_run
//! use bulla_gate::check_reference;
//! use bulla_policy::{By, Demand, Require, TrustedKey, Verdict};
//! use bulla_transport::Options;
//! use bulla_verify::{Time, Trust, VerifyingKey};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (pem, now) = ("", Time::from_unix(0));
//! let by = By::keys(vec![TrustedKey::always(VerifyingKey::from_pem(pem)?)])?;
//! let demand = Demand::new(Require::Signed { by }, Trust::nobody());
//! let checked = check_reference("registry.example/app:1.4", &Options::default(), &demand, now)?;
//! if checked.decision.verdict() == Verdict::Accepted {
//!     println!("deploy {}, and not the tag", checked.subject.descriptor.digest);
//! }
//! # Ok(())
//! # }
//! ```

pub mod budget;
mod many;
pub mod workloads;

pub use many::{Answer, check_all};

use bulla_policy::{Decision, Demand, Evidence, Unavailable, decide};
use bulla_transport::{Error, Manifest, Options, Place, Store, bundles, open, resolve};
use bulla_verify::{Artifact, Digest, Time};

/// What was decided, and about what.
#[derive(Debug)]
pub struct Checked {
    /// The manifest that was decided about; it hashes to the digest that was asked for.
    pub subject: Manifest,
    /// The answer.
    pub decision: Decision,
}

/// Decides about the image (or any artifact) that `reference` names, which is resolved once.
///
/// # Errors
/// [`Error`] if the reference is not one, or names nothing, or nothing about it could be asked.
pub fn check_reference(reference: &str, options: &Options, demand: &Demand, now: Time) -> Result<Checked, Error> {
    let place = Place::parse(reference)?;
    let store = open(&place, options)?;
    check(store.as_ref(), &resolve(store.as_ref(), &place)?, demand, now)
}

/// Decides about the image (or any artifact) with the digest `subject` in `store`.
///
/// What could not be fetched, or came otherwise than it was listed, is part of the evidence: the decision is then *unknown*,
/// unless what could be had is enough. So whoever may attach something can make *unknown* of *refused*, and never *accepted*.
///
/// # Errors
/// [`Error`] if the subject itself is not there, or nothing about it could be asked: there is nothing to decide about.
pub fn check(store: &dyn Store, subject: &Digest, demand: &Demand, now: Time) -> Result<Checked, Error> {
    let fetched = bundles::fetch(store, subject)?;
    let found = fetched.found.iter().map(|found| (found.manifest.digest.to_string(), found.bytes.as_slice()));
    let mut evidence = Evidence::gather(found, &Artifact::from_digest(*subject), demand, now);
    evidence.unavailable = fetched.unavailable.iter().map(|error| unavailable(store, error)).collect();
    Ok(Checked { subject: fetched.subject, decision: decide(demand.require(), &evidence) })
}

fn unavailable(store: &dyn Store, error: &Error) -> Unavailable {
    Unavailable { origin: store.name(), code: error.code().to_owned(), reason: error.to_string(), hint: error.hint() }
}
