//! Every limit on what an attacker may send, with its source. Each has a test one past it.

use crate::VerifyError;

/// A bundle's size. The largest honest payloads are SBOMs of whole images, 10 to 20 MB as base64.
pub const BUNDLE_BYTES: usize = 32 << 20;

/// Log entries in a bundle (CVE-2024-45395: sigstore-go had no limit, and has 32 now). Honest ones have one or two; each
/// costs two signature checks, 0.16 ms, and with as many timestamps a refusal still takes under 10 ms.
pub const LOG_ENTRIES: usize = 16;

/// RFC 3161 timestamps in a bundle (CVE-2024-45395 again). Honest ones have one or two; each costs a check on P-384, 0.3 ms.
pub const TIMESTAMPS: usize = 16;

/// Hashes in an inclusion proof: the depth of a tree of 2^63 entries (RFC 6962, 2.1.1).
pub const PROOF_HASHES: usize = 63;

/// A checkpoint's size: torchwood and sumdb notes are under 1 kB; witnesses add 150 bytes each.
pub const CHECKPOINT_BYTES: usize = 16 << 10;

/// Signature lines on a checkpoint: sumdb/note reads at most 100 (golang.org/x/mod, `sumdb/note`).
pub const CHECKPOINT_SIGNATURES: usize = 100;

/// A leaf certificate's size. Fulcio's are under 2 kB.
pub const CERTIFICATE_BYTES: usize = 16 << 10;

/// Certificates in a bundle's chain: a signer's and its intermediates'; Fulcio has one of them, openssl verifies 100.
pub const CERTIFICATES: usize = 8;

/// SCTs in a certificate: browsers ask for three at most, Fulcio gives one.
pub const SCTS: usize = 8;

/// Subjects in a statement: sigstore-go's number since CVE-2024-45395.
pub const SUBJECTS: usize = 1024;

/// The URI of a predicate's type: those in use are under 100 bytes, and every refusal quotes it.
pub const PREDICATE_TYPE_BYTES: usize = 1024;

/// A log entry's body without its attestation: certificate, signature and hashes, under 8 kB when honest.
pub const ENTRY_BYTES: usize = 128 << 10;

/// # Errors
/// [`VerifyError::OverBudget`] for more than the limit.
pub(crate) fn within(what: &'static str, limit: usize, found: usize) -> Result<(), VerifyError> {
    if found <= limit { Ok(()) } else { Err(VerifyError::OverBudget { what, limit, found }) }
}
