//! What the suite does not ask: two readings of one document, keys counted twice, and one past each limit.

use crate::maker::{ALL, DAY, NOW, Signer, canonical, time};
use crate::world::World;
use serde_json::json;

const NEXT: [&str; 3] = ["targets", "snapshot", "timestamp"];

#[test]
fn one_key_under_two_names_is_one_key() {
    let mut w = World::new();
    let signer = Signer::new("ed25519");
    let mut alias = signer.clone();
    // The same key, and another name: it is the hash of this.
    alias.public["comment"] = "another".into();
    w.repo.drop_keys("snapshot");
    w.repo.add_key("snapshot", signer);
    w.repo.add_key("snapshot", alias);
    w.repo.threshold("snapshot", 2);
    w.repo.publish(&["root", "snapshot", "timestamp"]);
    w.refuses("tuf-threshold");
}

#[test]
fn a_key_that_cannot_be_read_counts_for_nothing_and_spoils_nothing() {
    let mut w = World::new();
    for (keytype, scheme, public) in [
        ("ed25519", "ed25519", json!("00")),
        ("ecdsa", "ecdsa-sha2-nistp384", json!("x")),
        ("sigstore-oidc", "Fulcio", json!(null)),
        ("rsa", "rsa-pkcs1v15-sha256", json!("x")),
    ] {
        let mut signer = Signer::new("ed25519");
        signer.public =
            json!({ "keytype": keytype, "scheme": scheme, "keyval": { "public": public, "identity": "x" } });
        w.repo.add_key("targets", signer);
    }
    w.repo.publish(&ALL);
    w.accepts();
    w.repo.threshold("targets", 2);
    w.repo.publish(&ALL);
    w.refuses("tuf-threshold");
}

#[test]
fn a_threshold_of_nobody_is_refused() {
    let mut w = World::new();
    w.repo.threshold("timestamp", 0);
    w.repo.publish(&["root"]);
    w.refuses("tuf-malformed");
    assert_eq!(w.version("root"), 1);
}

#[test]
fn a_root_without_one_of_the_roles_is_refused() {
    for role in ALL {
        let mut w = World::new();
        w.repo.role("root")["roles"].as_object_mut().and_then(|roles| roles.remove(role));
        w.repo.publish(&["root"]);
        w.refuses("tuf-malformed");
    }
}

#[test]
fn another_specification_is_not_guessed_at() {
    for (version, code) in
        [("1.0", None), ("1.9.9", None), ("2.0.0", Some("tuf-specification")), ("", Some("tuf-specification"))]
    {
        let mut w = World::new();
        w.repo.role("timestamp")["spec_version"] = version.into();
        w.repo.publish(&["timestamp"]);
        match code {
            None => w.accepts(),
            Some(code) => w.refuses(code),
        }
    }
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    // Signed as it stands: what is refused is the form.
    type Change = (&'static str, fn(&str) -> String);
    let cases: [Change; 4] = [
        ("a key twice", |text| text.replacen("\"version\":", "\"version\":9,\"version\":", 1)),
        ("a fraction", |text| text.replacen("\"version\":2", "\"version\":2.0", 1)),
        ("a version of nothing", |text| text.replacen("\"version\":2", "\"version\":0", 1)),
        ("no time", |text| text.replacen("\"expires\":\"", "\"expires\":\"on ", 1)),
    ];
    for (what, change) in cases {
        let mut w = World::new();
        w.repo.publish(&["timestamp"]);
        let signed = w.repo.signed["timestamp"].clone();
        let text = change(&String::from_utf8(canonical(&signed)).expect("UTF-8"));
        let signer = &w.repo.signers["timestamp"][0];
        let signatures = json!([{ "keyid": signer.id(), "sig": signer.sign(text.as_bytes()) }]);
        let whole = format!("{{\"signatures\":{signatures},\"signed\":{text}}}");
        *w.repo.published.get_mut("timestamp").and_then(|all| all.last_mut()).expect("published") = whole.into_bytes();
        let error = w.update(&[], bulla_transport::tuf::Check::Full).expect_err(what);
        assert_eq!(error.code(), "tuf-malformed", "{what}: {error}");
    }
    let mut w = World::new();
    w.repo.role("timestamp")["Version"] = 9.into();
    w.repo.publish(&["timestamp"]);
    w.refuses("tuf-malformed");
}

#[test]
fn a_repository_without_consistent_snapshots_is_read_too() {
    let mut w = World::new();
    w.repo.role("root")["consistent_snapshot"] = false.into();
    w.repo.publish(&["root"]);
    w.accepts();
    w.asked(&["2.root.json", "3.root.json", "timestamp.json", "snapshot.json", "targets.json"]);
}

#[test]
fn a_role_may_be_delegated_to_by_the_hash_of_the_path() {
    let mut w = World::new();
    w.repo.delegate("targets", "bin", &[], false);
    let role = &mut w.repo.role("targets")["delegations"]["roles"][0];
    role.as_object_mut().and_then(|role| role.remove("paths"));
    role["path_hash_prefixes"] = json!([&bulla_verify::Digest::of(b"here").to_hex()[..2]]);
    w.repo.add_file("bin", "here", b"content");
    w.repo.publish(&["bin", "targets", "snapshot", "timestamp"]);
    w.downloads("here", b"content");
    w.has_no("there");
}

#[test]
fn a_delegation_has_to_say_for_what_and_to_whom() {
    let changes: [fn(&mut serde_json::Value); 5] = [
        |role| role["name"] = "timestamp".into(),
        |role| role["path_hash_prefixes"] = json!(["00"]),
        |role| role["paths"] = json!(null),
        |role| role["threshold"] = 0.into(),
        |role| role["keyids"] = json!(["a", "a"]),
    ];
    for change in changes {
        let mut w = World::new();
        w.repo.delegate("targets", "other", &["*"], false);
        change(&mut w.repo.role("targets")["delegations"]["roles"][0]);
        w.repo.publish(&["other", "targets", "snapshot", "timestamp"]);
        w.refuses("tuf-malformed");
    }
    let mut w = World::new();
    w.repo.delegate("targets", "other", &["*"], false);
    w.repo.role("targets")["delegations"]["succinct_roles"] = json!({ "bit_length": 8 });
    w.repo.publish(&["other", "targets", "snapshot", "timestamp"]);
    w.refuses("tuf-malformed");
}

#[test]
fn a_target_without_a_length_or_a_hash_is_refused() {
    for target in
        [json!({ "length": 1 }), json!({ "length": 1, "hashes": {} }), json!({ "hashes": { "sha256": "00" } })]
    {
        let mut w = World::new();
        w.repo.role("targets")["targets"]["x"] = target;
        w.repo.publish(&NEXT);
        w.refuses("tuf-malformed");
    }
}

#[test]
fn one_past_each_limit_is_refused() {
    // Signatures of one document.
    let mut w = World::new();
    w.repo.tamper("timestamp", |timestamp| {
        let more = (0..256).map(|at| json!({ "keyid": format!("{at}"), "sig": "00" }));
        timestamp["signatures"].as_array_mut().expect("a list").extend(more);
    });
    w.refuses("tuf-malformed");
    w.repo.tamper("timestamp", |timestamp| {
        timestamp["signatures"].as_array_mut().and_then(Vec::pop);
    });
    w.accepts();
    // Bytes of metadata: as many as are read, and one more.
    for (role, most) in [("root", 512_000), ("timestamp", 16_384), ("snapshot", 2_000_000), ("targets", 5_000_000)] {
        for (bytes, good) in [(most, true), (most + 1, false)] {
            let mut w = World::new();
            w.repo.publish(&ALL);
            let last = w.repo.published.get_mut(role).and_then(|all| all.last_mut()).expect("published");
            last.resize(bytes, b' ');
            if good { w.accepts() } else { w.refuses("too-large") }
        }
    }
    // A length that nobody would read.
    let mut w = World::new();
    w.repo.role("targets")["targets"]["x"] = json!({ "length": 1024 * 1024 + 1, "hashes": { "sha256": "00" } });
    w.repo.publish(&NEXT);
    w.refuses_file("x", "too-large");
    assert!(w.repo.asked_files.lock().expect("a list").is_empty());
    // Roles for one target.
    for (roles, good) in [(32, true), (33, false)] {
        let mut w = World::new();
        let names: Vec<String> = (0..roles).map(|at| format!("r{at}")).collect();
        names.iter().for_each(|role| w.repo.delegate("targets", role, &["*"], false));
        let all: Vec<&str> = names.iter().map(String::as_str).chain(NEXT).collect();
        w.repo.publish(&all);
        if good { w.has_no("x") } else { w.refuses_file("x", "tuf-too-much") }
    }
}

#[test]
fn new_roots_past_the_limit_are_fetched_by_the_next_update() {
    let mut w = World::new();
    (0..64).for_each(|_| w.repo.publish(&["root"]));
    w.refuses("tuf-too-much");
    assert_eq!(w.version("root"), 65);
    w.accepts();
}

#[test]
fn a_timestamp_cannot_point_to_an_older_snapshot_even_if_the_snapshot_is_good() {
    let mut w = World::new();
    w.repo.publish(&["snapshot", "timestamp"]);
    w.accepts();
    w.repo.role("timestamp")["meta"]["snapshot.json"]["version"] = 1.into();
    w.repo.publish(&["timestamp"]);
    w.refuses("tuf-rollback");
}

#[test]
fn it_expires_at_its_very_second() {
    let mut w = World::new();
    w.repo.role("snapshot")["expires"] = time(NOW + DAY);
    w.repo.publish(&["snapshot", "timestamp"]);
    w.now = NOW + DAY - 1;
    w.accepts();
    w.now = NOW + DAY;
    w.refuses("tuf-expired");
}
