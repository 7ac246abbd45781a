//! An entry that is in a tiled log already, with a proof made from the tiles (C2SP tlog-tiles; Rekor v2 has them below
//! `/api/v2/`). Nothing here is believed: the whole bundle's verification does the proving.
//! `bulla-verify` checks proofs and makes none, hence the hashing here.

use super::{CHECKPOINT, Checkpoint, KindVersion, LogEntry, LogId, Proof};
use crate::{
    budget,
    sigstore::{Part, Share, fetch},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_transport::{Request, Service};
use bulla_verify::{HashAlgorithm, TrustedRoot};
use std::{cell::RefCell, collections::BTreeMap, time::Instant};

type Hash = [u8; 32];

/// Hashes, or entries, in a whole tile.
const WIDTH: u64 = 256;

/// The entry at this index, once the log shows it; nothing where it shows no tiles, or not in time.
pub(super) fn entry(service: &Service, index: u64, root: &TrustedRoot, share: Share) -> Option<LogEntry> {
    let until = Instant::now() + share.within;
    let note = loop {
        let note = Note::fetch(service, share)?;
        if note.size > index {
            break note;
        }
        // It was taken, and the next checkpoint is not out yet.
        if Instant::now() + budget::CHECKPOINT_PAUSE > until {
            return None;
        }
        service.pause(budget::CHECKPOINT_PAUSE).ok()?;
    };
    let tree = Tree { service, size: note.size, share, tiles: RefCell::default() };
    let body = tree.body(index)?;
    let hashes = tree.path(index, 0, note.size)?;
    Some(LogEntry {
        log_index: Some(index.to_string()),
        log_id: LogId { key_id: STANDARD.encode(note.hints.iter().find_map(|hint| root.log_id(*hint))?) },
        kind_version: KindVersion { kind: "hashedrekord".to_owned(), version: "0.0.2".to_owned() },
        integrated_time: None,
        inclusion_promise: None,
        inclusion_proof: Proof {
            log_index: Some(index.to_string()),
            root_hash: note.root,
            tree_size: note.size.to_string(),
            hashes: hashes.iter().map(|hash| STANDARD.encode(hash)).collect(),
            checkpoint: Checkpoint { envelope: note.text },
        },
        canonicalized_body: STANDARD.encode(body),
    })
}

/// What a checkpoint says (C2SP tlog-checkpoint), and by whose keys it is said to be signed.
struct Note {
    size: u64,
    root: String,
    hints: Vec<[u8; 4]>,
    text: String,
}

impl Note {
    fn fetch(service: &Service, share: Share) -> Option<Self> {
        let bytes = get(service, CHECKPOINT, bulla_verify::budget::CHECKPOINT_BYTES, share)?;
        Self::parse(String::from_utf8(bytes).ok()?)
    }

    fn parse(text: String) -> Option<Self> {
        let mut lines = text.lines().skip(1);
        let size = lines.next()?.parse().ok()?;
        let root = lines.next()?.to_owned();
        let signature = |line: &str| STANDARD.decode(line.strip_prefix("\u{2014} ")?.split_once(' ')?.1).ok();
        let hints = lines.filter_map(signature).filter_map(|bytes| bytes.first_chunk().copied()).collect();
        Some(Self { size, root, hints, text })
    }
}

/// The tiles of a tree of this size; each is fetched once.
struct Tree<'a> {
    service: &'a Service,
    size: u64,
    share: Share,
    tiles: RefCell<BTreeMap<(u32, u64), Vec<u8>>>,
}

impl Tree<'_> {
    /// The entry itself: entries follow each other, each after its length.
    fn body(&self, index: u64) -> Option<Vec<u8>> {
        let (tile, at) = (index / WIDTH, index % WIDTH);
        let path = format!("/api/v2/tile/entries/{}", tile_path(tile, width(self.size, tile)?));
        let bytes = get(self.service, &path, budget::ENTRY_TILE_BYTES, self.share)?;
        let mut rest = bytes.as_slice();
        for _ in 0..at {
            rest = prefixed(rest)?.1;
        }
        prefixed(rest).map(|(body, _)| body.to_vec())
    }

    /// PATH of RFC 6962, 2.1.1, in the subtree of `size` leaves from `start` on.
    fn path(&self, index: u64, start: u64, size: u64) -> Option<Vec<Hash>> {
        if size <= 1 {
            return Some(Vec::new());
        }
        let left = largest_power_below(size);
        let (mut path, sibling) = if index < start + left {
            (self.path(index, start, left)?, self.range(start + left, size - left)?)
        } else {
            (self.path(index, start + left, size - left)?, self.range(start, left)?)
        };
        path.push(sibling);
        Some(path)
    }

    /// MTH of RFC 6962, 2.1, of `size` leaves from `start` on.
    fn range(&self, start: u64, size: u64) -> Option<Hash> {
        if size.is_power_of_two() {
            return self.node(size.trailing_zeros(), start / size);
        }
        let left = largest_power_below(size);
        Some(parent(&self.range(start, left)?, &self.range(start + left, size - left)?))
    }

    /// The root of a whole subtree of 2^level leaves: a tile has every eighth level.
    fn node(&self, level: u32, index: u64) -> Option<Hash> {
        let (row, above) = (level / 8, level % 8);
        let start = index.checked_shl(above)?;
        let mut hashes = self.hashes(row, start, 1 << above)?;
        while hashes.len() > 1 {
            hashes = hashes.as_chunks::<2>().0.iter().map(|[left, right]| parent(left, right)).collect();
        }
        hashes.first().copied()
    }

    fn hashes(&self, row: u32, start: u64, count: usize) -> Option<Vec<Hash>> {
        let tile = start / WIDTH;
        let mut tiles = self.tiles.borrow_mut();
        let bytes = match tiles.entry((row, tile)) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let width = width(self.size.checked_shr(8 * row)?, tile)?;
                let path = format!("/api/v2/tile/{row}/{}", tile_path(tile, width));
                place.insert(get(self.service, &path, budget::HASH_TILE_BYTES, self.share)?)
            }
        };
        let (hashes, _) = bytes.as_chunks::<32>();
        let at = usize::try_from(start % WIDTH).ok()?;
        hashes.get(at..at.checked_add(count)?).map(<[Hash]>::to_vec)
    }
}

/// How many are in the tile, of so many in its row.
fn width(all: u64, tile: u64) -> Option<u64> {
    all.checked_sub(tile.checked_mul(WIDTH)?).filter(|width| *width > 0).map(|width| width.min(WIDTH))
}

/// `x001/x234/067`, and `.p/<width>` for a tile that is not whole.
fn tile_path(tile: u64, width: u64) -> String {
    let mut path = format!("{:03}", tile % 1000);
    let mut rest = tile / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    if width < WIDTH { format!("{path}.p/{width}") } else { path }
}

fn largest_power_below(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

fn prefixed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}

/// RFC 6962, 2.1: a node is hashed under the prefix 1.
fn parent(left: &Hash, right: &Hash) -> Hash {
    let hash = HashAlgorithm::Sha256.hash(&[&[1][..], left, right].concat());
    let mut parent = [0; 32];
    parent.iter_mut().zip(hash.as_bytes()).for_each(|(byte, of_hash)| *byte = *of_hash);
    parent
}

fn get(service: &Service, path: &str, limit: usize, share: Share) -> Option<Vec<u8>> {
    let request = Request { limit, within: Some(share.within), ..Request::default() };
    fetch(Part::Log, service, path, &request).ok().filter(|reply| reply.status == 200).map(|reply| reply.body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stub::Stub;

    #[test]
    fn a_tile_has_the_path_that_the_specification_shows() {
        assert_eq!(tile_path(1_234_067, 256), "x001/x234/067");
        assert_eq!((tile_path(0, 7), tile_path(1000, 256)), ("000.p/7".to_owned(), "x001/000".to_owned()));
        assert_eq!((width(300, 0), width(300, 1), width(512, 2)), (Some(256), Some(44), None));
        assert_eq!([2, 3, 4, 5, 256, 257].map(largest_power_below), [1, 2, 2, 4, 128, 256]);
    }

    #[test]
    fn a_checkpoint_names_its_size_root_and_keys() {
        let line = STANDARD.encode([1, 2, 3, 4, 5]);
        let note = Note::parse(format!("log.test\n7\nAAAA\n\n\u{2014} log.test {line}\nnoise\n")).unwrap();
        assert_eq!((note.size, note.root.as_str(), note.hints), (7, "AAAA", vec![[1, 2, 3, 4]]));
        assert!(Note::parse("log.test\nmany\n".to_owned()).is_none());
    }

    #[test]
    fn a_log_without_tiles_gives_nothing() {
        let root = TrustedRoot::public_good().unwrap();
        for stub in [Stub::saying(404, "", ""), Stub::saying(501, "", ""), Stub::saying(200, "", "not a checkpoint")] {
            assert!(entry(&stub.service(), 3, &root, Share::only(std::time::Duration::from_secs(2))).is_none());
        }
    }

    #[test]
    fn a_tile_over_its_limit_is_not_read() {
        for (limit, size) in [(budget::HASH_TILE_BYTES, 8192), (budget::ENTRY_TILE_BYTES, budget::ENTRY_TILE_BYTES)] {
            for (more, read) in [(0, true), (1, false)] {
                let stub = Stub::start(move |_| (200, "", vec![0; size + more]));
                assert_eq!(
                    get(&stub.service(), "/", limit, Share::only(std::time::Duration::from_secs(5))).is_some(),
                    read
                );
            }
        }
    }
}
