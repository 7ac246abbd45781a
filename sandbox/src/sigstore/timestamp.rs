//! The timestamp authority: RFC 3161 responses.

use super::{
    certificate::{Authority, Purpose, distinguished},
    der,
    flaw::Flaw,
    key::{Algorithm, Key},
    reader::{Certificate, Reader},
};
use bulla_verify::{HashAlgorithm, Time};
use std::io::Result;

pub(crate) struct TimestampAuthority {
    name: Vec<u8>,
    key: Key,
    issuer: Vec<u8>,
    serial: Vec<u8>,
    flaw: Option<Flaw>,
    /// DER, the signer's first.
    pub(crate) chain: Vec<Vec<u8>>,
}

impl TimestampAuthority {
    pub(crate) fn new(name: &str, flaw: Option<Flaw>, now: Time) -> Result<Self> {
        let [key, issuer, root] = [Algorithm::EcdsaP256, Algorithm::EcdsaP384, Algorithm::EcdsaP384].map(Key::generate);
        let (key, name) = (key?, distinguished(name));
        let mut authority = Authority::new("sandbox timestamping", issuer?, &root?, Purpose::TimeStamping, flaw, now)?;
        let certificate = authority.issue_timestamper(&key, &name, now)?;
        let (issuer, serial) = authority.last_issued();
        let chain = [vec![certificate], authority.chain.clone()].concat();
        Ok(Self { name, key, issuer: issuer.to_vec(), serial: serial.to_be_bytes().to_vec(), flaw, chain })
    }

    /// The same authority again, from what was kept of it.
    pub(crate) fn again(key: Key, chain: Vec<Vec<u8>>) -> Option<Self> {
        let certificate = Certificate::parse(chain.first()?)?;
        let (name, issuer) = (certificate.subject.to_vec(), certificate.issuer.to_vec());
        let mut fields = Reader::of_sequence(certificate.tbs)?;
        fields.take(0xa0)?;
        let serial = fields.take(0x02)?.content.to_vec();
        Some(Self { name, key, issuer, serial, flaw: None, chain })
    }

    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// A TimeStampResp that says that `bytes` were seen at `time`.
    pub(crate) fn stamp(&self, bytes: &[u8], time: Time) -> Result<Vec<u8>> {
        let digest = HashAlgorithm::Sha256.hash(bytes);
        let query = Query {
            imprint: imprint(HashAlgorithm::Sha256, digest.as_bytes()),
            nonce: None,
            certificates: false,
            serial: vec![1],
        };
        self.answer(&query, self.flaw, time)
    }

    /// A TimeStampResp to what was asked at `time`.
    pub(crate) fn answer(&self, query: &Query, flaw: Option<Flaw>, time: Time) -> Result<Vec<u8>> {
        let info = self.info(query, flaw, time);
        let sha256 = der::sequence(&[&hash_identifier(HashAlgorithm::Sha256)]);
        let is = |wrong| flaw == Some(wrong);
        let kind = |another| der::oid(if another { "1.2.840.113549.1.7.1" } else { "1.2.840.113549.1.9.16.1.4" });
        let digests = if is(Flaw::TimestampDigestTwice) { 2 } else { 1 };
        let content = if is(Flaw::TimestampOfAnotherContent) { b"another content" } else { &info[..] };
        let attributes = [
            attribute("1.2.840.113549.1.9.3", &kind(is(Flaw::TimestampOfAnotherKind))),
            attribute("1.2.840.113549.1.9.4", &der::octets(HashAlgorithm::Sha256.hash(content).as_bytes()))
                .repeat(digests),
            attribute("1.2.840.113549.1.9.16.2.47", &self.certificate_id(flaw)),
        ]
        .concat();
        let signer = der::sequence(&[
            &der::integer(&[1]),
            &der::sequence(&[&self.issuer, &der::integer(&self.serial)]),
            &sha256,
            &der::context(0, &[&attributes]),
            &self.key.signature_algorithm(),
            &der::octets(&self.key.sign(&der::set(&[&attributes]))?),
        ]);
        let signers = if is(Flaw::TimestampOfTwoSigners) { signer.repeat(2) } else { signer };
        let kind = kind(is(Flaw::TimestampContentOfAnotherKind));
        let signed = der::sequence(&[
            &der::integer(&[3]),
            &der::set(&[&sha256]),
            &der::sequence(&[&kind, &der::context(0, &[&der::octets(&info)])]),
            &self.certificates(query, flaw),
            &der::set(&[&signers]),
        ]);
        let content = der::sequence(&[&der::oid("1.2.840.113549.1.7.2"), &der::context(0, &[&signed])]);
        let status = if is(Flaw::TimestampRejected) { 2 } else { 0 };
        Ok(der::sequence(&[&der::sequence(&[&der::integer(&[status])]), &content]))
    }

    /// The signer's certificate, where it is asked for; the root lists it, so it need not come along.
    fn certificates(&self, query: &Query, flaw: Option<Flaw>) -> Vec<u8> {
        match (flaw, self.chain.first()) {
            (Some(Flaw::TimestampCertificates(times)), Some(signer)) => der::context(0, &[&signer.repeat(times)]),
            (_, Some(signer)) if query.certificates => der::context(0, &[signer]),
            _ => Vec::new(),
        }
    }

    /// TSTInfo (RFC 3161, 2.4.2), under a policy that promises nothing.
    fn info(&self, query: &Query, flaw: Option<Flaw>, time: Time) -> Vec<u8> {
        let is = |wrong| flaw == Some(wrong);
        let another = distinguished("another");
        let name = if is(Flaw::TimestampInAnotherName) { &another } else { &self.name };
        let unknown = der::sequence(&[&der::oid("1.3.6.1.4.1.57264.99"), der::TRUE, &der::octets(b"")]);
        let critical = is(Flaw::TimestampWithCriticalExtension);
        let extensions = if critical { der::context(1, &[&unknown]) } else { Vec::new() };
        let other_nonce = der::integer(&[0x5a; 8]);
        let nonce = if is(Flaw::TimestampOfAnotherNonce) { Some(&other_nonce[..]) } else { query.nonce.as_deref() };
        let other = HashAlgorithm::Sha256.hash(b"another");
        let other = imprint(HashAlgorithm::Sha256, other.as_bytes());
        der::sequence(&[
            &der::integer(&[1]),
            &der::oid("1.3.6.1.4.1.57264.2"),
            if is(Flaw::TimestampOfAnotherImprint) { &other } else { &query.imprint },
            &der::integer(&query.serial),
            &der::generalized_time(time),
            nonce.unwrap_or_default(),
            &der::context(0, &[&der::context(4, &[name])]),
            &extensions,
        ])
    }

    /// SigningCertificateV2 (RFC 5035, section 3).
    fn certificate_id(&self, flaw: Option<Flaw>) -> Vec<u8> {
        let another = flaw == Some(Flaw::TimestampOfAnotherCertificate);
        let certificate = if another { self.chain.last() } else { self.chain.first() };
        let hash = HashAlgorithm::Sha256.hash(certificate.map_or(&[][..], Vec::as_slice));
        der::sequence(&[&der::sequence(&[&der::sequence(&[&der::octets(hash.as_bytes())])])])
    }
}

/// What is asked of the authority (RFC 3161, 2.4.1).
#[derive(Debug, Clone)]
pub(crate) struct Query {
    /// The MessageImprint, as it was sent.
    pub(crate) imprint: Vec<u8>,
    /// The INTEGER, as it was sent.
    pub(crate) nonce: Option<Vec<u8>>,
    /// Whether the signer's certificate is to come along.
    pub(crate) certificates: bool,
    /// The number that the timestamp is given.
    pub(crate) serial: Vec<u8>,
}

/// A MessageImprint.
pub(crate) fn imprint(hash: HashAlgorithm, digest: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::sequence(&[&hash_identifier(hash)]), &der::octets(digest)])
}

/// The object identifier of a hash (RFC 5754, section 2).
pub(crate) fn hash_identifier(hash: HashAlgorithm) -> Vec<u8> {
    der::oid(match hash {
        HashAlgorithm::Sha256 => "2.16.840.1.101.3.4.2.1",
        HashAlgorithm::Sha384 => "2.16.840.1.101.3.4.2.2",
        HashAlgorithm::Sha512 => "2.16.840.1.101.3.4.2.3",
    })
}

fn attribute(kind: &str, value: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::oid(kind), &der::set(&[value])])
}
