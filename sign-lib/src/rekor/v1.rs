//! Rekor v1 (sigstore/rekor, `openapi.yaml`): `hashedrekord` 0.0.1 for artifacts, `dsse` 0.0.1 for envelopes.

use super::{Checkpoint, KindVersion, LogEntry, LogId, Promise, Proof, malformed, signer_pem};
use crate::{
    budget,
    bundle::{self, Over, Signed},
    sigstore::{Part, Share, SigstoreError, ask, fetch},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_transport::{Reply, Request, Service};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

const ENTRIES: &str = "/api/v1/log/entries";

/// By its UUID.
type Answer = BTreeMap<String, Entry>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    body: String,
    integrated_time: u64,
    #[serde(rename = "logID")]
    log_id: String,
    log_index: u64,
    verification: Verification,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verification {
    inclusion_proof: InclusionProof,
    signed_entry_timestamp: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InclusionProof {
    checkpoint: String,
    hashes: Vec<String>,
    log_index: u64,
    root_hash: String,
    tree_size: u64,
}

pub(super) fn log(service: &Service, signed: &Signed<'_>, share: Share) -> Result<LogEntry, SigstoreError> {
    let broken = |reason: &str| malformed(service, reason);
    let kind = proposed(signed).map_err(|error| broken(&error))?;
    let body = serde_json::to_vec(&kind).map_err(|error| broken(&error.to_string()))?;
    let request = |body| Request {
        content_type: Some("application/json"),
        accept: Some("application/json"),
        body: Zeroizing::new(body),
        ..share.request(budget::LOG_ANSWER_BYTES)
    };
    let mut reply = ask(Part::Log, service, ENTRIES, &request(body))?;
    if reply.status == 409 {
        let path = existing(&reply).ok_or_else(|| broken("a conflict with an entry that it does not name"))?;
        reply = fetch(Part::Log, service, &path, &request(Vec::new()))?;
    }
    if !reply.is_success() {
        return Err(SigstoreError::refused(Part::Log, service.url(), &reply));
    }
    parse(&reply.body).map_err(|reason| broken(&reason))
}

/// Where the entry is that was there already: the last part of the address that the answer names, if it is a UUID.
fn existing(reply: &Reply) -> Option<String> {
    let uuid = reply.header("location")?.rsplit('/').next()?;
    // A tree's id of 16 digits may precede the hash.
    let is_uuid = matches!(uuid.len(), 64 | 80) && uuid.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_uuid.then(|| format!("{ENTRIES}/{uuid}"))
}

fn proposed(signed: &Signed<'_>) -> Result<Value, String> {
    let signer = STANDARD.encode(signer_pem(signed.by).as_bytes());
    Ok(match &signed.over {
        Over::Artifact(hash) => {
            let value: String = hash.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            json!({
                "apiVersion": "0.0.1", "kind": "hashedrekord",
                "spec": {
                    "data": { "hash": { "algorithm": hash.algorithm().to_string(), "value": value } },
                    "signature": { "content": STANDARD.encode(&signed.signature), "publicKey": { "content": signer } },
                },
            })
        }
        Over::Payload(payload) => {
            let envelope = serde_json::to_string(&bundle::envelope(payload, &signed.signature));
            let envelope = envelope.map_err(|error| error.to_string())?;
            json!({
                "apiVersion": "0.0.1", "kind": "dsse",
                "spec": { "proposedContent": { "envelope": envelope, "verifiers": [signer] } },
            })
        }
    })
}

/// The one entry of the answer, in the form of a bundle.
fn parse(body: &[u8]) -> Result<LogEntry, String> {
    let answer: Answer = bulla_verify::json::from_slice(body).map_err(|error| bulla_verify::json::reason(&error))?;
    let [entry] = <[Entry; 1]>::try_from(answer.into_values().collect::<Vec<_>>()).map_err(|_| "not one entry")?;
    let kind_version = kind_of(&entry.body).ok_or("an entry without a kind and version")?;
    let base64 = |hex: &str| unhex(hex).map(|bytes| STANDARD.encode(bytes)).ok_or("a hash that is not hex");
    let proof = entry.verification.inclusion_proof;
    Ok(LogEntry {
        log_index: Some(entry.log_index.to_string()),
        log_id: LogId { key_id: base64(&entry.log_id)? },
        kind_version,
        integrated_time: Some(entry.integrated_time.to_string()),
        inclusion_promise: Some(Promise { signed_entry_timestamp: entry.verification.signed_entry_timestamp }),
        inclusion_proof: Proof {
            log_index: Some(proof.log_index.to_string()),
            root_hash: base64(&proof.root_hash)?,
            tree_size: proof.tree_size.to_string(),
            hashes: proof.hashes.iter().map(|hash| base64(hash)).collect::<Result<_, _>>()?,
            checkpoint: Checkpoint { envelope: proof.checkpoint },
        },
        canonicalized_body: entry.body,
    })
}

fn kind_of(body: &str) -> Option<KindVersion> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Kind {
        kind: String,
        api_version: String,
    }
    let body = STANDARD.decode(body).ok()?;
    let Kind { kind, api_version: version } = bulla_verify::json::from_slice(&body).ok()?;
    Some(KindVersion { kind, version })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_whole_or_not_at_all() {
        assert_eq!(unhex("00fF7a"), Some(vec![0, 0xff, 0x7a]));
        assert_eq!((unhex("0"), unhex("0g"), unhex("")), (None, None, Some(Vec::new())));
    }
}
