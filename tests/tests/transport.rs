//! The transport against a registry that can be asked to misbehave, and against the real docker-registry.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use bulla_sandbox::{Auth, Config, Fault, Injection, Registry, sequential_round_trips};
use bulla_tests::push_image;
use bulla_transport::budget;
use bulla_transport::{
    Cancel, Credentials, Descriptor, Error, OCI_INDEX, Options, Place, Store, bundles, open, resolve,
};
use bulla_verify::{BUNDLE_V0_3, Digest};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PREDICATE: &str = "https://sigstore.dev/cosign/sign/v1";
const CREATED: &str = "2026-11-24T00:00:00Z";

fn place(host: &str) -> Place {
    Place::parse(&format!("{host}/team/app:1.4")).unwrap()
}

fn store(host: &str, options: &Options) -> Box<dyn Store> {
    open(&place(host), options).unwrap()
}

fn start(config: Config) -> Registry {
    Registry::start(config).expect("a registry on the loopback interface")
}

fn attach(store: &dyn Store, subject: &Descriptor, bundle: &str) -> Result<Descriptor, Error> {
    bundles::attach(store, subject, bundle.as_bytes(), PREDICATE, CREATED)
}

/// A registry with an image that carries `count` bundles.
fn signed(config: Config, count: usize) -> (Registry, Descriptor) {
    let registry = start(config);
    let store = store(&registry.host(), &Options::default());
    let image = push_image(store.as_ref(), "image", "1.4");
    for n in 0..count {
        attach(store.as_ref(), &image, &format!("bundle {n}")).unwrap();
    }
    registry.clear_requests();
    (registry, image)
}

#[track_caller]
fn finds(host: &str, options: &Options, image: &Descriptor, count: usize) {
    let fetched = bundles::fetch(store(host, options).as_ref(), &image.digest).unwrap();
    assert_eq!((fetched.found.len(), fetched.unavailable.len()), (count, 0), "{:?}", fetched.unavailable);
}

/// What an image's bundles come to under a fault: the code of what is unavailable, with nothing found.
#[track_caller]
fn unavailable(fault: impl Into<Injection>, options: &Options, expected: &str) {
    let (registry, image) = signed(Config::with_referrers(), 1);
    registry.inject(fault);
    let fetched = bundles::fetch(store(&registry.host(), options).as_ref(), &image.digest);
    let error = match fetched {
        Ok(mut fetched) => {
            assert!(fetched.found.is_empty(), "found all the same");
            fetched.unavailable.pop().expect("an error, not silence")
        }
        Err(error) => error,
    };
    assert_eq!(error.code(), expected, "{error}");
    assert!(!error.is_absent());
}

fn quick() -> Options {
    Options { deadline: Duration::from_secs(2), ..Options::default() }
}

#[test]
fn twenty_bundles_cost_three_round_trips() {
    let (registry, image) = signed(Config::with_referrers(), 20);
    registry.inject(Fault::Slow(Duration::from_millis(200)));
    finds(&registry.host(), &Options::default(), &image, 20);
    let requests = registry.requests();
    assert_eq!((requests.len(), sequential_round_trips(&requests)), (42, 3));
}

#[test]
fn the_fallback_tag_costs_one_more() {
    let (registry, image) = signed(Config::without_referrers(), 3);
    registry.inject(Fault::Slow(Duration::from_millis(200)));
    finds(&registry.host(), &Options::default(), &image, 3);
    assert_eq!(sequential_round_trips(&registry.requests()), 4);
}

#[test]
fn attaching_costs_three_round_trips_and_the_fallback_tag_five_more() {
    for (config, expected) in [(Config::with_referrers(), 3), (Config::without_referrers(), 8)] {
        let (registry, image) = signed(config, 1);
        registry.inject(Fault::Slow(Duration::from_millis(200)));
        let store = store(&registry.host(), &Options::default());
        attach(store.as_ref(), &image, "one more").unwrap();
        assert_eq!(sequential_round_trips(&registry.requests()), expected);
    }
}

#[test]
fn a_tag_is_resolved_once_and_its_manifest_not_fetched_again() {
    let (registry, image) = signed(Config::with_referrers(), 1);
    let place = place(&registry.host());
    let store = open(&place, &Options::default()).unwrap();
    assert_eq!(resolve(store.as_ref(), &place).unwrap(), image.digest);
    bundles::fetch(store.as_ref(), &image.digest).unwrap();
    let of_the_image = |path: &str| path.ends_with("/1.4") || path.ends_with(&format!("/{}", image.digest));
    let asked =
        registry.requests().iter().filter(|one| one.path.contains("/manifests/") && of_the_image(&one.path)).count();
    assert_eq!(asked, 1);
}

#[test]
fn every_page_of_a_listing_is_read() {
    let config = Config { referrers_page: Some(3), ..Config::with_referrers() };
    let (registry, image) = signed(config, 10);
    finds(&registry.host(), &Options::default(), &image, 10);
}

#[test]
fn more_pages_than_are_read_is_an_error_and_not_a_shorter_list() {
    let config = Config { referrers_page: Some(1), ..Config::with_referrers() };
    let (registry, image) = signed(config, budget::PAGES + 1);
    let listed = store(&registry.host(), &Options::default()).referrers(&image.digest);
    assert_eq!(listed.unwrap_err().code(), "too-many");
}

/// Pushes a bundle's manifest of exactly `size` bytes about `image`.
fn attach_large(store: &dyn Store, image: &Descriptor, size: usize) -> Descriptor {
    let (config, kind, subject) = (store.push_blob(b"{}").unwrap(), &image.media_type, image.digest);
    let (empty, about) = (config.digest, image.size);
    let part = format!(r#"{{"mediaType":"{BUNDLE_V0_3}","digest":"{empty}","size":2}}"#);
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"{kind}","artifactType":"{BUNDLE_V0_3}","config":{part},"layers":[{part}],"subject":{{"mediaType":"{kind}","digest":"{subject}","size":{about}}},"annotations":{{"pad":"#
    );
    let text = format!(r#"{text}"{}"}}}}"#, "x".repeat(size - text.len() - 4));
    store.push_manifest(kind, text.as_bytes(), None).unwrap()
}

#[test]
fn a_referrer_one_byte_too_large_is_not_asked_for_and_spoils_nothing() {
    for (size, found, refused) in
        [(budget::REFERRER_BYTES, 2, &[][..]), (budget::REFERRER_BYTES + 1, 1, &["too-large"])]
    {
        let (registry, image) = signed(Config::with_referrers(), 1);
        let store = store(&registry.host(), &Options::default());
        let large = attach_large(store.as_ref(), &image, size);
        registry.clear_requests();
        let fetched = bundles::fetch(store.as_ref(), &image.digest).unwrap();
        let codes: Vec<_> = fetched.unavailable.iter().map(Error::code).collect();
        assert_eq!((fetched.found.len(), codes.as_slice()), (found, refused));
        let asked = registry.requests().iter().any(|one| one.path.ends_with(&large.digest.to_string()));
        assert_eq!(asked, refused.is_empty());
        // Who lists it as smaller than it is does not get it read either.
        let lying = store.referrer(&Descriptor { size: 10, ..large });
        assert_eq!(lying.map(drop).map_err(|error| error.code()), refused.first().map_or(Ok(()), |code| Err(*code)));
    }
}

#[test]
fn a_large_manifest_under_the_name_of_a_record_keeps_nobody_from_signing() {
    let (registry, image) = signed(Config::without_referrers(), 1);
    let store = store(&registry.host(), &Options::default());
    let large = attach_large(store.as_ref(), &image, budget::REFERRER_BYTES + 1);
    let bytes = store.manifest(&large.digest).unwrap().bytes;
    let short: String = large.digest.to_hex().chars().take(32).collect();
    let record = format!("sha256-{}.bulla-{short}", image.digest.to_hex());
    store.push_manifest(&large.media_type, &bytes, Some(&record)).unwrap();
    attach(store.as_ref(), &image, "one more").unwrap();
    finds(&registry.host(), &Options::default(), &image, 2);
}

#[test]
fn pages_that_are_too_large_together_are_an_error_and_not_a_shorter_list() {
    for (count, refused) in [(3, false), (4, true)] {
        let config = Config { referrers_page: Some(1), ..Config::with_referrers() };
        let (registry, image) = signed(config, 0);
        let store = store(&registry.host(), &Options::default());
        for n in 0..count {
            attach_large(store.as_ref(), &image, budget::MANIFEST_BYTES / 3 - 1024 - n);
        }
        let listed = store.referrers(&image.digest).map(|listed| listed.len()).map_err(|error| error.code());
        assert_eq!(listed, if refused { Err("too-large") } else { Ok(count) });
    }
}

#[test]
fn a_listing_that_says_little_is_decided_by_the_manifests() {
    let (registry, image) = signed(Config::like_go_containerregistry(), 2);
    finds(&registry.host(), &Options::default(), &image, 2);
}

#[test]
fn not_there_is_told_apart() {
    let (registry, _) = signed(Config::with_referrers(), 0);
    let store = store(&registry.host(), &Options::default());
    assert_eq!(store.resolve("2.0").unwrap_err().code(), "no-such-tag");
    assert_eq!(store.manifest(&Digest::of(b"?")).unwrap_err().code(), "no-such-manifest");
    assert_eq!(store.blob(&Descriptor::of("a/b", b"?")).unwrap_err().code(), "no-such-blob");
    assert!(store.referrers(&Digest::of(b"?")).unwrap().is_empty());
}

#[test]
fn what_passes_is_waited_out() {
    let (registry, image) = signed(Config::with_referrers(), 2);
    let retry_after = Duration::from_secs(1);
    registry.inject(Injection::of(Fault::TooManyRequests { retry_after }).on_path("/referrers/").times(1));
    registry.inject(Injection::of(Fault::InternalError).on_path("/manifests/").times(2));
    registry.inject(Injection::of(Fault::Truncated).on_path("/blobs/").times(1));
    registry.inject(Injection::of(Fault::LostAnswer).on_path("/blobs/").times(1));
    let begun = Instant::now();
    finds(&registry.host(), &Options::default(), &image, 2);
    assert!(begun.elapsed() >= retry_after, "Retry-After is heeded");
}

#[test]
fn what_does_not_pass_is_named_and_never_reads_as_none() {
    let retry_after = Duration::from_secs(120);
    let begun = Instant::now();
    unavailable(
        Injection::of(Fault::TooManyRequests { retry_after }).on_path("/referrers/"),
        &quick(),
        "registry-throttled",
    );
    assert!(begun.elapsed() < Duration::from_secs(1), "no waiting for what cannot come in time");
    for part in ["/referrers/", "/manifests/", "/blobs/"] {
        unavailable(Injection::of(Fault::InternalError).on_path(part), &quick(), "registry-failed");
        unavailable(Injection::of(Fault::Denied).on_path(part), &quick(), "unauthorized");
        unavailable(Injection::of(Fault::Slow(Duration::from_secs(5))).on_path(part), &quick(), "deadline-exceeded");
    }
    unavailable(Injection::of(Fault::Truncated).on_path("/blobs/"), &quick(), "answer-truncated");
    unavailable(Injection::of(Fault::Truncated).on_path("/referrers/"), &quick(), "answer-truncated");
    unavailable(Injection::of(Fault::WrongDigest).on_path("/blobs/"), &quick(), "digest-mismatch");
    unavailable(Injection::of(Fault::WrongDigest).on_path("/manifests/"), &quick(), "digest-mismatch");
}

#[test]
fn without_the_api_an_error_at_the_fallback_tag_never_reads_as_none() {
    let (registry, image) = signed(Config::without_referrers(), 1);
    registry.inject(Injection::of(Fault::InternalError).on_path("/manifests/sha256-"));
    let listed = store(&registry.host(), &quick()).referrers(&image.digest);
    assert_eq!(listed.unwrap_err().code(), "registry-failed");
}

#[test]
fn nobody_there_is_unreachable() {
    let registry = start(Config::with_referrers());
    let host = registry.host();
    drop(registry);
    let error = store(&host, &Options::default()).resolve("1.4").unwrap_err();
    assert_eq!(error.code(), "unreachable");
    assert!(error.is_unavailable());
}

#[test]
fn plain_http_leaves_the_machine_only_when_asked_for() {
    let (registry, image) = signed(Config::with_referrers(), 0);
    registry.inject(Injection::of(Fault::RedirectTo("http://registry.test{path}".to_owned())).on_path("/manifests/"));
    let error = store(&registry.host(), &quick()).manifest(&image.digest).unwrap_err();
    assert_eq!(error.code(), "plain-http-refused");
    registry.clear_faults();
    registry.inject(Fault::RedirectTo(format!("{}{{path}}", registry.url())));
    let error = store(&registry.host(), &quick()).manifest(&image.digest).unwrap_err();
    assert_eq!(error.code(), "redirect-refused");
}

fn bearer(anonymous_pull: bool, realm: Option<String>) -> Config {
    let (username, password) = ("me".to_owned(), "hunter2".to_owned());
    let auth = Some(Auth::Bearer { username, password, anonymous_pull, realm });
    Config { auth, ..Config::with_referrers() }
}

fn known_as(host: &str, password: &str) -> Options {
    let credentials = Credentials::none().with_password(host, "me", password.to_owned());
    Options { credentials, ..quick() }
}

#[test]
fn credentials_stay_with_their_registry_on_redirect() {
    let basic = Auth::Basic { username: "me".to_owned(), password: "hunter2".to_owned() };
    for config in [bearer(false, None), Config { auth: Some(basic), ..Config::with_referrers() }] {
        let (registry, elsewhere) = (start(config), start(Config::with_referrers()));
        let options = known_as(&registry.host(), "hunter2");
        let (own, other) = (store(&registry.host(), &options), store(&elsewhere.host(), &options));
        let image = push_image(own.as_ref(), "image", "1.4");
        attach(own.as_ref(), &image, "bundle").unwrap();
        other.push_blob(b"bundle").unwrap();
        let injection = Injection::of(Fault::RedirectTo(format!("{}{{path}}", elsewhere.url())));
        registry.inject(injection.on_method("GET").on_path("/blobs/"));
        finds(&registry.host(), &options, &image, 1);
        let seen = elsewhere.requests();
        assert!(seen.iter().any(|request| request.method == "GET" && request.status == 200));
        assert!(seen.iter().all(|request| !request.authorization), "credentials went elsewhere");
    }
}

#[test]
fn a_wrong_or_absent_password_is_could_not_ask() {
    let registry = start(bearer(false, None));
    push_image(store(&registry.host(), &known_as(&registry.host(), "hunter2")).as_ref(), "image", "1.4");
    for options in [quick(), known_as(&registry.host(), "wrong"), known_as("127.0.0.1", "hunter2")] {
        let error = store(&registry.host(), &options).resolve("1.4").unwrap_err();
        assert_eq!(error.code(), "unauthorized");
        assert!(error.is_unavailable() && error.hint().is_some() && !error.to_string().contains("hunter2"));
    }
}

#[test]
fn anonymous_pull_needs_no_password_and_pushing_does() {
    let registry = start(bearer(true, None));
    let image = push_image(store(&registry.host(), &known_as(&registry.host(), "hunter2")).as_ref(), "image", "1.4");
    finds(&registry.host(), &quick(), &image, 0);
    assert_eq!(store(&registry.host(), &quick()).push_blob(b"x").unwrap_err().code(), "unauthorized");
}

#[test]
fn a_challenge_costs_two_round_trips_once() {
    let registry = start(bearer(false, None));
    let options = known_as(&registry.host(), "hunter2");
    let image = push_image(store(&registry.host(), &options).as_ref(), "image", "1.4");
    attach(store(&registry.host(), &options).as_ref(), &image, "bundle").unwrap();
    registry.clear_requests();
    registry.inject(Fault::Slow(Duration::from_millis(200)));
    finds(&registry.host(), &options, &image, 1);
    let requests = registry.requests();
    assert_eq!(requests.iter().filter(|request| request.path.starts_with("/token")).count(), 1);
    assert_eq!(sequential_round_trips(&requests), 5);
}

#[test]
fn a_token_service_elsewhere_in_the_clear_gets_nothing() {
    let registry = start(bearer(false, Some("http://tokens.test/token".to_owned())));
    let error = store(&registry.host(), &known_as(&registry.host(), "hunter2")).resolve("1.4").unwrap_err();
    assert_eq!(error.code(), "token-realm-refused");
}

#[test]
fn a_raised_flag_ends_a_push_in_the_middle() {
    let (registry, image) = signed(Config::with_referrers(), 0);
    registry.inject(Fault::Slow(Duration::from_secs(20)));
    let cancel = Cancel::default();
    let store = store(&registry.host(), &Options { cancel: cancel.clone(), ..Options::default() });
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let pushing = scope.spawn(|| attach(store.as_ref(), &image, "bundle"));
        std::thread::sleep(Duration::from_millis(200));
        cancel.raise();
        assert_eq!(pushing.join().unwrap().unwrap_err().code(), "cancelled");
    });
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn attaching_the_same_twice_attaches_once() {
    for config in [Config::with_referrers(), Config::without_referrers()] {
        let (registry, image) = signed(config, 1);
        let store = store(&registry.host(), &Options::default());
        attach(store.as_ref(), &image, "bundle 0").unwrap();
        finds(&registry.host(), &Options::default(), &image, 1);
    }
}

#[test]
fn a_write_that_lost_its_answer_is_looked_after() {
    let (registry, image) = signed(Config::without_referrers(), 1);
    registry.inject(Injection::of(Fault::LostAnswer).on_method("PUT").on_path("/manifests/sha256-").times(2));
    registry.inject(Injection::of(Fault::LostAnswer).on_method("PUT").on_path("/blobs/").times(1));
    attach(store(&registry.host(), &Options::default()).as_ref(), &image, "one more").unwrap();
    finds(&registry.host(), &Options::default(), &image, 2);
}

#[test]
fn what_an_unguarded_writer_dropped_is_listed_again_by_the_next() {
    let (registry, image) = signed(Config::without_referrers(), 3);
    let store = store(&registry.host(), &Options::default());
    let nothing = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[]}}"#);
    let tag = image.digest.to_string().replace(':', "-");
    store.push_manifest(OCI_INDEX, nothing.as_bytes(), Some(&tag)).unwrap();
    finds(&registry.host(), &Options::default(), &image, 0);
    attach(store.as_ref(), &image, "one more").unwrap();
    finds(&registry.host(), &Options::default(), &image, 4);
}

#[test]
fn without_a_list_of_tags_an_entry_is_read_until_it_stays() {
    let (registry, image) = signed(Config::without_referrers(), 0);
    registry.inject(Injection::of(Fault::Denied).on_path("/tags/list"));
    attach(store(&registry.host(), &Options::default()).as_ref(), &image, "bundle").unwrap();
    finds(&registry.host(), &Options::default(), &image, 1);
}

/// Twenty writers at once, `rounds` times: whoever reports success is listed afterwards. Answers why others did not.
fn twenty_writers(host: &str, rounds: usize) -> Vec<String> {
    let mut failed = Vec::new();
    for round in 0..rounds {
        let image = push_image(store(host, &Options::default()).as_ref(), &format!("image {round}"), "1.4");
        let written: Vec<_> = std::thread::scope(|scope| {
            let write = |writer| {
                let store = store(host, &Options::default());
                attach(store.as_ref(), &image, &format!("{round} {writer}"))
            };
            let writers: Vec<_> = (0..20).map(|writer| scope.spawn(move || write(writer))).collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        let listed = store(host, &Options::default()).referrers(&image.digest).unwrap();
        for result in written {
            match result {
                Ok(written) => assert!(listed.iter().any(|listed| listed.digest == written.digest), "lost in {round}"),
                Err(error) => failed.push(error.to_string()),
            }
        }
        assert!(listed.len() <= 20, "listed twice");
    }
    failed
}

#[test]
fn twenty_writers_lose_nothing_without_the_referrers_api() {
    let registry = start(Config::without_referrers());
    assert_eq!(twenty_writers(&registry.host(), 3), [""; 0]);
}

#[test]
fn twenty_writers_lose_nothing_in_the_real_docker_registry_in_fifty_rounds() {
    let Some(registry) = DockerRegistry::start() else { return };
    assert_eq!(twenty_writers(&registry.host, 50), [""; 0]);
}

/// Debian's `docker-registry`, on a free port, in a folder of its own.
struct DockerRegistry {
    child: Child,
    host: String,
    _folder: tempfile::TempDir,
}

impl DockerRegistry {
    #[expect(clippy::print_stdout, reason = "a skipped test says that it is")]
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let host = format!("127.0.0.1:{port}");
        let config = folder.path().join("config.yml");
        let storage = folder.path().join("storage");
        let text = format!(
            "version: 0.1\nlog: {{ level: error, accesslog: {{ disabled: true }} }}\nstorage: {{ filesystem: {{ rootdirectory: {} }} }}\nhttp: {{ addr: \"{host}\" }}\n",
            storage.display()
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&config).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(child) = command.spawn() else {
            println!("skipped: docker-registry is not installed");
            return None;
        };
        let registry = Self { child, host, _folder: folder };
        let up = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(50));
            std::net::TcpStream::connect(&registry.host).is_ok()
        });
        assert!(up, "docker-registry did not start");
        Some(registry)
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A given authority means TLS, on this machine too.
#[test]
fn a_registry_that_speaks_no_tls_is_said_to_speak_none() {
    let (registry, _) = signed(Config::with_referrers(), 1);
    let now = bulla_verify::Time::from_unix(1_790_000_000);
    let root = bulla_sandbox::Sigstore::new(&[], 0, now).unwrap().trusted_root();
    let der = root.pointer("/certificateAuthorities/0/certChain/certificates/0/rawBytes").unwrap();
    let ca = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", der.as_str().unwrap());
    let options = Options { ca: ca.into_bytes(), ..Options::default() };
    let error = store(&registry.host(), &options).resolve("1.4").unwrap_err();
    assert_eq!(error.code(), "unreachable");
    assert!(error.to_string().contains("it may be plain HTTP"), "{error}");
}
