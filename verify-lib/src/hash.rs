//! Hashes (FIPS 180-4), and what they are of.

use crate::{digest, encoding::from_base64_exact};
use core::fmt;
use sha2::{Sha256, Sha384, Sha512};

/// A hash that a signature algorithm is defined with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashAlgorithm {
    /// FIPS 180-4, 32 bytes.
    Sha256,
    /// FIPS 180-4, 48 bytes.
    Sha384,
    /// FIPS 180-4, 64 bytes.
    Sha512,
}

/// A hash and its algorithm, shown as `sha256:<lowercase hex>`: 32, 48 or 64 bytes, and never of another length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HashValue {
    algorithm: HashAlgorithm,
    /// Those past the algorithm's length are zero.
    bytes: [u8; 64],
}

/// A message that is told piece by piece, so that nobody has to put it together to hash it.
pub(crate) type Pieces<'a> = &'a dyn Fn(&mut dyn FnMut(&[u8]));

impl HashAlgorithm {
    pub(crate) const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// The hash of `bytes`.
    pub fn hash(self, bytes: &[u8]) -> HashValue {
        self.hash_pieces(&|say| say(bytes))
    }

    pub(crate) fn hash_pieces(self, message: Pieces<'_>) -> HashValue {
        let mut bytes = [0; 64];
        let hash: &mut [u8] = &mut bytes;
        match self {
            Self::Sha256 => digest_into::<Sha256>(message, hash),
            Self::Sha384 => digest_into::<Sha384>(message, hash),
            Self::Sha512 => digest_into::<Sha512>(message, hash),
        }
        HashValue { algorithm: self, bytes }
    }

    /// Of a hash, in bytes.
    pub(crate) fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The name in protobuf's JSON (`sigstore_common.proto`, `HashAlgorithm`).
    pub(crate) fn from_protobuf(name: &str) -> Option<Self> {
        match name {
            "SHA2_256" => Some(Self::Sha256),
            "SHA2_384" => Some(Self::Sha384),
            "SHA2_512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// The name as registries and Rekor v1 write it.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }
}

fn digest_into<D: sha2::Digest>(message: Pieces<'_>, hash: &mut [u8]) {
    let mut hasher = D::new();
    message(&mut |piece| hasher.update(piece));
    let digest = hasher.finalize();
    hash.iter_mut().zip(digest).for_each(|(byte, of_digest)| *byte = of_digest);
}

impl HashValue {
    /// A hash that was computed elsewhere; nothing if it has not the algorithm's length.
    pub fn from_bytes(algorithm: HashAlgorithm, hash: &[u8]) -> Option<Self> {
        let mut bytes = [0; 64];
        bytes.get_mut(..hash.len()).filter(|_| hash.len() == algorithm.length())?.copy_from_slice(hash);
        Some(Self { algorithm, bytes })
    }

    /// Reads `sha512:<lowercase hex>`, as it is shown.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, hex) = text.split_once(':')?;
        Self::from_hex(HashAlgorithm::from_name(name)?, hex)
    }

    /// Reads lowercase hex.
    pub(crate) fn from_hex(algorithm: HashAlgorithm, hex: &str) -> Option<Self> {
        let mut bytes = [0; 64];
        digest::read_hex(hex, bytes.get_mut(..algorithm.length())?)?;
        Some(Self { algorithm, bytes })
    }

    /// Reads standard base64.
    pub(crate) fn from_base64(algorithm: HashAlgorithm, text: &str) -> Option<Self> {
        match algorithm {
            HashAlgorithm::Sha256 => Self::from_bytes(algorithm, &from_base64_exact::<32>(text)?),
            HashAlgorithm::Sha384 => Self::from_bytes(algorithm, &from_base64_exact::<48>(text)?),
            HashAlgorithm::Sha512 => Self::from_bytes(algorithm, &from_base64_exact::<64>(text)?),
        }
    }

    /// What it was computed with.
    pub fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// Its 32, 48 or 64 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.algorithm.length()).unwrap_or_default()
    }
}

impl AsRef<[u8]> for HashValue {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for HashValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, digest::to_hex(self.as_bytes()))
    }
}

impl fmt::Debug for HashValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_hash_as_the_whole_does() {
        for algorithm in HashAlgorithm::ALL {
            let pieces =
                algorithm.hash_pieces(&|say| ["clay ", "", "seal"].iter().for_each(|piece| say(piece.as_bytes())));
            assert_eq!(pieces, algorithm.hash(b"clay seal"));
            assert_eq!(pieces.as_bytes().len(), algorithm.length());
        }
    }

    #[test]
    fn a_hash_reads_back_as_it_is_shown_and_in_no_other_way() {
        for algorithm in HashAlgorithm::ALL {
            let shown = algorithm.hash(b"clay seal").to_string();
            assert_eq!(HashValue::parse(&shown), Some(algorithm.hash(b"clay seal")));
            for other in [shown.to_uppercase(), shown.replace(':', ""), format!("{shown}0"), format!(" {shown}")] {
                assert_eq!(HashValue::parse(&other), None, "{other}");
            }
        }
        assert_eq!(HashValue::parse("md5:d41d8cd98f00b204e9800998ecf8427e"), None);
    }

    #[test]
    fn a_hash_has_its_algorithms_length() {
        for algorithm in HashAlgorithm::ALL {
            for length in [0, 31, 32, 33, 47, 48, 64, 65] {
                let hash = HashValue::from_bytes(algorithm, &vec![7; length]);
                assert_eq!(hash.is_some(), length == algorithm.length(), "{algorithm} of {length}");
            }
        }
    }
}
