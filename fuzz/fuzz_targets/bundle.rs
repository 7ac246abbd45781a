//! A bundle of any bytes: parsed and verified, it is refused or it is about the artifact; it never panics.
#![no_main]

use bulla_verify::{Artifact, Bundle, Need, Time, Trust, TrustedRoot, verify};
use std::sync::LazyLock;

static TRUST: LazyLock<Trust> =
    LazyLock::new(|| Trust::nobody().with_root(TrustedRoot::public_good().expect("the embedded root")));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(bundle) = Bundle::parse(bytes) {
        let now = Time::from_unix(1_790_000_000);
        let _ = bundle.unverified_identity();
        let _ = verify(&bundle, &Artifact::from_bytes(b"app"), &TRUST, &Need::sigstore(), now);
    }
});
