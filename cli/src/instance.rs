//! A Sigstore instance: where its services are, and the root that their answers are judged by.

use crate::{
    args::{InstanceArgs, Network},
    budget,
    error::{Failure, Result},
    input,
    roots::{self, Roots},
    session::Session,
    signers,
};
use bulla_sign::SigningConfig;
use bulla_verify::TrustedRoot;
use std::path::PathBuf;

/// The environment variable for `--signing-config`.
const SIGNING_CONFIG: &str = "BULLA_SIGNING_CONFIG";

/// As files, or else the public-good instance's.
pub(crate) fn read(args: &InstanceArgs, network: &Network, session: &Session) -> Result<(SigningConfig, TrustedRoot)> {
    let named = |file: &Option<PathBuf>, variable| file.clone().or_else(|| input::named_in_environment(variable));
    let root = match named(&args.trusted_root, signers::TRUSTED_ROOT) {
        Some(path) => signers::root(&path)?,
        None => roots::of_this_user_or_built_in(network, session)?,
    };
    let config = match (named(&args.signing_config, SIGNING_CONFIG), Roots::of_this_user()) {
        (Some(path), _) => {
            let json = input::read(&path, budget::TRUST_BYTES, "a signing configuration")?;
            SigningConfig::parse(&json).map_err(|error| Failure::from(error).about(format!("`{}`", path.display())))?
        }
        (None, Some(roots)) => roots.signing_config()?,
        (None, None) => SigningConfig::public_good()?,
    };
    Ok((config, root))
}
