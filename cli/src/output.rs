//! What leaves the process: files written whole or not at all, and a standard output that may be closed early.

use crate::error::{Failure, Result, permit, reason};
use std::{
    io::{self, Write},
    path::Path,
};

/// Writes a new file that everybody may read whom the umask lets: whole and synced, or not at all. An existing one is
/// never replaced.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    expect_folder(path)?;
    write_whole(path, bytes).map_err(|error| Failure::write(path, &error))
}

/// Writes a report that may be written anew: whole or not at all, where the place is a file. Into a pipe or a device it is written as
/// it is, and what is there stays what it is.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    match path.metadata() {
        Ok(there) if there.is_file() => replace(path, bytes),
        Ok(there) if there.is_dir() => {
            Err(Failure::unknown("cannot-write", format!("cannot write `{}`: it is a directory", path.display()))
                .hint("name a file in it"))
        }
        Ok(_) => put_into(path, bytes).map_err(|error| Failure::write(path, &error)),
        Err(_) => write_new(path, bytes),
    }
}

/// Into a pipe or a device. A pipe that nobody reads is an error: opening it would wait for ever.
fn put_into(path: &Path, bytes: &[u8]) -> io::Result<()> {
    #[cfg(unix)]
    let _has_reader = {
        use std::os::unix::fs::OpenOptionsExt;
        let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
        std::fs::OpenOptions::new().write(true).custom_flags(nonblocking).open(path)?
    };
    std::fs::write(path, bytes)
}

/// Says it at the end of a file that others write to as well.
pub(crate) fn append(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let opened = options.append(true).create(true).open(path);
    opened.and_then(|mut file| file.write_all(bytes)).map_err(|error| Failure::write(path, &error))
}

/// Says which folder is missing, before anything is done in vain.
pub(crate) fn expect_folder(path: &Path) -> Result<()> {
    let folder = folder_of(path);
    if folder.is_dir() {
        return Ok(());
    }
    let message = format!("cannot write `{}`: there is no folder `{}`", path.display(), folder.display());
    Err(Failure::unknown("cannot-write", message).hint("make it first; only files are made here"))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Puts a whole new file in an existing one's place: whoever reads it finds the one or the other. Who could read the old one
/// can read the new one, and nobody else; a link to it stays a link.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let put = || {
        let place = path.canonicalize()?;
        let file = written(&place, bytes)?;
        file.as_file().set_permissions(place.metadata()?.permissions())?;
        file.persist(&place).map(drop).map_err(|error| error.error)
    };
    put().map_err(|error| Failure::write(path, &error))
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    written(path, bytes)?.persist_noclobber(path).map(drop).map_err(|error| error.error)
}

/// A file without a name yet, in the folder of `path`, synced.
fn written(path: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let mut file = readable(tempfile::Builder::new().prefix(".bulla-")).tempfile_in(folder_of(path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// As files are made otherwise: a temporary file is its owner's alone, which a bundle is not to be.
#[cfg(unix)]
fn readable<'a, 'p, 's>(builder: &'a mut tempfile::Builder<'p, 's>) -> &'a mut tempfile::Builder<'p, 's> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(0o666))
}

/// Elsewhere a file has the permissions of its folder.
#[cfg(not(unix))]
fn readable<'a, 'p, 's>(builder: &'a mut tempfile::Builder<'p, 's>) -> &'a mut tempfile::Builder<'p, 's> {
    builder
}

/// Writes data to standard output. A reader who has seen enough is no error; a full disk is.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let message = format!("cannot write to standard output: {}", reason(&error));
            Err(Failure::unknown("cannot-write", message).hint(permit(&error)))
        }
        _ => Ok(()),
    }
}

/// Writes to standard error. Nobody is left to be told if that fails.
pub(crate) fn complain(text: &str) {
    let mut err = anstream::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_file_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bulla.pub");
        write_new(&path, b"first").unwrap();
        let failure = write_new(&path, b"second").unwrap_err();
        assert_eq!(failure.code(), "file-exists");
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
    }

    #[cfg(unix)]
    #[test]
    fn what_takes_a_files_place_is_read_by_nobody_else_and_leaves_a_link_a_link() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("bundle"), folder.path().join("link"));
        write_new(&path, b"first").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        symlink("bundle", &link).unwrap();
        replace(&link, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(replace(&folder.path().join("gone"), b"x").unwrap_err().code(), "cannot-write");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn nothing_is_left_where_nothing_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("bulla.pub");
        assert_eq!(write_new(&path, b"x").unwrap_err().code(), "cannot-write");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
