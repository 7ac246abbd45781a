//! What an index holds, and what is attached to each of its images.

use crate::{budget, evidence, unavailable};
use bulla_policy::{Child, Children, UnverifiedEvidence};
use bulla_transport::{Descriptor, Error, Manifest, Parsed, Store, parallel};
use bulla_verify::Digest;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of what `subject` holds: of an index, all that it lists, or what was `picked` of it. What is attached to the
/// images is asked for only where `look` says that somebody wants to know; it takes three more round trips.
///
/// # Errors
/// [`Error::Cancelled`]; everything else is part of the evidence of the image that it concerns.
pub(crate) fn children(
    store: &dyn Store,
    subject: &Manifest,
    picked: Option<&[Descriptor]>,
    look: bool,
) -> Result<Children<UnverifiedEvidence>, Error> {
    let Parsed::Index { children } = &subject.parsed else { return Ok(Children::None) };
    let listed = picked.unwrap_or(children);
    let found = if look { look_at(store, listed)? } else { Vec::new() };
    let mut found = found.into_iter();
    let child = |child: &Descriptor| Child {
        digest: child.digest,
        platform: child.platform.clone(),
        is_attestation: child.is_attestation(),
        evidence: if child.is_attestation() { None } else { found.next() },
    };
    Ok(Children::Listed(listed.iter().map(child).collect()))
}

/// What is attached to each image that is listed, in order; each is asked for once, however often it is listed. Those past the
/// limit are not: whoever writes an index chooses how often it lists what.
fn look_at(store: &dyn Store, listed: &[Descriptor]) -> Result<Vec<UnverifiedEvidence>, Error> {
    let images: Vec<_> = listed.iter().filter(|child| !child.is_attestation()).map(|child| child.digest).collect();
    let distinct: BTreeSet<_> = images.iter().take(budget::IMAGES).copied().collect();
    let distinct: Vec<Digest> = distinct.into_iter().collect();
    let looked = parallel::each_of(&distinct, budget::IMAGES_AT_ONCE, |image| look_at_one(store, image));
    let known = distinct.into_iter().zip(looked).map(|(image, evidence)| Ok((image, evidence?)));
    let known: BTreeMap<_, _> = known.collect::<Result<_, Error>>()?;
    let too_many = Error::TooMany { place: store.name(), what: "images in an index", limit: budget::IMAGES };
    let evidence = |(at, image): (usize, &Digest)| match known.get(image).filter(|_| at < budget::IMAGES) {
        Some(evidence) => evidence.clone(),
        None => not_had(store, &too_many),
    };
    Ok(images.iter().enumerate().map(evidence).collect())
}

fn look_at_one(store: &dyn Store, image: &Digest) -> Result<UnverifiedEvidence, Error> {
    match evidence(store, image) {
        Ok((subject, mut evidence)) => {
            // What an index in an index holds is not asked for: it refuses.
            evidence.children = children(store, &subject, None, false)?;
            Ok(evidence)
        }
        Err(error @ Error::Cancelled) => Err(error),
        Err(error) => Ok(not_had(store, &error)),
    }
}

fn not_had(store: &dyn Store, error: &Error) -> UnverifiedEvidence {
    UnverifiedEvidence { unavailable: vec![unavailable(store, error)], ..UnverifiedEvidence::default() }
}
