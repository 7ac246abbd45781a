//! The registry misbehaves exactly as asked, stays within its bounds, and stops.

use crate::client::Client;
use bulla_sandbox::{Config, Fault, Injection, Registry, sequential_round_trips};
use bulla_verify::Digest;
use std::net::TcpStream;
use std::time::{Duration, Instant};

const BLOB: &[u8] = b"a blob that can be cut in its middle";

/// A registry with one blob, a connection to it, and the blob's address.
fn started() -> (Registry, Client, String) {
    let registry = Registry::start(Config::with_referrers()).unwrap();
    let mut client = Client::new(&registry.host());
    let digest = Digest::of(BLOB);
    client.ask("POST", &format!("/v2/a/blobs/uploads/?digest={digest}"), &[], BLOB).expect(201);
    (registry, client, format!("/v2/a/blobs/{digest}"))
}

#[test]
fn a_fault_befalls_the_requests_it_names_as_often_as_it_says() {
    let (registry, mut client, blob) = started();
    let retry_after = Duration::from_secs(7);
    registry.inject(Injection::of(Fault::TooManyRequests { retry_after }).on_method("GET").on_path("/blobs/").times(2));
    client.get("/v2/").expect(200);
    client.ask("HEAD", &blob, &[], b"").expect(200);
    for _ in 0..2 {
        assert_eq!(client.get(&blob).expect(429).header("retry-after"), Some("7"));
    }
    client.get(&blob).expect(200);
    registry.inject(Fault::InternalError);
    client.get(&blob).refused(500, "UNKNOWN");
    registry.clear_faults();
    client.get(&blob).expect(200);
}

#[test]
fn a_refused_upload_takes_no_effect_and_a_lost_answer_does() {
    let (registry, mut client, _) = started();
    let (digest, target) = (Digest::of(b"new"), format!("/v2/a/blobs/uploads/?digest={}", Digest::of(b"new")));
    registry.inject(Injection::of(Fault::Denied).times(1));
    client.ask("POST", &target, &[], b"new").refused(403, "DENIED");
    assert_eq!(registry.content("a", &digest), None);
    registry.inject(Injection::of(Fault::LostAnswer).times(1));
    client.raw(format!("POST {target} HTTP/1.1\r\nContent-Length: 3\r\n\r\nnew").as_bytes());
    assert!(client.answer(false).is_none());
    assert_eq!(registry.content("a", &digest).unwrap(), b"new");
}

#[test]
fn a_truncated_body_ends_with_its_connection() {
    let (registry, mut client, blob) = started();
    registry.inject(Fault::Truncated);
    let answer = client.get(&blob).expect(200);
    assert_eq!(answer.header("content-length"), Some(BLOB.len().to_string().as_str()));
    assert_eq!(answer.body, BLOB[..BLOB.len() / 2]);
    assert!(client.ended());
}

#[test]
fn an_altered_body_has_its_length_and_another_digest() {
    let (registry, mut client, blob) = started();
    registry.inject(Fault::WrongDigest);
    let answer = client.get(&blob).expect(200);
    assert_eq!(answer.body.len(), BLOB.len());
    assert_ne!(Digest::of(&answer.body), Digest::of(BLOB));
    assert_eq!(answer.header("docker-content-digest"), Some(Digest::of(BLOB).to_string().as_str()));
    client.get("/v2/nowhere/tags/list").refused(404, "NAME_UNKNOWN");
}

#[test]
fn a_redirect_leads_where_it_was_told() {
    let (registry, mut client, blob) = started();
    registry.inject(Fault::RedirectTo("http://127.0.0.1:9{path}".into()));
    let location = format!("http://127.0.0.1:9{blob}");
    assert_eq!(client.get(&blob).expect(307).header("location"), Some(location.as_str()));
}

#[test]
fn slow_goes_with_another_fault_and_shows_what_was_asked_side_by_side() {
    let (registry, mut client, blob) = started();
    registry.inject(Fault::Slow(Duration::from_millis(100)));
    registry.inject(Injection::of(Fault::InternalError).times(1));
    registry.clear_requests();
    client.get(&blob).expect(500);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| Client::new(&registry.host()).get(&blob).expect(200));
        }
    });
    client.get(&blob).expect(200);
    let requests = registry.requests();
    assert_eq!(requests.len(), 6);
    assert_eq!(sequential_round_trips(&requests), 3);
    assert!(requests.iter().all(|request| request.ended - request.started >= Duration::from_millis(100)));
}

#[test]
fn replaced_content_is_served_under_the_old_digest() {
    let (registry, mut client, blob) = started();
    assert!(registry.replace_content("a", &Digest::of(BLOB), b"other"));
    assert!(!registry.replace_content("a", &Digest::of(b"none"), b"other"));
    assert_eq!(client.get(&blob).expect(200).body, b"other");
}

#[test]
fn more_than_the_capacity_is_refused_and_nothing_of_it_kept() {
    let registry = Registry::start(Config { capacity: 4096, ..Config::with_referrers() }).unwrap();
    let push = |bytes: &[u8]| {
        let target = format!("/v2/a/blobs/uploads/?digest={}", Digest::of(bytes));
        Client::new(&registry.host()).ask("POST", &target, &[], bytes)
    };
    push(&[1; 1024]).expect(201);
    push(&[2; 2048]).expect(507);
    push(&[3; 512]).expect(201);
    let mut client = Client::new(&registry.host());
    client.raw(b"POST /v2/a/blobs/uploads/ HTTP/1.1\r\nContent-Length: 9999999999999\r\n\r\n");
    client.raw(&[0; 8192]);
    assert_eq!(client.answer(false).map(|answer| answer.status), Some(413));
}

#[test]
fn a_manifest_of_one_byte_more_than_4_mib_is_refused() {
    let (_registry, mut client, _) = started();
    let put = |client: &mut Client, size: usize| {
        let mut body = br#"{"schemaVersion":2,"manifests":[]}"#.to_vec();
        body.resize(size, b' ');
        client.ask("PUT", "/v2/a/manifests/big", &[("Content-Type", "application/vnd.oci.image.index.v1+json")], &body)
    };
    put(&mut client, 4 * 1024 * 1024).expect(201);
    put(&mut client, 4 * 1024 * 1024 + 1).refused(413, "SIZE_INVALID");
}

#[test]
fn one_open_upload_too_many_is_refused() {
    let (_registry, mut client, _) = started();
    let first = client.ask("POST", "/v2/a/blobs/uploads/", &[], b"").expect(202);
    for _ in 1..256 {
        client.ask("POST", "/v2/a/blobs/uploads/", &[], b"").expect(202);
    }
    client.ask("POST", "/v2/a/blobs/uploads/", &[], b"").refused(429, "TOOMANYREQUESTS");
    client.ask("DELETE", first.header("Location").unwrap(), &[], b"").expect(204);
    client.ask("POST", "/v2/a/blobs/uploads/", &[], b"").expect(202);
}

#[test]
fn one_connection_too_many_is_told_so() {
    let (registry, _client, _) = started();
    let mut clients: Vec<_> = (0..255).map(|_| Client::new(&registry.host())).collect();
    for client in &mut clients {
        client.get("/v2/").expect(200);
    }
    assert_eq!(Client::new(&registry.host()).answer(false).unwrap().status, 503);
}

#[test]
fn a_request_that_two_readers_could_cut_differently_is_refused() {
    for head in [
        "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
        "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n".to_owned(),
        "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nContent-Length: +1\r\n\r\n".to_owned(),
        "GET /v2/ HTTP/1.1\r\nA : b\r\n\r\n".to_owned(),
        "GET /v2/ HTTP/2\r\n\r\n".to_owned(),
        "hello\r\n\r\n".to_owned(),
    ] {
        let (_registry, mut client, _) = started();
        client.raw(head.as_bytes());
        assert_eq!(client.answer(false).unwrap().status, 400, "{head}");
        assert!(client.ended());
    }
}

#[test]
fn one_header_or_byte_too_many_is_refused() {
    let lines = |count: usize| format!("GET /v2/ HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(count));
    let line = format!("GET /v2/{} HTTP/1.1\r\n", "a".repeat(64 * 1024));
    for (head, status) in [(lines(100), 200), (lines(101), 431), (line, 431)] {
        let (_registry, mut client, _) = started();
        client.raw(head.as_bytes());
        assert_eq!(client.answer(false).unwrap().status, status);
    }
}

#[test]
fn dropped_it_stops_at_once_though_clients_wait() {
    let (registry, _client, blob) = started();
    registry.inject(Fault::Slow(Duration::from_secs(30)));
    let addr = registry.addr();
    let mut waiting = Client::new(&registry.host());
    waiting.raw(format!("GET {blob} HTTP/1.1\r\n\r\n").as_bytes());
    std::thread::sleep(Duration::from_millis(50));
    let begun = Instant::now();
    drop(registry);
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(TcpStream::connect(addr).is_err());
}
