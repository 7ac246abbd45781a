//! Ed25519 and Ed25519ph (RFC 8032), strictly: no small-order points, no malleable signatures.

use super::KeyError;
use crate::HashValue;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update, consts::U64};

#[derive(Clone)]
pub(super) struct Ed25519Key(VerifyingKey);

impl Ed25519Key {
    pub(super) fn parse(bits: &[u8]) -> Result<Self, KeyError> {
        let bytes = bits.try_into().map_err(|_| KeyError::Malformed)?;
        VerifyingKey::from_bytes(bytes).map(Self).map_err(|_| KeyError::Malformed)
    }

    pub(super) fn has_signed_pure(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }

    /// The hash is the message's SHA-512, which alone has 64 bytes; the context is empty, as in Sigstore's registry of
    /// algorithms.
    pub(super) fn has_signed_prehashed(&self, hash: &HashValue, signature: &[u8]) -> bool {
        let (Ok(signature), Some(hash)) = (Signature::from_slice(signature), Prehashed::new(hash.as_bytes())) else {
            return false;
        };
        self.0.verify_prehashed_strict(hash, None, &signature).is_ok()
    }
}

/// A SHA-512 that was computed already, in the shape of a hasher, which is what `ed25519-dalek` asks for.
#[derive(Clone, Default)]
struct Prehashed(Output<Self>);

impl Prehashed {
    fn new(hash: &[u8]) -> Option<Self> {
        hash.try_into().ok().map(Self)
    }
}

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
