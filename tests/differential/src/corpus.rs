//! The real bundles: python.org's, slsa-verifier's, and the good ones of sigstore-conformance.

use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

pub struct Sample {
    pub name: String,
    pub bundle: Value,
    pub sha256: [u8; 32],
    pub root: Rc<Root>,
    pub key: Option<String>,
}

/// One trusted root, as each of the two reads it.
pub struct Root {
    pub ours: bulla_verify::TrustedRoot,
    pub theirs: sigstore_verify::Verifier,
}

impl Root {
    fn parse(json: &str) -> Self {
        let theirs = sigstore_verify::trust_root::TrustedRoot::from_json(json).expect("a root");
        Self {
            ours: bulla_verify::TrustedRoot::parse(json.as_bytes(), bulla_verify::Need::sigstore()).expect("a root"),
            theirs: sigstore_verify::Verifier::new(&theirs).expect("a root"),
        }
    }
}

pub fn read() -> Option<Vec<Sample>> {
    let vectors = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let public = fs::read_to_string(vectors.join("trusted-roots/public-good.json")).ok()?;
    let public = Rc::new(Root::parse(&public));
    let mut samples = python(&vectors, &public);
    samples.extend(slsa(&vectors, &public));
    samples.extend(conformance(&vectors, &public));
    Some(samples)
}

fn python(vectors: &Path, public: &Rc<Root>) -> Vec<Sample> {
    #[derive(Deserialize)]
    struct Release {
        bundle: String,
        sha256: String,
    }
    let folder = vectors.join("cpython");
    let manifest = fs::read_to_string(folder.join("manifest.jsonl")).expect("the manifest");
    let releases = manifest.lines().map(|line| serde_json::from_str::<Release>(line).expect("a line"));
    releases.map(|release| sample(&folder, &release.bundle, &release.sha256, public)).collect()
}

fn slsa(vectors: &Path, public: &Rc<Root>) -> Vec<Sample> {
    #[derive(Deserialize)]
    struct Case {
        provenance: String,
        artifacts: Vec<File>,
        expect: String,
    }
    #[derive(Deserialize)]
    struct File {
        digest: String,
    }
    let folder = vectors.join("slsa-verifier");
    let cases = fs::read_to_string(folder.join("cases.jsonl")).expect("the cases");
    let cases = cases.lines().map(|line| serde_json::from_str::<Case>(line).expect("a case"));
    let distinct: BTreeMap<String, String> = cases
        .filter(|case| case.expect == "pass")
        .filter_map(|case| Some((case.provenance, case.artifacts.first()?.digest.strip_prefix("sha256:")?.to_owned())))
        .collect();
    distinct.iter().map(|(bundle, sha256)| sample(&folder, bundle, sha256, public)).collect()
}

fn conformance(vectors: &Path, public: &Rc<Root>) -> Vec<Sample> {
    let suite = vectors.join("sigstore-conformance/bundle-verify");
    let mut cases: Vec<_> = fs::read_dir(&suite).expect("the suite").flatten().map(|entry| entry.path()).collect();
    cases.sort();
    cases.retain(|case| case.is_dir() && !case.to_string_lossy().ends_with("_fail"));
    let read = |case: &Path| {
        let artifact = fs::read(case.join("artifact")).or_else(|_| fs::read(suite.join("a.txt"))).expect("an artifact");
        let sha256 = bulla_verify::Digest::of(&artifact).to_hex();
        let root = fs::read_to_string(case.join("trusted_root.json")).map(|json| Rc::new(Root::parse(&json)));
        let root = root.unwrap_or_else(|_| public.clone());
        Sample {
            key: fs::read_to_string(case.join("key.pub")).ok(),
            ..sample(case, "bundle.sigstore.json", &sha256, &root)
        }
    };
    cases.iter().map(|case| read(case)).collect()
}

fn sample(folder: &Path, file: &str, sha256: &str, root: &Rc<Root>) -> Sample {
    let text = fs::read_to_string(folder.join(file)).expect("a bundle");
    let digest = bulla_verify::Digest::parse(&format!("sha256:{sha256}")).expect("a digest");
    Sample {
        name: folder.join(file).to_string_lossy().into_owned(),
        bundle: serde_json::from_str(&text).expect("JSON"),
        sha256: *digest.as_bytes(),
        root: root.clone(),
        key: None,
    }
}
