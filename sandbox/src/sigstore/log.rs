//! Transparency logs in memory: Rekor v1's shape, and v2's.

use super::{
    flaw::Flaw,
    hex,
    key::{Algorithm, Key},
    tree::{Hash, Tree, leaf},
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

pub(crate) struct Log {
    pub(crate) generation: Generation,
    pub(crate) origin: String,
    key: Key,
    flaw: Option<Flaw>,
    tree: Tree,
}

impl Log {
    /// With an entry in it already, so that proofs have something to prove.
    pub(crate) fn new(generation: Generation, origin: String, flaw: Option<Flaw>) -> Result<Self> {
        let algorithm = match generation {
            Generation::V1 => Algorithm::EcdsaP256,
            Generation::V2 => Algorithm::Ed25519,
        };
        let mut tree = Tree::default();
        tree.push(leaf(b"the first entry"));
        Ok(Self { generation, origin, key: Key::generate(algorithm)?, flaw, tree })
    }

    pub(crate) fn spki(&self) -> &[u8] {
        self.key.spki()
    }

    pub(crate) fn id(&self) -> [u8; 32] {
        log_id(&self.key, &self.origin)
    }

    /// Takes an entry, and gives what a bundle carries of it.
    pub(crate) fn append(&mut self, kind: &str, body: &Value, now: Time) -> Result<Value> {
        let body = body.to_string();
        let index = self.tree.size();
        self.tree.push(leaf(body.as_bytes()));
        let size = self.tree.size();
        let hashes: Vec<_> =
            self.tree.path(index, size).unwrap_or_default().iter().map(|hash| STANDARD.encode(hash)).collect();
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
                "rootHash": STANDARD.encode(self.root()),
                "treeSize": size.to_string(),
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

    fn root(&self) -> Hash {
        self.tree.root(self.tree.size()).unwrap_or_default()
    }

    fn checkpoint(&self) -> Result<String> {
        let another = self.flaw == Some(Flaw::CheckpointInAnotherName);
        let name = if another { "another.invalid" } else { &self.origin };
        checkpoint(&self.key, &self.origin, name, self.tree.size(), &self.root())
    }

    fn promise(&self, body: &str, index: usize, now: Time) -> Result<Vec<u8>> {
        promise(&self.key, body, index, now)
    }
}

/// A log's id: with the origin in it for Ed25519 (C2SP signed-note, "Signatures"), the key's alone for ECDSA.
pub(crate) fn log_id(key: &Key, origin: &str) -> Hash {
    match key.ed25519_point() {
        Some(point) => Sha256::new().chain_update(origin).chain_update(b"\n\x01").chain_update(point).finalize().into(),
        None => key.id(),
    }
}

/// A signed note of a tree of this size and root (C2SP tlog-checkpoint), whose signature is in this name.
pub(crate) fn checkpoint(key: &Key, origin: &str, name: &str, size: usize, root: &Hash) -> Result<String> {
    let text = format!("{origin}\n{size}\n{}\n", STANDARD.encode(root));
    let id = log_id(key, origin);
    let hint = id.first_chunk::<4>().map_or(&[][..], |hint| hint);
    let signature = STANDARD.encode([hint, &key.sign(text.as_bytes())?].concat());
    Ok(format!("{text}\n\u{2014} {name} {signature}\n"))
}

/// The signed entry timestamp (SET): over the canonical JSON of four fields.
pub(crate) fn promise(key: &Key, body: &str, index: usize, now: Time) -> Result<Vec<u8>> {
    let id = hex(&key.id());
    let body = STANDARD.encode(body);
    let time = now.unix();
    let payload = format!(r#"{{"body":"{body}","integratedTime":{time},"logID":"{id}","logIndex":{index}}}"#);
    key.sign(payload.as_bytes())
}
