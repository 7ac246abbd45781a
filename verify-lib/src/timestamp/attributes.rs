//! The signed attributes of a timestamp (RFC 5652, section 11; RFC 5035, section 3).

use super::hash_algorithm;
use crate::{HashAlgorithm, HashValue, der, oid};

pub(super) struct SignedAttributes<'a> {
    pub(super) content_type: &'a [u8],
    pub(super) message_digest: &'a [u8],
    /// The hash of the signer's certificate, so that no other one for the same key can take its place.
    pub(super) certificate: HashValue,
}

impl<'a> SignedAttributes<'a> {
    /// Reads the content of the SET: each of the three once, with one value. Others mean nothing here. The first version
    /// of the signing certificate is over SHA-1, and not read.
    pub(super) fn parse(attributes: &'a [u8]) -> Option<Self> {
        let (mut content_type, mut message_digest, mut certificate) = (None, None, None);
        let mut attributes = der::Reader::new(attributes);
        while !attributes.is_empty() {
            let mut fields = attributes.next_inside(der::SEQUENCE)?;
            let kind = fields.next(der::OID)?;
            let values = fields.next(der::SET)?;
            fields.end(())?;
            let known = [
                (oid::CONTENT_TYPE, der::OID, &mut content_type),
                (oid::MESSAGE_DIGEST, der::OCTET_STRING, &mut message_digest),
                (oid::SIGNING_CERTIFICATE_V2, der::SEQUENCE, &mut certificate),
            ];
            if let Some((_, tag, value)) = known.into_iter().find(|(of_kind, ..)| *of_kind == kind)
                && value.replace(der::only(tag, values)?).is_some()
            {
                return None;
            }
        }
        let certificate = certificate_hash(certificate?)?;
        Some(Self { content_type: content_type?, message_digest: message_digest?, certificate })
    }
}

/// ESSCertIDv2 of the first of SigningCertificateV2's certificates, which is the signer's (RFC 5035, section 3); SHA-256 goes
/// without saying.
fn certificate_hash(signing_certificate: &[u8]) -> Option<HashValue> {
    let mut fields = der::Reader::new(signing_certificate).next_inside(der::SEQUENCE)?.next_inside(der::SEQUENCE)?;
    let algorithm = match fields.next(der::SEQUENCE) {
        Some(identifier) => hash_algorithm(identifier)?,
        None => HashAlgorithm::Sha256,
    };
    let hash = HashValue::from_bytes(algorithm, fields.next(der::OCTET_STRING)?)?;
    let _issuer_and_serial = fields.next(der::SEQUENCE);
    fields.end(hash)
}
