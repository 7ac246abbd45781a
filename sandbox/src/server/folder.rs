//! The folder of a sandbox: its secrets and its journal, and the files that clients are pointed at.

use super::{
    Shared, documents,
    keys::Keys,
    oidc::{DEVELOPER, token},
};
use crate::journal::open_private;
use bulla_verify::Time;
use std::{
    fs::{self, File, OpenOptions},
    io::{Error, ErrorKind, Result, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

/// A folder in which no other sandbox is.
pub(super) struct Folder {
    path: PathBuf,
    /// Locked as long as it is open.
    lock: File,
}

impl Folder {
    /// Makes the folder where there is none, readable for its owner alone, and takes it.
    pub(super) fn open(path: &Path) -> Result<Self> {
        make(path)?;
        let lock = open_private(&path.join("lock"), OpenOptions::new().write(true).create(true).truncate(false))?;
        fs4::FileExt::try_lock(&lock)
            .map_err(|_| Error::new(ErrorKind::AddrInUse, format!("another sandbox is in `{}`", path.display())))?;
        // Nobody is to take the last run's word for this one's.
        match fs::remove_file(path.join("ready")) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(Self { path: path.to_owned(), lock }),
        }
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    /// The port that the folder's clients know.
    pub(super) fn port(&self) -> Result<Option<u16>> {
        match fs::read_to_string(self.path.join("port")) {
            Ok(port) => Ok(port.trim().parse().ok()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The keys that were kept here; new ones, kept here from now on, where there are none.
    pub(super) fn keys(&self, now: Time) -> Result<Keys> {
        match fs::read(self.path.join("keys.json")).map(zeroize::Zeroizing::new) {
            Ok(bytes) => Keys::from_json(&bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let keys = Keys::generate(now)?;
                self.write_durably("keys.json", &keys.to_json()?)?;
                Ok(keys)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes what clients need, `ready` last, and renews the token as long as the answer is held.
    pub(super) fn announce(self, shared: &Arc<Shared>, port: u16) -> Result<Renewal> {
        if self.port()? != Some(port) {
            self.write_durably("port", port.to_string().as_bytes())?;
        }
        let pretty = |value| serde_json::to_vec_pretty(&value).map_err(Error::other);
        self.write("trusted_root.json", &pretty(documents::trusted_root(shared))?)?;
        self.write("signing_config.json", &pretty(documents::signing_config(shared))?)?;
        self.write("client_trust_config.json", &pretty(documents::client_trust_config(shared))?)?;
        self.renew(shared)?;
        self.write("ready", format!("{}\n", shared.url).as_bytes())?;
        let stop = Arc::<(Mutex<bool>, Condvar)>::default();
        let thread = thread::Builder::new().name("sandbox-renewal".to_owned()).spawn({
            let (stop, shared) = (Arc::clone(&stop), Arc::clone(shared));
            move || self.keep_renewing(&shared, &stop)
        })?;
        Ok(Renewal { stop, thread: Some(thread) })
    }

    fn keep_renewing(&self, shared: &Shared, stop: &(Mutex<bool>, Condvar)) {
        let interval = Duration::from_secs(u64::try_from(token::LIFETIME / 2).unwrap_or(60));
        let mut stopped = stop.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !*stopped {
            let (guard, waited) = stop.1.wait_timeout(stopped, interval).unwrap_or_else(PoisonError::into_inner);
            stopped = guard;
            if waited.timed_out() {
                // A disk that is full now may not be next time, and the old token is good for as long again.
                drop(self.renew(shared));
            }
        }
        drop(fs::remove_file(self.path.join("ready")));
        drop(fs4::FileExt::unlock(&self.lock));
    }

    fn renew(&self, shared: &Shared) -> Result<()> {
        let token = zeroize::Zeroizing::new(token::mint(shared, &token::of_email(DEVELOPER, None))?);
        self.write("identity-token", token.as_bytes())
    }

    /// A file that is there whole or not at all, for its owner alone. Whether it is on the disk does not matter: it is written
    /// again at the next start.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.put(name, bytes, false)
    }

    /// The same, and on the disk.
    fn write_durably(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.put(name, bytes, true)?;
        // The name is on the disk once the folder is.
        File::open(&self.path).and_then(|folder| folder.sync_all())
    }

    fn put(&self, name: &str, bytes: &[u8], durable: bool) -> Result<()> {
        let new = self.path.join(format!(".{name}.new"));
        // Whatever has the name is what a sandbox that was killed has left, or a link that somebody laid: it is not written to.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = open_private(&new, OpenOptions::new().write(true).create_new(true))?;
        file.write_all(bytes)?;
        if durable {
            file.sync_all()?;
        }
        fs::rename(&new, self.path.join(name))
    }
}

#[cfg(unix)]
fn make(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make(path: &Path) -> Result<()> {
    fs::create_dir_all(path)
}

/// Who renews the token; dropped, it has ended.
pub(super) struct Renewal {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Renewal {
    fn drop(&mut self) {
        *self.stop.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.1.notify_all();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
