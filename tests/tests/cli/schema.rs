//! The report's schema, and the decision's that it names.

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

fn schema(path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(bulla_tests::root().join(path)).unwrap()).unwrap()
}

/// What tells whether a report is of its schema.
pub(crate) fn report_v1() -> Validator {
    let (report, decision) = (schema("cli/schema/report-v1.json"), schema("policy/schema/decision-v1.json"));
    let id = decision["$id"].as_str().unwrap().to_owned();
    let registry = Registry::new().add(&id, decision).unwrap().prepare().unwrap();
    jsonschema::options().with_registry(&registry).build(&report).unwrap()
}

#[test]
fn the_check_can_fail() {
    let schema = report_v1();
    let decision = json!({ "schema": "bulla.decision/v1", "verdict": "accepted", "rules": [], "exceptions": [],
        "seen": [] });
    let subject = json!({ "name": "app", "digest": format!("sha256:{}", "a".repeat(64)), "platform": null,
        "verdict": "accepted", "signatures": [], "reasons": [], "decision": decision });
    let report = json!({ "schema": "bulla.report/v1", "command": "verify", "exitCode": 0, "errors": [], "warnings": [],
        "result": { "verdict": "accepted", "required": "all", "subjects": [subject] } });
    schema.validate(&report).unwrap();
    for (pointer, wrong) in [
        ("/schema", json!("bulla.report/v2")),
        ("/exitCode", json!(3)),
        ("/errors", json!([{ "code": "x" }])),
        ("/result", json!({ "verdict": "maybe" })),
        ("/result/subjects/0/digest", json!("sha256:12")),
        ("/result/subjects/0/decision/verdict", json!("maybe")),
        ("/result/subjects/0/decision", json!({})),
        ("/warnings", json!([1])),
    ] {
        let mut broken = report.clone();
        *broken.pointer_mut(pointer).unwrap() = wrong;
        assert!(!schema.is_valid(&broken), "{pointer}");
    }
}
