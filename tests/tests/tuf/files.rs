//! Files are what the metadata says that they are.

use crate::{Case, world::World};
use bulla_verify::HashAlgorithm::{self, Sha256, Sha512};

const NEXT: [&str; 3] = ["targets", "snapshot", "timestamp"];
const PATH: &str = "target_file.txt";
const CONTENT: &[u8] = b"target file contents";

pub(crate) const CASES: &[Case] = &[
    ("test_client_downloads_expected_file", |w| {
        w.repo.add_file("targets", PATH, CONTENT);
        w.repo.publish(&NEXT);
        w.accepts();
        files_asked(w, 0);
        w.downloads(PATH, CONTENT);
    }),
    ("test_client_downloads_expected_file_in_sub_dir", |w| {
        let path = "path/to/a/target_file.txt";
        w.repo.add_file("targets", path, CONTENT);
        w.repo.publish(&NEXT);
        w.downloads(path, CONTENT);
    }),
    ("test_repository_substitutes_target_file", |w| {
        w.repo.add_file("targets", PATH, CONTENT);
        w.repo.add_file("targets", "another", b"content");
        w.repo.publish(&NEXT);
        w.downloads(PATH, CONTENT);
        for path in [PATH, "another"] {
            w.repo.artifacts.insert(path.to_owned(), b"malicious".to_vec());
        }
        w.downloads(PATH, CONTENT);
        w.refuses_file("another", "too-large");
        w.repo.artifacts.insert("another".to_owned(), b"short".to_vec());
        w.refuses_file("another", "tuf-length");
        w.repo.artifacts.insert("another".to_owned(), b"CONTENT".to_vec());
        w.refuses_file("another", "tuf-hash");
    }),
    ("test_multiple_changes_to_target", |w| {
        w.repo.add_file("targets", PATH, CONTENT);
        w.repo.publish(&NEXT);
        w.downloads(PATH, CONTENT);
        for round in 0..11 {
            let (changed, added) = (format!("modified {round}"), format!("new-{round}"));
            w.repo.add_file("targets", PATH, changed.as_bytes());
            w.repo.add_file("targets", &added, added.as_bytes());
            w.repo.publish(&NEXT);
            if round % 5 == 0 {
                w.downloads(PATH, changed.as_bytes());
                w.downloads(&added, added.as_bytes());
                w.repo.artifacts.insert(PATH.to_owned(), format!("malicious {round}").into_bytes());
                w.repo.publish(&NEXT);
                w.downloads(PATH, changed.as_bytes());
            }
        }
    }),
    ("test_download_with_hash_algorithms[hashes0]", |w| hashed(w, &[("sha256", Sha256)])),
    ("test_download_with_hash_algorithms[hashes1]", |w| hashed(w, &[("sha512", Sha512)])),
    ("test_download_with_hash_algorithms[hashes2]", |w| hashed(w, &[("sha256", Sha256), ("sha512", Sha512)])),
    ("test_download_with_unknown_hash_algorithm", |w| {
        w.repo.add_file_with("targets", PATH, CONTENT, &[("unknown-hash", Sha512)]);
        w.repo.publish(&NEXT);
        w.refuses_file(PATH, "tuf-no-known-hash");
    }),
    ("test_artifact_cache", |w| {
        w.repo.add_file("targets", PATH, CONTENT);
        w.repo.publish(&NEXT);
        w.downloads(PATH, CONTENT);
        w.downloads(PATH, CONTENT);
        files_asked(w, 1);
    }),
];

fn hashed(w: &mut World, hashes: &[(&str, HashAlgorithm)]) {
    w.repo.add_file_with("targets", PATH, CONTENT, hashes);
    w.repo.publish(&NEXT);
    w.downloads(PATH, CONTENT);
    files_asked(w, 1);
}

#[track_caller]
fn files_asked(w: &World, times: usize) {
    assert_eq!(w.repo.asked_files.lock().expect("a list").len(), times);
}
