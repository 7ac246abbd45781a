//! A bundle of any bytes: parsed, and verified with every root that is built in, it is refused or it is about the artifact;
//! it never panics.
#![no_main]

use bulla_verify::{Artifact, Bundle, Time, Trust, TrustedRoot, verify};
use std::sync::LazyLock;

static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let roots = [TrustedRoot::public_good(), TrustedRoot::github(), TrustedRoot::staging()];
    roots.into_iter().fold(Trust::nobody(), |trust, root| trust.with_root(root.expect("an embedded root")))
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(bundle) = Bundle::parse(bytes) {
        let _ = (bundle.unverified_identity(), bundle.unverified_hashes());
        let _ = verify(&bundle, &Artifact::from_bytes(b"app"), &TRUST, Time::from_unix(1_790_000_000));
    }
});
