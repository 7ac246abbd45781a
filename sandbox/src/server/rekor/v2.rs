//! Rekor v2: hashes of artifacts, in tiles.

use super::{
    super::{
        Shared,
        grpc::{Code, Status},
        ledger::{Added, Entry},
    },
    proof,
    tiles::Tile,
};
use crate::{
    budget,
    http::{Answer, Body, Call},
    sigstore::{
        Flaw,
        holder::Holder,
        log::{checkpoint, log_id},
        protobuf_name,
        reader::Certificate,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{HashAlgorithm, KeyAlgorithm, json};
use serde::Deserialize;
use serde_json::{Value, json};

/// Answers what is asked of the log; nothing where it is asked of another part.
pub(crate) fn answer(shared: &Shared, call: &Call) -> Option<Answer> {
    let answered = match (call.method.as_str(), call.path.as_str()) {
        ("POST", "/api/v2/log/entries") => create(shared, call),
        ("GET" | "HEAD", "/api/v2/checkpoint") => published(shared),
        ("GET" | "HEAD", path) => tile(shared, path.strip_prefix("/api/v2/tile/")?),
        _ => return None,
    };
    Some(answered.unwrap_or_else(|status| status.answer()))
}

/// `rekor_service.proto`, `CreateEntryRequest`; in JSON either spelling of a field's name will do.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Request {
    #[serde(alias = "hashed_rekord_request_v002")]
    hashed_rekord_request_v002: Option<HashedRekord>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HashedRekord {
    digest: String,
    signature: Signature,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    content: String,
    verifier: Verifier,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Verifier {
    #[serde(alias = "public_key")]
    public_key: Option<Raw>,
    #[serde(alias = "x509_certificate")]
    x509_certificate: Option<Raw>,
    #[serde(alias = "key_details")]
    key_details: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Raw {
    #[serde(alias = "raw_bytes")]
    raw_bytes: String,
}

const INVALID: &str = "invalid hashedrekord request";

fn invalid() -> Status {
    Status::new(Code::InvalidArgument, INVALID)
}

fn create(shared: &Shared, call: &Call) -> Result<Answer, Status> {
    if call.body.bytes().len() > budget::SIGSTORE_BYTES {
        return Err(Status::new(Code::ResourceExhausted, "the request is larger than 4 MiB"));
    }
    let request: Request = json::from_slice(call.body.bytes())
        .map_err(|error| Status::new(Code::InvalidArgument, json::reason(&error)))?;
    let Some(request) = request.hashed_rekord_request_v002 else {
        return Err(Status::new(Code::InvalidArgument, "invalid type, must be hashedrekord"));
    };
    let body = canonical(shared, &request)?;
    let entry = Entry::new(shared.now().unix(), body.as_bytes());
    if entry.body.len() > budget::ENTRY_BYTES {
        return Err(invalid());
    }
    match shared.rekor.add(&entry, &shared.stop)? {
        Added::New { index, size } => Ok(Answer::json(201, &logged(shared, index, size, &body)?)),
        Added::Known { index } => {
            let message = format!("an equivalent entry already exists in the transparency log with index {index}");
            Ok(Status::new(Code::AlreadyExists, message).answer().with("x-log-index", index.to_string()))
        }
        Added::Full => Err(Status::new(Code::ResourceExhausted, "the sandbox has no room for this")),
    }
}

/// The entry that goes into the log, once the signature is verified: canonical JSON (RFC 8785).
fn canonical(shared: &Shared, request: &HashedRekord) -> Result<String, Status> {
    let decoded = |text: &str| STANDARD.decode(text).map_err(|_| invalid());
    let (digest, content) = (decoded(&request.digest)?, decoded(&request.signature.content)?);
    let verifier = &request.signature.verifier;
    let (field, raw, holder) = match (&verifier.public_key, &verifier.x509_certificate) {
        (Some(key), None) => {
            let der = decoded(&key.raw_bytes)?;
            let holder = Holder::from_spki(&der);
            ("publicKey", der, holder)
        }
        (None, Some(certificate)) => {
            let der = decoded(&certificate.raw_bytes)?;
            let holder = Certificate::parse(&der).and_then(|certificate| Holder::from_spki(certificate.spki));
            ("x509Certificate", der, holder)
        }
        _ => return Err(invalid()),
    };
    let holder = holder.ok_or_else(invalid)?;
    let hash = hash(&verifier.key_details, holder.algorithm()).ok_or_else(invalid)?;
    if !holder.has_signed_digest(hash, &digest, &content) {
        return Err(invalid());
    }
    let digest = match shared.flaw() {
        Some(Flaw::EntryOfAnotherArtifact) => hash.hash(b"another").as_bytes().to_vec(),
        _ => digest,
    };
    let body = json!({ "apiVersion": "0.0.2", "kind": "hashedrekord", "spec": { "hashedRekordV002": {
        "data": { "algorithm": protobuf_name(hash), "digest": STANDARD.encode(digest) },
        "signature": { "content": STANDARD.encode(content), "verifier": {
            "keyDetails": verifier.key_details, field: { "rawBytes": STANDARD.encode(raw) },
        } },
    } } });
    Ok(body.to_string())
}

/// The hash of a kind of signature that the log takes, if it fits the key (`sigstore_common.proto`, `PublicKeyDetails`).
/// Plain Ed25519 is not over a digest, so it cannot be verified here.
fn hash(details: &str, key: KeyAlgorithm) -> Option<HashAlgorithm> {
    match (details, key) {
        ("PKIX_ECDSA_P256_SHA_256", KeyAlgorithm::EcdsaP256) => Some(HashAlgorithm::Sha256),
        ("PKIX_ECDSA_P384_SHA_384", KeyAlgorithm::EcdsaP384) => Some(HashAlgorithm::Sha384),
        ("PKIX_ECDSA_P521_SHA_512", KeyAlgorithm::EcdsaP521) => Some(HashAlgorithm::Sha512),
        ("PKIX_ED25519_PH", KeyAlgorithm::Ed25519) => Some(HashAlgorithm::Sha512),
        (
            "PKIX_RSA_PKCS1V15_2048_SHA256" | "PKIX_RSA_PKCS1V15_3072_SHA256" | "PKIX_RSA_PKCS1V15_4096_SHA256",
            KeyAlgorithm::Rsa,
        ) => Some(HashAlgorithm::Sha256),
        _ => None,
    }
}

/// The TransparencyLogEntry, with the fields that the real one leaves at their defaults.
fn logged(shared: &Shared, index: usize, size: usize, body: &str) -> Result<Value, Status> {
    let proof = proof(shared, &shared.rekor, index, size)?;
    let hashes: Vec<_> = proof.path.iter().map(|hash| STANDARD.encode(hash)).collect();
    Ok(json!({
        "logIndex": index.to_string(),
        "logId": { "keyId": STANDARD.encode(log_id(&shared.keys.rekor, ORIGIN)) },
        "kindVersion": { "kind": "hashedrekord", "version": "0.0.2" },
        "integratedTime": "0",
        "inclusionPromise": null,
        "inclusionProof": {
            "logIndex": index.to_string(),
            "rootHash": STANDARD.encode(proof.root),
            "treeSize": proof.size.to_string(),
            "hashes": hashes,
            "checkpoint": { "envelope": note(shared, proof.size)? },
        },
        "canonicalizedBody": STANDARD.encode(body),
    }))
}

/// The log's name: the host of its URL, without the port, as sigstore-go takes it.
pub(crate) const ORIGIN: &str = "127.0.0.1";

/// The checkpoint of a published size.
fn note(shared: &Shared, size: usize) -> Result<String, Status> {
    let root = shared.rekor.root(size).ok_or_else(|| Status::new(Code::Internal, "there is no such tree"))?;
    let another = shared.flaw() == Some(Flaw::CheckpointInAnotherName);
    let name = if another { "another.invalid" } else { ORIGIN };
    Ok(checkpoint(&shared.keys.rekor, ORIGIN, name, size, &root)?)
}

fn published(shared: &Shared) -> Result<Answer, Status> {
    let note = note(shared, shared.rekor.size())?;
    Ok(Answer::typed(200, "text/plain; charset=utf-8", Body::Own(note.into_bytes())).with("Cache-Control", "no-cache"))
}

fn tile(shared: &Shared, path: &str) -> Result<Answer, Status> {
    let unknown = || Status::new(Code::NotFound, "there is no such tile");
    let bytes = Tile::parse(path).ok_or_else(unknown)?.read(&shared.rekor).ok_or_else(unknown)?;
    Ok(Answer::typed(200, "application/octet-stream", Body::Own(bytes)))
}
