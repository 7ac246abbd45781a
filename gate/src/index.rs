//! What an index holds, and what is attached to each of its images.

use crate::{budget, evidence, unavailable};
use bulla_policy::{Child, Children, UnverifiedEvidence};
use bulla_transport::{Descriptor, Error, Manifest, Parsed, Store, parallel};
use bulla_verify::Digest;
use std::collections::BTreeMap;

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
    let known = if look { look_at(store, listed)? } else { BTreeMap::new() };
    let child = |child: &Descriptor| Child {
        digest: child.digest,
        platform: child.platform.clone(),
        is_attestation: child.is_attestation(),
        evidence: known.get(&child.digest).cloned(),
    };
    Ok(Children::Listed(listed.iter().map(child).collect()))
}

/// What is attached to each image, each asked once however often it is listed.
fn look_at(store: &dyn Store, listed: &[Descriptor]) -> Result<BTreeMap<Digest, UnverifiedEvidence>, Error> {
    let mut images: Vec<_> = listed.iter().filter(|child| !child.is_attestation()).map(|child| child.digest).collect();
    images.sort_unstable();
    images.dedup();
    let beyond = images.split_off(images.len().min(budget::IMAGES));
    let looked = parallel::each_of(&images, budget::IMAGES_AT_ONCE, |image| look_at_one(store, image));
    let mut known = BTreeMap::new();
    for (image, evidence) in images.into_iter().zip(looked) {
        known.insert(image, evidence?);
    }
    let too_many = || Error::TooMany { place: store.name(), what: "images in an index", limit: budget::IMAGES };
    known.extend(beyond.into_iter().map(|image| (image, not_had(store, &too_many()))));
    Ok(known)
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
