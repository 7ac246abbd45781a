//! Writes a first corpus: what the sandbox's Sigstore signs, and what it is made of. Nothing of anybody else's.
//!
//! ```console
//! cargo run --manifest-path fuzz/Cargo.toml --bin seeds
//! ```

use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_sandbox::{Algorithm, Content, Generation, Sigstore};
use bulla_verify::{Digest, Identity, Time};
use serde_json::{Value, json};
use std::{fs, path::Path};

fn main() {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "app", "digest": { "sha256": Digest::of(b"app").to_hex() } }],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": { "buildType": "https://example.com/b", "externalParameters": {}, "resolvedDependencies": [] },
            "runDetails": { "builder": { "id": "https://example.com/builder" } },
        },
    })
    .to_string();
    write("statement", "provenance", statement.as_bytes());
    write("reference", "image", b"registry.example.com:5000/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (name, condition) in [
        ("builder", "predicate.runDetails.builder.id == \"https://example.com/builder\""),
        ("dependencies", "predicate.a.all(d, has(d.uri) && d.uri.startsWith('git+https://')) || predicate.a.size() > 2u"),
        ("pattern", "signer.issuer.matches(r'^https://[\\w.-]+$') ? predicate.a[1] in ['b'] : -predicate.a[0] < 0x1f"),
        ("times", "timestamp(predicate.b) - timestamp('2026-11-24T12:00:00Z') < duration('1h30m') // a comment"),
        ("lists", "predicate.a.filter(x, type(x) == int).map(x, x + 1) != [2, 3] + [int(predicate.`b`)]"),
    ] {
        write("condition", name, format!("{condition}\0{{\"a\": [1, \"b\"], \"b\": \"2026-11-24T13:00:00Z\"}}").as_bytes());
    }
    for generation in [Generation::V1, Generation::V2] {
        let now = Time::from_unix(1_790_000_000);
        let mut sigstore = Sigstore::new(&[generation], 1, now).expect("a Sigstore");
        write("trusted_root", &format!("{generation:?}"), sigstore.trusted_root().to_string().as_bytes());
        for (kind, content) in
            [("artifact", Content::Artifact(b"app")), ("statement", Content::Statement(statement.as_bytes()))]
        {
            let identity = Identity::Email("dev@sandbox.invalid".to_owned());
            let bundle = sigstore.sign(content, &identity, Algorithm::EcdsaP256).expect("signed");
            let name = format!("{generation:?}-{kind}");
            write("bundle", &name, bundle.to_string().as_bytes());
            field(&bundle, "/verificationMaterial/certificate/rawBytes", "certificate", &name);
            let timestamp = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";
            field(&bundle, timestamp, "timestamp", &name);
        }
        let root = sigstore.trusted_root();
        field(&root, "/tlogs/0/publicKey/rawBytes", "key", &format!("{generation:?}"));
    }
}

fn field(value: &Value, pointer: &str, target: &str, name: &str) {
    let text = value.pointer(pointer).and_then(Value::as_str).expect("a field");
    write(target, name, &STANDARD.decode(text).expect("base64"));
}

fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), bytes).expect("a file");
}
