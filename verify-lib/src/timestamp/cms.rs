//! The signature around a timestamp: CMS SignedData with one signer (RFC 5652, section 5).

use super::{attributes::SignedAttributes, hash_algorithm, malformed};
use crate::{HashAlgorithm, VerifyError, budget, crypto, der, oid};
use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;

pub(super) struct SignedData<'a> {
    pub(super) content: &'a [u8],
    pub(super) signer: SignerId<'a>,
    certificates: Option<&'a [u8]>,
    digest_algorithm: HashAlgorithm,
    /// The content of the SET, as it was sent.
    attributes: &'a [u8],
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
}

/// Which certificate is said to be the signer's (RFC 5652, 5.3).
pub(crate) enum SignerId<'a> {
    /// DER of the issuer's Name, and the serial number's bytes.
    IssuerAndSerial(&'a [u8], &'a [u8]),
    /// The subject key identifier.
    KeyId(&'a [u8]),
}

impl<'a> SignedData<'a> {
    /// Reads a ContentInfo around a TSTInfo.
    pub(super) fn parse(content_info: &'a [u8]) -> Result<Self, VerifyError> {
        let signed = signed_data(content_info).ok_or(malformed("not signed data"))?;
        let (content, certificates, signers) = fields(signed).ok_or(malformed("its signed data"))?;
        let mut signers = der::Reader::new(signers);
        let signer = signers.next(der::SEQUENCE).ok_or(malformed("no signer"))?;
        let signer = signers.end(signer).ok_or(malformed("several signers"))?;
        Self::from_signer_info(content, certificates, signer).ok_or(malformed("its signer"))
    }

    fn from_signer_info(content: &'a [u8], certificates: Option<&'a [u8]>, signer: &'a [u8]) -> Option<Self> {
        let mut fields = der::Reader::new(signer);
        fields.next(der::INTEGER)?;
        let signer = SignerId::parse(fields.any()?)?;
        let digest_algorithm = hash_algorithm(fields.next(der::SEQUENCE)?)?;
        let attributes = fields.next(der::CONTEXT_0)?;
        let signature_algorithm = fields.next_inside(der::SEQUENCE)?.next(der::OID)?;
        let signature = fields.next(der::OCTET_STRING)?;
        let _unsigned_attributes = fields.next(der::CONTEXT_1);
        fields.end(Self { content, signer, certificates, digest_algorithm, attributes, signature_algorithm, signature })
    }

    pub(super) fn certificates(&self) -> Result<Vec<&'a [u8]>, VerifyError> {
        let certificates = self.certificates.map_or(Some(Vec::new()), der::all);
        let certificates = certificates.ok_or(malformed("its certificates"))?;
        budget::within("certificates", budget::CERTIFICATES, certificates.len())?;
        Ok(certificates.into_iter().map(|certificate| certificate.whole).collect())
    }

    pub(super) fn is_signed_by(&self, certificate: &[u8]) -> bool {
        let Some(attributes) = SignedAttributes::parse(self.attributes) else { return false };
        attributes.content_type == oid::TST_INFO
            && attributes.message_digest == self.digest_algorithm.hash(self.content).as_bytes()
            && attributes.names_certificate(certificate)
            && self.verifies_with(certificate)
    }

    /// What is signed are the attributes, under the tag of a SET (RFC 5652, 5.4). The key says which of the algorithms it is.
    fn verifies_with(&self, certificate: &[u8]) -> bool {
        let der = CertificateDer::from(certificate);
        let (Ok(certificate), Some(message)) = (EndEntityCert::try_from(&der), der::write(der::SET, self.attributes))
        else {
            return false;
        };
        crypto::cms_algorithms(self.signature_algorithm, self.digest_algorithm)
            .iter()
            .any(|algorithm| certificate.verify_signature(*algorithm, &message, self.signature).is_ok())
    }
}

impl<'a> SignerId<'a> {
    fn parse(id: der::Element<'a>) -> Option<Self> {
        match id.tag {
            der::SEQUENCE => {
                let mut fields = der::Reader::new(id.content);
                let issuer = fields.any()?.whole;
                let serial = fields.next(der::INTEGER)?;
                fields.end(Self::IssuerAndSerial(issuer, serial))
            }
            KEY_ID => Some(Self::KeyId(id.content)),
            _ => None,
        }
    }
}

/// `[0] IMPLICIT OCTET STRING`.
const KEY_ID: u8 = 0x80;

fn signed_data(content_info: &[u8]) -> Option<&[u8]> {
    let mut fields = der::Reader::inside(der::SEQUENCE, content_info)?;
    fields.next(der::OID).filter(|&kind| kind == oid::SIGNED_DATA)?;
    let signed = der::only(der::SEQUENCE, fields.next(der::CONTEXT_0)?)?;
    fields.end(signed)
}

type Fields<'a> = (&'a [u8], Option<&'a [u8]>, &'a [u8]);

/// The content, the certificates and the signers.
fn fields(signed: &[u8]) -> Option<Fields<'_>> {
    let mut fields = der::Reader::new(signed);
    fields.next(der::INTEGER)?;
    let _digest_algorithms = fields.next(der::SET)?;
    let mut encapsulated = fields.next_inside(der::SEQUENCE)?;
    encapsulated.next(der::OID).filter(|&kind| kind == oid::TST_INFO)?;
    let content = der::only(der::OCTET_STRING, encapsulated.next(der::CONTEXT_0)?)?;
    encapsulated.end(())?;
    let certificates = fields.next(der::CONTEXT_0);
    let _revocation = fields.next(der::CONTEXT_1);
    let signers = fields.next(der::SET)?;
    fields.end((content, certificates, signers))
}
