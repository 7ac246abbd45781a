//! What `verify` demands: a policy, or the short form of one: keys, or an identity and its issuer. Never anybody's.

use crate::{
    args::{Demand, Network},
    budget,
    error::{Failure, Result},
    input, policy_file,
    roots::{self, Roots},
    session::Session,
};
use bulla_policy::{
    Policies, TrustPolicy,
    language::{By, Exact, Require, TrustedKey},
};
use bulla_sign::PredicateType;
use bulla_verify::{Need, Time, TrustedRoot, VerifyingKey, Window};
use std::path::Path;

/// What is demanded: the policies in files, or the one that the flags are short for.
pub(crate) fn policies(demand: &Demand, network: &Network, session: &Session) -> Result<Policies> {
    match demand.policy.as_slice() {
        [] => Ok(Policies::from(by_flags(demand, network, session)?)),
        files => policy_file::read_all(files, network, session),
    }
}

/// The policy that `--key`, or `--identity` and `--issuer`, is short for.
fn by_flags(demand: &Demand, network: &Network, session: &Session) -> Result<TrustPolicy> {
    let (signers, needs_root) = match (demand.key.as_slice(), &demand.identity, &demand.issuer) {
        ([], Some(identity), Some(issuer)) if identity.is_empty() || issuer.is_empty() => {
            let message = "an identity and its issuer cannot be empty";
            return Err(Failure::unknown("identity-empty", message)
                .hint("whose signature counts has to be said: check the variable that is empty"));
        }
        ([], Some(identity), Some(issuer)) => (Signers::Identity { identity, issuer }, true),
        ([], None, None) => {
            return Err(Failure::usage("whose signature is it to be?").hint(
                "give `--key bulla.pub`, `--identity NAME` and `--issuer URL`, or `--policy FILE`; anybody's signature \
                 proves nothing",
            ));
        }
        ([], Some(_), None) => return Err(half("--identity", "--issuer", "any issuer could vouch for that name")),
        ([], None, Some(_)) => return Err(half("--issuer", "--identity", "anybody can get a certificate from it")),
        (specs, ..) => {
            let keys = specs.iter().map(|spec| trusted_key(spec)).collect::<Result<Vec<_>>>()?;
            // A window is measured from times that a log or timestamp authority has signed.
            (Signers::Keys(keys), specs.iter().any(|spec| spec.contains(FROM) || spec.contains(UNTIL)))
        }
    };
    let roots = named_roots(demand, needs_root, network, session)?;
    let predicate_type = demand.predicate_type.as_deref().map(PredicateType::parse).transpose()?;
    let mut any = Vec::new();
    for by in signers.under(&roots)? {
        any.push(match &predicate_type {
            Some(predicate_type) => Require::attested(predicate_type.uri().to_owned().try_into()?, by),
            None => Require::signed(by),
        });
    }
    Ok(TrustPolicy::demanding(Require::any(any), roots)?)
}

/// Whose signature the flags demand.
enum Signers<'a> {
    Keys(Vec<TrustedKey>),
    Identity { identity: &'a str, issuer: &'a str },
}

impl Signers<'_> {
    /// Each of them, under each of the roots: any will do.
    fn under(self, roots: &[TrustedRoot]) -> Result<Vec<By>> {
        let mut all = Vec::new();
        match self {
            Self::Identity { identity, issuer } => {
                for root in roots {
                    all.push(By::certificate(identity, issuer, root.name())?);
                }
            }
            Self::Keys(keys) if roots.is_empty() => all.extend(keys.into_iter().map(By::from)),
            Self::Keys(keys) => {
                for (key, root) in keys.iter().flat_map(|key| roots.iter().map(move |root| (key, root))) {
                    let root = Exact::try_from(root.name().to_owned())?;
                    all.push(By::from(key.clone().timed_under(root)));
                }
            }
        }
        Ok(all)
    }
}

/// The file, the roots that were named, or the public-good instance's where one is needed.
fn named_roots(demand: &Demand, needed: bool, network: &Network, session: &Session) -> Result<Vec<TrustedRoot>> {
    let by_name = |name: &str| Roots::expected()?.trusted_root(name, network, session);
    if !demand.root.is_empty() {
        return demand.root.iter().map(|name| by_name(name)).collect();
    }
    let named = match &demand.trusted_root {
        Some(path) => Some(path.clone()),
        None => session.file_named_by(TRUSTED_ROOT)?,
    };
    match named {
        Some(path) => Ok(vec![root(&path)?.named(IN_A_FILE)]),
        None if !needed => Ok(Vec::new()),
        None => Ok(vec![roots::of_this_user_or_built_in(network, session)?]),
    }
}

/// How a root is called that is a file.
const IN_A_FILE: &str = "the file's root";

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
