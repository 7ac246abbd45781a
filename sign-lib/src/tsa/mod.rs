//! Timestamps: RFC 3161 over HTTP (section 3.4).

use crate::{
    budget,
    error::shown,
    key::der::{
        BOOLEAN, CONTEXT_0, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, UTF8_STRING,
        element,
    },
    sigstore::{Part, Share, SigstoreError, ask},
};
use bulla_transport::{Request, Service};
use bulla_verify::HashAlgorithm;
use zeroize::Zeroizing;

/// A TimeStampResp about this very signature, in answer to our own question. That an authority of the trusted root has
/// signed it is **not** proved: the whole bundle's verification does that.
pub(crate) fn stamp(service: &Service, signature: &[u8], share: Share) -> Result<Vec<u8>, SigstoreError> {
    let broken = |reason: &str| malformed(service.url(), reason);
    let nonce = Nonce::new().ok_or_else(|| broken("this machine has no random numbers for a nonce"))?;
    let imprint = HashAlgorithm::Sha256.hash(signature);
    let request = Request {
        content_type: Some("application/timestamp-query"),
        accept: Some("application/timestamp-reply"),
        body: Zeroizing::new(question(imprint.as_bytes(), nonce)),
        ..share.request(budget::TIMESTAMP_BYTES)
    };
    let reply = ask(Part::Timestamps, service, "", &request)?;
    if !reply.is_success() {
        return Err(SigstoreError::refused(Part::Timestamps, service.url(), &reply));
    }
    check(service.url(), &reply.body, imprint.as_bytes(), nonce)?;
    Ok(reply.body)
}

/// Eight bytes that are one INTEGER in DER: positive, and without a leading zero.
#[derive(Clone, Copy)]
struct Nonce([u8; 8]);

impl Nonce {
    fn new() -> Option<Self> {
        let mut bytes = getrandom::u64().ok()?.to_be_bytes();
        let [first, ..] = &mut bytes;
        *first = *first & 0x7f | 0x40;
        Some(Self(bytes))
    }
}

/// The object identifier of SHA-256 (RFC 5754, 2.2).
const SHA256: [u8; 9] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

/// TimeStampReq (RFC 3161, 2.4.1): version 1, the imprint, the nonce, and the wish for the authority's certificate.
fn question(imprint: &[u8], nonce: Nonce) -> Vec<u8> {
    const NULL: [u8; 2] = [5, 0];
    const VERSION_1: [u8; 3] = [INTEGER, 1, 1];
    const CERT_REQ: [u8; 3] = [1, 1, 0xff];
    let algorithm = sequence(&[&tagged(OBJECT_IDENTIFIER, &SHA256), &NULL]);
    let imprint = sequence(&[&algorithm, &tagged(OCTET_STRING, imprint)]);
    sequence(&[&VERSION_1, &imprint, &tagged(INTEGER, &nonce.0), &CERT_REQ])
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tagged(SEQUENCE, &parts.concat())
}

/// All that is sent is shorter than 128 bytes.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(0x7f);
    [&[tag, length][..], content].concat()
}

/// Whether the answer grants a timestamp (RFC 3161, 2.4.2), about this imprint, in answer to this question.
fn check(url: &str, response: &[u8], imprint: &[u8], nonce: Nonce) -> Result<(), SigstoreError> {
    let broken = || malformed(url, "not a timestamp response");
    let (response, _) = element(SEQUENCE, response).filter(|(_, rest)| rest.is_empty()).ok_or_else(broken)?;
    let (status, token) = element(SEQUENCE, response).ok_or_else(broken)?;
    granted(url, status)?;
    let info = Info::parse(token).ok_or_else(|| malformed(url, "its token"))?;
    if info.imprint != imprint || info.algorithm != SHA256 {
        return Err(SigstoreError::TimestampImprint { url: url.to_owned() });
    }
    if info.nonce != Some(&nonce.0) {
        return Err(SigstoreError::TimestampNonce { url: url.to_owned() });
    }
    Ok(())
}

/// PKIStatusInfo: 0 and 1 are granted; the text, if any, is the authority's own.
fn granted(url: &str, status: &[u8]) -> Result<(), SigstoreError> {
    let (number, rest) = element(INTEGER, status).ok_or_else(|| malformed(url, "its status"))?;
    let &[number] = number else { return Err(malformed(url, "its status")) };
    if number <= 1 {
        return Ok(());
    }
    let text = element(SEQUENCE, rest).and_then(|(texts, _)| element(UTF8_STRING, texts));
    let words = text.map(|(text, _)| format!(": {}", shown(&String::from_utf8_lossy(text)))).unwrap_or_default();
    Err(SigstoreError::TimestampNotGranted { url: url.to_owned(), status: number, words })
}

/// What of TSTInfo is ours to compare. `bulla-verify` leaves the nonce to whoever has asked, and hands out nothing of a token that it
/// has not verified: so it is read here once more, as loosely as comparing takes.
struct Info<'a> {
    algorithm: &'a [u8],
    imprint: &'a [u8],
    nonce: Option<&'a [u8]>,
}

impl<'a> Info<'a> {
    /// From the ContentInfo of a SignedData (RFC 5652, 5.1) down to TSTInfo (RFC 3161, 2.4.2).
    fn parse(content_info: &'a [u8]) -> Option<Self> {
        let (content_info, _) = element(SEQUENCE, content_info)?;
        let (_signed_data, rest) = element(OBJECT_IDENTIFIER, content_info)?;
        let (signed, _) = element(SEQUENCE, element(CONTEXT_0, rest)?.0)?;
        let (_version, rest) = element(INTEGER, signed)?;
        let (_digests, rest) = element(SET, rest)?;
        let (encapsulated, _) = element(SEQUENCE, rest)?;
        let (_tst_info, rest) = element(OBJECT_IDENTIFIER, encapsulated)?;
        let (info, _) = element(OCTET_STRING, element(CONTEXT_0, rest)?.0)?;
        Self::parse_info(element(SEQUENCE, info)?.0)
    }

    fn parse_info(info: &'a [u8]) -> Option<Self> {
        let (_version, rest) = element(INTEGER, info)?;
        let (_policy, rest) = element(OBJECT_IDENTIFIER, rest)?;
        let (imprint, rest) = element(SEQUENCE, rest)?;
        let (_serial, rest) = element(INTEGER, rest)?;
        let (_time, mut rest) = element(GENERALIZED_TIME, rest)?;
        for optional in [SEQUENCE /* accuracy */, BOOLEAN /* ordering */] {
            rest = element(optional, rest).map_or(rest, |(_, rest)| rest);
        }
        let nonce = element(INTEGER, rest).map(|(nonce, _)| nonce);
        let (algorithm, rest) = element(SEQUENCE, imprint)?;
        let (imprint, _) = element(OCTET_STRING, rest)?;
        Some(Self { algorithm: element(OBJECT_IDENTIFIER, algorithm)?.0, imprint, nonce })
    }
}

fn malformed(url: &str, reason: &str) -> SigstoreError {
    SigstoreError::Malformed { part: Part::Timestamps, url: url.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests;
