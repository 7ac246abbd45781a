//! TUF repositories: where they are, and the root that whoever uses one vouches for.

use super::TufError;
use super::metadata::Document;
use crate::budget;
use crate::error::{Error, shown};
use crate::files::{self, failed};
use crate::options::Options;
use crate::service::{Request, Service};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bulla_verify::{Digest, json};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The root, version 16, of Sigstore's public instance, out of the crate `sigstore-trust-root` 0.15.1
/// (`repository/tuf_root.json`, Apache-2.0). Version 15, as PyPI's `sigstore` 4.5.1 carries it, signs it: a test checks.
const PUBLIC_GOOD: &[u8] = include_bytes!("roots/public-good.json");
/// The root, version 9, of GitHub's instance, out of the same crate (`repository/tuf_github_root.json`).
const GITHUB: &[u8] = include_bytes!("roots/github.json");

/// A TUF repository: its address, and a root that is trusted to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    name: String,
    url: String,
    targets_url: String,
    root: Vec<u8>,
    built_in: bool,
}

impl Repository {
    /// Sigstore's public instance.
    pub fn public_good() -> Self {
        Self::built_in("public-good", "https://tuf-repo-cdn.sigstore.dev", PUBLIC_GOOD)
    }

    /// GitHub's instance, for the attestations of private repositories.
    pub fn github() -> Self {
        Self::built_in("github", "https://tuf-repo.github.com", GITHUB)
    }

    fn built_in(name: &str, url: &str, root: &[u8]) -> Self {
        let targets_url = format!("{url}/targets");
        Self { name: name.to_owned(), url: url.to_owned(), targets_url, root: root.to_vec(), built_in: true }
    }

    /// Another one. The caller vouches for `root` (`root.json`, of any version): it came with the product, or somebody
    /// compared it; what an address answers is nobody's to vouch for ([`fetch_root`]). It may have expired.
    ///
    /// # Errors
    /// [`TufError::RepositoryName`]; and whatever keeps the root from being one that its own keys signed.
    pub fn new(name: &str, url: &str, root: &[u8]) -> Result<Self, TufError> {
        check_name(name)?;
        Document::anchor(root)?;
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self {
            name: name.to_owned(),
            targets_url: format!("{url}/targets"),
            url,
            root: root.to_vec(),
            built_in: false,
        })
    }

    /// Its files are at `url`, and not in the folder `targets` beside the metadata.
    #[must_use]
    pub fn with_targets_url(self, url: &str) -> Self {
        Self { targets_url: url.trim_end_matches('/').to_owned(), ..self }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its metadata is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where its files are.
    pub fn targets_url(&self) -> &str {
        &self.targets_url
    }

    /// Whether it came with this program.
    pub fn is_built_in(&self) -> bool {
        self.built_in
    }

    /// The root that is trusted to begin with.
    pub fn root(&self) -> &[u8] {
        &self.root
    }

    /// Its folder in a cache. A built-in repository keeps it when a release brings a newer root, so that nothing can be
    /// rolled back; another root of somebody's own is another repository.
    pub(super) fn key(&self) -> String {
        let whose = if self.built_in { self.name.clone() } else { Digest::of(&self.root).to_hex() };
        let digest = Digest::of(format!("{}\n{whose}", self.url).as_bytes()).to_hex();
        format!("{}-{}", self.name, digest.get(..16).unwrap_or(&digest))
    }
}

/// Fetches a root from `url`, which has to be the one with this digest: on first use nothing is trusted.
///
/// # Errors
/// [`TufError::RootDigest`] for any other; whatever keeps it from being fetched.
pub fn fetch_root(url: &str, expected: &Digest, options: &Options) -> Result<Vec<u8>, TufError> {
    let request = Request { limit: budget::TUF_ROOT_BYTES, ..Request::default() };
    let reply = Service::new(url, options)?.get("", &request)?;
    if !reply.is_success() {
        return Err(TufError::FileMissing { repository: shown(url), file: "root".to_owned() });
    }
    named_root(reply.body, expected)
}

/// A root, if it is the one with this digest.
///
/// # Errors
/// [`TufError::RootDigest`] for any other.
pub fn named_root(root: Vec<u8>, expected: &Digest) -> Result<Vec<u8>, TufError> {
    let found = Digest::of(&root);
    if found != *expected {
        return Err(TufError::RootDigest { expected: *expected, found });
    }
    Ok(root)
}

/// The repositories that somebody added, one file each in one folder, and those that are built in.
#[derive(Debug, Clone)]
pub struct Repositories {
    dir: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRepository {
    url: String,
    targets_url: String,
    /// In base64.
    root: String,
}

impl Repositories {
    /// Those in `dir`, which need not be there. Who can write there decides what is trusted: it is no cache.
    pub fn open(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// All of them: the built-in ones first, then by name.
    ///
    /// # Errors
    /// A folder or file that cannot be read; a file that is not what [`Repositories::add`] wrote.
    pub fn all(&self) -> Result<Vec<Repository>, TufError> {
        let mut names = Vec::new();
        match fs::read_dir(&self.dir) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed("read", &self.dir)(error).into()),
            Ok(entries) => names.extend(entries.flatten().filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                name.strip_suffix(".json").filter(|name| check_name(name).is_ok()).map(str::to_owned)
            })),
        }
        names.sort();
        let mut all = vec![Repository::public_good(), Repository::github()];
        for name in names {
            all.push(self.find(&name)?);
        }
        Ok(all)
    }

    /// The one of that name.
    ///
    /// # Errors
    /// [`TufError::NoSuchRepository`]; as [`Repositories::all`].
    pub fn find(&self, name: &str) -> Result<Repository, TufError> {
        if let Some(built_in) = built_in(name) {
            return Ok(built_in);
        }
        check_name(name)?;
        let path = self.path(name);
        let bytes = files::read(&path, budget::TUF_ROOT_BYTES.saturating_mul(2))?;
        let bytes = bytes.ok_or_else(|| TufError::NoSuchRepository { name: name.to_owned() })?;
        let malformed = |why: String| {
            TufError::from(Error::Malformed { place: path.display().to_string(), what: "repository", why })
        };
        let wire: WireRepository = json::from_slice(&bytes).map_err(|error| malformed(json::reason(&error)))?;
        let root = STANDARD.decode(wire.root).map_err(|_| malformed("its root is not base64".to_owned()))?;
        Ok(Repository::new(name, &wire.url, &root)?.with_targets_url(&wire.targets_url))
    }

    /// Adds one, whole or not at all. To add the same again changes nothing.
    ///
    /// # Errors
    /// [`TufError::RepositoryExists`] if the name is another's; a file that cannot be written.
    pub fn add(&self, repository: &Repository) -> Result<(), TufError> {
        match self.find(&repository.name) {
            Ok(there) if there == *repository => return Ok(()),
            Ok(_) => return Err(TufError::RepositoryExists { name: repository.name.clone() }),
            Err(TufError::NoSuchRepository { .. }) => {}
            Err(error) => return Err(error),
        }
        let (url, targets_url) = (repository.url.clone(), repository.targets_url.clone());
        let wire = WireRepository { url, targets_url, root: STANDARD.encode(&repository.root) };
        fs::create_dir_all(&self.dir).map_err(failed("create", &self.dir))?;
        let path = self.path(&repository.name);
        let file = files::beside(&self.dir, &path, &serde_json::to_vec_pretty(&wire).unwrap_or_default())?;
        match file.persist_noclobber(&path) {
            Ok(_) => Ok(()),
            // Somebody else was quicker.
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                Err(TufError::RepositoryExists { name: repository.name.clone() })
            }
            Err(error) => Err(failed("write", &path)(error.error).into()),
        }
    }

    /// Removes one that was added.
    ///
    /// # Errors
    /// [`TufError::NoSuchRepository`], also for a built-in one; a file that cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), TufError> {
        check_name(name).map_err(|_| TufError::NoSuchRepository { name: shown(name) })?;
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(TufError::NoSuchRepository { name: name.to_owned() })
            }
            other => Ok(other.map_err(failed("remove", &path))?),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.json"))
    }
}

fn built_in(name: &str) -> Option<Repository> {
    [Repository::public_good(), Repository::github()].into_iter().find(|repository| repository.name == name)
}

/// It names a file, and what is shown.
fn check_name(name: &str) -> Result<(), TufError> {
    let refuse = |why| Err(TufError::RepositoryName { name: shown(name), why });
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
    if name.is_empty() || name.len() > budget::TUF_NAME_BYTES {
        return refuse("it has to have between 1 and 64 letters");
    }
    if !name.bytes().all(allowed) || name.starts_with(['-', '.', '_']) {
        return refuse("only a-z, 0-9, `-`, `.` and `_`, and the first a letter or digit");
    }
    if built_in(name).is_some() {
        return refuse("it is a built-in one's");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As PyPI's `sigstore` 4.5.1 carries it.
    const BEFORE: &[u8] = include_bytes!("roots/public-good-15.json");

    #[test]
    fn the_embedded_roots_are_signed_by_their_own_keys_and_the_public_one_by_its_forerunner() {
        let before = Document::anchor(BEFORE).expect("version 15");
        let root = before.successor(PUBLIC_GOOD).expect("version 16, signed by 15's keys too");
        assert_eq!((root.version, root.expires.to_string().as_str()), (16, "2027-04-22T19:27:31Z"));
        let github = Document::anchor(GITHUB).expect("version 9");
        assert_eq!((github.version, github.expires.to_string().as_str()), (9, "2027-01-28T20:18:53Z"));
        assert_eq!(github.successor(PUBLIC_GOOD).err().expect("another's").code(), "tuf-threshold");
    }

    #[test]
    fn what_was_added_is_found_again_and_nothing_is_replaced() {
        let dir = tempfile::tempdir().expect("a folder");
        let all = Repositories::open(&dir.path().join("new"));
        assert_eq!(all.all().expect("the built-in ones").len(), 2);
        let acme = Repository::new("acme", "https://tuf.acme.test/", BEFORE).expect("a repository");
        assert_eq!((acme.url(), acme.targets_url()), ("https://tuf.acme.test", "https://tuf.acme.test/targets"));
        all.add(&acme).and_then(|()| all.add(&acme)).expect("twice the same");
        assert_eq!(all.find("acme").expect("it is there"), acme);
        let other = Repository::new("acme", "https://other.test", BEFORE).expect("a repository");
        assert_eq!(all.add(&other).expect_err("another").code(), "tuf-repository-exists");
        assert_eq!(all.all().expect("all").len(), 3);
        all.remove("acme").expect("removed");
        assert_eq!(all.remove("acme").expect_err("gone").code(), "tuf-no-such-repository");
        assert_eq!(all.find("acme").expect_err("gone").code(), "tuf-no-such-repository");
    }

    #[test]
    fn a_name_is_no_path_and_no_built_in_one() {
        for name in ["", "../x", "a/b", "A", ".x", "public-good", "github", &"a".repeat(65)] {
            let error = Repository::new(name, "https://x.test", BEFORE).expect_err(name);
            assert_eq!(error.code(), "tuf-repository-name", "{name}");
        }
    }

    #[test]
    fn a_root_that_was_not_named_is_not_taken() {
        assert!(named_root(BEFORE.to_vec(), &Digest::of(BEFORE)).is_ok());
        let error = named_root(BEFORE.to_vec(), &Digest::of(b"other")).expect_err("another");
        assert_eq!(error.code(), "tuf-root-digest");
        let mut tampered = BEFORE.to_vec();
        tampered.truncate(100);
        assert_eq!(Repository::new("a", "https://x.test", &tampered).expect_err("cut").code(), "tuf-malformed");
    }
}
