//! The keys of clients, and what they have signed.

use super::reader::{Reader, whole_bits};
use aws_lc_rs::{
    digest::{self, Digest},
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
        ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
        ECDSA_P521_SHA512_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
        UnparsedPublicKey, VerificationAlgorithm,
    },
};
use bulla_verify::{HashAlgorithm, KeyAlgorithm, VerifyingKey};
use ed25519_dalek::Signature;
use sha2::digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update, consts::U64};

/// A key that a client has shown, well formed and of a kind that Sigstore takes.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    spki: Vec<u8>,
    algorithm: KeyAlgorithm,
    /// The point, or the RSAPublicKey.
    bits: Vec<u8>,
}

impl Holder {
    pub(crate) fn from_spki(spki: &[u8]) -> Option<Self> {
        let algorithm = VerifyingKey::from_spki_der(spki).ok()?.algorithm();
        let mut fields = Reader::of_sequence(spki)?;
        fields.take(0x30)?;
        let bits = whole_bits(fields.take(0x03)?)?.to_vec();
        Some(Self { spki: spki.to_vec(), algorithm, bits })
    }

    pub(crate) fn spki(&self) -> &[u8] {
        &self.spki
    }

    pub(crate) fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// Whether the signature is over `message`, with the hash that goes with the key; Ed25519 in its pure form.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.has_signed_under(self.algorithm.hash(), message, signature)
    }

    /// The same with another hash; to Ed25519 it is all one.
    pub(crate) fn has_signed_under(&self, hash: HashAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        match self.algorithm {
            KeyAlgorithm::Ed25519 => {
                let (Some(key), Ok(signature)) = (self.ed25519(), Signature::from_slice(signature)) else {
                    return false;
                };
                key.verify_strict(message, &signature).is_ok()
            }
            _ => self.has_signed_digest(hash, hash.hash(message).as_bytes(), signature),
        }
    }

    /// Whether the signature is over a message of this digest; Ed25519 in its prehashed form.
    pub(crate) fn has_signed_digest(&self, hash: HashAlgorithm, digest: &[u8], signature: &[u8]) -> bool {
        let Some(scheme) = self.scheme(hash) else { return self.has_signed_prehashed(digest, signature) };
        let algorithm = match hash {
            HashAlgorithm::Sha256 => &digest::SHA256,
            HashAlgorithm::Sha384 => &digest::SHA384,
            HashAlgorithm::Sha512 => &digest::SHA512,
        };
        let Ok(digest) = Digest::import_less_safe(digest, algorithm) else { return false };
        UnparsedPublicKey::new(scheme, &self.bits).verify_digest(&digest, signature).is_ok()
    }

    fn has_signed_prehashed(&self, digest: &[u8], signature: &[u8]) -> bool {
        let (Some(key), Ok(signature), Ok(digest)) =
            (self.ed25519(), Signature::from_slice(signature), digest.try_into())
        else {
            return false;
        };
        key.verify_prehashed_strict(Prehashed(digest), None, &signature).is_ok()
    }

    fn ed25519(&self) -> Option<ed25519_dalek::VerifyingKey> {
        let point = self.bits.as_slice().try_into().ok()?;
        ed25519_dalek::VerifyingKey::from_bytes(point).ok().filter(|_| self.algorithm == KeyAlgorithm::Ed25519)
    }

    /// Nothing for Ed25519, which is another library's.
    fn scheme(&self, hash: HashAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
        Some(match (self.algorithm, hash) {
            (KeyAlgorithm::EcdsaP256, HashAlgorithm::Sha256) => &ECDSA_P256_SHA256_ASN1,
            (KeyAlgorithm::EcdsaP256, HashAlgorithm::Sha384) => &ECDSA_P256_SHA384_ASN1,
            (KeyAlgorithm::EcdsaP256, HashAlgorithm::Sha512) => &ECDSA_P256_SHA512_ASN1,
            (KeyAlgorithm::EcdsaP384, HashAlgorithm::Sha256) => &ECDSA_P384_SHA256_ASN1,
            (KeyAlgorithm::EcdsaP384, HashAlgorithm::Sha384) => &ECDSA_P384_SHA384_ASN1,
            (KeyAlgorithm::EcdsaP384, HashAlgorithm::Sha512) => &ECDSA_P384_SHA512_ASN1,
            (KeyAlgorithm::EcdsaP521, HashAlgorithm::Sha256) => &ECDSA_P521_SHA256_ASN1,
            (KeyAlgorithm::EcdsaP521, HashAlgorithm::Sha384) => &ECDSA_P521_SHA384_ASN1,
            (KeyAlgorithm::EcdsaP521, HashAlgorithm::Sha512) => &ECDSA_P521_SHA512_ASN1,
            (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss, HashAlgorithm::Sha256) => &RSA_PKCS1_2048_8192_SHA256,
            (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss, HashAlgorithm::Sha384) => &RSA_PKCS1_2048_8192_SHA384,
            (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss, HashAlgorithm::Sha512) => &RSA_PKCS1_2048_8192_SHA512,
            (KeyAlgorithm::Ed25519, _) => return None,
        })
    }
}

/// The hash in an AlgorithmIdentifier of a signature (RFC 5758, RFC 4055); SHA-512 for Ed25519, which has its own.
pub(crate) fn signature_hash(algorithm: &[u8]) -> Option<HashAlgorithm> {
    let kind = Reader::of_sequence(algorithm)?.take(0x06)?.whole;
    let known = [
        ("1.2.840.10045.4.3.2", HashAlgorithm::Sha256),
        ("1.2.840.10045.4.3.3", HashAlgorithm::Sha384),
        ("1.2.840.10045.4.3.4", HashAlgorithm::Sha512),
        ("1.2.840.113549.1.1.11", HashAlgorithm::Sha256),
        ("1.2.840.113549.1.1.12", HashAlgorithm::Sha384),
        ("1.2.840.113549.1.1.13", HashAlgorithm::Sha512),
        ("1.3.101.112", HashAlgorithm::Sha512),
    ];
    known.into_iter().find(|(oid, _)| super::der::oid(oid) == kind).map(|(_, hash)| hash)
}

/// A SHA-512 that was computed already, in the shape of a hasher, which is what `ed25519-dalek` asks for.
#[derive(Clone, Default)]
struct Prehashed(Output<Self>);

impl OutputSizeUser for Prehashed {
    type OutputSize = U64;
}

impl HashMarker for Prehashed {}

impl Update for Prehashed {
    fn update(&mut self, _: &[u8]) {}
}

impl FixedOutput for Prehashed {
    fn finalize_into(self, out: &mut Output<Self>) {
        *out = self.0;
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::{Algorithm, Key};
    use super::*;

    #[test]
    fn every_kind_of_key_signs_messages_and_digests() {
        use Algorithm::{EcdsaP256, EcdsaP384, EcdsaP521, Ed25519, Rsa2048};
        for algorithm in [EcdsaP256, EcdsaP384, EcdsaP521, Ed25519, Rsa2048] {
            let key = Key::generate(algorithm).unwrap();
            let holder = Holder::from_spki(key.spki()).unwrap();
            let signature = key.sign(b"message").unwrap();
            assert!(holder.has_signed(b"message", &signature), "{algorithm:?}");
            assert!(!holder.has_signed(b"another", &signature));
            let key = if algorithm == Algorithm::Ed25519 { Key::generate(Algorithm::Ed25519ph).unwrap() } else { key };
            let holder = Holder::from_spki(key.spki()).unwrap();
            let hash = algorithm.hash();
            let signature = key.sign(b"message").unwrap();
            assert!(holder.has_signed_digest(hash, hash.hash(b"message").as_bytes(), &signature), "{algorithm:?}");
            assert!(!holder.has_signed_digest(hash, hash.hash(b"another").as_bytes(), &signature));
            assert!(!holder.has_signed_digest(hash, b"short", &signature));
        }
    }

    #[test]
    fn what_is_no_key_is_none() {
        assert!(Holder::from_spki(b"").is_none());
        assert!(Holder::from_spki(&[0x30, 0]).is_none());
    }
}
