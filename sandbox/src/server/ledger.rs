//! A log of entries: in order, each once, on the disk before it is shown, and under checkpoints.

use super::CheckpointPolicy;
use crate::{
    budget::{Buffer, ENTRY_OVERHEAD, Room},
    http::{Stop, lock},
    journal::{Journal, Kind, Written},
    sigstore::tree::{Hash, Tree, leaf},
};
use std::{
    collections::HashMap,
    io::{Error, Result},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// The log. What is said of it is said of its published size, which is never more than what is on the disk.
pub(crate) struct Ledger {
    kind: Kind,
    policy: CheckpointPolicy,
    begun: Instant,
    room: Room,
    journal: Option<Arc<Journal>>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    tree: Tree,
    entries: Vec<Buffer>,
    indices: HashMap<Hash, (usize, Option<Written>)>,
    /// Entries that are on the disk.
    durable: usize,
    /// The size that clients have been shown.
    published: usize,
}

/// What a log keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// When it came, in seconds since 1970.
    pub(crate) seconds: i64,
    /// What the tree is over.
    pub(crate) body: Vec<u8>,
    /// What is given along with it, and is in no tree.
    pub(crate) beside: Vec<u8>,
}

/// What became of an entry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// It has this index, in a tree of the published size.
    New { index: usize, size: usize },
    /// It was there before.
    Known { index: usize },
    /// There is no room for it.
    Full,
}

/// An entry in a tree that was published.
#[derive(Debug)]
pub(crate) struct Proof {
    pub(crate) size: usize,
    pub(crate) root: Hash,
    pub(crate) path: Vec<Hash>,
}

impl Ledger {
    pub(crate) fn new(kind: Kind, policy: CheckpointPolicy, room: Room) -> Self {
        Self { kind, policy, begun: Instant::now(), room, journal: None, inner: Mutex::default() }
    }

    /// Takes an entry that a journal has kept.
    pub(crate) fn replay(&mut self, bytes: &[u8]) -> Result<()> {
        let entry = Entry::read(bytes).ok_or_else(|| Error::other("an entry that ends early"))?;
        let inner = self.inner.get_mut().map_err(|_| Error::other("a log that nobody may use"))?;
        let mut buffer = self.room.buffer();
        if !(buffer.extend(bytes) && buffer.charge(ENTRY_OVERHEAD)) {
            return Err(Error::other("the journal holds more than there is room for"));
        }
        inner.push(buffer, leaf(&entry.body), None);
        (inner.durable, inner.published) = (inner.entries.len(), inner.entries.len());
        Ok(())
    }

    /// From now on, entries are kept there.
    pub(crate) fn keep_in(&mut self, journal: Arc<Journal>) {
        self.journal = Some(journal);
    }

    /// Adds an entry that nobody has to wait for.
    pub(crate) fn begin(&self, entry: &Entry) -> Result<()> {
        let policy = CheckpointPolicy::EachEntry;
        self.add_under(policy, entry, &Stop::default()).map(drop)
    }

    /// Adds an entry, and returns once it is published, or was.
    pub(crate) fn add(&self, entry: &Entry, stop: &Stop) -> Result<Added> {
        self.add_under(self.policy, entry, stop)
    }

    fn add_under(&self, policy: CheckpointPolicy, entry: &Entry, stop: &Stop) -> Result<Added> {
        let hash = leaf(&entry.body);
        let mut inner = lock(&self.inner);
        if let Some((index, written)) = inner.indices.get(&hash).copied() {
            drop(inner);
            self.sync(written)?;
            return Ok(Added::Known { index });
        }
        let bytes = entry.write();
        let mut buffer = self.room.buffer();
        if !(buffer.extend(&bytes) && buffer.charge(ENTRY_OVERHEAD)) {
            return Ok(Added::Full);
        }
        let written = self.journal.as_ref().map(|it| it.write(self.kind, &[&bytes])).transpose()?;
        let index = inner.push(buffer, hash, written);
        drop(inner);
        self.sync(written)?;
        let mut inner = lock(&self.inner);
        inner.durable = inner.durable.max(index + 1);
        if let CheckpointPolicy::Every(interval) = policy {
            drop(inner);
            stop.sleep(self.until_the_next(interval));
            inner = lock(&self.inner);
        }
        if inner.published <= index {
            inner.published = inner.durable;
        }
        Ok(Added::New { index, size: inner.published })
    }

    fn sync(&self, written: Option<Written>) -> Result<()> {
        match (&self.journal, written) {
            (Some(journal), Some(written)) => journal.sync(written),
            _ => Ok(()),
        }
    }

    fn until_the_next(&self, interval: Duration) -> Duration {
        let (age, step) = (self.begun.elapsed().as_micros(), interval.as_micros().max(1));
        Duration::from_micros(u64::try_from(step - age % step).unwrap_or(0))
    }

    /// How many entries clients may know of.
    pub(crate) fn size(&self) -> usize {
        lock(&self.inner).published
    }

    /// The root at a published size.
    pub(crate) fn root(&self, size: usize) -> Option<Hash> {
        let inner = lock(&self.inner);
        inner.tree.root(size).filter(|_| size <= inner.published)
    }

    /// That an entry is in the tree of this size.
    pub(crate) fn proof(&self, index: usize, size: usize) -> Option<Proof> {
        let inner = lock(&self.inner);
        let (root, path) = (inner.tree.root(size)?, inner.tree.path(index, size)?);
        (size <= inner.published).then_some(Proof { size, root, path })
    }

    /// That the tree of one size has grown out of that of another.
    pub(crate) fn consistency(&self, first: usize, second: usize) -> Option<Vec<Hash>> {
        let inner = lock(&self.inner);
        inner.tree.consistency(first, second).filter(|_| second <= inner.published)
    }

    /// A published entry.
    pub(crate) fn entry(&self, index: usize) -> Option<Entry> {
        let inner = lock(&self.inner);
        Entry::read(inner.entries.get(index).filter(|_| index < inner.published)?.bytes())
    }

    /// Where the entry of this leaf is.
    pub(crate) fn index(&self, leaf: &Hash) -> Option<usize> {
        let inner = lock(&self.inner);
        inner.indices.get(leaf).map(|(index, _)| *index).filter(|index| *index < inner.published)
    }

    /// The hashes of a tile, as many as asked for and published (C2SP tlog-tiles).
    pub(crate) fn tile(&self, level: usize, index: usize, width: usize) -> Option<Vec<u8>> {
        let inner = lock(&self.inner);
        let shift = u32::try_from(level.checked_mul(8)?).ok()?;
        let nodes = inner.published.checked_shr(shift).unwrap_or(0);
        let end = index.checked_mul(256)?.checked_add(width)?;
        if end > nodes { None } else { inner.tree.tile(level, index, width) }
    }
}

impl Inner {
    fn push(&mut self, buffer: Buffer, hash: Hash, written: Option<Written>) -> usize {
        let index = self.entries.len();
        self.entries.push(buffer);
        self.tree.push(hash);
        self.indices.insert(hash, (index, written));
        index
    }
}

impl Entry {
    pub(crate) fn new(seconds: i64, body: &[u8]) -> Self {
        Self { seconds, body: body.to_vec(), beside: Vec::new() }
    }

    fn write(&self) -> Vec<u8> {
        let length = u32::try_from(self.body.len()).unwrap_or(u32::MAX).to_be_bytes();
        [&self.seconds.to_be_bytes()[..], &length, &self.body, &self.beside].concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (seconds, rest) = bytes.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (body, beside) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        Some(Self { seconds: i64::from_be_bytes(*seconds), body: body.to_vec(), beside: beside.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(policy: CheckpointPolicy, capacity: usize) -> Ledger {
        Ledger::new(Kind::LogV2, policy, Room::new(capacity))
    }

    #[test]
    fn an_entry_is_taken_once_and_proved_at_once() {
        let (ledger, stop) = (ledger(CheckpointPolicy::EachEntry, 1 << 20), Stop::default());
        assert_eq!(ledger.add(&Entry::new(7, b"a"), &stop).unwrap(), Added::New { index: 0, size: 1 });
        assert_eq!(ledger.add(&Entry::new(8, b"b"), &stop).unwrap(), Added::New { index: 1, size: 2 });
        assert_eq!(ledger.add(&Entry::new(9, b"a"), &stop).unwrap(), Added::Known { index: 0 });
        assert_eq!(ledger.entry(0), Some(Entry::new(7, b"a")));
        assert_eq!(ledger.index(&leaf(b"b")), Some(1));
        assert_eq!(ledger.proof(1, 2).unwrap().path, [leaf(b"a")]);
        assert!(ledger.proof(1, 3).is_none());
    }

    #[test]
    fn one_entry_past_the_room_is_refused() {
        let (ledger, stop) = (ledger(CheckpointPolicy::EachEntry, 2 * (ENTRY_OVERHEAD + 13)), Stop::default());
        for body in [b"a", b"b"] {
            assert!(matches!(ledger.add(&Entry::new(0, body), &stop).unwrap(), Added::New { .. }));
        }
        assert_eq!(ledger.add(&Entry::new(0, b"c"), &stop).unwrap(), Added::Full);
        assert_eq!(ledger.size(), 2);
    }

    #[test]
    fn those_who_come_within_an_interval_share_its_checkpoint() {
        let (ledger, stop) = (ledger(CheckpointPolicy::Every(Duration::from_millis(200)), 1 << 20), Stop::default());
        std::thread::scope(|scope| {
            for body in [b"a", b"b", b"c"] {
                let (ledger, stop) = (&ledger, &stop);
                scope.spawn(move || {
                    assert!(matches!(ledger.add(&Entry::new(0, body), stop), Ok(Added::New { size: 3, .. })))
                });
            }
            std::thread::sleep(Duration::from_millis(50));
            assert_eq!(ledger.size(), 0);
            assert!(ledger.entry(0).is_none());
        });
    }
}
