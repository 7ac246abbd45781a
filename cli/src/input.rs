//! What enters the process: small files whole and capped, artifacts hashed as they stream by.

use crate::{
    budget,
    bundle_file::Named,
    error::{Failure, Result},
    progress::Progress,
    target::{self, Target},
};
use bulla_policy::Believed;
use bulla_verify::{Artifact, Bundle, HashAlgorithm, Hasher, KeyAlgorithm, VerifyingKey};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// How much is read at once: in the second-level cache, so that what was read is still there to be hashed.
const CHUNK: usize = 128 << 10;

/// An artifact that was read.
pub(crate) enum Loaded {
    /// Its hashes alone.
    Hashed(Artifact<'static>),
    /// Its bytes.
    Bytes(Vec<u8>),
}

/// What has to be known of an artifact.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Hashes besides SHA-256.
    pub(crate) hashes: Vec<HashAlgorithm>,
    /// Whether the bytes are needed, up to [`budget::PURE_BYTES`].
    pub(crate) bytes: bool,
}

impl Wanted {
    /// What the bundles, and the keys that are believed, need to know of it.
    pub(crate) fn by(bundles: &[Named], believed: &Believed) -> Self {
        let keys: Vec<_> = believed.keys().iter().map(VerifyingKey::algorithm).collect();
        let mut wanted = Self::default();
        for (_, bytes) in bundles {
            // What does not parse is refused, and needs no hash for that.
            let Ok(bundle) = Bundle::parse(bytes) else { continue };
            let hashes = bundle.unverified_hashes();
            wanted.hashes.extend(&hashes);
            if bundle.unverified_payload().is_some() {
                continue;
            }
            wanted.hashes.extend(keys.iter().map(|key| key.hash()));
            let certificate_may_be_ed25519 = bundle.unverified_certificate().is_some()
                && (hashes.is_empty() || hashes.contains(&HashAlgorithm::Sha512));
            wanted.bytes |= certificate_may_be_ed25519 || keys.contains(&KeyAlgorithm::Ed25519);
        }
        wanted
    }
}

impl Loaded {
    /// How many bytes of it are kept in memory.
    pub(crate) fn kept(&self) -> usize {
        match self {
            Self::Hashed(_) => 0,
            Self::Bytes(bytes) => bytes.len(),
        }
    }

    /// What is signed or verified.
    pub(crate) fn artifact(&self) -> Artifact<'_> {
        match self {
            Self::Hashed(artifact) => artifact.clone(),
            Self::Bytes(bytes) => Artifact::from_bytes(bytes),
        }
    }
}

/// Reads a file, standard input or nothing at all, once, in constant memory unless the bytes are wanted.
pub(crate) fn load(target: &Target, wanted: &Wanted) -> Result<Loaded> {
    let keep = if wanted.bytes { budget::PURE_BYTES } else { 0 };
    match target {
        Target::File(path) => {
            let _progress = Progress::of(&format!("hashing {}", path.display()));
            hash(open(path)?, &wanted.hashes, keep).map_err(|error| unreadable(path, &error))
        }
        Target::Stdin => {
            stdin_is_there()?;
            let stdin = io::stdin().lock();
            hash(stdin, &wanted.hashes, keep).map_err(|error| Failure::read(Path::new("-"), &error))
        }
        Target::Digest(digest) => Ok(Loaded::Hashed(Artifact::from_digest(*digest))),
        Target::Image(place) => {
            Err(Failure::usage(format!("`{place}` is an image, expected a file")).hint("name a file"))
        }
    }
}

/// Opens the artifact, or says what may have been meant.
pub(crate) fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => target::missing_file(path),
        _ => unreadable(path, &error),
    })
}

/// A target that cannot be read: a folder may be a layout, which a key or a bundle never is.
fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::read(path, error);
    match error.kind() {
        io::ErrorKind::IsADirectory => failure.hint("for an OCI image layout, write `oci:` before it"),
        _ => failure,
    }
}

fn hash(mut stream: impl Read, hashes: &[HashAlgorithm], keep: usize) -> io::Result<Loaded> {
    let mut hasher = Hasher::new(hashes);
    let mut kept = (keep > 0).then(Vec::new);
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match stream.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        let Some(bytes) = chunk.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
        kept = kept.filter(|kept| kept.len() + read <= keep);
        if let Some(kept) = &mut kept {
            kept.extend_from_slice(bytes);
        }
    }
    Ok(kept.map_or_else(|| Loaded::Hashed(hasher.finish()), Loaded::Bytes))
}

/// A standard input that was closed is opened on `/dev/null` before a program begins: what is read there is not an empty file
/// that somebody has meant.
#[cfg(unix)]
fn stdin_is_there() -> Result<()> {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let [stdin, null] = ["/dev/fd/0", "/dev/null"].map(|path| Path::new(path).metadata().ok());
    let device = stdin.filter(|stdin| stdin.file_type().is_char_device()).map(|stdin| stdin.rdev());
    if device.is_none() || device != null.map(|null| null.rdev()) {
        return Ok(());
    }
    Err(Failure::unknown("no-standard-input", "standard input is closed, or `/dev/null`")
        .hint("pipe the bytes to it, as in `cat FILE | bulla …`, or name the file"))
}

/// Elsewhere a closed standard input cannot be read.
#[cfg(not(unix))]
fn stdin_is_there() -> Result<()> {
    Ok(())
}

/// Reads a small file whole; `-` is standard input. `what` is said where it is too large.
pub(crate) fn read(path: &Path, limit: usize, what: &str) -> Result<Vec<u8>> {
    let failed = |error: io::Error| Failure::read(path, &error);
    let from_stdin = path == Path::new("-");
    if from_stdin {
        stdin_is_there()?;
    }
    let bytes = match from_stdin {
        true => capped(io::stdin().lock(), limit).map_err(failed)?,
        false => capped(File::open(path).map_err(failed)?, limit).map_err(failed)?,
    };
    bytes.ok_or_else(|| {
        Failure::unknown("too-large", format!("`{}` is larger than {what} may be: {limit} bytes", path.display()))
            .hint(format!("check that it is {what}"))
    })
}

/// Reads a small text file whole.
pub(crate) fn read_text(path: &Path, limit: usize, what: &str) -> Result<String> {
    String::from_utf8(read(path, limit, what)?).map_err(|_| {
        Failure::unknown("not-text", format!("`{}` is not text, expected {what}", path.display()))
            .hint("PEM is text; `openssl pkey -pubin -inform DER -in FILE` rewrites a public key in DER")
    })
}

fn capped(stream: impl Read, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let one_more = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    stream.take(one_more).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= limit).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_past_the_limit_is_hashed_and_not_kept() {
        let stream = vec![7; 10];
        assert!(matches!(hash(stream.as_slice(), &[], 10).unwrap(), Loaded::Bytes(bytes) if bytes == stream));
        let Loaded::Hashed(artifact) = hash(stream.as_slice(), &[], 9).unwrap() else { panic!("kept") };
        assert_eq!(artifact.digest(), Artifact::from_bytes(&stream).digest());
    }

    #[test]
    fn a_small_file_has_a_limit() {
        assert_eq!(capped([1, 2, 3].as_slice(), 3).unwrap(), Some(vec![1, 2, 3]));
        assert_eq!(capped([1, 2, 3].as_slice(), 2).unwrap(), None);
    }
}
