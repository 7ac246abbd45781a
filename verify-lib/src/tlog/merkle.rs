//! Inclusion proofs (RFC 6962, 2.1.1; RFC 9162, 2.1.3.2).

use crate::{VerifyError, bundle::InclusionProof};
use sha2::{Digest as _, Sha256};

/// Proves that `body` is the leaf at the proof's index in the tree whose root hash the proof names.
pub(crate) fn verify(proof: &InclusionProof, body: &[u8]) -> Result<(), VerifyError> {
    let root = root(proof.log_index, proof.tree_size, leaf_hash(body), &proof.hashes);
    if root == Some(proof.root_hash) { Ok(()) } else { Err(VerifyError::InclusionProof) }
}

/// RFC 9162, 2.1.3.2, step by step; nothing if the proof has too few or too many hashes.
fn root(index: u64, size: u64, leaf: [u8; 32], hashes: &[[u8; 32]]) -> Option<[u8; 32]> {
    let mut node = index;
    let mut last = size.checked_sub(1).filter(|&last| index <= last)?;
    let mut root = leaf;
    for hash in hashes {
        if last == 0 {
            return None;
        }
        if node & 1 == 1 || node == last {
            root = node_hash(hash, &root);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            root = node_hash(&root, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(root)
}

/// Proves that a log has only grown: that the tree of `larger` entries begins with all those of the tree of `smaller`
/// (RFC 9162, 2.1.4.2). For whoever keeps the last tree that they believed; no bundle carries such a proof.
///
/// # Errors
/// [`VerifyError::ConsistencyProof`] if it does not, or if either tree is empty: everything begins with nothing.
pub fn verify_consistency(
    (smaller, smaller_root): (u64, &[u8; 32]),
    (larger, larger_root): (u64, &[u8; 32]),
    hashes: &[[u8; 32]],
) -> Result<(), VerifyError> {
    let same = smaller == larger && smaller_root == larger_root && hashes.is_empty() && smaller > 0;
    let grown = || roots_of_both(smaller, larger, smaller_root, hashes) == Some((*smaller_root, *larger_root));
    if same || grown() { Ok(()) } else { Err(VerifyError::ConsistencyProof) }
}

/// The roots that the proof leads to, step by step; nothing if it has too few or too many hashes.
fn roots_of_both(
    smaller: u64,
    larger: u64,
    smaller_root: &[u8; 32],
    hashes: &[[u8; 32]],
) -> Option<([u8; 32], [u8; 32])> {
    let mut node = smaller.checked_sub(1).filter(|_| smaller < larger)?;
    let mut last = larger.checked_sub(1)?;
    // A tree that is a whole subtree of the larger is not in the proof: it is where the proof begins.
    let (start, hashes) = if smaller.is_power_of_two() { (smaller_root, hashes) } else { hashes.split_first()? };
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut of_smaller, mut of_larger) = (*start, *start);
    for hash in hashes {
        if last == 0 {
            return None;
        }
        if node & 1 == 1 || node == last {
            of_smaller = node_hash(hash, &of_smaller);
            of_larger = node_hash(hash, &of_larger);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            of_larger = node_hash(&of_larger, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    (last == 0).then_some((of_smaller, of_larger))
}

fn leaf_hash(body: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update([0]).chain_update(body).finalize().into()
}

fn node_hash(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding;

    /// A tree by its definition (RFC 6962, 2.1), to hold the proofs against.
    fn tree(leaves: &[[u8; 32]]) -> [u8; 32] {
        match leaves {
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&tree(left), &tree(right))
            }
        }
    }

    fn path(index: usize, leaves: &[[u8; 32]]) -> Vec<[u8; 32]> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let middle = leaves.len().next_power_of_two() / 2;
        let (left, right) = leaves.split_at(middle);
        let (mut below, beside) =
            if index < middle { (path(index, left), tree(right)) } else { (path(index - middle, right), tree(left)) };
        below.push(beside);
        below
    }

    fn leaves(count: u8) -> Vec<[u8; 32]> {
        (0..count).map(|leaf| leaf_hash(&[leaf])).collect()
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_included() {
        for size in 1..=33 {
            let leaves = leaves(size);
            for index in 0..size {
                let proof = path(index.into(), &leaves);
                let found = root(index.into(), size.into(), leaf_hash(&[index]), &proof);
                assert_eq!(found, Some(tree(&leaves)), "{index} of {size}");
            }
        }
    }

    #[test]
    fn a_proof_for_another_leaf_index_or_length_is_refused() {
        let leaves = leaves(11);
        let proof = path(5, &leaves);
        let whole = tree(&leaves);
        assert_ne!(root(4, 11, leaves[5], &proof), Some(whole));
        assert_ne!(root(5, 11, leaves[4], &proof), Some(whole));
        assert_ne!(root(5, 11, leaves[5], &proof[1..]), Some(whole));
        assert_ne!(root(5, 11, leaves[5], &[proof.clone(), proof.clone()].concat()), Some(whole));
        assert_eq!(root(11, 11, leaves[5], &proof), None);
        assert_eq!(root(0, 0, leaves[5], &[]), None);
        // In a tree of one leaf there is no second leaf, and no step from it to the root.
        assert_eq!(root(0, 1, leaves[0], &[]), Some(leaves[0]));
        assert_eq!(root(1, 1, leaves[0], &[]), None);
        assert_eq!(root(0, 1, leaves[0], &proof[..1]), None);
    }

    /// sigstore-rust#116: the arithmetic at the end of the numbers.
    #[test]
    fn sigstore_rust_116_no_size_overflows() {
        let proof = [[0; 32]; 64];
        for (index, size) in [(u64::MAX, u64::MAX), (u64::MAX - 1, u64::MAX), (0, u64::MAX), (u64::MAX, 0)] {
            for length in [0, 1, 63, 64] {
                let found = root(index, size, [0; 32], &proof[..length]);
                let whole = [(u64::MAX - 1, u64::MAX, 63), (0, u64::MAX, 64)].contains(&(index, size, length));
                assert_eq!(found.is_some(), whole, "{index} of {size}, {length}");
            }
        }
    }

    #[test]
    fn every_small_tree_grows_into_every_larger_one() {
        /// RFC 6962, 2.1.2: PROOF and SUBPROOF by their definition.
        fn subproof(size: usize, leaves: &[[u8; 32]], whole: bool) -> Vec<[u8; 32]> {
            if size == leaves.len() {
                return if whole { Vec::new() } else { vec![tree(leaves)] };
            }
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            let (mut below, beside) = if size <= left.len() {
                (subproof(size, left, whole), tree(right))
            } else {
                (subproof(size - left.len(), right, false), tree(left))
            };
            below.push(beside);
            below
        }
        let leaves = leaves(33);
        for larger in 1..=leaves.len() {
            for smaller in 1..=larger {
                let proof = subproof(smaller, &leaves[..larger], true);
                let roots = [tree(&leaves[..smaller]), tree(&leaves[..larger])];
                let verdict = |smaller, larger, proof: &[[u8; 32]]| {
                    verify_consistency((smaller, &roots[0]), (larger, &roots[1]), proof).is_ok()
                };
                let sizes = (u64::try_from(smaller).expect("small"), u64::try_from(larger).expect("small"));
                assert!(verdict(sizes.0, sizes.1, &proof), "{smaller} in {larger}");
                assert!(!verdict(sizes.0, sizes.1, &[&proof[..], &[[7; 32]]].concat()), "{smaller} in {larger}");
                assert!(!verdict(sizes.1 + 1, sizes.0, &proof), "{smaller} in {larger}");
            }
        }
    }

    /// transparency-dev/merkle's consistency proofs.
    #[test]
    fn the_consistency_proofs_of_others_are_judged_as_they_say() {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Case {
            size1: u64,
            size2: u64,
            root1: String,
            root2: String,
            proof: Option<Vec<String>>,
            want_err: bool,
        }
        // Some cases do not care which the roots are, and say so in a text that is no hash.
        let hash = |text: &String| match encoding::from_base64_exact(text) {
            Some(hash) => hash,
            None => leaf_hash(text.as_bytes()),
        };
        let (mut accepts, mut refusals) = (0, 0);
        for json in crate::vectors::files("merkle/consistency") {
            let case: Case = serde_json::from_slice(&json).expect("a case");
            let proof: Vec<_> = case.proof.unwrap_or_default().iter().map(hash).collect();
            let (first, second) = (hash(&case.root1), hash(&case.root2));
            let accepted = verify_consistency((case.size1, &first), (case.size2, &second), &proof).is_ok();
            assert_eq!(accepted, !case.want_err, "{}", String::from_utf8_lossy(&json));
            if accepted { accepts += 1 } else { refusals += 1 }
        }
        crate::vectors::counted("merkle consistency", (accepts, refusals), (6, 92));
    }

    /// transparency-dev/merkle's inclusion proofs.
    #[test]
    fn the_inclusion_proofs_of_others_are_judged_as_they_say() {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Case {
            leaf_idx: u64,
            tree_size: u64,
            root: String,
            leaf_hash: String,
            proof: Option<Vec<String>>,
            want_err: bool,
        }
        let hash = |text: &String| encoding::from_base64(text).and_then(|hash| <[u8; 32]>::try_from(hash).ok());
        let (mut accepts, mut refusals) = (0, 0);
        for json in crate::vectors::files("merkle/inclusion") {
            let case: Case = serde_json::from_slice(&json).expect("a case");
            let proof: Option<Vec<_>> = case.proof.unwrap_or_default().iter().map(hash).collect();
            let found = hash(&case.leaf_hash)
                .zip(proof)
                .and_then(|(leaf, proof)| root(case.leaf_idx, case.tree_size, leaf, &proof));
            let accepted = found.is_some() && found == hash(&case.root);
            assert_eq!(accepted, !case.want_err, "{}", String::from_utf8_lossy(&json));
            if accepted { accepts += 1 } else { refusals += 1 }
        }
        crate::vectors::counted("merkle inclusion", (accepts, refusals), (6, 92));
    }
}
