//! The files of a layout: read with a limit, written whole or not at all.

use crate::budget;
use crate::error::Error;
use crate::http::pace::Pace;
use crate::store::document::Document;
use serde::Deserialize;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

const MARKER: &str = "oci-layout";
const VERSION: &str = "1.0.0";

/// Turns an error of the operating system into ours.
fn failed(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { action, path, source }
}

/// A plain file, opened for reading; nothing when there is none.
///
/// A layout may come out of an archive, which can hold pipes too. To open one waits for its writer, and neither the
/// deadline nor a signal is heeded in the meantime. So what is not plain is refused, without waiting.
fn open(path: &Path) -> Result<Option<File>, Error> {
    let absent = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => Ok(None),
        _ => Err(failed("read", path)(error)),
    };
    let refuse = || Err(Error::NotAPlainFile { path: path.to_owned() });
    // Asked before, because a socket cannot be opened and some devices do things when they are; and of what was opened,
    // because it may be another by then.
    match path.metadata() {
        Ok(there) if !there.is_file() => return refuse(),
        Ok(_) => {}
        Err(error) => return absent(error),
    }
    let mut how = File::options();
    how.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut how, libc::O_NONBLOCK | libc::O_NOCTTY);
    let file = match how.open(path) {
        Ok(file) => file,
        Err(error) => return absent(error),
    };
    if !file.metadata().map_err(failed("read", path))?.is_file() {
        return refuse();
    }
    Ok(Some(file))
}

/// A file's bytes, at most `limit`; nothing when there is no such file.
pub(super) fn read(path: &Path, limit: usize) -> Result<Option<Vec<u8>>, Error> {
    let Some(file) = open(path)? else { return Ok(None) };
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(failed("read", path))?;
    if bytes.len() > limit {
        return Err(Error::TooLarge { place: path.display().to_string(), what: "a file", limit });
    }
    Ok(Some(bytes))
}

/// Whether the folder says that it is a layout of the version that we know.
pub(super) fn check_marker(dir: &Path) -> Result<(), Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Marker {
        image_layout_version: String,
    }
    let refuse = |why: &str| Error::NotALayout { dir: dir.to_owned(), why: why.to_owned() };
    let bytes = read(&dir.join(MARKER), budget::ERROR_BYTES)?;
    let bytes = bytes.ok_or_else(|| refuse(if dir.is_dir() { "no `oci-layout` in it" } else { "no such folder" }))?;
    match bulla_verify::json::from_slice::<Marker>(&bytes) {
        Ok(marker) if marker.image_layout_version == VERSION => Ok(()),
        Ok(_) => Err(refuse("another version than 1.0.0")),
        Err(_) => Err(refuse("its `oci-layout` is not the expected JSON")),
    }
}

/// Makes a layout of a folder that is not there, or empty; leaves a layout as it is.
pub(super) fn create(dir: &Path) -> Result<(), Error> {
    if dir.join(MARKER).exists() {
        check_marker(dir)?;
        return create_blobs(dir);
    }
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::create_dir_all(dir).map_err(failed("create", dir))?;
            fs::read_dir(dir).map_err(failed("read", dir))?
        }
        Err(error) => return Err(failed("read", dir)(error)),
    };
    // Another writer may be creating the same layout: its folder and files may be there already.
    let foreign = entries.flatten().find(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        !matches!(name.as_str(), "blobs" | "index.json" | MARKER) && !name.starts_with(".bulla-")
    });
    if foreign.is_some() && !dir.join(MARKER).exists() {
        let why = "there are other files in it, and no `oci-layout`".to_owned();
        return Err(Error::NotALayout { dir: dir.to_owned(), why });
    }
    create_blobs(dir)?;
    place_new(dir, &dir.join("index.json"), &Document::empty().to_bytes())?;
    // Last, because from here on it is a layout.
    place_new(dir, &dir.join(MARKER), format!(r#"{{"imageLayoutVersion":"{VERSION}"}}"#).as_bytes())
}

/// Makes the folders of the blobs, where they are missing. A link in their place would lead what we write out of the
/// layout, to wherever whoever made it wanted; one that leads into it is refused too, since no tool makes it.
fn create_blobs(dir: &Path) -> Result<(), Error> {
    let mut path = dir.to_owned();
    for part in ["blobs", "sha256"] {
        path.push(part);
        match fs::create_dir(&path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed("create", &path)(error)),
            _ => {}
        }
        // Asked of the link, and not of where it leads.
        if path.symlink_metadata().map_err(failed("read", &path))?.is_symlink() {
            return Err(Error::LinkRefused { path });
        }
    }
    Ok(())
}

/// Writes beside, and moves there; over what was there. The folder was made by [`create`].
pub(super) fn write(dir: &Path, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    beside(dir, path, bytes)?.persist(path).map(drop).map_err(|error| failed("write", path)(error.error))
}

/// The same, unless something is there already.
fn place_new(dir: &Path, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    match beside(dir, path, bytes)?.persist_noclobber(path) {
        Err(error) if error.error.kind() != ErrorKind::AlreadyExists => Err(failed("write", path)(error.error)),
        _ => Ok(()),
    }
}

/// A file in the layout's folder (its blobs are listed by other tools), with the bytes on the disk; gone if dropped.
fn beside(dir: &Path, path: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile, Error> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".bulla-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(dir).map_err(failed("write", path))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed("write", path))?;
    Ok(file)
}

/// Waits for other writers. The lock is lifted when the file is dropped.
pub(super) fn lock(dir: &Path, pace: &Pace) -> Result<File, Error> {
    let path = dir.join(MARKER);
    let absent = || Error::NotALayout { dir: dir.to_owned(), why: "no `oci-layout` in it".to_owned() };
    let file = open(&path)?.ok_or_else(absent)?;
    let end = Instant::now() + budget::LAYOUT_LOCK;
    loop {
        match fs4::FileExt::try_lock(&file) {
            Ok(()) => return Ok(file),
            Err(fs4::TryLockError::WouldBlock) if Instant::now() < end => {
                pace.sleep(Duration::from_millis(5), &format!("oci:{}", dir.display()))?;
            }
            Err(fs4::TryLockError::WouldBlock) => {
                return Err(Error::LayoutBusy { dir: dir.to_owned(), seconds: budget::LAYOUT_LOCK.as_secs() });
            }
            Err(fs4::TryLockError::Error(error)) => return Err(failed("lock", &path)(error)),
        }
    }
}
