//! RSA, 2048 to 4096 bits, PKCS#1 v1.5 with SHA-256 (RFC 8017, section 8.2).

use super::{KeyError, Pkcs8};
use aws_lc_rs::{
    digest,
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::KeySize,
    signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use bulla_verify::VerifyingKey;
use zeroize::Zeroizing;

pub(super) struct RsaKey(RsaKeyPair);

impl RsaKey {
    /// The identifier of the algorithm, `rsaEncryption` (RFC 8017, appendix C).
    pub(super) const OID: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

    /// 3072 bits: what NIST SP 800-57 asks for from 2031 on.
    pub(super) fn generate() -> Result<Self, KeyError> {
        RsaKeyPair::generate(KeySize::Rsa3072).map(Self).map_err(|_| super::GENERATION)
    }

    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        RsaKeyPair::from_pkcs8(der).map(Self).map_err(|_| INCONSISTENT)
    }

    pub(super) fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        RsaKeyPair::from_der(der).map(Self).map_err(|_| INCONSISTENT)
    }

    /// Its sizes are judged here: fewer than 2048 bits or more than 4096 are no [`VerifyingKey`].
    pub(super) fn verifying_key(&self) -> Result<VerifyingKey, KeyError> {
        let spki: PublicKeyX509Der<'_> = self.0.public_key().as_der().map_err(|_| super::EXPORT)?;
        Ok(VerifyingKey::from_spki_der(spki.as_ref())?)
    }

    pub(super) fn to_pkcs8(&self) -> Result<Pkcs8, KeyError> {
        let pkcs8: Pkcs8V1Der<'_> = self.0.as_der().map_err(|_| super::EXPORT)?;
        Ok(Zeroizing::new(pkcs8.as_ref().to_vec()))
    }

    /// Over a message by its SHA-256.
    pub(super) fn sign_hash(&self, hash: &[u8]) -> Result<Vec<u8>, KeyError> {
        let digest = digest::Digest::import_less_safe(hash, &digest::SHA256).map_err(|_| super::SIGNING)?;
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign_digest(&RSA_PKCS1_SHA256, &digest, &mut signature).map_err(|_| super::SIGNING)?;
        Ok(signature)
    }
}

const INCONSISTENT: KeyError = KeyError::Malformed { reason: "not a consistent RSA key of 2048 to 4096 bits" };
