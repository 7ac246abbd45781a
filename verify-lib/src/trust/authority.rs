//! A certificate authority (Fulcio), with its whole chain.

use super::{
    chain::{self, Chain, Purpose},
    wire,
};
use crate::{Time, VerifyError, Window, x509::Certificate};
use sha2::{Digest as _, Sha256};

/// An authority that issues certificates for signing: its chain from the issuer to the root, and its window.
#[derive(Debug, Clone)]
pub(crate) struct Authority {
    chain: Chain,
    issuer: Issuer,
    window: Window,
}

/// What an SCT needs to know of the issuer that was verified (RFC 6962, 3.2): the SHA-256 of its public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Issuer {
    key_hash: [u8; 32],
}

impl Issuer {
    pub(crate) fn key_hash(&self) -> &[u8; 32] {
        &self.key_hash
    }
}

impl Authority {
    pub(super) fn from_wire(wire: wire::Authority) -> Result<Self, VerifyError> {
        let ders = wire.cert_chain.ders()?;
        let missing = || chain::malformed("is missing");
        let issuer = ders.first().map(|der| chain::parse(der)).ok_or_else(missing)??;
        Ok(Self {
            issuer: Issuer { key_hash: Sha256::digest(issuer.public_key).into() },
            chain: Chain::parse(&ders, Purpose::CodeSigning)?.ok_or_else(missing)?,
            window: super::root::window(wire.valid_for, "certificate authority")?,
        })
    }

    /// Whether it was trusted at every one of `times`.
    pub(crate) fn was_trusted_at(&self, mut times: impl Iterator<Item = Time>) -> bool {
        times.all(|time| self.window.contains(time))
    }

    /// The issuer of `leaf`, if it is this authority's, for signing code, and if the leaf and the whole chain were
    /// valid at every one of `times`.
    ///
    /// # Errors
    /// [`VerifyError::CertificateChain`] or [`VerifyError::CertificateWindow`].
    pub(crate) fn issued(
        &self,
        leaf: &Certificate<'_>,
        times: impl Iterator<Item = Time>,
    ) -> Result<Issuer, VerifyError> {
        let refused = |reason: String| VerifyError::CertificateChain { reason };
        let mut first = None;
        for time in times {
            self.window.includes("the authority", time)?;
            leaf.validity.includes("the signer's certificate", time)?;
            self.chain.windows().try_for_each(|window| window.includes("the issuer's certificate", time))?;
            first.get_or_insert(time);
        }
        // The path itself is the same at every time; the windows, all of them, were asked at each.
        let first = first.ok_or_else(|| refused("no time is established to judge it at".to_owned()))?;
        self.chain.issued(leaf.der, first).map_err(|error| refused(error.to_string()))?;
        Ok(self.issuer)
    }
}
