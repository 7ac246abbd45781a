//! `bulla trust` and `verify --root`, over such a repository, in a home of their own.

use crate::maker::{ALL, Repo};
use crate::mirror::serve;
use bulla_sandbox::{Sandbox, SandboxConfig};
use bulla_verify::Digest;
use std::process::Output;
use tempfile::TempDir;

/// A person, and the repository of a sandbox's root.
struct Person {
    home: TempDir,
    sandbox: Sandbox,
    root: Vec<u8>,
    url: String,
    asked: std::sync::Arc<std::sync::Mutex<Vec<String>>>,
}

impl Person {
    /// `days` from the tests' time on, everything expires.
    fn new(days: i64) -> Self {
        let sandbox = Sandbox::start(SandboxConfig::default()).expect("a sandbox");
        let mut repo = Repo::new();
        let root = sandbox.trusted_root().to_string();
        repo.add_file("targets", "trusted_root.json", root.as_bytes());
        repo.add_file("targets", "signing_config.v0.2.json", sandbox.signing_config().to_string().as_bytes());
        for role in ALL {
            repo.expires(role, days);
            repo.restart(role, 1);
        }
        repo.publish(&ALL);
        let root = repo.last("root").to_vec();
        let server = serve(repo, 404);
        Self { home: tempfile::tempdir().expect("a home"), sandbox, root, url: server.url, asked: server.asked }
    }

    fn run(&self, line: &str) -> Output {
        let mut command = bulla_tests::bulla();
        command.current_dir(self.home.path()).env("HOME", self.home.path());
        for variable in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            command.env_remove(variable);
        }
        command.args(line.split_whitespace().map(|word| word.replace("URL", &self.url))).output().expect("bulla runs")
    }

    #[track_caller]
    fn ends(&self, line: &str, code: i32) -> String {
        let output = self.run(line);
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert_eq!(output.status.code(), Some(code), "{line}: {text}");
        text
    }

    #[track_caller]
    fn fails(&self, line: &str, code: &str) {
        let text = self.ends(line, 2);
        assert!(text.contains(&format!("[{code}]")), "{line}: {text}");
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.home.path().join(name), bytes).expect("a file");
    }

    fn requests(&self) -> usize {
        std::mem::take(&mut *self.asked.lock().expect("a list")).len()
    }
}

/// Days from the tests' time to one that no clock has reached yet.
const LONG: i64 = 3650;

#[test]
fn a_root_of_ones_own_is_added_kept_up_to_date_and_verified_under() {
    let person = Person::new(LONG);
    person.write("root.json", &person.root);
    let added = person.ends("trust init acme --url URL --root root.json", 0);
    assert!(added.contains("root       acme") && added.contains("good until"), "{added}");
    let shown = person.ends("trust show", 0);
    for name in ["root       public-good", "root       github", "root       acme"] {
        assert!(shown.contains(name), "{shown}");
    }
    person.requests();
    person.ends("trust update acme", 0);
    assert_eq!(person.requests(), 1, "nothing new is one request");

    person.write("app", "bytes");
    person.write("token", person.sandbox.identity_token("dev@sandbox.invalid").expect("a token"));
    person.write("trust.json", person.sandbox.trusted_root().to_string());
    person.write("config.json", person.sandbox.signing_config().to_string());
    person.ends("sign app --identity-token token --trusted-root trust.json --signing-config config.json", 0);
    let by = format!("--identity dev@sandbox.invalid --issuer {}", person.sandbox.url());
    person.requests();
    person.ends(&format!("verify app --root acme {by}"), 0);
    person.ends(&format!("verify app --root github --root acme {by} --offline"), 0);
    assert_eq!(person.requests(), 0, "what is cached is not asked for");
    person.ends(&format!("verify app --root github {by}"), 1);
    person.ends(&format!("verify app {by}"), 1);
    person.fails(&format!("verify app --root acmee {by}"), "tuf-no-such-repository");

    // A policy may name it, and does not leave this machine with it.
    let policy = format!(
        "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: p }}\nspec:\n  unmatched: deny\n  rules:\n    \
         - name: r\n      files: [ app ]\n      mode: enforce\n      require: {{ signed: {{ by: {{ email: {{ address: \
         dev@sandbox.invalid, issuer: \"{}\", root: acme }} }} }} }}\n",
        person.sandbox.url()
    );
    person.write("policy.yaml", policy);
    person.ends("verify app --policy policy.yaml", 0);
    person.ends("policy check policy.yaml --strict", 0);
    person.fails("policy bundle policy.yaml", "root-unknown");
}

#[test]
fn nothing_is_trusted_on_first_use() {
    let person = Person::new(LONG);
    person.fails("trust init acme --url URL", "usage");
    person.fails(&format!("trust init acme --url URL --sha256 {}", "0".repeat(64)), "tuf-root-digest");
    person.write("root.json", &person.root);
    person.fails(&format!("trust init acme --url URL --root root.json --sha256 {}", "0".repeat(64)), "tuf-root-digest");
    person.fails("trust init github --url URL --root root.json", "tuf-repository-name");
    let right = Digest::of(&person.root);
    person.ends(&format!("trust init acme --url URL --root root.json --sha256 {right}"), 0);
    assert!(person.ends("trust show acme", 0).contains("acme"));
}

#[test]
fn what_has_expired_is_unknown_and_not_refused() {
    let person = Person::new(1);
    person.write("root.json", &person.root);
    person.fails("trust init acme --url URL --root root.json", "tuf-expired");
    assert!(!person.ends("trust show", 0).contains("acme"), "what cannot be used is not kept");
    person.ends("trust init acme --url URL --root root.json --offline", 0);
    person.write("app", "bytes");
    person.fails("verify app --root acme --identity a@b --issuer https://c", "tuf-expired");
    person.fails("verify app --root acme --identity a@b --issuer https://c --offline", "tuf-not-cached");
}

#[test]
fn offline_nobody_is_asked_for_a_root() {
    let person = Person::new(LONG);
    person.write("root.json", &person.root);
    person.write("trust.json", person.sandbox.trusted_root().to_string());
    person.ends("trust init acme --url URL --root root.json --offline", 0);
    person.fails("trust update acme --offline", "offline");
    let digest = Digest::of(&person.root);
    person.fails(&format!("trust init other --url URL --sha256 {digest} --offline"), "offline");
    person.sandbox.registry().clear_requests();
    person.ends("trust doctor --trusted-root trust.json --offline", 0);
    assert_eq!((person.requests(), person.sandbox.registry().requests().len()), (0, 0));
}
