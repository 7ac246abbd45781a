//! Metadata: read, verified, and then a [`Document`] that only this module can make.

use super::TufError;
use super::canonical::canonical;
use super::key::{Authority, WireKey, WireRole};
use super::paths::Paths;
use super::pin::{Pin, WirePin};
use crate::budget;
use crate::error::shown;
use bulla_verify::{Time, json};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// The names that no delegated role may have.
const TOP_LEVEL: [&str; 4] = ["root", "timestamp", "snapshot", "targets"];

/// Metadata whose signatures, type and form were checked. Whether it has expired, is asked with [`Document::fresh`].
#[derive(Clone)]
pub(super) struct Document<T> {
    role: String,
    pub(super) version: u64,
    pub(super) expires: Time,
    /// As it came.
    pub(super) text: String,
    pub(super) body: T,
}

/// Who speaks for the other roles (specification 4.3).
#[derive(Clone)]
pub(super) struct Root {
    pub(super) consistent: bool,
    root: Authority,
    timestamp: Authority,
    snapshot: Authority,
    pub(super) targets: Authority,
}

/// Which snapshot is current (4.6).
#[derive(Clone)]
pub(super) struct Timestamp {
    pub(super) snapshot: Pin,
}

/// Which targets metadata is current (4.4).
#[derive(Clone)]
pub(super) struct Snapshot {
    pub(super) files: BTreeMap<String, Pin>,
}

/// Files, and who else may name some (4.5).
#[derive(Clone)]
pub(super) struct Targets {
    pub(super) files: BTreeMap<String, Pin>,
    pub(super) delegations: Vec<Delegation>,
}

/// Another role, and for which paths it speaks.
#[derive(Clone)]
pub(super) struct Delegation {
    pub(super) role: String,
    pub(super) authority: Authority,
    pub(super) terminating: bool,
    pub(super) paths: Paths,
}

/// What was signed, and by whom it says: nothing is checked.
pub(super) struct Envelope<'a> {
    pub(super) signatures: Vec<Signature>,
    signed: &'a RawValue,
    pub(super) canonical: Vec<u8>,
    text: &'a str,
}

#[derive(Deserialize)]
pub(super) struct Signature {
    pub(super) keyid: String,
    pub(super) sig: String,
}

impl<T> Document<T> {
    /// Refuses what has expired: at its very second it has (specification 5.3.10, 5.4.4, 5.5.6, 5.6.6).
    pub(super) fn fresh(self, now: Time) -> Result<Self, TufError> {
        self.check_fresh(now).map(|()| self)
    }

    pub(super) fn check_fresh(&self, now: Time) -> Result<(), TufError> {
        if now < self.expires {
            return Ok(());
        }
        Err(TufError::RoleExpired { role: shown(&self.role), expired: self.expires, now })
    }
}

impl Document<Root> {
    /// A root that the caller vouches for: it has to be signed by its own keys, and says by itself nothing more.
    pub(super) fn anchor(text: &[u8]) -> Result<Self, TufError> {
        let envelope = Envelope::read("root", text)?;
        let root = envelope.document("root", "root", read_root)?;
        root.body.root.vouches("root", &envelope)?;
        Ok(root)
    }

    /// The root after this one: signed by enough of both (5.3.4), and one version on (5.3.5).
    pub(super) fn successor(&self, text: &[u8]) -> Result<Self, TufError> {
        let envelope = Envelope::read("root", text)?;
        self.body.root.vouches("root", &envelope)?;
        let next = envelope.document("root", "root", read_root)?;
        next.body.root.vouches("root", &envelope)?;
        announced("root", self.version.saturating_add(1), next.version)?;
        Ok(next)
    }

    /// A timestamp that this root's keys have signed (5.4.2).
    pub(super) fn timestamp(&self, text: &[u8]) -> Result<Document<Timestamp>, TufError> {
        let envelope = Envelope::read("timestamp", text)?;
        self.body.timestamp.vouches("timestamp", &envelope)?;
        envelope.document("timestamp", "timestamp", read_timestamp)
    }

    /// A snapshot that this root's keys have signed (5.5.3).
    pub(super) fn snapshot(&self, text: &[u8]) -> Result<Document<Snapshot>, TufError> {
        let envelope = Envelope::read("snapshot", text)?;
        self.body.snapshot.vouches("snapshot", &envelope)?;
        envelope.document("snapshot", "snapshot", read_snapshot)
    }
}

impl Document<Timestamp> {
    /// Nothing may go back from what was seen (5.4.3).
    pub(super) fn not_before(&self, seen: &Self) -> Result<(), TufError> {
        not_back("timestamp", seen.version, self.version)?;
        not_back("snapshot", seen.body.snapshot.version, self.body.snapshot.version)
    }
}

impl Document<Snapshot> {
    /// It is the one that the timestamp means (5.5.2, 5.5.4).
    pub(super) fn pinned_by(self, timestamp: &Document<Timestamp>) -> Result<Self, TufError> {
        timestamp.body.snapshot.check("snapshot.json", self.text.as_bytes())?;
        announced("snapshot", timestamp.body.snapshot.version, self.version)?;
        Ok(self)
    }

    /// No role may go back from what was seen, or away (5.5.5).
    pub(super) fn not_before(&self, seen: &Self) -> Result<(), TufError> {
        for (file, pin) in &seen.body.files {
            let role = file.strip_suffix(".json").unwrap_or(file);
            let now = self.body.files.get(file).ok_or_else(|| TufError::RoleRemoved { role: shown(role) })?;
            not_back(role, pin.version, now.version)?;
        }
        Ok(())
    }

    /// What it says about a role's metadata.
    pub(super) fn pin(&self, role: &str) -> Result<&Pin, TufError> {
        let pin = self.body.files.get(&format!("{role}.json"));
        pin.ok_or_else(|| TufError::RoleNotPinned { role: shown(role) })
    }
}

impl Document<Targets> {
    /// Targets metadata that the snapshot means (5.6.2, 5.6.4) and `authority` has signed (5.6.3): the root's for `targets`,
    /// for another role that of whoever delegates to it.
    pub(super) fn verify(
        text: &[u8],
        role: &str,
        authority: &Authority,
        snapshot: &Document<Snapshot>,
    ) -> Result<Self, TufError> {
        let pin = snapshot.pin(role)?;
        pin.check(&format!("{role}.json"), text)?;
        let envelope = Envelope::read(role, text)?;
        authority.vouches(role, &envelope)?;
        let targets = envelope.document(role, "targets", read_targets)?;
        announced(role, pin.version, targets.version)?;
        Ok(targets)
    }
}

fn announced(role: &str, expected: u64, found: u64) -> Result<(), TufError> {
    if expected == found {
        return Ok(());
    }
    Err(TufError::RoleVersion { role: shown(role), expected, found })
}

fn not_back(role: &str, seen: u64, found: u64) -> Result<(), TufError> {
    if found >= seen {
        return Ok(());
    }
    Err(TufError::Rollback { role: shown(role), seen, found })
}

/// What all roles' metadata begins with (specification 4.3 to 4.6).
#[derive(Deserialize)]
struct Header {
    #[serde(rename = "_type")]
    kind: String,
    spec_version: String,
    version: u64,
    expires: String,
}

impl<'a> Envelope<'a> {
    fn read(role: &str, bytes: &'a [u8]) -> Result<Self, TufError> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            signatures: Vec<Signature>,
            #[serde(borrow)]
            signed: &'a RawValue,
        }
        let malformed = |error: serde_json::Error| TufError::malformed(role, json::reason(&error));
        let text = str::from_utf8(bytes).map_err(|_| TufError::malformed(role, "not UTF-8"))?;
        let Wire { signatures, signed } = json::from_slice(bytes).map_err(malformed)?;
        if signatures.len() > budget::TUF_SIGNATURES {
            return Err(TufError::malformed(role, format!("more than {} signatures", budget::TUF_SIGNATURES)));
        }
        Ok(Self { signatures, signed, canonical: canonical(signed.get()).map_err(malformed)?, text })
    }

    fn document<W: DeserializeOwned, T>(
        &self,
        role: &str,
        kind: &'static str,
        read: fn(&str, W) -> Result<T, TufError>,
    ) -> Result<Document<T>, TufError> {
        let malformed = |error: serde_json::Error| TufError::malformed(role, json::reason(&error));
        let bytes = self.signed.get().as_bytes();
        let header: Header = json::from_slice(bytes).map_err(malformed)?;
        if header.kind != kind {
            return Err(TufError::RoleType { expected: kind, found: shown(&header.kind) });
        }
        if header.spec_version.split('.').next() != Some("1") {
            return Err(TufError::SpecVersion { role: shown(role), found: shown(&header.spec_version) });
        }
        if header.version == 0 {
            return Err(TufError::malformed(role, "a version below 1"));
        }
        let expires = Time::parse_rfc3339(&header.expires);
        let expires = expires.ok_or_else(|| TufError::malformed(role, "`expires` is no time"))?;
        let body = read(role, json::from_slice(bytes).map_err(malformed)?)?;
        Ok(Document { role: role.to_owned(), version: header.version, expires, text: self.text.to_owned(), body })
    }
}

#[derive(Deserialize)]
struct WireRoot {
    #[serde(default)]
    consistent_snapshot: bool,
    keys: BTreeMap<String, WireKey>,
    roles: BTreeMap<String, WireRole>,
}

fn read_root(_: &str, wire: WireRoot) -> Result<Root, TufError> {
    let authority = |role: &str| {
        let missing = || TufError::malformed("root", format!("no role `{role}`"));
        Authority::read(role, wire.roles.get(role).ok_or_else(missing)?, &wire.keys)
    };
    Ok(Root {
        consistent: wire.consistent_snapshot,
        root: authority("root")?,
        timestamp: authority("timestamp")?,
        snapshot: authority("snapshot")?,
        targets: authority("targets")?,
    })
}

#[derive(Deserialize)]
struct WireMeta {
    meta: BTreeMap<String, WirePin>,
}

fn read_timestamp(role: &str, mut wire: WireMeta) -> Result<Timestamp, TufError> {
    let snapshot = wire.meta.remove("snapshot.json");
    let snapshot = snapshot.ok_or_else(|| TufError::malformed(role, "no `snapshot.json` in `meta`"))?;
    Ok(Timestamp { snapshot: snapshot.read(role)? })
}

fn read_snapshot(role: &str, wire: WireMeta) -> Result<Snapshot, TufError> {
    let files: BTreeMap<String, Pin> =
        wire.meta.into_iter().map(|(file, pin)| Ok((file, pin.read(role)?))).collect::<Result<_, TufError>>()?;
    if !files.contains_key("targets.json") {
        return Err(TufError::malformed(role, "no `targets.json` in `meta`"));
    }
    Ok(Snapshot { files })
}

#[derive(Deserialize)]
struct WireTargets {
    targets: BTreeMap<String, WirePin>,
    delegations: Option<WireDelegations>,
}

#[derive(Deserialize)]
struct WireDelegations {
    keys: BTreeMap<String, WireKey>,
    roles: Option<Vec<WireDelegation>>,
    /// Bins by the hash of the path (TAP 15). No Sigstore repository has them.
    succinct_roles: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct WireDelegation {
    name: String,
    keyids: Vec<String>,
    threshold: u64,
    #[serde(default)]
    terminating: bool,
    paths: Option<Vec<String>>,
    path_hash_prefixes: Option<Vec<String>>,
}

fn read_targets(role: &str, wire: WireTargets) -> Result<Targets, TufError> {
    let files = wire.targets.into_iter().map(|(path, pin)| Ok((path, pin.read_target(role)?)));
    let files = files.collect::<Result<_, TufError>>()?;
    let delegations = wire.delegations.map_or(Ok(Vec::new()), |delegations| read_delegations(role, delegations))?;
    Ok(Targets { files, delegations })
}

fn read_delegations(delegator: &str, wire: WireDelegations) -> Result<Vec<Delegation>, TufError> {
    if wire.succinct_roles.is_some() {
        return Err(TufError::malformed(delegator, "succinct delegations, which are not read"));
    }
    let mut names = BTreeSet::new();
    let mut delegations = Vec::new();
    for one in wire.roles.unwrap_or_default() {
        if TOP_LEVEL.contains(&one.name.as_str()) || !names.insert(one.name.clone()) {
            return Err(TufError::malformed(delegator, format!("a second role `{}`", shown(&one.name))));
        }
        let paths = Paths::read(one.paths, one.path_hash_prefixes);
        let paths = paths.ok_or_else(|| TufError::malformed(delegator, "a role that is not for some paths"))?;
        let authority =
            Authority::read(&one.name, &WireRole { keyids: one.keyids, threshold: one.threshold }, &wire.keys)?;
        delegations.push(Delegation { role: one.name, authority, terminating: one.terminating, paths });
    }
    Ok(delegations)
}
