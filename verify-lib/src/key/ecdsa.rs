//! ECDSA on P-256 and P-384 (FIPS 186-5), signatures in ASN.1.

use super::{KeyAlgorithm, KeyError};
use aws_lc_rs::{
    digest,
    signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ParsedPublicKey},
};
use x509_parser::{der_parser::asn1_rs::Any, oid_registry};

/// SEC 1, 2.3.3: an uncompressed point starts with this byte. Compressed ones would give one key two names.
const UNCOMPRESSED: u8 = 0x04;

#[derive(Clone)]
pub(super) struct EcdsaKey {
    curve: Curve,
    key: ParsedPublicKey,
}

#[derive(Clone, Copy)]
enum Curve {
    P256,
    P384,
}

impl EcdsaKey {
    pub(super) fn parse(parameters: Option<&Any<'_>>, point: &[u8]) -> Result<Self, KeyError> {
        let named = parameters.and_then(|any| any.as_oid().ok()).ok_or(KeyError::Malformed)?;
        let curve = if named == oid_registry::OID_EC_P256 {
            Curve::P256
        } else if named == oid_registry::OID_NIST_EC_P384 {
            Curve::P384
        } else {
            return Err(KeyError::Unsupported(named.to_id_string()));
        };
        if point.first() != Some(&UNCOMPRESSED) {
            return Err(KeyError::Malformed);
        }
        let algorithm = match curve {
            Curve::P256 => &ECDSA_P256_SHA256_ASN1,
            Curve::P384 => &ECDSA_P384_SHA384_ASN1,
        };
        let key = ParsedPublicKey::new(algorithm, point).map_err(|_| KeyError::Malformed)?;
        Ok(Self { curve, key })
    }

    pub(super) fn algorithm(&self) -> KeyAlgorithm {
        match self.curve {
            Curve::P256 => KeyAlgorithm::EcdsaP256,
            Curve::P384 => KeyAlgorithm::EcdsaP384,
        }
    }

    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }

    pub(super) fn has_signed_hash(&self, hash: &[u8], signature: &[u8]) -> bool {
        let algorithm = match self.curve {
            Curve::P256 => &digest::SHA256,
            Curve::P384 => &digest::SHA384,
        };
        digest::Digest::import_less_safe(hash, algorithm)
            .and_then(|digest| self.key.verify_digest_sig(&digest, signature))
            .is_ok()
    }
}
