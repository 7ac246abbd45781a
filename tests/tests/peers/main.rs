//! The real thing: cosign 3, a registry with the referrers API and one without. `tests/peers/run` starts them.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking and says when it is skipped"
)]

mod blobs;
mod images;
mod keyless;
mod keys;
mod policies;
mod roots;
mod summaries;
mod tampered;
mod tls;

use bulla_tests::bulla;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

/// For every private key in these tests: they guard nothing.
const PASSWORD: &str = "peers";
const SLSA: &str = "https://slsa.dev/provenance/v1";
const PROVENANCE: &str = r#"{"buildDefinition":{"buildType":"https://example.com/build/v1","externalParameters":{}},"runDetails":{"builder":{"id":"https://example.com/builder"}}}"#;

/// `openssl genpkey` for each algorithm that cosign imports.
const KINDS: [(&str, &[&str]); 4] = [
    ("p256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ("p384", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    ("ed25519", &["-algorithm", "ed25519"]),
    ("rsa", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
];

/// The peers that are running, and a folder to work in.
struct Peers {
    cosign: PathBuf,
    crane: PathBuf,
    registries: [String; 2],
    folder: TempDir,
}

/// How a program ended, and everything that it said.
struct Said {
    code: i32,
    text: String,
}

impl Peers {
    /// Nothing, and a line that says so, where the peers are not running.
    fn running() -> Option<Self> {
        if env::var_os("BULLA_PEERS").is_none() {
            println!("skipped: the peers are not running (tests/peers/run starts them)");
            return None;
        }
        let var = |name: &str| env::var(name).expect(name);
        Some(Self {
            cosign: var("BULLA_COSIGN").into(),
            crane: var("BULLA_CRANE").into(),
            registries: [var("BULLA_REGISTRY_REFERRERS"), var("BULLA_REGISTRY_PLAIN")],
            folder: tempfile::tempdir().expect("a folder"),
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn bulla(&self, arguments: &[&str]) -> Said {
        run(bulla().env("BULLA_PASSWORD", PASSWORD), self.folder.path(), arguments)
    }

    fn cosign(&self, arguments: &[&str]) -> Said {
        let mut cosign = Command::new(&self.cosign);
        cosign.env("COSIGN_PASSWORD", PASSWORD).env("HOME", self.folder.path());
        run(&mut cosign, self.folder.path(), arguments)
    }

    fn crane(&self, arguments: &[&str]) -> Said {
        run(&mut Command::new(&self.crane), self.folder.path(), arguments)
    }

    /// Two key pairs of `bulla`: `ours` and `other`.
    fn keys(&self) {
        for name in ["ours", "other"] {
            self.bulla(&["keygen", "--output-key-prefix", name]).succeeds();
        }
    }

    /// A private key that neither has made.
    fn openssl_key(&self, name: &str, kind: &[&str]) {
        let pem = format!("{name}.pem");
        let arguments = [&["genpkey", "-out", &pem], kind].concat();
        run(&mut Command::new("openssl"), self.folder.path(), &arguments).succeeds();
    }

    /// An image that nobody else has, as `registry/<name>:1@sha256:…` without the tag.
    fn image(&self, registry: &str, name: &str) -> String {
        let reference = format!("{registry}/{name}:1");
        fs::write(self.path("content"), format!("{registry} {name}")).expect("a file");
        let tar = run(&mut Command::new("tar"), self.folder.path(), &["cf", "layer.tar", "content"]);
        tar.succeeds();
        self.crane(&["append", "--new_layer", "layer.tar", "--new_tag", &reference]).succeeds();
        self.by_digest(&reference)
    }

    fn by_digest(&self, reference: &str) -> String {
        let digest = self.crane(&["digest", reference]);
        let (repository, _) = reference.rsplit_once(':').expect("a tag");
        format!("{repository}@{}", digest.succeeds().trim())
    }

    fn provenance(&self) {
        fs::write(self.path("provenance.json"), PROVENANCE).expect("a file");
    }
}

fn run(command: &mut Command, folder: &Path, arguments: &[&str]) -> Said {
    let Output { status, stdout, stderr } =
        command.current_dir(folder).args(arguments).output().expect("a program that runs");
    let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Said { code: status.code().unwrap_or(-1), text }
}

impl Said {
    #[track_caller]
    fn succeeds(&self) -> &str {
        assert_eq!(self.code, 0, "{}", self.text);
        &self.text
    }

    /// Ends with `code`, and says `words`.
    #[track_caller]
    fn fails(&self, code: i32, words: &str) {
        assert_eq!(self.code, code, "{}", self.text);
        assert!(self.text.contains(words), "expected `{words}` in: {}", self.text);
    }

    /// Fails somehow, and says `words`.
    #[track_caller]
    fn refuses(&self, words: &str) {
        assert_ne!(self.code, 0, "{}", self.text);
        assert!(self.text.contains(words), "expected `{words}` in: {}", self.text);
    }
}

/// What cosign needs to be told where there is only a key and no log.
fn cosign_verify<'a>(verb: &'a str, key: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&[verb, "--key", key, "--insecure-ignore-tlog", "--allow-http-registry"], more].concat()
}

fn cosign_sign<'a>(verb: &'a str, key: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let keyed = ["--key", key, "--use-signing-config=false", "--tlog-upload=false", "--allow-http-registry", "--yes"];
    [&[verb], &keyed[..], more].concat()
}
