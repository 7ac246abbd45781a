//! Public keys, and the signatures that they check.

mod ecdsa;
mod ed25519;
mod rsa;

use crate::{
    Digest, HashAlgorithm, HashValue, VerifyError, crypto::Padding, der, encoding, hash::Pieces, message::Message, oid,
};
use core::fmt;

/// A public key that signatures can be checked with.
///
/// Its algorithm comes from the key itself, never from a message. Holding one proves that the key is well formed;
/// not that anybody trusts it.
#[derive(Clone)]
pub struct VerifyingKey {
    spki: Vec<u8>,
    id: Digest,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Ecdsa(ecdsa::EcdsaKey),
    Ed25519(ed25519::Ed25519Key),
    Rsa(rsa::RsaKey),
}

/// What a key signs with (Sigstore's registry of algorithms, `PublicKeyDetails`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyAlgorithm {
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256,
    /// ECDSA on P-384 with SHA-384; over an artifact, SHA-256 is read too.
    EcdsaP384,
    /// ECDSA on P-521 with SHA-512.
    EcdsaP521,
    /// Ed25519 over the message, or Ed25519ph over its SHA-512 (RFC 8032).
    Ed25519,
    /// RSA 2048 to 4096 bits, PKCS#1 v1.5 with SHA-256.
    Rsa,
    /// RSA 2048 to 4096 bits, PSS with SHA-256, MGF1 over it, and a salt of 32 bytes.
    RsaPss,
}

impl KeyAlgorithm {
    /// The hash that its signatures are made over; for Ed25519, that of its prehashed form.
    pub fn hash(self) -> HashAlgorithm {
        match self {
            Self::EcdsaP256 | Self::Rsa | Self::RsaPss => HashAlgorithm::Sha256,
            Self::EcdsaP384 => HashAlgorithm::Sha384,
            Self::EcdsaP521 | Self::Ed25519 => HashAlgorithm::Sha512,
        }
    }
}

impl KeyAlgorithm {
    /// The hashes that its signatures are read over, its own first. P-384 is read over SHA-256 too: so did sigstore-python sign
    /// before 3.0, and Sigstore's registry of algorithms keeps it (`PKIX_ECDSA_P384_SHA_256`).
    fn hashes(self) -> &'static [HashAlgorithm] {
        match self {
            Self::EcdsaP256 | Self::Rsa | Self::RsaPss => &[HashAlgorithm::Sha256],
            Self::EcdsaP384 => &[HashAlgorithm::Sha384, HashAlgorithm::Sha256],
            Self::EcdsaP521 | Self::Ed25519 => &[HashAlgorithm::Sha512],
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EcdsaP256 => "ecdsa-p256",
            Self::EcdsaP384 => "ecdsa-p384",
            Self::EcdsaP521 => "ecdsa-p521",
            Self::Ed25519 => "ed25519",
            Self::Rsa => "rsa",
            Self::RsaPss => "rsa-pss",
        })
    }
}

/// Why bytes are not a public key that signatures can be checked with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not one PEM block labelled `PUBLIC KEY`.
    #[error("not a public key: expected one PEM block `PUBLIC KEY`")]
    NotPem,
    /// Not a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7), or bytes follow it.
    #[error("not a public key: malformed SubjectPublicKeyInfo")]
    Malformed,
    /// An algorithm that is not supported.
    #[error("unsupported key algorithm: `{0}`")]
    Unsupported(String),
    /// An RSA modulus outside 2048 to 4096 bits.
    #[error("unsupported RSA key size: expected 2048 to 4096 bits, found {0}")]
    RsaSize(usize),
}

impl KeyError {
    /// A stable name for this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotPem => "key-not-pem",
            Self::Malformed => "key-malformed",
            Self::Unsupported(_) => "unsupported-key",
            Self::RsaSize(_) => "unsupported-key-size",
        }
    }
}

impl VerifyingKey {
    /// Reads a PEM block `PUBLIC KEY` (RFC 7468, section 13).
    ///
    /// # Errors
    /// [`KeyError`] if it is anything else, or of an unsupported algorithm.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        Self::from_spki_der(&encoding::from_pem("PUBLIC KEY", pem).ok_or(KeyError::NotPem)?)
    }

    /// Reads a DER SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
    ///
    /// # Errors
    /// [`KeyError`] if it is malformed, or of an unsupported algorithm.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        let spki = PublicKeyInfo::parse(der).ok_or(KeyError::Malformed)?;
        Ok(Self { spki: der.to_vec(), id: Digest::of(der), key: Key::from_spki(&spki)? })
    }

    /// The same RSA key for signatures with PSS, which its usual form (`rsaEncryption`) does not tell: some key management
    /// services sign so. Another key stays as it is.
    #[must_use]
    pub fn with_pss(self) -> Self {
        let key = match self.key {
            Key::Rsa(key) => Key::Rsa(key.with_padding(Padding::Pss)),
            key @ (Key::Ecdsa(_) | Key::Ed25519(_)) => key,
        };
        Self { key, ..self }
    }

    /// The PEM block that [`VerifyingKey::from_pem`] reads.
    pub fn to_pem(&self) -> String {
        encoding::to_pem("PUBLIC KEY", &self.spki)
    }

    /// The DER SubjectPublicKeyInfo that it was read from.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// Its name: the SHA-256 of the SubjectPublicKeyInfo.
    pub fn id(&self) -> Digest {
        self.id
    }

    /// What it signs with.
    pub fn algorithm(&self) -> KeyAlgorithm {
        match &self.key {
            Key::Ecdsa(key) => key.algorithm(),
            Key::Ed25519(_) => KeyAlgorithm::Ed25519,
            Key::Rsa(key) => key.algorithm(),
        }
    }

    /// Whether `signature` is this key's over a `hash` that the caller has chosen; for Ed25519, in its prehashed form.
    pub(crate) fn has_signed_hash(&self, hash: &HashValue, signature: &[u8]) -> bool {
        self.key.has_signed_hash(hash, signature)
    }

    /// Whether `signature` is this key's over the pieces of a message; Ed25519 in its pure form alone, as logs sign.
    pub(crate) fn has_signed_pieces(&self, message: Pieces<'_>, signature: &[u8]) -> bool {
        match &self.key {
            Key::Ed25519(key) => {
                let mut whole = Vec::new();
                message(&mut |piece| whole.extend_from_slice(piece));
                key.has_signed_pure(&whole, signature)
            }
            key @ (Key::Ecdsa(_) | Key::Rsa(_)) => {
                key.has_signed_hash(&self.algorithm().hash().hash_pieces(message), signature)
            }
        }
    }

    /// Whether `signature` is this key's over `message`; Ed25519 in either form, as cosign signs.
    ///
    /// # Errors
    /// [`VerifyError::HashNotAtHand`] if the message's hash is needed and neither it nor the bytes are known.
    pub(crate) fn has_signed(&self, message: &Message<'_>, signature: &[u8]) -> Result<bool, VerifyError> {
        if self.key.has_signed_bytes(message, signature) {
            return Ok(true);
        }
        let mut missing = None;
        for &algorithm in self.algorithm().hashes() {
            match message.hash(algorithm) {
                Some(hash) if self.key.has_signed_hash(&hash, signature) => return Ok(true),
                Some(_) => {}
                None => missing = missing.or(Some(VerifyError::HashNotAtHand { algorithm })),
            }
        }
        missing.map_or(Ok(false), Err)
    }
}

impl Key {
    /// Ed25519 in its pure form is over the bytes, and not over a hash.
    fn has_signed_bytes(&self, message: &Message<'_>, signature: &[u8]) -> bool {
        match self {
            Self::Ed25519(key) => message.bytes().is_some_and(|bytes| key.has_signed_pure(&bytes, signature)),
            Self::Ecdsa(_) | Self::Rsa(_) => false,
        }
    }

    fn has_signed_hash(&self, hash: &HashValue, signature: &[u8]) -> bool {
        match self {
            Self::Ecdsa(key) => key.has_signed_hash(hash, signature),
            Self::Ed25519(key) => key.has_signed_prehashed(hash, signature),
            Self::Rsa(key) => key.has_signed_hash(hash, signature),
        }
    }

    fn from_spki(spki: &PublicKeyInfo<'_>) -> Result<Self, KeyError> {
        match spki.algorithm {
            oid::EC_PUBLIC_KEY => ecdsa::EcdsaKey::parse(spki.parameters, spki.bits).map(Self::Ecdsa),
            oid::ED25519 => ed25519::Ed25519Key::parse(spki.bits).map(Self::Ed25519),
            oid::RSA => rsa::RsaKey::parse(Padding::Pkcs1, spki.bits).map(Self::Rsa),
            oid::RSA_PSS => {
                pss_with_sha256(spki.parameters)?;
                rsa::RsaKey::parse(Padding::Pss, spki.bits).map(Self::Rsa)
            }
            other => Err(KeyError::Unsupported(oid::dotted(other))),
        }
    }
}

/// SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
struct PublicKeyInfo<'a> {
    /// The content of the object identifier.
    algorithm: &'a [u8],
    /// DER of the one element, or nothing.
    parameters: &'a [u8],
    bits: &'a [u8],
}

impl<'a> PublicKeyInfo<'a> {
    fn parse(der: &'a [u8]) -> Option<Self> {
        let mut fields = der::Reader::inside(der::SEQUENCE, der)?;
        let mut identifier = fields.next_inside(der::SEQUENCE)?;
        let algorithm = identifier.next(der::OID)?;
        let parameters = identifier.any().map_or(&[][..], |parameters| parameters.whole);
        identifier.end(())?;
        let bits = fields.next(der::BIT_STRING)?.strip_prefix(&[0 /* no bit is unused */])?;
        fields.end(Self { algorithm, parameters, bits })
    }
}

/// RSASSA-PSS-params (RFC 4055, 3.1): none, or SHA-256 with MGF1 over SHA-256 and a salt of 32 bytes.
fn pss_with_sha256(parameters: &[u8]) -> Result<(), KeyError> {
    const SHA256: [u8; 17] = [0xa0, 15, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0];
    const MGF1: [u8; 17] = [0xa1, 0x1c, 0x30, 0x1a, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8, 0x30, 13];
    const SALT: [u8; 5] = [0xa2, 3, 2, 1, 32];
    let written = [&SHA256[..], &MGF1, SHA256.get(4..).unwrap_or_default(), &SALT].concat();
    let none_or_these = parameters.is_empty() || der::only(der::SEQUENCE, parameters) == Some(&written);
    if none_or_these { Ok(()) } else { Err(KeyError::Unsupported("RSASSA-PSS".to_owned())) }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki == other.spki && self.algorithm() == other.algorithm()
    }
}

impl Eq for VerifyingKey {}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({} {})", self.algorithm(), self.id)
    }
}
