//! The places where images and their bundles live, behind one small trait.

mod document;
mod layout;
mod registry;

use crate::budget;
use crate::error::Error;
use crate::manifest::{Descriptor, Manifest};
use crate::options::Options;
use crate::place::Place;
use bulla_verify::Digest;

/// A repository of a registry, or a layout on disk.
///
/// Whatever is read was hashed and is what its digest says; whatever is written is whole or not there.
pub trait Store: Send + Sync {
    /// For people: `registry.acme.dev/app`, `oci:dir`.
    fn name(&self) -> String;

    /// What a tag points at now. Resolve once; from there on only the digest travels (CVE-2022-47633).
    ///
    /// # Errors
    /// [`Error::NoSuchTag`] when the place says that there is none; [`Error::AmbiguousTag`]; [`Error::is_unavailable`] when it could not be asked.
    fn resolve(&self, tag: &str) -> Result<Descriptor, Error>;

    /// What is meant when nothing was picked: `latest` in a registry, the only image of a layout.
    ///
    /// # Errors
    /// As [`Store::resolve`], and [`Error::AmbiguousLayout`].
    fn resolve_unpicked(&self) -> Result<Descriptor, Error>;

    /// The manifest of that digest.
    ///
    /// # Errors
    /// [`Error::NoSuchManifest`], [`Error::DigestMismatch`], [`Error::Malformed`], or what kept it from being read.
    fn manifest(&self, digest: &Digest) -> Result<Manifest, Error>;

    /// The manifest of a referrer as it is listed, at most [`budget::REFERRER_BYTES`]: there can be many of them, and all
    /// are read before anything is known of who wrote them.
    ///
    /// # Errors
    /// As [`Store::manifest`]; [`Error::TooLarge`], without reading when the listing says so already.
    fn referrer(&self, listed: &Descriptor) -> Result<Manifest, Error>;

    /// What says that it refers to `subject`. An empty list is an answer: the place was asked, and knows of none.
    /// Nothing in the list is proved, not even that it refers to it; order and annotations are the place's.
    ///
    /// # Errors
    /// Whatever kept the whole list from being read: never an empty or shortened list instead. (A layout lists images
    /// and referrers together; there, what is listed as larger than [`budget::REFERRER_BYTES`] counts as an image.)
    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>, Error>;

    /// The bytes that a descriptor names, at most [`budget::BLOB_BYTES`].
    ///
    /// # Errors
    /// [`Error::NoSuchBlob`], [`Error::DigestMismatch`], [`Error::SizeMismatch`], [`Error::TooLarge`], or what kept it
    /// from being read.
    fn blob(&self, descriptor: &Descriptor) -> Result<Vec<u8>, Error>;

    /// Stores bytes, unless they are there already.
    ///
    /// # Errors
    /// What kept them from being stored.
    fn push_blob(&self, bytes: &[u8]) -> Result<Descriptor, Error>;

    /// Stores a manifest, under `tag` too if there is one. What it names must be there already.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it is no manifest, or what kept it from being stored.
    fn push_manifest(&self, media_type: &str, bytes: &[u8], tag: Option<&str>) -> Result<Descriptor, Error>;

    /// Makes sure that [`Store::referrers`] of `subject` lists `referrer`, which was pushed before. Returns only when
    /// it was seen to; safe to repeat. What it guarantees among several writers is said in `store/registry/fallback.rs`.
    ///
    /// # Errors
    /// [`Error::NotListed`], or what kept the list from being read or written.
    fn list_referrer(&self, subject: &Descriptor, referrer: &Descriptor) -> Result<(), Error>;
}

/// Whether something is listed as small enough for a referrer's manifest.
fn is_small(listed: &Descriptor) -> bool {
    usize::try_from(listed.size).is_ok_and(|size| size <= budget::REFERRER_BYTES)
}

/// Refuses what is listed as too large for a referrer's manifest.
fn expect_small(listed: &Descriptor, place: &str) -> Result<(), Error> {
    let (what, limit) = ("a referrer's manifest", budget::REFERRER_BYTES);
    if is_small(listed) { Ok(()) } else { Err(Error::TooLarge { place: place.to_owned(), what, limit }) }
}

/// Opens a place. The deadline of `options` begins now; nothing is asked or written yet.
///
/// # Errors
/// [`Error::NoRegistryHost`] when the host cannot be part of an address.
pub fn open(place: &Place, options: &Options) -> Result<Box<dyn Store>, Error> {
    Ok(match place {
        Place::Registry(reference) => Box::new(registry::Registry::new(reference, options)?),
        Place::Layout { dir, .. } => Box::new(layout::Layout::new(dir, options)),
    })
}

/// The digest that `place` points at now, in the store that it was opened as: its own, for which nothing is asked, else its
/// tag's, else that of what is meant when nothing was picked.
///
/// # Errors
/// As [`Store::resolve`] and [`Store::resolve_unpicked`].
pub fn resolve(store: &dyn Store, place: &Place) -> Result<Digest, Error> {
    match (place.digest(), place.tag()) {
        (Some(digest), _) => Ok(*digest),
        (None, Some(tag)) => store.resolve(tag).map(|found| found.digest),
        (None, None) => store.resolve_unpicked().map(|found| found.digest),
    }
}
