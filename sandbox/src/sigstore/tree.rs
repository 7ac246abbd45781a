//! A Merkle tree (RFC 6962, 2.1) that grows at its end and proves at any of its sizes.

use sha2::{Digest as _, Sha256};

/// What a node is.
pub(crate) type Hash = [u8; 32];

/// The hashes of every complete subtree, by height: two hashes for each leaf, all in all.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    pub(crate) fn size(&self) -> usize {
        self.levels.first().map_or(0, Vec::len)
    }

    /// Adds a leaf by its hash.
    pub(crate) fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for height in 0.. {
            if self.levels.len() == height {
                self.levels.push(Vec::new());
            }
            let Some(level) = self.levels.get_mut(height) else { return };
            level.push(hash);
            if level.len() % 2 == 1 {
                return;
            }
            let [.., left, right] = level.as_slice() else { return };
            hash = node(left, right);
        }
    }

    /// The root when it had `size` leaves; nothing where it never had as many.
    pub(crate) fn root(&self, size: usize) -> Option<Hash> {
        if size == 0 { Some(Sha256::digest([]).into()) } else { self.range(0, size) }
    }

    /// The inclusion proof of a leaf in the tree of `size`, from the leaf upwards (RFC 6962, 2.1.1).
    pub(crate) fn path(&self, index: usize, size: usize) -> Option<Vec<Hash>> {
        if index >= size || size > self.size() {
            return None;
        }
        let (mut start, mut end) = (0, size);
        let mut path = Vec::new();
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                path.push(self.range(middle, end)?);
                end = middle;
            } else {
                path.push(self.range(start, middle)?);
                start = middle;
            }
        }
        path.reverse();
        Some(path)
    }

    /// The proof that the tree of `second` leaves has grown out of that of `first` (RFC 6962, 2.1.2).
    pub(crate) fn consistency(&self, first: usize, second: usize) -> Option<Vec<Hash>> {
        if first == 0 || first > second || second > self.size() {
            return None;
        }
        let (mut start, mut end, mut whole) = (0, second, true);
        let mut proof = Vec::new();
        while end != first {
            let middle = start + split(end - start);
            if first <= middle {
                proof.push(self.range(middle, end)?);
                end = middle;
            } else {
                proof.push(self.range(start, middle)?);
                (start, whole) = (middle, false);
            }
        }
        if !whole {
            proof.push(self.range(start, end)?);
        }
        proof.reverse();
        Some(proof)
    }

    /// The hashes of a tile (C2SP tlog-tiles): `width` of them from `256 * index` on, eight heights apart.
    pub(crate) fn tile(&self, level: usize, index: usize, width: usize) -> Option<Vec<u8>> {
        let start = index.checked_mul(256)?;
        let hashes = self.levels.get(level.checked_mul(8)?)?.get(start..start.checked_add(width)?)?;
        Some(hashes.concat())
    }

    /// The hash over the leaves from `start` to before `end`, where a subtree of the whole begins.
    fn range(&self, start: usize, end: usize) -> Option<Hash> {
        let length = end.checked_sub(start)?;
        if length.is_power_of_two() {
            let height = usize::try_from(length.trailing_zeros()).ok()?;
            return self.levels.get(height)?.get(start >> height).copied();
        }
        let middle = start + split(length);
        Some(node(&self.range(start, middle)?, &self.range(middle, end)?))
    }
}

/// RFC 6962, 2.1.
pub(crate) fn leaf(body: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(body).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The largest power of two below `length`, which is more than one.
fn split(length: usize) -> usize {
    length.next_power_of_two() / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, word for word.
    fn slow_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            leaves => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                node(&slow_root(left), &slow_root(right))
            }
        }
    }

    /// RFC 9162, 2.1.3.2.
    fn proves(index: usize, size: usize, leaf: Hash, path: &[Hash], root: Hash) -> bool {
        let (mut at, mut last, mut hash) = (index, size - 1, leaf);
        for beside in path {
            if last == 0 {
                return false;
            }
            if at % 2 == 1 || at == last {
                hash = node(beside, &hash);
                while at % 2 == 0 && at != 0 {
                    (at, last) = (at / 2, last / 2);
                }
            } else {
                hash = node(&hash, beside);
            }
            (at, last) = (at / 2, last / 2);
        }
        last == 0 && hash == root
    }

    #[test]
    fn every_leaf_is_proved_at_every_size() {
        let leaves: Vec<Hash> = (0..70_u8).map(|number| leaf(&[number])).collect();
        let mut tree = Tree::default();
        assert_eq!(tree.root(0), Some(slow_root(&[])));
        for (at, hash) in leaves.iter().enumerate() {
            tree.push(*hash);
            assert_eq!(tree.size(), at + 1);
        }
        for size in 1..=leaves.len() {
            let root = tree.root(size).unwrap();
            assert_eq!(root, slow_root(&leaves[..size]));
            for (index, leaf) in leaves.iter().enumerate().take(size) {
                assert!(proves(index, size, *leaf, &tree.path(index, size).unwrap(), root));
            }
            assert_eq!(tree.path(size, size), None);
        }
        assert_eq!(tree.root(leaves.len() + 1), None);
        assert_eq!(tree.path(0, leaves.len() + 1), None);
    }

    #[test]
    fn every_size_has_grown_out_of_every_smaller_one() {
        let mut tree = Tree::default();
        (0..70_u8).for_each(|number| tree.push(leaf(&[number])));
        for second in 1..=70 {
            for first in 1..=second {
                let proof = tree.consistency(first, second).unwrap();
                let sizes = (u64::try_from(first).unwrap(), u64::try_from(second).unwrap());
                let roots = (tree.root(first).unwrap(), tree.root(second).unwrap());
                let verified = bulla_verify::verify_consistency((sizes.0, &roots.0), (sizes.1, &roots.1), &proof);
                verified.unwrap_or_else(|error| panic!("{first} {second}: {error}"));
            }
        }
        assert_eq!(tree.consistency(0, 1), None);
        assert_eq!(tree.consistency(2, 1), None);
        assert_eq!(tree.consistency(1, 71), None);
    }

    #[test]
    fn a_tile_holds_what_is_there_and_no_more() {
        let mut tree = Tree::default();
        for number in 0..300_u16 {
            tree.push(leaf(&number.to_be_bytes()));
        }
        assert_eq!(tree.tile(0, 0, 256).unwrap().len(), 256 * 32);
        assert_eq!(tree.tile(0, 1, 44).unwrap()[..32], leaf(&256_u16.to_be_bytes()));
        assert_eq!(tree.tile(0, 1, 45), None);
        assert_eq!(tree.tile(1, 0, 1).unwrap(), tree.root(256).unwrap());
        assert_eq!(tree.tile(2, 0, 1), None);
        assert_eq!(tree.tile(usize::MAX, usize::MAX, usize::MAX), None);
    }
}
