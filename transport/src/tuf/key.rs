//! The keys of a role, and whether enough of them have signed.

use super::TufError;
use super::metadata::Envelope;
use crate::error::shown;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use bulla_verify::{KeyAlgorithm, VerifyingKey};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A key as metadata writes it (specification 4.2). Of other kinds, `keyval` has other fields.
#[derive(Deserialize)]
pub(super) struct WireKey {
    keytype: String,
    scheme: String,
    keyval: WireKeyValue,
}

#[derive(Deserialize)]
struct WireKeyValue {
    public: Option<String>,
}

/// Who may sign a role (specification 4.3 and 4.5): key identifiers are names, whatever they look like.
#[derive(Deserialize)]
pub(super) struct WireRole {
    pub(super) keyids: Vec<String>,
    pub(super) threshold: u64,
}

/// A key that signatures can be checked with, in the one scheme that its role names.
#[derive(Clone)]
struct Key {
    algorithm: &'static dyn VerificationAlgorithm,
    /// SubjectPublicKeyInfo, or the 32 bytes of an Ed25519 key.
    bytes: Vec<u8>,
}

/// Those who speak for one role, and how many of them have to.
#[derive(Clone)]
pub(super) struct Authority {
    keys: BTreeMap<String, Key>,
    threshold: usize,
}

impl Key {
    /// Nothing for kinds and schemes that are not read: such a key may be there, and counts for nothing.
    fn read(wire: &WireKey) -> Option<Self> {
        let public = wire.keyval.public.as_deref()?;
        let spki = |expected: KeyAlgorithm| {
            let key = VerifyingKey::from_pem(public).ok().filter(|key| key.algorithm() == expected)?;
            Some(key.spki_der().to_vec())
        };
        let (algorithm, bytes): (&'static dyn VerificationAlgorithm, _) =
            match (wire.keytype.as_str(), wire.scheme.as_str()) {
                ("ed25519", "ed25519") => (&ED25519, from_hex(public).filter(|key| key.len() == 32)?),
                // The second is what old roots write for the first.
                ("ecdsa" | "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256") => {
                    (&ECDSA_P256_SHA256_ASN1, spki(KeyAlgorithm::EcdsaP256)?)
                }
                ("rsa", "rsassa-pss-sha256") => (&RSA_PSS_2048_8192_SHA256, spki(KeyAlgorithm::Rsa)?),
                _ => return None,
            };
        Some(Self { algorithm, bytes })
    }

    fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        from_hex(signature).is_some_and(|signature| {
            UnparsedPublicKey::new(self.algorithm, &self.bytes).verify(message, &signature).is_ok()
        })
    }
}

impl Authority {
    /// The keys of `wire`, out of those that are declared beside it.
    pub(super) fn read(role: &str, wire: &WireRole, declared: &BTreeMap<String, WireKey>) -> Result<Self, TufError> {
        let threshold = usize::try_from(wire.threshold).ok().filter(|threshold| *threshold > 0);
        let threshold = threshold.ok_or_else(|| TufError::malformed(role, "a threshold below 1"))?;
        let mut names = BTreeSet::new();
        if !wire.keyids.iter().all(|name| names.insert(name)) {
            return Err(TufError::malformed(role, "one key identifier twice"));
        }
        let key = |name: &String| Some((name.clone(), Key::read(declared.get(name)?)?));
        Ok(Self { keys: wire.keyids.iter().filter_map(key).collect(), threshold })
    }

    /// Whether enough *distinct* keys have signed; one key under two names is one key. A signature that does not verify, or
    /// is not this role's, counts for nothing and spoils nothing.
    pub(super) fn vouches(&self, role: &str, envelope: &Envelope<'_>) -> Result<(), TufError> {
        let mut names = BTreeSet::new();
        if let Some(twice) = envelope.signatures.iter().find(|signature| !names.insert(&signature.keyid)) {
            return Err(TufError::DuplicateSignature { role: shown(role), key: shown(&twice.keyid) });
        }
        let signed_by = |signature: &super::metadata::Signature| {
            let key = self.keys.get(&signature.keyid)?;
            key.has_signed(&envelope.canonical, &signature.sig).then_some(&key.bytes)
        };
        let found = envelope.signatures.iter().filter_map(signed_by).collect::<BTreeSet<_>>().len();
        if found < self.threshold {
            return Err(TufError::RoleThreshold { role: shown(role), needed: self.threshold, found });
        }
        Ok(())
    }
}

/// Reads hex, in either case.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect();
    if rest.is_empty() { bytes } else { None }
}
