//! What was verified, and until when it is good.

use super::metadata::{Document, Root, Snapshot, Targets, Timestamp};
use bulla_verify::Time;
use std::collections::BTreeMap;

/// Files of a repository that its metadata names, from the root down. Only a verification makes one.
#[derive(Debug)]
pub struct Verified {
    pub(super) files: BTreeMap<String, Vec<u8>>,
    pub(super) status: Status,
}

impl Verified {
    /// The file of that name: nothing if the repository has none, or if it was not asked for.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// What it was verified with.
    pub fn status(&self) -> &Status {
        &self.status
    }
}

/// The four top-level roles, and when they were last asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Root, timestamp, snapshot, targets.
    pub roles: [RoleStatus; 4],
    /// When a newer root was last asked for.
    pub checked: Time,
}

/// One role's metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleStatus {
    /// Its name.
    pub role: &'static str,
    /// Its version.
    pub version: u64,
    /// From when on it says nothing any more.
    pub expires: Time,
}

impl Status {
    pub(super) fn of(
        root: &Document<Root>,
        timestamp: &Document<Timestamp>,
        snapshot: &Document<Snapshot>,
        targets: &Document<Targets>,
        checked: Time,
    ) -> Self {
        let role = |role, version, expires| RoleStatus { role, version, expires };
        let roles = [
            role("root", root.version, root.expires),
            role("timestamp", timestamp.version, timestamp.expires),
            role("snapshot", snapshot.version, snapshot.expires),
            role("targets", targets.version, targets.expires),
        ];
        Self { roles, checked }
    }

    /// From when on all of it together says nothing any more.
    pub fn expires(&self) -> Time {
        let [root, timestamp, snapshot, targets] = &self.roles;
        root.expires.min(timestamp.expires).min(snapshot.expires).min(targets.expires)
    }
}
