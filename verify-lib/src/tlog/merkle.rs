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
    }

    /// sigstore-rust#116: the arithmetic at the end of the numbers.
    #[test]
    fn sigstore_rust_116_no_size_overflows() {
        let proof = [[0; 32]; 64];
        for (index, size) in [(u64::MAX, u64::MAX), (u64::MAX - 1, u64::MAX), (0, u64::MAX), (u64::MAX, 0)] {
            for length in [0, 1, 63, 64] {
                assert_ne!(root(index, size, [0; 32], &proof[..length]), Some([0; 32]));
            }
        }
    }

    /// transparency-dev/merkle's inclusion proofs. Its consistency proofs are for followers of a log, which we are not.
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
