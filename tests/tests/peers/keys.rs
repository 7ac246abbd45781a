//! Keys go both ways: cosign reads ours, and we read cosign's, of every algorithm that both have.

use crate::{KINDS, Peers, cosign_sign, cosign_verify};
use std::fs;

#[test]
fn images_of_every_algorithm_go_both_ways() {
    let Some(peers) = Peers::running() else { return };
    for (name, kind) in KINDS {
        peers.openssl_key(name, kind);
        let (pem, theirs, ours) = (format!("{name}.pem"), format!("cosign-{name}"), format!("bulla-{name}"));
        peers.cosign(&["import-key-pair", "--key", &pem, "--output-key-prefix", &theirs]).succeeds();
        peers.bulla(&["keygen", "--import", &pem, "--output-key-prefix", &ours]).succeeds();
        let public = |prefix: &str| fs::read_to_string(peers.path(&format!("{prefix}.pub"))).expect("a public key");
        assert_eq!(public(&theirs), public(&ours), "{name}");

        let registry = &peers.registries[0];
        let image = peers.image(registry, &format!("by-cosign-{name}"));
        // cosign signs with the file that we wrote, and we verify; then the other way round.
        peers.cosign(&cosign_sign("sign", &format!("{ours}.key"), &[&image])).succeeds();
        peers.bulla(&["verify", &image, "--key", &format!("{theirs}.pub")]).succeeds();
        let image = peers.image(registry, &format!("by-bulla-{name}"));
        peers.bulla(&["sign", &image, "--key", &format!("{theirs}.key")]).succeeds();
        // Without the flag cosign checks a P-384 signature with SHA-256, and refuses its own.
        let hash: &[&str] = if name == "p384" { &["--signature-digest-algorithm", "sha384"] } else { &[] };
        let public = format!("{ours}.pub");
        peers.cosign(&cosign_verify("verify", &public, &[hash, &[&image]].concat())).succeeds();
    }
}

#[test]
fn generated_keys_go_both_ways() {
    let Some(peers) = Peers::running() else { return };
    peers.keys();
    peers.cosign(&["generate-key-pair"]).succeeds();
    let derived = peers.cosign(&["public-key", "--key", "ours.key"]);
    let public = fs::read_to_string(peers.path("ours.pub")).expect("a public key");
    assert!(derived.succeeds().contains(public.trim()), "{}", derived.text);
    fs::write(peers.path("app"), "app").expect("a file");
    peers.bulla(&["sign", "app", "--key", "cosign.key"]).succeeds();
    peers.bulla(&["verify", "app", "--key", "cosign.pub"]).succeeds();
}
