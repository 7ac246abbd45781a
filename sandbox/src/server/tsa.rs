//! The timestamp authority's API (RFC 3161 over HTTP, at the path of Sigstore's).

use super::Shared;
use crate::{
    budget,
    http::{Answer, Body, Call},
    sigstore::{
        der,
        key::random,
        pem,
        reader::Reader,
        timestamp::{Query, hash_identifier, imprint},
    },
};
use bulla_verify::{HashAlgorithm, HashValue};
use serde_json::json;

/// Answers what is asked of the authority; nothing where it is asked of another part.
pub(crate) fn answer(shared: &Shared, call: &Call) -> Option<Answer> {
    match (call.method.as_str(), call.path.as_str()) {
        ("POST", "/api/v1/timestamp") => Some(stamp(shared, call)),
        ("GET" | "HEAD", "/api/v1/timestamp/certchain") => {
            let chain: String = shared.keys.tsa.chain.iter().map(|der| pem::write("CERTIFICATE", der)).collect();
            Some(Answer::typed(200, "application/pem-certificate-chain", Body::Own(chain.into_bytes())))
        }
        _ => None,
    }
}

fn refused(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({ "code": status, "message": message }))
}

fn stamp(shared: &Shared, call: &Call) -> Answer {
    if call.header("content-type") != Some("application/timestamp-query") {
        return refused(415, "Error generating timestamp response: not an `application/timestamp-query`");
    }
    if call.body.bytes().len() > budget::TIMESTAMP_BYTES {
        return refused(413, "Error generating timestamp response: the request is too large");
    }
    let Ok(serial) = random::<16>() else {
        return refused(500, "Error generating timestamp response: no random numbers");
    };
    let query = match query(call.body.bytes(), &serial) {
        Ok(query) => query,
        Err(why) => return refused(400, why),
    };
    match shared.keys.tsa.answer(&query, shared.flaw(), shared.now()) {
        Ok(response) => Answer::typed(200, "application/timestamp-reply", Body::Own(response)),
        Err(_) => refused(500, "Error generating timestamp response"),
    }
}

const MALFORMED: &str = "Error generating timestamp response: not a timestamp request";

/// A TimeStampReq (RFC 3161, 2.4.1).
fn query(der: &[u8], serial: &[u8]) -> Result<Query, &'static str> {
    let mut fields = Reader::of_sequence(der).ok_or(MALFORMED)?;
    let version = fields.take(0x02).ok_or(MALFORMED)?;
    let asked = fields.take(0x30).ok_or(MALFORMED)?;
    if version.content != [1] {
        return Err(MALFORMED);
    }
    if fields.take(0x06).is_some_and(|policy| policy.whole != der::oid("1.3.6.1.4.1.57264.2")) {
        return Err("The requested policy is not accepted");
    }
    let nonce = fields.take(0x02).map(|nonce| nonce.whole.to_vec());
    let certificates = fields.take(0x01).is_some_and(|flag| flag.content != [0]);
    if !fields.ended() {
        return Err("The requested extensions are not accepted");
    }
    let mut parts = Reader::new(asked.content);
    let algorithm = parts.enter(0x30).and_then(|mut fields| fields.take(0x06)).ok_or(MALFORMED)?;
    let digest = parts.take(0x04).ok_or(MALFORMED)?.content;
    let mut known = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512].into_iter();
    let hash = known.find(|hash| hash_identifier(*hash) == algorithm.whole);
    let hash = hash.ok_or("The hash algorithm is weak or unknown")?;
    if HashValue::from_bytes(hash, digest).is_none() {
        return Err("The length of the digest is not that of the hash algorithm");
    }
    Ok(Query { imprint: imprint(hash, digest), nonce, certificates, serial: serial.to_vec() })
}
