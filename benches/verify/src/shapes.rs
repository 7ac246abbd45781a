//! One real bundle of each shape.

use crate::floor::Needs;
use bulla_verify::{Artifact, Bundle, Digest, Need, Time, Trust, TrustedRoot, VerifyingKey, verify};
use serde_json::Value;
use sigstore_verify::{
    PublicKeyVerificationPolicy, VerificationPolicy,
    types::{Bundle as TheirBundle, DerPublicKey, Sha256Hash},
};
use std::{fs, path::PathBuf};

pub struct Shape {
    pub name: &'static str,
    pub needs: Needs,
    pub files: Files,
    bundle: String,
    artifact: Artifact<'static>,
    trust: Trust,
    theirs: sigstore_verify::Verifier,
    key: Option<DerPublicKey>,
    now: Time,
}

/// What a verifier that is another program reads.
pub struct Files {
    pub root: PathBuf,
    pub bundle: PathBuf,
    pub key: Option<PathBuf>,
}

impl Shape {
    pub fn digest(&self) -> String {
        self.artifact.digest().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn ours(&self) {
        self.verdict(&self.bundle, &self.artifact).expect("it verifies");
    }

    fn verdict(&self, bundle: &str, artifact: &Artifact<'_>) -> Result<(), bulla_verify::VerifyError> {
        verify(&Bundle::parse(bundle.as_bytes())?, artifact, &self.trust, self.now).map(|_| ())
    }

    /// How a bundle is refused that is good, but about another artifact: that is found out last.
    pub fn refused(&self, bundle: &str) {
        self.verdict(bundle, &Artifact::from_bytes(b"another")).expect_err("it is about another artifact");
    }

    pub fn theirs(&self) {
        let bundle = TheirBundle::from_json(&self.bundle).expect("a bundle");
        let artifact = Sha256Hash::new(*self.artifact.digest().as_bytes());
        match &self.key {
            Some(key) => self.theirs.verify(artifact, &bundle, &PublicKeyVerificationPolicy::new(key.clone())),
            None => self.theirs.verify(artifact, &bundle, &VerificationPolicy::any_identity()),
        }
        .expect("it verifies");
    }

    /// 500 copies of everything that can be copied, and as many as the budgets allow.
    pub fn hostile(&self) -> Vec<(String, String)> {
        let bundle: Value = serde_json::from_str(&self.bundle).expect("JSON");
        let lists = [
            ("/verificationMaterial/tlogEntries", bulla_verify::budget::LOG_ENTRIES),
            ("/verificationMaterial/timestampVerificationData/rfc3161Timestamps", bulla_verify::budget::TIMESTAMPS),
        ];
        let mut hostile = vec![("nested 100 000 deep".to_owned(), "[".repeat(100_000))];
        let mut full = bundle.clone();
        for (pointer, limit) in lists {
            for copies in [500, limit] {
                let mut bundle = bundle.clone();
                if copy(&mut bundle, pointer, copies) {
                    hostile.push((format!("{copies} × {pointer}"), bundle.to_string()));
                }
            }
            copy(&mut full, pointer, limit);
        }
        hostile.push(("as many of everything as is read".to_owned(), full.to_string()));
        hostile
    }
}

fn copy(bundle: &mut Value, pointer: &str, copies: usize) -> bool {
    let Some(list) = bundle.pointer_mut(pointer).and_then(Value::as_array_mut) else { return false };
    let Some(first) = list.first().cloned() else { return false };
    *list = vec![first; copies];
    true
}

pub fn read() -> Option<Vec<Shape>> {
    let vectors = crate::vectors();
    let suite = vectors.join("sigstore-conformance/bundle-verify");
    let common = Artifact::from_digest(Digest::of(&fs::read(suite.join("a.txt")).ok()?));
    let python = "3.13.0rc2__python-3.13.0rc2-arm64.exe.sigstore.json";
    let release = "sha256:5ef6a035afd3f57d2b0f6a621127f2df78267ed1b872de064c668f5690e9c2db";
    let of_suite = |case: &str, key: Option<&str>| Files {
        root: suite.join(case).join("trusted_root.json"),
        bundle: suite.join(case).join("bundle.sigstore.json"),
        key: key.map(|key| suite.join(case).join(key)),
    };
    Some(vec![
        // The leaf's signature, SCT, SET and checkpoint; the certificate.
        shape(
            "v0.3, Rekor v1",
            Needs { p256: 4, p384: 1, ed25519: 0 },
            Files {
                root: vectors.join("trusted-roots/public-good.json"),
                bundle: vectors.join("cpython").join(python),
                key: None,
            },
            Artifact::from_digest(Digest::parse(release).expect("a digest")),
        ),
        // The leaf's signature and SCT; the certificate and the timestamp; the checkpoint.
        shape(
            "v0.3, Rekor v2 and TSA",
            Needs { p256: 2, p384: 2, ed25519: 1 },
            of_suite("rekor2-happy-path", None),
            common.clone(),
        ),
        // The key's signature, SET and checkpoint.
        shape(
            "managed key, Rekor v1",
            Needs { p256: 3, p384: 0, ed25519: 0 },
            of_suite("managed-key-and-trusted-root", Some("key.pub")),
            common,
        ),
    ])
}

fn shape(name: &'static str, needs: Needs, files: Files, artifact: Artifact<'static>) -> Shape {
    let read = |path: &PathBuf| fs::read_to_string(path).expect("a file");
    let root = read(&files.root);
    let key = files.key.as_ref().map(read);
    let trust = Trust::nobody().with_root(TrustedRoot::parse(root.as_bytes(), Need::sigstore()).expect("a root"));
    let theirs = sigstore_verify::trust_root::TrustedRoot::from_json(&root).expect("a root");
    Shape {
        name,
        needs,
        bundle: read(&files.bundle),
        files,
        artifact,
        trust: match &key {
            Some(pem) => trust.with_key(VerifyingKey::from_pem(pem).expect("a key")),
            None => trust,
        },
        theirs: sigstore_verify::Verifier::new(&theirs).expect("a root"),
        key: key.map(|pem| DerPublicKey::from_pem(&pem).expect("a key")),
        now: Time::parse_rfc3339("2026-11-01T00:00:00Z").expect("a time"),
    }
}
