//! A log entry of any kind, body and checkpoint, in a tree of one: the proof holds, so that every parser behind it is
//! reached; but the log has signed nothing of it.
#![no_main]

use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{Artifact, BUNDLE_V0_3, Bundle, Time, Trust, TrustedRoot, verify};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

#[derive(Debug, Arbitrary)]
struct Entry {
    kind: u8,
    body: Vec<u8>,
    /// What follows the origin, the size and the root; or, if it begins with an underscore, the whole.
    checkpoint: String,
}

const KINDS: [(&str, &str); 5] =
    [("hashedrekord", "0.0.1"), ("hashedrekord", "0.0.2"), ("dsse", "0.0.1"), ("dsse", "0.0.2"), ("intoto", "0.0.2")];

static TRUST: LazyLock<(Trust, Value)> = LazyLock::new(|| {
    let root = serde_json::from_slice::<Value>(include_bytes!("../../verify-lib/src/trust/public_good.json"));
    let id = root.expect("the root").pointer("/tlogs/0/logId/keyId").expect("a log").clone();
    (Trust::nobody().with_root(TrustedRoot::public_good().expect("the embedded root")), id)
});

libfuzzer_sys::fuzz_target!(|entry: Entry| {
    let (trust, log) = &*TRUST;
    let (kind, version) = KINDS[usize::from(entry.kind) % KINDS.len()];
    let root = STANDARD.encode(Sha256::new().chain_update([0]).chain_update(&entry.body).finalize());
    let checkpoint = match entry.checkpoint.strip_prefix('_') {
        Some(whole) => whole.to_owned(),
        None => format!("rekor.sigstore.dev - 1\n1\n{root}\n{}", entry.checkpoint),
    };
    let bundle = json!({
        "mediaType": BUNDLE_V0_3,
        "verificationMaterial": {
            "publicKey": {},
            "tlogEntries": [{
                "logIndex": "0",
                "logId": { "keyId": log },
                "kindVersion": { "kind": kind, "version": version },
                "inclusionProof": {
                    "logIndex": "0", "rootHash": root, "treeSize": "1", "checkpoint": { "envelope": checkpoint },
                },
                "canonicalizedBody": STANDARD.encode(&entry.body),
            }],
        },
        "messageSignature": { "signature": "AAAA" },
    });
    if let Ok(bundle) = Bundle::parse(bundle.to_string().as_bytes()) {
        let refused = verify(&bundle, &Artifact::from_bytes(b"app"), trust, Time::from_unix(1_790_000_000));
        let code = refused.expect_err("the log has not signed it").code();
        assert!(!matches!(code, "inclusion-proof" | "unknown-log"), "{code}");
    }
});
