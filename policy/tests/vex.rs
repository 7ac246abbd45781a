//! VEX: what a statement is about, and which one counts.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use bulla_policy::{
    DocumentError, budget,
    vex::{Product, Status, Vex},
    vulnerabilities::{Suppression, VulnerabilityReport},
};
use bulla_verify::Digest;
use proptest::{prelude::*, sample::subsequence};
use serde_json::{Value, json};

const GIT: &str = "pkg:apk/alpine/git@2.35.1-r2?arch=x86_64&distro=3.16";

fn report(findings: &[(&str, &str)]) -> VulnerabilityReport {
    let found: Vec<_> = findings
        .iter()
        .map(|(id, purl)| json!({ "VulnerabilityID": id, "PkgName": "p", "Severity": "HIGH", "PkgIdentifier": { "PURL": purl } }))
        .collect();
    let document = json!({ "SchemaVersion": 2, "ArtifactType": "x", "Results": [{ "Vulnerabilities": found }] });
    VulnerabilityReport::parse(document.to_string().as_bytes()).expect("a report")
}

fn image() -> Product {
    Product::of(&Digest::of(b"app")).in_repository("registry.acme.dev/app")
}

fn image_purl() -> String {
    format!("pkg:oci/app@sha256%3A{}", Digest::of(b"app").to_hex())
}

fn document(id: &str, statements: Value) -> Value {
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": id, "author": "Acme", "version": 1,
        "timestamp": "2026-11-01T00:00:00Z", "statements": statements,
    })
}

fn says(status: &str, products: Value) -> Value {
    json!({ "vulnerability": { "name": "CVE-2024-0001" }, "products": products, "status": status, "impact_statement": "why" })
}

fn parsed(document: &Value) -> Vex {
    Vex::parse(document.to_string().as_bytes()).expect("OpenVEX")
}

#[track_caller]
fn refused(document: impl ToString, code: &str) -> DocumentError {
    let error = Vex::parse(document.to_string().as_bytes()).expect_err("this must be refused");
    assert_eq!(error.code(), code, "{error}");
    error
}

/// Whether a statement about `products` takes the finding out.
fn suppresses(products: Value) -> bool {
    let mut report = report(&[("CVE-2024-0001", GIT)]);
    report.apply(&parsed(&document("a", json!([says("not_affected", products)]))), &image()).expect("applied");
    report.findings()[0].suppressed().is_some()
}

#[test]
fn a_statement_is_about_the_image_or_its_parts_or_a_package() {
    let parts = |parts: &[&str]| {
        let parts: Vec<_> = parts.iter().map(|part| json!({ "@id": part })).collect();
        json!([{ "@id": image_purl(), "subcomponents": parts }])
    };
    assert!(suppresses(json!([{ "@id": image_purl() }])));
    assert!(suppresses(json!([{ "identifiers": { "purl": image_purl() } }])));
    assert!(suppresses(json!([{ "hashes": { "sha-256": Digest::of(b"app").to_hex().to_uppercase() } }])));
    assert!(suppresses(parts(&["pkg:apk/alpine/curl", "pkg:apk/alpine/git@2.35.1-r2"])));
    assert!(suppresses(parts(&["pkg:apk/alpine/git"])));
    assert!(!suppresses(parts(&["pkg:apk/alpine/git@2.35.1-r3"])));
    assert!(!suppresses(parts(&["pkg:apk/alpine/git?arch=armv7"])));
    assert!(!suppresses(parts(&["git"])));
    assert!(suppresses(json!([{ "@id": "pkg:apk/alpine/git@2.35.1-r2" }])), "a package is a product");
    let other = json!([{ "@id": "pkg:oci/other@sha256:00", "subcomponents": [{ "@id": "pkg:apk/alpine/git" }] }]);
    assert!(!suppresses(other), "a part of another product");
    assert!(!suppresses(json!([{ "identifiers": { "cpe23": "cpe:2.3:a:git:git:2:*:*:*:*:*:*:*" } }])));
    assert!(!suppresses(json!([])), "no product is no product");
    assert!(suppresses(Value::Null), "it is about the subject of its attestation");
}

#[test]
fn a_package_without_an_url_is_no_component() {
    let mut report = report(&[("CVE-2024-0001", "")]);
    let parts = json!([{ "@id": image_purl(), "subcomponents": [{ "@id": "pkg:apk/alpine/git" }] }]);
    report.apply(&parsed(&document("a", json!([says("fixed", parts)]))), &image()).expect("applied");
    assert_eq!(report.findings()[0].suppressed(), None);
}

#[test]
fn the_status_decides_and_is_kept_with_who_and_why() {
    for (status, suppressed) in
        [("not_affected", true), ("fixed", true), ("affected", false), ("under_investigation", false)]
    {
        let mut report = report(&[("CVE-2024-0001", GIT), ("CVE-2024-0002", GIT)]);
        let vex = parsed(&document("https://acme.dev/vex/1", json!([says(status, Value::Null)])));
        report.apply(&vex, &image()).expect("applied");
        let [spoken_of, other] = report.findings() else { panic!("two findings") };
        assert_eq!((spoken_of.suppressed().is_some(), other.suppressed()), (suppressed, None), "{status}");
        if let Some(Suppression::Vex(applied)) = spoken_of.suppressed() {
            let who = (applied.document(), applied.author(), applied.status().as_str());
            assert_eq!((who, applied.reason()), (("https://acme.dev/vex/1", "Acme", status), "why"));
        }
    }
}

#[test]
fn what_a_document_says_can_be_read_back() {
    let vex = parsed(&document("https://acme.dev/vex/1", json!([says("not_affected", Value::Null)])));
    assert_eq!((vex.id(), vex.author()), ("https://acme.dev/vex/1", "Acme"));
    let [statement] = vex.statements() else { panic!("one statement") };
    assert_eq!((statement.names(), statement.reason()), (["CVE-2024-0001".to_owned()].as_slice(), "why"));
    assert_eq!(statement.status().to_string(), "not_affected");
    assert_eq!(statement.time(), vex.timestamp());
}

/// One mark of a format alone is no document of it, and the marks of two are of neither.
#[test]
fn a_document_says_whole_what_it_is() {
    for half in [json!({ "document": {} }), json!({ "product_tree": {} }), json!({ "statements": [] })] {
        refused(half, "document-unrecognised");
    }
    let mut both = document("a", json!([]));
    both["document"] = json!({});
    both["product_tree"] = json!({});
    let error = refused(both, "document-ambiguous").to_string();
    assert!(error.contains("OpenVEX") && error.contains("CSAF"), "{error}");
}

#[test]
fn a_vulnerability_has_several_names() {
    let mut statement = says("fixed", Value::Null);
    for (names, about) in [
        (json!({ "name": "GHSA-aaaa", "aliases": ["CVE-2024-0001"] }), true),
        (json!({ "@id": "CVE-2024-0001" }), true),
        (json!("CVE-2024-0001"), true),
        (json!({ "@id": "https://nvd.nist.gov/vuln/detail/CVE-2024-0001", "name": "CVE-2024-0002" }), false),
    ] {
        statement["vulnerability"] = names;
        let mut report = report(&[("CVE-2024-0001", GIT)]);
        report.apply(&parsed(&document("a", json!([statement.clone()]))), &image()).expect("applied");
        assert_eq!(report.findings()[0].suppressed().is_some(), about, "{statement}");
    }
}

#[test]
fn an_advisory_of_several_vulnerabilities_is_fixed_when_all_of_them_are_named() {
    let found = json!({
        "matches": [{
            "vulnerability": { "id": "RHSA-1", "severity": "High" },
            "relatedVulnerabilities": [{ "id": "CVE-2024-0001" }, { "id": "CVE-2024-0002" }],
            "artifact": { "name": "x" },
        }],
        "descriptor": {},
    });
    for (aliases, suppressed) in
        [(json!(["RHSA-1"]), false), (json!(["RHSA-1", "CVE-2024-0002"]), true), (json!(["CVE-2024-0002"]), true)]
    {
        let mut report = VulnerabilityReport::parse(found.to_string().as_bytes()).expect("a report");
        let mut statement = says("fixed", Value::Null);
        statement["vulnerability"]["aliases"] = aliases;
        report.apply(&parsed(&document("a", json!([statement]))), &image()).expect("applied");
        assert_eq!(report.findings()[0].suppressed().is_some(), suppressed, "{statement}");
    }
}

#[test]
fn the_first_version_of_the_format_has_texts_for_objects() {
    let mut old = document(
        "a",
        json!([{
            "vulnerability": "CVE-2024-0001", "products": [image_purl()], "subcomponents": ["pkg:apk/alpine/git"], "status": "fixed",
        }]),
    );
    old["@context"] = json!("https://openvex.dev/ns");
    old["version"] = json!("1");
    let mut report = report(&[("CVE-2024-0001", GIT), ("CVE-2024-0001", "pkg:apk/alpine/curl@1")]);
    report.apply(&parsed(&old), &image()).expect("applied");
    let suppressed: Vec<_> = report.findings().iter().map(|finding| finding.suppressed().is_some()).collect();
    assert_eq!(suppressed, [true, false]);
}

#[test]
fn the_last_statement_counts_and_at_the_same_second_the_one_that_takes_nothing_out() {
    let at = |status: &str, time: &str| {
        let mut statement = says(status, Value::Null);
        statement["timestamp"] = json!(time);
        statement
    };
    for (statements, suppressed) in [
        (json!([at("affected", "2026-10-01T00:00:00Z"), says("fixed", Value::Null)]), true),
        (json!([at("fixed", "2026-10-01T00:00:00Z"), says("affected", Value::Null)]), false),
        (json!([at("fixed", "2026-11-01T01:00:00+02:00"), says("affected", Value::Null)]), false),
        (json!([says("affected", Value::Null), says("fixed", Value::Null)]), false),
        (json!([says("fixed", Value::Null), says("under_investigation", Value::Null)]), false),
    ] {
        let mut report = report(&[("CVE-2024-0001", GIT)]);
        report.apply(&parsed(&document("a", statements.clone())), &image()).expect("applied");
        assert_eq!(report.findings()[0].suppressed().is_some(), suppressed, "{statements}");
    }
}

#[test]
fn what_somebody_says_affects_the_product_counts_though_the_scanner_ignores_it() {
    let ignored = json!({
        "matches": [], "descriptor": {},
        "ignoredMatches": [{ "vulnerability": { "id": "CVE-2024-0001", "severity": "High" }, "artifact": { "name": "x" } }],
    });
    let mut report = VulnerabilityReport::parse(ignored.to_string().as_bytes()).expect("a report");
    assert!(report.findings()[0].suppressed().is_some());
    report.apply(&parsed(&document("a", json!([says("affected", Value::Null)]))), &image()).expect("applied");
    assert_eq!(report.findings()[0].suppressed(), None);
}

#[test]
fn what_is_no_openvex_is_called_by_its_name() {
    let statement = says("fixed", Value::Null);
    let with = |key: &str, value: Value| {
        let mut changed = document("a", json!([statement]));
        changed[key] = value;
        changed
    };
    refused(json!({ "document": {}, "product_tree": {} }), "document-malformed");
    refused(json!({ "bomFormat": "CycloneDX" }), "document-not-read");
    refused(with("@context", json!("https://openvex.dev/ns/v1.0.0")), "document-version");
    refused(with("@context", json!("https://acme.dev/ns")), "document-unrecognised");
    refused("[]", "document-unrecognised");
    refused(with("statements", json!([])), "document-malformed");
    refused(with("timestamp", json!("today")), "document-malformed");
    for (key, value) in [
        ("status", json!("harmless")),
        ("vulnerability", json!({})),
        ("vulnerability", json!("")),
        ("justification", json!("because")),
        ("timestamp", json!("2026")),
        ("products", json!([["x"]])),
        ("products", json!({})),
    ] {
        let mut changed = statement.clone();
        changed[key] = value;
        refused(with("statements", json!([changed])), "document-malformed");
    }
    let mut silent = says("not_affected", Value::Null);
    silent["impact_statement"] = Value::Null;
    let error = refused(with("statements", json!([silent])), "document-malformed");
    assert_eq!(error.to_string(), "not an OpenVEX document: a statement of `not_affected` does not say why");
}

#[test]
fn one_past_each_limit_is_refused() {
    let statements = |count: usize| document("a", json!(vec![says("fixed", Value::Null); count]));
    assert_eq!(parsed(&statements(budget::STATEMENTS)).statements().len(), budget::STATEMENTS);
    refused(statements(budget::STATEMENTS + 1), "document-over-budget");

    let products = |count: usize| document("a", json!([says("fixed", json!(vec!["pkg:a/b"; count]))]));
    parsed(&products(budget::COMPONENTS));
    refused(products(budget::COMPONENTS + 1), "document-over-budget");

    // In the first version every product has all the subcomponents.
    let shared = |count: usize| {
        let mut statement = says("fixed", json!(vec!["pkg:a/b"; count]));
        statement["subcomponents"] = json!(vec!["pkg:a/c"; count]);
        document("a", json!([statement]))
    };
    parsed(&shared(179));
    refused(shared(181), "document-over-budget");

    let names = |count: usize| {
        let mut statement = says("fixed", Value::Null);
        statement["vulnerability"]["aliases"] = json!(vec!["x"; count]);
        document("a", json!([statement]))
    };
    parsed(&names(budget::NAMES));
    refused(names(budget::NAMES + 1), "document-over-budget");
}

#[test]
fn a_comparison_too_many_applies_nothing() {
    // Each statement is compared with each finding: itself, its one name, its one product.
    let vex = parsed(&document("a", json!(vec![says("fixed", json!(["pkg:apk/alpine/git"])); 1024])));
    let most = budget::COMPARISONS / (1024 * 3);
    let mut found = report(&vec![("CVE-2024-0001", GIT); most]);
    found.apply(&vex, &image()).expect("applied");
    assert!(found.findings().iter().all(|finding| finding.suppressed().is_some()));
    let mut found = report(&vec![("CVE-2024-0001", GIT); most + 1]);
    let error = found.apply(&vex, &image()).expect_err("one too many");
    assert_eq!(error.code(), "document-over-budget");
    assert!(found.findings().iter().all(|finding| finding.suppressed().is_none()), "nothing is applied");
}

const VULNERABILITIES: [&str; 3] = ["CVE-2024-0001", "CVE-2024-0002", "GHSA-aaaa"];
const PACKAGES: [&str; 3] = [GIT, "pkg:apk/alpine/curl@1", "pkg:golang/acme.dev/app@v1"];

/// Statements about few things at few moments, so that they meet.
fn statement() -> impl Strategy<Value = Value> {
    let names = subsequence(VULNERABILITIES.to_vec(), 1..=2);
    let status = prop::sample::select(vec!["not_affected", "fixed", "affected", "under_investigation"]);
    let product = prop_oneof![
        Just(Value::Null),
        Just(json!([{ "@id": image_purl() }])),
        Just(json!([{ "@id": "pkg:oci/other" }])),
        Just(json!([{ "@id": "pkg:apk/alpine/git" }])),
        subsequence(vec!["pkg:apk/alpine/git", "pkg:apk/alpine/curl@1", "pkg:golang/acme.dev/app"], 1..=2).prop_map(
            |parts| {
                let parts: Vec<_> = parts.into_iter().map(|part| json!({ "@id": part })).collect();
                json!([{ "@id": image_purl(), "subcomponents": parts }])
            }
        ),
    ];
    (names, status, product, 0..3_u8, 0..2_u8).prop_map(|(names, status, products, hour, why)| {
        json!({
            "vulnerability": { "name": names[0], "aliases": names[1..] }, "products": products, "status": status,
            "timestamp": format!("2026-11-01T{hour:02}:00:00Z"), "impact_statement": format!("reason {why}"),
        })
    })
}

fn documents() -> impl Strategy<Value = Vec<Vex>> {
    let one = (0..3_u8, prop::collection::vec(statement(), 1..5));
    prop::collection::vec(one.prop_map(|(id, statements)| parsed(&document(&id.to_string(), json!(statements)))), 1..5)
}

fn every_finding() -> VulnerabilityReport {
    let all: Vec<_> = VULNERABILITIES.iter().flat_map(|id| PACKAGES.map(|purl| (*id, purl))).collect();
    report(&all)
}

fn applied<'a>(documents: impl IntoIterator<Item = &'a Vex>) -> VulnerabilityReport {
    let mut report = every_finding();
    documents.into_iter().for_each(|vex| report.apply(vex, &image()).expect("applied"));
    report
}

proptest! {
    #[test]
    fn the_order_of_documents_makes_no_difference(
        (documents, shuffled) in documents().prop_flat_map(|documents| (Just(documents.clone()), Just(documents).prop_shuffle()))
    ) {
        prop_assert_eq!(applied(&documents), applied(&shuffled));
    }

    #[test]
    fn a_document_applied_twice_says_nothing_more(documents in documents()) {
        prop_assert_eq!(applied(&documents), applied(documents.iter().chain(&documents)));
    }

    #[test]
    fn one_document_with_all_statements_suppresses_what_several_do(statements in prop::collection::vec(statement(), 1..8)) {
        let together = parsed(&document("a", json!(statements)));
        let apart: Vec<_> = statements.iter().map(|statement| parsed(&document("a", json!([statement])))).collect();
        prop_assert_eq!(applied([&together]), applied(&apart));
    }

    /// Somebody who says that it is affected, later than all others, is never overruled.
    #[test]
    fn a_later_affected_counts(documents in documents(), name in prop::sample::select(VULNERABILITIES.to_vec())) {
        let later = json!([{
            "vulnerability": { "name": name }, "status": "affected", "timestamp": "2026-11-02T00:00:00Z",
            "action_statement": "update",
        }]);
        let report = applied(documents.iter().chain([&parsed(&document("z", later))]));
        for finding in report.findings().iter().filter(|finding| finding.id() == name) {
            prop_assert!(finding.suppressed().is_none());
        }
    }

    /// Without VEX every finding counts, and VEX adds and removes none.
    #[test]
    fn findings_are_kept(documents in documents()) {
        let (before, after) = (every_finding(), applied(&documents));
        let ids = |report: &VulnerabilityReport| {
            report.findings().iter().map(|finding| (finding.id().to_owned(), finding.package().clone())).collect::<Vec<_>>()
        };
        prop_assert_eq!(ids(&before), ids(&after));
    }
}

#[test]
fn every_status_has_its_label() {
    assert!(Status::Fixed.suppresses() && Status::NotAffected.suppresses());
    assert!(!Status::Affected.suppresses() && !Status::UnderInvestigation.suppresses());
}
