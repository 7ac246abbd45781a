//! RustCrypto: slower, and everywhere that Rust goes, wasm32-unknown-unknown too.

use super::{Backend, Curve, Padding};
use crate::{HashAlgorithm, HashValue, der};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::{BoxedUint, PublicKey};
use sha2::{Sha256, Sha384, Sha512};

pub(crate) struct PureRust;

#[derive(Clone)]
pub(crate) enum EcdsaKey {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(Box<p521::ecdsa::VerifyingKey>),
}

impl Backend for PureRust {
    type EcdsaKey = EcdsaKey;
    type RsaKey = PublicKey;

    fn ecdsa_key(curve: Curve, point: &[u8]) -> Option<EcdsaKey> {
        Some(match curve {
            Curve::P256 => EcdsaKey::P256(p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?),
            Curve::P384 => EcdsaKey::P384(p384::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?),
            Curve::P521 => EcdsaKey::P521(Box::new(p521::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?)),
        })
    }

    fn ecdsa_verify(key: &EcdsaKey, hash: &HashValue, signature: &[u8]) -> bool {
        let hash = hash.as_bytes();
        match key {
            EcdsaKey::P256(key) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(hash, &signature).is_ok()),
            EcdsaKey::P384(key) => p384::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(hash, &signature).is_ok()),
            EcdsaKey::P521(key) => p521::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(hash, &signature).is_ok()),
        }
    }

    fn ecdsa_verify_once(curve: Curve, point: &[u8], hash: &HashValue, signature: &[u8]) -> bool {
        Self::ecdsa_key(curve, point).is_some_and(|key| Self::ecdsa_verify(&key, hash, signature))
    }

    fn rsa_key(der: &[u8]) -> Option<PublicKey> {
        let mut numbers = der::Reader::inside(der::SEQUENCE, der)?;
        let [modulus, exponent] = [numbers.next(der::INTEGER)?, numbers.next(der::INTEGER)?];
        numbers.end(())?;
        PublicKey::new(BoxedUint::from_be_slice_vartime(modulus), BoxedUint::from_be_slice_vartime(exponent)).ok()
    }

    fn rsa_verify(key: &PublicKey, padding: Padding, hash: &HashValue, signature: &[u8]) -> bool {
        let (algorithm, hash) = (hash.algorithm(), hash.as_bytes());
        match (padding, algorithm) {
            (Padding::Pkcs1, HashAlgorithm::Sha256) => key.pkcs1v15_verify_prehash::<Sha256>(hash, signature).is_ok(),
            (Padding::Pkcs1, HashAlgorithm::Sha384) => key.pkcs1v15_verify_prehash::<Sha384>(hash, signature).is_ok(),
            (Padding::Pkcs1, HashAlgorithm::Sha512) => key.pkcs1v15_verify_prehash::<Sha512>(hash, signature).is_ok(),
            (Padding::Pss, HashAlgorithm::Sha256) => key.pss_verify_prehash::<Sha256>(hash, signature).is_ok(),
            (Padding::Pss, HashAlgorithm::Sha384) => key.pss_verify_prehash::<Sha384>(hash, signature).is_ok(),
            (Padding::Pss, HashAlgorithm::Sha512) => key.pss_verify_prehash::<Sha512>(hash, signature).is_ok(),
        }
    }
}
