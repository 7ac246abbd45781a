//! The keys of the sandbox's authorities and signers.

use super::{der, reader::Reader};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA256_ASN1_SIGNING,
        ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use bulla_verify::{HashAlgorithm, VerifyingKey};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256, Sha512};
use std::io::{Error, Result};
use zeroize::Zeroizing;

/// What a signer signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384,
    /// ECDSA on P-521 with SHA-512.
    EcdsaP521,
    /// ECDSA on P-521 with SHA-256, which no key of that curve is trusted for.
    EcdsaP521Sha256,
    /// Ed25519 over the message itself.
    Ed25519,
    /// Ed25519ph, over its SHA-512.
    Ed25519ph,
    /// RSA of 2048 bits, PKCS #1 v1.5 with SHA-256.
    Rsa2048,
}

impl Algorithm {
    /// The hash that its signatures are logged under.
    pub(crate) fn hash(self) -> HashAlgorithm {
        match self {
            Self::EcdsaP256 | Self::EcdsaP521Sha256 | Self::Rsa2048 => HashAlgorithm::Sha256,
            Self::EcdsaP384 => HashAlgorithm::Sha384,
            Self::EcdsaP521 | Self::Ed25519 | Self::Ed25519ph => HashAlgorithm::Sha512,
        }
    }

    fn ecdsa(self) -> Option<&'static EcdsaSigningAlgorithm> {
        match self {
            Self::EcdsaP256 => Some(&ECDSA_P256_SHA256_ASN1_SIGNING),
            Self::EcdsaP384 => Some(&ECDSA_P384_SHA384_ASN1_SIGNING),
            Self::EcdsaP521 => Some(&ECDSA_P521_SHA512_ASN1_SIGNING),
            Self::EcdsaP521Sha256 => Some(&ECDSA_P521_SHA256_ASN1_SIGNING),
            Self::Ed25519 | Self::Ed25519ph | Self::Rsa2048 => None,
        }
    }
}

/// A private key that signs whatever it is told to, right or wrong, and is trusted by nobody.
pub struct Key {
    algorithm: Algorithm,
    pair: Pair,
    verifying_key: VerifyingKey,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(SigningKey),
    Rsa(RsaKeyPair),
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl Key {
    /// A key that nobody has had before.
    ///
    /// # Errors
    /// None but from a cryptographic library without random numbers.
    pub fn generate(algorithm: Algorithm) -> Result<Self> {
        let pair = match (algorithm.ecdsa(), algorithm) {
            (Some(curve), _) => Pair::Ecdsa(EcdsaKeyPair::generate(curve).map_err(|_| failed("a key"))?),
            (None, Algorithm::Rsa2048) => {
                Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| failed("a key"))?)
            }
            (None, _) => Pair::Ed25519(SigningKey::from_bytes(&random()?)),
        };
        Self::of(algorithm, pair)
    }

    /// The key that [`Self::secret`] has kept.
    pub(crate) fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self> {
        let kept = || failed("a kept key");
        let pair = match (algorithm.ecdsa(), algorithm) {
            (Some(curve), _) => Pair::Ecdsa(EcdsaKeyPair::from_pkcs8(curve, secret).map_err(|_| kept())?),
            (None, Algorithm::Rsa2048) => Pair::Rsa(RsaKeyPair::from_pkcs8(secret).map_err(|_| kept())?),
            (None, _) => Pair::Ed25519(SigningKey::from_bytes(secret.try_into().map_err(|_| kept())?)),
        };
        Self::of(algorithm, pair)
    }

    /// PKCS#8, or the 32 bytes of an Ed25519 key.
    pub(crate) fn secret(&self) -> Result<Zeroizing<Vec<u8>>> {
        Ok(Zeroizing::new(match &self.pair {
            Pair::Ecdsa(pair) => pair.to_pkcs8v1().map_err(|_| failed("to keep a key"))?.as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.to_bytes().to_vec(),
            Pair::Rsa(pair) => {
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| failed("to keep a key"))?;
                der.as_ref().to_vec()
            }
        }))
    }

    fn of(algorithm: Algorithm, pair: Pair) -> Result<Self> {
        let spki = match &pair {
            Pair::Ecdsa(pair) => pair.public_key().as_der().map_err(|_| failed("a public key"))?.as_ref().to_vec(),
            Pair::Rsa(pair) => pair.public_key().as_der().map_err(|_| failed("a public key"))?.as_ref().to_vec(),
            // id-Ed25519 (RFC 8410, section 3).
            Pair::Ed25519(pair) => {
                let point = pair.verifying_key().to_bytes();
                der::sequence(&[&der::sequence(&[&der::oid("1.3.101.112")]), &der::bits(&point)])
            }
        };
        let verifying_key = VerifyingKey::from_spki_der(&spki).map_err(|_| failed("a public key"))?;
        Ok(Self { algorithm, pair, verifying_key })
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What verifies its signatures.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying_key
    }

    /// The SubjectPublicKeyInfo, DER.
    pub(crate) fn spki(&self) -> &[u8] {
        self.verifying_key.spki_der()
    }

    pub(crate) fn id(&self) -> [u8; 32] {
        Sha256::digest(self.spki()).into()
    }

    /// The 32 bytes of an Ed25519 key.
    pub(crate) fn ed25519_point(&self) -> Option<[u8; 32]> {
        match &self.pair {
            Pair::Ed25519(pair) => Some(pair.verifying_key().to_bytes()),
            Pair::Ecdsa(_) | Pair::Rsa(_) => None,
        }
    }

    /// The signature over these bytes: DER of an ECDSA signature (RFC 3279, section 2.2.3), else the bytes themselves.
    ///
    /// # Errors
    /// None but from a cryptographic library without random numbers.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        match &self.pair {
            Pair::Ecdsa(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).map_err(|_| failed("a signature"))?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Ed25519(pair) if self.algorithm == Algorithm::Ed25519ph => {
                let hash = Sha512::new().chain_update(message);
                let signature = pair.sign_prehashed(hash, None).map_err(|_| failed("a signature"))?;
                Ok(signature.to_bytes().to_vec())
            }
            Pair::Ed25519(pair) => Ok(pair.sign(message).to_bytes().to_vec()),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .map_err(|_| failed("a signature"))?;
                Ok(signature)
            }
        }
    }

    /// A signature with P-256 as JSON Web Signatures have it: two numbers of 32 bytes (RFC 7518, 3.4).
    pub(crate) fn sign_fixed(&self, message: &[u8]) -> Result<Vec<u8>> {
        let signature = self.sign(message)?;
        let fixed = |mut numbers: Reader<'_>| {
            let number = |bytes: &[u8]| {
                let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
                let (_, bytes) = bytes.split_at(zeros);
                Some([vec![0; 32_usize.checked_sub(bytes.len())?], bytes.to_vec()].concat())
            };
            Some([number(numbers.take(0x02)?.content)?, number(numbers.take(0x02)?.content)?].concat())
        };
        Reader::of_sequence(&signature).and_then(fixed).ok_or_else(|| failed("a signature"))
    }

    /// The public point, 0x04, x, y, or what its algorithm has in the place of one.
    pub(crate) fn point(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Ecdsa(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.verifying_key().to_bytes().to_vec(),
            Pair::Rsa(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    /// The AlgorithmIdentifier of its signatures on certificates and timestamps (RFC 5758, RFC 8410).
    pub(crate) fn signature_algorithm(&self) -> Vec<u8> {
        der::sequence(&[&der::oid(match self.algorithm {
            Algorithm::EcdsaP256 | Algorithm::EcdsaP521Sha256 => "1.2.840.10045.4.3.2",
            Algorithm::EcdsaP384 => "1.2.840.10045.4.3.3",
            Algorithm::EcdsaP521 => "1.2.840.10045.4.3.4",
            Algorithm::Ed25519 | Algorithm::Ed25519ph => "1.3.101.112",
            Algorithm::Rsa2048 => "1.2.840.113549.1.1.11",
        })])
    }
}

/// Bytes that nobody can guess.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| failed("random numbers"))?;
    Ok(bytes)
}

pub(crate) fn failed(what: &str) -> Error {
    Error::other(format!("the cryptographic library has refused {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_key_is_the_same_key() {
        use Algorithm::{EcdsaP256, EcdsaP384, EcdsaP521, EcdsaP521Sha256, Ed25519, Ed25519ph, Rsa2048};
        for algorithm in [EcdsaP256, EcdsaP384, EcdsaP521, EcdsaP521Sha256, Ed25519, Ed25519ph, Rsa2048] {
            let key = Key::generate(algorithm).unwrap();
            let kept = Key::from_secret(algorithm, &key.secret().unwrap()).unwrap();
            assert_eq!(kept.spki(), key.spki(), "{algorithm:?}");
            assert!(Key::from_secret(algorithm, b"short").is_err());
        }
    }
}
