//! The bundles of python.org's releases: real certificates, real log entries, real people.

use super::{check, is_by, vectors};
use bulla_verify::{Artifact, Digest, Trust, TrustedRoot};
use serde::Deserialize;
use std::{collections::BTreeMap, fs};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Release {
    bundle: String,
    sha256: String,
    identity: String,
    issuer: String,
    media_type: String,
}

#[test]
fn every_bundle_verifies_and_only_for_its_own_signer_and_artifact() {
    let Some(folder) = vectors("cpython") else { return };
    let manifest = fs::read_to_string(folder.join("manifest.jsonl")).expect("the manifest");
    let trust = Trust::nobody().with_root(TrustedRoot::public_good().expect("the embedded root"));
    let (mut accepts, mut refusals) = (BTreeMap::new(), 0);
    for line in manifest.lines() {
        let release: Release = serde_json::from_str(line).expect("a line of the manifest");
        let bundle = fs::read(folder.join(&release.bundle)).expect("the bundle");
        let artifact = Artifact::from_digest(Digest::parse(&format!("sha256:{}", release.sha256)).expect("a digest"));
        let verified = check(&bundle, &artifact, &trust).unwrap_or_else(|error| panic!("{}: {error}", release.bundle));
        assert!(is_by(&verified, &release.identity, &release.issuer), "{}", release.bundle);
        assert!(verified.is_signature() && !verified.times().is_empty(), "{}", release.bundle);
        *accepts.entry(release.media_type).or_insert(0) += 1;

        assert!(!is_by(&verified, "somebody@else.example", &release.issuer));
        assert!(!is_by(&verified, &release.identity, "https://else.example"));
        let other = Artifact::from_digest(Digest::of(b"another artifact"));
        let error = check(&bundle, &other, &trust).expect_err("another artifact");
        assert_eq!(error.code(), "message-digest-mismatch", "{}", release.bundle);
        refusals += 3;
    }
    println!("cpython: accepted {accepts:?}; {refusals} refusals");
    assert_eq!(accepts.values().sum::<usize>(), 81);
}
