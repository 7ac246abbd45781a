//! Good bundles, changed field by field: whatever is accepted says what the Sigstore of the sandbox has signed.
#![no_main]

use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_sandbox::{Algorithm, Content, Generation, OIDC_ISSUER, Sigstore};
use bulla_verify::{Artifact, Bundle, Digest, Identity, Need, Time, Trust, TrustedRoot, VerifiedSigner, verify};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use serde_json::{Value, json};
use std::sync::LazyLock;

const APP: &[u8] = b"app";
const NAME: &str = "dev@sandbox.invalid";
const NOW: i64 = 1_790_000_000;

#[derive(Debug, Arbitrary)]
struct Case {
    bundle: u8,
    changes: Vec<(u16, Change)>,
}

/// What is done to a field: to its bytes, where it is base64.
#[derive(Debug, Arbitrary)]
enum Change {
    Flip(u16, u8),
    Cut(u16),
    Insert(u16, Vec<u8>),
    Text(String),
    Number(i64),
    Remove,
    Twice,
    /// The same field of another bundle.
    From(u8),
}

struct World {
    trust: Trust,
    bundles: Vec<Value>,
    fields: Vec<Vec<String>>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let mut sigstore =
        Sigstore::new(&[Generation::V1, Generation::V2], 1, Time::from_unix(NOW)).expect("a Sigstore");
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "digest": { "sha256": Digest::of(APP).to_hex() } }],
        "predicateType": "https://example.com/x",
        "predicate": {},
    })
    .to_string();
    let mut bundles = Vec::new();
    for content in [Content::Artifact(APP), Content::Statement(statement.as_bytes())] {
        for algorithm in [Algorithm::EcdsaP256, Algorithm::EcdsaP384, Algorithm::Ed25519] {
            let identity = Identity::Email(NAME.to_owned());
            bundles.push(sigstore.sign(content, &identity, algorithm).expect("signed"));
        }
    }
    let root = TrustedRoot::parse(sigstore.trusted_root().to_string().as_bytes(), Need::sigstore()).expect("a root");
    let trust = Trust::nobody().with_root(root);
    let fields = bundles.iter().map(|bundle| {
        let mut found = Vec::new();
        pointers(bundle, String::new(), &mut found);
        found
    });
    World { trust, fields: fields.collect(), bundles }
});

fn pointers(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| pointers(item, format!("{at}/{index}"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| pointers(field, format!("{at}/{name}"), found));
        }
        _ => {}
    }
    found.push(at);
}

fn change(field: &mut Value, change: &Change, world: &World, pointer: &str) {
    let bytes = field.as_str().map(|text| STANDARD.decode(text).map_err(|_| text.as_bytes().to_vec()));
    let edited = |edit: &dyn Fn(&mut Vec<u8>)| match bytes.clone() {
        Some(Ok(mut bytes)) => {
            edit(&mut bytes);
            json!(STANDARD.encode(bytes))
        }
        Some(Err(mut text)) => {
            edit(&mut text);
            json!(String::from_utf8_lossy(&text))
        }
        None => Value::Null,
    };
    match change {
        Change::Flip(at, bits) => {
            *field = edited(&|bytes| {
                let length = bytes.len().max(1);
                bytes.get_mut(usize::from(*at) % length).into_iter().for_each(|byte| *byte ^= bits);
            });
        }
        Change::Cut(at) => *field = edited(&|bytes| bytes.truncate(usize::from(*at))),
        Change::Insert(at, new) => {
            *field = edited(&|bytes| {
                let at = usize::from(*at).min(bytes.len());
                bytes.splice(at..at, new.iter().copied());
            });
        }
        Change::Text(text) => *field = json!(text),
        Change::Number(number) => *field = json!(number.to_string()),
        Change::Remove => *field = Value::Null,
        Change::Twice => {
            if let Some(items) = field.as_array_mut() {
                items.extend(items.clone());
            }
        }
        Change::From(other) => {
            let other = &world.bundles[usize::from(*other) % world.bundles.len()];
            *field = other.pointer(pointer).cloned().unwrap_or_default();
        }
    }
}

libfuzzer_sys::fuzz_target!(|case: Case| {
    let world = &*WORLD;
    let which = usize::from(case.bundle) % world.bundles.len();
    let (mut bundle, fields) = (world.bundles[which].clone(), &world.fields[which]);
    for (field, edit) in case.changes.iter().take(8) {
        let pointer = &fields[usize::from(*field) % fields.len()];
        if let Some(field) = bundle.pointer_mut(pointer) {
            change(field, edit, world, pointer);
        }
    }
    let Ok(parsed) = Bundle::parse(bundle.to_string().as_bytes()) else { return };
    let artifact = Artifact::from_bytes(APP);
    let later = Time::from_unix(NOW + 3600);
    if let Ok(verified) = verify(&parsed, &artifact, &world.trust, later) {
        let VerifiedSigner::Certificate { certificate: signer, .. } = verified.signer() else { panic!("no key is trusted") };
        assert_eq!((signer.identity().as_str(), signer.issuer()), (NAME, OIDC_ISSUER));
        assert!(!verified.entries().is_empty() && !verified.times().is_empty());
        assert!(verified.times().iter().all(|time| time.time() == Time::from_unix(NOW)));
        let refused = verify(&parsed, &Artifact::from_bytes(b"another"), &world.trust, later);
        assert!(refused.is_err(), "about two artifacts");
    }
});
