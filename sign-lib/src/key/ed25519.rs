//! Ed25519 (RFC 8032): in its pure form for files and for envelopes, and in its prehashed form for what a log is told, since
//! Rekor v2 takes no other (`hashedrekord` 0.0.2), and Rekor v1 no other for files.
//!
//! cosign 3.1.3 signs envelopes with Ed25519ph, and then refuses its own signatures: its `verify` and
//! `verify-attestation` check the pure form alone. So that is what is written, and `bulla-verify` reads both.

use super::{KeyError, Pkcs8};
use aws_lc_rs::{
    encoding::{AsBigEndian, AsDer},
    signature::{Ed25519KeyPair, KeyPair},
};
use bulla_verify::VerifyingKey;
use sha2::digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update, consts::U64};
use zeroize::Zeroizing;

pub(super) struct Ed25519Key(Ed25519KeyPair);

impl Ed25519Key {
    /// The identifier of the algorithm (RFC 8410, section 3).
    pub(super) const OID: [u8; 3] = [0x2b, 0x65, 0x70];

    pub(super) fn generate() -> Result<Self, KeyError> {
        Ed25519KeyPair::generate().map(Self).map_err(|_| super::GENERATION)
    }

    /// From PKCS#8, version 1 or 2; a public half that is there must be the private one's.
    pub(super) fn parse(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8);
        pair.map(Self).map_err(|_| KeyError::Malformed { reason: "not a consistent Ed25519 key" })
    }

    pub(super) fn verifying_key(&self) -> Result<VerifyingKey, KeyError> {
        let spki = self.0.public_key().as_der().map_err(|_| super::EXPORT)?;
        Ok(VerifyingKey::from_spki_der(spki.as_ref())?)
    }

    /// Version 1, without the public half: the one form that Go reads.
    pub(super) fn to_pkcs8(&self) -> Result<Pkcs8, KeyError> {
        let pkcs8 = self.0.to_pkcs8v1().map_err(|_| super::EXPORT)?;
        Ok(Zeroizing::new(pkcs8.as_ref().to_vec()))
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self.0.try_sign(message).map_err(|_| super::SIGNING)?;
        Ok(signature.as_ref().to_vec())
    }

    /// Ed25519ph over a message by its SHA-512, with an empty context, as Sigstore's registry of algorithms has it.
    pub(super) fn sign_prehashed(&self, hash: &[u8]) -> Result<Vec<u8>, KeyError> {
        let seed = self.0.seed().and_then(|seed| seed.as_be_bytes()).map_err(|_| super::SIGNING)?;
        let key = ed25519_dalek::SigningKey::try_from(seed.as_ref()).map_err(|_| super::SIGNING)?;
        let hash = Prehashed(hash.try_into().map_err(|_| super::SIGNING)?);
        key.sign_prehashed(hash, None).map(|signature| signature.to_bytes().to_vec()).map_err(|_| super::SIGNING)
    }
}

/// A SHA-512 that was computed already, in the shape of a hasher, which is what `ed25519-dalek` asks for.
#[derive(Clone, Default)]
struct Prehashed(Output<Self>);

impl OutputSizeUser for Prehashed {
    type OutputSize = U64;
}

impl HashMarker for Prehashed {}

impl Update for Prehashed {
    fn update(&mut self, _: &[u8]) {}
}

impl FixedOutput for Prehashed {
    fn finalize_into(self, out: &mut Output<Self>) {
        *out = self.0;
    }
}
