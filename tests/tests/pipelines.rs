//! What runs in others' pipelines: the action's two scripts, with a `curl` and a `bulla` that say what they were asked.
//! `tests/pipelines/run` lints all of it.
#![cfg(unix)]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use bulla_tests::root;
use bulla_verify::Digest;
use std::{
    fs,
    process::{Command, Output},
};
use tempfile::TempDir;

const BINARY: &str = "#!/bin/sh\necho a release\n";
const IMAGE: &str = "ghcr.io/acme/app@sha256:7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069";

/// A runner: a folder for its files, and programs that are found before the machine's.
struct Runner {
    dir: TempDir,
}

impl Runner {
    fn new() -> Self {
        let runner = Self { dir: tempfile::tempdir().expect("a folder") };
        fs::create_dir(runner.dir.path().join("bin")).unwrap();
        // Takes the address for what is fetched, and writes it where `--output` says.
        runner.program(
            "curl",
            &format!("while [ \"$1\" != --output ]; do shift; done\ncat >\"$2\" <<'END'\n{BINARY}END"),
        );
        runner.program("bulla", "echo \"bulla $*\"");
        runner
    }

    /// Written by another process: a file that a forked child of ours still has open cannot be run.
    fn program(&self, name: &str, script: &str) {
        let mut shell = Command::new("bash");
        shell.args(["-c", r#"printf '#!/bin/bash\n%s\n' "$1" >"$2" && chmod 755 "$2""#, "bash", script]);
        assert!(shell.arg(self.dir.path().join("bin").join(name)).status().expect("bash runs").success());
    }

    fn runs(&self, script: &str, env: &[(&str, &str)]) -> Output {
        let path = format!("{}:{}", self.dir.path().join("bin").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new(root().join(".github/actions/bulla").join(script));
        command.env("PATH", path).env("RUNNER_TEMP", self.dir.path()).env("GITHUB_PATH", self.dir.path().join("path"));
        command.envs(env.iter().copied()).output().expect("bash runs")
    }

    /// What is on the path of the next steps.
    fn installed(&self) -> Option<String> {
        fs::read_to_string(self.dir.path().join("path")).ok()
    }

    fn installs(&self, binary: &str, sha256: &str) -> Output {
        self.runs("install", &[("BULLA_BINARY", binary), ("BULLA_SHA256", sha256)])
    }

    fn signs(&self, images: &str, provenance: &str) -> Output {
        self.runs("sign", &[("BULLA_IMAGES", images), ("BULLA_PROVENANCE", provenance)])
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_binary_that_was_meant_is_installed() {
    let runner = Runner::new();
    let output = runner.installs("https://a.test/bulla", &Digest::of(BINARY.as_bytes()).to_hex());
    assert!(output.status.success(), "{output:?}");
    let folder = runner.installed().expect("on the path");
    let found = Command::new(format!("{}/bulla", folder.trim_end())).output().expect("it runs");
    assert_eq!(said(&found), "a release\n");
}

#[test]
fn another_binary_is_not_installed_and_not_kept() {
    let runner = Runner::new();
    let output = runner.installs("https://a.test/bulla", &Digest::of(b"another").to_hex());
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).starts_with("::error title=bulla::the binary is another one: expected "), "{output:?}");
    assert_eq!(runner.installed(), None);
    let left: Vec<_> = fs::read_dir(runner.dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["bin"]);
}

#[test]
fn what_cannot_be_fetched_or_is_not_pinned_is_not_installed() {
    let digest = Digest::of(BINARY.as_bytes()).to_hex();
    for (binary, sha256) in [
        ("http://a.test/bulla", digest.as_str()),
        ("file:///bin/sh", digest.as_str()),
        ("https://a.test/bulla", ""),
        ("https://a.test/bulla", &digest[1..]),
        ("https://a.test/bulla", &digest.to_uppercase()),
    ] {
        let runner = Runner::new();
        assert_eq!(runner.installs(binary, sha256).status.code(), Some(2), "{binary} {sha256}");
        assert_eq!(runner.installed(), None);
    }
    let runner = Runner::new();
    runner.program("curl", "exit 22");
    assert_eq!(runner.installs("https://a.test/bulla", &digest).status.code(), Some(2));
    assert_eq!(runner.installed(), None);
}

#[test]
fn images_are_signed_together_and_attested_one_by_one() {
    let other = IMAGE.replace("app@", "tool:1.2@");
    let output = Runner::new().signs(&format!("{IMAGE}\n\n{other}\n"), "true");
    assert!(output.status.success(), "{output:?}");
    let expected =
        format!("bulla sign {IMAGE} {other}\nbulla attest {IMAGE} --provenance\nbulla attest {other} --provenance\n");
    assert_eq!(said(&output), expected);
    assert_eq!(said(&Runner::new().signs(IMAGE, "false")), format!("bulla sign {IMAGE}\n"));
}

#[test]
fn an_image_without_its_digest_is_not_signed_nor_any_beside_it() {
    let short = &IMAGE[..IMAGE.len() - 1];
    for images in
        ["ghcr.io/acme/app:1.2", short, "--key=x@sha256:", " ", "", &format!("-{IMAGE}"), &format!("{IMAGE} x")]
    {
        for images in [images.to_owned(), format!("{IMAGE}\n{images}\n{short}")] {
            let output = Runner::new().signs(&images, "true");
            assert_eq!(output.status.code(), Some(2), "{images:?}");
            assert!(!said(&output).contains("bulla sign"), "{images:?}");
        }
    }
    assert_eq!(Runner::new().signs(IMAGE, "yes").status.code(), Some(2));
}

#[test]
fn a_signature_that_fails_fails_the_step_before_anything_is_attested() {
    let runner = Runner::new();
    runner.program("bulla", "echo \"bulla $1\"; exit 2");
    let output = runner.signs(IMAGE, "true");
    assert_eq!((output.status.code(), said(&output).as_str()), (Some(2), "bulla sign\n"));
}
