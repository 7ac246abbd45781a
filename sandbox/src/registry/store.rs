//! What was pushed: blobs, manifests and tags by repository, and uploads that are still open.

use super::kept::{self, Change, Keeper};
use crate::budget::{self, Buffer, Room};
use crate::journal::{Journal, Written};
use bulla_verify::Digest;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why something is not done: status, code and message of the OCI error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// A refusal in the words of the OCI distribution specification 1.1, "Error Codes".
pub(super) fn refusal(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { status, code, message: message.into() }
}

fn no_room() -> Refusal {
    refusal(507, "DENIED", "the sandbox has no room for this")
}

/// A manifest, and what the referrers list says of it.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) media_type: String,
    pub(super) bytes: Arc<Buffer>,
    pub(super) subject: Option<Digest>,
    pub(super) artifact_type: Option<String>,
    pub(super) config_type: Option<String>,
    pub(super) annotations: BTreeMap<String, String>,
}

/// The fields of an image manifest or index that a registry looks at (OCI image specification 1.1).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Content>,
    #[serde(default)]
    layers: Vec<Content>,
    #[serde(default)]
    manifests: Vec<Content>,
    subject: Option<Content>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// A descriptor, as far as a registry looks at it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    media_type: String,
    digest: String,
    #[serde(default)]
    urls: Vec<String>,
}

#[derive(Debug, Default)]
struct Repository {
    blobs: BTreeMap<Digest, Arc<Buffer>>,
    manifests: BTreeMap<Digest, Manifest>,
    tags: BTreeMap<String, (Digest, Buffer)>,
}

#[derive(Debug)]
struct Upload {
    name: String,
    bytes: Buffer,
}

/// All repositories.
#[derive(Debug)]
pub(super) struct Store {
    repositories: BTreeMap<String, Repository>,
    uploads: BTreeMap<u64, Upload>,
    begun: u64,
    room: Room,
    keeper: Keeper,
}

impl Store {
    pub(super) fn new(room: Room) -> Self {
        Self { repositories: BTreeMap::new(), uploads: BTreeMap::new(), begun: 0, room, keeper: Keeper::default() }
    }

    /// Takes what a journal has kept.
    pub(super) fn replay(&mut self, record: &[u8]) -> std::io::Result<()> {
        kept::replay(self, record)
    }

    /// From now on, every change is kept there.
    pub(super) fn keep_in(&mut self, journal: Arc<Journal>) {
        self.keeper.keep_in(journal);
    }

    /// The last change that was kept, for whoever is to wait until it is on the disk.
    pub(super) fn unsynced(&self) -> Option<(Arc<Journal>, Written)> {
        self.keeper.unsynced()
    }

    /// A whole blob.
    pub(super) fn put_blob(&mut self, name: &str, bytes: &[u8]) -> Result<(), Refusal> {
        let mut buffer = self.room.buffer();
        if buffer.extend(bytes) { self.keep_blob(name, &Digest::of(bytes), buffer) } else { Err(no_room()) }
    }

    pub(super) fn blob(&self, name: &str, digest: &Digest) -> Result<Arc<Buffer>, Refusal> {
        let found = self.repositories.get(name).and_then(|repository| repository.blobs.get(digest));
        found.cloned().ok_or_else(|| refusal(404, "BLOB_UNKNOWN", format!("no such blob: {digest}")))
    }

    pub(super) fn delete_blob(&mut self, name: &str, digest: &Digest) -> Result<(), Refusal> {
        let removed = self.repositories.get_mut(name).and_then(|repository| repository.blobs.remove(digest));
        removed.ok_or_else(|| refusal(404, "BLOB_UNKNOWN", format!("no such blob: {digest}")))?;
        self.keeper.keep(Change::BlobDeleted { name, digest })
    }

    /// Whether the blob is in `from`, and now in `name` too.
    pub(super) fn mount(&mut self, name: &str, digest: &Digest, from: &str) -> Result<bool, Refusal> {
        let Ok(blob) = self.blob(from, digest) else { return Ok(false) };
        self.repositories.entry(name.to_owned()).or_default().blobs.insert(*digest, blob);
        self.keeper.keep(Change::Mounted { name, digest, from })?;
        Ok(true)
    }

    /// Begins an upload.
    pub(super) fn begin(&mut self, name: &str) -> Result<u64, Refusal> {
        if self.uploads.len() >= budget::UPLOADS {
            return Err(refusal(429, "TOOMANYREQUESTS", "too many uploads are open"));
        }
        self.begun += 1;
        self.uploads.insert(self.begun, Upload { name: name.to_owned(), bytes: self.room.buffer() });
        Ok(self.begun)
    }

    /// How much of an upload has arrived.
    pub(super) fn progress(&self, name: &str, id: u64) -> Result<usize, Refusal> {
        let upload = self.uploads.get(&id).filter(|upload| upload.name == name);
        upload.map(|upload| upload.bytes.bytes().len()).ok_or_else(no_upload)
    }

    /// Adds a chunk, which must start where the last one ended; says how much has arrived.
    pub(super) fn append(&mut self, name: &str, id: u64, start: Option<usize>, chunk: &[u8]) -> Result<usize, Refusal> {
        let arrived = self.progress(name, id)?;
        if start.is_some_and(|start| start != arrived) {
            return Err(refusal(416, "BLOB_UPLOAD_INVALID", format!("the next chunk starts at {arrived}")));
        }
        let upload = self.uploads.get_mut(&id).ok_or_else(no_upload)?;
        if upload.bytes.extend(chunk) { Ok(arrived + chunk.len()) } else { Err(no_room()) }
    }

    /// Ends an upload. The blob is kept only if it is what its digest says.
    pub(super) fn finish(&mut self, name: &str, id: u64, digest: &Digest, last: &[u8]) -> Result<(), Refusal> {
        self.append(name, id, None, last)?;
        let upload = self.uploads.remove(&id).ok_or_else(no_upload)?;
        self.keep_blob(name, digest, upload.bytes)
    }

    /// Ends an upload without a blob.
    pub(super) fn cancel(&mut self, name: &str, id: u64) -> Result<(), Refusal> {
        self.progress(name, id)?;
        self.uploads.remove(&id);
        Ok(())
    }

    fn keep_blob(&mut self, name: &str, digest: &Digest, mut bytes: Buffer) -> Result<(), Refusal> {
        let found = Digest::of(bytes.bytes());
        if found != *digest {
            return Err(refusal(400, "DIGEST_INVALID", format!("expected {digest}, found {found}")));
        }
        if !bytes.charge(budget::ITEM_OVERHEAD) {
            return Err(no_room());
        }
        self.keeper.keep(Change::Blob { name, bytes: bytes.bytes() })?;
        self.repositories.entry(name.to_owned()).or_default().blobs.insert(*digest, Arc::new(bytes));
        Ok(())
    }

    /// The manifest under a tag.
    pub(super) fn tagged(&self, name: &str, tag: &str) -> Option<Digest> {
        self.repositories.get(name)?.tags.get(tag).map(|(digest, _)| *digest)
    }

    pub(super) fn manifest(&self, name: &str, digest: &Digest) -> Option<&Manifest> {
        self.repositories.get(name)?.manifests.get(digest)
    }

    /// Keeps a manifest whose parts are all here, and tags it; gives its subject.
    pub(super) fn put_manifest(
        &mut self,
        name: &str,
        tag: Option<&str>,
        media_type: &str,
        body: &[u8],
    ) -> Result<Option<Digest>, Refusal> {
        if body.len() > budget::MANIFEST_BYTES {
            return Err(refusal(
                413,
                "SIZE_INVALID",
                format!("a manifest has at most {} bytes", budget::MANIFEST_BYTES),
            ));
        }
        let fields: Fields = serde_json::from_slice(body)
            .map_err(|error| refusal(400, "MANIFEST_INVALID", format!("not an image manifest or index: {error}")))?;
        if fields.media_type.as_ref().is_some_and(|inner| inner != media_type) {
            return Err(refusal(400, "MANIFEST_INVALID", "the content type is not the manifest's media type"));
        }
        self.parts_are_here(name, &fields)?;
        let subject = fields.subject.as_ref().map(|subject| parse_digest(&subject.digest)).transpose()?;
        let digest = Digest::of(body);
        let mut bytes = self.room.buffer();
        // The annotations are kept beside the bytes, so they count twice.
        if !(bytes.extend(body) && bytes.charge(body.len()) && bytes.charge(budget::ITEM_OVERHEAD)) {
            return Err(no_room());
        }
        let manifest = Manifest {
            media_type: media_type.to_owned(),
            bytes: Arc::new(bytes),
            subject,
            artifact_type: fields.artifact_type,
            config_type: fields.config.map(|config| config.media_type),
            annotations: fields.annotations,
        };
        let mut weight = self.room.buffer();
        if tag.is_some() && !weight.charge(budget::ITEM_OVERHEAD) {
            return Err(no_room());
        }
        self.keeper.keep(Change::Manifest { name, tag, media_type, bytes: body })?;
        let repository = self.repositories.entry(name.to_owned()).or_default();
        repository.manifests.insert(digest, manifest);
        if let Some(tag) = tag {
            repository.tags.insert(tag.to_owned(), (digest, weight));
        }
        Ok(subject)
    }

    /// Config, layers and children must have been pushed before, as docker-registry demands; a subject need not be.
    fn parts_are_here(&self, name: &str, fields: &Fields) -> Result<(), Refusal> {
        let unknown = |digest: &Digest| refusal(400, "MANIFEST_BLOB_UNKNOWN", format!("not pushed yet: {digest}"));
        for content in fields.config.iter().chain(&fields.layers).filter(|content| content.urls.is_empty()) {
            let digest = parse_digest(&content.digest)?;
            self.blob(name, &digest).map_err(|_| unknown(&digest))?;
        }
        for content in &fields.manifests {
            let digest = parse_digest(&content.digest)?;
            self.manifest(name, &digest).ok_or_else(|| unknown(&digest))?;
        }
        Ok(())
    }

    pub(super) fn delete_tag(&mut self, name: &str, tag: &str) -> Result<(), Refusal> {
        let removed = self.repositories.get_mut(name).and_then(|repository| repository.tags.remove(tag));
        removed.ok_or_else(|| refusal(404, "MANIFEST_UNKNOWN", format!("no such tag: `{tag}`")))?;
        self.keeper.keep(Change::TagDeleted { name, tag })
    }

    /// Forgets a manifest and the tags that name it.
    pub(super) fn delete_manifest(&mut self, name: &str, digest: &Digest) -> Result<(), Refusal> {
        let unknown = || refusal(404, "MANIFEST_UNKNOWN", format!("no such manifest: {digest}"));
        let repository = self.repositories.get_mut(name).ok_or_else(unknown)?;
        repository.manifests.remove(digest).ok_or_else(unknown)?;
        repository.tags.retain(|_, (tagged, _)| tagged != digest);
        self.keeper.keep(Change::ManifestDeleted { name, digest })
    }

    /// The tags of a repository in order; nothing where it does not exist.
    pub(super) fn tags(&self, name: &str) -> Option<impl Iterator<Item = &str>> {
        self.repositories.get(name).map(|repository| repository.tags.keys().map(String::as_str))
    }

    /// The manifests of a repository, by digest.
    pub(super) fn manifests(&self, name: &str) -> impl Iterator<Item = (&Digest, &Manifest)> {
        self.repositories.get(name).into_iter().flat_map(|repository| &repository.manifests)
    }

    /// Puts other bytes in a blob's place, under the old digest: what a dishonest registry could do.
    pub(super) fn replace(&mut self, name: &str, digest: &Digest, other: &[u8]) -> Result<(), Refusal> {
        let mut bytes = self.room.buffer();
        if !bytes.extend(other) {
            return Err(no_room());
        }
        let repository = self.repositories.get_mut(name);
        let unknown = || refusal(404, "BLOB_UNKNOWN", format!("no such content: {digest}"));
        let repository = repository.ok_or_else(unknown)?;
        let manifest = repository.manifests.get_mut(digest).map(|manifest| &mut manifest.bytes);
        let place = manifest.or_else(|| repository.blobs.get_mut(digest)).ok_or_else(unknown)?;
        *place = Arc::new(bytes);
        Ok(())
    }
}

fn no_upload() -> Refusal {
    refusal(404, "BLOB_UPLOAD_UNKNOWN", "no such upload")
}

/// A digest that a client sent; the sandbox knows SHA-256 only.
pub(super) fn parse_digest(text: &str) -> Result<Digest, Refusal> {
    Digest::parse(text).map_err(|error| refusal(400, "DIGEST_INVALID", error.to_string()))
}
