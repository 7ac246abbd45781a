//! What scanners write, attested as it is.

use crate::shell::Shell;
use bulla_policy::vulnerabilities::VulnerabilityReport;
use bulla_tests::vectors;
use serde_json::{Value, json};

fn trivy() -> String {
    json!({
        "SchemaVersion": 2,
        "Trivy": { "Version": "0.69.0" },
        "CreatedAt": "2026-11-01T12:00:00Z",
        "ArtifactType": "container_image",
        "Results": [{ "Vulnerabilities": [{ "VulnerabilityID": "CVE-2024-0001", "PkgName": "git", "Severity": "HIGH" }] }],
    })
    .to_string()
}

fn grype(timestamp: &str) -> String {
    json!({
        "matches": [],
        "descriptor": { "name": "grype", "version": "0.100.0", "timestamp": timestamp, "db": { "status": {
            "built": "2026-10-31T00:00:00Z", "from": "https://db.example/v6.tar.zst",
        } } },
    })
    .to_string()
}

const ATTEST: &str = "attest app --key bulla.key --bundle b.json --type vuln --predicate";

/// The predicate of the bundle that was written.
fn predicate(shell: &Shell) -> Value {
    let report = shell.json("verify app --key bulla.pub --bundle b.json --type vuln");
    let statements = report.to_string();
    let found = find(&report, "predicate").unwrap_or_else(|| panic!("{statements}"));
    found.clone()
}

fn find<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields.get(key).or_else(|| fields.values().find_map(|inside| find(inside, key))),
        Value::Array(items) => items.iter().find_map(|inside| find(inside, key)),
        _ => None,
    }
}

#[test]
fn a_raw_report_of_trivy_is_wrapped_and_says_so() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.write("trivy.json", trivy());
    let warning =
        "warning: `trivy.json` is a report of trivy as it is: it is signed inside cosign's `vuln` predicate\n";
    shell.run(&format!("{ATTEST} trivy.json")).ends(0).err(warning).out(
        "attested   app@sha256:…\n\
         predicate  https://cosign.sigstore.dev/attestation/vuln/v1\n\
         key        sha256:…\n\
         bundle     b.json\n",
    );
    let predicate = predicate(&shell);
    assert_eq!(predicate["scanner"]["uri"], "pkg:github/aquasecurity/trivy@0.69.0");
    assert_eq!(predicate["scanner"]["version"], "0.69.0");
    assert_eq!(predicate["metadata"]["scanStartedOn"], "2026-11-01T12:00:00Z");
    assert_eq!(predicate["scanner"]["result"].to_string(), trivy());
    let again = shell.run(&format!("{ATTEST} trivy.json")).ends(0);
    assert!(again.out.starts_with("unchanged  "), "{again:?}");
}

#[test]
fn what_is_the_predicate_already_passes_as_it_is() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.write("trivy.json", trivy());
    shell.run(&format!("{ATTEST} trivy.json")).ends(0);
    shell.write("predicate.json", predicate(&shell).to_string());
    let said =
        shell.run(&ATTEST.replace("b.json", "c.json").replace("--predicate", "--predicate predicate.json")).ends(0);
    assert_eq!(said.err, "");
}

#[test]
fn grypes_report_comes_with_its_database_and_its_time() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    let said = shell.pipe(&format!("{ATTEST} -"), grype("2026-11-01T12:00:00.5Z").as_bytes()).ends(0);
    assert!(said.err.starts_with("warning: `-` is a report of grype as it is"), "{said:?}");
    let predicate = predicate(&shell);
    assert_eq!(predicate["scanner"]["uri"], "pkg:github/anchore/grype@0.100.0");
    assert_eq!(predicate["scanner"]["db"]["version"], "2026-10-31T00:00:00Z");
    shell.write("grype.json", grype(""));
    shell.run(&format!("{ATTEST} grype.json")).fails(2, "scan-time-missing").hints("with its times around it");
}

#[test]
fn what_cannot_be_wrapped_is_refused_with_what_helps() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    for (document, kind, code, hint) in [
        (json!({ "version": "2.1.0", "runs": [] }), "vuln", "document-not-read", "trivy --format json"),
        (json!({ "artifacts": [], "artifactRelationships": [] }), "spdx", "document-not-read", "syft -o spdx-json"),
        (
            json!({ "artifacts": [], "artifactRelationships": [] }),
            "cyclonedx",
            "document-not-read",
            "syft -o cyclonedx-json",
        ),
        (json!({}), "vuln", "predicate-shape", ""),
        (json!({ "SchemaVersion": 1, "Results": [] }), "vuln", "document-version", "schema 2"),
    ] {
        shell.write("d.json", document.to_string());
        let attest = format!("attest app --key bulla.key --type {kind} --predicate d.json");
        let said = shell.run(&attest).fails(2, code);
        if !hint.is_empty() {
            said.hints(hint);
        }
    }
}

#[test]
fn every_report_of_trivy_that_others_have_is_attested_and_read_back() {
    let Some(folder) = vectors("scan-reports/trivy") else { return };
    let shell = Shell::new();
    shell.write("app", "bytes");
    let mut attested = 0;
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        let raw = std::fs::read(&file).unwrap();
        let Ok(report) = VulnerabilityReport::parse(&raw) else { continue };
        let bundle = format!("{attested}.json");
        shell.pipe(&format!("{} -", ATTEST.replace("b.json", &bundle)), &raw).ends(0);
        let verify = format!("verify app --key bulla.pub --bundle {bundle} --type vuln");
        let predicate = find(&shell.json(&verify), "predicate").unwrap().to_string();
        assert_eq!(VulnerabilityReport::parse(predicate.as_bytes()).unwrap(), report, "{}", file.display());
        attested += 1;
    }
    assert_eq!(attested, 8);
}
