//! ECDSA on P-256, P-384 and P-521 (FIPS 186-5), signatures in ASN.1.

use super::{KeyError, Pkcs8};
use aws_lc_rs::{
    digest,
    encoding::AsDer,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, KeyPair,
    },
};
use bulla_verify::VerifyingKey;
use zeroize::Zeroizing;

#[derive(Clone, Copy)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

pub(super) struct EcdsaKey {
    curve: Curve,
    pair: EcdsaKeyPair,
}

impl Curve {
    /// By its identifier (RFC 5480, section 2.1.1.1).
    pub(super) fn from_oid(oid: &[u8]) -> Option<Self> {
        match oid {
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07] => Some(Self::P256),
            [0x2b, 0x81, 0x04, 0x00, 0x22] => Some(Self::P384),
            [0x2b, 0x81, 0x04, 0x00, 0x23] => Some(Self::P521),
            _ => None,
        }
    }

    fn algorithm(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
            Self::P384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
            Self::P521 => &ECDSA_P521_SHA512_ASN1_SIGNING,
        }
    }

    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::P256 => &digest::SHA256,
            Self::P384 => &digest::SHA384,
            Self::P521 => &digest::SHA512,
        }
    }
}

impl EcdsaKey {
    pub(super) fn generate(curve: Curve) -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::generate(curve.algorithm()).map_err(|_| super::GENERATION)?;
        Ok(Self { curve, pair })
    }

    /// From PKCS#8 or SEC1; the two halves of the key must belong together.
    pub(super) fn parse(curve: Curve, der: &[u8]) -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::from_private_key_der(curve.algorithm(), der);
        let pair = pair.map_err(|_| KeyError::Malformed { reason: "not a consistent elliptic-curve key" })?;
        Ok(Self { curve, pair })
    }

    pub(super) fn verifying_key(&self) -> Result<VerifyingKey, KeyError> {
        let spki = self.pair.public_key().as_der().map_err(|_| super::EXPORT)?;
        Ok(VerifyingKey::from_spki_der(spki.as_ref())?)
    }

    pub(super) fn to_pkcs8(&self) -> Result<Pkcs8, KeyError> {
        let pkcs8 = self.pair.to_pkcs8v1().map_err(|_| super::EXPORT)?;
        Ok(Zeroizing::new(pkcs8.as_ref().to_vec()))
    }

    /// Over a message by its hash, with SHA-256 for P-256, SHA-384 for P-384 and SHA-512 for P-521.
    pub(super) fn sign_hash(&self, hash: &[u8]) -> Result<Vec<u8>, KeyError> {
        let digest = digest::Digest::import_less_safe(hash, self.curve.digest()).map_err(|_| super::SIGNING)?;
        let signature = self.pair.sign_digest(&digest).map_err(|_| super::SIGNING)?;
        Ok(signature.as_ref().to_vec())
    }
}
