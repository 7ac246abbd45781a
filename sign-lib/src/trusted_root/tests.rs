//! A trusted root made of the parts of a real one is the real one.

use super::*;
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_transport::Options;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

/// Sigstore's public instance.
const PUBLIC_GOOD: &[u8] = include_bytes!("../../../verify-lib/src/trust/public_good.json");

/// Without fractions of a second, which are dropped when a time is read.
fn public_good() -> Value {
    serde_json::from_str(&String::from_utf8_lossy(PUBLIC_GOOD).replace(".999Z", "Z")).expect("JSON")
}

fn time(value: &Value) -> Option<Time> {
    value.as_str().and_then(Time::parse_rfc3339)
}

fn pem(label: &str, base64: &Value) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", base64.as_str().expect("a text"))
}

fn key(log: &Value) -> VerifyingKey {
    let spki = STANDARD.decode(log["publicKey"]["rawBytes"].as_str().expect("a text")).expect("base64");
    VerifyingKey::from_spki_der(&spki).expect("a key")
}

fn new_log(log: &Value, origin: Option<&str>) -> NewLog {
    NewLog {
        url: log["baseUrl"].as_str().expect("a text").to_owned(),
        key: key(log),
        origin: origin.map(str::to_owned),
        operator: None,
        from: time(&log["publicKey"]["validFor"]["start"]).expect("a start"),
        until: time(&log["publicKey"]["validFor"]["end"]),
    }
}

fn chain(authority: &Value) -> String {
    let certificates = authority["certChain"]["certificates"].as_array().expect("a list");
    certificates.iter().map(|certificate| pem("CERTIFICATE", &certificate["rawBytes"])).collect()
}

fn new_authority<'a>(authority: &Value, chain: &'a str) -> NewAuthority<'a> {
    let trusted = Trusted { from: time(&authority["validFor"]["start"]), until: time(&authority["validFor"]["end"]) };
    let url = authority["uri"].as_str().expect("a text").to_owned();
    NewAuthority { url, chain: chain.as_bytes(), operator: None, trusted }
}

#[test]
fn a_root_made_of_the_parts_of_the_public_one_is_the_public_one() {
    let mut public = public_good();
    let mut draft = Draft::new();
    for authority in public["certificateAuthorities"].as_array().expect("a list") {
        draft = draft.with_authority(&new_authority(authority, &chain(authority))).expect("an authority");
    }
    let [one, two] = [&public["tlogs"][0], &public["tlogs"][1]];
    draft = draft.with_log(&new_log(one, None)).expect("Rekor v1");
    draft = draft.with_log(&new_log(two, Some("log2025-1.rekor.sigstore.dev"))).expect("Rekor v2");
    for log in public["ctlogs"].as_array().expect("a list") {
        draft = draft.with_certificate_log(&new_log(log, None)).expect("a log");
    }
    for authority in public["timestampAuthorities"].as_array().expect("a list") {
        draft = draft.with_timestamp_authority(&new_authority(authority, &chain(authority))).expect("an authority");
    }
    let made: Value = serde_json::from_slice(&draft.to_json().expect("a root")).expect("JSON");
    // The subject is the one of the chain's last certificate.
    for authorities in ["certificateAuthorities", "timestampAuthorities"] {
        for (at, authority) in made[authorities].as_array().expect("a list").iter().enumerate() {
            assert_eq!(authority["subject"]["organization"], "sigstore.dev");
            public[authorities][at]["subject"] = authority["subject"].clone();
        }
    }
    assert!(made == public, "{made:#}");
}

#[test]
fn without_a_start_it_is_when_the_whole_chain_was_valid() {
    let public = public_good();
    let chain = chain(&public["certificateAuthorities"][1]);
    let mut authority = new_authority(&public["certificateAuthorities"][1], &chain);
    authority.trusted = Trusted { from: None, until: None };
    let json = Draft::new().with_authority(&authority).and_then(|draft| draft.to_json()).expect("a root");
    let made: Value = serde_json::from_slice(&json).expect("JSON");
    // The intermediate's, which is half a year younger than its root.
    assert_eq!(made["certificateAuthorities"][0]["validFor"]["start"], "2022-04-13T20:06:15Z");
    assert_eq!(made["certificateAuthorities"][0]["validFor"].get("end"), None);
}

#[track_caller]
fn refuses<T>(outcome: Result<T, DraftError>, code: &str) {
    let Err(error) = outcome else { panic!("this must be refused: {code}") };
    assert_eq!(error.code(), code, "{error}");
}

#[test]
fn what_cannot_be_trusted_is_refused() {
    let public = public_good();
    refuses(Draft::new().to_json(), "draft-empty");
    let log = new_log(&public["tlogs"][1], None);
    refuses(Draft::new().with_log(&NewLog { until: Some(Time::from_unix(0)), ..log.clone() }), "draft-window");
    for url in ["", "rekor.test", "https://", "ftp://x", "https:///x", "https://x y", "https://x\n"] {
        refuses(Draft::new().with_log(&NewLog { url: url.to_owned(), ..log.clone() }), "draft-address");
    }
    refuses(
        Draft::new().with_log(&NewLog { url: format!("https://{}", "a".repeat(2041)), ..log.clone() }),
        "draft-address",
    );
    for origin in [String::new(), "a\nb".to_owned(), "a".repeat(1025)] {
        refuses(Draft::new().with_log(&NewLog { origin: Some(origin), ..log.clone() }), "draft-origin");
    }
    let chain = chain(&public["certificateAuthorities"][1]);
    let authority = new_authority(&public["certificateAuthorities"][1], &chain);
    let nine = chain.repeat(5);
    let broken = chain.replace("MII", "AII");
    for bad in ["", "rubbish", &broken, &nine] {
        refuses(
            Draft::new().with_authority(&NewAuthority { chain: bad.as_bytes(), ..authority.clone() }),
            "draft-chain",
        );
    }
    // A timestamp's certificate issues none for signing.
    let tsa = self::chain(&public["timestampAuthorities"][0]);
    let swapped = Draft::new().with_authority(&NewAuthority { chain: tsa.as_bytes(), ..authority });
    refuses(swapped.and_then(|draft| draft.to_json()), "trusted-root-malformed");
}

#[test]
fn an_rsa_key_logs_under_no_origin() {
    let key = crate::SigningKey::generate(KeyAlgorithm::Rsa).expect("a key").verifying_key().clone();
    let log = NewLog {
        url: "https://log.test".to_owned(),
        key,
        origin: None,
        operator: Some("acme".to_owned()),
        from: Time::from_unix(0),
        until: None,
    };
    let json = Draft::new().with_certificate_log(&log).and_then(|draft| draft.to_json()).expect("a root");
    let made: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(made["ctlogs"][0]["publicKey"]["keyDetails"], "PKIX_RSA_PKCS1V15_3072_SHA256");
    assert_eq!(made["ctlogs"][0]["operator"], "acme");
    refuses(Draft::new().with_log(&NewLog { origin: Some("log.test".to_owned()), ..log }), "draft-log-key");
}

#[test]
fn the_public_root_lists_its_services_and_the_ids_of_its_logs_are_their_keys() {
    let listed = list(PUBLIC_GOOD).expect("it is read");
    let urls: Vec<(Role, &str)> = listed.iter().map(|one| (one.role, one.url.as_str())).collect();
    assert_eq!(
        urls,
        [
            (Role::CertificateAuthority, "https://fulcio.sigstore.dev"),
            (Role::CertificateAuthority, "https://fulcio.sigstore.dev"),
            (Role::Log, "https://rekor.sigstore.dev"),
            (Role::Log, "https://log2025-1.rekor.sigstore.dev"),
            (Role::CertificateLog, "https://ctfe.sigstore.dev/test"),
            (Role::CertificateLog, "https://ctfe.sigstore.dev/2022"),
            (Role::TimestampAuthority, "https://timestamp.sigstore.dev/api/v1/timestamp"),
        ]
    );
    let ids: Vec<_> = listed.iter().filter_map(|one| one.log_id.clone()).collect();
    let origin = LogIdOf::Origin("log2025-1.rekor.sigstore.dev".to_owned());
    assert_eq!(ids, [LogIdOf::Key, origin, LogIdOf::Key, LogIdOf::Key]);
    let now = Time::parse_rfc3339("2026-11-25T00:00:00Z").expect("a time");
    let current: Vec<bool> = listed.iter().map(|one| one.is_current(now)).collect();
    assert_eq!(current, [false, true, true, true, false, true, true]);
    let end = listed[1].certificates_end.expect("certificates");
    assert_eq!(end.to_string(), "2031-10-05T13:56:58Z");
    assert!(listed[1].is_current(end) && !listed[1].is_current(Time::from_unix(end.unix() + 1)));
}

#[test]
fn an_id_that_is_not_the_keys_is_noticed() {
    let mut public = public_good();
    public["tlogs"][0]["logId"]["keyId"] = public["tlogs"][1]["logId"]["keyId"].clone();
    let listed = list(public.to_string().as_bytes()).expect("it is read");
    assert_eq!(listed[2].log_id, Some(LogIdOf::Unknown));
    assert_eq!(list(b"{}").expect_err("no root").code(), "trusted-root-malformed");
}

/// A service that answers everything with this, a few times.
fn serve(head: &str, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let length = body.len();
    let answer = format!("HTTP/1.1 200 OK\r\n{head}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            stream.read(&mut request).and_then(|_| stream.write_all(answer.as_bytes())).ok();
        }
    });
    url
}

/// Asks a service of that role, at ten o'clock.
fn asked(log: &Value, role: Role, url: &str) -> Probe {
    let listed = list(PUBLIC_GOOD).expect("it is read");
    let mut service = listed.into_iter().find(|one| one.role == role && one.url == log["baseUrl"]).expect("listed");
    service.url = url.to_owned();
    let clock = || Time::parse_rfc3339("2026-11-25T10:00:00Z").expect("a time");
    probe(&service, &Options::default(), &clock).expect("it answers")
}

#[test]
fn a_clock_that_is_wrong_is_told_with_its_amount() {
    let log = &public_good()["tlogs"][0];
    for (date, ahead) in [
        ("date: Wed, 25 Nov 2026 10:00:00 GMT\r\n", Some(0)),
        ("date: Wed, 25 Nov 2026 10:10:01 GMT\r\n", Some(601)),
        ("date: Wed, 25 Nov 2026 09:59:00 GMT\r\n", Some(-60)),
        ("date: soon\r\n", None),
        ("", None),
    ] {
        let probe = asked(log, Role::Log, &serve(date, "{}"));
        assert_eq!((probe.status, probe.clock_ahead, probe.log_id), (200, ahead, None), "{date}");
    }
}

#[test]
fn a_checkpoint_says_under_which_origin_a_logs_id_is() {
    let log = &public_good()["tlogs"][1];
    let origin = "log2025-1.rekor.sigstore.dev";
    let right = asked(log, Role::Log, &serve("", &format!("{origin}\n1\nAAAA\n")));
    assert_eq!(right.log_id, Some(LogIdOf::Origin(origin.to_owned())));
    for other in ["another.origin\n1\n", "", "\n"] {
        assert_eq!(asked(log, Role::Log, &serve("", other)).log_id, Some(LogIdOf::Unknown), "{other:?}");
    }
}

#[test]
fn a_service_that_is_not_there_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let mut service = list(PUBLIC_GOOD).expect("it is read").remove(0);
    service.url = url;
    let error = probe(&service, &Options::default(), &|| Time::from_unix(0)).expect_err("nobody is there");
    assert!(error.is_unavailable(), "{error}");
}
