//! Images for several platforms, in a registry: what is asked for, and what comes of it.
#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use bulla_gate::{Checked, budget, check_for, name};
use bulla_policy::{Embedded, Policies, TrustPolicy, Verdict};
use bulla_sandbox::{Config, Fault, Injection, Registry, sequential_round_trips};
use bulla_sign::{SigningKey, sign_statement, statement};
use bulla_tests::push_image;
use bulla_transport::{Descriptor, Error, OCI_INDEX, OCI_MANIFEST, Options, Place, Platform, Store, bundles, open};
use bulla_verify::{Digest, KeyAlgorithm, SIGN_V1, Time};
use serde_json::{Value, json};
use std::time::Duration;

struct Scene {
    registry: Registry,
    store: Box<dyn Store>,
    key: SigningKey,
}

/// An entry of an index: what it names, its platform, and whether it is marked as an attestation.
type Entry<'a> = (&'a Descriptor, Option<&'a str>, bool);

fn listed((image, platform, attests): &Entry<'_>) -> Value {
    let mut entry = json!({ "mediaType": image.media_type, "digest": image.digest.to_string(), "size": image.size });
    if let Some((os, rest)) = platform.and_then(|platform| platform.split_once('/')) {
        let (architecture, variant) = rest.split_once('/').unwrap_or((rest, ""));
        entry["platform"] = json!({ "os": os, "architecture": architecture });
        if !variant.is_empty() {
            entry["platform"]["variant"] = variant.into();
        }
    }
    if *attests {
        entry["annotations"] = json!({ "vnd.docker.reference.type": "attestation-manifest" });
    }
    entry
}

impl Scene {
    fn new() -> Self {
        let registry = Registry::start(Config::with_referrers()).expect("a registry");
        let place = Place::parse(&format!("{}/team/app", registry.host())).expect("a reference");
        let store = open(&place, &Options::default()).expect("a store");
        Self { registry, store, key: SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key") }
    }

    /// An image whose configuration names the platform.
    fn image(&self, platform: &str) -> Descriptor {
        let (os, architecture) = platform.split_once('/').expect("a platform");
        push_image(self.store.as_ref(), &json!({ "os": os, "architecture": architecture }).to_string(), "image")
    }

    fn index(&self, entries: &[Entry<'_>]) -> Descriptor {
        let manifests: Vec<_> = entries.iter().map(listed).collect();
        let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests }).to_string();
        self.store.push_manifest(OCI_INDEX, index.as_bytes(), Some("1.4")).expect("an index")
    }

    fn sign(&self, subject: &Descriptor) {
        let bundle = sign_statement(&self.key, &statement::image_signature(&subject.digest)).expect("signed");
        bundles::attach(self.store.as_ref(), subject, &bundle, SIGN_V1, "2026-11-24T00:00:00Z").expect("attached");
    }

    fn policies(&self, multi_arch: &str) -> Policies {
        let pem = self.key.verifying_key().to_pem().replace('\n', "\\n");
        let text = format!(
            "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: p }}\nspec:\n  unmatched: deny\n  rules:\n    \
             - name: r\n      images: [ \"**\" ]\n      mode: enforce\n      multiArch: {multi_arch}\n      \
             require: {{ signed: {{ by: {{ key: \"{pem}\" }} }} }}\n"
        );
        TrustPolicy::parse(&text, &Embedded).expect("a policy").into()
    }

    fn check(&self, multi_arch: &str, digest: &Digest, platform: Option<&str>) -> Result<Checked, Error> {
        let place = Place::parse(&format!("{}/team/app", self.registry.host())).expect("a reference");
        let store = open(&place, &Options { deadline: Duration::from_secs(5), ..Options::default() }).expect("a store");
        let platform = platform.map(|platform| Platform::parse(platform).expect("a platform"));
        let now = Time::from_unix(1_790_000_000);
        check_for(store.as_ref(), name(&place), digest, platform.as_ref(), &self.policies(multi_arch), now)
    }

    /// The verdict, and the code of its first reason.
    #[track_caller]
    fn answers(&self, multi_arch: &str, digest: &Digest, platform: Option<&str>, verdict: Verdict, code: &str) {
        let checked = self.check(multi_arch, digest, platform).expect("it is there");
        let reasons = checked.decision.reasons();
        let first = reasons.first().map(|reason| reason.code.as_str()).unwrap_or_default();
        assert_eq!((checked.decision.verdict(), first), (verdict, code), "{reasons:?}");
    }
}

#[test]
fn the_index_its_images_or_both_are_signed() {
    use Verdict::{Accepted, Refused};
    let scene = Scene::new();
    let [amd64, arm64, extra] = ["linux/amd64", "linux/arm64", "unknown/unknown"].map(|name| scene.image(name));
    let entries = [
        (&amd64, Some("linux/amd64"), false),
        (&arm64, Some("linux/arm64/v8"), false),
        (&extra, Some("unknown/unknown"), true),
    ];
    let index = scene.index(&entries);
    scene.sign(&index);
    let both = |verdict: Verdict, code: &str| {
        for rule in ["children", "both"] {
            scene.answers(rule, &index.digest, None, verdict, code);
        }
    };
    scene.answers("index", &index.digest, None, Accepted, "");
    both(Refused, "no-signature");
    scene.sign(&amd64);
    both(Refused, "no-signature");
    for rule in ["children", "both"] {
        scene.answers(rule, &index.digest, Some("linux/amd64"), Accepted, "");
        scene.answers(rule, &index.digest, Some("linux/arm64"), Refused, "no-signature");
    }
    scene.sign(&arm64);
    both(Accepted, "");
    // The mark alone leaves nothing out.
    let marked = scene.index(&[(&amd64, Some("linux/amd64"), false), (&extra, Some("linux/arm64"), true)]);
    scene.answers("children", &marked.digest, None, Refused, "no-signature");
    let nameless = scene.index(&[(&amd64, Some("linux/amd64"), false), (&extra, None, false)]);
    scene.answers("children", &nameless.digest, None, Refused, "no-signature");
    let empty = scene.index(&[(&extra, Some("unknown/unknown"), true)]);
    scene.answers("children", &empty.digest, None, Refused, "index-empty");
    // Signed, and in an index that nobody has.
    let unsigned = scene.index(&[(&amd64, Some("linux/amd64"), false)]);
    scene.answers("children", &unsigned.digest, None, Accepted, "");
    scene.answers("both", &unsigned.digest, None, Refused, "no-signature");
    // An index in an index, whatever the outer one calls it.
    scene.sign(&unsigned);
    let inner = Descriptor { media_type: OCI_MANIFEST.to_owned(), ..unsigned.clone() };
    let outer = scene.index(&[(&inner, Some("linux/amd64"), false)]);
    scene.answers("children", &outer.digest, None, Refused, "index-nested");
}

#[test]
fn what_of_an_index_could_not_be_had_is_unknown_where_it_is_asked_for() {
    let scene = Scene::new();
    let [amd64, arm64] = ["linux/amd64", "linux/arm64"].map(|name| scene.image(name));
    let index = scene.index(&[(&amd64, Some("linux/amd64"), false), (&arm64, Some("linux/arm64"), false)]);
    [&index, &amd64, &arm64].into_iter().for_each(|subject| scene.sign(subject));
    for path in [format!("/referrers/{}", arm64.digest), format!("/manifests/{}", arm64.digest)] {
        scene.registry.inject(Injection::of(Fault::Denied).on_path(&path).times(1_000));
        scene.answers("index", &index.digest, None, Verdict::Accepted, "");
        scene.answers("both", &index.digest, None, Verdict::Unknown, "unauthorized");
        scene.answers("both", &index.digest, Some("linux/amd64"), Verdict::Accepted, "");
        scene.registry.clear_faults();
    }
    scene.answers("both", &index.digest, None, Verdict::Accepted, "");
}

#[test]
fn a_platform_that_is_not_there_is_an_error_that_names_those_that_are() {
    let scene = Scene::new();
    let [amd64, arm64, extra] = ["linux/amd64", "linux/arm64", "unknown/unknown"].map(|name| scene.image(name));
    let index = scene.index(&[
        (&amd64, Some("linux/amd64"), false),
        (&arm64, Some("linux/arm64/v8"), false),
        (&amd64, None, false),
        (&extra, Some("unknown/unknown"), true),
    ]);
    let says = |digest: &Digest, platform: &str| match scene.check("index", digest, Some(platform)) {
        Err(error) => format!("{error} [{}]", error.code()),
        Ok(checked) => panic!("{:?}", checked.picked),
    };
    let place = format!("{}/team/app", scene.registry.host());
    for platform in ["linux/s390x", "unknown/unknown", "linux/amd64/v3"] {
        assert_eq!(
            says(&index.digest, platform),
            format!(
                "nothing in {place} is for `{platform}`: it lists `linux/amd64`, `linux/arm64/v8`, one for no platform [no-such-platform]"
            )
        );
    }
    assert_eq!(
        says(&amd64.digest, "linux/arm64"),
        format!("nothing in {place} is for `linux/arm64`: it is for `linux/amd64` [no-such-platform]")
    );
    let odd = push_image(scene.store.as_ref(), "no configuration", "odd");
    let unstated =
        format!("nothing in {place} is for `linux/amd64`: it does not say what it is for [no-such-platform]");
    assert_eq!(says(&odd.digest, "linux/amd64"), unstated);
    let checked = scene.check("both", &amd64.digest, Some("linux/amd64")).expect("it is");
    assert_eq!(checked.picked.iter().map(|picked| picked.digest).collect::<Vec<_>>(), [amd64.digest]);
}

/// Which of two is run is the runtime's to say.
#[test]
fn of_two_images_for_a_platform_both_have_to_be_signed() {
    let scene = Scene::new();
    let [old, new] = ["windows/amd64", "windows/new"].map(|name| scene.image(name));
    let index = scene.index(&[(&old, Some("windows/amd64"), false), (&new, Some("Windows/x86_64"), false)]);
    scene.sign(&old);
    scene.answers("children", &index.digest, Some("windows/amd64"), Verdict::Refused, "no-signature");
    scene.sign(&new);
    scene.answers("children", &index.digest, Some("windows/amd64"), Verdict::Accepted, "");
    let checked = scene.check("children", &index.digest, Some("windows/amd64")).expect("it is there");
    assert_eq!(checked.picked.iter().map(|picked| picked.digest).collect::<Vec<_>>(), [old.digest, new.digest]);
}

#[test]
fn images_are_asked_for_where_a_rule_wants_them_and_side_by_side() {
    let scene = Scene::new();
    let platforms = ["linux/amd64", "linux/arm64", "linux/386", "linux/s390x", "linux/riscv64"];
    let images = platforms.map(|platform| scene.image(platform));
    let of = |count: usize| {
        let entries: Vec<_> =
            images.iter().zip(platforms).map(|(image, name)| (image, Some(name), false)).take(count).collect();
        scene.index(&entries)
    };
    let indexes = [of(2), of(5)];
    indexes.iter().chain(&images).for_each(|subject| scene.sign(subject));
    scene.registry.inject(Fault::Slow(Duration::from_millis(200)));
    for (rule, index, platform, requests, round_trips) in [
        ("index", 0, None, 4, 3),
        ("index", 0, Some("linux/arm64"), 4, 3),
        ("children", 0, None, 12, 6),
        ("both", 0, None, 12, 6),
        ("both", 0, Some("linux/arm64"), 8, 6),
        // Four at once.
        ("both", 1, None, 24, 9),
    ] {
        scene.registry.clear_requests();
        let digest = indexes.get(index).expect("an index").digest;
        let checked = scene.check(rule, &digest, platform).expect("it is there");
        assert_eq!(checked.decision.verdict(), Verdict::Accepted, "{rule} {platform:?}");
        let asked = scene.registry.requests();
        assert_eq!(
            (asked.len(), sequential_round_trips(&asked)),
            (requests, round_trips),
            "{rule} {index} {platform:?}"
        );
    }
    // What is no index is asked for nothing more, but where it has to say what it is for.
    let image = images.first().expect("an image").digest;
    for (platform, requests, round_trips) in [(None, 4, 3), (Some("linux/amd64"), 5, 4)] {
        scene.registry.clear_requests();
        let checked = scene.check("both", &image, platform).expect("it is there");
        assert_eq!(checked.decision.verdict(), Verdict::Accepted);
        let asked = scene.registry.requests();
        assert_eq!((asked.len(), sequential_round_trips(&asked)), (requests, round_trips), "{platform:?}");
    }
}

#[test]
fn an_image_that_is_listed_often_is_asked_for_once() {
    let scene = Scene::new();
    let image = scene.image("linux/amd64");
    let index = scene.index(&[(&image, Some("linux/amd64"), false); budget::IMAGES]);
    scene.sign(&image);
    scene.registry.clear_requests();
    scene.answers("children", &index.digest, None, Verdict::Accepted, "");
    assert!(scene.registry.requests().len() < 10, "{:?}", scene.registry.requests());
    // What is listed once too often is not looked at, or the report of what is attached to it could be as long as one likes.
    let index = scene.index(&[(&image, Some("linux/amd64"), false); budget::IMAGES + 1]);
    scene.answers("children", &index.digest, None, Verdict::Unknown, "too-many");
}

#[test]
fn one_image_too_many_is_not_looked_at() {
    let scene = Scene::new();
    let images: Vec<_> = (0..=budget::IMAGES).map(|number| scene.image(&format!("linux/{number}"))).collect();
    images.iter().for_each(|image| scene.sign(image));
    let entries: Vec<_> = images.iter().map(|image| (image, Some("linux/amd64"), false)).collect();
    let full = scene.index(entries.split_last().expect("images").1);
    scene.answers("children", &full.digest, None, Verdict::Accepted, "");
    let index = scene.index(&entries);
    scene.answers("children", &index.digest, None, Verdict::Unknown, "too-many");
    scene.answers("index", &index.digest, None, Verdict::Refused, "no-signature");
}
