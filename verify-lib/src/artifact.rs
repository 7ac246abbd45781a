//! What a signature has to be about: bytes, or their digests.

use crate::{Digest, HashAlgorithm, HashValue};
use core::fmt;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use std::sync::OnceLock;

/// The thing whose signature is asked for.
///
/// It is always known by its SHA-256; a signature made with another hash can be checked only if that hash was
/// computed too, and a pure Ed25519 signature over a message only if the bytes are at hand.
#[derive(Clone)]
pub struct Artifact<'a> {
    digest: Digest,
    sha384: OnceLock<HashValue>,
    sha512: OnceLock<HashValue>,
    bytes: Option<&'a [u8]>,
    name: Option<String>,
}

impl fmt::Debug for Artifact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Artifact({})", self.digest)
    }
}

impl<'a> Artifact<'a> {
    /// Bytes in memory: every hash can be had from them.
    pub fn from_bytes(bytes: &'a [u8]) -> Self {
        Self { bytes: Some(bytes), ..Self::from_digest(Digest::of(bytes)) }
    }

    /// Something known by its digest alone, such as an image's manifest.
    pub fn from_digest(digest: Digest) -> Self {
        Self { digest, sha384: OnceLock::new(), sha512: OnceLock::new(), bytes: None, name: None }
    }

    /// A statement has to call it by this name too. Names are not unique, and mean nothing without the digest.
    #[must_use]
    pub fn with_name(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// A hash of the same bytes that was computed elsewhere. Its SHA-256 is what it is known by, and stays.
    #[must_use]
    pub fn with_hash(self, hash: HashValue) -> Self {
        match hash.algorithm() {
            HashAlgorithm::Sha256 => self,
            HashAlgorithm::Sha384 => Self { sha384: OnceLock::from(hash), ..self },
            HashAlgorithm::Sha512 => Self { sha512: OnceLock::from(hash), ..self },
        }
    }

    /// The name that a statement has to call it by.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Its SHA-256.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The bytes, where they were given.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.bytes
    }

    /// Its hash, where it is known or can be computed: once, however many signatures and subjects ask.
    pub fn hash(&self, algorithm: HashAlgorithm) -> Option<HashValue> {
        let known = match algorithm {
            HashAlgorithm::Sha256 => return HashValue::from_bytes(algorithm, self.digest.as_bytes()),
            HashAlgorithm::Sha384 => &self.sha384,
            HashAlgorithm::Sha512 => &self.sha512,
        };
        match (known.get(), self.bytes) {
            (Some(hash), _) => Some(*hash),
            (None, Some(bytes)) => Some(*known.get_or_init(|| algorithm.hash(bytes))),
            (None, None) => None,
        }
    }
}

/// Hashes a stream, in constant memory, once for all the hashes that are asked for.
pub struct Hasher {
    sha256: Sha256,
    sha384: Option<Sha384>,
    sha512: Option<Sha512>,
}

impl Hasher {
    /// SHA-256, and the `others`.
    pub fn new(others: &[HashAlgorithm]) -> Self {
        let wants = |algorithm| others.contains(&algorithm);
        Self {
            sha256: Sha256::new(),
            sha384: wants(HashAlgorithm::Sha384).then(Sha384::new),
            sha512: wants(HashAlgorithm::Sha512).then(Sha512::new),
        }
    }

    /// The next bytes of the stream.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        if let Some(hasher) = &mut self.sha384 {
            hasher.update(bytes);
        }
        if let Some(hasher) = &mut self.sha512 {
            hasher.update(bytes);
        }
    }

    /// The stream has ended.
    pub fn finish(self) -> Artifact<'static> {
        let known = |algorithm, hash: Option<&[u8]>| {
            hash.and_then(|hash| HashValue::from_bytes(algorithm, hash)).map_or_else(OnceLock::new, OnceLock::from)
        };
        let sha384 = self.sha384.map(Sha384::finalize);
        let sha512 = self.sha512.map(Sha512::finalize);
        Artifact {
            sha384: known(HashAlgorithm::Sha384, sha384.as_deref()),
            sha512: known(HashAlgorithm::Sha512, sha512.as_deref()),
            ..Artifact::from_digest(Digest::from_bytes(self.sha256.finalize().into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_hashes_as_its_bytes_do() {
        let all = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];
        let mut hasher = Hasher::new(&all);
        hasher.update(b"clay ");
        hasher.update(b"seal");
        let streamed = hasher.finish();
        let whole = Artifact::from_bytes(b"clay seal");
        for algorithm in all {
            assert_eq!(streamed.hash(algorithm), whole.hash(algorithm), "{algorithm}");
        }
    }

    /// A statement of a thousand subjects hashed the artifact a thousand times.
    #[test]
    fn each_hash_is_computed_once() {
        let artifact = Artifact::from_bytes(b"clay seal");
        assert_eq!((artifact.sha384.get(), artifact.sha512.get()), (None, None));
        for algorithm in [HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
            let hash = artifact.hash(algorithm);
            let kept = if algorithm == HashAlgorithm::Sha384 { &artifact.sha384 } else { &artifact.sha512 };
            assert_eq!((kept.get().copied(), hash), (hash, Some(algorithm.hash(b"clay seal"))));
        }
    }

    #[test]
    fn hashes_that_were_computed_elsewhere_are_known() {
        let whole = Artifact::from_bytes(b"clay seal");
        let hashes = HashAlgorithm::ALL.map(|algorithm| algorithm.hash(b"clay seal"));
        let told = hashes.iter().fold(Artifact::from_digest(*whole.digest()), |told, hash| told.with_hash(*hash));
        assert_eq!(HashAlgorithm::ALL.map(|algorithm| told.hash(algorithm)), hashes.map(Some));
        let other = told.with_hash(HashAlgorithm::Sha256.hash(b"x"));
        assert_eq!(other.digest(), whole.digest());
    }

    #[test]
    fn a_digest_alone_has_no_other_hash() {
        let artifact = Artifact::from_digest(Digest::of(b"x"));
        assert_eq!(artifact.hash(HashAlgorithm::Sha512), None);
        assert_eq!(artifact.bytes(), None);
    }
}
