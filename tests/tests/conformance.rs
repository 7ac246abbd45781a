//! sigstore-conformance, offline, through a client that speaks the suite's own protocol: every case by path and by digest,
//! accepts and refusals counted apart.
//!
//! `BULLA_CONFORMANCE=DIR` points it at another folder of the same shape.
#![expect(clippy::expect_used, clippy::print_stdout, reason = "a test fails by panicking and prints what it counted")]

use bulla_tests::vectors;
use bulla_verify::Digest;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// Whether the client accepts the case's bundle for the artifact, and what it says.
fn asked(case: &Path, artifact: &str) -> (bool, String) {
    let mut client = Command::new(env!("CARGO_BIN_EXE_conformance-client"));
    client.arg("verify-bundle").arg("--bundle").arg(case.join("bundle.sigstore.json"));
    if case.join("trusted_root.json").exists() {
        client.arg("--trusted-root").arg(case.join("trusted_root.json"));
    }
    if case.join("key.pub").exists() {
        client.arg("--key").arg(case.join("key.pub"));
    } else {
        let text = |name: &str, default: &str| {
            fs::read_to_string(case.join(name)).map_or_else(|_| default.to_owned(), |text| text.trim().to_owned())
        };
        client.args(["--certificate-identity", &text("identity", IDENTITY)]);
        client.args(["--certificate-oidc-issuer", &text("issuer", ISSUER)]);
    }
    let output = client.arg(artifact).output().expect("the client runs");
    let code = output.status.code().expect("an exit code, and no signal");
    assert!(code < 2, "{}: exit code {code}", case.display());
    (code == 0, String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

fn suite() -> Option<PathBuf> {
    match std::env::var_os("BULLA_CONFORMANCE") {
        Some(folder) => Some(PathBuf::from(folder)),
        None => vectors("sigstore-conformance/bundle-verify"),
    }
}

#[test]
fn the_client_agrees_with_every_case_by_path_and_by_digest() {
    let Some(suite) = suite() else { return };
    let mut cases: Vec<_> = fs::read_dir(&suite).expect("the suite").flatten().map(|entry| entry.path()).collect();
    cases.retain(|case| case.is_dir());
    cases.sort();
    let (mut accepts, mut refusals, mut wrong) = ((0, 0), (0, 0), Vec::new());
    for case in &cases {
        let name = case.file_name().expect("a name").to_string_lossy();
        let own = case.join("artifact");
        let path = if own.exists() { own } else { suite.join("a.txt") };
        let digest = Digest::of(&fs::read(&path).expect("the artifact")).to_string();
        let must_accept = !name.ends_with("_fail");
        for artifact in [path.to_string_lossy().into_owned(), digest] {
            let (accepted, said) = asked(case, &artifact);
            println!("{name}: {}", if accepted { "accepted" } else { &said });
            let count = if must_accept { &mut accepts } else { &mut refusals };
            count.1 += 1;
            if accepted == must_accept { count.0 += 1 } else { wrong.push(format!("{name}: {said}")) }
        }
    }
    println!("sigstore-conformance: {}/{} accepted, {}/{} refused", accepts.0, accepts.1, refusals.0, refusals.1);
    assert!(wrong.is_empty(), "{wrong:#?}");
    let of_ours = std::env::var_os("BULLA_CONFORMANCE").is_none();
    assert!(!of_ours || (accepts, refusals) == ((42, 42), (98, 98)));
}
