//! The way through a repository, and where it has to stop.

use crate::maker::{ALL, Signer};
use crate::{Case, world::World};
use serde_json::json;

const FIRST: [&str; 4] = ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"];
const NEXT: [&str; 3] = ["targets", "snapshot", "timestamp"];

pub(crate) const CASES: &[Case] = &[
    ("test_basic_refresh_requests", |w| {
        w.accepts();
        w.asked(&FIRST);
    }),
    ("test_basic_refresh_trusted_data", |w| {
        w.accepts();
        let state = w.state().expect("a cache");
        for (role, text) in [
            ("timestamp", &state["timestamp"]),
            ("snapshot", &state["snapshot"]),
            ("targets", &state["targets"]["targets"]),
        ] {
            assert_eq!(text.as_str().map(str::as_bytes), Some(w.repo.last(role)), "{role}");
        }
    }),
    ("test_implicit_refresh", |w| {
        w.has_no("nothing");
        w.asked(&FIRST);
        w.trusts(&[("root", 1), ("snapshot", 1), ("targets", 1), ("timestamp", 1)]);
    }),
    ("test_invalid_initial_root", |w| {
        w.root = String::from_utf8_lossy(&w.root).replace("\"version\"", "\"revision\"").into_bytes();
        w.refuses("tuf-malformed");
        w.asked(&[]);
    }),
    ("test_unsigned_initial_root", |w| {
        w.repo.tamper("root", |root| root["signatures"][0]["sig"] = "00".repeat(64).into());
        w.root = w.repo.last("root").to_vec();
        w.refuses("tuf-threshold");
        w.asked(&[]);
    }),
    ("test_unsigned_metadata[root]", |w| unsigned(w, "root", &[("root", 1)])),
    ("test_unsigned_metadata[timestamp]", |w| unsigned(w, "timestamp", &[("root", 2)])),
    ("test_unsigned_metadata[snapshot]", |w| unsigned(w, "snapshot", &[("root", 2), ("timestamp", 2)])),
    ("test_unsigned_metadata[targets]", |w| unsigned(w, "targets", &[("root", 2), ("snapshot", 2), ("timestamp", 2)])),
    ("test_url_and_metadata_version_mismatch[root]", |w| mismatch(w, "root", &[("root", 1)])),
    ("test_url_and_metadata_version_mismatch[snapshot]", |w| mismatch(w, "snapshot", &[("root", 2), ("timestamp", 2)])),
    ("test_url_and_metadata_version_mismatch[targets]", |w| {
        mismatch(w, "targets", &[("root", 2), ("snapshot", 2), ("timestamp", 2)]);
    }),
    ("test_timestamp_content_changes", |w| {
        w.accepts();
        w.repo.asked();
        w.repo.role("timestamp")["meta"]["snapshot.json"]["version"] = 100.into();
        w.repo.restart("timestamp", 1);
        w.repo.publish(&["timestamp"]);
        let before = w.state();
        w.accepts();
        w.asked(&["2.root.json", "timestamp.json"]);
        assert_eq!(w.state().map(|state| state["timestamp"].clone()), before.map(|state| state["timestamp"].clone()));
    }),
    ("test_basic_metadata_hash_support", |w| {
        w.repo.hashes = true;
        w.repo.publish(&NEXT);
        w.accepts();
    }),
    ("test_targets_hash_mismatch", |w| {
        w.repo.hashes = true;
        w.repo.publish(&NEXT);
        w.accepts();
        w.repo.publish(&["targets"]);
        w.repo.role("snapshot")["meta"]["targets.json"]["hashes"]["sha256"] = "0".repeat(64).into();
        w.repo.publish(&["snapshot", "timestamp"]);
        w.refuses("tuf-hash");
        assert_eq!((w.version("snapshot"), w.version("targets")), (3, 2));
    }),
    ("test_snapshot_hash_mismatch", |w| {
        w.repo.hashes = true;
        w.repo.publish(&["snapshot", "timestamp"]);
        w.accepts();
        w.repo.publish(&["snapshot"]);
        w.repo.role("timestamp")["meta"]["snapshot.json"]["hashes"]["sha256"] = "0".repeat(64).into();
        w.repo.publish(&["timestamp"]);
        w.refuses("tuf-hash");
        assert_eq!((w.version("timestamp"), w.version("snapshot")), (3, 2));
    }),
    ("test_metadata_bytes_match", |w| {
        let timestamp = w.repo.published.get_mut("timestamp").and_then(|all| all.last_mut()).expect("published");
        timestamp.push(b' ');
        w.accepts();
        let state = w.state().expect("a cache");
        assert_eq!(state["timestamp"].as_str().map(str::as_bytes), Some(w.repo.last("timestamp")));
    }),
    ("test_custom_fields", |w| {
        w.accepts();
        let mut signer = Signer::new("ed25519");
        signer.public["extra-field"] = json!({ "a": 1, "b": 2 });
        w.repo.role("root")["custom-field"] = "value".into();
        w.repo.add_key("root", signer);
        w.repo.role("root")["roles"]["root"]["another-field"] = "value".into();
        w.repo.publish(&["root"]);
        w.accepts();
        assert_eq!(w.version("root"), 2);
    }),
    ("test_deprecated_keyid_hash_algorithms", |w| {
        w.repo.drop_keys("snapshot");
        let mut signer = Signer::new("ed25519");
        signer.public["keyid_hash_algorithms"] = "md5".into();
        w.repo.add_key("snapshot", signer);
        w.repo.publish(&["root", "snapshot", "timestamp"]);
        w.accepts();
        assert_eq!((w.version("root"), w.version("snapshot")), (2, 2));
    }),
    ("test_snapshot_404", |w| {
        w.accepts();
        w.repo.role("timestamp")["meta"]["snapshot.json"]["version"] = 2.into();
        w.repo.publish(&["timestamp"]);
        w.refuses("tuf-file-missing");
        assert_eq!(w.repo.asked().last().map(String::as_str), Some("2.snapshot.json"));
        w.trusts(&[("root", 1), ("snapshot", 1), ("targets", 1), ("timestamp", 2)]);
    }),
    ("test_targets_404", |w| {
        w.accepts();
        w.repo.role("snapshot")["meta"]["targets.json"]["version"] = 2.into();
        w.repo.publish(&["snapshot", "timestamp"]);
        w.refuses("tuf-file-missing");
        assert_eq!(w.repo.asked().last().map(String::as_str), Some("2.targets.json"));
        w.trusts(&[("root", 1), ("snapshot", 2), ("targets", 1), ("timestamp", 2)]);
    }),
    ("test_timestamp_404", |w| {
        w.accepts();
        w.repo.published.remove("timestamp");
        w.refuses("tuf-file-missing");
        assert_eq!(w.repo.asked().last().map(String::as_str), Some("timestamp.json"));
    }),
    ("test_incorrect_metadata_type", |w| {
        // A snapshot that would pass for a timestamp, signed by the timestamp's key too.
        let signer = w.repo.signers["timestamp"][0].clone();
        w.repo.add_key("snapshot", signer);
        w.repo.role("snapshot")["meta"] =
            json!({ "snapshot.json": { "version": 1 }, "targets.json": { "version": 1 } });
        w.repo.publish(&["root", "snapshot"]);
        let snapshot = w.repo.published.get_mut("snapshot").and_then(Vec::pop).expect("published");
        w.repo.published.get_mut("timestamp").expect("published").push(snapshot);
        w.refuses("tuf-role-type");
        w.trusts(&[("root", 2)]);
    }),
    ("test_faketime", |w| {
        w.repo.expires("root", 7);
        w.repo.publish(&["root"]);
        w.accepts();
        w.now += 8 * crate::maker::DAY;
        w.refuses("tuf-expired");
    }),
    ("test_unusual_role_name[?]", |w| unusual(w, "?")),
    ("test_unusual_role_name[#]", |w| unusual(w, "#")),
    ("test_unusual_role_name[/delegatedrole]", |w| unusual(w, "/delegatedrole")),
    ("test_unusual_role_name[../delegatedrole]", |w| unusual(w, "../delegatedrole")),
];

/// A role without its signature is refused, and those before it are kept.
fn unsigned(w: &mut World, role: &str, trusted: &[(&str, u64)]) {
    w.repo.signers.get_mut(role).and_then(Vec::pop).expect("a key");
    w.repo.publish(&ALL);
    w.refuses("tuf-threshold");
    w.trusts(trusted);
}

/// A role whose version is not the one of its file.
fn mismatch(w: &mut World, role: &str, trusted: &[(&str, u64)]) {
    w.repo.role(role)["version"] = 2.into();
    // Served as version 2, it says 3.
    w.repo.publish(&ALL);
    for (by, file) in [("snapshot", "targets"), ("timestamp", "snapshot")] {
        if file == role {
            w.repo.role(by)["meta"][format!("{role}.json")]["version"] = 2.into();
            let signed = w.repo.role(by).clone();
            let bytes = w.repo.sign(by, &signed);
            *w.repo.published.get_mut(by).and_then(|all| all.last_mut()).expect("published") = bytes;
        }
    }
    w.refuses("tuf-version");
    w.trusts(trusted);
}

/// A name that means something in an address or as a file means nothing in either.
fn unusual(w: &mut World, role: &str) {
    w.repo.delegate("targets", role, &["*"], false);
    w.repo.publish(&[role, "targets", "snapshot", "timestamp"]);
    w.has_no("nothing");
    let asked = format!("1.{}.json", crate::maker::quoted(role));
    assert!(w.repo.asked().contains(&asked), "{asked}");
    assert_eq!(w.trusted().len(), 5);
}
