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
    write(
        "reference",
        "image",
        b"registry.example.com:5000/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    for (name, manifest) in MANIFESTS {
        write("manifest", name, manifest.as_bytes());
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

const MANIFESTS: [(&str, &str); 5] = [
    (
        "pod",
        "# c\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  initContainers:\n  - image: 'r.io/a:1'\n  containers:\n  \
         - name: b\n    image: >-\n      r.io/b\n  volumes: [{image: {reference: \"r.io\\x2fc\"}}]\n---\napiVersion: batch/v1\nkind: \
         CronJob\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{image: d}]}}}}}\n",
    ),
    (
        "list",
        r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"a\/b"}]}}]}"#,
    ),
    (
        "compose",
        "x-a: &a {image: &i a/b}\r\nservices:\r\n  b:\r\n    <<: *a\r\n  c: {image: *i, build: .}\r\n  d: {image: '${X}', volumes: \
         [{type: image, source: e}]}\r\n",
    ),
    (
        "custom",
        "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nspec: {image: a, thanos: {image: b}, x: {image: |\n c\n}}\n",
    ),
    ("kustomization", "images: [{name: a, newTag: b}]\npatch: |\n  image: c\nimage: {repository: d, tag: e}\n"),
];

fn field(value: &Value, pointer: &str, target: &str, name: &str) {
    let text = value.pointer(pointer).and_then(Value::as_str).expect("a field");
    write(target, name, &STANDARD.decode(text).expect("base64"));
}

fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), bytes).expect("a file");
}
