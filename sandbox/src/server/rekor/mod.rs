//! The transparency logs' APIs: Rekor's, both generations.

mod tiles;
pub(crate) mod v1;
pub(crate) mod v2;

use super::Shared;
use crate::{
    server::ledger::Proof,
    sigstore::{Flaw, holder::Holder, pem, reader::Certificate},
};
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

/// The key in a certificate or a SubjectPublicKeyInfo, in PEM or DER.
fn holder_of_pem(text: &str) -> Option<Holder> {
    match pem::read(text, "CERTIFICATE") {
        Some(der) => Holder::from_spki(Certificate::parse(&der)?.spki),
        None => Holder::from_spki(&pem::read(text, "PUBLIC KEY")?),
    }
}
