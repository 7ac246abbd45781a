//! A Sigstore instance: where its services are, and the root that their answers are judged by.

use crate::{
    args::{InstanceArgs, Network},
    budget,
    error::{Failure, Result},
    input,
    roots::{self, Roots},
    session::{self, Session},
    signers,
};
use bulla_sign::{SigningConfig, trusted_root::list};
use bulla_verify::TrustedRoot;
use std::path::{Path, PathBuf};

/// The environment variable for `--signing-config`.
const SIGNING_CONFIG: &str = "BULLA_SIGNING_CONFIG";

/// As files, or else the public-good instance's.
pub(crate) fn read(args: &InstanceArgs, network: &Network, session: &Session) -> Result<(SigningConfig, TrustedRoot)> {
    let named = |file: &Option<PathBuf>, variable| match file {
        Some(path) => Ok(Some(path.clone())),
        None => session.file_named_by(variable),
    };
    let root_file = named(&args.trusted_root, signers::TRUSTED_ROOT)?;
    let root_file = root_file.map(|path| signers::root_json(&path).map(|json| (path, json))).transpose()?;
    let root = match &root_file {
        Some((path, json)) => signers::parse_root(path, json)?,
        None => roots::of_this_user_or_built_in(network, session)?,
    };
    let config_file = named(&args.signing_config, SIGNING_CONFIG)?;
    let config = match (config_file.clone(), Roots::of_this_user()) {
        (Some(path), _) => {
            let json = input::read(&path, budget::TRUST_BYTES, "a signing configuration")?;
            SigningConfig::parse(&json).map_err(|error| Failure::from(error).about(format!("`{}`", path.display())))?
        }
        (None, Some(roots)) => roots.signing_config()?,
        (None, None) => SigningConfig::public_good()?,
    };
    if let (Some((path, json)), None) = (root_file, config_file) {
        of_one_instance(&path, &json, &config)?;
    }
    Ok((config, root))
}

/// Whoever names the root of a company's own instance does not mean the public services: nothing would verify in the end, but
/// the token would have been sent there, and names been published for ever.
fn of_one_instance(root: &Path, json: &[u8], config: &SigningConfig) -> Result<()> {
    let listed = list(json)?;
    let knows = |url: &str| listed.iter().any(|known| known.url.trim_end_matches('/') == url.trim_end_matches('/'));
    if config.authorities_now(session::now()).iter().any(|authority| knows(authority.url())) {
        return Ok(());
    }
    let message = format!("`{}` is the root of another instance than the services that would be asked", root.display());
    Err(Failure::unknown("services-of-another-instance", message)
        .hint("name its services too: `--signing-config FILE`, or BULLA_SIGNING_CONFIG; nothing was sent to anybody"))
}
