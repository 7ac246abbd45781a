//! The files of a layout: its marker, its folders, and the lock between its writers.

use crate::budget;
use crate::error::Error;
use crate::files::{beside, failed, open};
pub(super) use crate::files::{read, write};
use crate::http::pace::Pace;
use crate::store::document::Document;
use serde::Deserialize;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

const MARKER: &str = "oci-layout";
const VERSION: &str = "1.0.0";

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

/// Writes a new file, unless something is there already.
fn place_new(dir: &Path, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    match beside(dir, path, bytes)?.persist_noclobber(path) {
        Err(error) if error.error.kind() != ErrorKind::AlreadyExists => Err(failed("write", path)(error.error)),
        _ => Ok(()),
    }
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
