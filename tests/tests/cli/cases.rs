//! `policy test`: what policies are expected to decide about what was recorded.

use crate::{replay::recorded, report::of_the_schema, shell::Shell};
use bulla_sandbox::{Fault, Injection};

/// A folder `tests` with this in `app.test.yaml`, and the recording of an accepted file beside the policies.
fn scene(policies: &str, cases: &str) -> Shell {
    let shell = recorded();
    std::fs::create_dir(shell.path("tests")).unwrap();
    expecting(&shell, policies, cases);
    shell
}

fn expecting(shell: &Shell, policies: &str, cases: &str) {
    shell.write("tests/app.test.yaml", format!("policies: [ {policies} ]\ncases:\n{cases}"));
}

/// `trust.yaml`, which wants `bulla.pub` of every image.
fn every_image(shell: &Shell, unmatched: &str) {
    let rule = "{ name: all, images: [ '**' ], mode: enforce, require: { signed: { by: { key: ./bulla.pub } } } }";
    let text = format!(
        "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: p }}\nspec: {{ unmatched: {unmatched}, rules: [ {rule} ] }}\n"
    );
    shell.write("trust.yaml", text);
}

const ACCEPTED: &str = "  - { name: it is accepted, evidence: ../app.evidence.json, expect: accepted }\n";

#[test]
fn cases_that_are_as_expected_pass() {
    let cases = format!(
        "{ACCEPTED}  - name: under another name it is nobody's\n    evidence: ../app.evidence.json\n    as: tool\n    \
         at: 2027-03-01\n    expect: {{ verdict: refused, reasons: [ unmatched ] }}\n"
    );
    let shell = scene("../good.yaml", &cases);
    let said = "pass       tests/app.test.yaml: it is accepted\n\
                pass       tests/app.test.yaml: under another name it is nobody's\n\n\
                in all     2 of 2 cases are as expected\n";
    shell.run("policy test tests").ends(0).err("").out(said);
    // Nothing else than the policies and the recording is needed.
    std::fs::remove_file(shell.path("app")).unwrap();
    shell.run("policy test tests/app.test.yaml tests").ends(0).out(said);
    let json = of_the_schema(&shell, "policy test tests", 0);
    assert_eq!((&json["result"]["passed"], &json["result"]["surprises"]), (&2.into(), &0.into()));
}

#[test]
fn a_surprise_is_told_with_what_was_found() {
    let shell = scene("../other.yaml", ACCEPTED);
    shell
        .run("policy test tests")
        .ends(1)
        .out(
            "SURPRISE   tests/app.test.yaml:3: it is accepted\nexpected   accepted\nfound      refused\n\
             why        the signature is by another key: expected the key sha256:…, and the bundle names the key \
             sha256:… [other-key]\n\nin all     0 of 1 case is as expected\n",
        )
        .err(
            "error: 1 case is not decided as expected [policy-surprise]\nhint: change the policy, or what is expected, \
             whichever is wrong; `bulla replay --policy --explain` shows why\n",
        );
    // The verdict alone may be right.
    let for_another_reason = "  - { name: it is old, evidence: ../app.evidence.json, expect: { verdict: refused, \
                              reasons: [ too-old ] } }\n";
    expecting(&shell, "../other.yaml", for_another_reason);
    let said = shell.run("policy test tests").ends(1);
    assert!(said.out.contains("expected   refused, because of too-old\nfound      refused\nwhy "), "{said:?}");
    let case = &of_the_schema(&shell, "policy test tests", 1)["result"]["cases"][0];
    assert_eq!((&case["passed"], &case["reasons"][0]["code"]), (&false.into(), &"other-key".into()));
}

#[test]
fn what_cannot_be_read_never_passes() {
    let shell = scene("../good.yaml", ACCEPTED);
    let cases = |evidence: &str| format!("{ACCEPTED}  - {{ name: second, evidence: {evidence}, expect: accepted }}\n");
    expecting(&shell, "../good.yaml", &cases("../gone.json"));
    let said = shell.run("policy test tests").ends(2);
    assert!(said.out.starts_with("pass       tests/app.test.yaml: it is accepted\n"), "{said:?}");
    assert!(said.out.ends_with("in all     1 of 1 case is as expected, and 1 could not be decided\n"), "{said:?}");
    let gone = "error: tests/app.test.yaml:4: second: no such file: `tests/../gone.json` [file-not-found]\n";
    assert!(said.err.starts_with(gone), "{said:?}");
    of_the_schema(&shell, "policy test tests", 2);
    expecting(&shell, "../good.yaml", &cases("../app"));
    assert!(shell.run("policy test tests").ends(2).err.contains("[recording-malformed]"));
    for (policy, code) in [("../bad.yaml", "unknown-field"), ("../gone.yaml", "file-not-found")] {
        expecting(&shell, policy, &cases("../app.evidence.json"));
        let said = shell.run("policy test tests").ends(2).out("in all     nothing could be decided\n");
        assert_eq!(said.err.matches(&format!("[{code}]")).count(), 1, "told once: {said:?}");
    }
    shell.write("tests/app.test.yaml", "policies: [ a ]\ncases: []\n");
    let said = shell.run("policy test tests").ends(2);
    assert!(said.err.starts_with("error: tests/app.test.yaml:2:8: no case is in here [no-cases]\n"), "{said:?}");
    std::fs::remove_file(shell.path("tests/app.test.yaml")).unwrap();
    shell.run("policy test tests").fails(2, "no-cases").hints("`*.test.yaml`");
    shell.run("policy test").ends(2);
    let said = shell.run("policy test tests/gone.test.yaml").ends(2);
    assert!(said.err.contains("[file-not-found]"), "{said:?}");
}

#[test]
fn a_file_that_surprises_and_one_that_cannot_be_read_are_both_told() {
    let shell = scene("../other.yaml", ACCEPTED);
    shell.write("tests/odd.test.yml", "policies: [ ../good.yaml ]\ncases: [ { name: a } ]\n");
    let said = shell.run("policy test tests").ends(2);
    assert!(said.err.contains("[policy-surprise]") && said.err.contains("[missing-field]"), "{said:?}");
}

#[test]
fn a_case_is_about_everything_that_was_recorded_or_the_one_thing_that_it_picks() {
    let shell = Shell::new();
    let [index, amd64, _] = shell.push_index("all", "1.4");
    shell.run("sign REG/all:1.4 --key bulla.key").ends(0);
    shell.run("verify REG/all:1.4 --key bulla.pub --recursive --record all.json").ends(1);
    every_image(&shell, "deny");
    let test = |case: &str| {
        let cases = format!("policies: [ trust.yaml ]\ncases: [ {{ name: a, evidence: all.json, {case} }} ]\n");
        shell.write("all.test.yaml", cases);
        shell.run("policy test all.test.yaml")
    };
    test("expect: { verdict: refused, reasons: [ no-signature ] }").ends(0);
    test(&format!("digest: '{index}', expect: accepted")).ends(0);
    test(&format!("digest: '{index}', as: registry.acme.dev/all, expect: accepted")).ends(0);
    test(&format!("digest: '{amd64}', expect: accepted")).ends(1);
    let other = bulla_verify::Digest::of(b"other");
    let said = test(&format!("digest: '{other}', expect: refused")).ends(2);
    assert!(said.err.contains("[not-recorded]"), "{said:?}");
    let said = test("as: registry.acme.dev/all, expect: refused").ends(2);
    assert!(said.err.contains("all.test.yaml:2: a: one name is given to 3 things"), "{said:?}");
    assert!(said.err.contains("[name-ambiguous]"), "{said:?}");
}

#[test]
fn unknown_can_be_expected_and_is_no_other_verdict() {
    let shell = Shell::new();
    shell.push_image("app", "1.4", "clay");
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    shell.registry.inject(Injection::of(Fault::InternalError).on_path("/referrers/").times(1_000));
    shell.run("verify REG/app:1.4 --key bulla.pub --timeout 2s --record half.json").ends(2);
    every_image(&shell, "deny");
    for (expected, exit) in
        [("unknown", 0), ("refused", 1), ("accepted", 1), ("{ verdict: unknown, reasons: [ registry-failed ] }", 0)]
    {
        let cases =
            format!("policies: [ trust.yaml ]\ncases: [ {{ name: a, evidence: half.json, expect: {expected} }} ]\n");
        shell.write("half.test.yaml", cases);
        shell.run("policy test .").ends(exit);
    }
}

#[test]
fn what_was_never_decided_about_is_accepted_by_no_policy() {
    let shell = recorded();
    let host = shell.registry.host();
    shell.push_image("app", "1.4", "clay");
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    let services = format!("  a: {{ image: '{host}/app:1.4' }}\n  b: {{ image: '{host}/app:9' }}\n");
    shell.write("compose.yaml", format!("services:\n{services}"));
    shell.run("verify -f compose.yaml --key bulla.pub --record all.json").ends(2);
    every_image(&shell, "allow");
    let cases = "policies: [ trust.yaml ]\ncases: [ { name: a, evidence: all.json, expect: { verdict: unknown, reasons: [ no-such-tag ] } } ]\n";
    shell.write("all.test.yaml", cases);
    shell.run("policy test all.test.yaml").ends(0);
}

#[test]
fn cases_are_what_a_test_report_shows() {
    let shell = scene(
        "../good.yaml",
        &format!(
            "{ACCEPTED}{}",
            ACCEPTED.replace("it is accepted, ", "it is refused, ").replace("expect: accepted", "expect: refused")
        ),
    );
    let junit = shell.run("policy test tests --output junit").ends(1).out;
    for part in [
        "tests=\"2\" failures=\"1\" errors=\"0\"",
        "<testcase classname=\"tests/app.test.yaml\" name=\"it is accepted\">\n    </testcase>",
        "<testcase classname=\"tests/app.test.yaml\" name=\"it is refused\">\n      <failure message=\"expected refused, and it is accepted\" type=\"policy-surprise\">",
    ] {
        assert!(junit.contains(part), "{part}\n{junit}");
    }
    let github = shell.run("policy test tests --output github").ends(1).out;
    assert!(github.contains("::error file=tests/app.test.yaml,line=4,col=1,title="), "{github}");
    let sarif: serde_json::Value =
        serde_json::from_str(&shell.run("policy test tests --output sarif").ends(1).out).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!(run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"], 4);
    assert_eq!(
        (
            run["results"].as_array().unwrap().len(),
            run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().len()
        ),
        (1, 0)
    );
    for format in ["markdown", "html"] {
        let shown = shell.run(&format!("policy test tests --output {format}")).ends(1).out;
        assert!(shown.contains("it is refused"), "{shown}");
    }
    // What could not be read is an error, and no case that passes.
    std::fs::remove_file(shell.path("app.evidence.json")).unwrap();
    let junit = shell.run("policy test tests --output junit").ends(2).out;
    assert!(junit.contains("failures=\"0\" errors=\"2\""), "{junit}");
}
