//! Many images against a registry: each is asked for once.

use bulla_gate::{Checked, check, check_all};
use bulla_policy::{
    Name, Policies, TrustPolicy, Verdict,
    language::{By, Require, TrustedKey},
};
use bulla_sandbox::{Config, Fault, Injection, Registry, Request, sequential_round_trips};
use bulla_sign::{SigningKey, sign_statement, statement};
use bulla_tests::push_image;
use bulla_transport::{Descriptor, Error, Options, Place, Store, bundles, open};
use bulla_verify::{Digest, KeyAlgorithm, SIGN_V1, Time};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

struct Scene {
    registry: Registry,
    policies: Policies,
    images: Vec<Descriptor>,
}

impl Scene {
    /// `count` images `team/app:0`, `team/app:1`, …, of which the even ones are signed.
    fn new(count: usize) -> Self {
        let registry = Registry::start(Config::with_referrers()).expect("a registry");
        let key = SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key");
        let by = By::from(TrustedKey::always(key.verifying_key().clone()));
        let policies = TrustPolicy::demanding(Require::signed(by), Vec::new()).expect("a policy").into();
        let mut scene = Self { registry, policies, images: Vec::new() };
        let store = open(&scene.place("app:0"), &quick()).expect("a store");
        for number in 0..count {
            let image = push_image(store.as_ref(), &format!("image {number}"), &number.to_string());
            if number % 2 == 0 {
                let bundle = sign_statement(&key, &statement::image_signature(&image.digest)).expect("signed");
                bundles::attach(store.as_ref(), &image, &bundle, SIGN_V1, "2026-11-24T00:00:00Z").expect("attached");
            }
            scene.images.push(image);
        }
        scene.registry.clear_requests();
        scene
    }

    fn place(&self, name: &str) -> Place {
        Place::parse(&format!("{}/team/{name}", self.registry.host())).expect("a reference")
    }

    fn decide(&self, store: &dyn Store, name: Name, digest: &Digest) -> Result<Checked, Error> {
        check(store, name, digest, &self.policies, Time::from_unix(1_790_000_000))
    }

    /// The verdict on each place, or the code of why there is none.
    fn verdicts(&self, places: &[Place]) -> Vec<Result<Verdict, &'static str>> {
        let answers = check_all(places, &quick(), |store, name, digest| self.decide(store, name, digest));
        let verdict = |answer: Result<Arc<Checked>, Arc<Error>>| match answer {
            Ok(checked) => Ok(checked.decision.verdict()),
            Err(error) => Err(error.code()),
        };
        answers.into_iter().map(verdict).collect()
    }

    /// How often each path was asked for.
    fn asked(&self) -> BTreeMap<String, usize> {
        let mut asked = BTreeMap::new();
        for Request { path, .. } in self.registry.requests() {
            *asked.entry(path).or_default() += 1;
        }
        asked
    }
}

fn quick() -> Options {
    Options { deadline: Duration::from_secs(10), ..Options::default() }
}

#[test]
fn each_image_is_resolved_once_and_decided_about_once_however_often_it_is_used() {
    let scene = Scene::new(4);
    let by_digest = format!("app@{}", scene.images[0].digest);
    let tag_and_digest = format!("app:other@{}", scene.images[0].digest);
    let names = ["app:0", "app:1", "app:0", &by_digest, "app:2", "app:1", &tag_and_digest, "app:0"];
    let places = names.map(|name| scene.place(name));
    let decided = Mutex::new(Vec::new());
    let answers = check_all(&places, &quick(), |store, name, digest| {
        decided.lock().expect("no panic").push((store.name(), *digest));
        scene.decide(store, name, digest)
    });
    let digests: Vec<_> = answers.iter().map(|it| it.as_ref().expect("there").subject.descriptor.digest).collect();
    let expected = [0, 1, 0, 0, 2, 1, 0, 0].map(|number: usize| scene.images[number].digest);
    assert_eq!(digests, expected, "the answers come in the places' order");
    let mut decided = decided.into_inner().expect("no panic");
    decided.sort();
    decided.dedup();
    assert_eq!(decided.len(), 3);
    let asked = scene.asked();
    for tag in 0..3 {
        assert_eq!(asked.get(&format!("/v2/team/app/manifests/{tag}")), Some(&1), "{asked:?}");
    }
    for digest in expected {
        let referrers = asked.iter().filter(|(path, _)| path.contains(&format!("/referrers/{digest}")));
        assert_eq!(referrers.map(|(_, count)| count).sum::<usize>(), 1, "{asked:?}");
    }
}

#[test]
fn one_failure_loses_no_other_answer() {
    let scene = Scene::new(4);
    let elsewhere = Place::parse("127.0.0.1:1/app:1").expect("a reference");
    let places = [
        scene.place("app:0"),
        scene.place("app:not-there"),
        scene.place("app:1"),
        elsewhere,
        scene.place(&format!("app@{}", Digest::of(b"nothing"))),
        scene.place("app:2"),
    ];
    let expected = [
        Ok(Verdict::Accepted),
        Err("no-such-tag"),
        Ok(Verdict::Refused),
        Err("unreachable"),
        Err("no-such-manifest"),
        Ok(Verdict::Accepted),
    ];
    assert_eq!(scene.verdicts(&places), expected);
    // What cannot be asked about one of them is unknown, and nothing is said of the others.
    let referrers = format!("/referrers/{}", scene.images[2].digest);
    scene.registry.inject(Injection::of(Fault::Denied).on_path(&referrers));
    let verdicts = scene.verdicts(&places);
    assert_eq!((&verdicts[0], &verdicts[2], &verdicts[5]), (&expected[0], &expected[2], &Ok(Verdict::Unknown)));
    assert_eq!(scene.verdicts(&[]), []);
}

/// One after the other, 20 images would take 80 round trips.
#[test]
fn many_images_take_as_many_round_trips_as_one() {
    let scene = Scene::new(20);
    scene.registry.inject(Fault::Slow(Duration::from_millis(200)));
    let places: Vec<_> = (0..20).map(|number| scene.place(&format!("app:{number}"))).collect();
    let verdicts = scene.verdicts(&places);
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == Ok(Verdict::Accepted)).count(), 10);
    let trips = sequential_round_trips(&scene.registry.requests());
    assert!(trips <= 8, "{trips}");
}

#[test]
fn a_raised_flag_ends_all_of_them() {
    let scene = Scene::new(2);
    let options = quick();
    options.cancel.raise();
    let places = [scene.place("app:0"), scene.place("app:1")];
    let answers = check_all(&places, &options, |store, name, digest| scene.decide(store, name, digest));
    assert!(answers.iter().all(|answer| answer.as_ref().is_err_and(|error| matches!(**error, Error::Cancelled))));
    assert_eq!(scene.asked(), BTreeMap::new());
}
