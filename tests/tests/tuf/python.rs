//! The reference implementation: we read what it makes, and it reads what our tests make. `tests/peers/run` installs it.

use crate::maker::{DAY, Signer, time};
use crate::mirror::serve;
use crate::world::{World, is_refused};
use bulla_transport::tuf::{Check, Client, Fetch, Kind, Repository};
use bulla_transport::{Cancel, Error};
use bulla_verify::Time;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs};

/// Nothing, and a line that says so, where it is not installed.
fn python() -> Option<PathBuf> {
    let python = env::var_os("BULLA_PYTHON_TUF").map(PathBuf::from);
    assert!(python.is_some() || env::var_os("BULLA_PEERS").is_none(), "the peers run, and python-tuf is not there");
    if python.is_none() {
        println!(
            "SKIPPED: python-tuf is not installed (tests/peers/run installs it): the reference has not been asked"
        );
    }
    python
}

fn run(python: &Path, script: &str, arguments: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/python-tuf").join(script);
    Command::new(python).arg(script).args(arguments).output().expect("python runs")
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_secs()).expect("before the end of time")
}

/// The repository in a folder, as python-tuf lays it out.
struct Folder<'a>(&'a Path);

impl Fetch for Folder<'_> {
    fn fetch(&self, kind: Kind, path: &str, _: usize) -> Result<Option<Vec<u8>>, Error> {
        let path = if kind == Kind::Target { format!("targets/{path}") } else { path.to_owned() };
        Ok(fs::read(self.0.join(path)).ok())
    }
}

#[test]
fn we_read_what_python_tuf_makes() {
    let Some(python) = python() else { return };
    let (dir, cache) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let made = run(&python, "make.py", &[dir.path().to_str().expect("UTF-8"), &(now() + DAY).to_string()]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let root = fs::read(dir.path().join("1.root.json")).expect("a root");
    let repository = Repository::new("test", "https://tuf.test", &root).expect("a repository");
    let client = Client::new(&repository, cache.path());
    let update = |at| {
        let wanted = ["trusted_root.json", "dir/file.txt", "other"];
        client.update(&wanted, Check::Full, &Folder(dir.path()), &Cancel::default(), Time::from_unix(at))
    };
    let verified = update(now()).expect("accepted");
    assert_eq!(verified.file("trusted_root.json"), Some(&b"trusted"[..]));
    assert_eq!(verified.file("dir/file.txt"), Some(&b"delegated"[..]));
    assert_eq!(verified.file("other"), None);
    assert_eq!(verified.status().roles.each_ref().map(|role| role.version), [2, 1, 1, 1]);
    is_refused(update(now() + DAY + 1), "tuf-expired");
    // One byte of any of its files.
    for file in
        ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json", "1.a%20role%2Fwith%20a%20name.json"]
    {
        fs::remove_dir_all(cache.path()).ok();
        let path = dir.path().join(file);
        let good = fs::read(&path).expect(file);
        let changed = String::from_utf8_lossy(&good).replacen("\"spec_version\":\"1.", "\"spec_version\":\"1.9", 1);
        assert!(changed.as_bytes() != good, "{file}");
        fs::write(&path, changed).expect("written");
        let error = update(now()).expect_err(file);
        assert!(["tuf-threshold", "tuf-hash", "tuf-length", "too-large"].contains(&error.code()), "{file}: {error}");
        fs::write(&path, good).expect("written");
    }
    update(now()).expect("all is as it was");
    println!("python-tuf's repository: 2 times accepted, 6 times refused");
}

#[test]
fn python_tuf_reads_what_our_tests_make() {
    let Some(python) = python() else { return };
    let mut w = World::new();
    for scheme in ["rsassa-pss-sha256", "ecdsa-sha2-nistp256"] {
        w.repo.add_key("targets", Signer::new(scheme));
    }
    w.repo.threshold("targets", 3);
    w.repo.rotate("snapshot");
    w.repo.hashes = true;
    w.repo.delegate("targets", "a/b?c", &["dir/*"], true);
    w.repo.add_file("a/b?c", "dir/file", b"delegated");
    for role in ["root", "targets", "snapshot", "timestamp", "a/b?c"] {
        w.repo.role(role)["expires"] = time(now() + DAY);
    }
    w.repo.publish(&["a/b?c", "root", "targets", "snapshot", "timestamp"]);
    w.now = now();
    w.downloads("dir/file", b"delegated");
    let root = w.cache.path().join("root.json");
    fs::write(&root, &w.root).expect("written");
    let server = serve(std::mem::replace(&mut w.repo, crate::maker::Repo::new()), 404);
    let root = root.to_str().expect("UTF-8");
    let read = run(&python, "read.py", &[root, &server.url, "dir/file"]);
    assert_eq!(read.stdout, b"delegated", "{}", String::from_utf8_lossy(&read.stderr));
    let read = run(&python, "read.py", &[root, &server.url, "dir/other"]);
    assert!(!read.status.success() && String::from_utf8_lossy(&read.stderr).contains("no such target"));
}
