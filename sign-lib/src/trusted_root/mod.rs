//! Making a `trusted_root.json` (v0.1) out of keys and certificates: for an instance of one's own.
//!
//! A [`Draft`] takes the authorities one by one. What it writes has passed [`bulla_verify::TrustedRoot::parse`], as everything
//! that this crate writes has passed `bulla-verify`; cosign loads it too.

mod certificate;
mod doctor;
mod wire;

pub use doctor::{Listed, LogIdOf, Probe, Role, list, probe};

use crate::{budget, error::shown, key::der};
use bulla_verify::{Digest, KeyAlgorithm, Need, Time, TrustedRoot, VerifyError, VerifyingKey};
use certificate::Facts;
use rustls_pki_types::{CertificateDer, pem::PemObject};

/// Why something cannot be part of a trusted root.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// Not a PEM file of certificates, the one that issues (or signs timestamps) first.
    #[error("the certificates of `{url}` cannot be read: {why}")]
    Chain {
        /// Whose.
        url: String,
        /// What is wrong with them.
        why: String,
    },
    /// A window that ends before it begins.
    #[error("`{url}` is trusted from {start}, and only until {end}")]
    Window {
        /// Whose.
        url: String,
        /// From when on.
        start: Time,
        /// Until when.
        end: Time,
    },
    /// An address that is none.
    #[error("not an address of a service: `{url}`")]
    Address {
        /// What was given, shortened.
        url: String,
    },
    /// An origin that no checkpoint can have.
    #[error("not an origin of a log: `{origin}`")]
    Origin {
        /// What was given, shortened.
        origin: String,
    },
    /// A key that a log cannot have.
    #[error("a log cannot have this key: {algorithm}{why}")]
    LogKey {
        /// What kind it is.
        algorithm: KeyAlgorithm,
        /// Why it cannot, if that is not plain.
        why: &'static str,
    },
    /// Nobody is trusted.
    #[error("a trusted root without any authority")]
    Empty,
    /// What was made, the verifier refuses.
    #[error("the verifier refuses this trusted root: {0}")]
    Refused(#[from] VerifyError),
}

impl DraftError {
    /// A stable name for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Chain { .. } => "draft-chain",
            Self::Window { .. } => "draft-window",
            Self::Address { .. } => "draft-address",
            Self::Origin { .. } => "draft-origin",
            Self::LogKey { .. } => "draft-log-key",
            Self::Empty => "draft-empty",
            Self::Refused(error) => error.code(),
        }
    }

    /// What to do next, where there is something to do.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Chain { .. } => Some("give one PEM file with the whole chain, the root last"),
            Self::Window { .. } => Some("see the certificate's own dates, and the order of the two"),
            Self::Address { .. } => Some("addresses begin with `https://`, or with `http://` on this machine"),
            Self::Origin { .. } => {
                Some("the origin is the first line of the log's checkpoint, such as `log.example.com`")
            }
            Self::LogKey { .. } => Some("logs of Rekor v2 sign with Ed25519 or ECDSA"),
            Self::Empty => Some("name at least one authority, log or timestamp authority"),
            Self::Refused(error) => Some(error.hint()),
        }
    }
}

/// From when on, and until when, somebody is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trusted {
    /// From when on; without it, as long as every certificate of the chain has been valid.
    pub from: Option<Time>,
    /// Until when; without it, for ever.
    pub until: Option<Time>,
}

/// A log: of transparency (Rekor), or of certificates.
#[derive(Debug, Clone)]
pub struct NewLog {
    /// Where it is.
    pub url: String,
    /// Its public key.
    pub key: VerifyingKey,
    /// For Rekor v2, the first line of its checkpoints: it is part of the log's id. For Rekor v1 and certificate logs, nothing.
    pub origin: Option<String>,
    /// Who runs it: logs of one operator count as one.
    pub operator: Option<String>,
    /// From when on; what it logged earlier counts for nothing.
    pub from: Time,
    /// Until when; without it, for ever.
    pub until: Option<Time>,
}

/// An authority: it issues certificates (Fulcio), or timestamps.
#[derive(Debug, Clone)]
pub struct NewAuthority<'a> {
    /// Where it is.
    pub url: String,
    /// PEM: the certificate that issues or signs timestamps, then the one that issued it, up to the root.
    pub chain: &'a [u8],
    /// Who runs it: timestamp authorities of one operator count as one.
    pub operator: Option<String>,
    /// When it is trusted.
    pub trusted: Trusted,
}

/// A trusted root in the making.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    root: wire::Root,
}

impl Draft {
    /// Nobody is trusted yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// This log of signatures too.
    ///
    /// # Errors
    /// [`DraftError`] for a log that cannot be.
    pub fn with_log(mut self, log: &NewLog) -> Result<Self, DraftError> {
        self.root.tlogs.push(wire_log(log)?);
        Ok(self)
    }

    /// This log of certificates too.
    ///
    /// # Errors
    /// [`DraftError`] for a log that cannot be.
    pub fn with_certificate_log(mut self, log: &NewLog) -> Result<Self, DraftError> {
        self.root.ctlogs.push(wire_log(log)?);
        Ok(self)
    }

    /// This authority for certificates too.
    ///
    /// # Errors
    /// [`DraftError`] for an authority that cannot be. Whether its certificates may issue, [`Draft::to_json`] asks.
    pub fn with_authority(mut self, authority: &NewAuthority<'_>) -> Result<Self, DraftError> {
        self.root.certificate_authorities.push(wire_authority(authority)?);
        Ok(self)
    }

    /// This authority for timestamps too.
    ///
    /// # Errors
    /// As [`Draft::with_authority`].
    pub fn with_timestamp_authority(mut self, authority: &NewAuthority<'_>) -> Result<Self, DraftError> {
        self.root.timestamp_authorities.push(wire_authority(authority)?);
        Ok(self)
    }

    /// The file. The verifier has read it.
    ///
    /// # Errors
    /// [`DraftError::Empty`]; [`DraftError::Refused`] for a chain that may not issue what it is for, and whatever else
    /// [`TrustedRoot::parse`] refuses.
    pub fn to_json(&self) -> Result<Vec<u8>, DraftError> {
        if self.root.is_empty() {
            return Err(DraftError::Empty);
        }
        let mut json = serde_json::to_vec_pretty(&self.root).unwrap_or_default();
        json.push(b'\n');
        TrustedRoot::parse(&json, Need::sigstore())?;
        Ok(json)
    }
}

fn wire_log(log: &NewLog) -> Result<wire::Log, DraftError> {
    check_address(&log.url)?;
    let valid_for = window(&log.url, log.from, log.until)?;
    Ok(wire::Log {
        base_url: log.url.clone(),
        hash_algorithm: "SHA2_256".to_owned(),
        public_key: wire::PublicKey {
            raw_bytes: wire::base64(log.key.spki_der()),
            key_details: key_details(&log.key)?.to_owned(),
            valid_for,
        },
        log_id: wire::LogId { key_id: wire::base64(log_id(&log.key, log.origin.as_deref())?.as_bytes()) },
        operator: log.operator.clone(),
    })
}

/// A log's id: the hash of its key (RFC 6962, 3.2; Rekor v1); under an origin what a signed note calls its key (C2SP
/// `signed-note`; for ECDSA, as Sigstore's notes have it, the hash of the key again).
fn log_id(key: &VerifyingKey, origin: Option<&str>) -> Result<Digest, DraftError> {
    let Some(origin) = origin else { return Ok(key.id()) };
    if origin.is_empty() || origin.len() > budget::ORIGIN_BYTES || origin.contains(char::is_control) {
        return Err(DraftError::Origin { origin: shown(origin) });
    }
    match key.algorithm() {
        KeyAlgorithm::Ed25519 => {
            let (_, raw) = key.spki_der().split_at(key.spki_der().len().saturating_sub(32));
            Ok(Digest::of(&[origin.as_bytes(), b"\n\x01", raw].concat()))
        }
        KeyAlgorithm::EcdsaP256 | KeyAlgorithm::EcdsaP384 | KeyAlgorithm::EcdsaP521 => Ok(key.id()),
        algorithm @ (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss) => {
            Err(DraftError::LogKey { algorithm, why: ", under an origin" })
        }
    }
}

/// Sigstore's registry of algorithms (`sigstore_common.proto`, `PublicKeyDetails`).
fn key_details(key: &VerifyingKey) -> Result<&'static str, DraftError> {
    match (key.algorithm(), der::rsa_bits(key.spki_der())) {
        (KeyAlgorithm::EcdsaP256, _) => Ok("PKIX_ECDSA_P256_SHA_256"),
        (KeyAlgorithm::EcdsaP384, _) => Ok("PKIX_ECDSA_P384_SHA_384"),
        (KeyAlgorithm::EcdsaP521, _) => Ok("PKIX_ECDSA_P521_SHA_512"),
        (KeyAlgorithm::Ed25519, _) => Ok("PKIX_ED25519"),
        (KeyAlgorithm::Rsa, Some(2048)) => Ok("PKIX_RSA_PKCS1V15_2048_SHA256"),
        (KeyAlgorithm::Rsa, Some(3072)) => Ok("PKIX_RSA_PKCS1V15_3072_SHA256"),
        (KeyAlgorithm::Rsa, Some(4096)) => Ok("PKIX_RSA_PKCS1V15_4096_SHA256"),
        (algorithm @ (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss), _) => {
            Err(DraftError::LogKey { algorithm, why: ", of a size or padding that no log has" })
        }
    }
}

fn wire_authority(authority: &NewAuthority<'_>) -> Result<wire::Authority, DraftError> {
    check_address(&authority.url)?;
    let malformed = |why: &str| DraftError::Chain { url: shown(&authority.url), why: why.to_owned() };
    let mut certificates = Vec::new();
    let mut facts = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(authority.chain) {
        let der = certificate.map_err(|_| malformed("not PEM"))?;
        facts.push(Facts::read(&der).ok_or_else(|| malformed("a block is not a certificate"))?);
        certificates.push(wire::Certificate { raw_bytes: wire::base64(&der) });
        if certificates.len() > budget::CHAIN_CERTIFICATES {
            return Err(malformed("more certificates than a chain has"));
        }
    }
    // From the certificate that came last: before that, some of the chain was not valid.
    let newest = facts.iter().map(|facts| facts.not_before).max().ok_or_else(|| malformed("no certificate"))?;
    let from = authority.trusted.from.unwrap_or(newest);
    let subject =
        facts.pop().map(|root| wire::Subject { organization: root.organization, common_name: root.common_name });
    Ok(wire::Authority {
        subject,
        uri: authority.url.clone(),
        cert_chain: wire::Chain { certificates },
        valid_for: window(&authority.url, from, authority.trusted.until)?,
        operator: authority.operator.clone(),
    })
}

fn window(url: &str, start: Time, end: Option<Time>) -> Result<wire::Window, DraftError> {
    if let Some(end) = end.filter(|end| *end < start) {
        return Err(DraftError::Window { url: shown(url), start, end });
    }
    Ok(wire::Window { start: start.to_string(), end: end.map(|end| end.to_string()) })
}

fn check_address(url: &str) -> Result<(), DraftError> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    let wrong = |c: char| c.is_control() || c.is_whitespace();
    if rest.is_empty() || rest.starts_with('/') || url.contains(wrong) || url.len() > budget::SERVICE_ADDRESS_BYTES {
        return Err(DraftError::Address { url: shown(url) });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
