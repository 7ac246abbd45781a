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
fn one_entry_past_a_hundred_is_not_listed() {
    let sandbox = Sandbox::start(SandboxConfig::only(&[Part::Rekor])).unwrap();
    let (signer, mut client) = (Signer::new(), connect(&sandbox));
    let log = |client: &mut crate::client::Client, number: u8| {
        let request = crate::rekor::of_key(&signer, &[number]);
        post(client, "/api/v2/log/entries", None, &request).expect(201);
    };
    // The log's own is the first.
    (0..99).for_each(|number| log(&mut client, number));
    assert!(page(&sandbox).contains("<td>rekor</td><td>0</td>"));
    log(&mut client, 99);
    assert!(!page(&sandbox).contains("<td>rekor</td><td>0</td>"));
}
