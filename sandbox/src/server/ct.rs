//! The certificate log's API (RFC 6962, section 4). It takes every chain that holds together: whom to trust is for who reads it.

use super::{
    Shared,
    ledger::{Added, Entry},
};
use crate::{
    budget,
    http::{Answer, Body, Call},
    sigstore::{
        holder::{Holder, signature_hash},
        reader::Certificate,
        sct,
        tree::Hash,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::json;
use serde::Deserialize;
use serde_json::json;
use std::io::{Error, ErrorKind, Result};

/// Answers what is asked of the log; nothing where it is asked of another part.
pub(crate) fn answer(shared: &Shared, call: &Call) -> Option<Answer> {
    let reads = matches!(call.method.as_str(), "GET" | "HEAD");
    Some(match call.path.as_str() {
        "/ct/v1/add-chain" if call.method == "POST" => add(shared, call, false),
        "/ct/v1/add-pre-chain" if call.method == "POST" => add(shared, call, true),
        "/ct/v1/get-sth" if reads => tree_head(shared).unwrap_or_else(|error| refused(500, &error.to_string())),
        "/ct/v1/get-roots" if reads => roots(shared),
        "/ct/v1/get-entries" if reads => entries(shared, call),
        "/ct/v1/get-sth-consistency" if reads => consistency(shared, call),
        "/ct/v1/get-proof-by-hash" if reads => proof_by_hash(shared, call),
        _ => return None,
    })
}

fn refused(status: u16, message: &str) -> Answer {
    Answer::typed(status, "text/plain; charset=utf-8", Body::Own(format!("{message}\n").into_bytes()))
}

#[derive(Deserialize)]
struct AddChain {
    chain: Vec<String>,
}

fn add(shared: &Shared, call: &Call, pre: bool) -> Answer {
    if call.body.bytes().len() > budget::SIGSTORE_BYTES {
        return refused(413, "the chain is larger than 4 MiB");
    }
    let request: AddChain = match json::from_slice(call.body.bytes()) {
        Ok(request) => request,
        Err(error) => return refused(400, &format!("not a chain: {}", json::reason(&error))),
    };
    let decoded: std::result::Result<Vec<_>, _> = request.chain.iter().map(|it| STANDARD.decode(it)).collect();
    let Ok(chain) = decoded else { return refused(400, "not base64") };
    match promise(shared, &chain, pre) {
        Ok(promise) => Answer::json(
            200,
            &json!({
                "sct_version": 0, "id": STANDARD.encode(shared.keys.ct.id()), "timestamp": promise.milliseconds,
                "extensions": "", "signature": STANDARD.encode(&promise.signature),
            }),
        ),
        Err(error) if error.kind() == ErrorKind::InvalidData => refused(400, &error.to_string()),
        Err(error) if error.kind() == ErrorKind::OutOfMemory => refused(507, &error.to_string()),
        Err(error) => refused(500, &error.to_string()),
    }
}

/// What the log promises about a chain.
struct Promise {
    milliseconds: u64,
    /// The DigitallySigned.
    signature: Vec<u8>,
    /// The SignedCertificateTimestamp.
    sct: Vec<u8>,
}

/// The log's SignedCertificateTimestamp for a chain, the leaf's certificate first. The entry is kept before this returns.
pub(crate) fn promise_to(shared: &Shared, chain: &[Vec<u8>], pre: bool) -> Result<Vec<u8>> {
    promise(shared, chain, pre).map(|promise| promise.sct)
}

fn promise(shared: &Shared, chain: &[Vec<u8>], pre: bool) -> Result<Promise> {
    let certificates = checked(chain)?;
    let milliseconds = shared.milliseconds();
    let (Some(first), Some((der, above))) = (certificates.first(), chain.split_first()) else {
        return Err(bad("the chain is empty"));
    };
    let leaf = match (pre, certificates.get(1)) {
        (false, _) => sct::leaf(sct::Entry::Certificate(der), milliseconds)?,
        (true, None) => return Err(bad("the issuer of the precertificate is not in the chain")),
        (true, Some(issuer)) => {
            let tbs = sct::without_poison(first.tbs).ok_or_else(|| bad("this is not a precertificate"))?;
            sct::leaf(sct::Entry::Precertificate { issuer: issuer.spki, tbs: &tbs }, milliseconds)?
        }
    };
    let above = above.iter().map(|der| sct::prefixed24(der)).collect::<Result<Vec<_>>>()?.concat();
    let certificate = if pre { sct::prefixed24(der)? } else { Vec::new() };
    let above = if pre { sct::prefixed24(&above)? } else { sct::prefixed24(&[sct::prefixed24(der)?, above].concat())? };
    let beside = [certificate, above].concat();
    let entry = Entry { seconds: shared.now().unix(), body: leaf, beside };
    if shared.ct.add(&entry, &shared.stop)? == Added::Full {
        return Err(Error::new(ErrorKind::OutOfMemory, "the sandbox has no room for this"));
    }
    let sct = sct::promise(&entry.body, milliseconds, &shared.keys.ct)?;
    // Version, log, time and extensions come before the signature (3.2): 1, 32, 8 and 2 bytes.
    let signature = sct.get(43..).unwrap_or_default().to_vec();
    Ok(Promise { milliseconds, signature, sct })
}

fn bad(why: &str) -> Error {
    Error::new(ErrorKind::InvalidData, why)
}

/// The chain, each of whose certificates is signed by the next.
fn checked(chain: &[Vec<u8>]) -> Result<Vec<Certificate<'_>>> {
    if chain.len() > budget::CHAIN {
        return Err(bad("the chain is too long"));
    }
    let parsed: Option<Vec<_>> = chain.iter().map(|der| Certificate::parse(der)).collect();
    let certificates = parsed.ok_or_else(|| bad("not an X.509 certificate"))?;
    for (below, above) in certificates.iter().zip(certificates.iter().skip(1)) {
        let key = Holder::from_spki(above.spki).ok_or_else(|| bad("an authority's key is of an unknown kind"))?;
        let hash = signature_hash(below.algorithm).ok_or_else(|| bad("an unknown signature algorithm"))?;
        if below.issuer != above.subject || !key.has_signed_under(hash, below.tbs, below.signature) {
            return Err(bad("a certificate of the chain is not signed by the next"));
        }
    }
    Ok(certificates)
}

/// The signed tree head (3.5, 4.3).
fn tree_head(shared: &Shared) -> Result<Answer> {
    let (size, milliseconds) = (shared.ct.size(), shared.milliseconds());
    let root = shared.ct.root(size).unwrap_or_default();
    let count = u64::try_from(size).unwrap_or(u64::MAX).to_be_bytes();
    let message = [&[0, 1][..], &milliseconds.to_be_bytes(), &count, &root].concat();
    let signature = sct::digitally_signed(&shared.keys.ct, &message)?;
    let head = json!({
        "tree_size": size, "timestamp": milliseconds, "sha256_root_hash": STANDARD.encode(root),
        "tree_head_signature": STANDARD.encode(signature),
    });
    Ok(Answer::json(200, &head))
}

/// Some authority has to be named (4.7); that others are taken too is not for this list to say.
fn roots(shared: &Shared) -> Answer {
    let root = shared.keys.authority.chain.last().map(|der| STANDARD.encode(der));
    Answer::json(200, &json!({ "certificates": [root] }))
}

fn entries(shared: &Shared, call: &Call) -> Answer {
    let number = |name: &str| call.parameter(name).and_then(|text| text.parse::<usize>().ok());
    let (Some(start), Some(end)) = (number("start"), number("end")) else { return refused(400, "no start or no end") };
    let size = shared.ct.size();
    if start > end || start >= size {
        return refused(400, "there are no such entries");
    }
    let end = end.min(size - 1).min(start.saturating_add(budget::CT_ENTRIES - 1));
    let entry = |entry: Entry| json!({ "leaf_input": STANDARD.encode(entry.body), "extra_data": STANDARD.encode(entry.beside) });
    let entries: Vec<_> = (start..=end).filter_map(|index| shared.ct.entry(index)).map(entry).collect();
    Answer::json(200, &json!({ "entries": entries }))
}

/// 4.4. From nothing, anything has grown, and no proof is needed.
fn consistency(shared: &Shared, call: &Call) -> Answer {
    let number = |name: &str| call.parameter(name).and_then(|text| text.parse::<usize>().ok());
    let (Some(first), Some(second)) = (number("first"), number("second")) else {
        return refused(400, "no first or no second size");
    };
    let proof = if first == 0 { Some(Vec::new()) } else { shared.ct.consistency(first, second) };
    let Some(proof) = proof else { return refused(400, "there is no such proof") };
    let proof: Vec<_> = proof.iter().map(|hash| STANDARD.encode(hash)).collect();
    Answer::json(200, &json!({ "consistency": proof }))
}

fn proof_by_hash(shared: &Shared, call: &Call) -> Answer {
    // A `+` in a query is a space unless the client has escaped it; not all do.
    let hash = call.parameter("hash").map(|hash| hash.replace(' ', "+"));
    let hash: Option<Hash> = hash.and_then(|hash| STANDARD.decode(hash).ok()?.try_into().ok());
    let size = call.parameter("tree_size").and_then(|size| size.parse::<usize>().ok());
    let (Some(hash), Some(size)) = (hash, size) else { return refused(400, "no hash or no tree size") };
    let Some(index) = shared.ct.index(&hash) else { return refused(404, "there is no such leaf") };
    let Some(proof) = shared.ct.proof(index, size) else { return refused(400, "there is no such proof") };
    let path: Vec<_> = proof.path.iter().map(|hash| STANDARD.encode(hash)).collect();
    Answer::json(200, &json!({ "leaf_index": index, "audit_path": path }))
}
