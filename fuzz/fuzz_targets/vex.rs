//! A VEX document of any bytes never panics; applied to a report it takes nothing out of it, and twice is once.
#![no_main]

use bulla_policy::{
    vex::{Vex, Product},
    vulnerabilities::VulnerabilityReport,
};
use bulla_verify::Digest;
use std::sync::LazyLock;

static REPORT: LazyLock<VulnerabilityReport> = LazyLock::new(|| {
    let report = br#"{"SchemaVersion":2,"ArtifactType":"x","Results":[{"Vulnerabilities":[
        {"VulnerabilityID":"CVE-2024-0001","PkgName":"git","PkgIdentifier":{"PURL":"pkg:apk/alpine/git@1?arch=x86_64"}},
        {"VulnerabilityID":"GHSA-a","PkgName":"x","PkgIdentifier":{"PURL":"pkg:pypi/x@1"}}]}]}"#;
    VulnerabilityReport::parse(report).expect("a report")
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(vex) = Vex::parse(bytes) else { return };
    let product = Product::of(&Digest::of(b"app")).in_repository("registry.acme.dev/app").known_as("x");
    let mut once = REPORT.clone();
    once.apply(&vex, &product).expect("within the budget");
    assert_eq!(once.findings().len(), REPORT.findings().len());
    let mut twice = once.clone();
    twice.apply(&vex, &product).expect("within the budget");
    assert_eq!(once, twice);
});
