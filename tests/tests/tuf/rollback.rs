//! Nothing goes back, unless new keys say so.

use crate::{Case, world::World};
use serde_json::Value;

pub(crate) const CASES: &[Case] = &[
    ("test_new_timestamp_version_rollback", |w| {
        w.repo.publish(&["timestamp"]);
        w.accepts();
        w.repo.restart("timestamp", 1);
        w.repo.publish(&["timestamp"]);
        w.refuses("tuf-rollback");
        assert_eq!(w.version("timestamp"), 2);
        assert_eq!(w.repo.asked().last().map(String::as_str), Some("timestamp.json"));
    }),
    ("test_snapshot_rollback[basic]", |w| snapshot_rollback(w, false)),
    ("test_snapshot_rollback[with hashes]", |w| snapshot_rollback(w, true)),
    ("test_targets_role_removal", |w| {
        w.repo.delegate("targets", "delegated", &["delegatedpath/*"], false);
        w.repo.publish(&["delegated", "targets", "snapshot", "timestamp"]);
        w.accepts();
        forget(w, "delegated.json");
        w.repo.publish(&["snapshot", "timestamp"]);
        w.refuses("tuf-role-removed");
        assert_eq!(w.version("snapshot"), 2);
    }),
    ("test_targets_fast_forward_recovery", |w| {
        w.repo.delegate("targets", "delegated", &["delegatedpath/*"], false);
        w.repo.publish(&["delegated"]);
        (0..99).for_each(|_| w.repo.publish(&["targets"]));
        w.repo.publish(&["snapshot", "timestamp"]);
        w.accepts();
        assert_eq!(w.version("targets"), 100);
        w.repo.rotate("snapshot");
        w.repo.restart("targets", 1);
        forget(w, "delegated.json");
        w.repo.publish(&["root", "targets", "snapshot", "timestamp"]);
        w.accepts();
        assert_eq!(w.version("targets"), 1);
    }),
    ("test_new_snapshot_fast_forward_recovery", |w| {
        (0..99).for_each(|_| w.repo.publish(&["snapshot"]));
        w.repo.publish(&["timestamp"]);
        w.accepts();
        assert_eq!(w.version("snapshot"), 100);
        w.repo.rotate("snapshot");
        w.repo.rotate("timestamp");
        w.repo.restart("snapshot", 1);
        w.repo.publish(&["root", "targets", "snapshot", "timestamp"]);
        w.accepts();
        assert_eq!(w.version("snapshot"), 1);
    }),
    ("test_new_timestamp_fast_forward_recovery", |w| {
        (0..99).for_each(|_| w.repo.publish(&["timestamp"]));
        w.accepts();
        assert_eq!(w.version("timestamp"), 100);
        w.repo.rotate("timestamp");
        w.repo.restart("timestamp", 1);
        w.repo.publish(&["root", "timestamp"]);
        w.accepts();
        assert_eq!(w.version("timestamp"), 1);
    }),
    ("test_targets_rollback[basic]", |w| targets_rollback(w, false)),
    ("test_targets_rollback[with hashes]", |w| targets_rollback(w, true)),
];

fn snapshot_rollback(w: &mut World, hashes: bool) {
    w.repo.hashes = hashes;
    w.repo.publish(&["snapshot", "timestamp"]);
    w.accepts();
    w.repo.restart("snapshot", 1);
    w.repo.publish(&["snapshot", "timestamp"]);
    w.refuses("tuf-rollback");
    assert_eq!((w.version("timestamp"), w.version("snapshot")), (2, 2));
    assert_eq!(w.repo.asked().last().map(String::as_str), Some("timestamp.json"));
}

fn targets_rollback(w: &mut World, hashes: bool) {
    w.repo.hashes = hashes;
    w.repo.publish(&["targets", "snapshot", "timestamp"]);
    w.accepts();
    w.repo.restart("targets", 1);
    w.repo.publish(&["targets", "snapshot", "timestamp"]);
    w.refuses("tuf-rollback");
    assert_eq!((w.version("snapshot"), w.version("targets")), (2, 2));
}

/// Takes a file out of the snapshot to come.
fn forget(w: &mut World, file: &str) {
    w.repo.role("snapshot")["meta"]
        .as_object_mut()
        .and_then(|meta: &mut serde_json::Map<String, Value>| meta.remove(file));
}
