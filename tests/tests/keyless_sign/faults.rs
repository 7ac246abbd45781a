//! As it should not be: every bad answer is refused by the check for it, and nothing comes of it.

use super::*;
use bulla_sandbox::{Fault, Flaw, Injection};
use serde_json::json;

const AUTHORITY: &str = "/api/v2/signingCert";
const TIMESTAMPS: &str = "/api/v1/timestamp";
const LOG: &str = "/api/v2/log/entries";

#[test]
fn each_bad_answer_is_refused_by_the_check_for_it() {
    for (flaw, code) in [
        (Flaw::CertificateOfAnotherKey, "certificate-other-key"),
        (Flaw::NoSct, "certificate-without-sct"),
        (Flaw::UntrustedChain, "certificate-untrusted"),
        (Flaw::NoName, "certificate-unproved"),
        (Flaw::NoOidcIssuer, "certificate-unproved"),
        (Flaw::TimestampOfAnotherNonce, "timestamp-nonce"),
        (Flaw::TimestampOfAnotherImprint, "timestamp-imprint"),
        (Flaw::TimestampRejected, "timestamp-not-granted"),
        (Flaw::TimestampInAnotherName, "timestamp-unproved"),
        (Flaw::EntryOfAnotherArtifact, "log-other-entry"),
        (Flaw::ProofOfAnotherEntry, "log-unproved"),
        (Flaw::CheckpointInAnotherName, "log-unproved"),
    ] {
        let world = World::new();
        assert!(world.signed().is_ok());
        world.sandbox.set_flaw(flaw);
        let error = refused(world.signed(), code);
        assert!(!error.to_string().contains('\n'), "{error}");
        world.sandbox.set_flaw(None);
        assert!(world.signed().is_ok());
    }
}

#[test]
fn rekor_v1_is_held_to_the_same() {
    let world = World::with_rekor_v1();
    for (flaw, code) in [
        (Flaw::EntryOfAnotherArtifact, "log-other-entry"),
        (Flaw::ProofOfAnotherEntry, "log-unproved"),
        (Flaw::CheckpointInAnotherName, "log-unproved"),
    ] {
        world.sandbox.set_flaw(flaw);
        refused(world.signed(), code);
    }
}

#[test]
fn what_passes_is_waited_out() {
    let world = World::new();
    for path in [AUTHORITY, TIMESTAMPS, LOG] {
        world.sandbox.inject(Injection::of(Fault::InternalError).on_path(path).times(2));
        world
            .sandbox
            .inject(Injection::of(Fault::TooManyRequests { retry_after: Duration::ZERO }).on_path(path).times(1));
        let bundle = world.signed().expect("signed after all");
        assert!(world.verified(&bundle, &Artifact::from_bytes(APP)).is_ok());
    }
}

#[test]
fn an_answer_that_was_lost_loses_no_signature() {
    for world in [World::new(), World::with_rekor_v1()] {
        for path in [AUTHORITY, TIMESTAMPS, "/log/entries"] {
            world.sandbox.inject(Injection::of(Fault::LostAnswer).on_path(path).times(1));
            let bundle = world.signed().expect("signed after all");
            assert!(world.verified(&bundle, &Artifact::from_bytes(APP)).is_ok(), "{path}");
        }
    }
}

#[test]
fn what_the_log_holds_already_is_found_there_whatever_the_trees_size() {
    let world = World::new();
    let sigstore = world.sigstore();
    // Its signatures are always the same, so that an entry is there the second time.
    let signer = Signer::from(key(KeyAlgorithm::Ed25519));
    let other = Signer::from(key(KeyAlgorithm::EcdsaP256));
    let sign = |signer: &Signer, bytes: &[u8]| {
        sigstore.sign_message(signer, &Artifact::from_bytes(bytes), LOGGED_AND_STAMPED, &now).expect("signed")
    };
    sign(&signer, APP);
    let entries =
        |bundle: &[u8]| world.verified_by(signer.verifying_key(), bundle).expect("verified").entries().to_vec();
    let first = entries(&sign(&signer, APP));
    for size in [3, 4, 5, 6, 7, 8, 9, 17, 255, 256, 257, 258, 300] {
        while world.sandbox.logged() < size {
            sign(&other, b"filler");
        }
        assert_eq!(entries(&sign(&signer, APP)), first, "{size}");
        assert_eq!(world.sandbox.logged(), size.max(2));
    }
    world.sandbox.inject(Injection::of(Fault::Denied).on_path("/api/v2/tile"));
    let again = sigstore.sign_message(&signer, &Artifact::from_bytes(APP), LOGGED_AND_STAMPED, &now);
    refused(again, "log-duplicate");
}

#[test]
fn a_service_that_says_no_is_heard_and_not_asked_again() {
    for (path, code) in [
        (AUTHORITY, "certificate-authority-refuses"),
        (TIMESTAMPS, "timestamp-authority-refuses"),
        (LOG, "log-refuses"),
    ] {
        let world = World::new();
        world.sandbox.inject(Injection::of(Fault::Denied).on_path(path));
        let error = refused(world.signed(), code);
        assert_eq!(world.asked(path), 1);
        // Nobody else has seen a token.
        let of_the_token = error.hint().is_some_and(|hint| hint.contains("identity token"));
        assert_eq!(of_the_token, path == AUTHORITY, "{path}");
    }
}

#[test]
fn a_service_that_never_answers_is_named_within_the_deadline() {
    for (path, code) in [
        (AUTHORITY, "certificate-authority-unavailable"),
        (TIMESTAMPS, "timestamp-authority-unavailable"),
        (LOG, "log-unavailable"),
    ] {
        let mut world = World::new();
        world.deadline = Duration::from_secs(1);
        world.sandbox.inject(Injection::of(Fault::Slow(Duration::from_secs(3))).on_path(path));
        let began = std::time::Instant::now();
        refused(world.signed(), code);
        assert!(began.elapsed() < Duration::from_secs(3), "{path}: {:?}", began.elapsed());
    }
}

#[test]
fn the_next_log_and_authority_of_the_list_are_asked() {
    let mut world = World::new();
    for list in ["caUrls", "rekorTlogUrls", "tsaUrls"] {
        let services = world.config[list].as_array_mut().expect("services");
        let mut dead = services.first().cloned().expect("one");
        // Nobody listens there: the port is another process's to take, and nobody does while this test runs.
        dead["url"] = "http://127.0.0.1:1".into();
        dead["operator"] = "elsewhere".into();
        services.insert(0, dead);
    }
    let bundle = world.signed().expect("signed elsewhere");
    assert!(world.verified(&bundle, &Artifact::from_bytes(APP)).is_ok());
    for selector in ["rekorTlogConfig", "tsaConfig"] {
        world.config[selector] = json!({ "selector": "ALL" });
    }
    world.deadline = Duration::from_secs(2);
    let error = world.signed().expect_err("one of two does not answer");
    assert!(["log-unavailable", "timestamp-authority-unavailable"].contains(&error.code()), "{error}");
}

#[test]
fn clocks_that_are_too_far_apart_are_named_with_the_distance() {
    let world = World::new();
    world.sandbox.set_skew(bulla_sign::budget::CLOCK_TOLERANCE - 2);
    assert!(world.signed().is_ok(), "a little is borne");
    world.sandbox.set_skew(0);
    let sigstore = world.sigstore();
    let lasting = json!({ "sub": DEV, "email": DEV, "email_verified": true, "exp": now().unix() + 7200 });
    let lasting = world.sandbox.token(&lasting).expect("a token");
    let token = IdentityToken::parse(lasting.into(), SIGSTORE, now()).expect("a good token");
    let later = Time::from_unix(now().unix() + 3600);
    let error = refused(sigstore.certify(&token, key(KeyAlgorithm::EcdsaP256), later), "clock-skew");
    assert!(error.to_string().starts_with("this machine's clock is 36"), "{error}");
    world.sandbox.set_skew(120);
    let error = refused(sigstore.certify(&token, key(KeyAlgorithm::EcdsaP256), now()), "clock-skew");
    assert!(error.to_string().starts_with("the certificate authority's clock is 1"), "{error}");
    world.sandbox.set_skew(0);
    let signer = world.certified(&sigstore, KeyAlgorithm::EcdsaP256).expect("a certificate");
    let sign = || sigstore.sign_message(&signer, &Artifact::from_bytes(APP), LOGGED_AND_STAMPED, &now);
    world.sandbox.set_skew(120);
    let error = refused(sign(), "clock-skew");
    assert!(error.to_string().starts_with("the timestamp authority's clock is 1"), "{error}");
    world.sandbox.set_skew(-120);
    let error = refused(sign(), "clock-skew");
    assert!(error.to_string().contains("s ahead of the timestamp authority's"), "{error}");
}

#[test]
fn a_token_that_will_not_do_is_kept_here_and_one_that_the_authority_refuses_has_its_words() {
    let world = World::new();
    let token = |flaw| {
        world.sandbox.set_flaw(flaw);
        let text = world.sandbox.identity_token(DEV).expect("a token");
        world.sandbox.set_flaw(None);
        IdentityToken::parse(text.into(), SIGSTORE, now())
    };
    for (flaw, code) in [
        (Flaw::TokenForAnother, "identity-token-audience"),
        (Flaw::TokenExpired, "identity-token-expired"),
        (Flaw::TokenOfTheFuture, "identity-token-not-yet-valid"),
    ] {
        assert_eq!(token(flaw).expect_err("it will not do").code(), code);
    }
    let token = token(Flaw::TokenOfAnotherKey).expect("only its issuer can tell it from a good one");
    let certified = world.sigstore().certify(&token, key(KeyAlgorithm::EcdsaP256), now());
    let error = refused(certified, "certificate-authority-refuses");
    assert!(error.to_string().contains("status 400: "), "{error}");
    assert!(!error.to_string().contains(token.as_str()), "{error}");
}

#[test]
fn a_root_of_another_instance_takes_nothing_from_this_one() {
    let (world, other) = (World::new(), World::new());
    let config = SigningConfig::parse(world.config.to_string().as_bytes()).expect("a configuration");
    let sigstore = Sigstore::new(&config, other.root(), &Options::default(), now()).expect("services");
    refused(sigstore.certify(&world.token(), key(KeyAlgorithm::EcdsaP256), now()), "certificate-untrusted");
    let signer = Signer::from(key(KeyAlgorithm::EcdsaP256));
    let sign = |witnesses| sigstore.sign_message(&signer, &Artifact::from_bytes(APP), witnesses, &now);
    refused(sign(Witnesses::Logs), "log-unproved");
    refused(sign(Witnesses::Timestamps), "too-few-times");
}

#[test]
fn a_raised_flag_ends_it() {
    let world = World::new();
    world.sandbox.inject(Injection::of(Fault::Slow(Duration::from_secs(5))).on_path(AUTHORITY));
    let options = Options { deadline: world.deadline, ..Options::default() };
    let config = SigningConfig::parse(world.config.to_string().as_bytes()).expect("a configuration");
    let sigstore = Sigstore::new(&config, world.root(), &options, now()).expect("services");
    let token = world.token();
    let began = std::time::Instant::now();
    let result = std::thread::scope(|scope| {
        let certify = scope.spawn(|| sigstore.certify(&token, key(KeyAlgorithm::EcdsaP256), now()).map(|_| ()));
        std::thread::sleep(Duration::from_millis(200));
        options.cancel.raise();
        certify.join().expect("no panic")
    });
    let error = refused(result, "signing-cancelled");
    assert!(error.to_string().contains("cancelled") && began.elapsed() < Duration::from_secs(3), "{error}");
}

#[test]
fn a_token_is_sent_to_nobody_in_the_clear() {
    let mut world = World::new();
    world.config["caUrls"][0]["url"] = "http://192.0.2.1:5555".into();
    let config = SigningConfig::parse(world.config.to_string().as_bytes()).expect("a configuration");
    let options = Options { deadline: Duration::from_secs(3), plain_http: true, ..Options::default() };
    let sigstore = Sigstore::new(&config, world.root(), &options, now()).expect("services");
    refused(world.certified(&sigstore, KeyAlgorithm::EcdsaP256), "identity-token-in-clear");
    // What is no secret may be sent so: a key signs there without one.
    let signer = Signer::from(key(KeyAlgorithm::EcdsaP256));
    assert!(sigstore.sign_message(&signer, &Artifact::from_bytes(APP), sigstore.listed(), &now).is_ok());
}
