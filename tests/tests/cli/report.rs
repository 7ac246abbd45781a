//! `--output json`: every command's report is of the schema, and says what its text says.

use crate::{convert, policy::policies, schema::report_v1, shell::Shell};
use bulla_sandbox::{Fault, Injection};
use serde_json::Value;

#[track_caller]
pub(crate) fn of_the_schema(shell: &Shell, line: &str, exit: i64) -> Value {
    let report = shell.json(line);
    report_v1().validate(&report).unwrap_or_else(|error| panic!("{line}: {error} at {}", error.instance_path()));
    assert_eq!(report["exitCode"], exit, "{line}: {report}");
    report
}

#[test]
fn every_report_is_of_the_schema() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.write("p.json", "{}");
    shell.push_image("app", "1.4", "clay");
    shell.push_index("all", "1.4");
    policies(&shell);
    shell.write("cip.yaml", convert::cluster_image_policy(&shell, &[&convert::key(&shell, "bulla.pub")]));
    for (line, exit) in [
        ("keygen --output-key-prefix third", 0),
        ("keygen --output-key-prefix p384 --algorithm ecdsa-p384", 0),
        ("keygen --output-key-prefix p521 --algorithm ecdsa-p521", 0),
        ("keygen --output-key-prefix ed25519 --algorithm ed25519", 0),
        ("keygen --output-key-prefix rsa --algorithm rsa", 0),
        ("keygen", 2),
        ("sign app --key bulla.key", 0),
        ("sign app --key bulla.key", 0),
        ("sign REG/app:1.4 --key bulla.key", 0),
        ("sign REG/all:1.4 --key bulla.key --recursive", 0),
        ("attest REG/app:1.4 --key bulla.key --type https://acme.dev/t/v1 --predicate p.json", 0),
        ("verify app --key bulla.pub", 0),
        ("verify app --key other.pub", 1),
        ("verify REG/app:1.4 --key bulla.pub", 0),
        ("verify REG/all:1.4 --key bulla.pub --recursive", 0),
        ("verify REG/app:1.4 --key other.pub", 1),
        ("verify REG/app:1.4 --key bulla.pub --type vuln", 1),
        ("verify REG/app:9 --key bulla.pub", 2),
        ("verify missing --key bulla.pub", 2),
        ("verify app", 2),
        ("verify app --kye", 2),
        ("inspect app", 0),
        ("inspect p.json", 0),
        ("inspect REG/app:1.4", 0),
        ("inspect REG/all:1.4", 0),
        ("verify app --policy good.yaml", 0),
        ("verify app --policy loose.yaml", 1),
        ("verify app --policy bad.yaml", 2),
        ("verify app --policy good.yaml --record app.json", 0),
        ("replay app.json", 0),
        ("replay app.json --policy other.yaml --at 2027-03-01", 1),
        ("replay app", 2),
        ("policy test app.test.yaml", 2),
        ("policy check good.yaml loose.yaml", 0),
        ("policy check good.yaml loose.yaml --strict", 1),
        ("policy check good.yaml bad.yaml missing.yaml", 2),
        ("policy bundle good.yaml", 0),
        ("policy convert cip.yaml", 0),
        ("policy convert bad.yaml", 2),
        ("policy schema", 0),
        ("completions zsh", 0),
        ("man", 0),
        ("man pages", 0),
        ("quickstart", 0),
    ] {
        of_the_schema(&shell, line, exit);
    }
}

#[test]
fn a_program_learns_who_signed_what() {
    let shell = Shell::new();
    let digest = shell.push_image("app", "1.4", "clay");
    let signed = of_the_schema(&shell, "sign REG/app:1.4 --key bulla.key", 0);
    let verified = of_the_schema(&shell, "verify REG/app:1.4 --key bulla.pub", 0);
    let subject = &verified["result"]["subjects"][0];
    assert_eq!(subject["digest"], digest.as_str());
    assert_eq!(subject["signatures"][0]["signer"], signed["result"]["signer"]);
    assert!(signed["result"]["signer"]["keyId"].is_string(), "{signed}");
    assert_eq!(subject["signatures"][0]["origin"], signed["result"]["subjects"][0]["bundle"]);
    assert_eq!(verified["result"]["verdict"], "accepted");
}

#[test]
fn unknown_and_usage_share_an_exit_code_and_not_their_codes() {
    let shell = Shell::new();
    shell.push_image("app", "1.4", "clay");
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    shell.registry.inject(Injection::of(Fault::InternalError).on_path("/referrers/").times(1_000));
    let unknown = of_the_schema(&shell, "verify REG/app:1.4 --key bulla.pub --timeout 2s", 2);
    assert_eq!(unknown["result"]["verdict"], "unknown");
    assert_eq!(unknown["errors"][0]["code"], "registry-failed");
    let inspected = of_the_schema(&shell, "inspect REG/app:1.4 --timeout 2s", 2);
    assert_eq!(inspected["errors"][0]["code"], "registry-failed");
    let usage = of_the_schema(&shell, "verify REG/app:1.4", 2);
    assert_eq!((&usage["result"], &usage["errors"][0]["code"]), (&Value::Null, &Value::from("usage")));
}
