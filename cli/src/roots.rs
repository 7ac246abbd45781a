//! Trusted roots that are known by name: the built-in ones, those that somebody has added, and what is cached of them.

use crate::{
    args::Network,
    error::{Failure, Result},
    session::{self, Session},
};
use bulla_sign::SigningConfig;
use bulla_transport::tuf::{
    Check, Client, Mirror, Repositories, Repository, SIGNING_CONFIG, TRUSTED_ROOT, TufError, Verified,
};
use bulla_verify::{Need, Time, TrustedRoot};
use std::{env, path::PathBuf};

/// The repositories and the cache of whoever runs this.
pub(crate) struct Roots {
    repositories: Repositories,
    cache: PathBuf,
}

impl Roots {
    /// Where the XDG base directory specification puts them; nothing where there is no home.
    pub(crate) fn of_this_user() -> Option<Self> {
        let folder = |variable: &str, in_home: &str| {
            let named = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
            let home = || Some(PathBuf::from(env::var_os("HOME")?).join(in_home));
            Some(named.or_else(home)?.join("bulla"))
        };
        let repositories = Repositories::open(&folder("XDG_CONFIG_HOME", ".config")?.join("roots"));
        Some(Self { repositories, cache: folder("XDG_CACHE_HOME", ".cache")?.join("tuf") })
    }

    /// The same, where it is needed.
    pub(crate) fn expected() -> Result<Self> {
        Self::of_this_user().ok_or_else(|| {
            Failure::unknown("no-home", "there is no folder to keep roots in: HOME is not set").hint(
                "set HOME, or XDG_CONFIG_HOME and XDG_CACHE_HOME; a root can also be a file: `--trusted-root FILE`",
            )
        })
    }

    pub(crate) fn repositories(&self) -> &Repositories {
        &self.repositories
    }

    /// What is cached of it.
    pub(crate) fn client<'a>(&self, repository: &'a Repository) -> Client<'a> {
        Client::new(repository, &self.cache)
    }

    /// Brings it up to date.
    pub(crate) fn update(
        &self,
        repository: &Repository,
        wanted: &[&str],
        network: &Network,
        session: &Session,
    ) -> Result<Verified> {
        let options = session.options(network)?;
        let mirror = Mirror::new(repository, &options)?;
        Ok(self.client(repository).update(wanted, Check::Quick, &mirror, &options.cancel, session::now())?)
    }

    /// Where the public-good instance's services are: as cached, or else as built in. What has expired is no reason not to ask
    /// there: whatever they answer is verified.
    pub(crate) fn signing_config(&self) -> Result<SigningConfig> {
        let repository = Repository::public_good();
        let cached = self.client(&repository).offline(&[SIGNING_CONFIG], session::now());
        let json = cached.as_ref().ok().and_then(|verified| verified.file(SIGNING_CONFIG));
        Ok(json.map_or_else(SigningConfig::public_good, SigningConfig::parse)?)
    }

    /// The file itself, to be looked at: as it is cached, also if it has expired, or else as it is built in.
    pub(crate) fn trusted_root_json(&self, name: &str) -> Result<Vec<u8>> {
        let repository = self.repositories.find(name)?;
        match (self.client(&repository).offline(&[TRUSTED_ROOT], session::now()), BuiltIn::named(name)) {
            (Ok(verified), _) => file(name, &verified).map(<[u8]>::to_vec),
            (Err(TufError::NotCached { .. }), Some(instance)) => Ok(instance.json().to_vec()),
            (Err(error), _) => Err(error.into()),
        }
    }

    /// The authorities of the root of that name: as they are cached, or else as they are built in. What is cached and has
    /// expired is brought up to date first; where that cannot be, nothing can be told.
    pub(crate) fn trusted_root(&self, name: &str, network: &Network, session: &Session) -> Result<TrustedRoot> {
        let repository = self.repositories.find(name)?;
        match (self.client(&repository).offline(&[TRUSTED_ROOT], session::now()), BuiltIn::named(name)) {
            (Ok(verified), _) => parse(name, &verified),
            (Err(TufError::NotCached { .. }), Some(instance)) => instance.root(),
            (Err(error), _) if error.is_unavailable() && !network.offline => {
                parse(name, &self.update(&repository, &[TRUSTED_ROOT], network, session)?)
            }
            (Err(error), _) => Err(error.into()),
        }
    }
}

/// The root of Sigstore's public instance, which is the one that is meant where none is named.
pub(crate) const PUBLIC_GOOD: &str = "public-good";

/// The public-good instance's, as it is known here.
pub(crate) fn of_this_user_or_built_in(network: &Network, session: &Session) -> Result<TrustedRoot> {
    match Roots::of_this_user() {
        Some(roots) => roots.trusted_root(PUBLIC_GOOD, network, session),
        None => BuiltIn::PublicGood.root(),
    }
}

/// An instance whose root came with this release.
#[derive(Clone, Copy)]
enum BuiltIn {
    PublicGood,
    GitHub,
}

impl BuiltIn {
    fn named(name: &str) -> Option<Self> {
        [(PUBLIC_GOOD, Self::PublicGood), ("github", Self::GitHub)]
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|it| it.1)
    }

    /// As of this release.
    fn root(self) -> Result<TrustedRoot> {
        Ok(match self {
            Self::PublicGood => TrustedRoot::public_good()?,
            Self::GitHub => TrustedRoot::github()?,
        })
    }

    /// The same, as a file.
    fn json(self) -> &'static [u8] {
        match self {
            Self::PublicGood => TrustedRoot::PUBLIC_GOOD,
            Self::GitHub => TrustedRoot::GITHUB,
        }
    }

    /// What its root demands: GitHub's instance has no public logs.
    fn need(self) -> Need {
        match self {
            Self::PublicGood => Need::sigstore(),
            Self::GitHub => Need::github(),
        }
    }
}

/// A root of one's own demands what Sigstore's does.
fn parse(name: &str, verified: &Verified) -> Result<TrustedRoot> {
    let need = BuiltIn::named(name).map_or_else(Need::sigstore, BuiltIn::need);
    Ok(TrustedRoot::parse(file(name, verified)?, need)?.named(name))
}

fn file<'a>(name: &str, verified: &'a Verified) -> Result<&'a [u8]> {
    verified.file(TRUSTED_ROOT).ok_or_else(|| {
        Failure::unknown("no-trusted-root-file", format!("the repository of the root `{name}` has no `{TRUSTED_ROOT}`"))
            .hint("it is no Sigstore instance's: see `bulla trust show`")
    })
}

/// Whole days from now until then, for people.
pub(crate) fn days_until(then: Time, now: Time) -> i64 {
    then.unix().saturating_sub(now.unix()).div_euclid(86_400)
}
