//! ECDSA on P-256, P-384 and P-521 (FIPS 186-5), signatures in ASN.1.

use super::{KeyAlgorithm, KeyError};
use crate::HashAlgorithm;
use aws_lc_rs::{
    digest,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA256_ASN1,
        ECDSA_P521_SHA512_ASN1, EcdsaVerificationAlgorithm, ParsedPublicKey,
    },
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
    key: ParsedPublicKey,
    /// The same key with SHA-256, where that is not the curve's own hash: sigstore-python before 3.0 signed so with P-384,
    /// and Sigstore's registry of algorithms keeps it (`PKIX_ECDSA_P384_SHA_256`, `PKIX_ECDSA_P521_SHA_256`).
    with_sha256: Option<ParsedPublicKey>,
}

#[derive(Clone, Copy)]
enum Curve {
    P256,
    P384,
    P521,
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
        let with = |algorithm: &'static EcdsaVerificationAlgorithm| {
            ParsedPublicKey::new(algorithm, point).map_err(|_| KeyError::Malformed)
        };
        let (key, with_sha256) = match curve {
            Curve::P256 => (with(&ECDSA_P256_SHA256_ASN1)?, None),
            Curve::P384 => (with(&ECDSA_P384_SHA384_ASN1)?, Some(with(&ECDSA_P384_SHA256_ASN1)?)),
            Curve::P521 => (with(&ECDSA_P521_SHA512_ASN1)?, Some(with(&ECDSA_P521_SHA256_ASN1)?)),
        };
        Ok(Self { curve, key, with_sha256 })
    }

    pub(super) fn algorithm(&self) -> KeyAlgorithm {
        match self.curve {
            Curve::P256 => KeyAlgorithm::EcdsaP256,
            Curve::P384 => KeyAlgorithm::EcdsaP384,
            Curve::P521 => KeyAlgorithm::EcdsaP521,
        }
    }

    /// With the curve's own hash alone, as logs sign.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }

    pub(super) fn has_signed_hash(&self, algorithm: HashAlgorithm, hash: &[u8], signature: &[u8]) -> bool {
        let own = algorithm == self.algorithm().hash();
        let key = match algorithm {
            _ if own => Some(&self.key),
            HashAlgorithm::Sha256 => self.with_sha256.as_ref(),
            HashAlgorithm::Sha384 | HashAlgorithm::Sha512 => None,
        };
        let digest = digest::Digest::import_less_safe(hash, digest_algorithm(algorithm));
        key.is_some_and(|key| digest.is_ok_and(|digest| key.verify_digest_sig(&digest, signature).is_ok()))
    }
}

fn digest_algorithm(algorithm: HashAlgorithm) -> &'static digest::Algorithm {
    match algorithm {
        HashAlgorithm::Sha256 => &digest::SHA256,
        HashAlgorithm::Sha384 => &digest::SHA384,
        HashAlgorithm::Sha512 => &digest::SHA512,
    }
}
