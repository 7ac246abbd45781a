//! VEX as CSAF 2.0 has it.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use bulla_policy::{
    budget,
    vex::{Product, Vex},
    vulnerabilities::VulnerabilityReport,
};
use bulla_verify::Digest;
use serde_json::{Value, json};

const GIT: &str = "pkg:apk/alpine/git@2.38.1-r0?arch=x86_64";

/// An image with git in it, of which git is not affected.
fn document() -> Value {
    json!({
        "document": {
            "category": "csaf_vex", "csaf_version": "2.0", "publisher": { "name": "Acme" },
            "tracking": { "id": "A-1", "status": "final", "current_release_date": "2026-11-01T00:00:00Z" },
        },
        "product_tree": {
            "branches": [{ "name": "Acme", "branches": [{ "name": "app", "product": {
                "product_id": "APP", "product_identification_helper": {
                    "hashes": [{ "filename": "app", "file_hashes": [{ "algorithm": "sha256", "value": Digest::of(b"app").to_hex() }] }],
                },
            } }] }],
            "full_product_names": [{ "product_id": "GIT", "product_identification_helper": { "purl": GIT } }],
            "relationships": [{
                "category": "default_component_of", "product_reference": "GIT", "relates_to_product_reference": "APP",
                "full_product_name": { "product_id": "APP-GIT" },
            }],
        },
        "vulnerabilities": [{
            "cve": "CVE-2024-0001", "ids": [{ "system_name": "GitHub", "text": "GHSA-a" }],
            "product_status": { "known_not_affected": ["APP-GIT"] },
            "flags": [{ "label": "vulnerable_code_not_present", "product_ids": ["APP-GIT"] }],
        }],
    })
}

/// The same with another value somewhere.
fn but(at: &str, value: Value) -> Value {
    let mut document = document();
    *document.pointer_mut(at).unwrap_or_else(|| panic!("there is no {at}")) = value;
    document
}

/// The findings that are left of git's and curl's in the image that is called `bytes`.
fn left(document: &Value, bytes: &[u8]) -> Vec<String> {
    let vex = Vex::parse(document.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let finding =
        |id: &str, purl: &str| json!({ "VulnerabilityID": id, "PkgName": purl, "PkgIdentifier": { "PURL": purl } });
    let curl = GIT.replace("git", "curl");
    let found = [finding("CVE-2024-0001", GIT), finding("CVE-2024-0002", GIT), finding("CVE-2024-0001", &curl)];
    let report = json!({ "SchemaVersion": 2, "ArtifactType": "x", "Results": [{ "Vulnerabilities": found }] });
    let mut report = VulnerabilityReport::parse(report.to_string().as_bytes()).expect("a report");
    report.apply(&vex, &Product::of(&Digest::of(bytes))).expect("applied");
    let left = report.findings().iter().filter(|finding| finding.suppressed().is_none());
    left.map(|finding| format!("{} {}", finding.id(), &finding.package().name[15..19])).collect()
}

#[track_caller]
fn refuses(document: &Value, says: &str) {
    let error = Vex::parse(document.to_string().as_bytes()).expect_err("this must be refused");
    assert!(error.to_string().contains(says), "{error}");
}

#[test]
fn a_part_of_a_product_is_not_affected_there_and_nowhere_else() {
    assert_eq!(left(&document(), b"app"), ["CVE-2024-0002 git@", "CVE-2024-0001 curl"]);
    assert_eq!(left(&document(), b"another").len(), 3, "another image");
    let whole = but("/vulnerabilities/0", json!({ "cve": "CVE-2024-0001", "product_status": { "fixed": ["APP"] } }));
    assert_eq!(left(&whole, b"app"), ["CVE-2024-0002 git@"], "the image as a whole");
    let package =
        but("/vulnerabilities/0", json!({ "cve": "CVE-2024-0001", "product_status": { "first_fixed": ["GIT"] } }));
    assert_eq!(left(&package, b"another"), ["CVE-2024-0002 git@", "CVE-2024-0001 curl"], "the package wherever it is");
}

#[test]
fn what_is_affected_or_looked_into_counts() {
    for status in ["known_affected", "first_affected", "last_affected", "under_investigation", "recommended"] {
        let more = json!({ "known_not_affected": ["APP-GIT"], status: ["APP-GIT"] });
        let suppresses = left(&but("/vulnerabilities/0/product_status", more), b"app").len() < 3;
        assert_eq!(suppresses, status == "recommended", "{status}");
    }
}

/// A range of versions, whose package URL can name none: it is not every version.
#[test]
fn what_is_told_apart_otherwise_than_by_its_package_url_suppresses_nothing() {
    let all = GIT.split('@').next().expect("a name");
    let fixed = json!({ "cve": "CVE-2024-0001", "product_status": { "fixed": ["GIT"] } });
    let with = |tree: Value| {
        let mut document = but("/vulnerabilities/0", fixed.clone());
        document["product_tree"] = tree;
        left(&document, b"app").len()
    };
    let product = json!({ "product_id": "GIT", "product_identification_helper": { "purl": all } });
    let branch = |category: &str| json!({ "branches": [{ "category": category, "name": "x", "product": product }] });
    assert_eq!(with(branch("product_name")), 2, "every version");
    assert_eq!(with(branch("product_version_range")), 3);
    assert_eq!(with(branch("product_version")), 3);
    for narrower in ["model_numbers", "serial_numbers", "skus"] {
        let mut product = product.clone();
        product["product_identification_helper"][narrower] = json!(["1"]);
        assert_eq!(with(json!({ "full_product_names": [product] })), 3, "{narrower}");
    }
}

#[test]
fn what_cannot_be_relied_on_is_refused() {
    refuses(&but("/document/csaf_version", json!("2.1")), "unsupported version of CSAF: expected 2.0, found `2.1`");
    refuses(&but("/document/category", json!("csaf_security_advisory")), "expected `csaf_vex`");
    refuses(&but("/document/tracking/status", json!("draft")), "nobody stands by it");
    refuses(&but("/document/tracking/current_release_date", json!("soon")), "there is no date `soon`");
    refuses(&but("/vulnerabilities/0/flags", json!([])), "does not say why `APP-GIT` is not affected");
    let threat = |category: &str| {
        let mut document = but("/vulnerabilities/0/flags", json!([]));
        let said = json!([{ "category": category, "details": "it is not called", "product_ids": ["APP-GIT"] }]);
        document["vulnerabilities"][0]["threats"] = said;
        document
    };
    refuses(&threat("exploit_status"), "does not say why `APP-GIT` is not affected");
    assert_eq!(left(&threat("impact"), b"app"), ["CVE-2024-0002 git@", "CVE-2024-0001 curl"]);
    refuses(
        &but("/vulnerabilities/0/flags/0/product_ids", json!(["APP"])),
        "does not say why `APP-GIT` is not affected",
    );
    refuses(&but("/vulnerabilities/0/product_status", json!({ "fixed": ["OTHER"] })), "there is no product `OTHER`");
    refuses(&but("/product_tree/relationships/0/product_reference", json!("APP-GIT")), "there is no product `APP-GIT`");
    refuses(&but("/product_tree/full_product_names/0/product_id", json!("APP")), "two products have the id `APP`");
    refuses(&but("/vulnerabilities", json!([])), "it has no statements");
    refuses(&but("/vulnerabilities/0/product_status", json!({})), "it has no statements");
    let unnamed = json!({ "product_status": { "fixed": ["APP"] } });
    refuses(&but("/vulnerabilities/0", unnamed), "a vulnerability has no name");
    let mut both = document();
    both["@context"] = json!("https://openvex.dev/ns/v0.2.0");
    refuses(&both, "this is OpenVEX and CSAF at once");
}

#[test]
fn one_more_than_may_be_is_refused() {
    let ids = vec!["APP"; budget::STATEMENTS + 1];
    refuses(&but("/vulnerabilities/0/product_status", json!({ "fixed": ids })), "too many statements");
    let products: Vec<_> = (0..budget::COMPONENTS).map(|id| json!({ "product_id": id.to_string() })).collect();
    refuses(&but("/product_tree/full_product_names", json!(products)), "too many products");
}
