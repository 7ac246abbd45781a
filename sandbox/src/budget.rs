//! Every number that bounds what a client can make the sandbox hold or wait for, each with its source.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Request line and headers together. Node's default is 16 KiB, nginx's 32 KiB; a bearer token can take 8 KiB.
pub(crate) const HEAD_BYTES: usize = 64 * 1024;

/// Header lines in one request (Apache's default `LimitRequestFields`).
pub(crate) const HEADERS: usize = 100;

/// One manifest: the least that a registry should accept, and the most that clients send (OCI distribution
/// specification 1.1, "Pushing Manifests": 4 MiB).
pub(crate) const MANIFEST_BYTES: usize = 4 * 1024 * 1024;

/// All that is stored or in flight, unless the configuration says otherwise: room for a small image of two platforms.
pub(crate) const CAPACITY: usize = 256 * 1024 * 1024;

/// What one stored item costs beside its bytes: names, digests, tree nodes (measured roughly, rounded up).
pub(crate) const ITEM_OVERHEAD: usize = 512;

/// Connections at once. The widest test has 20 writers of some connections each.
pub(crate) const CONNECTIONS: usize = 256;

/// Uploads begun and not finished. Docker keeps 5 at once, cosign 1.
pub(crate) const UPLOADS: usize = 256;

/// Tokens that are valid at once; the oldest are forgotten.
pub(crate) const TOKENS: usize = 1024;

/// Requests that the log keeps; the oldest are forgotten. Some 200 bytes each.
pub(crate) const LOGGED_REQUESTS: usize = 65_536;

/// The longest request target that the log keeps whole: a name of 255 and a digest fit four times over.
pub(crate) const LOGGED_TARGET: usize = 2048;

/// A connection without a byte for this long is closed (Go's and nginx's keep-alive are 60 to 90 s).
pub(crate) const IDLE: Duration = Duration::from_secs(60);

/// One request to the Sigstore: what gRPC servers take unless told otherwise (4 MiB), which is Fulcio's limit and Rekor's.
pub(crate) const SIGSTORE_BYTES: usize = 4 * 1024 * 1024;

/// One request for a timestamp: the largest has a policy, a nonce and a SHA-512, some 200 bytes.
pub(crate) const TIMESTAMP_BYTES: usize = 64 * 1024;

/// One entry of a log: C2SP tlog-tiles, "Log Entries", gives its length in two bytes.
pub(crate) const ENTRY_BYTES: usize = 65_535;

/// What an entry costs beside its bytes (a keyless signature's own are some 5 kB: 3 in the certificate log, with the chain that was
/// shown to it, and 2 in the other; 6 kB all in all were measured over 600): two hashes of the tree, one in the table of those known, and what holds them
/// (measured roughly, rounded up).
pub(crate) const ENTRY_OVERHEAD: usize = 256;

/// Certificates in one chain that a certificate log is shown: CAs have two or three above the leaf; Trillian's CTFE stops at 10
/// unless told otherwise.
pub(crate) const CHAIN: usize = 10;

/// Sign-ins that have begun and not ended; the oldest are forgotten.
pub(crate) const SIGN_INS: usize = 256;

/// All that is kept on the disk: four times the memory, since what is overwritten in the registry stays in the file.
pub(crate) const JOURNAL_BYTES: usize = 4 * CAPACITY;

/// Entries that the page lists, the latest first.
pub(crate) const PAGE_ENTRIES: usize = 100;

/// Entries of the certificate log in one answer: as many as a tile has. RFC 6962, 4.6 leaves it to the log (Trillian's CTFE: 1000).
pub(crate) const CT_ENTRIES: usize = 256;

/// The memory that may still be taken, shared by everything that is stored or in flight.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    used: Arc<AtomicUsize>,
    capacity: usize,
}

impl Room {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { used: Arc::default(), capacity }
    }

    /// An empty buffer that can grow only as far as there is room.
    pub(crate) fn buffer(&self) -> Buffer {
        Buffer { bytes: Vec::new(), taken: 0, room: self.clone() }
    }

    fn take(&self, more: usize) -> bool {
        let grown = |used: usize| used.checked_add(more).filter(|sum| *sum <= self.capacity);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).is_ok()
    }

    #[cfg(test)]
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}

/// Bytes that are accounted for as long as they are held.
#[derive(Debug)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    taken: usize,
    room: Room,
}

impl Buffer {
    /// Adds `more`; `false`, and nothing added, when there is no room for it.
    #[must_use]
    pub(crate) fn extend(&mut self, more: &[u8]) -> bool {
        let fits = self.charge(more.len());
        if fits {
            self.bytes.extend_from_slice(more);
        }
        fits
    }

    /// Takes room for what is held beside the bytes; `false` when there is none.
    #[must_use]
    pub(crate) fn charge(&mut self, more: usize) -> bool {
        let fits = self.room.take(more);
        if fits {
            self.taken += more;
        }
        fits
    }

    /// What is held.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.room.used.fetch_sub(self.taken, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_past_the_capacity_does_not_fit() {
        let room = Room::new(8);
        let mut buffer = room.buffer();
        assert!(buffer.extend(b"12345678"));
        assert!(!buffer.extend(b"9"));
        assert_eq!(buffer.bytes(), b"12345678");
        assert!(!room.buffer().extend(b"9"));
    }

    #[test]
    fn what_is_dropped_makes_room_again() {
        let room = Room::new(8);
        let mut buffer = room.buffer();
        assert!(buffer.extend(b"12345678"));
        drop(buffer);
        assert_eq!(room.used(), 0);
        assert!(room.buffer().extend(b"12345678"));
    }
}
