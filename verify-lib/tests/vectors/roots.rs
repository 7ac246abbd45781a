//! Several trusted roots at once: a certificate passes under one of them, whole.

use super::{check, vectors};
use bulla_verify::{Artifact, Digest, Need, Trust, TrustedRoot, VerifiedSigner, VerifyError};
use serde_json::{Value, json};
use std::fs;

fn verdict(case: &str, trust: &Trust) -> Option<Result<String, VerifyError>> {
    let suite = vectors("sigstore-conformance/bundle-verify")?;
    let bundle = fs::read(suite.join(case).join("bundle.sigstore.json")).expect("a vector");
    let artifact = Artifact::from_digest(Digest::of(&fs::read(suite.join("a.txt")).expect("a vector")));
    Some(check(&bundle, &artifact, trust).map(|verified| match verified.signer() {
        VerifiedSigner::Certificate { certificate, .. } => certificate.root().to_owned(),
        VerifiedSigner::Key { .. } => "a key".to_owned(),
    }))
}

fn every() -> [TrustedRoot; 3] {
    [TrustedRoot::github(), TrustedRoot::staging(), TrustedRoot::public_good()].map(|root| root.expect("embedded"))
}

#[test]
fn a_certificate_passes_under_the_root_that_it_is_of() {
    let trust = every().into_iter().fold(Trust::nobody(), Trust::with_root);
    for (case, root) in [("happy-path-v0.3", "public-good"), ("rekor2-happy-path", "staging")] {
        if let Some(verdict) = verdict(case, &trust) {
            assert_eq!(verdict.expect("accepted"), root, "{case}");
        }
    }
}

#[test]
fn a_root_that_is_not_given_is_not_believed() {
    let [github, _, public] = every();
    let trust = Trust::nobody().with_root(public).with_root(github);
    if let Some(verdict) = verdict("rekor2-happy-path", &trust) {
        assert_eq!(verdict.expect_err("staging is not given").code(), "unknown-timestamp-authority");
    }
}

/// TOB-11's class: what one root knows cannot fill what another lacks.
#[test]
fn two_halves_of_a_root_are_not_one() {
    let Some(roots) = vectors("trusted-roots") else { return };
    let whole: Value =
        serde_json::from_slice(&fs::read(roots.join("public-good.json")).expect("a root")).expect("JSON");
    let without = |part: &str| {
        let mut half = whole.clone();
        half[part] = json!([]);
        TrustedRoot::parse(half.to_string().as_bytes(), Need::sigstore()).expect("half a root")
    };
    let halves = ["tlogs", "certificateAuthorities", "ctlogs"].map(without);
    let trust = halves.into_iter().fold(Trust::nobody(), Trust::with_root);
    if let Some(verdict) = verdict("happy-path-v0.3", &trust) {
        assert_eq!(verdict.expect_err("no root is whole").code(), "sct-threshold");
    }
}

#[test]
fn a_key_may_be_asked_for_a_log_entry() {
    let Some(suite) = vectors("sigstore-conformance/bundle-verify") else { return };
    let case = suite.join("managed-key-happy-path");
    let key = fs::read_to_string(case.join("key.pub")).expect("a key");
    let key = bulla_verify::VerifyingKey::from_pem(&key).expect("a key");
    let trust = Trust::nobody().with_key(key).with_root(TrustedRoot::public_good().expect("embedded"));
    for (logs, code) in [(1, Ok("a key".to_owned())), (2, Err("log-threshold"))] {
        let verdict = verdict("managed-key-happy-path", &trust.clone().with_logs_for_keys(logs)).expect("vectors");
        assert_eq!(verdict.map_err(|error| error.code()), code);
    }
}
