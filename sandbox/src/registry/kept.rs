//! What a registry has taken, as it stands in a journal.

use super::store::{Refusal, Store, refusal};
use crate::journal::{Journal, Kind, Written};
use bulla_verify::Digest;
use std::io::{Error, Result};
use std::sync::Arc;

/// One change. Its fields stand in the record one after the other, each after its length.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change<'a> {
    Blob { name: &'a str, bytes: &'a [u8] },
    Mounted { name: &'a str, digest: &'a Digest, from: &'a str },
    Manifest { name: &'a str, tag: Option<&'a str>, media_type: &'a str, bytes: &'a [u8] },
    BlobDeleted { name: &'a str, digest: &'a Digest },
    ManifestDeleted { name: &'a str, digest: &'a Digest },
    TagDeleted { name: &'a str, tag: &'a str },
}

/// Where changes are kept, if anywhere.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    journal: Option<Arc<Journal>>,
    last: Option<Written>,
}

impl Keeper {
    pub(super) fn keep_in(&mut self, journal: Arc<Journal>) {
        self.journal = Some(journal);
    }

    /// Writes a change down. It is on the disk once [`Keeper::unsynced`] is.
    pub(super) fn keep(&mut self, change: Change<'_>) -> std::result::Result<(), Refusal> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let written = journal.write(Kind::Registry, &[&change.write()]);
        let not_kept = |error: Error| refusal(507, "DENIED", format!("the sandbox cannot keep this: {error}"));
        self.last = Some(written.map_err(not_kept)?);
        Ok(())
    }

    /// The last change, for whoever is to wait until it is on the disk.
    pub(super) fn unsynced(&self) -> Option<(Arc<Journal>, Written)> {
        self.journal.clone().zip(self.last)
    }
}

impl Change<'_> {
    fn write(&self) -> Vec<u8> {
        match self {
            Self::Blob { name, bytes } => fields(b'b', &[name.as_bytes(), bytes]),
            Self::Mounted { name, digest, from } => {
                fields(b'x', &[name.as_bytes(), digest.to_string().as_bytes(), from.as_bytes()])
            }
            Self::Manifest { name, tag, media_type, bytes } => {
                fields(b'm', &[name.as_bytes(), tag.unwrap_or("").as_bytes(), media_type.as_bytes(), bytes])
            }
            Self::BlobDeleted { name, digest } => fields(b'B', &[name.as_bytes(), digest.to_string().as_bytes()]),
            Self::ManifestDeleted { name, digest } => fields(b'M', &[name.as_bytes(), digest.to_string().as_bytes()]),
            Self::TagDeleted { name, tag } => fields(b'T', &[name.as_bytes(), tag.as_bytes()]),
        }
    }
}

fn fields(kind: u8, fields: &[&[u8]]) -> Vec<u8> {
    let mut record = vec![kind];
    for field in fields {
        record.extend(u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        record.extend(*field);
    }
    record
}

/// Makes the change again that a record tells of.
pub(super) fn replay(store: &mut Store, record: &[u8]) -> Result<()> {
    let done = read(record).map(|(kind, fields)| again(store, kind, &fields));
    match done {
        Some(Some(Ok(()))) => Ok(()),
        Some(Some(Err(refusal))) => Err(Error::other(format!("the journal's registry: {}", refusal.message))),
        _ => Err(Error::other("the journal's registry cannot be read")),
    }
}

fn again(store: &mut Store, kind: u8, fields: &[&[u8]]) -> Option<std::result::Result<(), Refusal>> {
    let text = |at: usize| std::str::from_utf8(fields.get(at)?).ok();
    let digest = || Digest::parse(text(1)?).ok();
    let name = text(0)?;
    Some(match kind {
        b'b' => store.put_blob(name, fields.get(1)?),
        b'x' => store.mount(name, &digest()?, text(2)?).map(drop),
        b'm' => store.put_manifest(name, text(1).filter(|tag| !tag.is_empty()), text(2)?, fields.get(3)?).map(drop),
        b'B' => store.delete_blob(name, &digest()?),
        b'M' => store.delete_manifest(name, &digest()?),
        b'T' => store.delete_tag(name, text(1)?),
        _ => return None,
    })
}

fn read(record: &[u8]) -> Option<(u8, Vec<&[u8]>)> {
    let (kind, mut rest) = record.split_first()?;
    let mut fields = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk() {
        let (field, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        fields.push(field);
        rest = after;
    }
    rest.is_empty().then_some((*kind, fields))
}
