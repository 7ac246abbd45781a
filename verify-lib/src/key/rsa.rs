//! RSA with SHA-256: PKCS#1 v1.5 and PSS (RFC 8017, sections 8.1 and 8.2).

use super::{KeyAlgorithm, KeyError};
use crate::{
    HashAlgorithm,
    crypto::{Backend, Chosen, Padding},
};
use x509_parser::{prelude::FromDer, public_key::RSAPublicKey};

/// Larger moduli cost a verifier dearly (CVE-2023-29409), smaller ones are broken.
const BITS: core::ops::RangeInclusive<usize> = 2048..=4096;

#[derive(Clone)]
pub(super) struct RsaKey {
    padding: Padding,
    key: <Chosen as Backend>::RsaKey,
}

impl RsaKey {
    pub(super) fn parse(padding: Padding, der: &[u8]) -> Result<Self, KeyError> {
        let (rest, key) = RSAPublicKey::from_der(der).map_err(|_| KeyError::Malformed)?;
        if !rest.is_empty() {
            return Err(KeyError::Malformed);
        }
        let bits = key.key_size();
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

    pub(super) fn has_signed_hash(&self, algorithm: HashAlgorithm, hash: &[u8], signature: &[u8]) -> bool {
        let own = algorithm == HashAlgorithm::Sha256;
        own && Chosen::rsa_verify(&self.key, self.padding, algorithm, hash, signature)
    }
}
