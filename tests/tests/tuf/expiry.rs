//! What has expired is not believed, and what was believed before is not lost.

use crate::Case;
use crate::maker::DAY;

pub(crate) const CASES: &[Case] = &[
    ("test_root_expired", |w| {
        w.accepts();
        w.repo.publish(&["root"]);
        w.accepts();
        w.repo.expires("root", -1);
        w.repo.publish(&["root", "targets", "snapshot", "timestamp"]);
        w.refuses("tuf-expired");
        w.trusts(&[("root", 3), ("snapshot", 1), ("targets", 1), ("timestamp", 1)]);
    }),
    ("test_timestamp_expired", |w| {
        w.accepts();
        w.repo.expires("timestamp", -5);
        w.repo.publish(&["timestamp"]);
        w.refuses("tuf-expired");
        w.trusts(&[("root", 1), ("snapshot", 1), ("targets", 1), ("timestamp", 1)]);
    }),
    ("test_snapshot_expired", |w| {
        w.accepts();
        w.repo.expires("snapshot", -5);
        w.repo.publish(&["snapshot", "timestamp"]);
        w.refuses("tuf-expired");
        w.trusts(&[("root", 1), ("snapshot", 1), ("targets", 1), ("timestamp", 2)]);
    }),
    ("test_targets_expired", |w| {
        w.accepts();
        w.repo.expires("targets", -5);
        w.repo.publish(&["targets", "snapshot", "timestamp"]);
        w.refuses("tuf-expired");
        w.trusts(&[("root", 1), ("snapshot", 2), ("targets", 1), ("timestamp", 2)]);
    }),
    ("test_expired_local_root", |w| {
        w.repo.expires("root", 7);
        w.repo.publish(&["root"]);
        w.accepts();
        w.repo.expires("root", 21);
        w.repo.publish(&["root"]);
        w.now += 18 * DAY;
        w.accepts();
        assert_eq!(w.version("root"), 3);
    }),
    ("test_expired_local_timestamp", |w| {
        w.repo.expires("timestamp", 7);
        w.repo.publish(&["timestamp"]);
        w.accepts();
        w.repo.expires("timestamp", 21);
        w.repo.publish(&["targets", "snapshot", "timestamp"]);
        w.now += 18 * DAY;
        w.accepts();
        w.trusts(&[("root", 1), ("snapshot", 2), ("targets", 2), ("timestamp", 3)]);
    }),
];

/// Three that came to the suite after its 113.
pub(crate) const LATER: &[Case] = &[
    ("test_delegated_targets_expired", |w| {
        w.repo.delegate("targets", "delegated", &["delegatedpath/*"], false);
        w.repo.expires("delegated", -1);
        w.repo.add_file("delegated", "delegatedpath/target", b"content");
        w.repo.publish(&["delegated", "targets", "snapshot", "timestamp"]);
        w.accepts();
        w.refuses_file("delegatedpath/target", "tuf-expired");
        w.trusts(&[("root", 1), ("snapshot", 2), ("targets", 2), ("timestamp", 2)]);
    }),
    ("test_expired_local_delegated_targets", |w| {
        delegated_for_a_week(w);
        w.refuses_file("delegatedpath/second", "tuf-expired");
    }),
    ("test_expired_local_delegated_targets_updates", |w| {
        delegated_for_a_week(w);
        w.repo.expires("delegated", 21);
        w.repo.publish(&["delegated", "snapshot", "timestamp"]);
        w.downloads("delegatedpath/second", b"second");
    }),
];

/// The first of two files is downloaded now, and then it is eighteen days later.
fn delegated_for_a_week(w: &mut crate::world::World) {
    w.repo.delegate("targets", "delegated", &["delegatedpath/*"], false);
    w.repo.expires("delegated", 7);
    w.repo.add_file("delegated", "delegatedpath/first", b"first");
    w.repo.add_file("delegated", "delegatedpath/second", b"second");
    w.repo.publish(&["delegated", "targets", "snapshot", "timestamp"]);
    w.downloads("delegatedpath/first", b"first");
    w.now += 18 * DAY;
}
