//! A file, standard input or a digest: the bundle goes into a file.

use super::{
    Claim, Signer, no_place,
    work::{Destination, Work},
};
use crate::{
    args::Signing,
    bundle_file,
    error::{Failure, Result},
    input::{self, Loaded},
    target::Target,
};
use bulla_sign::Statement;
use std::path::Path;

impl Signer {
    /// Reads it, and looks whether it is signed.
    pub(super) fn look_at_bytes(&self, target: &Target, args: &Signing) -> Result<Work> {
        let path = match (&args.bundle, target) {
            (Some(path), _) => path.clone(),
            (None, Target::File(file)) => bundle_file::beside(file),
            (None, _) => return Err(no_place()),
        };
        let loaded = input::load(target, &self.wanted())?;
        let statement = match self.claim {
            Claim::Signature => None,
            _ => {
                let name = target.file().and_then(Path::file_name).and_then(|name| name.to_str());
                Some(self.statement(loaded.artifact().digest(), name)?)
            }
        };
        let found = match path.symlink_metadata() {
            Ok(_) => Some(self.expect_same(&path, &loaded, statement.as_ref())?),
            Err(_) => None,
        };
        let (name, destination) = (target.to_string(), Destination::File(path));
        Ok(Work { name, platform: None, loaded, statement, destination, found })
    }

    /// What is in a bundle's file already is fine if it says the very same; otherwise it is somebody's, and stays.
    fn expect_same(&self, path: &Path, loaded: &Loaded, statement: Option<&Statement>) -> Result<String> {
        let bytes = bundle_file::read(path)?;
        let found = [(path.display().to_string(), bytes.as_slice())];
        self.same(&found, &loaded.artifact(), statement)?.ok_or_else(|| {
            let message = format!("`{}` is another signature, or a signature of something else", path.display());
            Failure::unknown("bundle-exists", message)
                .hint("nothing is overwritten: move it away, or name another file with `--bundle`")
        })
    }
}
