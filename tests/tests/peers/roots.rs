//! Trusted roots: what cosign makes of the same parts we make too, and it loads ours.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::Peers;
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_sandbox::{Sandbox, SandboxConfig};
use bulla_sign::trusted_root::{Draft, DraftError, LogIdOf, NewAuthority, NewLog, Role, Trusted, list, probe};
use bulla_transport::Options;
use bulla_verify::{Time, VerifyingKey};
use serde_json::Value;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

const START: &str = "2024-01-01T00:00:00Z";

/// One part of a root: where it is, and its PEM.
struct Part {
    url: String,
    pem: String,
    origin: Option<String>,
}

fn pem(label: &str, base64: &Value) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", base64.as_str().expect("a text"))
}

fn parts(root: &Value, name: &str) -> Vec<Part> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parts = root[name].as_array().expect("a list").iter();
    if name.ends_with("logs") {
        let role = if name == "tlogs" { Role::Log } else { Role::CertificateLog };
        let all = list(root.to_string().as_bytes()).expect("it is read");
        let mut listed = all.into_iter().filter(|one| one.role == role);
        return parts
            .map(|log| {
                let url = text(&log["baseUrl"]);
                // In the same order as the root.
                let one = listed.next().expect("it is listed");
                let origin = match one.log_id {
                    Some(LogIdOf::Unknown) => match probe(&one, &Options::default(), &clock).expect("an answer").log_id
                    {
                        Some(LogIdOf::Origin(origin)) => Some(origin),
                        other => panic!("{other:?}"),
                    },
                    _ => None,
                };
                Part { url, pem: pem("PUBLIC KEY", &log["publicKey"]["rawBytes"]), origin }
            })
            .collect();
    }
    parts
        .map(|authority| {
            let certificates = authority["certChain"]["certificates"].as_array().expect("a list");
            let chain = certificates.iter().map(|one| pem("CERTIFICATE", &one["rawBytes"])).collect();
            Part { url: text(&authority["uri"]), pem: chain, origin: None }
        })
        .collect()
}

/// Our root of the parts of `root`, and what cosign is told to make the same; the parts are written to files.
fn made(peers: &Peers, root: &Value) -> (Vec<u8>, Vec<String>) {
    let start = Time::parse_rfc3339(START).expect("a time");
    let mut draft = Draft::new();
    let mut flags: Vec<String> = ["trusted-root", "create", "--out", "theirs.json"].map(str::to_owned).to_vec();
    let lists = [
        ("tlogs", "--rekor"),
        ("ctlogs", "--ctfe"),
        ("certificateAuthorities", "--fulcio"),
        ("timestampAuthorities", "--tsa"),
    ];
    for (name, flag) in lists {
        for (at, part) in parts(root, name).into_iter().enumerate() {
            let file = format!("{name}{at}.pem");
            fs::write(peers.path(&file), &part.pem).expect("a file");
            let key = if name.ends_with("logs") { "public-key" } else { "certificate-chain" };
            let origin = part.origin.as_ref().map(|origin| format!(",origin={origin}")).unwrap_or_default();
            flags.extend([flag.to_owned(), format!("url={},{key}={file},start-time={START}{origin}", part.url)]);
            draft = with(draft, name, &part, start).expect("a part of a root");
        }
    }
    (draft.to_json().expect("a root"), flags)
}

fn with(draft: Draft, name: &str, part: &Part, from: Time) -> Result<Draft, DraftError> {
    let log = || NewLog {
        url: part.url.clone(),
        key: VerifyingKey::from_pem(&wrapped(&part.pem)).expect("a key"),
        origin: part.origin.clone(),
        operator: None,
        from,
        until: None,
    };
    let trusted = Trusted { from: Some(from), until: None };
    let authority = NewAuthority { url: part.url.clone(), chain: part.pem.as_bytes(), operator: None, trusted };
    match name {
        "tlogs" => draft.with_log(&log()),
        "ctlogs" => draft.with_certificate_log(&log()),
        "certificateAuthorities" => draft.with_authority(&authority),
        _ => draft.with_timestamp_authority(&authority),
    }
}

#[test]
fn cosign_makes_the_same_root_of_the_same_parts_and_signs_and_verifies_with_ours() {
    let Some(peers) = Peers::running() else { return };
    let sandbox = Sandbox::start(SandboxConfig::default()).expect("a sandbox");
    let (ours, flags) = made(&peers, &sandbox.trusted_root());
    let write = |name: &str, content: &[u8]| fs::write(peers.path(name), content).expect("a file");
    write("ours.json", &ours);
    peers.cosign(&flags.iter().map(String::as_str).collect::<Vec<_>>()).succeeds();
    let theirs: Value = serde_json::from_slice(&fs::read(peers.path("theirs.json")).expect("a file")).expect("JSON");
    let ours: Value = serde_json::from_slice(&ours).expect("JSON");
    // Several logs it writes in any order.
    let sorted = |mut root: Value| {
        let logs = root["tlogs"].as_array_mut().expect("a list");
        logs.sort_by_key(|log| log["logId"]["keyId"].to_string());
        root
    };
    let (ours, theirs) = (sorted(ours), sorted(theirs));
    assert!(ours == theirs, "{ours:#}\n{theirs:#}");

    write("app", b"app");
    write("signing_config.json", sandbox.signing_config().to_string().as_bytes());
    write("token", sandbox.identity_token("dev@sandbox.invalid").expect("a token").as_bytes());
    let sign = ["sign-blob", "--bundle", "bundle.json", "--signing-config", "signing_config.json", "--yes"];
    let with = ["--identity-token", "token", "--trusted-root", "ours.json", "app"];
    peers.cosign(&[&sign[..], &with].concat()).succeeds();

    let issuer = sandbox.url();
    let verify = |root: &str| {
        let identity = ["--certificate-identity", "dev@sandbox.invalid", "--certificate-oidc-issuer", issuer];
        let files = ["--bundle", "bundle.json", "--trusted-root", root, "app"];
        peers.cosign(&[&["verify-blob"], &identity[..], &files].concat())
    };
    assert!(verify("ours.json").succeeds().contains("Verified OK"));
    let mut other = ours;
    other["ctlogs"][0]["logId"]["keyId"] = STANDARD.encode([1; 32]).into();
    write("other.json", other.to_string().as_bytes());
    verify("other.json").refuses("rror");

    let listed = list(sandbox.trusted_root().to_string().as_bytes()).expect("it is read");
    assert!(!listed.is_empty());
    for service in &listed {
        let probe = probe(service, &Options::default(), &clock).expect("it is reachable");
        assert!(probe.status < 500, "{service:?} {probe:?}");
        assert!(probe.clock_ahead.is_none_or(|ahead| ahead.abs() <= 1), "{service:?} {probe:?}");
        println!(
            "{:?} {}: {} in {:?}, clock {:?}",
            service.role, service.url, probe.status, probe.took, probe.clock_ahead
        );
    }
}

fn clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Time::from_unix(since.as_secs().try_into().expect("before the end of time"))
}

/// The key in lines of 64 characters, as PEM has it.
fn wrapped(pem: &str) -> String {
    let lines = pem.lines().flat_map(|line| {
        let starts = if line.starts_with('-') { vec![0] } else { (0..line.len()).step_by(64).collect() };
        let width = if line.starts_with('-') { line.len() } else { 64 };
        starts.into_iter().filter_map(move |at| line.get(at..line.len().min(at + width)))
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}
