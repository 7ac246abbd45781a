//! Reports of scanners: what is read of each format, and what is refused.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use bulla_policy::{
    DocumentError, budget,
    vulnerabilities::{Finding, Severity, Suppression, VulnerabilityReport, wrap},
};
use serde_json::{Value, json};

fn read(document: &Value) -> VulnerabilityReport {
    VulnerabilityReport::parse(document.to_string().as_bytes()).expect("a report")
}

#[track_caller]
fn refused(document: impl ToString, code: &str) -> DocumentError {
    let error = VulnerabilityReport::parse(document.to_string().as_bytes()).expect_err("this must be refused");
    assert_eq!(error.code(), code, "{error}");
    error
}

fn only(report: &VulnerabilityReport) -> &Finding {
    let [finding] = report.findings() else { panic!("one finding: {report:?}") };
    finding
}

fn trivy(vulnerability: Value) -> Value {
    json!({
        "SchemaVersion": 2,
        "Trivy": { "Version": "0.69.0" },
        "CreatedAt": "2026-11-01T12:00:00.5Z",
        "ArtifactName": "app",
        "ArtifactType": "container_image",
        "Results": [{ "Target": "app", "Vulnerabilities": [vulnerability] }],
    })
}

fn flaw() -> Value {
    json!({
        "VulnerabilityID": "CVE-2024-0001",
        "VendorIDs": ["DSA-1-1"],
        "PkgName": "openssl",
        "PkgIdentifier": { "PURL": "pkg:deb/debian/openssl@1.1" },
        "InstalledVersion": "1.1",
        "FixedVersion": "1.2, 2.0",
        "Status": "fixed",
        "SeveritySource": "debian",
        "Severity": "HIGH",
    })
}

fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    document.pointer_mut(parent).expect("a parent").as_object_mut().expect("an object").insert(key.to_owned(), value);
    document
}

#[test]
fn trivy_says_what_where_how_bad_and_when() {
    let report = read(&trivy(flaw()));
    let finding = only(&report);
    assert_eq!((finding.id(), finding.aliases().len()), ("CVE-2024-0001", 0), "an advisory is not a name");
    assert_eq!((finding.severity(), finding.severity_source()), (Severity::High, "debian"));
    assert_eq!((finding.package().name.as_str(), finding.package().version.as_str()), ("openssl", "1.1"));
    assert_eq!(finding.package().purl.as_deref(), Some("pkg:deb/debian/openssl@1.1"));
    assert_eq!(finding.fixed_in(), ["1.2", "2.0"]);
    assert_eq!(report.scanned_at().expect("a time").to_string(), "2026-11-01T12:00:00Z");
    assert_eq!((report.scanner().name.as_str(), report.scanner().version.as_deref()), ("trivy", Some("0.69.0")));
    assert_eq!((report.count(Severity::High), report.count(Severity::Low)), (1, 0));
}

#[test]
fn a_score_is_asked_for_where_nobody_has_rated() {
    let scores = json!({ "nvd": { "V2Score": 9.3, "V3Score": 6.9 }, "ghsa": { "V40Score": 9.1 } });
    let unrated = with(with(flaw(), "/Severity", json!("UNKNOWN")), "/CVSS", scores.clone());
    let report = read(&trivy(unrated));
    assert_eq!((only(&report).severity(), only(&report).severity_source()), (Severity::Critical, "ghsa, CVSS 9.1"));
    let report = read(&trivy(with(flaw(), "/CVSS", scores)));
    assert_eq!((only(&report).severity(), only(&report).severity_source()), (Severity::High, "debian"));
}

#[test]
fn a_severity_in_an_unknown_word_is_refused() {
    let error = refused(trivy(with(flaw(), "/Severity", json!("SCARY"))), "document-malformed");
    assert_eq!(error.to_string(), "not a report of Trivy: there is no severity `SCARY`");
}

#[test]
fn what_trivy_was_told_to_ignore_is_kept_and_does_not_count() {
    for (status, suppressed) in [
        ("ignored", true),
        ("not_affected", true),
        ("fixed", true),
        ("affected", false),
        ("under_investigation", false),
        ("unknown", false),
        ("will_not_fix", false),
    ] {
        let modified = json!([
            { "Type": "vulnerability", "Status": status, "Statement": "why", "Source": ".trivyignore", "Finding": flaw() },
            { "Type": "secret", "Status": "ignored", "Finding": { "RuleID": "x" } },
        ]);
        let document = with(trivy(flaw()), "/Results/0/ExperimentalModifiedFindings", modified);
        let report = read(&with(document, "/Results/0/Vulnerabilities", Value::Null));
        let found = only(&report).suppressed();
        assert_eq!(found, suppressed.then_some(Suppression::Scanner { status, reason: "why" }), "{status}");
        assert_eq!(report.count(Severity::High), usize::from(!suppressed), "{status}");
    }
}

#[test]
fn another_schema_of_trivy_is_refused() {
    let error = refused(with(trivy(flaw()), "/SchemaVersion", json!(3)), "document-version");
    assert_eq!(error.to_string(), "unsupported version of Trivy's report: expected schema 2, found `3`");
}

fn grype(found: Value) -> Value {
    json!({
        "matches": [found],
        "source": { "type": "image" },
        "descriptor": {
            "name": "grype",
            "version": "0.100.0",
            "timestamp": "2026-11-01T12:00:00.123456789Z",
            "db": { "status": { "schemaVersion": "v6.1", "from": "https://db.example/v6.tar.zst", "built": "2026-10-31T00:00:00Z" } },
        },
    })
}

fn found() -> Value {
    json!({
        "vulnerability": {
            "id": "GHSA-aaaa", "namespace": "github:language:python", "severity": "Medium",
            "fix": { "versions": ["2.0"], "state": "fixed" },
        },
        "relatedVulnerabilities": [{ "id": "CVE-2024-0001", "severity": "Critical" }],
        "artifact": { "name": "django", "version": "1.0", "purl": "pkg:pypi/django@1.0" },
    })
}

#[test]
fn grype_says_the_same() {
    let report = read(&grype(found()));
    let finding = only(&report);
    assert_eq!((finding.id(), finding.aliases()), ("CVE-2024-0001", &["GHSA-aaaa".to_owned()][..]));
    assert_eq!((finding.severity(), finding.severity_source()), (Severity::Medium, "github:language:python"));
    assert_eq!((finding.fixed_in(), finding.has_fix()), (&["2.0".to_owned()][..], true));
    let database = report.scanner().database.as_ref().expect("a database");
    assert_eq!(database.version.as_deref(), Some("2026-10-31T00:00:00Z"));
    assert_eq!(report.scanned_at().expect("a time").to_string(), "2026-11-01T12:00:00Z");
}

#[test]
fn a_fix_without_a_version_is_a_fix() {
    let fix = |state: &str| with(found(), "/vulnerability/fix", json!({ "versions": [], "state": state }));
    assert!(only(&read(&grype(fix("fixed")))).has_fix());
    assert!(!only(&read(&grype(fix("wont-fix")))).has_fix());
}

#[test]
fn an_advisory_of_several_cves_keeps_its_name() {
    let related = json!([{ "id": "CVE-2024-0001" }, { "id": "CVE-2024-0002" }]);
    let report = read(&grype(with(found(), "/relatedVulnerabilities", related)));
    assert_eq!((only(&report).id(), only(&report).aliases().len()), ("GHSA-aaaa", 2));
}

#[test]
fn grypes_ignored_matches_do_not_count() {
    for (rules, status, reason) in [
        (json!([{ "vulnerability": "GHSA-aaaa", "reason": "later" }]), "ignored", "later"),
        (
            json!([{ "reason": "x" }, { "vex-status": "not_affected", "vex-justification": "component_not_present" }]),
            "not_affected",
            "component_not_present",
        ),
        (json!([]), "ignored", ""),
    ] {
        let ignored = with(found(), "/appliedIgnoreRules", rules);
        let document = with(with(grype(found()), "/matches", json!([])), "/ignoredMatches", json!([ignored]));
        let report = read(&document);
        assert_eq!(only(&report).suppressed(), Some(Suppression::Scanner { status, reason }));
    }
}

#[test]
fn grypes_scores_count_where_it_says_unknown() {
    let scores = json!([
        { "source": "nvd", "version": "2.0", "metrics": { "baseScore": 10.0 } },
        { "source": "cna", "version": "3.1", "metrics": { "baseScore": 3.9 } },
    ]);
    let unrated = with(with(found(), "/vulnerability/severity", json!("Unknown")), "/vulnerability/cvss", scores);
    let report = read(&grype(unrated));
    assert_eq!((only(&report).severity(), only(&report).severity_source()), (Severity::High, "nvd, CVSS 10.0"));
}

fn clair() -> Value {
    json!({
        "manifest_hash": "sha256:aa",
        "packages": { "1": { "id": "1", "name": "glibc", "version": "2.27" }, "2": { "name": "bash", "version": "5" } },
        "distributions": {}, "environments": {},
        "vulnerabilities": { "9": {
            "id": "9", "updater": "ubuntu", "name": "CVE-2009-5155 on Ubuntu 18.04 LTS (bionic) - low.",
            "normalized_severity": "Low", "fixed_in_version": "2.28",
        } },
        "package_vulnerabilities": { "1": ["9"], "2": null },
    })
}

#[test]
fn clair_is_read_through_its_references() {
    let report = read(&clair());
    let finding = only(&report);
    assert_eq!((finding.id(), finding.severity_source()), ("CVE-2009-5155", "ubuntu"));
    assert_eq!((finding.package().name.as_str(), finding.severity()), ("glibc", Severity::Low));
    assert_eq!((finding.fixed_in(), report.scanned_at()), (&["2.28".to_owned()][..], None));
    let error = refused(with(clair(), "/package_vulnerabilities/1", json!(["8"])), "document-malformed");
    assert_eq!(error.to_string(), "not a report of Clair: it has no vulnerability `8`");
    refused(with(clair(), "/package_vulnerabilities/7", json!(["9"])), "document-malformed");
}

#[test]
fn clairs_enrichment_counts_where_it_says_unknown() {
    let unrated = with(clair(), "/vulnerabilities/9/normalized_severity", json!("Unknown"));
    let key = "message/vnd.clair.map.vulnerability; enricher=clair.cvss schema=https://csrc.nist.gov/cvss-v3.x.json";
    let scored =
        json!({ key: [{ "9": [{ "version": "3.1", "baseScore": 9.8, "baseSeverity": "CRITICAL" }] }], "other": [1] });
    let report = read(&with(unrated.clone(), "/enrichments", scored));
    assert_eq!((only(&report).severity(), only(&report).severity_source()), (Severity::Critical, "nvd, CVSS 9.8"));
    assert_eq!(only(&read(&unrated)).severity(), Severity::Unknown);
}

fn osv() -> Value {
    let record = |id: &str, more: Value| {
        let affected = json!([
            { "package": { "name": "regex", "ecosystem": "Go" }, "ranges": [{ "events": [{ "fixed": "0.0.1" }] }] },
            {
                "package": { "name": "regex", "ecosystem": "crates.io", "purl": "pkg:cargo/regex" },
                "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "1.5.5" }] }],
            },
        ]);
        with(with(more, "/id", json!(id)), "/affected", affected)
    };
    let vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H";
    json!({ "results": [{ "source": { "path": "Cargo.lock" }, "packages": [{
        "package": { "name": "regex", "version": "1.5.1", "ecosystem": "crates.io" },
        "vulnerabilities": [
            record("GHSA-aaaa", json!({ "aliases": ["CVE-2022-24713"], "database_specific": { "severity": "MODERATE" } })),
            record("RUSTSEC-2022-0013", json!({ "aliases": null, "severity": [{ "type": "CVSS_V3", "score": vector }] })),
            record("RUSTSEC-2024-0001", json!({ "database_specific": { "severity": ["anything"] } })),
        ],
        "groups": [{ "ids": ["GHSA-aaaa", "RUSTSEC-2022-0013"], "aliases": ["CVE-2022-24713"], "max_severity": "" }],
    }] }] })
}

#[test]
fn osv_has_one_finding_for_each_group_and_the_worst_of_its_ratings() {
    let report = read(&osv());
    let [grouped, alone] = report.findings() else { panic!("two findings: {report:?}") };
    assert_eq!(
        (grouped.id(), grouped.aliases()),
        ("CVE-2022-24713", &["GHSA-aaaa", "RUSTSEC-2022-0013"].map(str::to_owned)[..])
    );
    assert_eq!((grouped.severity(), grouped.severity_source()), (Severity::High, "RUSTSEC-2022-0013, CVSS 7.5"));
    assert_eq!((grouped.fixed_in(), grouped.package().version.as_str()), (&["1.5.5".to_owned()][..], "1.5.1"));
    assert_eq!(grouped.package().purl.as_deref(), Some("pkg:cargo/regex@1.5.1"));
    assert_eq!((alone.id(), alone.severity()), ("RUSTSEC-2024-0001", Severity::Unknown));
    let scored = with(osv(), "/results/0/packages/0/groups/0/max_severity", json!("9.1"));
    assert_eq!(read(&scored).findings()[0].severity_source(), "CVSS 9.1");
}

#[test]
fn what_osv_says_is_never_called_does_not_count() {
    for (analysis, status) in [
        (json!({ "GHSA-aaaa": { "called": false }, "RUSTSEC-2022-0013": { "called": false } }), Some("not-called")),
        (json!({ "GHSA-aaaa": { "called": false }, "RUSTSEC-2022-0013": { "called": true } }), None),
        (json!({ "GHSA-aaaa": { "called": true, "unimportant": true } }), Some("unimportant")),
        (json!({}), None),
    ] {
        for key in ["experimental_analysis", "experimentalAnalysis"] {
            let document = with(osv(), &format!("/results/0/packages/0/groups/0/{key}"), analysis.clone());
            let report = read(&document);
            let found = report.findings()[0].suppressed();
            assert_eq!(found, status.map(|status| Suppression::Scanner { status, reason: "OSV-Scanner's analysis" }));
        }
    }
}

fn cosign(result: Value, started: &str) -> Value {
    json!({
        "invocation": { "parameters": null, "uri": "", "event_id": "", "builder.id": "" },
        "scanner": { "uri": "pkg:github/x/y@1", "version": "1", "db": { "uri": "db", "version": "" }, "result": result },
        "metadata": { "scanStartedOn": started, "scanFinishedOn": started },
    })
}

#[test]
fn cosigns_predicate_is_the_report_inside_at_the_earlier_of_two_times() {
    for (started, at) in [
        ("2026-10-01T00:00:00Z", "2026-10-01T00:00:00Z"),
        ("2026-12-01T00:00:00Z", "2026-11-01T12:00:00Z"),
        ("0001-01-01T00:00:00Z", "2026-11-01T12:00:00Z"),
    ] {
        let report = read(&cosign(trivy(flaw()), started));
        assert_eq!(report.scanned_at().expect("a time").to_string(), at);
        assert_eq!((only(&report).id(), report.scanner().version.as_deref()), ("CVE-2024-0001", Some("0.69.0")));
        let database = report.scanner().database.as_ref().expect("a database");
        assert_eq!((database.uri.as_deref(), database.version.as_deref()), (Some("db"), None));
    }
    let report = read(&cosign(clair(), "2026-10-01T00:00:00Z"));
    assert_eq!(report.scanner().version.as_deref(), Some("1"));
    refused(cosign(cosign(clair(), ""), ""), "document-malformed");
    refused(cosign(json!({ "version": "2.1.0", "runs": [] }), ""), "document-not-read");
    refused(cosign(clair(), "yesterday"), "document-malformed");
}

#[test]
fn what_is_no_report_is_called_by_its_name() {
    for (document, message) in [
        ("[]", "expected a vulnerability report, found a JSON array"),
        ("<x/>", "expected a vulnerability report, found XML"),
        (r#"{"a":1}"#, "expected a vulnerability report, found an object with the key `a`"),
        (r#"{"matches":[]}"#, "expected a vulnerability report, found an object with the key `matches`"),
    ] {
        let error = refused(document, "document-unrecognised");
        assert_eq!(error.to_string(), message);
        assert!(error.hint().contains("Trivy, Grype, Clair and OSV-Scanner"));
    }
    let sarif = refused(r#"{"version":"2.1.0","runs":[]}"#, "document-not-read");
    assert!(sarif.hint().contains("trivy --format json"), "{}", sarif.hint());
    refused(r#"{"@context":"https://openvex.dev/ns","statements":[]}"#, "document-not-read");
    refused(r#"{"bomFormat":"CycloneDX"}"#, "document-not-read");
}

#[test]
fn what_two_readers_could_read_differently_is_refused() {
    refused(with(trivy(flaw()), "/package_vulnerabilities", json!({})), "document-ambiguous");
    refused(with(grype(found()), "/results", json!([])), "document-ambiguous");
    let twice = trivy(flaw()).to_string().replacen("\"Severity\"", "\"Severity\":\"LOW\",\"Severity\"", 1);
    refused(twice, "document-malformed");
    let cased = trivy(flaw()).to_string().replacen("\"Severity\"", "\"severity\":\"LOW\",\"Severity\"", 1);
    refused(cased, "document-malformed");
    refused(with(trivy(flaw()), "/Results", json!([[]])), "document-malformed");
}

#[test]
fn one_past_each_limit_is_refused() {
    let length = |bytes: usize| {
        let document = trivy(flaw()).to_string();
        format!("{}{}", document, " ".repeat(bytes - document.len()))
    };
    assert!(VulnerabilityReport::parse(length(budget::DOCUMENT_BYTES).as_bytes()).is_ok());
    refused(length(budget::DOCUMENT_BYTES + 1), "document-over-budget");

    let least = json!({ "VulnerabilityID": "", "PkgName": "" });
    let findings =
        |count: usize| with(trivy(flaw()), "/Results/0/Vulnerabilities", Value::Array(vec![least.clone(); count]));
    assert_eq!(read(&findings(budget::FINDINGS)).findings().len(), budget::FINDINGS);
    let error = refused(findings(budget::FINDINGS + 1), "document-over-budget");
    assert_eq!(error.to_string(), "too many findings: at most 32768 are read, found 32769");
    let half = json!({ "Vulnerabilities": vec![least.clone(); budget::FINDINGS / 2 + 1] });
    refused(with(trivy(flaw()), "/Results", json!([half, half])), "document-over-budget");

    let names = |count: usize| {
        let related: Vec<_> = (0..count).map(|name| json!({ "id": format!("GHSA-{name}") })).collect();
        grype(with(found(), "/relatedVulnerabilities", Value::Array(related)))
    };
    assert_eq!(only(&read(&names(budget::NAMES))).aliases().len(), budget::NAMES);
    refused(names(budget::NAMES + 1), "document-over-budget");

    let text = |length: usize| trivy(with(flaw(), "/InstalledVersion", json!("x".repeat(length))));
    read(&text(budget::TEXT_BYTES));
    refused(text(budget::TEXT_BYTES + 1), "document-malformed");
}

/// A vulnerability is written once in Clair's report, and found in as many packages as there are.
#[test]
fn a_small_report_does_not_become_a_large_one() {
    let name = "x".repeat(budget::TEXT_BYTES);
    let findings = |count: usize| {
        let found: serde_json::Map<_, _> = (0..count).map(|package| (package.to_string(), json!(["9"]))).collect();
        let packages = found.keys().map(|id| (id.clone(), json!({ "name": "p" }))).collect();
        let document = with(clair(), "/vulnerabilities/9/name", json!(name));
        with(with(document, "/packages", Value::Object(packages)), "/package_vulnerabilities", Value::Object(found))
    };
    let most = budget::FINDINGS_BYTES / (budget::TEXT_BYTES + 10);
    assert_eq!(read(&findings(most)).findings().len(), most);
    refused(findings(most + 1), "document-over-budget");
}

#[test]
fn a_raw_report_is_wrapped_whole_and_reads_the_same() {
    let raw = grype(found()).to_string();
    let wrapped = wrap(raw.as_bytes()).expect("a report").expect("a raw one");
    let predicate: Value = serde_json::from_slice(&wrapped.predicate).expect("JSON");
    assert_eq!(predicate["scanner"]["uri"], "pkg:github/anchore/grype@0.100.0");
    assert_eq!(predicate["scanner"]["db"]["version"], "2026-10-31T00:00:00Z");
    assert_eq!(predicate["metadata"]["scanStartedOn"], "2026-11-01T12:00:00Z");
    assert!(String::from_utf8(wrapped.predicate.clone()).expect("text").contains(&raw), "not byte for byte");
    let read_back = VulnerabilityReport::parse(&wrapped.predicate).expect("a report");
    assert_eq!(read_back, read(&grype(found())));
    assert_eq!(wrap(&wrapped.predicate), Ok(None), "it is the predicate already");
}

#[test]
fn a_scan_without_a_time_is_not_wrapped() {
    for document in [clair(), osv(), with(grype(found()), "/descriptor/timestamp", json!(""))] {
        let error = wrap(document.to_string().as_bytes()).expect_err("no time");
        assert_eq!(error.code(), "scan-time-missing");
    }
}

/// One mark of a format alone is no report of it, and the marks of two are of neither.
#[test]
fn a_report_says_whole_what_it_is() {
    for half in [
        json!({ "SchemaVersion": 2 }),
        json!({ "ArtifactType": "container_image" }),
        json!({ "matches": [] }),
        json!({ "descriptor": {} }),
        json!({ "@context": "https://openvex.dev/ns/v0.2.0" }),
        json!({ "statements": [] }),
    ] {
        refused(half, "document-unrecognised");
    }
    refused(json!({ "@context": "https://openvex.dev/ns/v0.2.0", "statements": [] }), "document-not-read");
    let marks = [
        (json!({ "SchemaVersion": 2, "Results": [] }), "Trivy"),
        (json!({ "matches": [], "descriptor": {} }), "Grype"),
        (json!({ "package_vulnerabilities": {} }), "Clair"),
        (json!({ "results": [] }), "OSV"),
        (json!({ "scanner": {} }), "cosign"),
    ];
    for (at, (first, one)) in marks.iter().enumerate() {
        for (second, other) in marks.iter().skip(at + 1) {
            let mut both = first.clone();
            let fields = second.as_object().expect("an object").clone();
            both.as_object_mut().expect("an object").extend(fields);
            let error = refused(both, "document-ambiguous").to_string();
            assert!(error.contains(one) && error.contains(other), "{one}, {other}: {error}");
        }
    }
}
