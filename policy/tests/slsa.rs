//! slsa-verifier's cases: a policy made of each row's fields gives the row's verdict.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, tells what it counted, and reads files"
)]

use bulla_policy::{Decision, Embedded, Name, TrustPolicy, Verdict, judge};
use bulla_verify::{Artifact, Digest, Time};
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::PathBuf};

#[derive(Deserialize)]
struct Row {
    name: String,
    provenance: String,
    artifacts: Vec<File>,
    expect: String,
    err: Option<String>,
    source: String,
    branch: Option<String>,
    tag: Option<String>,
    versioned_tag: Option<String>,
    builder_id: Option<String>,
}

#[derive(Deserialize)]
struct File {
    digest: String,
}

/// The policy that the row's flags stand for. Without a builder, slsa-verifier trusts those that it knows; without a branch or
/// a tag, any.
fn policy(row: &Row) -> String {
    let builder = row.builder_id.as_deref().filter(|id| !id.is_empty()).unwrap_or("slsa-github-generator");
    let git_ref = match (&row.branch, &row.tag, &row.versioned_tag) {
        (Some(branch), None, None) => format!(", ref: \"refs/heads/{branch}\""),
        (None, Some(tag), None) => format!(", ref: \"refs/tags/{tag}\""),
        (None, None, Some(version)) => format!(", version: {version}"),
        _ => String::new(),
    };
    format!(
        "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: slsa }}\nspec:\n  unmatched: deny\n  rules:\n  \
         - name: built\n    files: [ \"**\" ]\n    mode: enforce\n    require: {{ provenance: {{ builder: \"{builder}\", \
         source: {source}{git_ref} }} }}\n",
        source = row.source.trim_start_matches("git+").trim_start_matches("https://"),
    )
}

fn decide(policy: &str, bundle: &[u8], digest: Digest) -> Decision {
    let policy = TrustPolicy::parse(policy, &Embedded).unwrap_or_else(|error| panic!("{error}\n{policy}"));
    let bundles = [("provenance".to_owned(), bundle)];
    let artifact = Artifact::from_digest(digest);
    judge(bundles, Name::File("artifact".to_owned()), &artifact, &policy.into(), Time::from_unix(1_790_000_000))
}

fn vectors() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/slsa-verifier");
    if !folder.exists() {
        println!("skipped: ../shared/vectors/slsa-verifier is not there");
    }
    folder.exists().then_some(folder)
}

fn rows(folder: &std::path::Path) -> Vec<Row> {
    let cases = fs::read_to_string(folder.join("cases.jsonl")).expect("the cases");
    cases.lines().map(|line| serde_json::from_str(line).expect("a case")).collect()
}

/// Which of our codes may answer one of their errors.
fn answers(theirs: &str, ours: &str) -> bool {
    match theirs {
        "ErrorMismatchBuilderID" | "ErrorUntrustedReusableWorkflow" => ours == "builder-mismatch",
        _ => ours == "provenance-mismatch",
    }
}

#[test]
fn every_row_gets_its_verdict() {
    let Some(folder) = vectors() else { return };
    let (mut accepted, mut refused, mut surprises) = (0, BTreeMap::<_, usize>::new(), Vec::new());
    for row in rows(&folder) {
        let bundle = fs::read(folder.join(&row.provenance)).expect("the provenance");
        let decisions: Vec<_> = row
            .artifacts
            .iter()
            .map(|file| decide(&policy(&row), &bundle, Digest::parse(&file.digest).expect("a digest")))
            .collect();
        let told = |decision: &Decision| {
            decision.reasons().first().map(|reason| (reason.code.clone(), reason.message.clone())).unwrap_or_default()
        };
        let all_accepted = decisions.iter().all(|decision| decision.verdict() == Verdict::Accepted);
        match (row.expect.as_str(), all_accepted, &row.err) {
            ("pass", true, _) => {
                accepted += 1;
                let known = row.builder_id.as_deref().is_none_or(|id| id.contains("/slsa-github-generator/"));
                let level = Some(if known { 3 } else { 2 });
                assert!(decisions.iter().all(|decision| decision.level() == level), "{}: {level:?}", row.name);
            }
            ("fail", false, Some(theirs)) => {
                let decision = decisions.iter().find(|decision| decision.verdict() == Verdict::Refused);
                let (ours, message) = decision.map(told).unwrap_or_default();
                if !answers(theirs, &ours) {
                    surprises.push(format!("{}: {theirs}, and we say [{ours}] {message}", row.name));
                }
                *refused.entry(theirs.clone()).or_default() += 1;
            }
            (expected, ..) => surprises.push(format!(
                "{} ({}): expected {expected}, and we say {:?}",
                row.name,
                row.provenance,
                decisions.first().map(told)
            )),
        }
    }
    println!("slsa-verifier: {accepted} rows accepted, {} refused: {refused:?}", refused.values().sum::<usize>());
    assert!(surprises.is_empty(), "{} surprises: {:#?}", surprises.len(), &surprises[..surprises.len().min(20)]);
    assert_eq!((accepted, refused.values().sum::<usize>()), (130, 379));
}
