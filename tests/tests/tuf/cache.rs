//! What is kept: verified whenever it is read, one request when nothing is new, nothing lost when a process dies.

use crate::maker::{DAY, NOW, Repo, Unplugged};
use crate::world::{World, is_refused};
use bulla_transport::tuf::{Check, Client, Fetch, Kind, Repository};
use bulla_transport::{Cancel, Error};
use bulla_verify::Time;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs, thread};

const ROOT: &str = "trusted_root.json";
const CONFIG: &str = "signing_config.v0.2.json";
const NEXT: [&str; 3] = ["targets", "snapshot", "timestamp"];

/// A repository with a trusted root, of which a client has fetched everything.
fn fetched() -> World {
    let mut w = World::new();
    w.repo.add_file("targets", ROOT, b"the first");
    w.repo.publish(&NEXT);
    w.downloads(ROOT, b"the first");
    w.repo.asked();
    w.repo.asked_files.lock().expect("a list").clear();
    w
}

#[test]
fn nothing_new_costs_one_request() {
    let w = fetched();
    for wanted in [&[ROOT][..], &[ROOT, CONFIG], &[]] {
        let verified = w.update(wanted, Check::Quick).expect("accepted");
        assert_eq!(verified.file(ROOT), wanted.contains(&ROOT).then_some(&b"the first"[..]));
        w.asked(&["timestamp.json"]);
    }
    assert!(w.repo.asked_files.lock().expect("a list").is_empty());
}

#[test]
fn something_new_costs_one_request_for_each_new_file() {
    let mut w = fetched();
    w.repo.add_file("targets", ROOT, b"the second");
    w.repo.publish(&NEXT);
    let verified = w.update(&[ROOT], Check::Quick).expect("accepted");
    assert_eq!(verified.file(ROOT), Some(&b"the second"[..]));
    w.asked(&["timestamp.json", "2.root.json", "3.snapshot.json", "3.targets.json"]);
    assert_eq!(w.repo.asked_files.lock().expect("a list").len(), 1);
}

#[test]
fn a_new_root_is_asked_for_once_a_day_even_so() {
    let mut w = fetched();
    w.repo.publish(&["root"]);
    w.now += DAY - 1;
    w.update(&[ROOT], Check::Quick).expect("accepted");
    w.asked(&["timestamp.json"]);
    w.now += 1;
    w.update(&[ROOT], Check::Quick).expect("accepted");
    w.asked(&["2.root.json", "3.root.json", "timestamp.json"]);
    assert_eq!(w.version("root"), 2);
    // A clock that was put back proves nothing.
    w.now -= 2 * DAY;
    w.update(&[ROOT], Check::Quick).expect("accepted");
    w.asked(&["3.root.json", "timestamp.json"]);
}

#[test]
fn a_timestamp_that_new_keys_signed_is_not_held_against_the_old_ones() {
    let mut w = fetched();
    w.repo.rotate("timestamp");
    w.repo.publish(&["root", "timestamp"]);
    w.update(&[ROOT], Check::Quick).expect("accepted");
    w.asked(&["timestamp.json", "2.root.json", "3.root.json"]);
}

#[test]
fn offline_everything_is_verified_again() {
    let w = fetched();
    assert_eq!(w.offline(&[ROOT]).expect("accepted").file(ROOT), Some(&b"the first"[..]));
    assert_eq!(w.offline(&[CONFIG]).expect("there is none").file(CONFIG), None);
    let state = w.state().expect("a cache");
    for role in ["timestamp", "snapshot"] {
        let mut changed = state.clone();
        let text = state["whole"][role].as_str().expect("a text").replace("\"version\": 2", "\"version\": 3");
        changed["whole"][role] = text.into();
        w.write_state(&changed);
        is_refused(w.offline(&[ROOT]), "tuf-threshold");
    }
    let mut changed = state.clone();
    changed["whole"]["files"][ROOT] = "dGhlIHdvcnN0".into();
    w.write_state(&changed);
    is_refused(w.offline(&[ROOT]), "tuf-hash");
    changed["whole"]["files"] = serde_json::json!({});
    w.write_state(&changed);
    is_refused(w.offline(&[ROOT]), "tuf-not-cached");
    w.write_state(&"rubbish".into());
    is_refused(w.offline(&[ROOT]), "tuf-not-cached");
    // One byte more than is read.
    let folder = fs::read_dir(w.cache.path()).expect("a cache").flatten().next().expect("a folder").path();
    let huge = fs::File::options().write(true).open(folder.join("state.json")).expect("a file");
    huge.set_len(64 * 1024 * 1024 + 1).expect("a large one");
    is_refused(w.offline(&[ROOT]), "tuf-not-cached");
    w.downloads(ROOT, b"the first");
    assert!(w.offline(&[ROOT]).is_ok());
}

#[test]
fn expired_is_unknown_and_not_refused() {
    let mut w = fetched();
    w.now += 30 * DAY - 1;
    w.offline(&[ROOT]).expect("good to the last second");
    w.now += 1;
    let error = w.offline(&[ROOT]).expect_err("expired");
    assert_eq!(error.code(), "tuf-expired");
    assert!(error.is_unavailable());
    assert!(error.hint().is_some_and(|hint| hint.contains("trust update")));
    // It can be shown, though.
    let repository = w.repository().expect("a repository");
    let status = Client::new(&repository, w.cache.path()).status().expect("the status");
    assert_eq!(status.expires(), Time::from_unix(NOW + 30 * DAY));
    assert_eq!(status.roles.each_ref().map(|role| role.version), [1, 2, 2, 2]);
}

#[test]
fn offline_each_role_expires_by_itself() {
    for role in ["root", "timestamp", "snapshot", "targets"] {
        let mut w = World::new();
        w.repo.add_file("targets", ROOT, b"the first");
        w.repo.expires(role, 1);
        w.repo.publish(&["root", "targets", "snapshot", "timestamp"]);
        w.downloads(ROOT, b"the first");
        w.now += DAY - 1;
        w.offline(&[ROOT]).expect("good to the last second");
        w.now += 1;
        is_refused(w.offline(&[ROOT]), "tuf-expired");
    }
}

#[test]
fn what_cannot_be_asked_is_unknown_and_takes_nothing_away() {
    let w = fetched();
    let repository = w.repository().expect("a repository");
    let client = Client::new(&repository, w.cache.path());
    for check in [Check::Quick, Check::Full] {
        let outcome = client.update(&[ROOT], check, &Unplugged, &Cancel::default(), Time::from_unix(w.now));
        let error = outcome.expect_err("nobody is there");
        assert!(error.is_unavailable(), "{error}");
    }
    assert!(w.offline(&[ROOT]).is_ok());
    let empty = tempfile::tempdir().expect("a folder");
    let error = Client::new(&repository, empty.path()).offline(&[ROOT], Time::from_unix(NOW)).expect_err("empty");
    assert_eq!((error.code(), error.is_unavailable()), ("tuf-not-cached", true));
}

#[test]
fn a_failed_update_leaves_the_last_whole_one_and_remembers_what_it_saw() {
    let mut w = fetched();
    w.repo.add_file("targets", ROOT, b"the second");
    w.repo.publish(&NEXT);
    w.repo.artifacts.insert(ROOT.to_owned(), b"other bytes".to_vec());
    w.refuses_file(ROOT, "too-large");
    assert_eq!(w.offline(&[ROOT]).expect("the last whole one").file(ROOT), Some(&b"the first"[..]));
    // The timestamp that was seen cannot be taken back, though nothing came of it.
    w.repo.restart("timestamp", 1);
    w.repo.publish(&["timestamp", "timestamp"]);
    assert_eq!(w.version("timestamp"), 3);
    w.refuses("tuf-rollback");
    is_refused(w.update(&[ROOT], Check::Quick), "tuf-rollback");
}

#[test]
fn the_timestamp_of_the_last_whole_update_is_a_rollback_once_a_newer_one_was_seen() {
    let mut w = fetched();
    let old = w.repo.last("timestamp").to_vec();
    w.repo.publish(&NEXT);
    let targets = w.repo.published.remove("targets").expect("published");
    w.refuses("tuf-file-missing");
    w.repo.published.insert("targets".to_owned(), targets);
    w.repo.published.insert("timestamp".to_owned(), vec![old]);
    for check in [Check::Quick, Check::Full] {
        is_refused(w.update(&[ROOT], check), "tuf-rollback");
    }
}

#[test]
fn whoever_removes_the_cache_starts_again_from_the_root_in_hand() {
    let mut w = fetched();
    w.repo.publish(&["root"]);
    w.accepts();
    fs::remove_dir_all(w.cache.path()).expect("removed");
    w.repo.asked();
    w.downloads(ROOT, b"the first");
    w.asked(&["2.root.json", "3.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json"]);
}

#[test]
fn cached_roots_are_a_chain_from_the_root_in_hand() {
    let mut w = fetched();
    w.repo.publish(&["root"]);
    w.downloads(ROOT, b"the first");
    let stranger = World::new();
    let mut state = w.state().expect("a cache");
    state["roots"][0] = String::from_utf8_lossy(stranger.repo.last("root")).into();
    w.write_state(&state);
    w.offline(&[ROOT]).expect("a stranger's root changes nothing");
    w.repo.asked();
    w.downloads(ROOT, b"the first");
    w.asked(&["2.root.json", "3.root.json", "timestamp.json"]);
}

#[test]
fn a_release_that_brings_a_newer_root_keeps_what_was_seen() {
    let mut w = fetched();
    w.repo.publish(&["root"]);
    w.repo.publish(&["root"]);
    w.accepts();
    // As if the second root had been built in: the first of the cached ones is it, the other one follows.
    let folder = fs::read_dir(w.cache.path()).expect("a cache").flatten().next().expect("a folder").path();
    w.root = w.repo.published["root"][1].clone();
    let repository = w.repository().expect("a repository");
    let client = Client::new(&repository, w.cache.path());
    client.status().expect_err("it is another repository, since it is not a built-in one");
    client.update(&[], Check::Full, &w.repo, &Cancel::default(), Time::from_unix(NOW)).expect("accepted");
    let mut folders = fs::read_dir(w.cache.path()).expect("a cache").flatten().map(|entry| entry.path());
    let other = folders.find(|other| *other != folder).expect("a second folder");
    fs::copy(folder.join("state.json"), other.join("state.json")).expect("copied");
    let status = client.status().expect("it verifies from the newer root too");
    assert_eq!(status.roles[0].version, 3);
}

#[test]
fn no_more_files_are_kept_than_anybody_wants() {
    let mut w = World::new();
    let names: Vec<String> = (0..17).map(|at| format!("file-{at}")).collect();
    names.iter().for_each(|name| w.repo.add_file("targets", name, name.as_bytes()));
    w.repo.publish(&NEXT);
    let kept = |w: &World| w.state().and_then(|state| state["whole"]["files"].as_object().map(serde_json::Map::len));
    names.iter().take(16).for_each(|name| w.downloads(name, name.as_bytes()));
    assert_eq!(kept(&w), Some(16));
    w.downloads(&names[16], names[16].as_bytes());
    assert_eq!(kept(&w), Some(1));
}

#[test]
fn what_older_keys_signed_is_of_yesterday_and_not_wrong() {
    for role in ["timestamp", "snapshot", "targets"] {
        let mut w = fetched();
        w.repo.rotate(role);
        w.repo.publish(&["root"]);
        w.repo.published.remove("timestamp");
        w.refuses("tuf-file-missing");
        let error = w.offline(&[ROOT]).expect_err("the newest root's keys did not sign it");
        assert_eq!((error.code(), error.is_unavailable()), ("tuf-not-cached", true), "{role}: {error}");
    }
}

#[test]
fn two_repositories_lie_side_by_side() {
    let (mut one, mut two) = (World::new(), World::new());
    for (w, content) in [(&mut one, b"the first"), (&mut two, b"the other")] {
        w.repo.add_file("targets", ROOT, content);
        w.repo.publish(&NEXT);
    }
    let cache = tempfile::tempdir().expect("a folder");
    // The same name and address, and another root: another repository.
    for w in [&one, &two] {
        let repository = w.repository().expect("a repository");
        let client = Client::new(&repository, cache.path());
        client.update(&[ROOT], Check::Full, &w.repo, &Cancel::default(), Time::from_unix(NOW)).expect("accepted");
    }
    for (w, content) in [(&one, b"the first"), (&two, b"the other")] {
        let repository = w.repository().expect("a repository");
        let verified = Client::new(&repository, cache.path()).offline(&[ROOT], Time::from_unix(NOW)).expect("there");
        assert_eq!(verified.file(ROOT), Some(&content[..]));
    }
    let mixed = one.repository().expect("a repository");
    let client = Client::new(&mixed, cache.path());
    let outcome = client.update(&[ROOT], Check::Full, &two.repo, &Cancel::default(), Time::from_unix(NOW));
    is_refused(outcome, "tuf-threshold");
}

#[test]
fn many_at_once_wait_for_each_other_and_only_one_has_the_work() {
    let w = fetched();
    fs::remove_dir_all(w.cache.path()).expect("removed");
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                let verified = w.update(&[ROOT], Check::Quick).expect("accepted");
                assert_eq!(verified.file(ROOT), Some(&b"the first"[..]));
                assert!(w.offline(&[ROOT]).is_ok());
            });
        }
    });
    let asked = w.repo.asked();
    assert_eq!(asked.len(), 4 + 11, "{asked:?}");
    assert_eq!(w.repo.asked_files.lock().expect("a list").len(), 1);
}

#[test]
fn a_raised_flag_stops_the_waiting() {
    let w = fetched();
    let folder = fs::read_dir(w.cache.path()).expect("a cache").flatten().next().expect("a folder").path();
    let held = fs::File::options().write(true).open(folder.join("lock")).expect("a lock");
    held.lock().expect("locked");
    let cancel = Cancel::default();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let repository = w.repository().expect("a repository");
            let client = Client::new(&repository, w.cache.path());
            client.update(&[], Check::Full, &w.repo, &cancel, Time::from_unix(NOW)).map(drop)
        });
        thread::sleep(Duration::from_millis(50));
        // Who only reads does not wait.
        assert!(w.offline(&[ROOT]).is_ok());
        cancel.raise();
        assert_eq!(waiting.join().expect("it ends").expect_err("cancelled").code(), "cancelled");
    });
}

/// A repository in a folder.
struct Folder(PathBuf);

impl Fetch for Folder {
    fn fetch(&self, _: Kind, path: &str, _: usize) -> Result<Option<Vec<u8>>, Error> {
        Ok(fs::read(self.0.join(path)).ok())
    }
}

/// Run by the next test, as a process of its own: updates until it is killed, each time with something new to write.
#[test]
fn updates_for_ever_when_told_to() {
    let Some(dir) = env::var_os("BULLA_TUF_CHILD").map(PathBuf::from) else { return };
    let root = fs::read(dir.join("1.root.json")).expect("a root");
    let repository = Repository::new("test", "https://tuf.test", &root).expect("a repository");
    let client = Client::new(&repository, &dir.join("cache"));
    for second in 0.. {
        let now = Time::from_unix(NOW + second % DAY);
        client.update(&[ROOT], Check::Full, &Folder(dir.clone()), &Cancel::default(), now).expect("accepted");
    }
}

fn write_out(repo: &Repo, dir: &Path) {
    for path in ["1.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json"] {
        let bytes = repo.fetch(Kind::Metadata, path, usize::MAX).expect("there").expect("there");
        fs::write(dir.join(path), bytes).expect("written");
    }
}

#[test]
fn a_process_killed_in_the_middle_loses_nothing() {
    let w = fetched();
    let dir = tempfile::tempdir().expect("a folder");
    write_out(&w.repo, dir.path());
    let hash = bulla_verify::Digest::of(b"the first").to_hex();
    fs::write(dir.path().join(format!("{hash}.{ROOT}")), b"the first").expect("written");
    let repository = w.repository().expect("a repository");
    let client = Client::new(&repository, &dir.path().join("cache"));
    client
        .update(&[ROOT], Check::Full, &Folder(dir.path().into()), &Cancel::default(), Time::from_unix(NOW))
        .expect("accepted");
    let mut written = 0;
    for round in 0..20_u64 {
        let mut child = Command::new(env::current_exe().expect("this test"))
            .args(["--exact", "cache::updates_for_ever_when_told_to"])
            .env("BULLA_TUF_CHILD", dir.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("a process");
        thread::sleep(Duration::from_millis(40 + round * 3));
        child.kill().and_then(|()| child.wait()).expect("killed");
        let verified = client.offline(&[ROOT], Time::from_unix(NOW)).expect("nothing is lost");
        assert_eq!(verified.file(ROOT), Some(&b"the first"[..]));
        written += usize::from(verified.status().checked != Time::from_unix(NOW));
        client
            .update(&[ROOT], Check::Full, &Folder(dir.path().into()), &Cancel::default(), Time::from_unix(NOW))
            .expect("not locked");
    }
    assert!(written > 5, "killed before it wrote anything, in all but {written} of 20 rounds");
}
