//! The same over HTTP, through the door for services.

use crate::maker::{NOW, Repo};
use crate::world::World;
use bulla_transport::tuf::{Check, Client, Fetch as _, Kind, Mirror, Repository, fetch_root};
use bulla_transport::{Cancel, Options};
use bulla_verify::{Digest, Time};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const ROOT: &str = "trusted_root.json";

/// What is answered for what is not there.
const MISSING: [u16; 3] = [404, 403, 410];

pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

/// Serves until the test ends.
pub(crate) fn serve(repo: Repo, missing: u16) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/tuf", listener.local_addr().expect("an address"));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, &repo, missing, &heard);
        }
    });
    Server { url, asked }
}

fn answer(mut stream: TcpStream, repo: &Repo, missing: u16, asked: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
    let line = lines.next().and_then(Result::ok).unwrap_or_default();
    while lines.next().and_then(Result::ok).is_some_and(|header| !header.is_empty()) {}
    let path = line.split(' ').nth(1).and_then(|path| path.strip_prefix("/tuf/")).unwrap_or_default().to_owned();
    asked.lock().expect("a list").push(path.clone());
    let found = match path.strip_prefix("targets/") {
        Some(path) => repo.fetch(Kind::Target, path, usize::MAX),
        None => repo.fetch(Kind::Metadata, &path, usize::MAX),
    };
    let (status, body) = found.expect("no limit").map_or((missing, Vec::new()), |body| (200, body));
    let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).ok();
}

fn options() -> Options {
    Options { deadline: Duration::from_secs(3), ..Options::default() }
}

fn world() -> (World, Repo) {
    let mut w = World::new();
    w.repo.delegate("targets", "a/b?c", &["trusted_*"], false);
    w.repo.add_file("a/b?c", ROOT, b"the first");
    w.repo.publish(&["a/b?c", "targets", "snapshot", "timestamp"]);
    let repo = std::mem::replace(&mut w.repo, Repo::new());
    (w, repo)
}

#[test]
fn everything_comes_over_http_and_nothing_new_is_one_request() {
    for missing in MISSING {
        let (w, repo) = world();
        let server = serve(repo, missing);
        let repository = Repository::new("test", &server.url, &w.root).expect("a repository");
        let client = Client::new(&repository, w.cache.path());
        for (check, requests) in [(Check::Quick, 6), (Check::Quick, 1), (Check::Full, 2)] {
            let mirror = Mirror::new(&repository, &options()).expect("a mirror");
            let verified = client.update(&[ROOT], check, &mirror, &Cancel::default(), Time::from_unix(NOW));
            assert_eq!(verified.expect("accepted").file(ROOT), Some(&b"the first"[..]));
            let asked = std::mem::take(&mut *server.asked.lock().expect("a list"));
            assert_eq!(asked.len(), requests, "{asked:?}");
            if requests == 6 {
                assert!(asked.contains(&"1.a%2Fb%3Fc.json".to_owned()), "{asked:?}");
            }
        }
    }
}

#[test]
fn a_server_that_fails_is_unknown_and_no_end_of_the_roots() {
    let (w, repo) = world();
    let server = serve(repo, 501);
    let repository = Repository::new("test", &server.url, &w.root).expect("a repository");
    let mirror = Mirror::new(&repository, &options()).expect("a mirror");
    let client = Client::new(&repository, w.cache.path());
    let outcome = client.update(&[ROOT], Check::Full, &mirror, &Cancel::default(), Time::from_unix(NOW));
    let error = outcome.expect_err("it fails");
    assert!(error.is_unavailable(), "{error}");
    assert_eq!(*server.asked.lock().expect("a list"), ["2.root.json"]);
}

#[test]
fn a_root_from_an_address_has_to_be_the_one_that_was_named() {
    let (w, repo) = world();
    let server = serve(repo, 404);
    let url = format!("{}/1.root.json", server.url);
    let root = fetch_root(&url, &Digest::of(&w.root), &options()).expect("the one that was named");
    assert_eq!(root, w.root);
    let error = fetch_root(&url, &Digest::of(b"another"), &options()).expect_err("not the one that was named");
    assert_eq!((error.code(), error.is_unavailable()), ("tuf-root-digest", false));
    let error = fetch_root(&format!("{}/9.root.json", server.url), &Digest::of(b""), &options()).expect_err("none");
    assert_eq!(error.code(), "tuf-file-missing");
}

#[test]
fn plain_http_to_another_machine_is_not_asked() {
    let (w, _) = world();
    let repository = Repository::new("test", "http://tuf.test", &w.root).expect("a repository");
    assert_eq!(Mirror::new(&repository, &options()).expect_err("refused").code(), "plain-http-refused");
}
