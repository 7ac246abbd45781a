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
mod index;
mod many;
pub mod workloads;

pub use many::{Answer, check_all};

use bulla_policy::{Believed, Decision, Evidence, Name, Policies, Subject, Unavailable, UnverifiedEvidence, decide};
use bulla_transport::{Descriptor, Error, Manifest, Options, Place, Platform, Store, bundles, open, pick, resolve};
use bulla_verify::{Artifact, Digest, Time};

/// What was decided, and about what.
#[derive(Debug)]
pub struct Checked {
    /// The manifest that was decided about; it hashes to the digest that was asked for.
    pub subject: Manifest,
    /// What of it runs on the platform that was asked for; nothing, if none was.
    pub picked: Vec<Descriptor>,
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
/// Of an index, what is attached to its images is fetched as well where a rule asks for it, and not otherwise.
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
    check_for(store, name, subject, None, policies, now)
}

/// The same for one platform, where there is one: of an index, what rules ask of its images is asked of those alone that run there.
///
/// # Errors
/// As [`check`]; [`Error::NoSuchPlatform`] if nothing of it runs there, or an image that is no index does not say that it does.
pub fn check_for(
    store: &dyn Store,
    name: Name,
    subject: &Digest,
    platform: Option<&Platform>,
    policies: &Policies,
    now: Time,
) -> Result<Checked, Error> {
    let fetched = fetch(store, subject, platform, policies.look_into(&name))?;
    let decision = fetched.decide(name, policies, now);
    let Fetched { subject, picked, evidence } = fetched;
    Ok(Checked { subject, picked, evidence, decision })
}

/// What was found of an artifact, before anything of it is proved.
#[derive(Debug)]
pub struct Fetched {
    /// The manifest; it hashes to the digest that was asked for.
    pub subject: Manifest,
    /// What of it runs on the platform that was asked for; nothing, if none was.
    pub picked: Vec<Descriptor>,
    /// What is attached to it, and to what it holds.
    pub evidence: UnverifiedEvidence,
}

impl Fetched {
    /// What is true of it, as far as these are believed.
    pub fn verify(&self, believed: &Believed, now: Time) -> Evidence {
        self.evidence.verify(&Artifact::from_digest(self.subject.descriptor.digest), believed, now)
    }

    /// What these policies say of it, of that name.
    pub fn decide(&self, name: Name, policies: &Policies, now: Time) -> Decision {
        let subject = Subject { name, digest: self.subject.descriptor.digest };
        decide(policies, &subject, &self.verify(policies.believed(), now), now)
    }
}

/// Fetches what is attached to the artifact with the digest `subject`; of an index, what is attached to its images as well, if
/// `look_into` it: what several policies decide about has to be fetched as any of them wants it.
///
/// # Errors
/// As [`check_for`].
pub fn fetch(
    store: &dyn Store,
    subject: &Digest,
    platform: Option<&Platform>,
    look_into: bool,
) -> Result<Fetched, Error> {
    let (subject, mut evidence) = evidence(store, subject)?;
    let picked = platform.map(|platform| pick(store, &subject, platform)).transpose()?;
    evidence.children = index::children(store, &subject, picked.as_deref(), look_into)?;
    Ok(Fetched { subject, picked: picked.unwrap_or_default(), evidence })
}

/// What is attached to a manifest, and the manifest.
fn evidence(store: &dyn Store, subject: &Digest) -> Result<(Manifest, UnverifiedEvidence), Error> {
    let fetched = bundles::fetch(store, subject)?;
    let evidence = UnverifiedEvidence {
        bundles: fetched.found.into_iter().map(|found| (found.manifest.digest.to_string(), found.bytes)).collect(),
        unavailable: fetched.unavailable.iter().map(|error| unavailable(store, error)).collect(),
        ..UnverifiedEvidence::default()
    };
    Ok((fetched.subject, evidence))
}

fn unavailable(store: &dyn Store, error: &Error) -> Unavailable {
    Unavailable { origin: store.name(), code: error.code().to_owned(), reason: error.to_string(), hint: error.hint() }
}
