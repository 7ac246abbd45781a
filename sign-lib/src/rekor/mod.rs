//! Transparency logs: an entry is sent, and what comes back is what a bundle carries.

mod tiles;
mod v1;
mod v2;

use crate::{
    bundle::{By, Signed},
    key::pem,
    sigstore::{Part, Share, SigstoreError},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_transport::Service;
use bulla_verify::TrustedRoot;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// An entry with its proof, as a bundle carries it (protobuf-specs, `sigstore_rekor.proto`, `TransparencyLogEntry`).
///
/// Holding one proves nothing but that the log answered so, and that our signature is in the body: the whole bundle's
/// verification does the rest.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogEntry {
    #[serde(default, skip_serializing_if = "is_zero")]
    log_index: Number,
    log_id: LogId,
    kind_version: KindVersion,
    #[serde(default, skip_serializing_if = "is_zero")]
    integrated_time: Number,
    #[serde(skip_serializing_if = "Option::is_none")]
    inclusion_promise: Option<Promise>,
    inclusion_proof: Proof,
    canonicalized_body: String,
}

/// 64 bits, which protobuf's JSON writes as text; nothing is zero.
type Number = Option<String>;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogId {
    key_id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KindVersion {
    kind: String,
    version: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Promise {
    signed_entry_timestamp: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Proof {
    #[serde(default, skip_serializing_if = "is_zero")]
    log_index: Number,
    root_hash: String,
    tree_size: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<String>,
    checkpoint: Checkpoint,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Checkpoint {
    envelope: String,
}

fn is_zero(number: &Number) -> bool {
    number.as_ref().is_none_or(|text| text == "0")
}

/// Where a log of Rekor v2 has its checkpoint (rekor-tiles, which serves C2SP `tlog-tiles` below `/api/v2`).
pub(crate) const CHECKPOINT: &str = "/api/v2/checkpoint";

/// The versions of Rekor's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

impl Version {
    /// As a signing configuration lists it.
    pub(crate) fn of(number: u32) -> Self {
        if number >= 2 { Self::V2 } else { Self::V1 }
    }
}

/// Puts a signature into the log. To ask again does no harm: a log has an entry once. `root` knows the log's name, where
/// the log does not say it.
pub(crate) fn log(
    service: &Service,
    version: Version,
    signed: &Signed<'_>,
    root: &TrustedRoot,
    share: Share,
) -> Result<LogEntry, SigstoreError> {
    let entry = match version {
        Version::V1 => v1::log(service, signed, share)?,
        Version::V2 => v2::log(service, signed, root, share)?,
    };
    if entry.holds(&signed.signature) { Ok(entry) } else { Err(SigstoreError::LogOtherEntry { what: "signature" }) }
}

impl LogEntry {
    /// Whether the signature is in its body, in the one form that every kind of entry has: base64 between quotes.
    fn holds(&self, signature: &[u8]) -> bool {
        let quoted = format!("\"{}\"", STANDARD.encode(signature));
        let body = STANDARD.decode(&self.canonicalized_body).unwrap_or_default();
        body.windows(quoted.len()).any(|window| window == quoted.as_bytes())
    }
}

/// Who signed, as a PEM block.
fn signer_pem(by: By<'_>) -> Zeroizing<String> {
    match by {
        By::Key(key) => Zeroizing::new(key.to_pem()),
        By::Certificate(certificate) => pem::write("CERTIFICATE", certificate.der()),
    }
}

fn malformed(service: &Service, reason: &str) -> SigstoreError {
    SigstoreError::Malformed { part: Part::Log, url: service.url().to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests;
