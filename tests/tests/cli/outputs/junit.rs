//! JUnit's XML, as a parser of XML reads it.

use super::{HOSTILE, SURVEY, parsed, scene};
use serde_json::Value;

#[test]
fn every_subject_is_a_case_and_nothing_is_skipped() {
    let shell = scene();
    let document = shell.run(&format!("{SURVEY} -o junit")).ends(1).out;
    let Some(root) = parsed("xml", &document) else { return };
    let suite = &root["children"][0];
    for of in [&root, suite] {
        let count = |name: &str| of["attributes"][name].as_str().unwrap().to_owned();
        assert_eq!([count("tests"), count("failures"), count("errors")], ["5", "1", "3"]);
    }
    assert_eq!(suite["attributes"]["skipped"], "0");
    let cases: Vec<_> = suite["children"].as_array().unwrap().iter().filter(|it| it["tag"] == "testcase").collect();
    let told = cases.iter().map(|case| {
        let outcomes = case["children"].as_array().unwrap().iter().map(|it| it["tag"].as_str().unwrap());
        (case["attributes"]["classname"].as_str().unwrap(), outcomes.collect::<Vec<_>>().join(" "))
    });
    let expected = [
        ("k8s/gone.yaml", "error"),
        ("k8s/hostile.json", "error"),
        ("k8s/jobs/nightly.yml", "failure system-out"),
        ("k8s/web.yaml", "system-out"),
        ("k8s/broken.yaml", "error"),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected.map(|(class, outcome)| (class, outcome.to_owned())));
    let failure = &cases[2]["children"][0];
    assert_eq!(failure["attributes"]["type"], "no-signature");
    let text = failure["text"].as_str().unwrap();
    assert!(text.starts_with("no signature is attached [no-signature]\nhint: "), "{text}");
    assert_eq!(text.matches("\nused by k8s/jobs/nightly.yml:").count(), 2, "{text}");
}

#[test]
fn hostile_text_is_text() {
    let shell = scene();
    let document = shell.run(&format!("{SURVEY} -o junit")).ends(1).out;
    let Some(root) = parsed("xml", &document) else { return };
    fn tags(node: &Value, into: &mut Vec<String>) {
        into.push(node["tag"].as_str().unwrap().to_owned());
        node["children"].as_array().unwrap().iter().for_each(|child| tags(child, into));
    }
    let mut all = Vec::new();
    tags(&root, &mut all);
    let known = ["testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "system-out"];
    assert!(all.iter().all(|tag| known.contains(&tag.as_str())), "{all:?}");
    let case = &root["children"][0]["children"][2];
    let begins = HOSTILE.split('\n').next().unwrap().replace("##", "#\\u{23}");
    assert!(case["attributes"]["name"].as_str().unwrap().starts_with(&begins), "{case}");
}
