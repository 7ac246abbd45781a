//! aws-lc-rs: the fastest, P-384 above all.

use super::{Backend, Curve, Padding};
use crate::{HashAlgorithm, HashValue};
use aws_lc_rs::{
    digest::{self, Digest},
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
        ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
        ECDSA_P521_SHA512_ASN1, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
        RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
        UnparsedPublicKey, VerificationAlgorithm,
    },
};

pub(crate) struct AwsLc;

#[derive(Clone)]
pub(crate) struct EcdsaKey {
    curve: Curve,
    /// Parsed once, for the hash that the curve is used with; another hash is rare, and parses it again.
    parsed: ParsedPublicKey,
}

impl Backend for AwsLc {
    type EcdsaKey = EcdsaKey;
    type RsaKey = Vec<u8>;

    fn ecdsa_key(curve: Curve, point: &[u8]) -> Option<EcdsaKey> {
        Some(EcdsaKey { curve, parsed: ParsedPublicKey::new(ecdsa(curve, own_hash(curve)), point).ok()? })
    }

    fn ecdsa_verify(key: &EcdsaKey, hash: &HashValue, signature: &[u8]) -> bool {
        if hash.algorithm() == own_hash(key.curve) {
            imported(hash).is_some_and(|digest| key.parsed.verify_digest_sig(&digest, signature).is_ok())
        } else {
            Self::ecdsa_verify_once(key.curve, key.parsed.as_ref(), hash, signature)
        }
    }

    fn ecdsa_verify_once(curve: Curve, point: &[u8], hash: &HashValue, signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(ecdsa(curve, hash.algorithm()), point);
        imported(hash).is_some_and(|digest| key.verify_digest(&digest, signature).is_ok())
    }

    fn rsa_key(der: &[u8]) -> Option<Vec<u8>> {
        ParsedPublicKey::new(rsa(Padding::Pkcs1, HashAlgorithm::Sha256), der).ok()?;
        Some(der.to_vec())
    }

    fn rsa_verify(key: &Vec<u8>, padding: Padding, hash: &HashValue, signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(rsa(padding, hash.algorithm()), key);
        imported(hash).is_some_and(|digest| key.verify_digest(&digest, signature).is_ok())
    }
}

fn own_hash(curve: Curve) -> HashAlgorithm {
    match curve {
        Curve::P256 => HashAlgorithm::Sha256,
        Curve::P384 => HashAlgorithm::Sha384,
        Curve::P521 => HashAlgorithm::Sha512,
    }
}

fn imported(hash: &HashValue) -> Option<Digest> {
    let algorithm = match hash.algorithm() {
        HashAlgorithm::Sha256 => &digest::SHA256,
        HashAlgorithm::Sha384 => &digest::SHA384,
        HashAlgorithm::Sha512 => &digest::SHA512,
    };
    Digest::import_less_safe(hash.as_bytes(), algorithm).ok()
}

fn ecdsa(curve: Curve, hash: HashAlgorithm) -> &'static dyn VerificationAlgorithm {
    match (curve, hash) {
        (Curve::P256, HashAlgorithm::Sha256) => &ECDSA_P256_SHA256_ASN1,
        (Curve::P256, HashAlgorithm::Sha384) => &ECDSA_P256_SHA384_ASN1,
        (Curve::P256, HashAlgorithm::Sha512) => &ECDSA_P256_SHA512_ASN1,
        (Curve::P384, HashAlgorithm::Sha256) => &ECDSA_P384_SHA256_ASN1,
        (Curve::P384, HashAlgorithm::Sha384) => &ECDSA_P384_SHA384_ASN1,
        (Curve::P384, HashAlgorithm::Sha512) => &ECDSA_P384_SHA512_ASN1,
        (Curve::P521, HashAlgorithm::Sha256) => &ECDSA_P521_SHA256_ASN1,
        (Curve::P521, HashAlgorithm::Sha384) => &ECDSA_P521_SHA384_ASN1,
        (Curve::P521, HashAlgorithm::Sha512) => &ECDSA_P521_SHA512_ASN1,
    }
}

fn rsa(padding: Padding, hash: HashAlgorithm) -> &'static dyn VerificationAlgorithm {
    match (padding, hash) {
        (Padding::Pkcs1, HashAlgorithm::Sha256) => &RSA_PKCS1_2048_8192_SHA256,
        (Padding::Pkcs1, HashAlgorithm::Sha384) => &RSA_PKCS1_2048_8192_SHA384,
        (Padding::Pkcs1, HashAlgorithm::Sha512) => &RSA_PKCS1_2048_8192_SHA512,
        (Padding::Pss, HashAlgorithm::Sha256) => &RSA_PSS_2048_8192_SHA256,
        (Padding::Pss, HashAlgorithm::Sha384) => &RSA_PSS_2048_8192_SHA384,
        (Padding::Pss, HashAlgorithm::Sha512) => &RSA_PSS_2048_8192_SHA512,
    }
}
