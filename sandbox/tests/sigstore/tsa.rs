//! The timestamp authority. That its timestamps verify is shown where bundles are.

use crate::signer::{connect, timestamp_request};
use bulla_sandbox::{Sandbox, SandboxConfig};

const PATH: &str = "/api/v1/timestamp";
const QUERY: [(&str, &str); 1] = [("Content-Type", "application/timestamp-query")];

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_timestamp_has_the_imprint_the_nonce_and_the_certificate_that_were_asked_for() {
    let sandbox = Sandbox::start(SandboxConfig::default()).unwrap();
    let mut client = connect(&sandbox);
    let request = timestamp_request(b"signature");
    let response = client.ask("POST", PATH, &QUERY, &request).expect(200);
    assert_eq!(response.header("content-type"), Some("application/timestamp-reply"));
    assert!(contains(&response.body, &request[5..5 + 49]));
    assert!(contains(&response.body, &[2, 8, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]));
    let chain = client.get("/api/v1/timestamp/certchain").expect(200);
    let pem = String::from_utf8(chain.body).unwrap();
    let first = pem.split_inclusive("-----END CERTIFICATE-----\n").next().unwrap();
    assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 3);
    assert!(contains(&response.body, &crate::signer::der_of(first)));
    // Without the wish at its end, no certificate.
    let mut without = request.clone();
    without.truncate(request.len() - 3);
    without[1] -= 3;
    assert!(!contains(&client.ask("POST", PATH, &QUERY, &without).expect(200).body, &crate::signer::der_of(first)));
}

#[test]
fn what_is_no_request_is_refused() {
    let sandbox = Sandbox::start(SandboxConfig::default()).unwrap();
    let mut client = connect(&sandbox);
    let request = timestamp_request(b"signature");
    client.ask("POST", PATH, &[("Content-Type", "application/json")], &request).expect(415);
    let cut = &request[..request.len() - 1];
    let mut old = request.clone();
    old[4] = 2;
    let mut weak = request.clone();
    weak[17] = 9;
    for (bad, why) in [(cut, "not a timestamp"), (&old, "not a timestamp"), (&weak, "hash algorithm"), (b"", "not a")] {
        let answer = client.ask("POST", PATH, &QUERY, bad).expect(400).json();
        assert!(answer["message"].as_str().unwrap().contains(why), "{answer}");
    }
    client.ask("POST", PATH, &QUERY, &[0; 64 * 1024]).expect(400);
    client.ask("POST", PATH, &QUERY, &[0; 64 * 1024 + 1]).expect(413);
}
