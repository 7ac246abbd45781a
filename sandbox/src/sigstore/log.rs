//! Transparency logs in memory: Rekor v1's shape, and v2's.

use super::{
    flaw::Flaw,
    key::{Algorithm, Key},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::Time;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::io::Result;

/// Which of Rekor's two generations a log is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// It promises at once, with a time (SET).
    V1,
    /// It has no time of its own.
    V2,
}

pub(super) struct Log {
    pub(super) generation: Generation,
    pub(super) origin: String,
    key: Key,
    flaw: Option<Flaw>,
    leaves: Vec<[u8; 32]>,
}

impl Log {
    /// With an entry in it already, so that proofs have something to prove.
    pub(super) fn new(generation: Generation, origin: String, flaw: Option<Flaw>) -> Result<Self> {
        let algorithm = match generation {
            Generation::V1 => Algorithm::EcdsaP256,
            Generation::V2 => Algorithm::Ed25519,
        };
        let leaves = vec![leaf(b"the first entry")];
        Ok(Self { generation, origin, key: Key::generate(algorithm)?, flaw, leaves })
    }

    pub(super) fn spki(&self) -> &[u8] {
        self.key.spki()
    }

    /// The key's id: with the origin in it for v2 (C2SP signed-note, "Signatures").
    pub(super) fn id(&self) -> [u8; 32] {
        match self.key.ed25519_point() {
            Some(point) => {
                Sha256::new().chain_update(&self.origin).chain_update(b"\n\x01").chain_update(point).finalize()
            }
            None => return self.key.id(),
        }
        .into()
    }

    /// Takes an entry, and gives what a bundle carries of it.
    pub(super) fn append(&mut self, kind: &str, body: &Value, now: Time) -> Result<Value> {
        let body = body.to_string();
        let index = self.leaves.len();
        self.leaves.push(leaf(body.as_bytes()));
        let hashes: Vec<_> = path(index, &self.leaves).iter().map(|hash| STANDARD.encode(hash)).collect();
        let version = match (self.generation, kind) {
            (Generation::V1, "intoto") | (Generation::V2, _) => "0.0.2",
            (Generation::V1, _) => "0.0.1",
        };
        let mut entry = json!({
            "logIndex": index.to_string(),
            "logId": { "keyId": STANDARD.encode(self.id()) },
            "kindVersion": { "kind": kind, "version": version },
            "inclusionProof": {
                "logIndex": index.to_string(),
                "rootHash": STANDARD.encode(root(&self.leaves)),
                "treeSize": self.leaves.len().to_string(),
                "hashes": hashes,
                "checkpoint": { "envelope": self.checkpoint()? },
            },
            "canonicalizedBody": STANDARD.encode(&body),
        });
        if let (Generation::V1, Some(fields)) = (self.generation, entry.as_object_mut()) {
            let promise = STANDARD.encode(self.promise(&body, index, now)?);
            fields.insert("integratedTime".to_owned(), json!(now.unix().to_string()));
            fields.insert("inclusionPromise".to_owned(), json!({ "signedEntryTimestamp": promise }));
        }
        Ok(entry)
    }

    /// A signed note of the tree as it is (C2SP tlog-checkpoint).
    fn checkpoint(&self) -> Result<String> {
        let text = format!("{}\n{}\n{}\n", self.origin, self.leaves.len(), STANDARD.encode(root(&self.leaves)));
        let id = self.id();
        let hint = id.first_chunk::<4>().map_or(&[][..], |hint| hint);
        let signature = STANDARD.encode([hint, &self.key.sign(text.as_bytes())?].concat());
        let another = self.flaw == Some(Flaw::CheckpointInAnotherName);
        let name = if another { "another.invalid" } else { &self.origin };
        Ok(format!("{text}\n\u{2014} {name} {signature}\n"))
    }

    /// The signed entry timestamp (SET): over the canonical JSON of four fields.
    fn promise(&self, body: &str, index: usize, now: Time) -> Result<Vec<u8>> {
        let id: String = self.id().iter().map(|byte| format!("{byte:02x}")).collect();
        let body = STANDARD.encode(body);
        let time = now.unix();
        let payload = format!(r#"{{"body":"{body}","integratedTime":{time},"logID":"{id}","logIndex":{index}}}"#);
        self.key.sign(payload.as_bytes())
    }
}

/// RFC 6962, 2.1.
fn leaf(body: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update([0]).chain_update(body).finalize().into()
}

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [leaf] => *leaf,
        leaves => {
            let (left, right) = halves(leaves);
            node(&root(left), &root(right))
        }
    }
}

/// RFC 6962, 2.1.1, from the leaf upwards.
fn path(index: usize, leaves: &[[u8; 32]]) -> Vec<[u8; 32]> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let (left, right) = halves(leaves);
    let (mut below, beside) = match index.checked_sub(left.len()) {
        None => (path(index, left), root(right)),
        Some(index) => (path(index, right), root(left)),
    };
    below.push(beside);
    below
}

fn halves(leaves: &[[u8; 32]]) -> (&[[u8; 32]], &[[u8; 32]]) {
    leaves.split_at(leaves.len().next_power_of_two() / 2)
}
