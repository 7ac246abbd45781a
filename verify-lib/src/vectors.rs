//! Other projects' test data for what no public door leads to; read where it lies beside the project.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, reports by printing, and reads files"
)]

use std::{fs, path::Path};

/// Every file under the folder, with its name; none, saying so, where it is absent.
pub(crate) fn named(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors").join(name);
    let mut found = Vec::new();
    if folder.is_dir() {
        walk(&folder, &mut found);
    } else {
        println!("skipped: ../shared/vectors/{name} is not there");
    }
    found
}

pub(crate) fn files(name: &str) -> Vec<Vec<u8>> {
    named(name).into_iter().map(|(_, bytes)| bytes).collect()
}

fn walk(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            walk(&entry.path(), found);
        } else {
            let name = entry.file_name().to_string_lossy().into_owned();
            found.push((name, fs::read(entry.path()).expect("a file")));
        }
    }
}

/// Accepts and refusals, counted apart, and all of them; nothing was there to count where the folder is absent.
#[track_caller]
pub(crate) fn counted(what: &str, found: (usize, usize), expected: (usize, usize)) {
    println!("{what}: {} accepted, {} refused", found.0, found.1);
    assert!(found == (0, 0) || found == expected, "{what}: {found:?}");
}
