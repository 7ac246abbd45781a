//! sigstore/sigstore-conformance, offline: accepts and refusals, counted apart.

use super::{by_path_and_by_digest, check, is_by, vectors};
use bulla_verify::{Artifact, Trust, TrustedRoot, VerifyingKey};
use std::{collections::BTreeMap, fs, path::Path};

const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// Accepted, or the code of the refusal.
fn verdict(folder: &Path, artifact: &Artifact<'_>) -> Result<(), String> {
    let text = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let mut trust = Trust::nobody();
    if let Some(pem) = text("key.pub") {
        trust = trust.with_key(VerifyingKey::from_pem(&pem).map_err(|error| error.code().to_owned())?);
    }
    let root = match text("trusted_root.json") {
        Some(json) => TrustedRoot::parse(json.as_bytes()),
        None => TrustedRoot::public_good(),
    };
    let trust = trust.with_root(root.map_err(|error| error.code().to_owned())?);
    let bundle = fs::read(folder.join("bundle.sigstore.json")).expect("a bundle");
    let verified = check(&bundle, artifact, &trust).map_err(|error| error.code().to_owned())?;
    let identity = text("identity").map_or(IDENTITY.to_owned(), |identity| identity.trim().to_owned());
    let issuer = text("issuer").map_or(ISSUER.to_owned(), |issuer| issuer.trim().to_owned());
    let wanted = text("key.pub").is_some() || is_by(&verified, &identity, &issuer);
    if wanted { Ok(()) } else { Err("another signer".to_owned()) }
}

#[test]
fn every_verdict_of_the_suite_is_ours() {
    let Some(suite) = vectors("sigstore-conformance/bundle-verify") else { return };
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let (mut accepts, mut refusals) = (0, 0);
    for entry in fs::read_dir(&suite).expect("the suite").flatten().filter(|entry| entry.path().is_dir()) {
        let (folder, name) = (entry.path(), entry.file_name().into_string().expect("a name"));
        let own = fs::read(folder.join("artifact"));
        let bytes = own.unwrap_or_else(|_| fs::read(suite.join("a.txt")).expect("the common artifact"));
        for (way, artifact) in by_path_and_by_digest(&bytes) {
            let verdict = verdict(&folder, &artifact);
            if name.ends_with("_fail") {
                let code = verdict.expect_err(&format!("{name} by {way} must be refused"));
                println!("refused  {name} by {way}: {code}");
                *refused.entry(code).or_default() += 1;
                refusals += 1;
            } else {
                verdict.unwrap_or_else(|code| panic!("{name} by {way} must be accepted, found [{code}]"));
                accepts += 1;
            }
        }
    }
    println!("sigstore-conformance: {accepts}/42 accepted, {refusals}/98 refused");
    println!("refusals by code: {refused:?}");
    assert_eq!((accepts, refusals), (42, 98));
}
