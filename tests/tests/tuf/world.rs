//! A repository, a client with a cache, and what comes of both.

use crate::maker::{NOW, Repo};
use bulla_transport::Cancel;
use bulla_transport::tuf::{Check, Client, Repository, TufError, Verified};
use bulla_verify::Time;
use serde_json::Value;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;

thread_local! {
    /// How often something was accepted, and refused, in this test.
    pub(crate) static ACCEPTED: Cell<usize> = const { Cell::new(0) };
    pub(crate) static REFUSED: Cell<usize> = const { Cell::new(0) };
}

pub(crate) struct World {
    pub(crate) repo: Repo,
    pub(crate) root: Vec<u8>,
    pub(crate) now: i64,
    pub(crate) cache: TempDir,
}

impl World {
    /// Everything in version 1, and a client that has seen the root of it.
    pub(crate) fn new() -> Self {
        let repo = Repo::new();
        let root = repo.last("root").to_vec();
        Self { repo, root, now: NOW, cache: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn repository(&self) -> Result<Repository, TufError> {
        Repository::new("test", "https://tuf.test", &self.root)
    }

    pub(crate) fn update(&self, wanted: &[&str], check: Check) -> Result<Verified, TufError> {
        let repository = self.repository()?;
        let client = Client::new(&repository, self.cache.path());
        client.update(wanted, check, &self.repo, &Cancel::default(), Time::from_unix(self.now))
    }

    pub(crate) fn offline(&self, wanted: &[&str]) -> Result<Verified, TufError> {
        let repository = self.repository()?;
        Client::new(&repository, self.cache.path()).offline(wanted, Time::from_unix(self.now))
    }

    #[track_caller]
    pub(crate) fn accepts(&self) {
        self.update(&[], Check::Full).expect("it is accepted");
        ACCEPTED.set(ACCEPTED.get() + 1);
    }

    #[track_caller]
    pub(crate) fn refuses(&self, code: &str) {
        is_refused(self.update(&[], Check::Full), code);
    }

    /// The file, as it comes.
    #[track_caller]
    pub(crate) fn downloads(&self, path: &str, content: &[u8]) {
        let verified = self.update(&[path], Check::Full).expect("it is accepted");
        assert_eq!(verified.file(path), Some(content), "{path}");
        ACCEPTED.set(ACCEPTED.get() + 1);
    }

    /// The repository is right, and has no such file.
    #[track_caller]
    pub(crate) fn has_no(&self, path: &str) {
        let verified = self.update(&[path], Check::Full).expect("it is accepted");
        assert_eq!(verified.file(path), None, "{path}");
        REFUSED.set(REFUSED.get() + 1);
    }

    #[track_caller]
    pub(crate) fn refuses_file(&self, path: &str, code: &str) {
        is_refused(self.update(&[path], Check::Full), code);
    }

    /// The versions that are trusted now, out of what the cache says.
    pub(crate) fn trusted(&self) -> BTreeMap<String, u64> {
        let version = |text: &Value| {
            let value: Value = serde_json::from_str(text.as_str().expect("a text")).expect("JSON");
            value["signed"]["version"].as_u64().expect("a version")
        };
        let initial = Value::String(String::from_utf8(self.root.clone()).expect("UTF-8"));
        let Some(state) = self.state() else { return BTreeMap::from([("root".to_owned(), version(&initial))]) };
        let root = state["roots"].as_array().and_then(|roots| roots.last()).unwrap_or(&initial);
        let mut trusted = BTreeMap::from([("root".to_owned(), version(root))]);
        for role in ["timestamp", "snapshot"] {
            trusted
                .extend(state.get(role).filter(|text| text.is_string()).map(|text| (role.to_owned(), version(text))));
        }
        let targets = state["targets"].as_object().into_iter().flatten();
        trusted.extend(targets.map(|(role, text)| (role.clone(), version(text))));
        trusted
    }

    #[track_caller]
    pub(crate) fn trusts(&self, expected: &[(&str, u64)]) {
        let expected: BTreeMap<_, _> = expected.iter().map(|(role, version)| ((*role).to_owned(), *version)).collect();
        assert_eq!(self.trusted(), expected);
    }

    /// The version of one role; 0 for none.
    pub(crate) fn version(&self, role: &str) -> u64 {
        self.trusted().get(role).copied().unwrap_or_default()
    }

    /// What was asked of the repository since it was last looked at.
    #[track_caller]
    pub(crate) fn asked(&self, expected: &[&str]) {
        assert_eq!(self.repo.asked(), expected);
    }

    /// What the cache says.
    pub(crate) fn state(&self) -> Option<Value> {
        let folder = fs::read_dir(self.cache.path()).ok()?.flatten().next()?.path();
        serde_json::from_slice(&fs::read(folder.join("state.json")).ok()?).ok()
    }

    pub(crate) fn write_state(&self, state: &Value) {
        let folder = fs::read_dir(self.cache.path()).expect("a cache").flatten().next().expect("a folder").path();
        fs::write(folder.join("state.json"), state.to_string()).expect("written");
    }
}

#[track_caller]
pub(crate) fn is_refused(outcome: Result<Verified, TufError>, code: &str) {
    let error = outcome.expect_err("this must be refused");
    assert_eq!(error.code(), code, "{error}");
    REFUSED.set(REFUSED.get() + 1);
}
