//! Cases that policies are tried out on: what parses, and what does not.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use bulla_policy::{
    PolicyError, Verdict, budget,
    language::{Cases, Expected},
    schema,
};
use serde_json::Value;

fn is_of_the_schema(text: &str) -> bool {
    let schema = jsonschema::validator_for(schema::of_cases().as_value()).expect("a schema");
    serde_saphyr::from_str::<Value>(text).is_ok_and(|value| schema.is_valid(&value))
}

fn cases(cases: &str) -> String {
    format!("policies: [ ../trust.yaml ]\ncases:\n{cases}")
}

fn case(expect: &str) -> String {
    cases(&format!("  - {{ name: it is, evidence: app.json, expect: {expect} }}\n"))
}

#[track_caller]
fn refused(text: &str, code: &str) -> PolicyError {
    let error = Cases::parse(text).expect_err(text);
    assert_eq!(error.code(), code, "{error} at {:?}\n{text}", error.position());
    assert!(error.position().line > 0 && error.excerpt().is_some() && !error.hint().is_empty(), "{error:?}");
    error
}

#[test]
fn a_case_says_what_is_expected() {
    let text = cases(
        "  - name: the release is accepted\n    evidence: app.json\n    as: registry.acme.dev/app\n    at: 2027-03-01\n    \
         digest: \"sha256:4bdc3a1a1fbd5a1fbb21dbcd0a6ab2a9c0f8ef7b8b4f5c6e1f0a9b8c7d6e5f40\"\n    \
         expect: { verdict: refused, reasons: [ too-old, unmatched ] }\n  \
         - { name: and this, evidence: app.json, expect: unknown }\n",
    );
    assert!(is_of_the_schema(&text));
    let cases = Cases::parse(&text).expect("it parses");
    let [first, second] = cases.cases.as_slice() else { panic!("two") };
    let reasons = vec!["too-old".to_owned(), "unmatched".to_owned()];
    assert_eq!(*first.expect, Expected { verdict: Verdict::Refused, reasons });
    assert_eq!(*second.expect, Expected { verdict: Verdict::Unknown, reasons: Vec::new() });
    assert_eq!(first.at.as_ref().map(|at| at.time().to_string()).as_deref(), Some("2027-03-01T00:00:00Z"));
    assert_eq!(first.called.as_ref().map(|called| called.as_str()), Some("registry.acme.dev/app"));
    assert_eq!((*cases.policies).clone(), ["../trust.yaml"]);
}

#[test]
fn what_says_nothing_does_not_parse() {
    refused("policies: []\ncases: [ { name: a, evidence: b, expect: accepted } ]\n", "no-policy");
    refused("policies: [ p ]\ncases: []\n", "no-cases");
    refused("policies: [ p ]\n", "missing-field");
    refused("policies: [ p ]\ncases:\n", "cases-malformed");
    refused(&case("perhaps"), "verdict-unknown");
    refused(&case("{ verdict: refused, reasons: [] }"), "no-reasons");
    refused(&case("{ verdict: refused }"), "missing-field");
    refused(&case("{ verdict: maybe, reasons: [ a ] }"), "verdict-unknown");
    refused(&case("{ verdict: refused, reasons: [ a ], because: x }"), "unknown-field");
    refused(&case("3"), "cases-malformed");
    refused(&case("accepted, when: 2027-01-01"), "unknown-field");
    refused(&case("accepted, at: noon"), "moment-malformed");
    refused(&case("accepted, digest: \"sha256:1\""), "digest-malformed");
    refused(&case("accepted, as: \"\""), "empty-value");
    refused(&case("accepted, name: twice"), "duplicate-field");
    refused(&cases("  - { name: \" \", evidence: b, expect: accepted }\n"), "empty-value");
    let twice = "  - { name: a, evidence: b, expect: accepted }\n".repeat(2);
    assert_eq!(refused(&cases(&twice), "duplicate-name").position().line, 4);
    refused(&format!("{}---\nx: 1\n", case("accepted")), "several-documents");
}

#[test]
fn one_past_the_limit_is_refused() {
    let of = |count: usize| {
        let all = (0..count).map(|at| format!("  - {{ name: c{at}, evidence: b, expect: accepted }}\n"));
        cases(&all.collect::<String>())
    };
    assert!(Cases::parse(&of(budget::CASES)).is_ok());
    refused(&of(budget::CASES + 1), "too-many-cases");
    refused(&format!("{}#{}", of(1), "x".repeat(budget::POLICY_BYTES)), "cases-over-budget");
}
