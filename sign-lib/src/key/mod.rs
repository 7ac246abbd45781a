//! Private keys: made, read, kept under a password, and used.

pub(crate) mod der;
mod ecdsa;
mod ed25519;
mod encrypted;
mod error;
pub mod file;
mod password;
pub(crate) mod pem;
mod rsa;

pub use error::KeyError;
pub use password::Password;

use crate::Error;
use bulla_verify::{Artifact, HashValue, KeyAlgorithm, VerifyingKey};
use core::fmt;
use zeroize::Zeroizing;

/// DER of an unencrypted private key (RFC 5958), wiped when dropped.
type Pkcs8 = Zeroizing<Vec<u8>>;

const GENERATION: KeyError = KeyError::Crypto { what: "the key generation" };
const EXPORT: KeyError = KeyError::Crypto { what: "the export of the key" };
const SIGNING: KeyError = KeyError::Crypto { what: "the signature" };

/// A private key that signs.
///
/// Its two halves belong together. The private one is wiped from memory when dropped, is never shown, and leaves
/// only under a password.
pub struct SigningKey {
    secret: Secret,
    public: VerifyingKey,
}

enum Secret {
    Ecdsa(ecdsa::EcdsaKey),
    Ed25519(ed25519::Ed25519Key),
    Rsa(rsa::RsaKey),
}

impl SigningKey {
    /// A new key from the operating system's random numbers; RSA with 3072 bits.
    ///
    /// # Errors
    /// [`KeyError::Crypto`] if there are none to be had.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, KeyError> {
        let secret = match algorithm {
            KeyAlgorithm::EcdsaP256 => Secret::Ecdsa(ecdsa::EcdsaKey::generate(ecdsa::Curve::P256)?),
            KeyAlgorithm::EcdsaP384 => Secret::Ecdsa(ecdsa::EcdsaKey::generate(ecdsa::Curve::P384)?),
            KeyAlgorithm::EcdsaP521 => Secret::Ecdsa(ecdsa::EcdsaKey::generate(ecdsa::Curve::P521)?),
            KeyAlgorithm::Ed25519 => Secret::Ed25519(ed25519::Ed25519Key::generate()?),
            KeyAlgorithm::Rsa => Secret::Rsa(rsa::RsaKey::generate()?),
            KeyAlgorithm::RsaPss => return Err(KeyError::Unsupported { found: algorithm.to_string() }),
        };
        Self::of(secret)
    }

    /// Reads a key file: cosign's encrypted PEM, or PKCS#8, SEC1 or PKCS#1. `ask` is called only if it is encrypted.
    ///
    /// # Errors
    /// [`KeyError`] if it is anything else, inconsistent, over budget, or the password is wrong; and whatever `ask` says.
    pub fn from_pem<E: From<KeyError>>(file: &[u8], ask: impl FnOnce() -> Result<Password, E>) -> Result<Self, E> {
        let block = pem::parse(file)?;
        if encrypted::reads(&block.label) {
            let pkcs8 = encrypted::open(&block.bytes, &ask()?)?;
            return Ok(Self::of(Secret::from_pkcs8(&pkcs8)?)?);
        }
        Ok(Self::of(Secret::from_block(&block)?)?)
    }

    fn of(secret: Secret) -> Result<Self, KeyError> {
        let public = match &secret {
            Secret::Ecdsa(key) => key.verifying_key()?,
            Secret::Ed25519(key) => key.verifying_key()?,
            Secret::Rsa(key) => key.verifying_key()?,
        };
        Ok(Self { secret, public })
    }

    /// The PEM block that cosign and [`SigningKey::from_pem`] read, under fresh salt and nonce.
    ///
    /// # Errors
    /// [`KeyError::Crypto`] if there are no random numbers to be had.
    pub fn to_encrypted_pem(&self, password: &Password) -> Result<Zeroizing<String>, KeyError> {
        let pkcs8 = match &self.secret {
            Secret::Ecdsa(key) => key.to_pkcs8()?,
            Secret::Ed25519(key) => key.to_pkcs8()?,
            Secret::Rsa(key) => key.to_pkcs8()?,
        };
        encrypted::seal(&pkcs8, password)
    }

    /// Its public half.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }

    /// Signs the artifact itself: by its hash, or with pure Ed25519 by its bytes, as cosign signs files.
    pub(crate) fn sign_artifact(&self, artifact: &Artifact<'_>) -> Result<Vec<u8>, Error> {
        let algorithm = self.public.algorithm().hash();
        let hash = || artifact.hash(algorithm).ok_or(Error::HashNotAtHand { algorithm });
        match &self.secret {
            Secret::Ecdsa(key) => Ok(key.sign_hash(hash()?.as_bytes())?),
            Secret::Rsa(key) => Ok(key.sign_hash(hash()?.as_bytes())?),
            Secret::Ed25519(key) => Ok(key.sign(artifact.bytes().ok_or(Error::BytesNotAtHand)?)?),
        }
    }

    /// Signs these bytes: an envelope's pre-authentication encoding (DSSE), or a proof that the key is ours.
    pub(crate) fn sign_bytes(&self, bytes: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.secret {
            Secret::Ecdsa(_) | Secret::Rsa(_) => self.sign_hash(&self.public.algorithm().hash().hash(bytes)),
            Secret::Ed25519(key) => key.sign(bytes),
        }
    }

    /// Signs a message by its hash, which has to be the algorithm's own; with Ed25519 in its prehashed form.
    pub(crate) fn sign_hash(&self, hash: &HashValue) -> Result<Vec<u8>, KeyError> {
        match &self.secret {
            Secret::Ecdsa(key) => key.sign_hash(hash.as_bytes()),
            Secret::Rsa(key) => key.sign_hash(hash.as_bytes()),
            Secret::Ed25519(key) => key.sign_prehashed(hash.as_bytes()),
        }
    }
}

impl Secret {
    fn from_block(block: &pem::Block) -> Result<Self, KeyError> {
        match block.label.as_str() {
            "PRIVATE KEY" => Self::from_pkcs8(&block.bytes),
            "EC PRIVATE KEY" => Self::from_sec1(&block.bytes),
            "RSA PRIVATE KEY" if der::is_one_sequence(&block.bytes) => {
                rsa::RsaKey::from_pkcs1(&block.bytes).map(Self::Rsa)
            }
            "RSA PRIVATE KEY" => Err(KeyError::Malformed { reason: "not PKCS#1" }),
            "ENCRYPTED PRIVATE KEY" => Err(KeyError::ForeignEncryption { found: block.label.clone() }),
            label => Err(KeyError::Label { found: label.chars().take(40).collect() }),
        }
    }

    fn from_pkcs8(bytes: &[u8]) -> Result<Self, KeyError> {
        const ELLIPTIC: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
        let algorithm = der::pkcs8_algorithm(bytes).ok_or(KeyError::Malformed { reason: "not PKCS#8" })?;
        if algorithm.oid == ed25519::Ed25519Key::OID {
            ed25519::Ed25519Key::parse(bytes).map(Self::Ed25519)
        } else if algorithm.oid == rsa::RsaKey::OID {
            rsa::RsaKey::from_pkcs8(bytes).map(Self::Rsa)
        } else if algorithm.oid == ELLIPTIC {
            Self::on_curve(algorithm.curve, bytes)
        } else {
            Err(KeyError::Unsupported { found: der::dotted(algorithm.oid) })
        }
    }

    fn from_sec1(bytes: &[u8]) -> Result<Self, KeyError> {
        if !der::is_one_sequence(bytes) {
            return Err(KeyError::Malformed { reason: "not SEC1" });
        }
        Self::on_curve(der::sec1_curve(bytes), bytes)
    }

    fn on_curve(oid: Option<&[u8]>, bytes: &[u8]) -> Result<Self, KeyError> {
        let oid = oid.ok_or(KeyError::Malformed { reason: "the elliptic-curve key names no curve" })?;
        let curve = ecdsa::Curve::from_oid(oid).ok_or_else(|| KeyError::Unsupported { found: der::dotted(oid) })?;
        ecdsa::EcdsaKey::parse(curve, bytes).map(Self::Ecdsa)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {})", self.public.algorithm(), self.public.id())
    }
}

#[cfg(test)]
mod tests;
