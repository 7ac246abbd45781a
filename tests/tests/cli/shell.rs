//! A folder, a registry, and a prompt.

use bulla_sandbox::{Config, Registry};
use bulla_transport::{OCI_INDEX, OCI_MANIFEST, Options, Place, Store, open};
use serde_json::{Value, json};
use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// Where a test types its commands. Keys are there already: `bulla.key`, `bulla.pub`, and `other.pub`.
pub(crate) struct Shell {
    folder: TempDir,
    pub(crate) registry: Registry,
    password: Option<&'static str>,
}

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Shell {
    pub(crate) fn new() -> Self {
        let shell = Self::bare();
        shell.run("keygen").ends(0);
        shell.run("keygen --output-key-prefix other").ends(0);
        shell
    }

    /// Without keys.
    pub(crate) fn bare() -> Self {
        let registry = Registry::start(Config::with_referrers()).unwrap();
        Self { folder: tempfile::tempdir().unwrap(), registry, password: Some("open sesame") }
    }

    /// With a registry that knows no referrers.
    pub(crate) fn with_old_registry() -> Self {
        Self { registry: Registry::start(Config::without_referrers()).unwrap(), ..Self::new() }
    }

    pub(crate) fn password(mut self, password: Option<&'static str>) -> Self {
        self.password = password;
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names in the folder, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = bulla_tests::bulla();
        command.current_dir(self.folder.path()).stdin(Stdio::null()).env("HOME", self.folder.path());
        if let Some(password) = self.password {
            command.env("BULLA_PASSWORD", password);
        }
        command.args(line.split_whitespace().map(|word| word.replace("REG", &self.registry.host())));
        command
    }

    /// Runs a command line; `REG` is the registry.
    pub(crate) fn run(&self, line: &str) -> Said {
        self.said(self.command(line).output().unwrap())
    }

    /// Runs it with something on standard input.
    pub(crate) fn pipe(&self, line: &str, input: &[u8]) -> Said {
        let mut command = self.command(line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that does not get so far as to read has closed it by then.
        let _ = child.stdin.take().unwrap().write_all(input);
        self.said(child.wait_with_output().unwrap())
    }

    /// What a program gets to read.
    pub(crate) fn json(&self, line: &str) -> Value {
        let said = self.run(&format!("{line} --output json"));
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
    }

    pub(crate) fn said(&self, output: Output) -> Said {
        let host = self.registry.host();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(&host, "REG");
        Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    pub(crate) fn store(&self, repository: &str) -> Box<dyn Store> {
        let place = Place::parse(&format!("{}/{repository}", self.registry.host())).unwrap();
        open(&place, &Options::default()).unwrap()
    }

    /// Pushes a small image, `seed` in its layer, and gives its digest.
    pub(crate) fn push_image(&self, repository: &str, tag: &str, seed: &str) -> String {
        push_image(self.store(repository).as_ref(), tag, seed)
    }

    /// Pushes an index of two images, and gives the digests: its own, then theirs.
    pub(crate) fn push_index(&self, repository: &str, tag: &str) -> [String; 3] {
        push_index(self.store(repository).as_ref(), tag)
    }
}

pub(crate) fn push_image(store: &dyn Store, tag: &str, seed: &str) -> String {
    let manifest = image(store, seed);
    store.push_manifest(OCI_MANIFEST, manifest.as_bytes(), Some(tag)).unwrap().digest.to_string()
}

pub(crate) fn push_index(store: &dyn Store, tag: &str) -> [String; 3] {
    let children = ["amd64", "arm64"].map(|architecture| {
        let manifest = image(store, architecture);
        let pushed = store.push_manifest(OCI_MANIFEST, manifest.as_bytes(), None).unwrap();
        json!({ "mediaType": OCI_MANIFEST, "digest": pushed.digest.to_string(), "size": pushed.size,
            "platform": { "os": "linux", "architecture": architecture } })
    });
    let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children }).to_string();
    let index = store.push_manifest(OCI_INDEX, index.as_bytes(), Some(tag)).unwrap();
    let [amd64, arm64] = children.map(|child| child["digest"].as_str().unwrap().to_owned());
    [index.digest.to_string(), amd64, arm64]
}

fn image(store: &dyn Store, seed: &str) -> String {
    let described = |kind: &str, bytes: &[u8]| {
        let pushed = store.push_blob(bytes).unwrap();
        json!({ "mediaType": kind, "digest": pushed.digest.to_string(), "size": pushed.size })
    };
    json!({
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": described("application/vnd.oci.image.config.v1+json", b"{}"),
        "layers": [described("application/vnd.oci.image.layer.v1.tar", seed.as_bytes())],
    })
    .to_string()
}

impl Said {
    /// It ended so.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// Exactly this on standard output; digests are cut to `sha256:…`.
    #[track_caller]
    pub(crate) fn out(self, expected: &str) -> Self {
        assert_eq!(without_digests(&self.out), expected);
        self
    }

    /// Exactly this on standard error; digests are cut to `sha256:…`.
    #[track_caller]
    pub(crate) fn err(self, expected: &str) -> Self {
        assert_eq!(without_digests(&self.err), expected);
        self
    }

    /// An error with this code comes first, on standard error alone.
    #[track_caller]
    pub(crate) fn fails(self, exit: i32, code: &str) -> Self {
        let first = self.err.lines().next().unwrap_or_default();
        assert!(first.starts_with("error: ") && first.ends_with(&format!(" [{code}]")), "expected [{code}]: {self:?}");
        assert_eq!(self.out, "", "an error is not data");
        self.ends(exit)
    }

    /// And this is what to do next.
    #[track_caller]
    pub(crate) fn hints(self, part: &str) -> Self {
        let hint = self.err.lines().find(|line| line.starts_with("hint: ")).unwrap_or_default();
        assert!(hint.contains(part), "expected a hint of `{part}`: {self:?}");
        self
    }
}

/// `sha256:` and its 64 digits, cut.
pub(crate) fn without_digests(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let mut cut = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        cut.push_str(if digits == 64 { "sha256:…" } else { "sha256:" });
        cut.push_str(if digits == 64 { &part[64..] } else { part });
    }
    cut
}
