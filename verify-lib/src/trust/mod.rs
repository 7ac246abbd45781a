//! Whom we believe: keys, and the authorities of a trusted root.

mod authority;
mod chain;
#[cfg(test)]
mod limbo;
mod log;
mod root;
mod timestamp_authority;
mod wire;

pub(crate) use authority::{Authority, Issuer};
pub(crate) use log::Log;
pub use root::TrustedRoot;
pub(crate) use timestamp_authority::TimestampAuthority;

use crate::VerifyingKey;

/// What verification starts from: public keys that are known, and trusted roots.
///
/// Being here makes nobody's signature acceptable: `policy` decides whose is asked for.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    keys: Vec<VerifyingKey>,
    logs_for_keys: usize,
    roots: Vec<TrustedRoot>,
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

    /// The signatures of keys have to be in as many distinct logs of the roots. Without this a key needs none, but an entry
    /// in a log that a root lists has to be right.
    #[must_use]
    pub fn with_logs_for_keys(self, logs: usize) -> Self {
        Self { logs_for_keys: self.logs_for_keys.max(logs), ..self }
    }

    /// This root too. A certificate is verified under exactly one root: its authority, logs and times are never of two.
    #[must_use]
    pub fn with_root(mut self, root: TrustedRoot) -> Self {
        self.roots.push(root);
        self
    }

    pub(crate) fn keys(&self) -> &[VerifyingKey] {
        &self.keys
    }

    pub(crate) fn roots(&self) -> &[TrustedRoot] {
        &self.roots
    }

    pub(crate) fn logs_for_keys(&self) -> usize {
        self.logs_for_keys
    }
}

/// Whom an authority counts as when authorities are counted: its operator where the root names one, or else itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Voucher {
    Operator(String),
    Authority([u8; 32]),
}

impl Voucher {
    fn new(operator: Option<String>, id: [u8; 32]) -> Self {
        operator.filter(|operator| !operator.is_empty()).map_or(Self::Authority(id), Self::Operator)
    }
}

/// How many different ones there are: every threshold is counted here (CVE-2026-49834: one log twice is one log). Budgets
/// keep them few.
pub(crate) fn distinct<'a>(vouchers: impl Iterator<Item = &'a Voucher> + Clone) -> usize {
    let seen_before = |at: usize, voucher| vouchers.clone().take(at).any(|other| other == voucher);
    vouchers.clone().enumerate().filter(|(at, voucher)| !seen_before(*at, *voucher)).count()
}

/// How many distinct authorities have to vouch for a signature with a certificate: what a root demands.
///
/// There is no default: a preset is named by whose instance needs it, and more can be asked for, never less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    pub(crate) logs: usize,
    pub(crate) times: usize,
    pub(crate) scts: usize,
}

impl Need {
    /// One log, one time and one certificate log (SCT), as Sigstore's public instance gives.
    pub fn sigstore() -> Self {
        Self { logs: 1, times: 1, scts: 1 }
    }

    /// One time, of a timestamp authority: GitHub's instance, for private repositories, has no public logs.
    pub fn github() -> Self {
        Self { logs: 0, times: 1, scts: 0 }
    }

    /// How many distinct logs have to hold an entry.
    pub fn logs(self) -> usize {
        self.logs
    }

    /// How many distinct authorities have to have signed a time.
    pub fn times(self) -> usize {
        self.times
    }

    /// How many distinct certificate logs have to vouch for the certificate.
    pub fn scts(self) -> usize {
        self.scts
    }

    /// Of each the more.
    pub(crate) fn and(self, more: Self) -> Self {
        self.with_logs(more.logs).with_times(more.times).with_scts(more.scts)
    }

    /// As many distinct logs (or operators, where the root names them) have to hold an entry.
    #[must_use]
    pub fn with_logs(self, logs: usize) -> Self {
        Self { logs: self.logs.max(logs), ..self }
    }

    /// As many distinct authorities (or operators) have to have signed a time.
    #[must_use]
    pub fn with_times(self, times: usize) -> Self {
        Self { times: self.times.max(times), ..self }
    }

    /// As many distinct certificate logs (or operators) have to vouch for the certificate.
    #[must_use]
    pub fn with_scts(self, scts: usize) -> Self {
        Self { scts: self.scts.max(scts), ..self }
    }
}
