//! Files of others: plain, read with a limit, written whole or not at all.

use crate::error::Error;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::Path;

/// Turns an error of the operating system into ours.
pub(crate) fn failed(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { action, path, source }
}

/// A plain file, opened for reading; nothing when there is none.
///
/// A layout may come out of an archive, which can hold pipes too. To open one waits for its writer, and neither the
/// deadline nor a signal is heeded in the meantime. So what is not plain is refused, without waiting.
pub(crate) fn open(path: &Path) -> Result<Option<File>, Error> {
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
pub(crate) fn read(path: &Path, limit: usize) -> Result<Option<Vec<u8>>, Error> {
    let Some(file) = open(path)? else { return Ok(None) };
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(failed("read", path))?;
    if bytes.len() > limit {
        return Err(Error::TooLarge { place: path.display().to_string(), what: "a file", limit });
    }
    Ok(Some(bytes))
}

/// Writes beside, and moves there; over what was there.
pub(crate) fn write(dir: &Path, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    beside(dir, path, bytes)?.persist(path).map(drop).map_err(|error| failed("write", path)(error.error))
}

/// A file with no name yet, in a folder of the same disk, with the bytes on the disk; gone if dropped.
pub(crate) fn beside(dir: &Path, path: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile, Error> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".bulla-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(dir).map_err(failed("write", path))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed("write", path))?;
    Ok(file)
}
