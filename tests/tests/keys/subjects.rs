//! What a statement is about: its digests, all of them, and its name where that is asked for.

use crate::{check, p256, public, refused, statement, statement_bundle};
use bulla_verify::{Artifact, Digest, HashAlgorithm, Hasher, VerifiedBundle, VerifyError};
use serde_json::{Value, json};

const APP: &[u8] = b"app";

fn hex(algorithm: HashAlgorithm, bytes: &[u8]) -> String {
    algorithm.hash(bytes).as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn verdict(subject: Value, artifact: &Artifact<'_>) -> Result<VerifiedBundle, VerifyError> {
    let key = p256();
    let mut statement = statement("https://example.com/x", json!({}), APP);
    statement["subject"] = subject;
    check(&statement_bundle(&key, &statement), artifact, public(&key))
}

#[test]
fn any_of_the_three_hashes_names_the_artifact() {
    for algorithm in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
        let subject = json!([{ "digest": { algorithm.to_string(): hex(algorithm, APP), "gitCommit": "abc" } }]);
        verdict(subject.clone(), &Artifact::from_bytes(APP)).expect("accepted");
        let mut hasher = Hasher::new(&[algorithm]);
        hasher.update(APP);
        verdict(subject.clone(), &hasher.finish()).expect("accepted");
        refused(verdict(subject.clone(), &Artifact::from_bytes(b"other")), "subject-mismatch");
        let by_digest = verdict(subject, &Artifact::from_digest(Digest::of(APP)));
        assert_eq!(by_digest.is_ok(), algorithm == HashAlgorithm::Sha256);
    }
}

#[test]
fn digests_that_contradict_each_other_name_nothing() {
    let [ours, theirs] = [APP, b"other"].map(|bytes: &[u8]| hex(HashAlgorithm::Sha512, bytes));
    let subject = |sha512: &str| json!([{ "digest": { "sha256": Digest::of(APP).to_hex(), "sha512": sha512 } }]);
    verdict(subject(&ours), &Artifact::from_bytes(APP)).expect("accepted");
    refused(verdict(subject(&theirs), &Artifact::from_bytes(APP)), "subject-mismatch");
}

/// sigstore-rust#119: a statement about nothing is not one about everything.
#[test]
fn no_subject_and_no_digest_are_no_match() {
    for subject in [json!([]), json!([{ "digest": {} }]), json!([{ "name": "app", "digest": { "md5": "00" } }])] {
        refused(verdict(subject, &Artifact::from_bytes(APP)), "subject-mismatch");
    }
}

#[test]
fn a_digest_that_is_none_or_twice_is_malformed() {
    let (lower, sha256) = (Digest::of(APP).to_hex(), "sha256");
    for digest in [lower.to_uppercase(), lower.replacen(|_: char| true, "", 1), format!("{lower}00"), String::new()] {
        refused(verdict(json!([{ "digest": { sha256: digest } }]), &Artifact::from_bytes(APP)), "statement-malformed");
    }
    let key = p256();
    let twice = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"digest":{{"sha256":"{0}","sha256":"{lower}"}}}}],"predicateType":"https://x/y","predicate":{{}}}}"#,
        Digest::of(b"other").to_hex()
    );
    let bundle = crate::payload_bundle(&key, twice.as_bytes());
    refused(check(&bundle, &Artifact::from_bytes(APP), public(&key)), "statement-malformed");
}

#[test]
fn a_name_is_compared_with_the_digest_and_never_instead_of_it() {
    let subjects = json!([
        { "name": "app", "digest": { "sha256": Digest::of(b"other").to_hex() } },
        { "name": "lib", "digest": { "sha256": Digest::of(APP).to_hex() } },
    ]);
    let artifact = Artifact::from_bytes(APP);
    verdict(subjects.clone(), &artifact.clone().with_name("lib")).expect("accepted");
    refused(verdict(subjects, &artifact.with_name("app")), "subject-mismatch");
}
