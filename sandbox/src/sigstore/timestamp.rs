//! The timestamp authority: RFC 3161 responses.

use super::{
    certificate::{Authority, Purpose, distinguished},
    der,
    flaw::Flaw,
    key::{Algorithm, Key},
};
use bulla_verify::{HashAlgorithm, Time};
use std::io::Result;

pub(super) struct TimestampAuthority {
    name: Vec<u8>,
    key: Key,
    issuer: Vec<u8>,
    serial: u64,
    flaw: Option<Flaw>,
    /// DER, the signer's first.
    pub(super) chain: Vec<Vec<u8>>,
}

impl TimestampAuthority {
    pub(super) fn new(name: &str, flaw: Option<Flaw>, now: Time) -> Result<Self> {
        let [key, issuer, root] = [Algorithm::EcdsaP256, Algorithm::EcdsaP384, Algorithm::EcdsaP384].map(Key::generate);
        let (key, name) = (key?, distinguished(name));
        let mut authority = Authority::new("sandbox timestamping", issuer?, &root?, Purpose::TimeStamping, flaw, now)?;
        let certificate = authority.issue_timestamper(&key, &name, now)?;
        let (issuer, serial) = authority.last_issued();
        let chain = [vec![certificate], authority.chain.clone()].concat();
        Ok(Self { name, key, issuer: issuer.to_vec(), serial, flaw, chain })
    }

    /// A TimeStampResp that says that `bytes` were seen at `time`.
    pub(super) fn stamp(&self, bytes: &[u8], time: Time) -> Result<Vec<u8>> {
        let info = self.info(bytes, time);
        let sha256 = der::sequence(&[&der::oid("2.16.840.1.101.3.4.2.1")]);
        let is = |flaw| self.flaw == Some(flaw);
        let kind = |another| der::oid(if another { "1.2.840.113549.1.7.1" } else { "1.2.840.113549.1.9.16.1.4" });
        let digests = if is(Flaw::TimestampDigestTwice) { 2 } else { 1 };
        let content = if is(Flaw::TimestampOfAnotherContent) { b"another content" } else { &info[..] };
        let attributes = [
            attribute("1.2.840.113549.1.9.3", &kind(is(Flaw::TimestampOfAnotherKind))),
            attribute("1.2.840.113549.1.9.4", &der::octets(HashAlgorithm::Sha256.hash(content).as_bytes()))
                .repeat(digests),
            attribute("1.2.840.113549.1.9.16.2.47", &self.certificate_id()),
        ]
        .concat();
        let signer = der::sequence(&[
            &der::integer(&[1]),
            &der::sequence(&[&self.issuer, &der::integer(&self.serial.to_be_bytes())]),
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
            &self.certificates(),
            &der::set(&[&signers]),
        ]);
        let content = der::sequence(&[&der::oid("1.2.840.113549.1.7.2"), &der::context(0, &[&signed])]);
        let status = if is(Flaw::TimestampRejected) { 2 } else { 0 };
        Ok(der::sequence(&[&der::sequence(&[&der::integer(&[status])]), &content]))
    }

    /// The signer's certificate, as often as asked for; the root lists it, so it need not come along.
    fn certificates(&self) -> Vec<u8> {
        match (self.flaw, self.chain.first()) {
            (Some(Flaw::TimestampCertificates(times)), Some(signer)) => der::context(0, &[&signer.repeat(times)]),
            _ => Vec::new(),
        }
    }

    /// TSTInfo (RFC 3161, 2.4.2), under a policy that promises nothing.
    fn info(&self, bytes: &[u8], time: Time) -> Vec<u8> {
        let sha256 = der::sequence(&[&der::oid("2.16.840.1.101.3.4.2.1")]);
        let another = distinguished("another");
        let name = if self.flaw == Some(Flaw::TimestampInAnotherName) { &another } else { &self.name };
        let unknown = der::sequence(&[&der::oid("1.3.6.1.4.1.57264.99"), der::TRUE, &der::octets(b"")]);
        let critical = self.flaw == Some(Flaw::TimestampWithCriticalExtension);
        let extensions = if critical { der::context(1, &[&unknown]) } else { Vec::new() };
        der::sequence(&[
            &der::integer(&[1]),
            &der::oid("1.3.6.1.4.1.57264.2"),
            &der::sequence(&[&sha256, &der::octets(HashAlgorithm::Sha256.hash(bytes).as_bytes())]),
            &der::integer(&[1]),
            &der::generalized_time(time),
            &der::context(0, &[&der::context(4, &[name])]),
            &extensions,
        ])
    }

    /// SigningCertificateV2 (RFC 5035, section 3).
    fn certificate_id(&self) -> Vec<u8> {
        let another = self.flaw == Some(Flaw::TimestampOfAnotherCertificate);
        let certificate = if another { self.chain.last() } else { self.chain.first() };
        let hash = HashAlgorithm::Sha256.hash(certificate.map_or(&[][..], Vec::as_slice));
        der::sequence(&[&der::sequence(&[&der::sequence(&[&der::octets(hash.as_bytes())])])])
    }
}

fn attribute(kind: &str, value: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::oid(kind), &der::set(&[value])])
}
