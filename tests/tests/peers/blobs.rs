//! Files: bundles beside them, both ways.

use crate::{KINDS, Peers, cosign_verify};
use std::fs;

#[test]
fn files_go_both_ways_with_every_algorithm() {
    let Some(peers) = Peers::running() else { return };
    for (name, kind) in KINDS {
        peers.openssl_key(name, kind);
        let (pem, key, public) = (format!("{name}.pem"), format!("{name}.key"), format!("{name}.pub"));
        peers.bulla(&["keygen", "--import", &pem, "--output-key-prefix", name]).succeeds();

        let (ours, theirs) = (format!("{name}-ours"), format!("{name}-theirs"));
        for file in [&ours, &theirs] {
            fs::write(peers.path(file), file).expect("a file");
        }
        peers.bulla(&["sign", &ours, "--key", &key]).succeeds();
        let bundle = format!("{ours}.sigstore.json");
        let accepted = peers.cosign(&blob("verify-blob", &public, &["--bundle", &bundle, &ours]));
        match name {
            // cosign 3.1.3 checks P-384 with SHA-256 here, and has no flag for it: see below for its own bundle.
            "p384" => accepted.refuses("invalid signature"),
            _ => assert!(accepted.succeeds().contains("Verified OK")),
        }
        peers.cosign(&blob("verify-blob", &public, &["--bundle", &bundle, &theirs])).refuses("error");

        let bundle = format!("{theirs}.sigstore.json");
        let sign = ["sign-blob", "--key", &key, "--use-signing-config=false", "--tlog-upload=false", "--yes"];
        peers.cosign(&[&sign[..], &["--bundle", &bundle, &theirs]].concat()).succeeds();
        peers.bulla(&["verify", &theirs, "--key", &public]).succeeds();
        if name == "p384" {
            peers.cosign(&blob("verify-blob", &public, &["--bundle", &bundle, &theirs])).refuses("invalid signature");
        }
        let moved = peers.bulla(&["verify", &ours, "--bundle", &bundle, "--key", &public]);
        let code = if name == "ed25519" { "[signature-invalid]" } else { "[message-digest-mismatch]" };
        moved.fails(1, code);
    }
}

fn blob<'a>(verb: &'a str, key: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    cosign_verify(verb, key, more).into_iter().filter(|argument| *argument != "--allow-http-registry").collect()
}

#[test]
fn attestations_of_files_go_both_ways() {
    let Some(peers) = Peers::running() else { return };
    peers.keys();
    peers.provenance();
    fs::write(peers.path("app"), "app").expect("a file");
    let typed = ["--type", "slsaprovenance1", "--predicate", "provenance.json"];
    peers.bulla(&[&["attest", "app", "--key", "ours.key", "--bundle", "ours.json"], &typed[..]].concat()).succeeds();
    let check = ["--type", "slsaprovenance1", "--bundle", "ours.json", "app"];
    peers.cosign(&blob("verify-blob-attestation", "ours.pub", &check)).succeeds();

    let attest = ["attest-blob", "--key", "ours.key", "--use-signing-config=false", "--tlog-upload=false", "--yes"];
    peers.cosign(&[&attest[..], &typed, &["--bundle", "theirs.json", "app"]].concat()).succeeds();
    let ask = ["verify", "app", "--key", "ours.pub", "--bundle", "theirs.json"];
    peers.bulla(&[&ask[..], &["--type", "slsaprovenance1"]].concat()).succeeds();
    peers.bulla(&ask).fails(1, "[not-a-signature]");
}
