//! RSA with SHA-256: PKCS#1 v1.5 and PSS (RFC 8017, sections 8.1 and 8.2).

use super::{KeyAlgorithm, KeyError};
use crate::{
    HashValue,
    crypto::{Backend, Chosen, Padding, RSA_BITS, rsa_modulus_bits},
};

#[derive(Clone)]
pub(super) struct RsaKey {
    padding: Padding,
    key: <Chosen as Backend>::RsaKey,
}

impl RsaKey {
    /// Reads an RSAPublicKey (RFC 8017, A.1.1).
    pub(super) fn parse(padding: Padding, der: &[u8]) -> Result<Self, KeyError> {
        let bits = rsa_modulus_bits(der).ok_or(KeyError::Malformed)?;
        if !RSA_BITS.contains(&bits) {
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
        Chosen::rsa_verify(&self.key, self.padding, hash, signature)
    }
}
