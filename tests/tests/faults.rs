//! Every fault of the registry, against the commands: a clear error, the right exit code, nothing half-written.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use bulla_sandbox::{Config, Fault, Injection, Registry};
use bulla_tests::{bulla, push_image};
use bulla_transport::{Options, Place, open};
use std::{process::Output, time::Duration};
use tempfile::TempDir;

/// A registry with one image, and a key in a folder.
struct Scene {
    registry: Registry,
    image: String,
    folder: TempDir,
}

impl Scene {
    fn new(config: Config) -> Self {
        let registry = Registry::start(config).expect("a registry");
        let tag = format!("{}/team/app:1", registry.host());
        let store = open(&Place::parse(&tag).expect("a reference"), &Options::default()).expect("a store");
        let image = push_image(store.as_ref(), "image", "1");
        let image = format!("{}/team/app@{}", registry.host(), image.digest);
        let scene = Self { registry, image, folder: tempfile::tempdir().expect("a folder") };
        scene.ends(&["keygen"], 0, "");
        scene
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = bulla();
        command.current_dir(self.folder.path()).env("BULLA_PASSWORD", "faults").args(arguments);
        command.output().expect("bulla runs")
    }

    /// Ends with `exit`, and with the code of an error if there is one; whatever fails says what to do next.
    #[track_caller]
    fn ends(&self, arguments: &[&str], exit: i32, code: &str) {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {said}");
        assert!(code.is_empty() || said.contains(&format!("[{code}]")), "expected [{code}]: {said}");
        assert!(!said.contains("panicked"), "{said}");
        assert!(exit == 0 || said.contains("hint: "), "nothing says what to do next: {said}");
    }

    #[track_caller]
    fn verify(&self, exit: i32, code: &str) {
        self.ends(&["verify", &self.image, "--key", "bulla.pub", "--timeout", "2s"], exit, code);
    }

    #[track_caller]
    fn sign(&self, exit: i32, code: &str) {
        self.ends(&["sign", &self.image, "--key", "bulla.key", "--timeout", "2s"], exit, code);
    }
}

/// Each fault, with the code that it is told by.
fn faults() -> [(Fault, &'static str); 7] {
    [
        (Fault::TooManyRequests { retry_after: Duration::from_secs(30) }, "registry-throttled"),
        (Fault::InternalError, "registry-failed"),
        (Fault::Denied, "unauthorized"),
        (Fault::Slow(Duration::from_secs(10)), "deadline-exceeded"),
        (Fault::Truncated, "answer-truncated"),
        (Fault::WrongDigest, "digest-mismatch"),
        // Nobody listens on port 1.
        (Fault::RedirectTo("http://127.0.0.1:1{path}".to_owned()), "unreachable"),
    ]
}

#[test]
fn a_fault_on_the_way_to_a_signature_is_could_not_tell() {
    for (fault, code) in faults() {
        let scene = Scene::new(Config::with_referrers());
        scene.sign(0, "");
        scene.registry.inject(Injection::of(fault).on_method("GET").on_path("/manifests/"));
        scene.verify(2, code);
        scene.registry.clear_faults();
        scene.verify(0, "");
    }
}

#[test]
fn a_fault_of_the_list_of_signatures_is_never_unsigned() {
    for config in [Config::with_referrers(), Config::without_referrers()] {
        for (fault, code) in faults().into_iter().filter(|(fault, _)| *fault != Fault::WrongDigest) {
            let scene = Scene::new(config.clone());
            scene.sign(0, "");
            // The list itself, or the fallback tag that stands in for it.
            let path = if config == Config::with_referrers() { "/referrers/" } else { "/manifests/sha256-" };
            scene.registry.inject(Injection::of(fault).on_path(path));
            scene.verify(2, code);
        }
    }
}

#[test]
fn a_fault_in_the_middle_of_a_push_leaves_no_signature_and_the_next_one_does() {
    let spoils_answers = |fault: &Fault| matches!(fault, Fault::Truncated | Fault::WrongDigest);
    for (fault, code) in faults().into_iter().filter(|(fault, _)| !spoils_answers(fault)) {
        // What is written is not sent elsewhere at all.
        let code = if matches!(fault, Fault::RedirectTo(_)) { "redirect-refused" } else { code };
        for path in ["/blobs/uploads/", "/manifests/sha256:"] {
            let method = if path.contains("uploads") { "POST" } else { "PUT" };
            let scene = Scene::new(Config::with_referrers());
            scene.registry.inject(Injection::of(fault.clone()).on_method(method).on_path(path));
            scene.sign(2, code);
            scene.registry.clear_faults();
            scene.verify(1, "no-signature");
            scene.sign(0, "");
            scene.verify(0, "");
        }
    }
}

#[test]
fn a_registry_that_recovers_is_waited_for() {
    for fault in
        [Fault::TooManyRequests { retry_after: Duration::from_secs(1) }, Fault::InternalError, Fault::Truncated]
    {
        let scene = Scene::new(Config::with_referrers());
        scene.sign(0, "");
        scene.registry.inject(Injection::of(fault).on_method("GET").times(1));
        scene.ends(&["verify", &scene.image, "--key", "bulla.pub"], 0, "");
    }
}
