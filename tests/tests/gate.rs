//! Reference in, decision out, against a registry that can be asked to misbehave.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use bulla_gate::{check, check_reference, name};
use bulla_policy::{
    Policies, TrustPolicy, Verdict,
    language::{By, Require, TrustedKey},
};
use bulla_sandbox::{Config, Fault, Injection, Registry, sequential_round_trips};
use bulla_sign::{SigningKey, sign_statement, statement};
use bulla_tests::{bulla, push_image};
use bulla_transport::{Descriptor, Options, Place, Store, bundles, open};
use bulla_verify::{KeyAlgorithm, SIGN_V1, Time};
use std::{fs, time::Duration};

struct Scene {
    registry: Registry,
    store: Box<dyn Store>,
    image: Descriptor,
    key: SigningKey,
}

impl Scene {
    fn new(config: Config) -> Self {
        let registry = Registry::start(config).expect("a registry");
        let store = open(&place(&registry), &quick()).expect("a store");
        let image = push_image(store.as_ref(), "image", "1.4");
        Self { registry, store, image, key: SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key") }
    }

    fn sign(&self, key: &SigningKey, subject: &Descriptor) {
        let bundle = sign_statement(key, &statement::image_signature(&subject.digest)).expect("signed");
        self.attach(&bundle);
    }

    fn attach(&self, bundle: &[u8]) {
        bundles::attach(self.store.as_ref(), &self.image, bundle, SIGN_V1, "2026-11-24T00:00:00Z").expect("attached");
    }

    /// The verdict, and the code of its first reason.
    fn verdict(&self) -> (Verdict, String) {
        let policies = signed_by(&self.key);
        let store = open(&place(&self.registry), &quick()).expect("a store");
        let checked = check(
            store.as_ref(),
            name(&place(&self.registry)),
            &self.image.digest,
            &policies,
            Time::from_unix(1_790_000_000),
        );
        let decision = checked.expect("the image is there").decision;
        (decision.verdict(), decision.reasons().first().map(|reason| reason.code.clone()).unwrap_or_default())
    }

    #[track_caller]
    fn answers(&self, verdict: Verdict, code: &str) {
        assert_eq!(self.verdict(), (verdict, code.to_owned()));
    }
}

fn signed_by(key: &SigningKey) -> Policies {
    let by = By::from(TrustedKey::always(key.verifying_key().clone()));
    TrustPolicy::demanding(Require::signed(by), Vec::new()).expect("a policy").into()
}

fn place(registry: &Registry) -> Place {
    Place::parse(&format!("{}/team/app:1.4", registry.host())).expect("a reference")
}

fn quick() -> Options {
    Options { deadline: Duration::from_secs(3), ..Options::default() }
}

#[test]
fn a_reference_is_all_that_the_front_door_needs() {
    let scene = Scene::new(Config::with_referrers());
    let policies = signed_by(&scene.key);
    let ask = |reference: &str| check_reference(reference, &quick(), &policies, Time::from_unix(1_790_000_000));
    let [tag, digest] = ["team/app:1.4".to_owned(), format!("team/app@{}", scene.image.digest)]
        .map(|name| format!("{}/{name}", scene.registry.host()));
    for (signed, verdict) in [(false, Verdict::Refused), (true, Verdict::Accepted)] {
        if signed {
            scene.sign(&scene.key, &scene.image);
        }
        for reference in [&tag, &digest] {
            let checked = ask(reference).expect("the image is there");
            assert_eq!((checked.decision.verdict(), checked.subject.descriptor.digest), (verdict, scene.image.digest));
        }
    }
    assert!(ask("team/app").is_err() && ask(&format!("{tag}-not-there")).is_err());
}

#[test]
fn signed_unsigned_and_moved_are_told_apart() {
    for config in [Config::with_referrers(), Config::without_referrers(), Config::like_go_containerregistry()] {
        let scene = Scene::new(config);
        scene.answers(Verdict::Refused, "no-signature");
        let another = push_image(scene.store.as_ref(), "another", "2");
        scene.sign(&scene.key, &another);
        scene.answers(Verdict::Refused, "subject-mismatch");
        scene.sign(&SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key"), &scene.image);
        assert_eq!(scene.verdict().0, Verdict::Refused);
        scene.attach(b"rubbish");
        assert_eq!(scene.verdict().0, Verdict::Refused);
        scene.sign(&scene.key, &scene.image);
        assert_eq!(scene.verdict().0, Verdict::Accepted);
    }
}

/// A registry that does not answer is never an unsigned image.
#[test]
fn what_cannot_be_asked_is_unknown() {
    let faults = [
        (Fault::TooManyRequests { retry_after: Duration::from_secs(60) }, "/referrers/"),
        (Fault::InternalError, "/referrers/"),
        (Fault::Truncated, "/referrers/"),
        (Fault::Denied, "/referrers/"),
        (Fault::InternalError, "/blobs/"),
        (Fault::WrongDigest, "/blobs/"),
    ];
    for (fault, path) in faults {
        let scene = Scene::new(Config::with_referrers());
        scene.sign(&scene.key, &scene.image);
        assert_eq!(scene.verdict().0, Verdict::Accepted);
        let name = format!("{fault:?} on {path}");
        scene.registry.inject(Injection::of(fault).on_path(path));
        assert_eq!(scene.verdict().0, Verdict::Unknown, "{name}");
    }
}

#[test]
fn verifying_by_digest_costs_three_round_trips_for_any_number_of_signatures() {
    let scene = Scene::new(Config::with_referrers());
    for _ in 0..4 {
        scene.sign(&SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key"), &scene.image);
    }
    scene.sign(&scene.key, &scene.image);
    let folder = tempfile::tempdir().expect("a folder");
    let public = folder.path().join("bulla.pub");
    fs::write(&public, scene.key.verifying_key().to_pem()).expect("a file");
    scene.registry.inject(Fault::Slow(Duration::from_millis(200)));
    scene.registry.clear_requests();
    let image = format!("{}/team/app@{}", scene.registry.host(), scene.image.digest);
    let output = bulla().args(["verify", &image, "--key"]).arg(public).output().expect("bulla runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let requests = scene.registry.requests();
    assert_eq!((requests.len(), sequential_round_trips(&requests)), (12, 3));
}

/// What is attached is asked first, so that signing the same again writes nothing.
#[test]
fn signing_costs_five_round_trips_and_six_more_without_the_referrers_api() {
    for (config, expected) in [(Config::with_referrers(), 5), (Config::without_referrers(), 11)] {
        let scene = Scene::new(config);
        let folder = tempfile::tempdir().expect("a folder");
        let run = |arguments: &[&str]| {
            let output = bulla().current_dir(folder.path()).env("BULLA_PASSWORD", "gate").args(arguments).output();
            let output = output.expect("bulla runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        run(&["keygen"]);
        let image = format!("{}/team/app@{}", scene.registry.host(), scene.image.digest);
        scene.registry.inject(Fault::Slow(Duration::from_millis(200)));
        scene.registry.clear_requests();
        run(&["sign", &image, "--key", "bulla.key"]);
        assert_eq!(sequential_round_trips(&scene.registry.requests()), expected);
    }
}
