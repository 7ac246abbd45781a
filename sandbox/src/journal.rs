//! What is kept of what was acknowledged: an append-only file, on the disk before anybody is told.

use crate::{budget, http::lock};
use sha2::{Digest as _, Sha256};
use std::{
    fs::{File, OpenOptions},
    io::{Error, ErrorKind, Read as _, Result, Seek as _, SeekFrom, Write as _},
    path::Path,
    sync::Mutex,
};

/// The file, and how much of it is known to be on the disk.
///
/// A record is its length (4 bytes), the first 4 bytes of its SHA-256, and its bytes. One that ends in the middle is what a
/// process that died while writing has left, and was never acknowledged; anything else that does not read is damage.
#[derive(Debug)]
pub(crate) struct Journal {
    writing: Mutex<Writing>,
    /// Records that are on the disk. One thread at a time makes it so, for all that were written by then.
    synced: Mutex<u64>,
    file: File,
}

#[derive(Debug)]
struct Writing {
    file: File,
    written: u64,
    /// How much longer it may become: what is longer is not read again.
    left: usize,
    /// Something has failed, and nobody knows what is on the disk: half a record, or nothing of what a later `fsync` would say is
    /// there. Nothing is acknowledged any more; the next start finds out.
    broken: bool,
}

/// Of which kind a record is. The numbers are on disks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An entry of the Rekor v2 log.
    LogV2,
    /// An entry of the Rekor v1 log.
    LogV1,
    /// A leaf of the certificate log.
    Certificates,
    /// Something that the registry has taken.
    Registry,
}

impl Kind {
    fn byte(self) -> u8 {
        match self {
            Self::LogV2 => 1,
            Self::LogV1 => 2,
            Self::Certificates => 3,
            Self::Registry => 4,
        }
    }

    fn of(byte: u8) -> Option<Self> {
        [Self::LogV2, Self::LogV1, Self::Certificates, Self::Registry].into_iter().find(|kind| kind.byte() == byte)
    }
}

/// A file that is made for its owner alone, and is not where a link leads: whoever laid one would choose what is written to.
pub(crate) fn open_private(path: &Path, how: &mut OpenOptions) -> Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        how.mode(0o600).custom_flags(libc::O_NOFOLLOW);
    }
    how.open(path).map_err(|error| Error::new(error.kind(), format!("`{}` cannot be opened: {error}", path.display())))
}

/// The number of a record, for [`Journal::sync`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Written(u64);

impl Journal {
    /// Opens the file and hands every record of it to `replay`.
    pub(crate) fn open(path: &Path, replay: impl FnMut(Kind, &[u8]) -> Result<()>) -> Result<Self> {
        Self::open_within(budget::JOURNAL_BYTES, path, replay)
    }

    fn open_within(most: usize, path: &Path, mut replay: impl FnMut(Kind, &[u8]) -> Result<()>) -> Result<Self> {
        let mut file = open_private(path, OpenOptions::new().read(true).append(true).create(true))?;
        let mut bytes = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX);
        let length = (&mut file).take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        if length > most {
            return Err(damaged("is too long"));
        }
        let mut rest = bytes.as_slice();
        while let Some(Record { kind, content, after }) = record(rest)? {
            replay(kind, content)?;
            rest = after;
        }
        let whole = length - rest.len();
        if whole < length {
            file.set_len(u64::try_from(whole).unwrap_or(u64::MAX))?;
            file.sync_all()?;
        }
        file.seek(SeekFrom::End(0))?;
        let writing = Writing { file: file.try_clone()?, written: 0, left: most - whole, broken: false };
        Ok(Self { writing: Mutex::new(writing), synced: Mutex::new(0), file })
    }

    /// Writes a record after all others.
    pub(crate) fn write(&self, kind: Kind, parts: &[&[u8]]) -> Result<Written> {
        let content = [&[kind.byte()][..], &parts.concat()].concat();
        let length = u32::try_from(content.len()).map_err(|_| damaged("cannot hold so long a record"))?;
        let bytes = [&length.to_be_bytes()[..], &checksum(&content), &content].concat();
        let mut writing = lock(&self.writing);
        writing.whole()?;
        writing.left = writing.left.checked_sub(bytes.len()).ok_or_else(|| damaged("is full"))?;
        // Until it is known to have succeeded, it has failed.
        writing.broken = true;
        writing.file.write_all(&bytes)?;
        writing.broken = false;
        writing.written += 1;
        Ok(Written(writing.written))
    }

    /// Returns once this record is on the disk, and with it all that were written before.
    pub(crate) fn sync(&self, record: Written) -> Result<()> {
        let mut synced = lock(&self.synced);
        if *synced >= record.0 {
            return Ok(());
        }
        let written = {
            let writing = lock(&self.writing);
            writing.whole()?;
            writing.written
        };
        self.file.sync_data().inspect_err(|_| lock(&self.writing).broken = true)?;
        *synced = written;
        Ok(())
    }
}

impl Writing {
    fn whole(&self) -> Result<()> {
        if self.broken { Err(damaged("could not be written before, and is not until the next start")) } else { Ok(()) }
    }
}

/// A record, and what follows it.
struct Record<'a> {
    kind: Kind,
    content: &'a [u8],
    after: &'a [u8],
}

/// The first record; nothing where the bytes end before it does.
fn record(bytes: &[u8]) -> Result<Option<Record<'_>>> {
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return Ok(None) };
    let Some((sum, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    let Some((content, after)) = rest.split_at_checked(length) else { return Ok(None) };
    if checksum(content) != *sum {
        return if after.is_empty() { Ok(None) } else { Err(damaged("is damaged")) };
    }
    let (kind, content) = content.split_first().ok_or_else(|| damaged("is damaged"))?;
    let kind = Kind::of(*kind).ok_or_else(|| damaged("is of a later version"))?;
    Ok(Some(Record { kind, content, after }))
}

fn checksum(content: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(content).into();
    [a, b, c, d]
}

fn damaged(how: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("the sandbox's journal {how}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn place(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("bulla-journal-{}-{name}", std::process::id()));
        drop(std::fs::remove_file(&path));
        path
    }

    fn read(path: &Path) -> Result<Vec<Vec<u8>>> {
        let mut records = Vec::new();
        Journal::open(path, |_, bytes| {
            records.push(bytes.to_vec());
            Ok(())
        })?;
        Ok(records)
    }

    fn two_records(path: &Path) {
        let journal = Journal::open(path, |_, _| Ok(())).unwrap();
        let first = journal.write(Kind::LogV2, &[b"on", b"e"]).unwrap();
        let second = journal.write(Kind::Certificates, &[b"two"]).unwrap();
        journal.sync(second).unwrap();
        journal.sync(first).unwrap();
    }

    #[test]
    fn what_was_written_is_read_again() {
        let path = place("again");
        two_records(&path);
        assert_eq!(read(&path).unwrap(), [b"one", b"two"]);
        two_records(&path);
        assert_eq!(read(&path).unwrap().len(), 4);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_record_cut_anywhere_is_forgotten_and_those_before_it_are_not() {
        let path = place("cut");
        two_records(&path);
        let whole = std::fs::read(&path).unwrap();
        for length in 12..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(read(&path).unwrap(), [b"one"], "{length}");
            assert_eq!(std::fs::read(&path).unwrap().len(), 12);
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn after_a_failure_nothing_is_acknowledged() {
        let path = place("broken");
        let mut journal = Journal::open(&path, |_, _| Ok(())).unwrap();
        let first = journal.write(Kind::LogV2, &[b"one"]).unwrap();
        journal.sync(first).unwrap();
        // A file that can be read only.
        journal.writing.get_mut().unwrap().file = File::open(&path).unwrap();
        for _ in 0..2 {
            journal.write(Kind::LogV2, &[b"two"]).unwrap_err();
        }
        journal.writing.get_mut().unwrap().file = OpenOptions::new().append(true).open(&path).unwrap();
        assert!(journal.write(Kind::LogV2, &[b"two"]).unwrap_err().to_string().contains("until the next start"));
        journal.sync(first).unwrap();
        assert_eq!(read(&path).unwrap(), [b"one"]);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn one_byte_past_the_limit_is_neither_written_nor_read() {
        let path = place("long");
        two_records(&path);
        let length = std::fs::read(&path).unwrap().len();
        Journal::open_within(length, &path, |_, _| Ok(())).unwrap();
        let journal = Journal::open_within(length + 13, &path, |_, _| Ok(())).unwrap();
        assert!(journal.write(Kind::LogV2, &[b"three"]).unwrap_err().to_string().ends_with("is full"));
        journal.write(Kind::LogV2, &[b"four"]).unwrap();
        let length = std::fs::read(&path).unwrap().len();
        let refused = Journal::open_within(length - 1, &path, |_, _| Ok(())).unwrap_err();
        assert_eq!(refused.to_string(), "the sandbox's journal is too long");
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn damage_before_the_last_record_is_no_accident() {
        let path = place("damage");
        two_records(&path);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[9] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read(&path).unwrap_err().to_string(), "the sandbox's journal is damaged");
        std::fs::remove_file(path).unwrap();
    }
}
