//! RFC 3161 tokens of any bytes, through the one door that leads to them: a bundle that carries one.
#![no_main]

use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{Artifact, BUNDLE_V0_3, Bundle, Time, Trust, TrustedRoot, verify};
use std::sync::LazyLock;

static TRUST: LazyLock<Trust> =
    LazyLock::new(|| Trust::nobody().with_root(TrustedRoot::public_good().expect("the embedded root")));

libfuzzer_sys::fuzz_target!(|token: &[u8]| {
    let token = STANDARD.encode(token);
    let bundle = format!(
        r#"{{"mediaType":"{BUNDLE_V0_3}","verificationMaterial":{{"publicKey":{{}},"timestampVerificationData":{{"rfc3161Timestamps":[{{"signedTimestamp":"{token}"}}]}}}},"messageSignature":{{"signature":"AAAA"}}}}"#
    );
    if let Ok(bundle) = Bundle::parse(bundle.as_bytes()) {
        let refused = verify(&bundle, &Artifact::from_bytes(b"app"), &TRUST, Time::from_unix(1_790_000_000));
        assert!(refused.is_err(), "nobody's key is trusted");
    }
});
