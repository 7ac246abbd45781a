//! What was read of a layout before, so that it is not read again for each image of an index.
//!
//! Only what cannot have changed since is kept: the entries of an `index.json` that is still the same, byte for byte,
//! and what a manifest refers to, which its digest fixes. What was *not* there is not kept: it may come.

use crate::error::Error;
use crate::manifest::Descriptor;
use crate::store::document;
use bulla_verify::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What was read before.
#[derive(Debug, Default)]
pub(super) struct Seen {
    index: Option<(Vec<u8>, Arc<[Descriptor]>)>,
    /// At most as many as an index may list.
    subjects: BTreeMap<Digest, Option<Digest>>,
}

impl Seen {
    /// The entries of this `index.json`; `place` is named in errors.
    pub(super) fn entries(&mut self, bytes: Vec<u8>, place: &str) -> Result<Arc<[Descriptor]>, Error> {
        if let Some((_, entries)) = self.index.as_ref().filter(|(known, _)| *known == bytes) {
            return Ok(Arc::clone(entries));
        }
        let entries: Arc<[Descriptor]> = document::entries(&bytes, place)?.into();
        // Another index lists other manifests: what only the one before listed is not kept for ever.
        let listed: BTreeSet<&Digest> = entries.iter().map(|entry| &entry.digest).collect();
        self.subjects.retain(|digest, _| listed.contains(digest));
        self.index = Some((bytes, Arc::clone(&entries)));
        Ok(entries)
    }

    /// What the manifest of that digest refers to, if it was read before.
    pub(super) fn subject(&self, manifest: &Digest) -> Option<Option<Digest>> {
        self.subjects.get(manifest).copied()
    }

    /// Keeps what a manifest refers to.
    pub(super) fn refers(&mut self, manifest: Digest, subject: Option<Digest>) {
        self.subjects.insert(manifest, subject);
    }
}
