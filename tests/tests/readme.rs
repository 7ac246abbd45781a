//! Words that cannot lie: the commands of the documents are run as they stand there.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use bulla_sandbox::{Config, Registry};
use bulla_tests::{bulla, push_image, root};
use bulla_transport::{Options, Place, open};
use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Stdio},
    thread,
    time::Duration,
};

/// The registry of the examples: an in-process one stands in for it.
const REGISTRY: &str = "registry.acme.dev";

/// The one command whose file nobody has here; `keyless.rs` runs it on the digests of such files.
const ELSEWHERE: &str = "python-3.14.tgz";

/// The predicate that the document shows.
fn provenance() -> String {
    let text = fs::read_to_string(root().join("README.md")).expect("README.md");
    let block = text.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
    block.expect("a predicate").to_owned()
}

/// The policy that the document shows, and the cases that it is tried out on.
fn trust_policy() -> [String; 2] {
    let text = fs::read_to_string(root().join("README.md")).expect("README.md");
    let mut blocks = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    [(); 2].map(|()| blocks.next().expect("a policy and its cases").to_owned())
}

/// The `bulla` commands in a document's console blocks, without their comments.
fn commands(document: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(document)).expect(document);
    let blocks = text.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks
        .flat_map(str::lines)
        .filter_map(|line| line.strip_prefix("$ "))
        .map(|line| line.split(" #").next().unwrap_or(line).trim().to_owned())
        .filter(|line| line.contains("bulla ") && !line.starts_with("cargo"))
        .collect()
}

/// Runs a line with its leading `NAME=value`, in `folder`.
#[track_caller]
fn runs(line: &str, folder: &Path, environment: &[(String, String)]) {
    let mut command = bulla();
    command.current_dir(folder).env("BULLA_PASSWORD", "readme").env("HOME", folder).envs(environment.to_vec());
    let mut words = line.split_whitespace().peekable();
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        command.env(name, value);
        words.next();
    }
    assert_eq!(words.next(), Some("bulla"), "{line}");
    let output = command.args(words).output().expect("bulla runs");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_command_of_the_readme_does_what_it_says() {
    let registry = Registry::start(Config::with_referrers()).expect("a registry");
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("app.tar.gz"), "app").expect("a file");
    fs::write(folder.path().join("provenance.json"), provenance()).expect("a file");
    let place = Place::parse(&format!("{}/app:1.4", registry.host())).expect("a reference");
    let store = open(&place, &Options::default()).expect("a store");
    push_image(store.as_ref(), "readme", "1.4");

    fs::write(folder.path().join("app.bin"), "binary").expect("a file");
    let [policy, cases] = trust_policy();
    for name in ["trust.yaml", "new.yaml"] {
        fs::write(folder.path().join(name), policy.replace(REGISTRY, &registry.host())).expect("a file");
    }
    fs::create_dir(folder.path().join("policy-tests")).expect("a folder");
    fs::write(folder.path().join("policy-tests/app.test.yaml"), cases).expect("a file");
    fs::write(folder.path().join("cluster-image-policy.yaml"), cluster_image_policy()).expect("a file");
    let image = format!("services: {{ app: {{ image: '{}/app:1.4' }} }}\n", registry.host());
    fs::create_dir(folder.path().join("k8s")).expect("a folder");
    fs::write(folder.path().join("k8s/compose.yaml"), image).expect("a file");

    let commands = commands("README.md");
    let (background, commands): (Vec<_>, Vec<_>) = commands.into_iter().partition(|line| line.ends_with(" &"));
    let sandbox = Background::start(&background, folder.path());
    let environment = exported("README.md");
    assert_eq!(environment.len(), 3, "{environment:?}");
    assert!(commands.len() >= 16, "{commands:?}");
    for line in commands.iter().filter(|line| !line.contains(ELSEWHERE) && !line.contains(IN_A_PIPELINE)) {
        let line = line.replace(REGISTRY, &registry.host()).replace(PORT, &sandbox.port);
        runs(&line, folder.path(), &environment);
    }
}

/// Another tool's policy, of which the document makes one.
fn cluster_image_policy() -> String {
    let key = fs::read_to_string(root().join("keys-example/example.pub")).expect("a key");
    let key = key.replace('\n', "\\n");
    format!(
        "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {{ name: services }}\nspec:\n  images: [ {{ glob: \"{REGISTRY}/**\" \
         }} ]\n  authorities: [ {{ key: {{ data: \"{key}\" }} }} ]\n"
    )
}

/// Whose identity nobody has outside GitHub's own pipelines; `flaws.rs` and `peers/keyless.rs` verify by others.
const IN_A_PIPELINE: &str = "token.actions.githubusercontent.com";

/// The port of the examples: a free one stands in for it.
const PORT: &str = "4242";

/// The sandbox of the document.
struct Background {
    process: Child,
    port: String,
}

impl Background {
    fn start(lines: &[String], folder: &Path) -> Self {
        let [line] = lines else { panic!("one command in the background: {lines:?}") };
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
        let port = free.port().to_string();
        let line = line.trim_end_matches(" &").replace(PORT, &port);
        let mut command = bulla();
        command.current_dir(folder).args(line.split_whitespace().skip(1)).stdout(Stdio::null());
        let process = command.spawn().expect("a sandbox");
        let started = Self { process, port };
        let ready = || folder.join("sandbox/ready").exists();
        assert!(
            (0..500).any(|_| ready() || {
                thread::sleep(Duration::from_millis(20));
                false
            }),
            "{line}"
        );
        started
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).ok();
    }
}

/// What a document exports.
fn exported(document: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join(document)).expect(document);
    let lines = text.lines().filter_map(|line| line.strip_prefix("$ export "));
    let pairs = lines.flat_map(str::split_whitespace).filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn the_example_keys_sign_and_verify() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("app.tar.gz"), "app").expect("a file");
    let keys = root().join("keys-example").display().to_string();
    let commands = commands("keys-example/README.md");
    assert_eq!(commands.len(), 2);
    for line in commands {
        runs(&line.replace("keys-example", &keys), folder.path(), &[]);
    }
}

#[test]
fn the_algorithms_that_the_readme_names_are_those_that_there_are() {
    let text = fs::read_to_string(root().join("README.md")).expect("README.md");
    let sentence =
        text.split("`--algorithm` takes").nth(1).and_then(|rest| rest.split(';').next()).expect("a sentence");
    let help = bulla().args(["keygen", "--help"]).output().expect("bulla runs");
    let help = String::from_utf8(help.stdout).expect("text");
    let values = help.split("--algorithm").nth(1).and_then(|rest| rest.split("[default").next()).expect("values");
    let known: Vec<_> = values.lines().filter_map(|line| line.trim().strip_prefix("- ")?.split(':').next()).collect();
    assert_eq!(known.len(), sentence.matches('`').count() / 2, "{known:?} {sentence}");
    for name in known {
        assert!(sentence.contains(&format!("`{name}`")), "{name}: {sentence}");
    }
}
