//! The walls: which room links what, and words that cannot lie.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use bulla_tests::root;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Every arrow that there may be (ARCHITECTURE.md, "Rooms"), transitive ones included.
const ARROWS: [(&str, &[&str]); 6] = [
    ("bulla-verify", &[]),
    ("bulla-policy", &["bulla-verify"]),
    ("bulla-transport", &["bulla-verify"]),
    ("bulla-sign", &["bulla-verify", "bulla-transport"]),
    ("bulla-gate", &["bulla-verify", "bulla-policy", "bulla-transport"]),
    ("bulla-sandbox", &["bulla-verify", "bulla-sign", "bulla-transport"]),
];

/// What opens sockets, waits, or asks the machine for anything: never in the pure rooms.
const IMPURE: [&str; 12] = [
    "ureq",
    "tiny_http",
    "rustls",
    "tokio",
    "hyper",
    "reqwest",
    "socket2",
    "mio",
    "getrandom",
    "tempfile",
    "signal-hook",
    "clap",
];

/// Names of everything that a crate links when it is built, as cargo resolves it.
fn linked(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--package", package])
        .output()
        .expect("cargo tree runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let name = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    String::from_utf8_lossy(&output.stdout).lines().map(name).filter(|name| name != package).collect()
}

#[test]
fn every_room_links_only_what_it_may() {
    for (package, allowed) in ARROWS {
        let ours: Vec<_> = linked(package).into_iter().filter(|name| name.starts_with("bulla")).collect();
        for name in &ours {
            assert!(allowed.contains(&name.as_str()), "{package} must not link {name}");
        }
    }
}

#[test]
fn the_pure_rooms_link_nothing_that_touches_the_world() {
    for package in ["bulla-verify", "bulla-policy"] {
        let linked = linked(package);
        for name in IMPURE {
            assert!(!linked.contains(name), "{package} must not link {name}");
        }
    }
}

/// Each is code that whoever verifies has to trust, and to compile; macros count, as they run while it is built.
#[test]
fn whoever_verifies_links_at_most_60_crates() {
    let linked = linked("bulla-verify");
    assert!((20..60).contains(&linked.len()), "with bulla-verify itself: {}", linked.len() + 1);
}

#[test]
fn private_keys_are_linked_only_where_something_is_signed() {
    for package in ["bulla-verify", "bulla-policy", "bulla-transport", "bulla-gate"] {
        assert!(!linked(package).contains("bulla-sign"), "{package} must not link private keys");
    }
}

#[test]
fn one_crypto_provider_is_linked() {
    let linked = linked("bulla");
    assert!(linked.contains("aws-lc-rs"));
    for name in ["ring", "openssl", "native-tls"] {
        assert!(!linked.contains(name), "{name}");
    }
}

/// Files of the project with this ending, without what is built.
fn files(ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let built = name == "target" || name.to_string_lossy().starts_with('.');
            match path.is_dir() {
                true if !built => folders.push(path),
                false if path.to_string_lossy().ends_with(ending) => found.push(path),
                _ => {}
            }
        }
    }
    found
}

/// What the verifier is given in a test is made by the product or by the sandbox. TUF's repositories are no bundles, and share no code
/// with what reads them; the sandbox's own tests are its clients.
#[test]
fn no_test_forges_what_is_verified() {
    let rooms = ["verify-lib", "policy", "transport", "gate", "cli", "tests/tests", "fuzz/fuzz_targets"]
        .map(|room| root().join(room));
    let signs = |text: &str| text.contains("KeyPair::") || text.contains("SigningKey::from_bytes(");
    let found: Vec<_> = files(".rs")
        .into_iter()
        .filter(|path| {
            rooms.iter().any(|room| path.starts_with(room)) && !path.ends_with("tests/tests/architecture.rs")
        })
        .filter(|path| signs(&fs::read_to_string(path).expect("text")))
        .collect();
    assert_eq!(found, [root().join("tests/tests/tuf/maker.rs")]);
}

#[test]
fn no_file_outgrows_500_lines() {
    let sources = files(".rs");
    assert!(sources.len() > 50, "the sources were not found");
    for path in sources {
        let lines = fs::read_to_string(&path).expect("text").lines().count();
        assert!(lines <= 500, "{} has {lines} lines", path.display());
    }
}

/// Every path in backticks or in a link has to be there.
#[test]
fn the_paths_that_the_documents_name_exist() {
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"] {
        let text = fs::read_to_string(root().join(document)).expect(document);
        let mut named = 0;
        for path in text.split(['`', '(', ')']).filter(|word| is_path(word)) {
            assert!(root().join(path).exists(), "{document} names {path}, which is not there");
            named += 1;
        }
        assert!(named > 0 || document == "SECURITY.md", "{document} names no path");
    }
}

/// A word that starts with one of the project's folders and is no pattern, or a document at the root.
fn is_path(word: &str) -> bool {
    let pattern = word.starts_with("target/") || word.contains(['<', '*', ' ', '…', '\n']);
    // What lies beside the project need not be there, and `./x` is the reader's.
    let elsewhere = |first: &&str| *first == word || *first == "." || *first == "..";
    let folder = word.split('/').next().filter(|first| !elsewhere(first)).unwrap_or_default();
    let document = word.ends_with(".md") && !word.contains('/');
    !pattern && (document || (!folder.is_empty() && root().join(folder).is_dir() && !Path::new(word).is_absolute()))
}

#[test]
fn every_crate_inherits_the_lints_and_says_why_it_depends() {
    let metadata = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["metadata", "--offline", "--locked", "--no-deps", "--format-version", "1"])
        .output()
        .expect("cargo metadata runs");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    let packages = metadata.get("packages").and_then(Value::as_array).expect("packages");
    for package in packages {
        let manifest = package.get("manifest_path").and_then(Value::as_str).expect("a path");
        let text = fs::read_to_string(manifest).expect("a manifest");
        assert!(text.contains("[lints]\nworkspace = true"), "{manifest} does not inherit the lints");
    }
    let workspace = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    let dependencies = workspace.split("[workspace.dependencies]").nth(1).and_then(|rest| rest.split("\n[").next());
    for line in dependencies.expect("dependencies").lines().filter(|line| line.contains(" = ")) {
        assert!(line.contains("path = ") || line.contains(" # "), "no reason is given: {line}");
    }
}

#[test]
fn every_advisory_names_a_test_that_is_there() {
    let table = fs::read_to_string(root().join("tests/VULNERABILITIES.md")).expect("the table");
    let mut named = 0;
    for line in table.lines().filter(|line| line.contains("`: `")) {
        let [file, test] = line.split('`').skip(1).step_by(2).collect::<Vec<_>>()[..] else { panic!("{line}") };
        let code = fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(code.contains(&format!("fn {test}()")), "{file} has no test `{test}`");
        named += 1;
    }
    assert!(named > 30, "{named}");
}

/// A code in two variants would make one refusal look like another.
#[test]
fn every_code_of_the_verifier_names_one_refusal() {
    let source = fs::read_to_string(root().join("verify-lib/src/error/mod.rs")).expect("the errors");
    let codes = source.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    codes.for_each(|code| *seen.entry(code).or_default() += 1);
    assert!(seen.len() > 30);
    for (code, count) in seen {
        assert_eq!(count, 1, "{code}");
    }
}
