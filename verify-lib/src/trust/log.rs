//! A log that may vouch: a transparency log or a certificate log.

use super::{Voucher, wire};
use crate::{Time, VerifyError, VerifyingKey, Window, digest, encoding, hash::Pieces};

/// A log's id, key, name and window: one value, never taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    id: [u8; 32],
    id_hex: String,
    name: String,
    voucher: Voucher,
    key: VerifyingKey,
    window: Window,
}

impl Log {
    /// Nothing for a key of an algorithm that is not supported: a root may list logs of tomorrow beside those of today,
    /// and whatever such a log vouches for is refused as unknown.
    pub(super) fn from_wire(wire: wire::Log) -> Result<Option<Self>, VerifyError> {
        let malformed = |reason: String| VerifyError::TrustedRootMalformed { reason };
        let name = wire.base_url;
        let spki = encoding::from_base64(&wire.public_key.raw_bytes)
            .ok_or_else(|| malformed(format!("the key of the log `{name}` is not base64")))?;
        let id = encoding::from_base64(&wire.log_id.key_id).and_then(|id| id.try_into().ok());
        let id = id.ok_or_else(|| malformed(format!("the id of the log `{name}` is not 32 bytes")))?;
        if wire.public_key.key_details.starts_with(BARE_RSA) {
            return Ok(None);
        }
        let window = super::root::window(wire.public_key.valid_for, &name)?;
        match VerifyingKey::from_spki_der(&spki) {
            Ok(key) => Ok(Some(Self {
                id,
                id_hex: digest::to_hex(&id),
                name,
                voucher: Voucher::new(wire.operator, id),
                key,
                window,
            })),
            Err(error) if error.code() == "unsupported-key" => Ok(None),
            Err(error) => Err(malformed(format!("the key of the log `{name}`: {error}"))),
        }
    }

    /// Whether this is the log with that id.
    pub(crate) fn is(&self, id: &[u8; 32]) -> bool {
        self.id == *id
    }

    pub(crate) fn id(&self) -> [u8; 32] {
        self.id
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whom it counts as toward a threshold.
    pub(crate) fn voucher(&self) -> &Voucher {
        &self.voucher
    }

    /// The id in hex, as Rekor writes it.
    pub(crate) fn id_hex(&self) -> &str {
        &self.id_hex
    }

    /// The first four bytes of the id, by which a checkpoint's signature line points to its key.
    pub(crate) fn has_key_hint(&self, hint: [u8; 4]) -> bool {
        self.id.starts_with(&hint)
    }

    /// Whether the log has signed `message`, whenever that was.
    pub(crate) fn has_signed(&self, message: Pieces<'_>, signature: &[u8]) -> bool {
        self.key.has_signed_pieces(message, signature)
    }

    /// # Errors
    /// [`VerifyError::LogWindow`] if the log was not trusted at `time`.
    pub(crate) fn trusted_at(&self, time: Time) -> Result<(), VerifyError> {
        if self.window.contains(time) {
            Ok(())
        } else {
            Err(VerifyError::LogWindow { log: self.name.clone(), window: self.window, time })
        }
    }
}

/// Deprecated key details whose bytes are a bare RSAPublicKey, not a SubjectPublicKeyInfo (`sigstore_common.proto`).
const BARE_RSA: &str = "PKCS1_";
