//! Entries of a transparency log, as a bundle carries them.

use super::{
    Version,
    field::{base64, each, hash, index, number},
    wire,
};
use crate::{VerifyError, budget, tlog::EntryKind};

/// An entry of a transparency log, with the proof that it is there.
#[derive(Debug, Clone)]
pub(crate) struct LogEntry {
    pub(crate) log_index: u64,
    pub(crate) log_id: [u8; 32],
    pub(crate) kind: EntryKind,
    /// Seconds since 1970; worth nothing but under a verified promise.
    pub(crate) integrated_time: Option<i64>,
    /// The signed entry timestamp (SET).
    pub(crate) promise: Option<Vec<u8>>,
    /// Where there is none, there is a promise.
    pub(crate) proof: Option<InclusionProof>,
    pub(crate) body: Vec<u8>,
}

/// RFC 6962, 2.1.1, with the checkpoint that signs the root.
#[derive(Debug, Clone)]
pub(crate) struct InclusionProof {
    pub(crate) log_index: u64,
    pub(crate) tree_size: u64,
    pub(crate) root_hash: [u8; 32],
    pub(crate) hashes: Vec<[u8; 32]>,
    pub(crate) checkpoint: String,
}

impl LogEntry {
    pub(super) fn from_wire(wire: wire::LogEntry<'_>, version: Version) -> Result<Self, VerifyError> {
        let body = base64("tlogEntries[].canonicalizedBody", &wire.canonicalized_body)?;
        budget::within("log entry bytes", budget::ENTRY_BYTES, body.len())?;
        let promise = wire.inclusion_promise.map(|promise| promise.signed_entry_timestamp);
        let seconds = wire.integrated_time.map(|time| number("tlogEntries[].integratedTime", &time.0)).transpose()?;
        version.asks_of_entry(wire.inclusion_proof.is_some(), promise.is_some())?;
        Ok(Self {
            log_index: index("tlogEntries[].logIndex", wire.log_index)?,
            log_id: hash("tlogEntries[].logId.keyId", &wire.log_id.key_id)?,
            kind: EntryKind::parse(&wire.kind_version.kind, &wire.kind_version.version),
            integrated_time: seconds.and_then(|seconds| i64::try_from(seconds).ok()),
            promise: promise.map(|set| base64("tlogEntries[].inclusionPromise", &set)).transpose()?,
            proof: wire.inclusion_proof.map(InclusionProof::from_wire).transpose()?,
            body,
        })
    }
}

impl Version {
    /// Whether an entry carries what this version asks of it.
    fn asks_of_entry(self, has_proof: bool, has_promise: bool) -> Result<(), VerifyError> {
        let missing = |field, expected| Err(VerifyError::FieldMalformed { field, expected });
        match self {
            Self::V0_1 if !has_promise => missing("tlogEntries[].inclusionPromise", "there, as bundles v0.1 need it"),
            Self::V0_2 | Self::V0_3 if !has_proof => {
                missing("tlogEntries[].inclusionProof", "there, as bundles v0.2 and later need it")
            }
            Self::V0_1 | Self::V0_2 | Self::V0_3 => Ok(()),
        }
    }
}

impl InclusionProof {
    fn from_wire(wire: wire::Proof<'_>) -> Result<Self, VerifyError> {
        budget::within("inclusion proof hashes", budget::PROOF_HASHES, wire.hashes.len())?;
        let checkpoint = wire.checkpoint.map(|checkpoint| checkpoint.envelope).ok_or(VerifyError::FieldMalformed {
            field: "inclusionProof.checkpoint",
            expected: "there, as a proof without it leads to a root that nobody has signed",
        })?;
        budget::within("checkpoint bytes", budget::CHECKPOINT_BYTES, checkpoint.len())?;
        Ok(Self {
            log_index: index("inclusionProof.logIndex", wire.log_index)?,
            tree_size: number("inclusionProof.treeSize", &wire.tree_size)?,
            root_hash: hash("inclusionProof.rootHash", &wire.root_hash)?,
            hashes: each(wire.hashes.iter().map(|text| hash("inclusionProof.hashes", &text.0)))?,
            checkpoint: checkpoint.into_owned(),
        })
    }
}
