//! Rekor v1: hashes of artifacts and envelopes, with the log's own promise of the time (SET).

use super::{
    super::{
        Shared,
        ledger::{Added, Entry},
    },
    holder_of_pem, proof,
};
use crate::{
    budget,
    http::{Answer, Call},
    sigstore::{
        Flaw, hex,
        log::{checkpoint, promise},
        tree::{Hash, leaf},
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{HashAlgorithm, Time, dsse, json};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Answers what is asked of the log; nothing where it is asked of another part.
pub(crate) fn answer(shared: &Shared, call: &Call) -> Option<Answer> {
    let answered = match (call.method.as_str(), call.path.as_str()) {
        ("POST", "/api/v1/log/entries") => create(shared, call),
        ("GET" | "HEAD", "/api/v1/log/entries") => {
            let index = call.parameter("logIndex").and_then(|index| index.parse().ok());
            index.and_then(|index| found(shared, index)).ok_or_else(unknown)
        }
        ("GET" | "HEAD", "/api/v1/log") => info(shared),
        ("GET" | "HEAD", "/api/v1/log/publicKey") => Ok(public_key(shared)),
        ("GET" | "HEAD", path) => {
            let id = path.strip_prefix("/api/v1/log/entries/")?;
            leaf_of(id).and_then(|leaf| found(shared, shared.rekor_v1.index(&leaf)?)).ok_or_else(unknown)
        }
        _ => return None,
    };
    Some(answered.unwrap_or_else(|Refused(status, why)| refusal(status, &why)))
}

/// A status and a message.
struct Refused(u16, String);

impl From<std::io::Error> for Refused {
    fn from(error: std::io::Error) -> Self {
        Self(500, error.to_string())
    }
}

fn refusal(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({ "code": status, "message": message }))
}

fn unknown() -> Refused {
    Refused(404, "there is no such entry".to_owned())
}

fn invalid(why: &str) -> Refused {
    Refused(400, format!("error processing entry: {why}"))
}

/// `rekor.openapi.yaml`, `ProposedEntry`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Proposed {
    kind: String,
    api_version: String,
    spec: Value,
}

fn create(shared: &Shared, call: &Call) -> Result<Answer, Refused> {
    if call.body.bytes().len() > budget::SIGSTORE_BYTES {
        return Err(Refused(413, "the request is larger than 4 MiB".to_owned()));
    }
    let proposed: Proposed = json::from_slice(call.body.bytes()).map_err(|error| invalid(&json::reason(&error)))?;
    let spec = match (proposed.kind.as_str(), proposed.api_version.as_str()) {
        ("hashedrekord", "0.0.1") => hashed_rekord(shared, &proposed.spec)?,
        ("dsse", "0.0.1") => envelope(&proposed.spec)?,
        (kind, version) => return Err(invalid(&format!("the sandbox has no entries of kind {kind} {version}"))),
    };
    let body = json!({ "apiVersion": proposed.api_version, "kind": proposed.kind, "spec": spec }).to_string();
    let entry = Entry::new(shared.now().unix(), body.as_bytes());
    match shared.rekor_v1.add(&entry, &shared.stop)? {
        Added::New { index, .. } => {
            let id = id(&leaf(&entry.body));
            let logged = found(shared, index).ok_or_else(unknown)?;
            let made = Answer { status: 201, ..logged };
            Ok(made.with("Location", format!("/api/v1/log/entries/{id}")).with("ETag", id))
        }
        Added::Known { .. } => {
            let id = id(&leaf(&entry.body));
            let message = format!("an equivalent entry already exists in the transparency log with UUID {id}");
            Ok(refusal(409, &message).with("Location", format!("/api/v1/log/entries/{id}")))
        }
        Added::Full => Err(Refused(507, "the sandbox has no room for this".to_owned())),
    }
}

/// `hashedrekord_v0_0_1_schema.json`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HashedRekord {
    data: Data,
    signature: Signature,
}

#[derive(Deserialize)]
struct Data {
    hash: HashOf,
}

#[derive(Deserialize)]
struct HashOf {
    algorithm: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signature {
    content: String,
    public_key: PublicKey,
}

#[derive(Deserialize)]
struct PublicKey {
    content: String,
}

fn hashed_rekord(shared: &Shared, spec: &Value) -> Result<Value, Refused> {
    let spec: HashedRekord = read(spec)?;
    let hash = match spec.data.hash.algorithm.as_str() {
        "sha256" => HashAlgorithm::Sha256,
        "sha384" => HashAlgorithm::Sha384,
        "sha512" => HashAlgorithm::Sha512,
        _ => return Err(invalid("an unknown hash algorithm")),
    };
    let digest = unhex(&spec.data.hash.value).ok_or_else(|| invalid("a hash that is not hexadecimal"))?;
    let (signature, pem) = (decoded(&spec.signature.content)?, decoded(&spec.signature.public_key.content)?);
    let holder = std::str::from_utf8(&pem).ok().and_then(holder_of_pem);
    let holder = holder.ok_or_else(|| invalid("neither a certificate nor a public key"))?;
    if !holder.has_signed_digest(hash, &digest, &signature) {
        return Err(invalid("verifying signature: the signature is not over this hash"));
    }
    let value = match shared.flaw() {
        Some(Flaw::EntryOfAnotherArtifact) => hex(hash.hash(b"another").as_bytes()),
        _ => hex(&digest),
    };
    let signature = json!({ "content": STANDARD.encode(signature), "publicKey": { "content": STANDARD.encode(pem) } });
    Ok(json!({ "data": { "hash": { "algorithm": hash.to_string(), "value": value } }, "signature": signature }))
}

/// `dsse_v0_0_1_schema.json`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dsse {
    proposed_content: Content,
}

#[derive(Deserialize)]
struct Content {
    envelope: String,
    verifiers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Deserialize)]
struct EnvelopeSignature {
    sig: String,
}

fn envelope(spec: &Value) -> Result<Value, Refused> {
    let content = read::<Dsse>(spec)?.proposed_content;
    let envelope: Envelope =
        json::from_slice(content.envelope.as_bytes()).map_err(|error| invalid(&json::reason(&error)))?;
    let payload = decoded(&envelope.payload)?;
    let message = dsse::pae(&envelope.payload_type, &payload);
    let mut signatures = Vec::new();
    if envelope.signatures.is_empty() || envelope.signatures.len() > budget::CHAIN {
        return Err(invalid("an envelope with no signature, or with too many"));
    }
    for EnvelopeSignature { sig } in &envelope.signatures {
        let signature = decoded(sig)?;
        let signed = |pem: &[u8]| {
            let holder = std::str::from_utf8(pem).ok().and_then(holder_of_pem);
            holder.is_some_and(|holder| holder.has_signed(&message, &signature))
        };
        let verifiers =
            content.verifiers.iter().take(budget::CHAIN).map(|it| decoded(it)).collect::<Result<Vec<_>, _>>()?;
        let verifier = verifiers.iter().find(|pem| signed(pem));
        let verifier = verifier.ok_or_else(|| invalid("a signature of the envelope is none of the verifiers'"))?;
        signatures.push(json!({ "signature": sig, "verifier": STANDARD.encode(verifier) }));
    }
    signatures.sort_by_key(|it| it.get("signature").and_then(Value::as_str).map(str::to_owned));
    let hash =
        |bytes: &[u8]| json!({ "algorithm": "sha256", "value": hex(HashAlgorithm::Sha256.hash(bytes).as_bytes()) });
    Ok(json!({
        "envelopeHash": hash(content.envelope.as_bytes()), "payloadHash": hash(&payload), "signatures": signatures,
    }))
}

fn read<T: for<'de> Deserialize<'de>>(spec: &Value) -> Result<T, Refused> {
    json::from_slice(spec.to_string().as_bytes()).map_err(|error| invalid(&json::reason(&error)))
}

fn decoded(text: &str) -> Result<Vec<u8>, Refused> {
    STANDARD.decode(text).map_err(|_| invalid("not base64"))
}

/// The one tree of this log; the same number stands in its checkpoints and before the ids of its entries.
const TREE: &str = "1";

/// The log's name in its checkpoints.
const HOST: &str = "127.0.0.1";

/// An entry's name: the tree's number in 8 bytes, and the hash of the leaf.
fn id(leaf: &Hash) -> String {
    format!("{TREE:0>16}{}", hex(leaf))
}

fn leaf_of(id: &str) -> Option<Hash> {
    let leaf = match id.len() {
        80 => id.strip_prefix(&format!("{TREE:0>16}"))?,
        _ => id,
    };
    unhex(leaf)?.try_into().ok()
}

/// The LogEntry of this index, in the tree as it is now.
fn found(shared: &Shared, index: usize) -> Option<Answer> {
    let entry = shared.rekor_v1.entry(index)?;
    let size = shared.rekor_v1.size();
    let proof = proof(shared, &shared.rekor_v1, index, size).ok()?;
    let body = String::from_utf8(entry.body).ok()?;
    let promised = promise(&shared.keys.rekor_v1, &body, index, Time::from_unix(entry.seconds)).ok()?;
    let hashes: Vec<_> = proof.path.iter().map(|hash| hex(hash)).collect();
    let logged = json!({
        "body": STANDARD.encode(&body),
        "integratedTime": entry.seconds,
        "logID": hex(&shared.keys.rekor_v1.id()),
        "logIndex": index,
        "verification": {
            "inclusionProof": {
                "checkpoint": note(shared, size).ok()?, "hashes": hashes, "logIndex": index,
                "rootHash": hex(&proof.root), "treeSize": size,
            },
            "signedEntryTimestamp": STANDARD.encode(promised),
        },
    });
    Some(Answer::json(200, &Value::Object(Map::from_iter([(id(&leaf(body.as_bytes())), logged)]))))
}

fn note(shared: &Shared, size: usize) -> Result<String, Refused> {
    let root = shared.rekor_v1.root(size).ok_or_else(unknown)?;
    let another = shared.flaw() == Some(Flaw::CheckpointInAnotherName);
    let name = if another { "another.invalid" } else { HOST };
    Ok(checkpoint(&shared.keys.rekor_v1, &format!("{HOST} - {TREE}"), name, size, &root)?)
}

fn info(shared: &Shared) -> Result<Answer, Refused> {
    let size = shared.rekor_v1.size();
    let root = shared.rekor_v1.root(size).ok_or_else(unknown)?;
    Ok(Answer::json(
        200,
        &json!({
            "inactiveShards": [], "rootHash": hex(&root), "signedTreeHead": note(shared, size)?, "treeID": TREE,
            "treeSize": size,
        }),
    ))
}

fn public_key(shared: &Shared) -> Answer {
    let pem = crate::sigstore::pem::write("PUBLIC KEY", shared.keys.rekor_v1.spki());
    Answer::typed(200, "application/x-pem-file", crate::http::Body::Own(pem.into_bytes()))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(high)? << 4 | digit(low)?).ok(),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}
