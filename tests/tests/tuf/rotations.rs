//! New keys, and thresholds of old and new.

use crate::maker::{ALL, Signer};
use crate::{Case, world::World};

/// Which keys a version names, how many of them have to sign, and which of them do.
type Version = (&'static [usize], u64, &'static [usize]);

const FIVE: &[usize] = &[0, 1, 2, 3, 4];
const ROTATED: &[usize] = &[0, 1, 3, 4, 5];
const OTHERS: &[usize] = &[5, 6, 7, 8, 9];

pub(crate) const CASES: &[Case] = &[
    ("test_root_rotation[1-of-1-key-rotation]", |w| {
        roots(w, &[(&[1], 1, &[1]), (&[2], 1, &[2, 1]), (&[2], 1, &[2])], true);
    }),
    ("test_root_rotation[1-of-1-key-rotation-unused-signatures]", |w| {
        roots(w, &[(&[1], 1, &[3, 1, 4]), (&[2], 1, &[3, 2, 1, 4]), (&[2], 1, &[3, 2, 4])], true);
    }),
    ("test_root_rotation[3-of-5-sign-with-different-keycombos]", |w| {
        let versions: [Version; 4] =
            [(FIVE, 3, &[0, 2, 4]), (FIVE, 3, &[0, 4, 1]), (FIVE, 3, &[0, 1, 3]), (FIVE, 3, &[0, 1, 3])];
        roots(w, &versions, true);
    }),
    ("test_root_rotation[3-of-5-one-key-rotated]", |w| {
        roots(w, &[(FIVE, 3, &[0, 2, 4]), (ROTATED, 3, &[0, 4, 1])], true);
    }),
    ("test_root_rotation[3-of-5-one-key-rotated-with-intermediate-step]", |w| {
        roots(w, &[(FIVE, 3, &[0, 2, 4]), (ROTATED, 3, &[0, 2, 4, 5]), (ROTATED, 3, &[0, 4, 5])], true);
    }),
    ("test_root_rotation[3-of-5-all-keys-rotated-with-intermediate-step]", |w| {
        roots(w, &[(FIVE, 3, &[0, 2, 4]), (OTHERS, 3, &[0, 2, 4, 5, 6, 7]), (OTHERS, 3, &[5, 6, 7])], true);
    }),
    ("test_root_rotation[1-of-3-threshold-increase-to-2-of-3]", |w| {
        roots(w, &[(&[1, 2, 3], 1, &[1]), (&[1, 2, 3], 2, &[1, 2])], true);
    }),
    ("test_root_rotation[2-of-3-threshold-decrease-to-1-of-3]", |w| {
        roots(w, &[(&[1, 2, 3], 2, &[1, 2]), (&[1, 2, 3], 1, &[1, 2]), (&[1, 2, 3], 1, &[1])], true);
    }),
    ("test_root_rotation[1-of-2-threshold-increase-to-2-of-2]", |w| {
        roots(w, &[(&[1], 1, &[1]), (&[1, 2], 2, &[1, 2])], true);
    }),
    ("test_root_rotation[1-of-1-key-rotation-fail-not-signed-with-old-key]", |w| {
        roots(w, &[(&[1], 1, &[1]), (&[2], 1, &[2, 3, 4])], false);
    }),
    ("test_root_rotation[1-of-1-key-rotation-fail-not-signed-with-new-key]", |w| {
        roots(w, &[(&[1], 1, &[1]), (&[2], 1, &[1, 3, 4])], false);
    }),
    ("test_root_rotation[3-of-5-one-key-rotate-fails-not-signed-with-3-new-keys]", |w| {
        roots(w, &[(FIVE, 3, &[0, 2, 4]), (ROTATED, 3, &[0, 2, 4])], false);
    }),
    ("test_root_rotation[3-of-5-one-key-rotate-fails-not-signed-with-3-old-keys]", |w| {
        roots(w, &[(FIVE, 3, &[0, 2, 4]), (ROTATED, 3, &[0, 4, 5])], false);
    }),
    ("test_root_rotation[1-of-3-threshold-bump-to-2-of-3-fails-new-threshold-not-reached]", |w| {
        roots(w, &[(&[1, 2, 3], 1, &[1]), (&[1, 2, 3], 2, &[2])], false);
    }),
    ("test_root_rotation[2-of-3-threshold-decr-to-1-of-3-fails-old-threshold-not-eached]", |w| {
        roots(w, &[(&[1, 2, 3], 2, &[1, 2]), (&[1, 2, 3], 1, &[1])], false);
    }),
    ("test_non_root_rotations[1-of-1-key-rotation]", |w| others(w, (&[2], 1, &[2]), true)),
    ("test_non_root_rotations[1-of-1-key-rotation-unused-signatures]", |w| others(w, (&[1], 1, &[3, 1, 4]), true)),
    ("test_non_root_rotations[1-of-1-key-rotation-fail-not-signed-with-new-key]", |w| {
        others(w, (&[2], 1, &[1, 3, 4]), false);
    }),
    ("test_non_root_rotations[3-of-5-one-key-signature-wrong-not-signed-with-3-expected-keys]", |w| {
        others(w, (ROTATED, 3, &[0, 2, 4]), false);
    }),
    ("test_non_root_rotations[2-of-5-one-key-signature-mising-threshold-not-reached]", |w| {
        others(w, (ROTATED, 3, &[0, 4]), false);
    }),
    ("test_non_root_rotations[3-of-5-sign-first-combo]", |w| others(w, (FIVE, 3, &[0, 2, 4]), true)),
    ("test_non_root_rotations[3-of-5-sign-second-combo]", |w| others(w, (FIVE, 3, &[0, 4, 1]), true)),
    ("test_non_root_rotations[3-of-5-sign-third-combo]", |w| others(w, (FIVE, 3, &[0, 1, 3]), true)),
    ("test_non_root_rotations[3-of-5-sign-fourth-combo]", |w| others(w, (FIVE, 3, &[1, 2, 3]), true)),
    ("test_non_root_rotations[3-of-5-sign-fifth-combo]", |w| others(w, (FIVE, 3, &[2, 3, 4]), true)),
];

fn ten() -> Vec<Signer> {
    (0..10).map(|_| Signer::new("ed25519")).collect()
}

fn name(w: &mut World, role: &str, signers: &[Signer], (keys, threshold, signs): Version) {
    w.repo.drop_keys(role);
    w.repo.threshold(role, threshold);
    keys.iter().for_each(|at| w.repo.allow_key(role, &signers[*at]));
    w.repo.signers.insert(role.to_owned(), signs.iter().map(|at| signers[*at].clone()).collect());
}

/// A repository with these roots, one after the other: the last is reached, or the last but one is kept.
fn roots(w: &mut World, versions: &[Version], good: bool) {
    let signers = ten();
    w.repo.restart("root", 1);
    for version in versions {
        name(w, "root", &signers, *version);
        w.repo.publish(&["root"]);
    }
    w.repo.publish(&["targets", "snapshot", "timestamp"]);
    w.root = w.repo.published["root"][0].clone();
    let last = u64::try_from(versions.len()).expect("a few");
    if good {
        w.accepts();
        assert_eq!(w.version("root"), last);
    } else {
        w.refuses("tuf-threshold");
        assert_eq!(w.version("root"), last - 1);
    }
}

/// Each of the other roles gets these keys.
fn others(w: &mut World, version: Version, good: bool) {
    let signers = ten();
    for role in ["timestamp", "snapshot", "targets"] {
        name(w, role, &signers, version);
        w.repo.publish(&ALL);
        if good {
            w.accepts();
            assert_eq!(w.version(role), w.repo.signed[role]["version"].as_u64().expect("a version"));
        } else {
            w.refuses("tuf-threshold");
        }
    }
}
