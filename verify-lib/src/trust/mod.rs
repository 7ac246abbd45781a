//! Whom we believe: keys, and the authorities of a trusted root.

mod authority;
mod chain;
mod log;
mod root;
mod timestamp_authority;
mod wire;

pub(crate) use authority::{Authority, Issuer};
pub(crate) use chain::validity;
pub(crate) use log::Log;
pub use root::TrustedRoot;
pub(crate) use timestamp_authority::TimestampAuthority;

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

    pub(crate) fn timestamp_authorities(&self) -> &[TimestampAuthority] {
        self.root.as_ref().map_or(&[], TrustedRoot::timestamp_authorities)
    }
}

/// Whom an authority counts as when authorities are counted: its operator where the root names one, or else itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Voucher {
    Operator(String),
    Authority([u8; 32]),
}

impl Voucher {
    fn new(operator: Option<String>, id: [u8; 32]) -> Self {
        operator.filter(|operator| !operator.is_empty()).map_or(Self::Authority(id), Self::Operator)
    }
}

/// How many different ones there are: every threshold is counted here (CVE-2026-49834: one log twice is one log).
pub(crate) fn distinct<'a>(vouchers: impl Iterator<Item = &'a Voucher>) -> usize {
    vouchers.collect::<std::collections::BTreeSet<_>>().len()
}

/// How many distinct authorities have to vouch, by the kind of signer.
///
/// There is no default: a preset is named by what it demands, and more can be asked for, never less.
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

    /// As many distinct authorities (or operators, where the root names them) have to have signed a time.
    #[must_use]
    pub fn with_times(self, times: usize) -> Self {
        Self { times: self.times.max(times), ..self }
    }

    /// A signature with a certificate has to be in as many distinct logs.
    #[must_use]
    pub fn with_logs(self, logs: usize) -> Self {
        Self { logs: self.logs.max(logs), ..self }
    }

    /// As many distinct certificate logs have to vouch for the certificate.
    #[must_use]
    pub fn with_scts(self, scts: usize) -> Self {
        Self { scts: self.scts.max(scts), ..self }
    }

    pub(crate) fn logs_for(&self, signer: &VerifiedSigner) -> usize {
        match signer {
            VerifiedSigner::Key(_) => self.logs_for_keys,
            VerifiedSigner::Certificate(_) => self.logs,
        }
    }
}
