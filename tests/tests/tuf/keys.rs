//! Who has signed, counted once.

use crate::maker::{ALL, Signer};
use crate::{Case, world::World};

pub(crate) const CASES: &[Case] = &[
    ("test_snapshot_does_not_meet_threshold", |w| {
        w.repo.threshold("snapshot", 3);
        for _ in 0..2 {
            w.repo.add_key("snapshot", Signer::new("ed25519"));
        }
        w.repo.publish(&ALL);
        w.accepts();
        w.repo.signers.get_mut("snapshot").and_then(Vec::pop).expect("a key");
        w.repo.publish(&["targets", "snapshot", "timestamp"]);
        w.refuses("tuf-threshold");
        assert_eq!(w.version("snapshot"), 2);
    }),
    ("test_snapshot_has_too_few_keys", |w| {
        for _ in 0..4 {
            w.repo.add_key("snapshot", Signer::new("ed25519"));
        }
        w.repo.threshold("snapshot", 6);
        w.repo.publish(&["root", "snapshot", "timestamp"]);
        w.refuses("tuf-threshold");
        assert_eq!((w.version("root"), w.version("snapshot")), (2, 0));
    }),
    ("test_duplicate_keys", |w| {
        let signer = Signer::new("ed25519");
        w.repo.add_key("snapshot", signer.clone());
        for _ in 0..8 {
            w.repo.allow_key("snapshot", &signer);
        }
        w.repo.threshold("snapshot", 6);
        w.repo.publish(&["root", "snapshot", "timestamp"]);
        w.refuses("tuf-malformed");
        assert_eq!(w.version("snapshot"), 0);
    }),
    ("test_duplicate_sig_keyids", |w| {
        w.repo.tamper("snapshot", |snapshot| {
            let signature = snapshot["signatures"][0].clone();
            snapshot["signatures"].as_array_mut().expect("a list").push(signature);
        });
        w.refuses("tuf-duplicate-signature");
        assert_eq!(w.version("snapshot"), 0);
    }),
    ("test_keytype_and_scheme[rsa/rsassa-pss-sha256]", |w| scheme(w, "rsassa-pss-sha256")),
    ("test_keytype_and_scheme[ecdsa/ecdsa-sha2-nistp256]", |w| scheme(w, "ecdsa-sha2-nistp256")),
    ("test_keytype_and_scheme[ed25519/ed25519]", |w| scheme(w, "ed25519")),
    ("test_invalid_sig_in_valid_metadata", |w| {
        w.repo.add_key("timestamp", Signer::new("ed25519"));
        let old = serde_json::from_slice::<serde_json::Value>(w.repo.last("timestamp")).expect("JSON");
        w.repo.publish(&["root", "timestamp"]);
        w.repo.tamper("timestamp", |timestamp| timestamp["signatures"][0] = old["signatures"][0].clone());
        w.accepts();
        w.repo.publish(&["timestamp"]);
        w.repo.tamper("timestamp", |timestamp| timestamp["signatures"][0]["sig"] = "".into());
        w.accepts();
    }),
];

/// A key of that kind is needed, and signs; then it signs something else.
fn scheme(w: &mut World, scheme: &str) {
    let signer = Signer::new(scheme);
    w.repo.add_key("root", signer.clone());
    w.repo.threshold("root", 2);
    w.repo.publish(&["root"]);
    w.accepts();
    assert_eq!(w.version("root"), 2);
    w.repo.publish(&["root"]);
    w.repo.tamper("root", |root| root["signatures"][1]["sig"] = signer.sign(b"something else").into());
    w.refuses("tuf-threshold");
    assert_eq!(w.version("root"), 2);
}
