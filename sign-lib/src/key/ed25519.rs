//! Ed25519 and Ed25519ph (RFC 8032).

use super::{KeyError, Pkcs8};
use aws_lc_rs::{
    encoding::{AsBigEndian, Curve25519SeedBin},
    signature::Ed25519KeyPair,
};
use bulla_verify::VerifyingKey;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

/// What comes before the seed in PKCS#8 version 1 (RFC 8410, section 7): the one form that Go reads.
const PKCS8_PREFIX: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
/// What comes before the public key in its SubjectPublicKeyInfo (RFC 8410, section 4).
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

/// Wiped when dropped, by `ed25519-dalek`.
pub(super) struct Ed25519Key(SigningKey);

impl Ed25519Key {
    /// The identifier of the algorithm (RFC 8410, section 3).
    pub(super) const OID: [u8; 3] = [0x2b, 0x65, 0x70];

    pub(super) fn generate() -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(|_| super::GENERATION)?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// From PKCS#8, version 1 or 2; a public half that is there must be the private one's.
    pub(super) fn parse(pkcs8: &[u8]) -> Result<Self, KeyError> {
        const MALFORMED: KeyError = KeyError::Malformed { reason: "not a consistent Ed25519 key" };
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| MALFORMED)?;
        let seed = pair.seed().map_err(|_| MALFORMED)?;
        let seed: Curve25519SeedBin<'_> = seed.as_be_bytes().map_err(|_| MALFORMED)?;
        let seed = Zeroizing::new(<[u8; 32]>::try_from(seed.as_ref()).map_err(|_| MALFORMED)?);
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    pub(super) fn verifying_key(&self) -> Result<VerifyingKey, KeyError> {
        let spki = [SPKI_PREFIX.as_slice(), self.0.verifying_key().as_bytes()].concat();
        Ok(VerifyingKey::from_spki_der(&spki)?)
    }

    pub(super) fn to_pkcs8(&self) -> Pkcs8 {
        Zeroizing::new([PKCS8_PREFIX.as_slice(), self.0.as_bytes()].concat())
    }

    /// Pure Ed25519: over the message itself.
    pub(super) fn sign_message(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).to_vec()
    }

    /// Ed25519ph without a context: over the message's SHA-512.
    pub(super) fn sign_prehashed(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self.0.sign_prehashed(Sha512::new_with_prefix(message), None).map_err(|_| super::SIGNING)?;
        Ok(signature.to_vec())
    }
}
