//! Bundles without keys: real ones, from python.org's releases, by the digest of what they are about.

use crate::shell::Shell;
use serde_json::Value;

/// A v0.3 bundle, and what its manifest says of it.
fn release() -> Option<(std::path::PathBuf, Value)> {
    let folder = bulla_tests::vectors("cpython")?;
    let manifest = std::fs::read_to_string(folder.join("manifest.jsonl")).unwrap();
    manifest.lines().find_map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        let path = folder.join(row["bundle"].as_str().unwrap());
        let bundle = std::fs::read_to_string(&path).unwrap();
        bundle.contains("bundle.v0.3+json").then_some((path, row))
    })
}

#[test]
fn a_release_verifies_by_its_identity_and_its_issuer_together() {
    let Some((path, row)) = release() else { return };
    let shell = Shell::new();
    let text = |field: &str| row[field].as_str().unwrap().to_owned();
    let (digest, identity, issuer) = (format!("sha256:{}", text("sha256")), text("identity"), text("issuer"));
    let verify = |digest: &str, identity: &str, issuer: &str| {
        let bundle = path.display();
        shell.run(&format!("verify {digest} --bundle {bundle} --identity {identity} --issuer {issuer}"))
    };
    let said = verify(&digest, &identity, &issuer).ends(0).err("");
    for line in [format!("signer     {identity}\n"), format!("issuer     {issuer}\n")] {
        assert!(said.out.contains(&line), "{line} {said:?}");
    }
    for label in ["signed at  20", "log entry  "] {
        assert!(said.out.contains(label), "{label} {said:?}");
    }
    verify(&digest, "nobody@python.org", &issuer).fails(1, "signer-mismatch").hints("demand exactly that");
    verify(&digest, &identity, "https://accounts.acme.dev").fails(1, "signer-mismatch");
    verify(&format!("sha256:{}", "0".repeat(64)), &identity, &issuer).fails(1, "message-digest-mismatch");
    let seen = shell.run(&format!("inspect {digest} --bundle {}", path.display())).ends(0);
    assert!(seen.out.contains(&format!("signed by {identity} ({issuer}) (unverified)")), "{seen:?}");
    let with_key = shell.run(&format!("verify {digest} --bundle {} --key bulla.pub", path.display()));
    with_key.fails(1, "no-trusted-root");
}

#[test]
fn a_trusted_root_that_is_none_is_an_error() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.write("root.json", "{}");
    let by = "--identity me@acme.dev --issuer https://acme.dev";
    shell
        .run(&format!("verify app {by} --trusted-root root.json"))
        .fails(2, "trusted-root-malformed")
        .hints("trusted_root.json");
    shell.run("verify app --identity= --issuer https://acme.dev").fails(2, "identity-empty").hints("empty");
    shell.run(&format!("verify app {by} --trusted-root missing.json")).fails(2, "file-not-found");
    shell.run(&format!("verify app {by}")).fails(1, "no-signature");
}
