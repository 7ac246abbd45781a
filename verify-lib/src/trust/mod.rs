//! Whom we believe: keys, and the authorities of a trusted root.

mod authority;
mod log;
mod root;
mod wire;

pub(crate) use authority::{Authority, Issuer, validity};
pub(crate) use log::Log;
pub use root::TrustedRoot;

use crate::{VerifyingKey, signer::VerifiedSigner};

/// What verification starts from: public keys that are known, and a trusted root.
///
/// Being here makes nobody's signature acceptable: `policy` decides whose is asked for.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    keys: Vec<VerifyingKey>,
    root: Option<TrustedRoot>,
}

impl Trust {
    /// Nobody is believed: everything refuses.
    pub fn nobody() -> Self {
        Self::default()
    }

    /// This key too.
    #[must_use]
    pub fn with_key(mut self, key: VerifyingKey) -> Self {
        if !self.keys.contains(&key) {
            self.keys.push(key);
        }
        self
    }

    /// This root, instead of one given before.
    #[must_use]
    pub fn with_root(mut self, root: TrustedRoot) -> Self {
        self.root = Some(root);
        self
    }

    pub(crate) fn keys(&self) -> &[VerifyingKey] {
        &self.keys
    }

    pub(crate) fn root(&self) -> Option<&TrustedRoot> {
        self.root.as_ref()
    }

    pub(crate) fn logs(&self) -> &[Log] {
        self.root.as_ref().map_or(&[], TrustedRoot::logs)
    }
}

/// How many distinct authorities have to vouch, by the kind of signer.
///
/// There is no default: a preset is named by what it demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    logs: usize,
    pub(crate) times: usize,
    pub(crate) scts: usize,
    logs_for_keys: usize,
}

impl Need {
    /// A certificate needs one log, one time and one certificate log (SCT), as Sigstore's public instance gives; a key
    /// needs none of them, but a log entry that the trusted root's logs should have made must still be right.
    pub fn sigstore() -> Self {
        Self { logs: 1, times: 1, scts: 1, logs_for_keys: 0 }
    }

    /// As [`Need::sigstore`], and the signatures of keys are in a log too.
    pub fn always_logged() -> Self {
        Self { logs_for_keys: 1, ..Self::sigstore() }
    }
    pub(crate) fn logs_for(&self, signer: &VerifiedSigner) -> usize {
        match signer {
            VerifiedSigner::Key(_) => self.logs_for_keys,
            VerifiedSigner::Certificate(_) => self.logs,
        }
    }
}
