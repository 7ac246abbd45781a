//! How many instructions it takes to parse and verify one bundle of each shape, as against the signature checks alone.
//!
//! `run` has this measured twice: first the signature checks, kept as the baseline, and then ours, which may be so many per
//! cent above them and no more. Both on the same processor, one after the other: a machine with other instructions for
//! SHA-2 or ECDSA moves both.

#[path = "../verify/src/floor.rs"]
mod floor;

use bulla_verify::{Artifact, Bundle, Digest, Need, Time, Trust, TrustedRoot, VerifyingKey, verify};
use floor::{Floor, Needs};
use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};
use std::{env, fs, path::PathBuf};

/// What may come on top of the signature checks, in per cent of their instructions, on x86-64: a little more than was last
/// measured, since a new compiler counts otherwise. Lower them whenever they can be.
const REKOR_V1: f64 = 6.4;
const REKOR_V2: f64 = 7.1;
const MANAGED_KEY: f64 = 5.2;

enum Work {
    Floor(Floor, Needs),
    Ours(Shape),
}

struct Shape {
    bundle: Vec<u8>,
    artifact: Artifact<'static>,
    trust: Trust,
    now: Time,
}

#[library_benchmark]
#[bench::rekor_v1(args = (rekor_v1()), config = at_most(REKOR_V1))]
#[bench::rekor_v2_and_timestamp(args = (rekor_v2()), config = at_most(REKOR_V2))]
#[bench::managed_key(args = (managed_key()), config = at_most(MANAGED_KEY))]
fn shape(work: Work) -> Work {
    match &work {
        Work::Floor(floor, needs) => floor.check(needs),
        Work::Ours(shape) => shape.verify(),
    }
    work // so that what it takes to drop it is not counted
}

library_benchmark_group!(name = shapes, benchmarks = shape);
main!(library_benchmark_groups = shapes);

fn at_most(percent: f64) -> LibraryBenchmarkConfig {
    let mut callgrind = Callgrind::with_args(["--cache-sim=no"]);
    callgrind.soft_limits([(EventKind::Ir, percent)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind).pass_through_env("BULLA_FLOOR");
    config
}

impl Shape {
    fn verify(&self) {
        let bundle = Bundle::parse(&self.bundle).expect("a bundle");
        verify(&bundle, &self.artifact, &self.trust, self.now).expect("it verifies");
    }
}

// The needs are those of benches/verify.

fn rekor_v1() -> Work {
    let release = "sha256:5ef6a035afd3f57d2b0f6a621127f2df78267ed1b872de064c668f5690e9c2db";
    let bundle = "cpython/3.13.0rc2__python-3.13.0rc2-arm64.exe.sigstore.json";
    let artifact = || Artifact::from_digest(Digest::parse(release).expect("a digest"));
    work(Needs { p256: 4, p384: 1, ed25519: 0 }, bundle, artifact, "trusted-roots/public-good.json", None)
}

fn rekor_v2() -> Work {
    let [bundle, root] =
        [suite("rekor2-happy-path/bundle.sigstore.json"), suite("rekor2-happy-path/trusted_root.json")];
    work(Needs { p256: 2, p384: 2, ed25519: 1 }, &bundle, common, &root, None)
}

fn managed_key() -> Work {
    let [bundle, root, key] = ["bundle.sigstore.json", "trusted_root.json", "key.pub"]
        .map(|file| suite(&format!("managed-key-and-trusted-root/{file}")));
    work(Needs { p256: 3, p384: 0, ed25519: 0 }, &bundle, common, &root, Some(&key))
}

fn work(needs: Needs, bundle: &str, artifact: impl Fn() -> Artifact<'static>, root: &str, key: Option<&str>) -> Work {
    if env::var_os("BULLA_FLOOR").is_some() {
        return Work::Floor(Floor::new(), needs);
    }
    let trust = Trust::nobody().with_root(TrustedRoot::parse(&read(root), Need::sigstore()).expect("a root"));
    let pem = key.map(|key| String::from_utf8(read(key)).expect("text"));
    Work::Ours(Shape {
        bundle: read(bundle),
        artifact: artifact(),
        trust: match pem {
            Some(pem) => trust.with_key(VerifyingKey::from_pem(&pem).expect("a key")),
            None => trust,
        },
        now: Time::parse_rfc3339("2026-11-01T00:00:00Z").expect("a time"),
    })
}

fn common() -> Artifact<'static> {
    Artifact::from_digest(Digest::of(&read(&suite("a.txt"))))
}

fn suite(file: &str) -> String {
    format!("sigstore-conformance/bundle-verify/{file}")
}

fn read(file: &str) -> Vec<u8> {
    let vectors = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    fs::read(vectors.join(file)).expect("../shared/vectors is there")
}
