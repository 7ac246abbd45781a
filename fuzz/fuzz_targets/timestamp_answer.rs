//! What a timestamp authority answers, of any bytes, through the one door that leads to its reader: somebody who signs, and
//! asks. Where the answer has [`NONCE`] and [`IMPRINT`], there are the question's, so that it can get past their checks; but nobody
//! who is trusted has signed it.
#![no_main]

use bulla_fuzz::{IMPRINT, NONCE, marked, serve};
use bulla_sign::{Signer, SigningConfig, SigningKey, Sigstore, Witnesses};
use bulla_transport::Options;
use bulla_verify::{Artifact, KeyAlgorithm, Time, TrustedRoot};
use std::{
    sync::{LazyLock, Mutex},
    time::Duration,
};

static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

static WORLD: LazyLock<(Sigstore, Signer)> = LazyLock::new(|| {
    let url = serve("application/timestamp-reply", |_, question| {
        // TimeStampReq ends with the hash and its tag and length, the nonce and its own, and a BOOLEAN.
        let (rest, nonce) = question[..question.len() - 3].split_at(question.len() - 11);
        let imprint = &rest[rest.len() - 34..rest.len() - 2];
        marked(&marked(&ANSWER.lock().expect("a lock"), &NONCE, nonce), &IMPRINT, imprint)
    });
    let config = format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","tsaConfig":{{"selector":"ANY"}},"tsaUrls":[{{"url":"{url}","majorApiVersion":1,"validFor":{{"start":"2026-01-01T00:00:00Z"}},"operator":"a"}}]}}"#
    );
    let config = SigningConfig::parse(config.as_bytes()).expect("a configuration");
    let options = Options { deadline: Duration::from_secs(1 << 20), ..Options::default() };
    let root = TrustedRoot::public_good().expect("the embedded root");
    let sigstore = Sigstore::new(&config, root, &options, now()).expect("services");
    (sigstore, Signer::from(SigningKey::generate(KeyAlgorithm::Ed25519).expect("a key")))
});

fn now() -> Time {
    Time::from_unix(1_790_000_000)
}

libfuzzer_sys::fuzz_target!(|answer: &[u8]| {
    let (sigstore, signer) = &*WORLD;
    *ANSWER.lock().expect("a lock") = answer.to_vec();
    let refused =
        sigstore.sign_message(signer, &Artifact::from_bytes(b"app"), Witnesses::Timestamps, &now).expect_err("nobody signed it");
    assert!(refused.code() != "timestamp-authority-unavailable", "{refused}");
});
