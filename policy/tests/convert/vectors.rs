//! Policies that others wrote: each converts, or is refused for the reason that it states.

use bulla_policy::{
    Embedded, PolicyError, TrustPolicy,
    convert::{SignedNames, convert},
};
use std::{collections::BTreeMap, fs, path::PathBuf};

/// The folder, or nothing and a line that says so; in CI it has to be there.
fn folder(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is absent", folder.display());
    println!("skipped: there is no {}", folder.display());
    None
}

/// The files of a folder and those in it, by their paths.
fn files(folder: &PathBuf) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.clone()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("it is in there").display().to_string();
                found.insert(name, fs::read_to_string(&path).expect("text"));
            }
        }
    }
    found
}

fn codes(errors: &[PolicyError]) -> Vec<String> {
    let mut codes: Vec<_> = errors.iter().map(|error| error.code().to_owned()).collect();
    codes.sort();
    codes.dedup();
    codes
}

/// What each invalid file says of itself (`# ERROR:`), and our word for it, at which field. Several files have several.
const REASONS: [(&str, &str, &str); 18] = [
    ("expected exactly one, got neither: spec.authorities[0].key.data", "source-one-of", "spec.authorities[0].key"),
    ("invalid value: [: spec.images[0].glob", "source-value", "spec.images[0].glob"),
    (
        "invalid value: shaINVALID: spec.authorities[0].key.hashAlgorithm",
        "source-value",
        "spec.authorities[0].key.hashAlgorithm",
    ),
    ("spec.authorities[0].key.kms", "source-value", "spec.authorities[0].key.kms"),
    ("spec.authorities[1].key.kms", "source-value", "spec.authorities[1].key.kms"),
    ("spec.authorities[2].key.kms", "source-value", "spec.authorities[2].key.kms"),
    ("spec.authorities[3].key.kms", "source-value", "spec.authorities[3].key.kms"),
    ("invalid value: apple: spec.match[0].resource", "source-value", "spec.match[0].resource"),
    ("invalid value: garbage: spec.mode", "source-value", "spec.mode"),
    ("invalid value: ---somedata---: spec.authorities[0].key.data", "key-not-pem", "spec.authorities[0].key.data"),
    ("missing field(s): spec.authorities", "source-missing", "spec"),
    (
        "invalid value: ****: spec.authorities[0].keyless.identities[0].issuerRegExp",
        "pattern-malformed",
        "spec.authorities[0].keyless.identities[0].issuerRegExp",
    ),
    (
        "invalid value: ****: spec.authorities[0].keyless.identities[0].subjectRegExp",
        "pattern-malformed",
        "spec.authorities[0].keyless.identities[0].subjectRegExp",
    ),
    (
        "expected exactly one, got both: spec.authorities[0].keyless.ca-cert",
        "source-one-of",
        "spec.authorities[0].keyless",
    ),
    ("expected exactly one, got both: spec.authorities[0].key.data", "source-one-of", "spec.authorities[0].key"),
    ("keyless.identities: Invalid value", "source-missing", "spec.authorities[0].keyless"),
    (
        "missing field(s): spec.authorities[0].keyless.identities[0]",
        "source-missing",
        "spec.authorities[0].keyless.identities[0]",
    ),
    (
        "expected exactly one, got both: spec.authorities[0].key, spec.authorities[0].keyless",
        "source-one-of",
        "spec.authorities[0]",
    ),
];

#[test]
fn an_invalid_cluster_image_policy_is_refused_for_the_reason_that_it_states() {
    let Some(folder) = folder("cluster-image-policy") else { return };
    let (mut refused, mut stated) = (0, 0);
    for (name, text) in files(&folder.join("invalid")) {
        let errors =
            convert(&text, None, SignedNames::Refused, &Embedded).map(|converted| converted.text).expect_err(&name);
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("# ERROR:")) {
            let line = line.trim().trim_start_matches("validation failed: ");
            // The longest is the one that is meant.
            let meant = REASONS.iter().filter(|(said, ..)| line.starts_with(said)).max_by_key(|(said, ..)| said.len());
            let (_, code, path) = meant.unwrap_or_else(|| panic!("{name}: no reason is known for `{line}`"));
            let is_it =
                |error: &PolicyError| error.code() == *code && error.to_string().starts_with(&format!("`{path}`:"));
            assert!(errors.iter().any(is_it), "{name}: expected [{code}] at {path}: {errors:#?}");
            stated += 1;
        }
        refused += 1;
    }
    for (name, text) in files(&folder.join("empty-authorities")) {
        let errors =
            convert(&text, None, SignedNames::Refused, &Embedded).map(|converted| converted.text).expect_err(&name);
        assert!(codes(&errors).contains(&"source-missing".to_owned()), "{name}: {errors:?}");
        refused += 1;
    }
    println!("cluster-image-policy/invalid and empty-authorities: {refused} refused, for {stated} stated reasons");
    assert_eq!((refused, stated), (19, 20));
}

/// What each of the others comes to: nothing where it converts, or all the codes that it is refused with.
const OUTCOMES: [(&str, &[&str]); 19] = [
    (
        "cluster-image-policy/valid/v1beta1-valid-keylessref-awskms.yaml",
        &["kms-key", "matches-nothing", "pattern-unanchored"],
    ),
    ("cluster-image-policy/valid/v1beta1-valid-keyref-awskms.yaml", &["kms-key", "matches-nothing"]),
    ("cluster-image-policy/valid/v1beta1-valid-policy-glob.yaml", &["kms-key", "matches-nothing", "secret-key"]),
    (
        "cluster-image-policy/valid/v1beta1-valid-policy.yaml",
        &["kms-key", "matches-nothing", "pattern-unanchored", "policy-language", "secret-key"],
    ),
    ("policies/connaisseur/complexity-install.yaml", &["notary-signature"]),
    ("policies/connaisseur/cosign-install.yaml", &["pattern-unanchored", "tag-bound"]),
    ("policies/connaisseur/deployment-install.yaml", &["notary-signature", "tag-bound"]),
    ("policies/connaisseur/namespaced-install.yaml", &["notary-signature", "tag-bound"]),
    ("policies/connaisseur/notaryv1-install.yaml", &["notary-signature", "tag-bound"]),
    ("policies/connaisseur/notation-install.yaml", &["notary-signature", "tag-bound"]),
    ("policies/connaisseur/values.yaml", &["accepts-unsigned", "notary-signature", "tag-bound"]),
    ("policies/containers-policy/default-policy.json", &["demands-nothing"]),
    (
        "policies/containers-policy/policy.json",
        &["accepts-unsigned", "base-layer", "gpg-signature", "key-not-pem", "policy-file", "signed-name"],
    ),
    ("policies/kyverno/verify-image-cve-2022-42889.yaml", &["policy-language"]),
    ("policies/kyverno/verify-image-gcpkms.yaml", &["kms-key"]),
    ("policies/kyverno/verify-image-ivpol.yaml", &["notary-signature", "policy-language"]),
    ("policies/kyverno/verify-image-slsa.yaml", &["policy-language"]),
    ("policies/kyverno/verify-image-with-multi-keys.yaml", &["variable"]),
    ("policies/kyverno/verify-image.yaml", &[]),
];

#[test]
fn what_others_wrote_converts_or_is_refused_with_what_is_missing() {
    let Some(folder) = folder("") else { return };
    let mut all = files(&folder.join("policies"));
    all = all.into_iter().map(|(name, text)| (format!("policies/{name}"), text)).collect();
    let valid = files(&folder.join("cluster-image-policy/valid")).into_iter();
    all.extend(valid.map(|(name, text)| (format!("cluster-image-policy/valid/{name}"), text)));
    // What is expected of images under the policies beside them.
    all.retain(|name, _| !name.ends_with("-cases.yaml"));
    let (mut converted, mut refused) = (0, 0);
    for (name, text) in &all {
        let (_, expected) =
            OUTCOMES.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("{name} is not known"));
        match convert(text, None, SignedNames::Refused, &Embedded) {
            Ok(made) => {
                TrustPolicy::parse(&made.text, &Embedded).expect("it loads");
                assert!(expected.is_empty(), "{name} converts: {expected:?}");
                println!("{name}: converts, {} differences", made.differences.len());
                converted += 1;
            }
            Err(errors) => {
                assert_eq!(codes(&errors), *expected, "{name}: {errors:#?}");
                println!("{name}: refused, {}", codes(&errors).join(", "));
                refused += 1;
            }
        }
    }
    println!("{converted} convert, {refused} are refused, each with what is missing");
    assert_eq!((converted + refused, converted), (OUTCOMES.len(), 1));
}
