//! slsa-verifier's cases: real provenance by real builders. What they pass is true, and typed; what they fail is mostly
//! their policy's to fail, but what is not about the artifact fails here.

use super::{check, vectors};
use bulla_verify::{Artifact, Claim, Digest, HashAlgorithm, Trust, TrustedRoot, Typed, VerifiedSigner};
use serde::Deserialize;
use std::{collections::BTreeMap, fs};

#[derive(Deserialize)]
struct Case {
    name: String,
    provenance: String,
    artifacts: Vec<File>,
    expect: String,
    source: Option<String>,
}

#[derive(Deserialize)]
struct File {
    name: String,
    digest: String,
}

#[test]
fn what_slsa_verifier_passes_is_true_and_typed() {
    let Some(folder) = vectors("slsa-verifier") else { return };
    let roots = [TrustedRoot::public_good(), TrustedRoot::github()].map(|root| root.expect("an embedded root"));
    let trust = roots.into_iter().fold(Trust::nobody(), Trust::with_root);
    let cases = fs::read_to_string(folder.join("cases.jsonl")).expect("the cases");
    let (mut passes, mut unexpected, mut fails): (_, Vec<String>, BTreeMap<&str, usize>) = (0, vec![], BTreeMap::new());
    for line in cases.lines() {
        let case: Case = serde_json::from_str(line).expect("a case");
        let bundle = fs::read(folder.join(&case.provenance)).expect("the provenance");
        for file in &case.artifacts {
            let Ok(digest) = Digest::parse(&file.digest) else { continue };
            let verdict = check(&bundle, &Artifact::from_digest(digest), &trust);
            match (case.expect.as_str(), verdict) {
                ("pass", Ok(verified)) => {
                    let statement = verified.statement().expect("a statement");
                    let builder = match statement.predicate().typed() {
                        Typed::SlsaProvenanceV0_2(provenance) => provenance.builder_id().to_owned(),
                        Typed::SlsaProvenanceV1(provenance) => provenance.builder_id().to_owned(),
                        typed => panic!("{}: {typed:?}", case.name),
                    };
                    assert!(builder.starts_with("https://"), "{builder}");
                    let VerifiedSigner::Certificate { certificate: signer, .. } = verified.signer() else {
                        panic!("{}", case.name)
                    };
                    if let (Some(source), Some(found)) = (&case.source, signer.claim(Claim::SourceRepositoryUri)) {
                        let source = source.trim_start_matches("git+").trim_start_matches("https://");
                        assert_eq!(found.to_lowercase(), format!("https://{source}").to_lowercase(), "{}", case.name);
                    }
                    passes += 1;
                }
                ("pass", Err(error)) => unexpected.push(format!("{} ({}): {error}", case.provenance, file.name)),
                (_, Ok(_)) => *fails.entry("left to policy").or_default() += 1,
                (_, Err(error)) => *fails.entry(error.code()).or_default() += 1,
            }
        }
    }
    println!("slsa-verifier: {passes} artifacts of passing cases accepted; failing cases: {fails:?}");
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    assert!(passes >= 130);
}

#[test]
fn a_statement_calls_its_subject_by_name_where_that_is_asked() {
    let Some(folder) = vectors("slsa-verifier") else { return };
    let provenance = "gha_go/v2.1.0/binary-linux-amd64-workflow_dispatch.intoto.jsonl";
    let Ok(bundle) = fs::read(folder.join(provenance)) else { panic!("{provenance} is not there") };
    let digest =
        Digest::parse("sha256:f6ab7ad0c7549b5a4942c3b0690519d791c28c4c0f8b286208cb40da3322a066").expect("a digest");
    let trust = Trust::nobody().with_root(TrustedRoot::public_good().expect("an embedded root"));
    let artifact = Artifact::from_digest(digest);
    let verified = check(&bundle, &artifact, &trust).expect("accepted");
    let subject = verified.statement().and_then(|statement| statement.subjects().first()).expect("a subject");
    assert_eq!(subject.digest(HashAlgorithm::Sha256), Some(&digest.as_bytes()[..]));
    let name = subject.name().expect("a name").to_owned();
    check(&bundle, &artifact.clone().with_name(&name), &trust).expect("that is its name");
    let error = check(&bundle, &artifact.with_name("another"), &trust).expect_err("that is not");
    assert_eq!(error.code(), "subject-mismatch");
}
