//! The product seen from outside: what its tests share.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use bulla_transport::{Descriptor, OCI_MANIFEST, Store};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The project's root.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
        crate_dir.parent().expect("the workspace").to_owned()
    })
}

/// Other projects' test data beside the project; without it, says so and gives nothing.
pub fn vectors(name: &str) -> Option<PathBuf> {
    let folder = root().join("../shared/vectors").join(name);
    unless_skipped(folder.exists(), &format!("../shared/vectors/{name} is not there")).then_some(folder)
}

/// Whether the machine has a `program`; without it, says so.
pub fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    unless_skipped(found, &format!("there is no `{program}` on this machine"))
}

/// Says why a test is skipped, if it cannot be done.
#[expect(clippy::print_stdout, reason = "a skipped test says that it is")]
pub fn unless_skipped(can_be_done: bool, why: &str) -> bool {
    if !can_be_done {
        println!("skipped: {why}");
    }
    can_be_done
}

/// The built `bulla`, with nothing of the machine's environment: a pipeline's says who we are, a person's what we sign with.
pub fn bulla() -> Command {
    let mut command = Command::new(binary());
    command.env_clear();
    for name in ["PATH", "TMPDIR", "LD_LIBRARY_PATH", "SystemRoot"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command
}

/// Path of the binary of this very build: `cargo test --workspace` builds it, and where only one package is tested it is
/// built here, with the same profile.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().expect("a test runs from a file");
        let profile = test.ancestors().nth(2).expect("target/<profile>/deps");
        let mut build = Command::new(env!("CARGO"));
        build.current_dir(root()).args(["build", "--quiet", "--locked", "--package", "bulla"]);
        if profile.file_name().is_some_and(|name| name == "release") {
            build.arg("--release");
        }
        build.env("CARGO_TARGET_DIR", profile.parent().expect("target"));
        assert!(build.status().expect("cargo runs").success(), "`bulla` does not build");
        profile.join(format!("bulla{}", std::env::consts::EXE_SUFFIX))
    })
}

/// Pushes an image without layers, whose configuration is `seed`: another seed is another digest.
pub fn push_image(store: &dyn Store, seed: &str, tag: &str) -> Descriptor {
    let config = store.push_blob(seed.as_bytes()).expect("a blob");
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": config.digest.to_string(),
            "size": config.size,
        },
        "layers": [],
    });
    store.push_manifest(OCI_MANIFEST, manifest.to_string().as_bytes(), Some(tag)).expect("a manifest")
}
