//! SARIF: of the schema, and of what it says.

use super::{SURVEY, scene};
use crate::{manifests, shell::Shell};
use serde_json::{Value, json};

/// What the command writes, held to the schema where that is at hand.
#[track_caller]
fn sarif(shell: &Shell, line: &str, exit: i32) -> Value {
    let said = shell.run(&format!("{line} --output sarif")).ends(exit);
    let log: Value = serde_json::from_str(&said.out).unwrap();
    if let Some(schemas) = bulla_tests::vectors("schemas") {
        let schema: Value = serde_json::from_slice(&std::fs::read(schemas.join("sarif-2.1.0.json")).unwrap()).unwrap();
        let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        schema.validate(&log).unwrap_or_else(|error| panic!("{line}: {error} at {}", error.instance_path()));
        for (pointer, wrong) in [
            ("/version", json!("2.0.0")),
            ("/runs/0/invocations/0/executionSuccessful", json!("yes")),
            ("/runs/0/results", json!([{ "level": "error" }])),
        ] {
            let mut broken = log.clone();
            *broken.pointer_mut(pointer).unwrap() = wrong;
            assert!(!schema.is_valid(&broken), "the check can fail: {pointer}");
        }
    }
    log
}

/// Level, rule, file and line of each result.
fn results(log: &Value) -> Vec<(String, String, String, u64)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let told = results.iter().map(|result| {
        let place = &result["locations"][0]["physicalLocation"];
        let line = place["region"]["startLine"].as_u64().unwrap_or_default();
        (text(&result["level"]), text(&result["ruleId"]), text(&place["artifactLocation"]["uri"]), line)
    });
    told.collect()
}

#[test]
fn what_is_accepted_is_no_finding() {
    let shell = manifests::scene();
    let log = sarif(&shell, "verify REG/app:1.4 --key bulla.pub", 0);
    assert_eq!(results(&log), []);
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&json!(true), &json!(0)));
}

#[test]
fn every_finding_has_its_place_and_its_rule() {
    let shell = scene();
    let log = sarif(&shell, SURVEY, 1);
    let finding = |level: &str, rule: &str, file: &str, line| (level.into(), rule.into(), file.into(), line);
    let expected = [
        finding("warning", "no-such-tag", "k8s/gone.yaml", 1),
        finding("warning", "image-malformed", "k8s/hostile.json", 1),
        finding("error", "no-signature", "k8s/jobs/nightly.yml", 4),
        finding("warning", "no-signature", "k8s/jobs/nightly.yml", 4),
        finding("warning", "signer-mismatch", "k8s/web.yaml", 9),
        finding("warning", "manifest-malformed", "k8s/broken.yaml", 1),
    ];
    assert_eq!(results(&log), expected);
    let run = &log["runs"][0];
    assert_eq!(run["results"][2]["relatedLocations"].as_array().map(Vec::len), Some(1), "the second place");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        assert!(
            rules.iter().any(|rule| rule["id"] == result["ruleId"] && rule["help"]["text"].is_string()),
            "{result}"
        );
        assert!(result["message"]["text"].as_str().unwrap().contains("\nhint: "), "{result}");
    }
    let invocation = &run["invocations"][0];
    assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&json!(true), &json!(1)));
    let unasked = invocation["toolExecutionNotifications"].as_array().unwrap();
    let codes: Vec<_> = unasked.iter().map(|one| one["descriptor"]["id"].as_str().unwrap()).collect();
    assert_eq!(codes, ["no-such-tag", "image-malformed", "manifest-malformed"]);
}

#[test]
fn an_image_without_its_digest_is_a_finding_of_pin() {
    let shell = manifests::scene();
    manifests::write(&shell, "k8s/web.yaml", manifests::WEB);
    let log = sarif(&shell, "pin -f k8s --check --key bulla.pub", 1);
    let finding = |line| ("error".into(), "not-pinned".into(), "k8s/web.yaml".into(), line);
    assert_eq!(results(&log), [finding(9), finding(12)]);
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&json!(true), &json!(1)));
    assert_eq!(invocation["toolExecutionNotifications"], json!([]), "everything was asked");
}

#[test]
fn a_run_that_could_not_tell_was_not_successful() {
    let shell = manifests::scene();
    let log = sarif(&shell, "verify REG/app:9 --key bulla.pub", 2);
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&json!(false), &json!(2)));
    assert_eq!(invocation["toolExecutionNotifications"][0]["descriptor"]["id"], "no-such-tag");
    assert_eq!(results(&log), []);
}

#[test]
fn an_image_is_in_its_registry_and_a_file_where_it_is() {
    let shell = manifests::scene();
    let log = sarif(&shell, "verify REG/other:2 --key bulla.pub", 1);
    let location = &log["runs"][0]["results"][0]["locations"][0];
    assert!(location.get("physicalLocation").is_none(), "{location}");
    let name = location["logicalLocations"][0]["fullyQualifiedName"].as_str().unwrap();
    assert!(name.starts_with("REG/other@sha256:"), "{name}");
    shell.write("an app", "bytes");
    let mut command = shell.command("verify --key bulla.pub --output sarif");
    let log: Value = serde_json::from_slice(&command.arg("./an app").output().unwrap().stdout).unwrap();
    assert_eq!(results(&log), [("error".into(), "no-signature".into(), "an%20app".into(), 0)]);
}

#[test]
fn a_finding_stays_the_same_when_lines_digests_and_tags_change() {
    let shell = scene();
    let prints = |shell: &Shell| {
        let log = sarif(shell, "verify -f k8s/jobs --policy trust.yaml", 1);
        let results = log["runs"][0]["results"].as_array().unwrap().clone();
        results.iter().map(|result| result["partialFingerprints"].to_string()).collect::<Vec<_>>()
    };
    let before = prints(&shell);
    assert_ne!(before[0], before[1], "two rules are two findings");
    shell.push_image("other", "3", "another");
    let job = manifests::JOB.replace("other:2", "other:3");
    manifests::write(&shell, "k8s/jobs/nightly.yml", &format!("# a comment\n\n{job}"));
    let after = prints(&shell);
    assert_eq!(after[0], before[0]);
    manifests::write(&shell, "k8s/jobs/nightly.yml", &job.replace("name: nightly", "name: daily"));
    assert_ne!(prints(&shell)[0], before[0], "another object");
}
