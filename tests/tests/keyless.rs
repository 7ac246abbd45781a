//! Real people's signatures, as a user verifies them: an identity and its issuer, a bundle, and no key.
#![expect(clippy::expect_used, clippy::print_stdout, reason = "a test fails by panicking and prints what it counted")]

use bulla_tests::{bulla, vectors};
use serde::Deserialize;
use std::{fs, path::Path};

#[derive(Deserialize)]
struct Release {
    bundle: String,
    sha256: String,
    identity: String,
    issuer: String,
}

/// How `bulla verify` ends for the artifact with that digest.
fn verify(bundle: &Path, sha256: &str, identity: &str, issuer: &str) -> (Option<i32>, String) {
    let mut command = bulla();
    command.args(["verify", &format!("sha256:{sha256}"), "--identity", identity, "--issuer", issuer, "--bundle"]);
    let output = command.arg(bundle).output().expect("bulla runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[track_caller]
fn refuses(found: (Option<i32>, String), code: &str) {
    assert_eq!(found.0, Some(1), "{}", found.1);
    assert!(found.1.contains(code), "expected {code}: {}", found.1);
}

#[test]
fn python_releases_verify_for_their_own_signer_issuer_and_artifact_alone() {
    let Some(folder) = vectors("cpython") else { return };
    let manifest = fs::read_to_string(folder.join("manifest.jsonl")).expect("the manifest");
    let releases: Vec<Release> =
        manifest.lines().map(|line| serde_json::from_str(line).expect("a line of the manifest")).collect();
    let (mut accepts, mut refusals) = (0, 0);
    for release in &releases {
        let bundle = folder.join(&release.bundle);
        let ask = |sha256: &str, identity: &str, issuer: &str| verify(&bundle, sha256, identity, issuer);
        let found = ask(&release.sha256, &release.identity, &release.issuer);
        assert_eq!(found, (Some(0), String::new()), "{}", release.bundle);
        refuses(ask(&release.sha256, "somebody@else.example", &release.issuer), "[signer-mismatch]");
        refuses(ask(&release.sha256, &release.identity, "https://else.example"), "[signer-mismatch]");
        refuses(ask(&"0".repeat(64), &release.identity, &release.issuer), "[message-digest-mismatch]");
        (accepts, refusals) = (accepts + 1, refusals + 3);
    }
    println!("python.org: {accepts} bundles accepted, {refusals} refusals");
    assert_eq!((accepts, refusals), (81, 243));
}

#[test]
fn another_trusted_root_does_not_vouch_for_them() {
    let Some(folder) = vectors("sigstore-conformance/bundle-verify") else { return };
    let case = folder.join("happy-path-v0.3");
    let mut command = bulla();
    command.arg("verify").arg(folder.join("a.txt")).arg("--bundle").arg(case.join("bundle.sigstore.json"));
    command.args(["--identity", "x", "--issuer", "https://token.actions.githubusercontent.com", "--trusted-root"]);
    let output = command.arg(folder.join("rekor2-happy-path/trusted_root.json")).output().expect("bulla runs");
    refuses((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()), "[unknown-log]");
}
