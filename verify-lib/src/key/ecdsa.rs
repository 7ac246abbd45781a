//! ECDSA on P-256, P-384 and P-521 (FIPS 186-5), signatures in ASN.1.

use super::{KeyAlgorithm, KeyError};
use crate::{
    HashValue,
    crypto::{Backend, Chosen, Curve},
    der, oid,
};

/// SEC 1, 2.3.3: an uncompressed point starts with this byte. Compressed ones would give one key two names.
const UNCOMPRESSED: u8 = 0x04;

#[derive(Clone)]
pub(super) struct EcdsaKey {
    curve: Curve,
    key: <Chosen as Backend>::EcdsaKey,
}

impl EcdsaKey {
    /// The parameters name a curve; other forms of them do not parse (RFC 5480, 2.1.1).
    pub(super) fn parse(parameters: &[u8], point: &[u8]) -> Result<Self, KeyError> {
        let curve = match der::only(der::OID, parameters).ok_or(KeyError::Malformed)? {
            oid::P256 => Curve::P256,
            oid::P384 => Curve::P384,
            oid::P521 => Curve::P521,
            other => return Err(KeyError::Unsupported(oid::dotted(other))),
        };
        if point.first() != Some(&UNCOMPRESSED) {
            return Err(KeyError::Malformed);
        }
        Ok(Self { curve, key: Chosen::ecdsa_key(curve, point).ok_or(KeyError::Malformed)? })
    }

    pub(super) fn algorithm(&self) -> KeyAlgorithm {
        match self.curve {
            Curve::P256 => KeyAlgorithm::EcdsaP256,
            Curve::P384 => KeyAlgorithm::EcdsaP384,
            Curve::P521 => KeyAlgorithm::EcdsaP521,
        }
    }

    pub(super) fn has_signed_hash(&self, hash: &HashValue, signature: &[u8]) -> bool {
        Chosen::ecdsa_verify(&self.key, hash, signature)
    }
}
