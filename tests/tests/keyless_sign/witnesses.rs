//! As it should be.

use super::*;
use bulla_sign::sigstore::{Event, Part, Step};
use bulla_verify::{Hasher, VerifiedSigner};
use std::sync::{Arc, Mutex};

#[test]
fn whoever_has_a_token_signs_without_a_key_and_anybody_verifies() {
    for (world, promised) in [(World::new(), 0), (World::with_rekor_v1(), 1)] {
        let sigstore = world.sigstore();
        for algorithm in ALL {
            let signer = world.certified(&sigstore, algorithm).expect("a certificate");
            assert_eq!(signer.certificate().expect("it has one").identity().as_str(), DEV);
            let artifact = Artifact::from_bytes(APP);
            let message = sigstore.sign_message(&signer, &artifact, LOGGED_AND_STAMPED, &now).expect("signed");
            let statement =
                sigstore.sign_statement(&signer, &image_signature(), LOGGED_AND_STAMPED, &now).expect("signed");
            for bundle in [message, statement] {
                let verified = world.verified(&bundle, &artifact).expect("verified");
                assert_eq!((verified.entries().len(), verified.times().len()), (1, 1 + promised), "{algorithm}");
                assert!(verified.is_signature());
                let VerifiedSigner::Certificate { certificate, .. } = verified.signer() else { panic!("{algorithm}") };
                assert_eq!((certificate.identity().as_str(), certificate.issuer()), (DEV, world.sandbox.url()));
                assert!(world.verified(&bundle, &Artifact::from_bytes(b"another")).is_err());
            }
        }
    }
}

#[test]
fn a_file_is_signed_by_its_hashes_alone() {
    let world = World::new();
    let sigstore = world.sigstore();
    for algorithm in ALL {
        let signer = world.certified(&sigstore, algorithm).expect("a certificate");
        let mut hasher = Hasher::new(&[algorithm.hash()]);
        hasher.update(APP);
        let bundle = sigstore.sign_message(&signer, &hasher.finish(), LOGGED_AND_STAMPED, &now).expect("signed");
        assert!(world.verified(&bundle, &Artifact::from_bytes(APP)).is_ok(), "{algorithm}");
    }
}

#[test]
fn a_managed_key_is_logged_and_stamped_too() {
    for world in [World::new(), World::with_rekor_v1()] {
        let sigstore = world.sigstore();
        for algorithm in ALL {
            let signer = Signer::from(key(algorithm));
            let artifact = Artifact::from_bytes(APP);
            let bundle = sigstore.sign_message(&signer, &artifact, LOGGED_AND_STAMPED, &now).expect("signed");
            let verified = world.verified_by(signer.verifying_key(), &bundle).expect("verified");
            assert_eq!(verified.entries().len(), 1);
            assert!(!verified.times().is_empty());
            assert!(world.verified_by(key(algorithm).verifying_key(), &bundle).is_err());
            let stamped = Witnesses::Timestamps;
            let bundle = sigstore.sign_statement(&signer, &image_signature(), stamped, &now).expect("signed");
            let refusal = world.verified_by(signer.verifying_key(), &bundle).expect_err("it is not logged");
            assert_eq!(refusal.code(), "log-threshold");
        }
        assert_eq!(world.asked("/api/v2/signingCert"), 0);
    }
}

#[test]
fn one_certificate_signs_many_things_at_once() {
    let world = World::new();
    let sigstore = world.sigstore();
    let signer = world.certified(&sigstore, KeyAlgorithm::EcdsaP256).expect("a certificate");
    let names: Vec<String> = (0..40).map(|number| format!("artifact {number}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            let (sigstore, signer, world) = (&sigstore, &signer, &world);
            scope.spawn(move || {
                let artifact = Artifact::from_bytes(name.as_bytes());
                let bundle = sigstore.sign_message(signer, &artifact, LOGGED_AND_STAMPED, &now).expect("signed");
                assert!(world.verified(&bundle, &artifact).is_ok());
            });
        }
    });
    assert_eq!((world.asked("/api/v2/signingCert"), world.asked("/api/v2/log/entries")), (1, 40));
}

#[test]
fn a_rekor_v1_log_gives_the_time_where_no_authority_is_asked() {
    let untimed = Witnesses::Logs;
    let world = World::with_rekor_v1();
    let sigstore = world.sigstore();
    let signer = world.certified(&sigstore, KeyAlgorithm::EcdsaP256).expect("a certificate");
    let bundle = sigstore.sign_message(&signer, &Artifact::from_bytes(APP), untimed, &now).expect("signed");
    assert_eq!(world.verified(&bundle, &Artifact::from_bytes(APP)).expect("verified").times().len(), 1);

    let world = World::new();
    let sigstore = world.sigstore();
    let signer = world.certified(&sigstore, KeyAlgorithm::EcdsaP256).expect("a certificate");
    refused(sigstore.sign_message(&signer, &Artifact::from_bytes(APP), untimed, &now), "time-needed");
    assert_eq!(world.asked("/api/v2/log/entries"), 0, "nothing is logged that could not be finished");
}

#[test]
fn a_root_that_demands_a_log_takes_no_bundle_without() {
    let world = World::new();
    let sigstore = world.sigstore();
    let signer = world.certified(&sigstore, KeyAlgorithm::EcdsaP256).expect("a certificate");
    let unlogged = Witnesses::Timestamps;
    refused(sigstore.sign_message(&signer, &Artifact::from_bytes(APP), unlogged, &now), "too-few-log-entries");
}

#[test]
fn a_certificate_that_is_about_to_end_signs_nothing_more() {
    let world = World::new();
    let sigstore = world.sigstore();
    let signer = world.certified(&sigstore, KeyAlgorithm::EcdsaP256).expect("a certificate");
    let end = signer.certificate().and_then(|it| it.window().end()).expect("an end").unix();
    let at = |seconds: i64| {
        let clock = move || Time::from_unix(end + seconds);
        sigstore.sign_message(&signer, &Artifact::from_bytes(APP), LOGGED_AND_STAMPED, &clock)
    };
    assert!(at(-bulla_sign::budget::CERTIFICATE_MARGIN).is_ok());
    refused(at(1 - bulla_sign::budget::CERTIFICATE_MARGIN), "certificate-ending");
    assert_eq!(world.asked("/api/v2/log/entries"), 1);
}

#[test]
fn every_step_is_told_when_it_begins_and_when_it_has_ended() {
    let world = World::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let writes = Arc::clone(&heard);
    let observer = Arc::new(move |event: &Event<'_>| {
        writes.lock().expect("a lock").push((event.step, event.ended.map(|(_, well)| well)));
    });
    let sigstore = world.sigstore().observed_by(observer);
    let signer = world.certified(&sigstore, KeyAlgorithm::EcdsaP256).expect("a certificate");
    sigstore.sign_message(&signer, &Artifact::from_bytes(APP), LOGGED_AND_STAMPED, &now).expect("signed");
    let heard = heard.lock().expect("a lock");
    let steps =
        [Step::Ask(Part::Authority), Step::Sign, Step::Ask(Part::Timestamps), Step::Ask(Part::Log), Step::Verify];
    for step in steps {
        let of_step: Vec<_> = heard.iter().filter(|(it, _)| *it == step).map(|(_, ended)| *ended).collect();
        assert_eq!(of_step, [None, Some(true)], "{step:?}");
    }
    assert_eq!(heard.first().map(|(step, _)| *step), Some(Step::Ask(Part::Authority)));
    assert_eq!(heard.last(), Some(&(Step::Verify, Some(true))));
}

#[test]
fn nothing_secret_is_shown() {
    let world = World::new();
    let sigstore = world.sigstore();
    let token = world.token();
    let signer = sigstore.certify(&token, key(KeyAlgorithm::EcdsaP256), now()).expect("a certificate");
    let shown = format!("{token:?} {sigstore:?} {signer:?}");
    assert!(!token.as_str().split('.').any(|part| shown.contains(part)), "{shown}");
}

#[test]
fn witnesses_that_are_demanded_and_not_there_are_not_done_without() {
    let two = serde_json::json!({ "selector": "EXACT", "count": 2 });
    let ended = |config: &mut Value, field: &str| {
        for service in config[field].as_array_mut().expect("services") {
            service["validFor"] = serde_json::json!({ "start": "2020-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z" });
        }
    };
    type Spoil<'a> = &'a dyn Fn(&mut Value);
    let spoilt: [(Spoil<'_>, &str); 4] = [
        (&|config| config["tsaConfig"] = two.clone(), "signing-config-too-few-services"),
        (&|config| ended(config, "tsaUrls"), "signing-config-no-service"),
        (&|config| drop(config["tsaConfig"].take()), "signing-config-selector-missing"),
        (&|config| config["rekorTlogConfig"] = two.clone(), "signing-config-too-few-services"),
    ];
    for (spoil, code) in spoilt {
        // A log of the first version gives a time too: without the timestamps, the bundle would verify.
        let mut world = World::with_rekor_v1();
        spoil(&mut world.config);
        refused(world.signed(), code);
    }
    let mut world = World::with_rekor_v1();
    let config = world.config.as_object_mut().expect("an object");
    config.remove("tsaUrls");
    assert!(world.signed().is_ok(), "none is listed, and none is demanded");
}
