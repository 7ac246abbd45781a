//! Who we are to a registry: passwords from files and helper programs, and the tokens that they are exchanged for.

pub(crate) mod challenge;
mod file;
mod program;
pub(crate) mod token;

pub use program::{printed_by, without_secrets};

use crate::error::Error;
use crate::options::Cancel;
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// A password or token: wiped after use, never shown.
#[derive(Clone, Default)]
pub(crate) struct Secret(Zeroizing<String>);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(text: D) -> Result<Self, D::Error> {
        String::deserialize(text).map(Self::new)
    }
}

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// What one registry knows us by.
#[derive(Debug, Clone)]
pub(crate) enum Login {
    /// A name and its password.
    Password { user: String, password: Secret },
    /// An OAuth 2 refresh token, which only a token service takes.
    Refresh { token: Secret },
}

/// Where credentials come from. Nothing is read before a registry asks for them.
#[derive(Clone, Default)]
pub struct Credentials {
    sources: Vec<Source>,
}

#[derive(Clone)]
enum Source {
    File(PathBuf),
    Fixed { host: String, login: Login },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({} sources)", self.sources.len())
    }
}

impl Credentials {
    /// Anonymous everywhere.
    pub fn none() -> Self {
        Self::default()
    }

    /// Docker's and Podman's files, in this order: `$DOCKER_CONFIG/config.json`, `$REGISTRY_AUTH_FILE`,
    /// `~/.docker/config.json`, `$XDG_RUNTIME_DIR/containers/auth.json`, `~/.config/containers/auth.json`
    /// (containers-auth.json(5); Docker CLI, "Configuration files"). The first that knows the registry is used.
    pub fn from_environment() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = std::env::home_dir();
        let config = set("XDG_CONFIG_HOME").or_else(|| home.as_ref().map(|home| home.join(".config")));
        let files = [
            set("DOCKER_CONFIG").map(|dir| dir.join("config.json")),
            set("REGISTRY_AUTH_FILE"),
            home.as_ref().map(|home| home.join(".docker/config.json")),
            set("XDG_RUNTIME_DIR").map(|dir| dir.join("containers/auth.json")),
            config.map(|config| config.join("containers/auth.json")),
        ];
        Self::from_files(files.into_iter().flatten())
    }

    /// These files in Docker's or Podman's form, in this order; one that is not there is passed over.
    pub fn from_files(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { sources: files.into_iter().map(Source::File).collect() }
    }

    /// A name and password for exactly this host (and port), before what was known already.
    #[must_use]
    pub fn with_password(mut self, host: &str, user: &str, password: String) -> Self {
        let login = Login::Password { user: user.to_owned(), password: Secret::new(password) };
        self.sources.insert(0, Source::Fixed { host: host.to_owned(), login });
        self
    }

    /// What `host` knows us by, for `repository`.
    ///
    /// A host is matched whole, port included: by substring, one registry got another's password (CVE-2026-59891).
    pub(crate) fn login(&self, host: &str, repository: &str, cancel: &Cancel) -> Result<Option<Login>, Error> {
        for source in &self.sources {
            let found = match source {
                Source::Fixed { host: known, login } => (known == host).then(|| login.clone()),
                Source::File(path) => file::login(path, host, repository, cancel)?,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show() {
        let credentials = Credentials::none().with_password("r.test", "me", "hunter2".to_owned());
        let login = credentials.login("r.test", "app", &Cancel::default());
        assert!(!format!("{credentials:?} {login:?}").contains("hunter2"));
    }

    #[test]
    fn a_host_is_matched_whole() {
        let credentials = Credentials::none().with_password("ghcr.io", "me", "x".to_owned());
        for host in ["cr.io", "ghcr.io:443", "ghcr.io.evil.test", "ghcr.i"] {
            assert!(matches!(credentials.login(host, "app", &Cancel::default()), Ok(None)), "{host}");
        }
    }
}
