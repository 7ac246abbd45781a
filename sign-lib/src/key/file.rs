//! Key files: read with a cap, written once, never over something.

use super::KeyError;
use crate::budget;
use std::{
    fs::{self, File, Permissions},
    io::{self, Read, Write},
    path::Path,
};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

/// The bytes of a key file, wiped when dropped.
///
/// # Errors
/// [`KeyError::Read`] if it cannot be read, [`KeyError::TooLarge`] past [`budget::KEY_FILE_BYTES`].
pub fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let failed = |source| KeyError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let limit = budget::KEY_FILE_BYTES + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit));
    let cap = u64::try_from(limit).unwrap_or(u64::MAX);
    file.take(cap).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > budget::KEY_FILE_BYTES {
        return Err(KeyError::TooLarge);
    }
    Ok(bytes)
}

/// Writes a new key: the private half for its owner alone (mode 0600), the public one for everybody (0644).
///
/// Both files are there afterwards, whole, or neither; and neither replaces anything.
///
/// # Errors
/// [`KeyError::Exists`] if one of the paths is taken, [`KeyError::Write`] if one cannot be written.
pub fn write_new(private: &Path, pem: &str, public: &Path, public_pem: &str) -> Result<(), KeyError> {
    for path in [private, public] {
        if path.symlink_metadata().is_ok() {
            return Err(KeyError::Exists { path: path.to_owned() });
        }
    }
    let hidden = written_beside(private, pem, 0o600)?;
    let shown = written_beside(public, public_pem, 0o644)?;
    put(hidden, private)?;
    put(shown, public).inspect_err(|_| {
        // It was made by this call, a moment ago: nobody can rely on it yet.
        let _ = fs::remove_file(private);
    })
}

/// Written whole under another name in the same folder; gone by itself unless it is put in its place.
fn written_beside(path: &Path, text: &str, mode: u32) -> Result<NamedTempFile, KeyError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        let mut file =
            tempfile::Builder::new().prefix(".bulla-").permissions(permissions(mode)?).tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().map_err(|source: io::Error| KeyError::Write { path: path.to_owned(), source: without_name(source) })
}

/// The name of the temporary file tells nobody anything.
fn without_name(error: io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// Links the file to its path, which fails if something is there by now.
fn put(file: NamedTempFile, path: &Path) -> Result<(), KeyError> {
    file.persist_noclobber(path).map(drop).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists { path: path.to_owned() },
        _ => KeyError::Write { path: path.to_owned(), source: without_name(error.error) },
    })
}

#[cfg(unix)]
fn permissions(mode: u32) -> io::Result<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Ok(Permissions::from_mode(mode))
}

/// Elsewhere a file has the permissions of its folder.
#[cfg(not(unix))]
fn permissions(_: u32) -> io::Result<Permissions> {
    std::env::temp_dir().metadata().map(|metadata| metadata.permissions())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn names_in(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[cfg(unix)]
    #[test]
    fn a_private_key_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let [private, public] = ["k.key", "k.pub"].map(|name| folder.path().join(name));
        write_new(&private, "secret", &public, "open").unwrap();
        assert_eq!(private.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&private).unwrap(), "secret");
        assert_eq!(fs::read_to_string(&public).unwrap(), "open");
        assert_eq!(names_in(folder.path()), ["k.key", "k.pub"]);
    }

    #[test]
    fn nothing_is_ever_overwritten() {
        for taken in ["k.key", "k.pub"] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(taken), "old").unwrap();
            let [private, public] = ["k.key", "k.pub"].map(|name| folder.path().join(name));
            let error = write_new(&private, "secret", &public, "open").unwrap_err();
            assert_eq!(error.code(), "key-exists");
            assert_eq!(names_in(folder.path()), [taken]);
            assert_eq!(fs::read_to_string(folder.path().join(taken)).unwrap(), "old");
        }
    }

    #[test]
    fn if_the_second_file_cannot_be_written_the_first_is_not_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let private = folder.path().join("k.key");
        let missing = folder.path().join("missing").join("k.pub");
        assert_eq!(write_new(&private, "secret", &missing, "open").unwrap_err().code(), "key-unwritable");
        assert_eq!(write_new(&private, "secret", &private, "open").unwrap_err().code(), "key-exists");
        assert!(names_in(folder.path()).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_dangling_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let [private, public] = ["k.key", "k.pub"].map(|name| folder.path().join(name));
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &private).unwrap();
        assert_eq!(write_new(&private, "secret", &public, "open").unwrap_err().code(), "key-exists");
        assert_eq!(names_in(folder.path()), ["k.key"]);
    }

    #[test]
    fn reading_stops_at_the_cap() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k.key");
        fs::write(&path, vec![b'x'; budget::KEY_FILE_BYTES]).unwrap();
        assert_eq!(read(&path).unwrap().len(), budget::KEY_FILE_BYTES);
        fs::write(&path, vec![b'x'; budget::KEY_FILE_BYTES + 1]).unwrap();
        assert_eq!(read(&path).unwrap_err().code(), "key-too-large");
        assert_eq!(read(folder.path()).unwrap_err().code(), "key-unreadable");
    }
}
