//! RFC 3161 timestamps, taken apart and not yet believed: `trust::TimestampAuthority` does that.

mod attributes;
mod cms;
mod info;

use crate::{HashAlgorithm, HashValue, Time, VerifyError, VerifyingKey, der, oid};

pub(crate) use cms::SignerId;

/// A timestamp token.
pub(crate) struct Token<'a> {
    signed: cms::SignedData<'a>,
    info: info::TstInfo<'a>,
}

impl<'a> Token<'a> {
    /// Reads a TimeStampResp (RFC 3161, 2.4.2) that grants a token.
    pub(crate) fn parse(response: &'a [u8]) -> Result<Self, VerifyError> {
        let content = granted(response).ok_or(malformed("not a response that grants a token"))?;
        let signed = cms::SignedData::parse(content)?;
        let info = info::TstInfo::parse(signed.content).ok_or(malformed("its TSTInfo"))?;
        Ok(Self { signed, info })
    }

    /// When the authority says that it saw the bytes.
    pub(crate) fn time(&self) -> Time {
        self.info.time
    }

    /// Whether the token is about these `bytes`.
    pub(crate) fn is_of(&self, bytes: &[u8]) -> bool {
        self.info.imprint.algorithm.hash(bytes).as_bytes() == self.info.imprint.hash
    }

    /// The DER of the Name that the authority gives itself.
    pub(crate) fn authority_name(&self) -> Option<&'a [u8]> {
        self.info.authority
    }

    /// Which certificate is said to be the signer's.
    pub(crate) fn signer(&self) -> &SignerId<'a> {
        &self.signed.signer
    }

    /// The certificates that the token carries: nobody's word.
    pub(crate) fn certificates(&self) -> Result<Vec<&'a [u8]>, VerifyError> {
        self.signed.certificates()
    }

    /// Whether the holder of the `certificate` with these hashes, whose `key` it is, has signed the token: its digest, its
    /// kind and one of the hashes are among the signed attributes (RFC 5652, 5.4; RFC 5816), and they verify with the key.
    pub(crate) fn is_signed_by(&self, certificate: &[HashValue], key: &VerifyingKey) -> bool {
        self.signed.is_signed_by(certificate, key)
    }
}

/// The ContentInfo of a response with the status granted (0) or grantedWithMods (1).
fn granted(response: &[u8]) -> Option<&[u8]> {
    let mut response = der::Reader::inside(der::SEQUENCE, response)?;
    let status = response.next_inside(der::SEQUENCE)?.next(der::INTEGER)?;
    let content = response.any()?.whole;
    response.end(content).filter(|_| matches!(status, [0 | 1]))
}

fn malformed(reason: &'static str) -> VerifyError {
    VerifyError::TimestampMalformed { reason }
}

/// An AlgorithmIdentifier of SHA-2, with NULL for parameters or none (RFC 5754, section 2).
fn hash_algorithm(identifier: &[u8]) -> Option<HashAlgorithm> {
    let mut fields = der::Reader::new(identifier);
    let kind = fields.next(der::OID)?;
    let parameters = fields.next(der::NULL);
    fields.end(())?;
    parameters.is_none_or(<[u8]>::is_empty).then_some(())?;
    let known = [
        (oid::SHA256, HashAlgorithm::Sha256),
        (oid::SHA384, HashAlgorithm::Sha384),
        (oid::SHA512, HashAlgorithm::Sha512),
    ];
    known.into_iter().find(|(of_kind, _)| *of_kind == kind).map(|(_, algorithm)| algorithm)
}
