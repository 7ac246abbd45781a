//! A sandbox with a folder: what it leaves there, and what of it is there again.

use crate::signer::{Signer, connect, judge, post, sign};
use bulla_sandbox::{Sandbox, SandboxConfig};
use bulla_verify::Digest;
use serde_json::Value;
use std::{
    fs,
    io::Write as _,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

/// A place that is empty, and gone afterwards.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("bulla-sandbox-{}-{name}", std::process::id()));
        drop(fs::remove_dir_all(&path));
        Self(path)
    }

    fn start(&self) -> std::io::Result<Sandbox> {
        // The folder's own, once it has one.
        let port = if self.0.join("port").exists() { 0 } else { quiet_port() };
        Sandbox::start(SandboxConfig { port, dir: Some(self.0.clone()), ..SandboxConfig::default() })
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.0.join(name)).unwrap()).unwrap()
    }
}

/// A free port that stays free between two starts: below those that the system gives to the other tests meanwhile.
fn quiet_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::Relaxed)).take(1000).find(free).unwrap()
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn the_folder_has_what_clients_need_and_nobody_else_may_read_it() {
    let place = Place::new("files");
    let sandbox = place.start().unwrap();
    assert_eq!(place.json("trusted_root.json"), sandbox.trusted_root());
    assert_eq!(place.json("signing_config.json"), sandbox.signing_config());
    assert_eq!(place.json("client_trust_config.json"), sandbox.client_trust_config());
    assert_eq!(fs::read_to_string(place.0.join("ready")).unwrap(), format!("{}\n", sandbox.url()));
    let token = fs::read_to_string(place.0.join("identity-token")).unwrap();
    let signer = Signer::new();
    let request = signer.certificate_request("dev@sandbox.invalid");
    post(&mut connect(&sandbox), "/api/v2/signingCert", Some(&token), &request).expect(200);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for name in ["", "identity-token", "keys.json", "journal"] {
            let mode = fs::metadata(place.0.join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{name}");
        }
    }
    drop(sandbox);
    assert!(!place.0.join("ready").exists());
}

#[cfg(unix)]
#[test]
fn nothing_is_written_where_a_link_leads() {
    use std::os::unix::fs::symlink;
    let (place, elsewhere) = (Place::new("links"), Place::new("elsewhere"));
    for folder in [&place.0, &elsewhere.0] {
        fs::create_dir(folder).unwrap();
    }
    let of_others = |name: &str| {
        let path = elsewhere.0.join(name);
        fs::write(&path, name).unwrap();
        path
    };
    // What the sandbox writes beside, and moves; and what a run that was killed leaves there.
    let names = ["keys.json", "port", "trusted_root.json", "signing_config.json", "client_trust_config.json"];
    let names = [&names[..], &["identity-token", "ready"]].concat();
    for name in &names {
        symlink(of_others(name), place.0.join(format!(".{name}.new"))).unwrap();
        symlink(of_others(name), place.0.join(name)).unwrap();
    }
    for name in ["keys.json", "port"] {
        fs::remove_file(place.0.join(name)).unwrap();
    }
    drop(place.start().unwrap());
    for name in names {
        assert_eq!(fs::read_to_string(elsewhere.0.join(name)).unwrap(), name);
    }
    // What it writes to for as long as it runs.
    for name in ["lock", "journal"] {
        fs::remove_file(place.0.join(name)).unwrap();
        symlink(of_others(name), place.0.join(name)).unwrap();
        let error = place.start().err().unwrap();
        assert!(error.to_string().contains(&format!("{name}` cannot be opened")), "{error}");
        assert_eq!(fs::read_to_string(elsewhere.0.join(name)).unwrap(), name);
        fs::remove_file(place.0.join(name)).unwrap();
    }
}

#[test]
fn two_sandboxes_are_never_in_one_folder() {
    let place = Place::new("two");
    let sandbox = place.start().unwrap();
    assert!(place.start().err().unwrap().to_string().contains("another sandbox is in"));
    drop(sandbox);
    place.start().unwrap();
}

#[test]
fn the_port_that_clients_know_is_taken_again_or_named() {
    let place = Place::new("port");
    let sandbox = place.start().unwrap();
    let port = sandbox.registry().addr().port();
    drop(sandbox);
    let other = TcpListener::bind(("127.0.0.1", port)).unwrap();
    assert_eq!(place.start().err().unwrap().to_string(), format!("port {port} is taken"));
    drop(other);
    assert_eq!(place.start().unwrap().registry().addr().port(), port);
}

#[test]
fn what_was_signed_and_pushed_is_there_after_a_restart_at_the_same_address() {
    let place = Place::new("restart");
    let sandbox = place.start().unwrap();
    let (url, trust) = (sandbox.url().to_owned(), sandbox.trusted_root());
    let bundle = sign(&sandbox, b"artifact");
    let (blob, other) = (Digest::of(b"blob"), Digest::of(b"other"));
    for bytes in [&b"blob"[..], b"other"] {
        let target = format!("/v2/a/blobs/uploads/?digest={}", Digest::of(bytes));
        connect(&sandbox).ask("POST", &target, &[], bytes).expect(201);
    }
    let index = br#"{"schemaVersion":2,"manifests":[]}"#;
    let kind = [("Content-Type", "application/vnd.oci.image.index.v1+json")];
    connect(&sandbox).ask("PUT", "/v2/a/manifests/1", &kind, index).expect(201);
    connect(&sandbox).ask("PUT", "/v2/a/manifests/2", &kind, index).expect(201);
    connect(&sandbox).ask("POST", &format!("/v2/b/blobs/uploads/?mount={blob}&from=a"), &[], b"").expect(201);
    connect(&sandbox).ask("DELETE", &format!("/v2/a/blobs/{other}"), &[], b"").expect(202);
    connect(&sandbox).ask("DELETE", "/v2/a/manifests/2", &[], b"").expect(202);
    let checkpoint = connect(&sandbox).get("/api/v2/checkpoint").expect(200).body;
    let certificates = connect(&sandbox).get("/ct/v1/get-entries?start=0&end=9").expect(200).body;
    drop(sandbox);

    let again = place.start().unwrap();
    assert_eq!((again.url(), again.trusted_root()), (url.as_str(), trust));
    assert_eq!(connect(&again).get("/api/v2/checkpoint").expect(200).body, checkpoint);
    assert_eq!(connect(&again).get("/ct/v1/get-entries?start=0&end=9").expect(200).body, certificates);
    judge(&again, &bundle, b"artifact").unwrap();
    judge(&again, &sign(&again, b"another"), b"another").unwrap();
    assert_eq!(again.registry().content("b", &blob).unwrap(), b"blob");
    assert_eq!(again.registry().content("a", &other), None);
    assert_eq!(again.registry().tags("a"), ["1"]);
}

#[test]
fn a_damaged_journal_does_not_start() {
    let place = Place::new("damaged");
    let sandbox = place.start().unwrap();
    sign(&sandbox, b"artifact");
    drop(sandbox);
    let journal = place.0.join("journal");
    let mut bytes = fs::read(&journal).unwrap();
    bytes[40] ^= 1;
    fs::write(&journal, bytes).unwrap();
    assert!(place.start().err().unwrap().to_string().contains("journal is damaged"));
}

/// Where a process of the next test, started by itself, keeps a sandbox that can be killed.
const KILLABLE: &str = "BULLA_SANDBOX_TEST_DIR";

/// This very test binary, as such a process.
fn spawn(dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "folder::nothing_that_was_acknowledged_is_lost_when_it_is_killed", "--nocapture"])
        .env(KILLABLE, dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn serve_until_killed(dir: &Path) {
    let _sandbox = Sandbox::start(SandboxConfig { dir: Some(dir.into()), ..SandboxConfig::default() }).unwrap();
    drop(std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
}

fn host(dir: &Path) -> String {
    let end = Instant::now() + Duration::from_secs(30);
    while Instant::now() < end {
        if let Some(url) = fs::read_to_string(dir.join("ready")).ok().filter(|url| url.ends_with('\n')) {
            return url.trim().strip_prefix("http://").unwrap().to_owned();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the sandbox did not start");
}

#[test]
fn nothing_that_was_acknowledged_is_lost_when_it_is_killed() {
    if let Some(dir) = std::env::var_os(KILLABLE) {
        return serve_until_killed(Path::new(&dir));
    }
    let place = Place::new("killed");
    let signer = Signer::new();
    let mut acknowledged = Vec::new();
    for round in 0..3_u8 {
        let mut child = spawn(&place.0);
        let mut client = crate::client::Client::new(&host(&place.0));
        for number in 0..10_u8 {
            let artifact = [round, number];
            let digest = sha2::Sha256::digest(artifact);
            let mut request = signer.entry_request(&digest, &signer.sign(&artifact), b"");
            request["hashedRekordRequestV002"]["signature"]["verifier"] = serde_json::json!({
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "publicKey": { "rawBytes": base64::engine::general_purpose::STANDARD.encode(signer.spki()) },
            });
            let entry = post(&mut client, "/api/v2/log/entries", None, &request).expect(201).json();
            acknowledged.push((
                entry["logIndex"].as_str().unwrap().to_owned(),
                entry["canonicalizedBody"].clone(),
                request,
            ));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        fs::remove_file(place.0.join("ready")).unwrap();
        // What a process that dies while writing leaves behind.
        fs::OpenOptions::new().append(true).open(place.0.join("journal")).unwrap().write_all(&[0, 0, 1]).unwrap();
    }
    let sandbox = place.start().unwrap();
    assert_eq!(sandbox.logged(), 31);
    for (at, (index, _, request)) in acknowledged.iter().enumerate() {
        assert_eq!(*index, (at + 1).to_string());
        let again = post(&mut connect(&sandbox), "/api/v2/log/entries", None, request).expect(409);
        assert_eq!(again.header("x-log-index"), Some(index.as_str()));
    }
}

use base64::Engine as _;
use sha2::Digest as _;
