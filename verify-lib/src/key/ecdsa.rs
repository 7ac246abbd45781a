//! ECDSA on P-256, P-384 and P-521 (FIPS 186-5), signatures in ASN.1.

use super::{KeyAlgorithm, KeyError};
use crate::{
    HashAlgorithm,
    crypto::{Backend, Chosen, Curve},
};
use x509_parser::{
    der_parser::{Oid, asn1_rs::Any, oid},
    oid_registry,
};

/// SEC 1, 2.3.3: an uncompressed point starts with this byte. Compressed ones would give one key two names.
const UNCOMPRESSED: u8 = 0x04;

/// secp521r1 (RFC 5480, 2.1.1.1).
const P521: Oid<'static> = oid!(1.3.132.0.35);

#[derive(Clone)]
pub(super) struct EcdsaKey {
    curve: Curve,
    key: <Chosen as Backend>::EcdsaKey,
}

impl EcdsaKey {
    pub(super) fn parse(parameters: Option<&Any<'_>>, point: &[u8]) -> Result<Self, KeyError> {
        let named = parameters.and_then(|any| any.as_oid().ok()).ok_or(KeyError::Malformed)?;
        let curve = if named == oid_registry::OID_EC_P256 {
            Curve::P256
        } else if named == oid_registry::OID_NIST_EC_P384 {
            Curve::P384
        } else if named == P521 {
            Curve::P521
        } else {
            return Err(KeyError::Unsupported(named.to_id_string()));
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

    /// With the curve's own hash, or P-384 with SHA-256: so did sigstore-python sign before 3.0, and Sigstore's registry of
    /// algorithms keeps it (`PKIX_ECDSA_P384_SHA_256`).
    pub(super) fn has_signed_hash(&self, algorithm: HashAlgorithm, hash: &[u8], signature: &[u8]) -> bool {
        let own = algorithm == self.algorithm().hash();
        let older = self.curve == Curve::P384 && algorithm == HashAlgorithm::Sha256;
        (own || older) && Chosen::ecdsa_verify(&self.key, algorithm, hash, signature)
    }
}
