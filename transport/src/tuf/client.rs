//! The client's way through a repository (specification 1.0.33, 5).

use super::TufError;
use super::cache::{Cache, State, Whole};
use super::key::Authority;
use super::metadata::{Delegation, Document, Root, Snapshot, Targets, Timestamp};
use super::mirror::{Fetch, Kind};
use super::pin::Pin;
use super::repository::Repository;
use super::search::find;
use super::status::{Status, Verified};
use crate::budget;
use crate::error::{Error, shown};
use crate::http::url::escaped;
use crate::options::Cancel;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bulla_verify::Time;
use std::collections::BTreeMap;
use std::path::Path;

/// How much is asked when nothing may be new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Every step of the specification: a newer root is asked for first, always.
    Full,
    /// One request, `timestamp.json`, if that is what it was, nothing has expired, and a newer root was asked for within
    /// [`budget::TUF_ROOT_CHECK`]; or else every step.
    ///
    /// What is lost: a new root without a new timestamp is seen a day later. Whoever can keep `timestamp.json` as it was can
    /// keep a new root from us too, so that no attack is made easier.
    Quick,
}

/// One repository and what is cached of it.
#[derive(Debug)]
pub struct Client<'a> {
    repository: &'a Repository,
    cache: Cache,
}

impl<'a> Client<'a> {
    /// `cache` is a folder for all repositories; it need not be there.
    pub fn new(repository: &'a Repository, cache: &Path) -> Self {
        Self { repository, cache: Cache::new(cache, repository) }
    }

    /// Brings what is cached up to date, and gives the files that are `wanted` and that the repository has.
    ///
    /// What was verified before something failed is kept, and what was whole before stays so: also after a kill.
    ///
    /// # Errors
    /// [`TufError`]: what could not be fetched or has expired ([`TufError::is_unavailable`]), or is not to be believed.
    pub fn update(
        &self,
        wanted: &[&str],
        check: Check,
        fetch: &dyn Fetch,
        cancel: &Cancel,
        now: Time,
    ) -> Result<Verified, TufError> {
        let _held = self.cache.lock(cancel)?;
        let state = self.cache.read()?;
        let mut timestamp = None;
        // Only where the cache has all that is wanted, is it worth asking whether that is still so.
        let quick = check == Check::Quick && self.is_recent(&state, now);
        if let Some(known) = quick.then(|| self.resolve(&state, wanted, Some(now)).ok()).flatten() {
            let bytes = self.fetch_metadata(fetch, "timestamp.json", budget::TUF_TIMESTAMP_BYTES)?;
            if state.whole.as_ref().is_some_and(|whole| whole.timestamp.as_bytes() == bytes) {
                return Ok(known);
            }
            timestamp = Some(bytes);
        }
        let root = self.roots(&state)?.newest;
        let mut walk = Walk { client: self, fetch, cancel, now, root, timestamp, state: state.clone() };
        let outcome = walk.refresh(wanted);
        let kept = if walk.state == state { Ok(()) } else { self.cache.write(&walk.state) };
        let verified = outcome?;
        kept.map(|()| verified)
    }

    /// What the cache has of the `wanted` files, without a network. Every signature, version, length, hash and expiry is
    /// checked as if it had just come.
    ///
    /// # Errors
    /// [`TufError::NotCached`], [`TufError::CacheOutdated`], [`TufError::RoleExpired`]: update; otherwise what does not verify.
    pub fn offline(&self, wanted: &[&str], now: Time) -> Result<Verified, TufError> {
        let state = self.cache.read()?;
        self.resolve(&state, wanted, Some(now))
    }

    /// What the cache has, verified as for [`Client::offline`], but that it may have expired: for showing it.
    ///
    /// # Errors
    /// As [`Client::offline`].
    pub fn status(&self) -> Result<Status, TufError> {
        let state = self.cache.read()?;
        self.resolve(&state, &[], None).map(|verified| verified.status)
    }

    /// The roots that the cache leads to, from the one that is vouched for to the newest.
    fn roots(&self, state: &State) -> Result<Roots, TufError> {
        let mut roots = Roots { older: Vec::new(), newest: Document::anchor(self.repository.root())? };
        for text in &state.roots {
            // Those before the one that is vouched for are of no use any more, and no harm.
            if let Ok(next) = roots.newest.successor(text.as_bytes()) {
                roots.older.push(std::mem::replace(&mut roots.newest, next));
            }
        }
        Ok(roots)
    }

    /// Whether the last whole update was lately, and nothing newer was seen since: what it had may be a rollback by now.
    fn is_recent(&self, state: &State, now: Time) -> bool {
        let Some(whole) = state.whole.as_ref().filter(|whole| state.timestamp.as_ref() == Some(&whole.timestamp))
        else {
            return false;
        };
        let lately = i64::try_from(budget::TUF_ROOT_CHECK.as_secs()).unwrap_or_default();
        (0..lately).contains(&now.unix().saturating_sub(whole.checked))
    }

    /// From the root to the files, in the cache alone. Without `now`, nothing has expired.
    fn resolve(&self, state: &State, wanted: &[&str], now: Option<Time>) -> Result<Verified, TufError> {
        let missing = |what: &str| TufError::NotCached { repository: self.name(), what: shown(what) };
        let whole = state.whole.as_ref().ok_or_else(|| missing("verified metadata"))?;
        let roots = self.roots(state)?;
        let rotated = || TufError::CacheOutdated { repository: self.name() };
        let root = &roots.newest;
        let timestamp = roots.verify(|root| root.timestamp(whole.timestamp.as_bytes()), rotated)?;
        let snapshot = roots.verify(|root| root.snapshot(whole.snapshot.as_bytes()), rotated)?.pinned_by(&timestamp)?;
        let role = |name: &str, authority: &Authority| {
            let text = whole.targets.get(name).ok_or_else(|| missing(&format!("metadata of `{name}`")))?;
            let document = Document::<Targets>::verify(text.as_bytes(), name, authority, &snapshot)?;
            now.map_or(Ok(()), |now| document.check_fresh(now)).map(|()| document)
        };
        let targets = roots.verify(|root| role("targets", &root.body.targets), rotated)?;
        if let Some(now) = now {
            root.check_fresh(now)?;
            timestamp.check_fresh(now)?;
            snapshot.check_fresh(now)?;
        }
        let mut files = BTreeMap::new();
        for &name in wanted {
            let pin = find(&self.name(), name, targets.clone(), &mut |next| role(&next.role, &next.authority))?;
            if let Some(pin) = pin {
                let file = whole.files.get(name).and_then(|text| STANDARD.decode(text).ok());
                let file = file.ok_or_else(|| missing(&format!("file `{name}`")))?;
                pin.check(name, &file)?;
                files.insert(name.to_owned(), file);
            }
        }
        let status = Status::of(root, &timestamp, &snapshot, &targets, Time::from_unix(whole.checked));
        Ok(Verified { files, status })
    }

    fn name(&self) -> String {
        self.repository.name().to_owned()
    }

    fn fetch_metadata(&self, fetch: &dyn Fetch, path: &str, limit: usize) -> Result<Vec<u8>, TufError> {
        let missing = || TufError::FileMissing { repository: self.name(), file: shown(path) };
        fetch.fetch(Kind::Metadata, path, limit)?.ok_or_else(missing)
    }
}

/// A chain of roots, each of which the one before it has signed.
struct Roots {
    older: Vec<Document<Root>>,
    newest: Document<Root>,
}

impl Roots {
    /// What the newest root's keys have signed. What only those of an older one have is not wrong: it is of yesterday.
    fn verify<T>(
        &self,
        verify: impl Fn(&Document<Root>) -> Result<T, TufError>,
        rotated: impl Fn() -> TufError,
    ) -> Result<T, TufError> {
        let was_right = || self.older.iter().any(|root| verify(root).is_ok());
        verify(&self.newest).map_err(|error| if was_right() { rotated() } else { error })
    }
}

/// One update, at one time (5.1).
struct Walk<'a> {
    client: &'a Client<'a>,
    fetch: &'a dyn Fetch,
    cancel: &'a Cancel,
    now: Time,
    root: Document<Root>,
    /// If it was fetched already.
    timestamp: Option<Vec<u8>>,
    state: State,
}

impl Walk<'_> {
    fn refresh(&mut self, wanted: &[&str]) -> Result<Verified, TufError> {
        self.roots()?;
        self.root.check_fresh(self.now)?;
        let timestamp = self.timestamp()?;
        let snapshot = self.snapshot(&timestamp)?;
        let mut used = BTreeMap::new();
        let targets = self.targets("targets", &self.root.body.targets.clone(), &snapshot, &mut used)?;
        let repository = self.client.name();
        let mut files = BTreeMap::new();
        for &name in wanted {
            let mut load = |next: &Delegation| self.targets(&next.role, &next.authority, &snapshot, &mut used);
            if let Some(pin) = find(&repository, name, targets.clone(), &mut load)? {
                files.insert(name.to_owned(), self.file(name, &pin)?);
            }
        }
        self.keep(&timestamp, &snapshot, used, &files);
        let status = Status::of(&self.root, &timestamp, &snapshot, &targets, self.now);
        Ok(Verified { files, status })
    }

    /// The newest root (5.3). Its expiry is asked afterwards: old ones on the way may have expired.
    fn roots(&mut self) -> Result<(), TufError> {
        for _ in 0..budget::TUF_ROOTS {
            let path = format!("{}.root.json", self.root.version.saturating_add(1));
            let Some(bytes) = self.get(&path, budget::TUF_ROOT_BYTES)? else { return Ok(()) };
            self.root = self.root.successor(&bytes)?;
            self.state.roots.push(self.root.text.clone());
        }
        Err(TufError::TooMuch { repository: self.client.name(), what: "new roots", limit: budget::TUF_ROOTS })
    }

    /// The newest timestamp (5.4). What the root's keys do not sign any more counts as never seen (5.3.11).
    fn timestamp(&mut self) -> Result<Document<Timestamp>, TufError> {
        let seen = self.state.timestamp.as_ref().and_then(|text| self.root.timestamp(text.as_bytes()).ok());
        let bytes = match self.timestamp.take() {
            Some(bytes) => bytes,
            None => self.demand("timestamp.json", budget::TUF_TIMESTAMP_BYTES)?,
        };
        let new = self.root.timestamp(&bytes)?;
        if let Some(seen) = seen {
            // The same version again is not read anew, whatever it says now (5.4.3.1).
            if seen.version == new.version {
                return seen.fresh(self.now);
            }
            new.not_before(&seen)?;
        }
        let new = new.fresh(self.now)?;
        self.state.timestamp = Some(new.text.clone());
        Ok(new)
    }

    /// The snapshot that the timestamp means (5.5).
    fn snapshot(&mut self, timestamp: &Document<Timestamp>) -> Result<Document<Snapshot>, TufError> {
        let seen = self.state.snapshot.as_ref().and_then(|text| self.root.snapshot(text.as_bytes()).ok());
        let current =
            seen.clone().and_then(|seen| seen.pinned_by(timestamp).and_then(|seen| seen.fresh(self.now)).ok());
        if let Some(current) = current {
            return Ok(current);
        }
        let bytes = self.pinned("snapshot", &timestamp.body.snapshot, budget::TUF_SNAPSHOT_BYTES)?;
        let new = self.root.snapshot(&bytes)?.pinned_by(timestamp)?;
        seen.map_or(Ok(()), |seen| new.not_before(&seen))?;
        let new = new.fresh(self.now)?;
        self.state.snapshot = Some(new.text.clone());
        Ok(new)
    }

    /// The targets metadata that the snapshot means, and that who delegates to it lets speak (5.6).
    fn targets(
        &mut self,
        role: &str,
        authority: &Authority,
        snapshot: &Document<Snapshot>,
        used: &mut BTreeMap<String, String>,
    ) -> Result<Document<Targets>, TufError> {
        let verify = |bytes: &[u8]| Document::<Targets>::verify(bytes, role, authority, snapshot)?.fresh(self.now);
        let cached = self.state.targets.get(role).and_then(|text| verify(text.as_bytes()).ok());
        let targets = match cached {
            Some(cached) => cached,
            None => verify(&self.pinned(role, snapshot.pin(role)?, budget::TUF_TARGETS_BYTES)?)?,
        };
        self.state.targets.insert(role.to_owned(), targets.text.clone());
        used.insert(role.to_owned(), targets.text.clone());
        Ok(targets)
    }

    /// A file (5.7): what is cached of it, if it is still what is meant.
    fn file(&self, name: &str, pin: &Pin) -> Result<Vec<u8>, TufError> {
        let cached = self.state.whole.as_ref().and_then(|whole| STANDARD.decode(whole.files.get(name)?).ok());
        if let Some(cached) = cached.filter(|cached| pin.check(name, cached).is_ok()) {
            return Ok(cached);
        }
        let mut path: Vec<String> = name.split('/').map(escaped).collect();
        if self.root.body.consistent {
            let hash = pin.name_hash(name)?;
            path.last_mut().into_iter().for_each(|last| *last = format!("{hash}.{last}"));
        }
        let path = path.join("/");
        let limit = limit(pin, budget::TUF_TARGET_BYTES, name)?;
        let missing = || TufError::FileMissing { repository: self.client.name(), file: shown(name) };
        self.go_on()?;
        let bytes = self.fetch.fetch(Kind::Target, &path, limit)?.ok_or_else(missing)?;
        pin.check(name, &bytes)?;
        Ok(bytes)
    }

    /// From now on this is what the cache has whole. Files that were wanted at another time stay beside it: should they still
    /// be what is meant, they need not be fetched again.
    fn keep(
        &mut self,
        timestamp: &Document<Timestamp>,
        snapshot: &Document<Snapshot>,
        used: BTreeMap<String, String>,
        files: &BTreeMap<String, Vec<u8>>,
    ) {
        let before = self.state.whole.take();
        let mut kept = before.map(|whole| whole.files).unwrap_or_default();
        if kept.len().saturating_add(files.len()) > budget::TUF_FILES {
            kept.clear();
        }
        kept.extend(files.iter().map(|(name, bytes)| (name.clone(), STANDARD.encode(bytes))));
        self.state.targets.retain(|role, _| snapshot.pin(role).is_ok());
        self.state.whole = Some(Whole {
            checked: self.now.unix(),
            timestamp: timestamp.text.clone(),
            snapshot: snapshot.text.clone(),
            targets: used,
            files: kept,
        });
    }

    /// Metadata under the name that a repository of this kind gives to this version.
    fn pinned(&self, role: &str, pin: &Pin, most: usize) -> Result<Vec<u8>, TufError> {
        let version = if self.root.body.consistent { format!("{}.", pin.version) } else { String::new() };
        self.demand(&format!("{version}{}.json", escaped(role)), limit(pin, most, role)?)
    }

    fn demand(&self, path: &str, limit: usize) -> Result<Vec<u8>, TufError> {
        self.go_on()?;
        self.client.fetch_metadata(self.fetch, path, limit)
    }

    fn get(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, TufError> {
        self.go_on()?;
        Ok(self.fetch.fetch(Kind::Metadata, path, limit)?)
    }

    fn go_on(&self) -> Result<(), TufError> {
        if self.cancel.is_raised() { Err(Error::Cancelled.into()) } else { Ok(()) }
    }
}

/// As many bytes as were announced, and never more than `most`.
fn limit(pin: &Pin, most: usize, what: &str) -> Result<usize, TufError> {
    let announced = pin.length.map_or(Ok(most), usize::try_from).unwrap_or(usize::MAX);
    if announced > most {
        return Err(Error::TooLarge { place: shown(what), what: "what the metadata names", limit: most }.into());
    }
    Ok(announced)
}
