//! What a certificate log signs and keeps (RFC 6962, 3.2 to 3.4).

use super::{
    certificate::extension,
    der,
    key::{Key, failed},
    reader::{Reader, extensions},
};
use sha2::{Digest as _, Sha256};
use std::io::Result;

/// What a log is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Entry<'a> {
    /// A certificate, as it is.
    Certificate(&'a [u8]),
    /// A TBSCertificate without promises or poison, and the SubjectPublicKeyInfo of whoever will sign it.
    Precertificate { issuer: &'a [u8], tbs: &'a [u8] },
}

/// The MerkleTreeLeaf. Byte for byte it is also what a promise is a signature over: version 1 and timestamped entry on the one
/// side, version 1 and certificate timestamp on the other, all of them written 0.
pub(crate) fn leaf(entry: Entry<'_>, milliseconds: u64) -> Result<Vec<u8>> {
    let entry = match entry {
        Entry::Certificate(certificate) => [&[0, 0][..], &prefixed24(certificate)?].concat(),
        Entry::Precertificate { issuer, tbs } => {
            let key_hash: [u8; 32] = Sha256::digest(issuer).into();
            [&[0, 1][..], &key_hash, &prefixed24(tbs)?].concat()
        }
    };
    Ok([&[0, 0][..], &milliseconds.to_be_bytes(), &entry, &[0, 0]].concat())
}

/// A log's promise about a leaf of that time: a SignedCertificateTimestamp.
pub(crate) fn promise(leaf: &[u8], milliseconds: u64, log: &Key) -> Result<Vec<u8>> {
    let signed = digitally_signed(log, leaf)?;
    Ok([&[0][..], &log.id(), &milliseconds.to_be_bytes(), &[0, 0], &signed].concat())
}

/// A signature with ECDSA and SHA-256, and the two said before it (RFC 5246, 4.7).
pub(crate) fn digitally_signed(log: &Key, message: &[u8]) -> Result<Vec<u8>> {
    Ok([&[4, 3][..], &prefixed(&log.sign(message)?)].concat())
}

/// The extension with which a certificate carries its promises (3.3).
pub(crate) fn list(promises: &[Vec<u8>]) -> Vec<u8> {
    let list: Vec<u8> = promises.iter().flat_map(|promise| prefixed(promise)).collect();
    extension("1.3.6.1.4.1.11129.2.4.2", false, &der::octets(&prefixed(&list)))
}

/// The critical extension by which a precertificate is no certificate (3.1).
pub(crate) fn poison() -> Vec<u8> {
    extension(POISON, true, &[0x05, 0])
}

const POISON: &str = "1.3.6.1.4.1.11129.2.4.3";

/// The TBSCertificate of a precertificate as it was before it was poisoned; nothing where it was not.
pub(crate) fn without_poison(tbs: &[u8]) -> Option<Vec<u8>> {
    let poison = der::oid(POISON);
    let mut kept = Vec::new();
    let mut found = 0;
    let mut all = extensions(tbs)?;
    while let Some(extension) = all.take(0x30) {
        if Reader::new(extension.content).take(0x06)?.whole == poison {
            found += 1;
        } else {
            kept.push(extension.whole);
        }
    }
    let mut fields = Reader::of_sequence(tbs)?;
    let mut parts = Vec::new();
    while let Some(field) = fields.any().filter(|field| field.tag != 0xa3) {
        parts.push(field.whole);
    }
    let extensions = der::context(3, &[&der::sequence(&kept)]);
    parts.push(&extensions);
    (found == 1 && all.ended()).then(|| der::sequence(&parts))
}

/// A vector with its length in two bytes before it (RFC 5246, 4.3).
pub(crate) fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes()[..], bytes].concat()
}

/// The same in three bytes.
pub(crate) fn prefixed24(bytes: &[u8]) -> Result<Vec<u8>> {
    let [0, length @ ..] = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes() else {
        return Err(failed("so long a certificate"));
    };
    Ok([&length, bytes].concat())
}
