//! Bundles in files: `<file>.sigstore.json` beside what they are about.

use crate::{
    error::{Failure, Result},
    input,
    target::Target,
};
use std::path::{Path, PathBuf};

/// A bundle, and where it came from.
pub(crate) type Named = (String, Vec<u8>);

/// The bundles of a target that is not an image.
pub(crate) struct Beside {
    /// What was read.
    pub(crate) bundles: Vec<Named>,
    /// The file that is not there, if nobody named another.
    pub(crate) missing: Option<PathBuf>,
}

/// Where the bundle of `file` is, as cosign and the language registries put it.
pub(crate) fn beside(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".sigstore.json");
    path.into()
}

/// Reads the bundles that were `named`; without any, the one beside the `target`, which has to be there itself. That nobody
/// has put a bundle there is an answer; that a named one is not there is an error.
pub(crate) fn find(named: &[PathBuf], target: &Target) -> Result<Beside> {
    let file = target.file();
    if let Some(path) = file {
        input::open(path)?;
    }
    if !named.is_empty() {
        return Ok(Beside { bundles: read_all(named)?, missing: None });
    }
    let file = file.ok_or_else(|| Failure::usage("where is the bundle?").hint("name it with `--bundle FILE`"))?;
    let path = beside(file);
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(Beside { bundles: Vec::new(), missing: Some(path) })
        }
        _ => Ok(Beside { bundles: read_all(&[path])?, missing: None }),
    }
}

/// Reads bundles from files.
pub(crate) fn read_all(paths: &[PathBuf]) -> Result<Vec<Named>> {
    paths.iter().map(|path| Ok((path.display().to_string(), read(path)?))).collect()
}

/// Reads one bundle file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    input::read(path, bulla_verify::budget::BUNDLE_BYTES, "a bundle")
}
