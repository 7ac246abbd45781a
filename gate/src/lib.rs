//! Reference in, decision out: fetch, verify, decide, once, in the one place that every front end calls.
//!
//! ```no_run
//! use bulla_gate::check_reference;
//! use bulla_policy::{Embedded, Policies, TrustPolicy, Verdict};
//! use bulla_transport::Options;
//! use bulla_verify::Time;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (yaml, now) = ("", Time::from_unix(0));
//! let policies = Policies::from(TrustPolicy::parse(yaml, &Embedded)?);
//! let checked = check_reference("registry.example/app:1.4", &Options::default(), &policies, now)?;
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

use bulla_policy::{Decision, Name, Policies, Subject, Unavailable, UnverifiedEvidence, decide};
use bulla_transport::{Error, Manifest, Options, Place, Store, bundles, open, resolve};
use bulla_verify::{Artifact, Digest, Time};

/// What was decided, and about what.
#[derive(Debug)]
pub struct Checked {
    /// The manifest that was decided about; it hashes to the digest that was asked for.
    pub subject: Manifest,
    /// What was found of it: what the decision was made of.
    pub evidence: UnverifiedEvidence,
    /// The answer.
    pub decision: Decision,
}

/// Decides about the image (or any artifact) that `reference` names, which is resolved once.
///
/// # Errors
/// [`Error`] if the reference is not one, or names nothing, or nothing about it could be asked.
pub fn check_reference(reference: &str, options: &Options, policies: &Policies, now: Time) -> Result<Checked, Error> {
    let place = Place::parse(reference)?;
    let store = open(&place, options)?;
    check(store.as_ref(), name(&place), &resolve(store.as_ref(), &place)?, policies, now)
}

/// What the rules of a policy call it.
pub fn name(place: &Place) -> Name {
    match place {
        Place::Registry(reference) => Name::Image(format!("{}/{}", reference.registry(), reference.repository())),
        _ => Name::Unnamed,
    }
}

/// Decides about the image (or any artifact) of that name with the digest `subject` in `store`.
///
/// What could not be fetched, or came otherwise than it was listed, is part of the evidence: the decision is then *unknown*,
/// unless what could be had is enough. So whoever may attach something can make *unknown* of *refused*, and never *accepted*.
///
/// # Errors
/// [`Error`] if the subject itself is not there, or nothing about it could be asked: there is nothing to decide about.
pub fn check(
    store: &dyn Store,
    name: Name,
    subject: &Digest,
    policies: &Policies,
    now: Time,
) -> Result<Checked, Error> {
    let fetched = bundles::fetch(store, subject)?;
    let evidence = UnverifiedEvidence {
        bundles: fetched.found.into_iter().map(|found| (found.manifest.digest.to_string(), found.bytes)).collect(),
        unavailable: fetched.unavailable.iter().map(|error| unavailable(store, error)).collect(),
    };
    let verified = evidence.verify(&Artifact::from_digest(*subject), policies.believed(), now);
    let decision = decide(policies, &Subject { name, digest: *subject }, &verified, now);
    Ok(Checked { subject: fetched.subject, evidence, decision })
}

fn unavailable(store: &dyn Store, error: &Error) -> Unavailable {
    Unavailable { origin: store.name(), code: error.code().to_owned(), reason: error.to_string(), hint: error.hint() }
}
