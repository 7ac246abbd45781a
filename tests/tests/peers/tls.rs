//! A registry behind TLS, with a certificate of its own authority.

use crate::{Peers, run};
use std::{
    fs,
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

/// docker-registry with a certificate for 127.0.0.1.
struct Encrypted {
    child: Child,
    host: String,
}

impl Encrypted {
    fn start(peers: &Peers) -> Self {
        authority(peers, "ca");
        let sign =
            ["x509", "-req", "-in", "tls.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "30", "-out", "tls.pem"];
        let request = ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "tls.key", "-out", "tls.csr"];
        openssl(peers, &[&request[..], &["-subj", "/CN=registry"]].concat());
        fs::write(peers.path("san"), "subjectAltName=IP:127.0.0.1").expect("a file");
        openssl(peers, &[&sign[..], &["-extfile", "san"]].concat());

        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
        let host = format!("127.0.0.1:{port}");
        let (key, certificate, storage) = (peers.path("tls.key"), peers.path("tls.pem"), peers.path("storage"));
        let config = format!(
            "version: 0.1\nlog: {{ level: error }}\nstorage: {{ filesystem: {{ rootdirectory: {} }} }}\nhttp: {{ addr: \"{host}\", tls: {{ certificate: {}, key: {} }} }}\n",
            storage.display(),
            certificate.display(),
            key.display()
        );
        fs::write(peers.path("tls.yml"), config).expect("a file");
        let mut server = Command::new("docker-registry");
        server.arg("serve").arg(peers.path("tls.yml")).stdout(Stdio::null()).stderr(Stdio::null());
        let registry = Self { child: server.spawn().expect("docker-registry"), host };
        let up = (0..200).any(|_| {
            sleep(Duration::from_millis(50));
            TcpStream::connect(&registry.host).is_ok()
        });
        assert!(up, "docker-registry did not start");
        registry
    }
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn openssl(peers: &Peers, arguments: &[&str]) {
    run(&mut Command::new("openssl"), peers.folder.path(), arguments).succeeds();
}

fn authority(peers: &Peers, name: &str) {
    let (key, certificate, subject) = (format!("{name}.key"), format!("{name}.pem"), format!("/CN={name}"));
    let make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-keyout", &key, "-out", &certificate];
    openssl(peers, &[&make[..], &["-subj", &subject]].concat());
}

#[test]
fn a_registry_behind_tls_is_asked_under_its_own_authority_alone() {
    let Some(peers) = Peers::running() else { return };
    peers.keys();
    let registry = Encrypted::start(&peers);
    authority(&peers, "other");
    let [plain, _] = &peers.registries;
    let image = peers.image(plain, "tls");
    peers.crane(&["pull", "--format", "oci", &image, "layout"]).succeeds();
    let target = format!("{}/app:1", registry.host);
    peers.crane(&["push", "--insecure", "layout", &target]).succeeds();

    let verify = ["verify", &target, "--key", "ours.pub"];
    let with = |authority: &'static str| [&verify[..], &["--ca", authority, "--timeout", "10s"]].concat();
    peers.bulla(&with("ca.pem")).fails(1, "[no-signature]");
    peers.bulla(&["sign", &target, "--key", "ours.key", "--ca", "ca.pem"]).succeeds();
    peers.bulla(&with("ca.pem")).succeeds();
    peers.bulla(&with("other.pem")).fails(2, "error:");
    peers.bulla(&verify).fails(2, "error:");
}

/// What answers is no certificate authority, and says so once it is believed to be who it is.
#[test]
fn a_service_behind_tls_is_asked_under_its_own_authority_alone() {
    let Some(peers) = Peers::running() else { return };
    let server = Encrypted::start(&peers);
    let folder = std::path::PathBuf::from(std::env::var("BULLA_SANDBOX").expect("BULLA_SANDBOX"));
    let file = |name: &str| folder.join(name).display().to_string();
    let config = fs::read_to_string(folder.join("signing_config.json")).expect("a signing configuration");
    let mut config: serde_json::Value = serde_json::from_str(&config).expect("JSON");
    *config.pointer_mut("/caUrls/0/url").expect("an authority") = format!("https://{}", server.host).into();
    fs::write(peers.path("config.json"), config.to_string()).expect("a file");
    fs::write(peers.path("app"), "app").expect("a file");
    let (root, token) = (file("trusted_root.json"), file("identity-token"));
    let sign = ["sign", "app", "--trusted-root", &root, "--signing-config", "config.json", "--identity-token", &token];
    let with = |more: &[&str]| peers.bulla(&[&sign[..], &["--timeout", "10s"], more].concat());
    with(&["--ca", "ca.pem"]).fails(2, "[certificate-authority-refuses]");
    with(&[]).fails(2, "[certificate-authority-unavailable]");
    assert!(!peers.path("app.sigstore.json").exists());
}
