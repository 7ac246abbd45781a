//! Docker's `config.json` and Podman's `auth.json`.

use crate::auth::{Login, Secret, program};
use crate::budget;
use crate::error::Error;
use crate::options::Cancel;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use zeroize::Zeroizing;

/// What Docker calls its own registry in files and to helpers.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// What the file at `path` knows about `host`: its helper's answer first, then its store's, then its own entries, as
/// the Docker CLI asks them.
pub(crate) fn login(path: &Path, host: &str, repository: &str, cancel: &Cancel) -> Result<Option<Login>, Error> {
    let Some(bytes) = read(path)? else { return Ok(None) };
    let refuse = |why: &str| Error::CredentialsFile { path: path.to_owned(), why: why.to_owned() };
    // serde_json's words can quote what is in the file, so they are not passed on.
    let config: Config =
        serde_json::from_slice(&bytes).map_err(|_| refuse("not the JSON of a Docker or Podman login"))?;
    let keys = keys(host, repository);
    let named = keys.iter().find_map(|key| config.cred_helpers.get(key));
    for helper in named.or(config.creds_store.as_ref()).into_iter().filter(|name| !name.is_empty()) {
        let server = if host == "docker.io" { DOCKER_HUB } else { host };
        if let Some(login) = program::ask(helper, server, cancel)? {
            return Ok(Some(login));
        }
    }
    let exact = keys.iter().find_map(|key| config.auths.get(key));
    let legacy = || config.auths.iter().find(|(key, _)| legacy_host(key) == Some(host)).map(|(_, entry)| entry);
    match exact.or_else(legacy) {
        Some(entry) => entry.read().map_err(refuse),
        None => Ok(None),
    }
}

fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let refuse = |why: String| Error::CredentialsFile { path: path.to_owned(), why };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(refuse(error.to_string())),
    };
    let mut bytes = Zeroizing::new(Vec::new());
    let read =
        file.take(budget::CREDENTIALS_BYTES + 1).read_to_end(&mut bytes).map_err(|error| refuse(error.to_string()))?;
    if u64::try_from(read).is_ok_and(|read| read > budget::CREDENTIALS_BYTES) {
        return Err(refuse(format!("larger than {} bytes", budget::CREDENTIALS_BYTES)));
    }
    Ok(Some(bytes))
}

/// The spellings under which a login for this host, or for a part of it, is kept; the most specific first
/// (containers-auth.json(5)).
fn keys(host: &str, repository: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut path = repository;
    while !path.is_empty() {
        keys.push(format!("{host}/{path}"));
        path = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
    keys.push(host.to_owned());
    if host == "docker.io" {
        keys.extend([DOCKER_HUB, "index.docker.io", "registry-1.docker.io"].map(str::to_owned));
    }
    keys
}

/// The host of a key that old Docker versions wrote as an address: `https://registry.example.com/v1/`.
fn legacy_host(key: &str) -> Option<&str> {
    let rest = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"))?;
    rest.split('/').next()
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    auth: Secret,
    username: String,
    password: Secret,
    identitytoken: Secret,
}

impl Entry {
    /// An entry without anything in it (Docker leaves one where a store has the password) is no login.
    fn read(&self) -> Result<Option<Login>, &'static str> {
        if !self.identitytoken.expose().is_empty() {
            return Ok(Some(Login::Refresh { token: self.identitytoken.clone() }));
        }
        if self.auth.expose().is_empty() {
            let password = self.password.clone();
            return Ok((!self.username.is_empty()).then(|| Login::Password { user: self.username.clone(), password }));
        }
        let decoded =
            Zeroizing::new(STANDARD.decode(self.auth.expose().trim()).map_err(|_| "an `auth` entry is not base64")?);
        let text = std::str::from_utf8(&decoded).map_err(|_| "an `auth` entry is not text")?;
        let (user, password) = text.trim_end_matches('\0').split_once(':').ok_or("an `auth` entry has no `:`")?;
        Ok(Some(Login::Password { user: user.to_owned(), password: Secret::new(password.to_owned()) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.json");
        std::fs::write(&path, text).unwrap();
        (dir, path)
    }

    #[track_caller]
    fn finds(text: &str, host: &str, repository: &str, expected: Option<(&str, &str)>) {
        let (_dir, path) = file(text);
        let found = match login(&path, host, repository, &Cancel::default()).unwrap() {
            Some(Login::Password { user, password }) => Some((user, password.expose().to_owned())),
            Some(Login::Refresh { token }) => Some(("<token>".to_owned(), token.expose().to_owned())),
            None => None,
        };
        assert_eq!(found.as_ref().map(|(user, secret)| (user.as_str(), secret.as_str())), expected);
    }

    #[test]
    fn entries_are_found_by_their_whole_host() {
        let text = r#"{"auths":{"ghcr.io":{"auth":"bWU6aHVudGVyMg=="},"r.test:5000":{"identitytoken":"tok"}}}"#;
        finds(text, "ghcr.io", "a/b", Some(("me", "hunter2")));
        finds(text, "r.test:5000", "a", Some(("<token>", "tok")));
        for host in ["cr.io", "r.test", "r.test:500", "io", "eghcr.io"] {
            finds(text, host, "a", None);
        }
    }

    #[test]
    fn the_most_specific_path_wins_and_legacy_addresses_count() {
        let text = r#"{"auths":{"q.io/team":{"username":"t","password":"1"},"q.io":{"username":"all","password":"2"},
            "https://old.test/v1/":{"username":"o","password":"3"},"https://index.docker.io/v1/":{"username":"d","password":"4"}}}"#;
        finds(text, "q.io", "team/app", Some(("t", "1")));
        finds(text, "q.io", "teams/app", Some(("all", "2")));
        finds(text, "old.test", "app", Some(("o", "3")));
        finds(text, "docker.io", "library/alpine", Some(("d", "4")));
    }

    #[test]
    fn an_empty_entry_is_no_login_and_an_absent_file_neither() {
        finds(r#"{"auths":{"r.test":{}}}"#, "r.test", "a", None);
        assert!(matches!(login(Path::new("/nowhere/config.json"), "r.test", "a", &Cancel::default()), Ok(None)));
    }

    #[test]
    fn a_broken_file_is_named_and_not_quoted() {
        let (_dir, path) = file(r#"{"auths":{"r.test":{"auth":"hunter2"#);
        let error = login(&path, "r.test", "a", &Cancel::default()).unwrap_err();
        assert_eq!(error.code(), "credentials-file");
        assert!(!error.to_string().contains("hunter2"));
        let (_dir, path) = file(&" ".repeat(usize::try_from(budget::CREDENTIALS_BYTES).unwrap() + 1));
        assert!(login(&path, "r.test", "a", &Cancel::default()).unwrap_err().to_string().contains("larger than"));
    }

    #[test]
    fn a_helper_that_is_not_there_is_an_error_with_its_name() {
        let (_dir, path) = file(r#"{"credHelpers":{"r.test":"bulla-no-such-helper"}}"#);
        match login(&path, "r.test", "a", &Cancel::default()) {
            Err(Error::CredentialHelper { program, .. }) => {
                assert_eq!(program, "docker-credential-bulla-no-such-helper")
            }
            other => panic!("{other:?}"),
        }
    }
}
