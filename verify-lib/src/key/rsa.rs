//! RSA, PKCS#1 v1.5 with SHA-256 (RFC 8017, section 8.2).

use super::KeyError;
use aws_lc_rs::{
    digest,
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256},
};
use x509_parser::{prelude::FromDer, public_key::RSAPublicKey};

/// Larger moduli cost a verifier dearly (CVE-2023-29409), smaller ones are broken.
const BITS: core::ops::RangeInclusive<usize> = 2048..=4096;

#[derive(Clone)]
pub(super) struct RsaKey(ParsedPublicKey);

impl RsaKey {
    pub(super) fn parse(der: &[u8]) -> Result<Self, KeyError> {
        let (rest, key) = RSAPublicKey::from_der(der).map_err(|_| KeyError::Malformed)?;
        if !rest.is_empty() {
            return Err(KeyError::Malformed);
        }
        let bits = key.key_size();
        if !BITS.contains(&bits) {
            return Err(KeyError::RsaSize(bits));
        }
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).map(Self).map_err(|_| KeyError::Malformed)
    }

    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }

    pub(super) fn has_signed_hash(&self, hash: &[u8], signature: &[u8]) -> bool {
        digest::Digest::import_less_safe(hash, &digest::SHA256)
            .and_then(|digest| self.0.verify_digest_sig(&digest, signature))
            .is_ok()
    }
}
