//! An outage does not lose a build.

use super::*;
use bulla_sandbox::{Fault, Injection};

const LATER: Witnesses = Witnesses::LogsLater;
const OR_LATER: Witnesses = Witnesses::BothOrLater;

#[test]
fn what_is_signed_without_a_log_is_completed_later_and_does_not_verify_before() {
    let world = World::new();
    let sigstore = world.sigstore();
    let artifact = Artifact::from_bytes(APP);
    for algorithm in [KeyAlgorithm::EcdsaP256, KeyAlgorithm::Ed25519] {
        let signer = world.certified(&sigstore, algorithm).expect("a certificate");
        let message = sigstore.sign_message(&signer, &artifact, LATER, &now).expect("signed");
        let statement = sigstore.sign_statement(&signer, &image_signature(), LATER, &now).expect("signed");
        for bundle in [message, statement] {
            assert_eq!(world.verified(&bundle, &artifact).expect_err("no entry").code(), "log-threshold");
            let complete = world.sigstore().log_later(&bundle, &artifact, None, &now).expect("logged");
            assert_eq!(world.verified(&complete, &artifact).expect("verified").entries().len(), 1);
            refused(sigstore.log_later(&complete, &artifact, None, &now), "bundle-not-loggable");
        }
    }
}

#[test]
fn a_managed_keys_signature_is_completed_with_its_key() {
    for world in [World::new(), World::with_rekor_v1()] {
        let sigstore = world.sigstore();
        let artifact = Artifact::from_bytes(APP);
        let signer = Signer::from(key(KeyAlgorithm::EcdsaP384));
        let bundle = sigstore.sign_message(&signer, &artifact, LATER, &now).expect("signed");
        let public = signer.verifying_key();
        let complete = sigstore.log_later(&bundle, &artifact, Some(public), &now).expect("logged");
        assert!(world.verified_by(public, &complete).is_ok());
        refused(sigstore.log_later(&bundle, &artifact, None, &now), "bundle-not-loggable");
        let other = key(KeyAlgorithm::EcdsaP384);
        refused(sigstore.log_later(&bundle, &artifact, Some(other.verifying_key()), &now), "bundle-unproved");
        let another = Artifact::from_bytes(b"another");
        refused(sigstore.log_later(&bundle, &another, Some(public), &now), "bundle-unproved");
    }
}

#[test]
fn a_certificates_signature_is_not_logged_later_where_the_logs_time_counts() {
    let world = World::with_rekor_v1();
    let sigstore = world.sigstore();
    let signer = world.certified(&sigstore, KeyAlgorithm::EcdsaP256).expect("a certificate");
    let artifact = Artifact::from_bytes(APP);
    refused(sigstore.sign_message(&signer, &artifact, LATER, &now), "log-later-needs-newer-log");
    // The unlogged bundle of another configuration is not taken by such a log either.
    let mut world = World::new();
    let bundle = {
        let sigstore = world.sigstore();
        let signer = world.certified(&sigstore, KeyAlgorithm::EcdsaP256).expect("a certificate");
        sigstore.sign_message(&signer, &artifact, LATER, &now).expect("signed")
    };
    world.config["rekorTlogUrls"].as_array_mut().expect("logs").retain(|log| log["majorApiVersion"] == 1);
    refused(world.sigstore().log_later(&bundle, &artifact, None, &now), "log-later-needs-newer-log");
}

#[test]
fn where_no_log_can_be_reached_the_time_that_was_had_is_kept() {
    let mut world = World::new();
    world.deadline = Duration::from_secs(3);
    world.sandbox.inject(Injection::of(Fault::InternalError).on_path("/api/v2/log/entries"));
    let artifact = Artifact::from_bytes(APP);
    let bundle = {
        let sigstore = world.sigstore();
        let signer = world.certified(&sigstore, KeyAlgorithm::EcdsaP256).expect("a certificate");
        sigstore.sign_message(&signer, &artifact, OR_LATER, &now).expect("signed, and not logged")
    };
    assert_eq!(Bundle::parse(&bundle).expect("a bundle").unverified_log_entries(), 0);
    assert_eq!(world.asked("/api/v1/timestamp"), 1);
    refused(world.signed(), "log-unavailable");
    world.sandbox.clear_faults();
    let complete = world.sigstore().log_later(&bundle, &artifact, None, &now).expect("logged");
    assert!(world.verified(&complete, &artifact).is_ok());
    assert_eq!(world.asked("/api/v1/timestamp"), 2, "one for each signature, and none for the logging");
}

#[test]
fn where_a_log_says_no_it_is_not_put_off() {
    let world = World::new();
    world.sandbox.inject(Injection::of(Fault::Denied).on_path("/api/v2/log/entries"));
    let sigstore = world.sigstore();
    let signer = world.certified(&sigstore, KeyAlgorithm::EcdsaP256).expect("a certificate");
    refused(sigstore.sign_message(&signer, &Artifact::from_bytes(APP), OR_LATER, &now), "log-refuses");
}

#[test]
fn a_changed_bundle_is_not_logged() {
    let world = World::new();
    let sigstore = world.sigstore();
    let signer = world.certified(&sigstore, KeyAlgorithm::EcdsaP256).expect("a certificate");
    let artifact = Artifact::from_bytes(APP);
    let bundle = sigstore.sign_message(&signer, &artifact, LATER, &now).expect("signed");
    let before = world.sandbox.logged();
    let json: Value = serde_json::from_slice(&bundle).expect("JSON");
    let mut unstamped = json.clone();
    unstamped["verificationMaterial"]["timestampVerificationData"] = Value::Null;
    refused(sigstore.log_later(unstamped.to_string().as_bytes(), &artifact, None, &now), "too-few-times");
    let mut older = json.clone();
    older["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.2".into();
    refused(sigstore.log_later(older.to_string().as_bytes(), &artifact, None, &now), "bundle-not-loggable");
    let mut more = json;
    more["surprise"] = 1.into();
    refused(sigstore.log_later(more.to_string().as_bytes(), &artifact, None, &now), "bundle-not-loggable");
    assert_eq!(world.sandbox.logged(), before);
}
