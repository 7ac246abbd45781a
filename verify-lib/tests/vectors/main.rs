//! Other projects' test data, read where it lies beside the project; without it these tests say that they are skipped.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, reports by printing, and reads files"
)]

mod cpython;
mod older;
mod rekor_v2;
mod roots;
mod slsa;
mod tamper;

use bulla_verify::{Artifact, Bundle, Time, Trust, VerifiedBundle, VerifiedSigner, VerifyError, verify};
use std::path::PathBuf;

/// The folder of vectors, if it is there.
fn vectors(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: ../shared/vectors/{name} is not there");
    None
}

/// When the vectors were gathered: after the last of them was signed, before the first root in them expires.
fn now() -> Time {
    Time::parse_rfc3339("2026-11-01T00:00:00Z").expect("a time")
}

fn check(bundle: &[u8], artifact: &Artifact<'_>, trust: &Trust) -> Result<VerifiedBundle, VerifyError> {
    verify(&Bundle::parse(bundle)?, artifact, trust, now())
}

fn is_by(verified: &VerifiedBundle, identity: &str, issuer: &str) -> bool {
    match verified.signer() {
        VerifiedSigner::Certificate { certificate: signer, .. } => {
            signer.identity().as_str() == identity && signer.issuer() == issuer
        }
        VerifiedSigner::Key { .. } => false,
    }
}
