//! Signing a file, standard input or a digest: the bundle goes into a file.

use super::{Claim, Done, Signer, no_place};
use crate::{
    args::Signing,
    bundle_file,
    error::{Failure, Result},
    input, output,
    report::{SignedSubject, State},
    target::Target,
};
use bulla_sign::Statement;
use bulla_verify::Artifact;
use std::path::Path;

impl Signer<'_> {
    /// Signs a file, standard input or a digest, into a bundle file.
    pub(super) fn sign_bytes(&self, target: &Target, args: &Signing, done: &mut Done) -> Result<()> {
        let path = match (&args.bundle, target) {
            (Some(path), _) => path.clone(),
            (None, Target::File(file)) => bundle_file::beside(file),
            (None, _) => return Err(no_place()),
        };
        let loaded = input::load(target, &self.wanted())?;
        let artifact = loaded.artifact();
        let statement = match self.claim {
            Claim::Signature => None,
            _ => Some(self.statement(artifact.digest())?),
        };
        let state = match path.symlink_metadata() {
            Ok(_) => self.expect_same(&path, &artifact, statement.as_ref())?,
            Err(_) => {
                let bundle = match &statement {
                    Some(statement) => self.hand.sign_statement(statement)?,
                    None => self.hand.sign_message(&artifact)?,
                };
                output::write_new(&path, &bundle)?;
                State::Signed
            }
        };
        done.subjects.push(SignedSubject {
            name: target.to_string(),
            digest: artifact.digest().to_string(),
            platform: None,
            state,
            bundle: path.display().to_string(),
            predicate_type: statement.as_ref().and_then(|statement| self.shown_type(statement)),
        });
        Ok(())
    }

    /// A bundle that is there already is fine if it says the very same; otherwise it is somebody's, and stays.
    fn expect_same(&self, path: &Path, artifact: &Artifact<'_>, statement: Option<&Statement>) -> Result<State> {
        let bytes = bundle_file::read(path)?;
        let found = [(path.display().to_string(), bytes.as_slice())];
        match self.same(&found, artifact, statement)? {
            Some(_) => Ok(State::AlreadySigned),
            None => Err(Failure::unknown(
                "bundle-exists",
                format!("`{}` is another signature, or a signature of something else", path.display()),
            )
            .hint("nothing is overwritten: move it away, or name another file with `--bundle`")),
        }
    }
}
