//! Why a private key cannot be had.

use crate::budget;
use std::path::PathBuf;

/// Why a private key cannot be read, made or written. No variant holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The bytes are more than any key has.
    #[error("too big for a key file: at most {limit} bytes are read", limit = budget::KEY_FILE_BYTES)]
    TooLarge,
    /// Not one PEM block and nothing else (RFC 7468, strict form).
    #[error("not a private key: {reason}")]
    NotPem {
        /// What is wrong.
        reason: &'static str,
    },
    /// A PEM block that is not a private key that is read.
    #[error("not a private key that can be read: expected `PRIVATE KEY`, found `{found}`")]
    Label {
        /// The block's label.
        found: String,
    },
    /// Encrypted in another way than cosign's.
    #[error("the key is encrypted in a way that is not read: `{found}`")]
    ForeignEncryption {
        /// The block's label, or header.
        found: String,
    },
    /// An encrypted key whose envelope is malformed.
    #[error("malformed encrypted key: {reason}")]
    EnvelopeMalformed {
        /// What is wrong.
        reason: String,
    },
    /// Key derivation or cipher are not the ones that are read.
    #[error("unsupported encryption of the key: expected {expected}, found {found}")]
    EncryptionUnsupported {
        /// What is read.
        expected: &'static str,
        /// What the file says.
        found: String,
    },
    /// The password does not open the key; or its bytes were changed, which nobody can tell apart.
    #[error("wrong password, or the key file was changed")]
    WrongPassword,
    /// The DER inside is not a consistent private key.
    #[error("malformed private key: {reason}")]
    Malformed {
        /// What is wrong.
        reason: &'static str,
    },
    /// A private key of an algorithm that is not supported.
    #[error("unsupported private key: expected P-256, P-384, P-521, Ed25519 or RSA, found {found}")]
    Unsupported {
        /// The algorithm's object identifier, or its name.
        found: String,
    },
    /// The public half is not one that signatures could be checked with.
    #[error("the key's public half: {0}")]
    Public(#[from] bulla_verify::KeyError),
    /// The cryptographic library or the operating system's random numbers have failed.
    #[error("{what} failed")]
    Crypto {
        /// What was to be done.
        what: &'static str,
    },
    /// Something is there already, and keys are never overwritten.
    #[error("`{}` exists, and a key is never overwritten", path.display())]
    Exists {
        /// The path.
        path: PathBuf,
    },
    /// A key file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A key file cannot be written; none of the two is left behind.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The path.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
}

impl KeyError {
    /// A stable name for this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "key-too-large",
            Self::NotPem { .. } => "key-not-pem",
            Self::Label { .. } => "key-label",
            Self::ForeignEncryption { .. } => "key-foreign-encryption",
            Self::EnvelopeMalformed { .. } => "key-envelope-malformed",
            Self::EncryptionUnsupported { .. } => "key-encryption-unsupported",
            Self::WrongPassword => "wrong-password",
            Self::Malformed { .. } => "key-malformed",
            Self::Unsupported { .. } => "unsupported-key",
            Self::Public(error) => error.code(),
            Self::Crypto { .. } => "crypto-failed",
            Self::Exists { .. } => "key-exists",
            Self::Read { .. } => "key-unreadable",
            Self::Write { .. } => "key-unwritable",
        }
    }

    /// What to do next, where there is something.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotPem { .. } => "a key file is one PEM block; `openssl pkcs8 -topk8 -nocrypt -in FILE` writes one",
            Self::Label { found } => return Some(label_hint(found).to_owned()),
            Self::ForeignEncryption { .. } => "`openssl pkcs8 -topk8 -nocrypt -in FILE` decrypts it",
            Self::EncryptionUnsupported { .. } => "keys are read as cosign writes them",
            Self::WrongPassword => "type it again; an empty password is a password too",
            Self::Unsupported { .. } => "make a new key of a supported algorithm",
            Self::Exists { .. } => "choose another name, or move the old key away",
            Self::TooLarge => "check that it is the key's file",
            Self::EnvelopeMalformed { .. } | Self::Malformed { .. } | Self::Public(_) => {
                "the file was changed or cut short: take it from a copy"
            }
            Self::Crypto { .. } => "the machine is out of order, or this program is: nothing was made",
            Self::Read { .. } | Self::Write { .. } => "check the path, and who may use it",
        };
        Some(hint.to_owned())
    }
}

fn label_hint(label: &str) -> &'static str {
    match label {
        "PUBLIC KEY" | "RSA PUBLIC KEY" => "this is a public key; signing needs the private one",
        "CERTIFICATE" => "this is a certificate; signing needs the private key",
        "OPENSSH PRIVATE KEY" => "`ssh-keygen -p -m PKCS8 -f FILE` rewrites an OpenSSH key",
        "EC PARAMETERS" => "`openssl pkcs8 -topk8 -nocrypt -in FILE` drops the parameters",
        _ => "PKCS#8, SEC1 and PKCS#1 keys are read, and cosign's encrypted ones",
    }
}
