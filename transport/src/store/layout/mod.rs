//! An OCI image layout on disk (OCI image specification, "Image Layout").
//!
//! Files appear whole or not at all: they are written beside their place and moved there. Writers wait for each other
//! with a lock on the `oci-layout` file, which the operating system lifts when a process ends, however it ends.
//! Referrers are entries of `index.json`, as oras and cosign write them; there is no other list of them.

mod files;
mod seen;

use crate::annotations::REF_NAME;
use crate::budget;
use crate::error::Error;
use crate::http::pace::Pace;
use crate::manifest::{Descriptor, Manifest};
use crate::options::Options;
use crate::store::document::Document;
use crate::store::{self, Store};
use bulla_verify::Digest;
use seen::Seen;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// One layout.
#[derive(Debug)]
pub(crate) struct Layout {
    dir: PathBuf,
    pace: Pace,
    seen: Mutex<Seen>,
}

impl Layout {
    pub(crate) fn new(dir: &Path, options: &Options) -> Self {
        let pace = Pace::new(options.deadline, options.cancel.clone());
        Self { dir: dir.to_owned(), pace, seen: Mutex::default() }
    }

    /// Whether there is time left, and nobody wants to stop: asked before each file, since a layout is as long as
    /// whoever made it wanted.
    fn go_on(&self) -> Result<(), Error> {
        self.pace.left(&self.name()).map(drop)
    }

    fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.dir.join("blobs/sha256").join(digest.to_hex())
    }

    /// `index.json` of a folder that is a layout.
    fn index(&self) -> Result<Vec<u8>, Error> {
        self.go_on()?;
        files::check_marker(&self.dir)?;
        let absent = || Error::NotALayout { dir: self.dir.clone(), why: "no `index.json` in it".to_owned() };
        files::read(&self.dir.join("index.json"), budget::MANIFEST_BYTES)?.ok_or_else(absent)
    }

    /// The entries of `index.json` as it is now.
    fn entries(&self) -> Result<Arc<[Descriptor]>, Error> {
        let bytes = self.index()?;
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).entries(bytes, &self.name())
    }

    /// A blob or manifest, hashed; nothing when there is none.
    fn bytes(&self, digest: &Digest, limit: usize) -> Result<Option<Vec<u8>>, Error> {
        self.go_on()?;
        let Some(bytes) = files::read(&self.blob_path(digest), limit)? else { return Ok(None) };
        let found = Digest::of(&bytes);
        if found == *digest {
            return Ok(Some(bytes));
        }
        Err(Error::DigestMismatch { place: self.name(), expected: *digest, found })
    }

    fn manifest_within(&self, digest: &Digest, limit: usize) -> Result<Manifest, Error> {
        files::check_marker(&self.dir)?;
        let absent = || Error::NoSuchManifest { place: self.name(), digest: *digest };
        let bytes = self.bytes(digest, limit)?.ok_or_else(absent)?;
        Manifest::parse(&bytes, None, &self.name())
    }

    fn store(&self, bytes: &[u8]) -> Result<Digest, Error> {
        self.go_on()?;
        let digest = Digest::of(bytes);
        // What is there under this name but is something else is written again.
        let there = self.bytes(&digest, bytes.len()).is_ok_and(|there| there.is_some());
        if !there {
            files::create(&self.dir)?;
            files::write(&self.dir, &self.blob_path(&digest), bytes)?;
        }
        Ok(digest)
    }

    /// Changes `index.json` while no other writer does. `change` says whether there is something to write.
    fn change_index(&self, change: impl FnOnce(&mut Document) -> bool) -> Result<(), Error> {
        files::create(&self.dir)?;
        let _held = files::lock(&self.dir, &self.pace)?;
        let mut index = Document::parse(&self.index()?, &self.name())?;
        if !change(&mut index) {
            return Ok(());
        }
        if index.entries().len() > budget::REFERRERS {
            return Err(Error::TooMany { place: self.name(), what: "manifests", limit: budget::REFERRERS });
        }
        files::write(&self.dir, &self.dir.join("index.json"), &index.to_bytes())
    }

    /// What the manifest of an entry of `index.json` refers to. Nothing when it refers to nothing, is no manifest, is not
    /// in this layout (layouts may be sparse), or is listed as larger than a referrer's manifest may be.
    ///
    /// The entry's media type is not asked: what is read once has to hold for every entry of that digest.
    fn subject_of(&self, entry: &Descriptor) -> Result<Option<Digest>, Error> {
        if !store::is_small(entry) {
            return Ok(None);
        }
        let known = self.seen.lock().unwrap_or_else(PoisonError::into_inner).subject(&entry.digest);
        if let Some(known) = known {
            return Ok(known);
        }
        let Some(bytes) = self.bytes(&entry.digest, budget::REFERRER_BYTES)? else { return Ok(None) };
        let subject = match Manifest::parse(&bytes, None, &self.name()) {
            Err(Error::Malformed { .. }) => None,
            other => other?.subject.map(|subject| subject.digest),
        };
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).refers(entry.digest, subject);
        Ok(subject)
    }
}

impl Store for Layout {
    fn name(&self) -> String {
        format!("oci:{}", self.dir.display())
    }

    fn resolve(&self, tag: &str) -> Result<Descriptor, Error> {
        let entries = self.entries()?;
        let tagged = entries.iter().filter(|entry| entry.annotations.get(REF_NAME) == Some(tag));
        let digests: BTreeSet<&Digest> = tagged.map(|entry| &entry.digest).collect();
        match Vec::from_iter(digests).as_slice() {
            [only] => self.manifest(only).map(|manifest| manifest.descriptor),
            [] => Err(Error::NoSuchTag { place: self.name(), tag: tag.to_owned() }),
            // Which of them another tool takes is not known: it may not be the one that we would vouch for.
            several => Err(Error::AmbiguousTag { place: self.name(), tag: tag.to_owned(), count: several.len() }),
        }
    }

    fn resolve_unpicked(&self) -> Result<Descriptor, Error> {
        let mut images: Vec<Descriptor> = Vec::new();
        for entry in self.entries()?.iter() {
            let known = images.iter().any(|image| image.digest == entry.digest);
            if !known && self.subject_of(entry)?.is_none() {
                images.push(entry.clone());
            }
        }
        match images.as_slice() {
            [only] => self.manifest(&only.digest).map(|manifest| manifest.descriptor),
            [] => Err(Error::NotALayout { dir: self.dir.clone(), why: "no image in it".to_owned() }),
            several => Err(Error::AmbiguousLayout { dir: self.dir.clone(), count: several.len() }),
        }
    }

    fn manifest(&self, digest: &Digest) -> Result<Manifest, Error> {
        self.manifest_within(digest, budget::MANIFEST_BYTES)
    }

    fn referrer(&self, listed: &Descriptor) -> Result<Manifest, Error> {
        store::expect_small(listed, &self.name())?;
        self.manifest_within(&listed.digest, budget::REFERRER_BYTES)
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>, Error> {
        let mut found: Vec<Descriptor> = Vec::new();
        for entry in self.entries()?.iter() {
            let refers = self.subject_of(entry)?.is_some_and(|named| named == *subject);
            if refers && found.iter().all(|known| known.digest != entry.digest) {
                found.push(entry.clone());
            }
        }
        Ok(found)
    }

    fn blob(&self, descriptor: &Descriptor) -> Result<Vec<u8>, Error> {
        files::check_marker(&self.dir)?;
        let (place, digest) = (self.name(), descriptor.digest);
        let bytes =
            self.bytes(&digest, budget::BLOB_BYTES)?.ok_or(Error::NoSuchBlob { place: place.clone(), digest })?;
        match u64::try_from(bytes.len()) {
            Ok(found) if found != descriptor.size => {
                Err(Error::SizeMismatch { place, digest, expected: descriptor.size, found })
            }
            _ => Ok(bytes),
        }
    }

    fn push_blob(&self, bytes: &[u8]) -> Result<Descriptor, Error> {
        self.store(bytes)?;
        Ok(Descriptor::of("application/octet-stream", bytes))
    }

    fn push_manifest(&self, media_type: &str, bytes: &[u8], tag: Option<&str>) -> Result<Descriptor, Error> {
        let manifest = Manifest::parse(bytes, Some(media_type), &self.name())?;
        self.store(bytes)?;
        if let Some(tag) = tag {
            let annotations = manifest.descriptor.annotations.clone().with(REF_NAME, tag);
            let entry = Descriptor { annotations, ..manifest.descriptor.clone() };
            self.change_index(|index| {
                index.remove(|known| known.annotations.get(REF_NAME).is_some_and(|name| name == tag));
                index.add(&entry);
                true
            })?;
        }
        Ok(manifest.descriptor)
    }

    fn list_referrer(&self, _subject: &Descriptor, referrer: &Descriptor) -> Result<(), Error> {
        let manifest = self.manifest(&referrer.digest)?;
        let entry = Descriptor { annotations: manifest.annotations, ..manifest.descriptor };
        self.change_index(|index| {
            let missing = !index.lists(&entry.digest);
            if missing {
                index.add(&entry);
            }
            missing
        })
    }
}

#[cfg(test)]
mod tests;
