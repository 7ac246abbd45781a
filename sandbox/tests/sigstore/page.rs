//! What a person sees.

use crate::signer::{Signer, certify, connect, post, sign};
use bulla_sandbox::{Part, Sandbox, SandboxConfig};
use serde_json::json;
use sha2::{Digest as _, Sha256};

fn page(sandbox: &Sandbox) -> String {
    let answer = connect(sandbox).get("/").expect(200);
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    String::from_utf8(answer.body).unwrap()
}

#[test]
fn the_page_lists_who_has_signed_what_and_says_that_it_proves_nothing() {
    let sandbox = Sandbox::start(SandboxConfig::default()).unwrap();
    sign(&sandbox, b"artifact");
    let page = page(&sandbox);
    let digest: String = Sha256::digest(b"artifact").iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(page.contains("<td>ada@sandbox.invalid</td>") && page.contains(&digest));
    assert!(page.contains("not a production root of trust"));
}

#[test]
fn a_name_that_is_html_is_shown_and_not_read() {
    let sandbox = Sandbox::start(SandboxConfig::default()).unwrap();
    let name = "<script>alert(1)</script>@sandbox.invalid";
    let claims = json!({ "sub": name, "email": name, "email_verified": true });
    let (token, signer) = (sandbox.token(&claims).unwrap(), Signer::new());
    let mut client = connect(&sandbox);
    let answer = post(&mut client, "/api/v2/signingCert", Some(&token), &signer.certificate_request(name)).expect(200);
    let certificate = crate::signer::chain_of(&answer.json()).remove(0);
    let request = signer.entry_request(&Sha256::digest(b"a"), &signer.sign(b"a"), &certificate);
    post(&mut client, "/api/v2/log/entries", None, &request).expect(201);
    certify(&sandbox, &signer);
    let page = page(&sandbox);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;@sandbox.invalid"));
    assert!(!page.contains("<script"));
}

#[test]
fn one_entry_past_a_hundred_is_not_listed_and_the_page_says_so() {
    let sandbox = Sandbox::start(SandboxConfig::only(&[Part::Rekor])).unwrap();
    let (signer, mut client) = (Signer::new(), connect(&sandbox));
    let log = |client: &mut crate::client::Client, number: u8| {
        let request = crate::rekor::of_key(&signer, &[number]);
        post(client, "/api/v2/log/entries", None, &request).expect(201);
    };
    // The log's own is the first.
    (0..99).for_each(|number| log(&mut client, number));
    let (first, told) = ("<td>rekor</td><td>0</td>", "rekor has 101 entries: the latest 100.");
    assert!(page(&sandbox).contains(first) && !page(&sandbox).contains("the latest"));
    log(&mut client, 99);
    assert!(!page(&sandbox).contains(first) && page(&sandbox).contains(told));
}

#[test]
fn another_sites_page_is_answered_by_no_part() {
    let sandbox = Sandbox::start(SandboxConfig::default()).unwrap();
    let own = sandbox.url().trim_start_matches("http://").to_owned();
    let status = |method: &str, path: &str, host: &str, origin: &str| {
        let mut client = connect(&sandbox);
        let origin = if origin.is_empty() { String::new() } else { format!("Origin: {origin}\r\n") };
        client.raw(format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{origin}Content-Length: 0\r\n\r\n").as_bytes());
        client.answer(false).unwrap().status
    };
    for (method, path) in [
        ("GET", "/"),
        ("POST", "/auth/device/code"),
        ("POST", "/auth/token"),
        ("POST", "/api/v2/log/entries"),
        ("GET", "/v2/"),
        ("POST", "/v2/app/blobs/uploads/"),
    ] {
        for (host, origin) in [
            ("evil.example", ""),
            (own.as_str(), "http://evil.example"),
            (own.as_str(), "null"),
            (own.as_str(), "http://127.0.0.1:1"),
            ("evil.example", "http://evil.example"),
        ] {
            assert_eq!(status(method, path, host, origin), 403, "{path} {host} {origin}");
        }
        for (host, origin) in [(own.as_str(), ""), (own.as_str(), sandbox.url()), ("host.docker.internal:3000", "")] {
            assert_ne!(status(method, path, host, origin), 403, "{path} {host} {origin}");
        }
    }
    assert_eq!(sandbox.registry().requests().len(), 18, "what is refused is not even noted");
}
