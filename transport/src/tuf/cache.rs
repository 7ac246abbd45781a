//! What is kept of a repository between two runs: one file, which is there whole or not at all.
//!
//! Nothing in it is believed: it is verified anew, from the root that the caller vouches for, each time that it is read.

use super::TufError;
use super::repository::Repository;
use crate::budget;
use crate::error::Error;
use crate::files::{self, failed};
use crate::options::Cancel;
use bulla_verify::json;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, Instant};

const FORMAT: u32 = 1;

/// A repository's folder in the cache.
#[derive(Debug)]
pub(super) struct Cache {
    dir: PathBuf,
    repository: String,
}

/// Metadata as it came, as text.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State {
    format: u32,
    /// The roots that were seen, in order.
    pub(super) roots: Vec<String>,
    /// The newest that were verified, also if what they lead to was not: nothing may go back behind them.
    pub(super) timestamp: Option<String>,
    pub(super) snapshot: Option<String>,
    pub(super) targets: BTreeMap<String, String>,
    /// The last that was verified from the root to every file that was wanted.
    pub(super) whole: Option<Whole>,
}

/// Metadata and files that belong together.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Whole {
    /// When a newer root was last asked for, in seconds since 1970.
    pub(super) checked: i64,
    pub(super) timestamp: String,
    pub(super) snapshot: String,
    pub(super) targets: BTreeMap<String, String>,
    /// In base64.
    pub(super) files: BTreeMap<String, String>,
}

impl Default for State {
    fn default() -> Self {
        let (roots, timestamp, snapshot, targets, whole) = Default::default();
        Self { format: FORMAT, roots, timestamp, snapshot, targets, whole }
    }
}

impl Cache {
    pub(super) fn new(root: &std::path::Path, repository: &Repository) -> Self {
        Self { dir: root.join(repository.key()), repository: repository.name().to_owned() }
    }

    fn path(&self) -> PathBuf {
        self.dir.join("state.json")
    }

    /// What is there. What cannot be read was not written by us, and is as good as nothing: whoever could write it could have
    /// removed it, too.
    pub(super) fn read(&self) -> Result<State, TufError> {
        let bytes = match files::read(&self.path(), budget::TUF_CACHE_BYTES) {
            Ok(Some(bytes)) => bytes,
            Ok(None) | Err(Error::TooLarge { .. }) => return Ok(State::default()),
            Err(error) => return Err(error.into()),
        };
        let state = json::from_slice::<State>(&bytes).ok().filter(|state| state.format == FORMAT);
        Ok(state.unwrap_or_default())
    }

    pub(super) fn write(&self, state: &State) -> Result<(), TufError> {
        let text = serde_json::to_vec(state).unwrap_or_default();
        if text.len() > budget::TUF_CACHE_BYTES {
            let limit = budget::TUF_CACHE_BYTES;
            return Err(Error::TooLarge { place: self.repository.clone(), what: "metadata", limit }.into());
        }
        Ok(files::write(&self.dir, &self.path(), &text)?)
    }

    /// Waits for other processes that update the same repository: they may bring what we want. The lock is lifted when the
    /// file is dropped, hence also when its process dies.
    pub(super) fn lock(&self, cancel: &Cancel) -> Result<File, TufError> {
        fs::create_dir_all(&self.dir).map_err(failed("create", &self.dir))?;
        let path = self.dir.join("lock");
        let file =
            File::options().create(true).truncate(false).write(true).open(&path).map_err(failed("write", &path))?;
        let end = Instant::now() + budget::TUF_LOCK;
        loop {
            match fs4::FileExt::try_lock(&file) {
                Ok(()) => return Ok(file),
                Err(_) if cancel.is_raised() => return Err(Error::Cancelled.into()),
                Err(fs4::TryLockError::WouldBlock) if Instant::now() < end => {
                    std::thread::sleep(Duration::from_millis(10))
                }
                Err(fs4::TryLockError::WouldBlock) => {
                    let (repository, seconds) = (self.repository.clone(), budget::TUF_LOCK.as_secs());
                    return Err(TufError::CacheBusy { repository, seconds });
                }
                Err(fs4::TryLockError::Error(error)) => return Err(failed("lock", &path)(error).into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_past_the_limit_is_neither_read_nor_written() {
        let dir = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(dir.path(), &Repository::public_good());
        fs::create_dir_all(&cache.dir).expect("a folder");
        let of_length = |length: usize| {
            let empty = State { roots: vec![String::new()], ..State::default() };
            let around = serde_json::to_vec(&empty).expect("JSON").len();
            State { roots: vec!["x".repeat(length - around)], ..State::default() }
        };
        let (most, more) = (of_length(budget::TUF_CACHE_BYTES), of_length(budget::TUF_CACHE_BYTES + 1));
        cache.write(&most).expect("it fits");
        assert!(cache.read().expect("it is read") == most);
        assert_eq!(cache.write(&more).expect_err("too large").code(), "too-large");
        assert!(cache.read().expect("what was there stays") == most);
        fs::write(cache.path(), serde_json::to_vec(&more).expect("JSON")).expect("a file");
        assert!(cache.read().expect("as good as nothing") == State::default());
    }
}
