//! A bundle of any bytes that is to be logged later, signed by no key that is known: nobody is asked, and it is refused.
#![no_main]

use bulla_sign::{SigningConfig, Sigstore};
use bulla_transport::Options;
use bulla_verify::{Artifact, Time, TrustedRoot, VerifyingKey};
use std::{sync::LazyLock, time::Duration};

static WORLD: LazyLock<(Sigstore, VerifyingKey)> = LazyLock::new(|| {
    let config = br#"{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","rekorTlogConfig":{"selector":"ANY"},"rekorTlogUrls":[{"url":"http://127.0.0.1:1","majorApiVersion":2,"validFor":{"start":"2026-01-01T00:00:00Z"},"operator":"a"}]}"#;
    let config = SigningConfig::parse(config).expect("a configuration");
    let options = Options { deadline: Duration::from_millis(1), ..Options::default() };
    let root = TrustedRoot::public_good().expect("the embedded root");
    let key = VerifyingKey::from_pem(include_str!("../../keys-example/example.pub")).expect("a key");
    (Sigstore::new(&config, root, &options, now()).expect("services"), key)
});

fn now() -> Time {
    Time::from_unix(1_790_000_000)
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (sigstore, key) = &*WORLD;
    for key in [Some(key), None] {
        let refused =
            sigstore.log_later(bytes, &Artifact::from_bytes(b"app"), key, &now).expect_err("nobody's signature");
        assert!(!refused.code().starts_with("log-"), "somebody was asked: {refused}");
    }
});
