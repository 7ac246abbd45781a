//! The transparency logs' APIs: Rekor's, both generations.

mod tiles;
pub(crate) mod v1;
pub(crate) mod v2;

use super::Shared;
use crate::{
    server::ledger::{Entry, Proof},
    sigstore::{
        Flaw, hex,
        holder::Holder,
        key::{Algorithm, Key},
        pem,
        reader::Certificate,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::HashAlgorithm;
use serde_json::json;
use std::io::{Error, Result};

/// The proof that an entry is in the tree of this size; with the flaw, another entry's, which proves nothing.
fn proof(shared: &Shared, ledger: &super::ledger::Ledger, index: usize, size: usize) -> Result<Proof> {
    let mut proof = ledger.proof(index, size).ok_or_else(|| Error::other("there is no such proof"))?;
    if shared.flaw() == Some(Flaw::ProofOfAnotherEntry) {
        match proof.path.first_mut() {
            Some([first, ..]) => *first ^= 1,
            None => proof.path.push([7; 32]),
        }
    }
    Ok(proof)
}

/// The first entry of each log, so that proofs have something to prove: a client that reads a bundle may take an empty proof for a
/// missing one (sigstore-python 4.5.1 does). It is a proper one: a signature over a digest, by a key that nobody has.
pub(crate) fn begin(shared: &Shared) -> Result<()> {
    let key = Key::generate(Algorithm::EcdsaP256)?;
    let message = b"the first entry of a sandbox";
    let (digest, signature) = (HashAlgorithm::Sha256.hash(message), STANDARD.encode(key.sign(message)?));
    if shared.rekor.size() == 0 {
        let (digest, spki) = (STANDARD.encode(digest.as_bytes()), STANDARD.encode(key.spki()));
        let body = json!({ "apiVersion": "0.0.2", "kind": "hashedrekord", "spec": { "hashedRekordV002": {
            "data": { "algorithm": "SHA2_256", "digest": digest },
            "signature": { "content": signature, "verifier": {
                "keyDetails": "PKIX_ECDSA_P256_SHA_256", "publicKey": { "rawBytes": spki },
            } },
        } } });
        shared.rekor.begin(&Entry::new(shared.now().unix(), body.to_string().as_bytes()))?;
    }
    if shared.rekor_v1.size() == 0 {
        let digest = hex(digest.as_bytes());
        let pem = STANDARD.encode(pem::write("PUBLIC KEY", key.spki()));
        let body = json!({ "apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {
            "data": { "hash": { "algorithm": "sha256", "value": digest } },
            "signature": { "content": signature, "publicKey": { "content": pem } },
        } });
        shared.rekor_v1.begin(&Entry::new(shared.now().unix(), body.to_string().as_bytes()))?;
    }
    Ok(())
}

/// The key in a certificate or a SubjectPublicKeyInfo, in PEM.
fn holder_of_pem(text: &str) -> Option<Holder> {
    match pem::read(text, "CERTIFICATE") {
        Some(der) => Holder::from_spki(Certificate::parse(&der)?.spki),
        None => Holder::from_spki(&pem::read(text, "PUBLIC KEY")?),
    }
}
