//! `bulla trust init`: a root of one's own, vouched for by whoever types this, never on first use.

use super::shown;
use crate::{
    args::TrustInit,
    budget,
    error::{Failure, Result},
    input,
    report::{KnownRoots, Outcome, Report},
    roots::Roots,
    session::Session,
};
use bulla_transport::tuf::{Repository, SIGNING_CONFIG, TRUSTED_ROOT, fetch_root, named_root};
use bulla_verify::Digest;

/// Adds it once it was asked: a root under which nothing verifies is not kept.
pub(super) fn run(args: &TrustInit, roots: &Roots, session: &Session) -> Result<Report> {
    let digest = args.sha256.as_deref().map(digest).transpose()?;
    let root = match (&args.root, &digest) {
        (Some(path), None) => input::read(path, budget::TRUST_BYTES, "a TUF root")?,
        (Some(path), Some(digest)) => named_root(input::read(path, budget::TRUST_BYTES, "a TUF root")?, digest)?,
        (None, Some(digest)) => {
            let options = session.options(&args.network)?;
            fetch_root(&format!("{}/root.json", args.url.trim_end_matches('/')), digest, &options)?
        }
        (None, None) => {
            return Err(Failure::usage("which root is it to be? What an address answers is nobody's to vouch for")
                .hint("give `--root root.json`, or `--sha256 DIGEST` as you got it from whoever runs the instance"));
        }
    };
    let repository = Repository::new(&args.name, &args.url, &root)?;
    let repository = match &args.targets_url {
        Some(url) => repository.with_targets_url(url),
        None => repository,
    };
    let status = match args.network.offline {
        true => None,
        false => Some(roots.update(&repository, &[TRUSTED_ROOT, SIGNING_CONFIG], &args.network, session)?),
    };
    roots.repositories().add(&repository)?;
    let known = shown(&repository, status.as_ref().map(|verified| verified.status()));
    Ok(Report::done("trust", Outcome::Roots(KnownRoots { roots: vec![known] })))
}

/// With or without `sha256:` before it.
fn digest(text: &str) -> Result<Digest> {
    let text = text.strip_prefix("sha256:").unwrap_or(text);
    Digest::parse(&format!("sha256:{text}"))
        .map_err(|_| Failure::usage(format!("not a digest: `{text}`")).hint("`--sha256` takes 64 hexadecimal digits"))
}
