//! RSA with SHA-256: PKCS#1 v1.5 and PSS (RFC 8017, sections 8.1 and 8.2).

use super::{KeyAlgorithm, KeyError};
use crate::{
    HashAlgorithm, HashValue,
    crypto::{Backend, Chosen, Padding},
    der,
};

/// Larger moduli cost a verifier dearly (CVE-2023-29409), smaller ones are broken.
const BITS: core::ops::RangeInclusive<usize> = 2048..=4096;

#[derive(Clone)]
pub(super) struct RsaKey {
    padding: Padding,
    key: <Chosen as Backend>::RsaKey,
}

impl RsaKey {
    /// Reads an RSAPublicKey (RFC 8017, A.1.1).
    pub(super) fn parse(padding: Padding, der: &[u8]) -> Result<Self, KeyError> {
        let bits = modulus_bits(der).ok_or(KeyError::Malformed)?;
        if !BITS.contains(&bits) {
            return Err(KeyError::RsaSize(bits));
        }
        Ok(Self { padding, key: Chosen::rsa_key(der).ok_or(KeyError::Malformed)? })
    }

    pub(super) fn with_padding(self, padding: Padding) -> Self {
        Self { padding, ..self }
    }

    pub(super) fn algorithm(&self) -> KeyAlgorithm {
        match self.padding {
            Padding::Pkcs1 => KeyAlgorithm::Rsa,
            Padding::Pss => KeyAlgorithm::RsaPss,
        }
    }

    pub(super) fn has_signed_hash(&self, hash: &HashValue, signature: &[u8]) -> bool {
        let own = hash.algorithm() == HashAlgorithm::Sha256;
        own && Chosen::rsa_verify(&self.key, self.padding, hash, signature)
    }
}

fn modulus_bits(key: &[u8]) -> Option<usize> {
    let mut numbers = der::Reader::inside(der::SEQUENCE, key)?;
    let [modulus, _exponent] = [positive(numbers.next(der::INTEGER)?)?, positive(numbers.next(der::INTEGER)?)?];
    let &first = modulus.first()?;
    let leading = usize::try_from(first.leading_zeros()).ok()?;
    numbers.end(modulus.len() * 8 - leading)
}

/// The digits of a minimal INTEGER above zero.
fn positive(content: &[u8]) -> Option<&[u8]> {
    match content {
        [0, digits @ ..] if digits.first().is_some_and(|first| first & 0x80 != 0) => Some(digits),
        [first, ..] if (1..0x80).contains(first) => Some(content),
        _ => None,
    }
}
