//! Whose signature `verify` demands: keys, or an identity and its issuer. One of the two, and never anybody's.

use crate::{
    args::Verify,
    budget,
    error::{Failure, Result},
    input,
    roots::{self, Roots},
    session::Session,
};
use bulla_policy::{By, TrustedKey};
use bulla_verify::{KeyAlgorithm, Need, Time, Trust, TrustedRoot, VerifyingKey, Window};
use std::path::Path;

/// Whose signature counts, and whom to believe while finding out.
pub(crate) struct Asked {
    /// Whose.
    pub(crate) by: By,
    /// The authorities that are believed.
    pub(crate) trust: Trust,
    /// What the keys sign with.
    pub(crate) algorithms: Vec<KeyAlgorithm>,
}

/// Reads the keys, or the identity, and the trusted root where one is needed.
pub(crate) fn read(args: &Verify, session: &Session) -> Result<Asked> {
    let (by, needs_root, algorithms) = match (args.key.as_slice(), &args.identity, &args.issuer) {
        ([], Some(identity), Some(issuer)) => (By::identity(identity, issuer)?, true, Vec::new()),
        ([], None, None) => {
            return Err(Failure::usage("whose signature is it to be?").hint(
                "give `--key bulla.pub`, or `--identity NAME` and `--issuer URL`; anybody's signature proves nothing",
            ));
        }
        ([], Some(_), None) => return Err(half("--identity", "--issuer", "any issuer could vouch for that name")),
        ([], None, Some(_)) => return Err(half("--issuer", "--identity", "anybody can get a certificate from it")),
        (specs, ..) => {
            let keys = specs.iter().map(|spec| trusted_key(spec)).collect::<Result<Vec<_>>>()?;
            let algorithms = keys.iter().map(|key| key.key().algorithm()).collect();
            // A window is measured from times that a log or timestamp authority has signed.
            let windows = specs.iter().any(|spec| spec.contains(FROM) || spec.contains(UNTIL));
            (By::keys(keys)?, windows, algorithms)
        }
    };
    let trust = named_roots(args, needs_root, session)?.into_iter().fold(Trust::nobody(), Trust::with_root);
    Ok(Asked { by, trust, algorithms })
}

/// The file, the roots that were named, or the public-good instance's where one is needed.
fn named_roots(args: &Verify, needed: bool, session: &Session) -> Result<Vec<TrustedRoot>> {
    let by_name = |name: &str| Roots::expected()?.trusted_root(name, &args.network, session);
    if !args.root.is_empty() {
        return args.root.iter().map(|name| by_name(name)).collect();
    }
    let named = match &args.trusted_root {
        Some(path) => Some(path.clone()),
        None => session.file_named_by(TRUSTED_ROOT)?,
    };
    match named {
        Some(path) => Ok(vec![root(&path)?]),
        None if !needed => Ok(Vec::new()),
        None => Ok(vec![roots::of_this_user_or_built_in(&args.network, session)?]),
    }
}

/// The environment variable for `--trusted-root`.
pub(crate) const TRUSTED_ROOT: &str = "BULLA_TRUSTED_ROOT";

/// How a key's window is written.
const WINDOW: &str = "a key's window is written `FILE,from=2026-01-01T00:00:00Z,until=2026-05-01T00:00:00Z`";
const FROM: &str = ",from=";
const UNTIL: &str = ",until=";

/// `FILE[,from=TIME][,until=TIME]`, in either order.
fn trusted_key(spec: &str) -> Result<TrustedKey> {
    let begins = [FROM, UNTIL].iter().filter_map(|name| spec.find(name)).min();
    let (file, bounds) = spec.split_at_checked(begins.unwrap_or(spec.len())).unwrap_or((spec, ""));
    let (mut from, mut until) = (None, None);
    for bound in bounds.split(',').skip(1) {
        match bound.split_once('=') {
            Some(("from", text)) if from.is_none() => from = Some(time(text)?),
            Some(("until", text)) if until.is_none() => until = Some(time(text)?),
            _ => return Err(Failure::usage(format!("not a bound of a key's window: `{bound}`")).hint(WINDOW)),
        }
    }
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        return Err(Failure::usage(format!("the key's window ends before it begins: from {from} until {until}"))
            .hint("no signature could ever count: exchange the two, or leave one out"));
    }
    let key = public_key(Path::new(file)).map_err(|failure| misspelt_bound(file).unwrap_or(failure))?;
    Ok(match (from, until) {
        (None, None) => TrustedKey::always(key),
        (from, until) => TrustedKey::within(key, Window::new(from.unwrap_or(Time::from_unix(0)), until)),
    })
}

fn time(text: &str) -> Result<Time> {
    Time::parse_rfc3339(text).ok_or_else(|| Failure::usage(format!("not a time: `{text}`")).hint(WINDOW))
}

/// What is no file as a whole, and is one before the first comma.
fn misspelt_bound(spec: &str) -> Option<Failure> {
    let (file, bound) = spec.split_once(',')?;
    let misspelt = !Path::new(spec).exists() && Path::new(file).exists();
    misspelt.then(|| Failure::usage(format!("not a bound of a key's window: `{bound}`")).hint(WINDOW))
}

/// The public key in a file.
pub(crate) fn public_key(path: &Path) -> Result<VerifyingKey> {
    let pem = input::read_text(path, budget::TRUST_BYTES, "a public key")?;
    VerifyingKey::from_pem(&pem).map_err(|error| {
        let failure = Failure::from(error).about(format!("`{}`", path.display()));
        match pem.contains("PRIVATE KEY") {
            true => failure.hint("this is a private key; its other half, `.pub`, is what verifies"),
            false => failure.hint("a public key is a PEM block `PUBLIC KEY`, as `bulla keygen` writes it"),
        }
    })
}

/// The root in a file, which demands what Sigstore's instances give.
pub(crate) fn root(path: &Path) -> Result<TrustedRoot> {
    parse_root(path, &root_json(path)?)
}

/// The same, before it is looked at: a pipe can be read only once.
pub(crate) fn root_json(path: &Path) -> Result<Vec<u8>> {
    input::read(path, budget::TRUST_BYTES, "a trusted root")
}

/// The root in what was read from a file.
pub(crate) fn parse_root(path: &Path, json: &[u8]) -> Result<TrustedRoot> {
    TrustedRoot::parse(json, Need::sigstore()).map_err(|error| {
        Failure::from(error)
            .about(format!("`{}`", path.display()))
            .hint("a trusted root is the `trusted_root.json` that a Sigstore instance gives out")
    })
}

fn half(given: &str, missing: &str, why: &str) -> Failure {
    Failure::usage(format!("`{given}` needs `{missing}` beside it")).hint(format!("{why}: both are demanded, exactly"))
}
