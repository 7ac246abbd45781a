//! The signature around a timestamp: CMS SignedData with one signer (RFC 5652, section 5).

use super::{attributes::SignedAttributes, hash_algorithm, malformed};
use crate::{HashAlgorithm, HashValue, KeyAlgorithm, VerifyError, VerifyingKey, budget, der, oid};

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

    pub(super) fn is_signed_by(&self, certificate: &[HashValue], key: &VerifyingKey) -> bool {
        let Some(attributes) = SignedAttributes::parse(self.attributes) else { return false };
        attributes.content_type == oid::TST_INFO
            && attributes.message_digest == self.digest_algorithm.hash(self.content).as_bytes()
            && certificate.contains(&attributes.certificate)
            && self.verifies_with(key)
    }

    /// What is signed are the attributes, under the tag of a SET (RFC 5652, 5.4).
    fn verifies_with(&self, key: &VerifyingKey) -> bool {
        let (Some(algorithm), Some(set)) =
            (self.hash_signed_by(key.algorithm()), der::Header::of(der::SET, self.attributes.len()))
        else {
            return false;
        };
        let hash = algorithm.hash_pieces(&|say| [set.as_bytes(), self.attributes].into_iter().for_each(say));
        key.has_signed_hash(&hash, self.signature)
    }

    /// The hash that such a key signs by the algorithm that is named; nothing if it does not sign so. `rsaEncryption` leaves
    /// the hash to the digest algorithm beside it (RFC 3370, 3.2), and SHA-2 is too short for P-521 but in its longest form.
    fn hash_signed_by(&self, key: KeyAlgorithm) -> Option<HashAlgorithm> {
        match (self.signature_algorithm, key) {
            (oid::ECDSA_SHA256, KeyAlgorithm::EcdsaP256 | KeyAlgorithm::EcdsaP384) => Some(HashAlgorithm::Sha256),
            (oid::ECDSA_SHA384, KeyAlgorithm::EcdsaP256 | KeyAlgorithm::EcdsaP384) => Some(HashAlgorithm::Sha384),
            (oid::ECDSA_SHA512, KeyAlgorithm::EcdsaP256 | KeyAlgorithm::EcdsaP384 | KeyAlgorithm::EcdsaP521) => {
                Some(HashAlgorithm::Sha512)
            }
            (oid::RSA, KeyAlgorithm::Rsa) => Some(self.digest_algorithm),
            (oid::RSA_SHA256, KeyAlgorithm::Rsa) => Some(HashAlgorithm::Sha256),
            (oid::RSA_SHA384, KeyAlgorithm::Rsa) => Some(HashAlgorithm::Sha384),
            (oid::RSA_SHA512, KeyAlgorithm::Rsa) => Some(HashAlgorithm::Sha512),
            _ => None,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_signs_by_its_own_algorithms_alone() {
        use HashAlgorithm::{Sha256, Sha384, Sha512};
        use KeyAlgorithm::{EcdsaP256, EcdsaP384, EcdsaP521, Ed25519, Rsa, RsaPss};
        for (named, by) in [
            (oid::ECDSA_SHA256, [Some(Sha256), Some(Sha256), None, None]),
            (oid::ECDSA_SHA384, [Some(Sha384), Some(Sha384), None, None]),
            (oid::ECDSA_SHA512, [Some(Sha512), Some(Sha512), Some(Sha512), None]),
            (oid::RSA_SHA256, [None, None, None, Some(Sha256)]),
            (oid::RSA_SHA384, [None, None, None, Some(Sha384)]),
            (oid::RSA_SHA512, [None, None, None, Some(Sha512)]),
            (oid::RSA, [None, None, None, Some(Sha384)]),
            (oid::RSA_PSS, [None; 4]),
            (oid::ED25519, [None; 4]),
        ] {
            let signed = SignedData {
                content: &[],
                signer: SignerId::KeyId(&[]),
                certificates: None,
                digest_algorithm: Sha384,
                attributes: &[],
                signature_algorithm: named,
                signature: &[],
            };
            assert_eq!([EcdsaP256, EcdsaP384, EcdsaP521, Rsa].map(|key| signed.hash_signed_by(key)), by, "{named:?}");
            assert_eq!([Ed25519, RsaPss].map(|key| signed.hash_signed_by(key)), [None; 2], "{named:?}");
        }
    }
}
