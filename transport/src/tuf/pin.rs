//! What metadata says about a file: its version, length and hashes.

use super::TufError;
use crate::error::shown;
use bulla_verify::HashAlgorithm;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a file has to be. Of metadata the version is always known, of a target the length and a hash.
#[derive(Clone)]
pub(super) struct Pin {
    /// 0 for a target, which has none.
    pub(super) version: u64,
    pub(super) length: Option<u64>,
    hashes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
pub(super) struct WirePin {
    version: Option<u64>,
    length: Option<u64>,
    hashes: Option<BTreeMap<String, String>>,
}

impl WirePin {
    /// Of metadata (specification 4.4, 4.6): length and hashes may be left out.
    pub(super) fn read(self, role: &str) -> Result<Pin, TufError> {
        let version = self.version.filter(|version| *version > 0);
        let version = version.ok_or_else(|| TufError::malformed(role, "a file without a version"))?;
        Ok(Pin { version, length: self.length, hashes: self.hashes.unwrap_or_default() })
    }

    /// Of a target (specification 4.5): it has a length, and hashes.
    pub(super) fn read_target(self, role: &str) -> Result<Pin, TufError> {
        let hashes = self.hashes.filter(|hashes| !hashes.is_empty());
        let hashes = hashes.ok_or_else(|| TufError::malformed(role, "a target without hashes"))?;
        let length = self.length.ok_or_else(|| TufError::malformed(role, "a target without a length"))?;
        Ok(Pin { version: 0, length: Some(length), hashes })
    }
}

impl Pin {
    /// The bytes have this length and every hash that is known; if hashes are given, one has to be.
    pub(super) fn check(&self, file: &str, bytes: &[u8]) -> Result<(), TufError> {
        if let Some(expected) = self.length.filter(|length| usize::try_from(*length) != Ok(bytes.len())) {
            return Err(TufError::AnnouncedLength { file: shown(file), expected, found: bytes.len() });
        }
        let mut known = 0;
        for (name, hex) in &self.hashes {
            let Some(algorithm) = algorithm(name) else { continue };
            known += 1;
            let found = algorithm.hash(bytes).to_string();
            let expected = format!("{name}:{hex}");
            if !found.eq_ignore_ascii_case(&expected) {
                return Err(TufError::AnnouncedHash { file: shown(file), expected: shown(&expected), found });
            }
        }
        if known == 0 && !self.hashes.is_empty() {
            return Err(TufError::NoKnownHash { file: shown(file) });
        }
        Ok(())
    }

    /// The hash that names a target's file in a repository with consistent snapshots; as it is written, once it is hex.
    pub(super) fn name_hash(&self, file: &str) -> Result<&str, TufError> {
        let known = self.hashes.iter().filter(|(name, _)| algorithm(name).is_some());
        let mut hex = known.map(|(_, hex)| hex.as_str()).filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
        hex.next().ok_or_else(|| TufError::NoKnownHash { file: shown(file) })
    }
}

fn algorithm(name: &str) -> Option<HashAlgorithm> {
    match name {
        "sha256" => Some(HashAlgorithm::Sha256),
        "sha512" => Some(HashAlgorithm::Sha512),
        _ => None,
    }
}
