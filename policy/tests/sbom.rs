//! SBOMs: what is read of each format, and what is refused.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use bulla_policy::{
    DocumentError, budget,
    sbom::{License, Package, Sbom, SbomFormat},
};
use serde_json::{Value, json};

fn read(document: &Value) -> Sbom {
    Sbom::parse(document.to_string().as_bytes()).expect("an SBOM")
}

#[track_caller]
fn refused(document: impl ToString, code: &str) -> DocumentError {
    let error = Sbom::parse(document.to_string().as_bytes()).expect_err("this must be refused");
    assert_eq!(error.code(), code, "{error}");
    error
}

fn only(sbom: &Sbom) -> &Package {
    let [package] = sbom.packages() else { panic!("one package: {sbom:?}") };
    package
}

fn spdx(package: Value) -> Value {
    json!({ "SPDXID": "SPDXRef-DOCUMENT", "spdxVersion": "SPDX-2.3", "name": "app", "packages": [package] })
}

fn cyclonedx(component: Value) -> Value {
    json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [component] })
}

fn licensed(licenses: Value) -> Value {
    cyclonedx(json!({ "type": "library", "name": "x", "licenses": licenses }))
}

fn licenses(sbom: &Sbom) -> Vec<&str> {
    only(sbom).licenses.iter().map(License::as_str).collect()
}

#[test]
fn spdx_names_packages_and_what_was_concluded_of_their_licences() {
    let package = json!({
        "name": "bash", "versionInfo": "5.2", "licenseConcluded": "GPL-3.0-or-later", "licenseDeclared": "MIT",
        "externalRefs": [
            { "referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:gnu:bash" },
            { "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:rpm/bash@5.2" },
        ],
    });
    let sbom = read(&spdx(package));
    assert_eq!((sbom.format(), licenses(&sbom)), (SbomFormat::Spdx, vec!["GPL-3.0-or-later"]));
    let package = only(&sbom);
    assert_eq!((package.name.as_str(), package.version.as_deref()), ("bash", Some("5.2")));
    assert_eq!(package.purl.as_deref(), Some("pkg:rpm/bash@5.2"));
}

#[test]
fn where_nothing_was_concluded_the_declared_licence_counts() {
    for (concluded, declared, found) in [
        ("NOASSERTION", "MIT", vec!["MIT"]),
        ("NONE", "MIT", vec!["MIT"]),
        ("", "GPLv3+", vec!["GPLv3+"]),
        ("NOASSERTION", "NONE", vec![]),
    ] {
        let sbom = read(&spdx(json!({ "name": "x", "licenseConcluded": concluded, "licenseDeclared": declared })));
        assert_eq!(licenses(&sbom), found);
    }
}

#[test]
fn cyclonedx_is_read_at_every_depth_what_it_is_about_included() {
    let inner = json!({ "type": "library", "group": "@babel", "name": "core", "version": "7", "purl": "pkg:npm/%40babel/core@7" });
    let document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.2",
        "metadata": { "component": { "type": "container", "name": "app", "components": [{ "type": "file", "name": "hidden" }] } },
        "components": [{ "type": "library", "name": "outer", "components": [inner] }],
    });
    let sbom = read(&document);
    let names: Vec<_> = sbom.packages().iter().map(|package| package.name.as_str()).collect();
    assert_eq!((sbom.format(), names), (SbomFormat::CycloneDx, vec!["app", "outer", "hidden", "@babel/core"]));
    let core = &sbom.packages()[3];
    assert_eq!((core.version.as_deref(), core.purl.as_deref()), (Some("7"), Some("pkg:npm/%40babel/core@7")));
}

#[test]
fn a_licence_is_an_id_of_the_list_a_name_or_an_expression() {
    let stated =
        json!([{ "license": { "id": "Apache-2.0" } }, { "license": { "name": "ours" } }, { "expression": "MIT OR X" }]);
    assert_eq!(licenses(&read(&licensed(stated))), ["Apache-2.0", "ours", "MIT OR X"]);
    let error = refused(licensed(json!([{ "license": { "id": "Apache-2" } }])), "license-unknown");
    assert!(error.to_string().starts_with("the licence of `x` is not on SPDX's list 3."), "{error}");
    for (wrong, what) in [
        (json!([{ "license": {} }]), "neither `id` nor `name`"),
        (json!([{ "license": { "id": "MIT", "name": "MIT" } }]), "both `id` and `name`"),
        (json!([{}]), "neither `license` nor `expression`"),
        (json!([{ "license": { "id": "MIT" }, "expression": "MIT" }]), "both `license` and `expression`"),
    ] {
        let error = refused(licensed(wrong), "document-malformed");
        assert_eq!(error.to_string(), format!("not a CycloneDX document: a licence of `x` has {what}"));
    }
}

#[test]
fn other_versions_and_forms_are_refused_by_name() {
    for (document, code, found) in [
        (json!({ "spdxVersion": "SPDX-2.1" }).to_string(), "document-version", "`SPDX-2.1`"),
        (json!({ "bomFormat": "CycloneDX", "specVersion": "1.8" }).to_string(), "document-version", "`1.8`"),
        (
            json!({ "bomFormat": "Other", "specVersion": "1.6" }).to_string(),
            "document-malformed",
            "`bomFormat` is `Other`",
        ),
        (
            json!({ "@context": "https://spdx.org/rdf/3.0.1/x", "@graph": [] }).to_string(),
            "document-not-read",
            "SPDX 3",
        ),
        (json!({ "artifacts": [], "artifactRelationships": [] }).to_string(), "document-not-read", "Syft's own JSON"),
        ("<?xml version='1.0'?><bom/>".to_owned(), "document-not-read", "an SBOM in XML"),
        ("\nSPDXVersion: SPDX-2.3".to_owned(), "document-not-read", "SPDX's tag-value format"),
        (json!({ "payloadType": "x", "payload": "" }).to_string(), "document-unrecognised", "`payload`"),
        (json!({ "spdxVersion": "SPDX-2.3", "bomFormat": "CycloneDX" }).to_string(), "document-ambiguous", "at once"),
    ] {
        let error = refused(document, code);
        assert!(error.to_string().contains(found), "{error}");
    }
    let syft = refused(json!({ "artifacts": [], "artifactRelationships": [] }), "document-not-read");
    assert!(syft.hint().contains("syft -o spdx-json"));
}

#[test]
fn what_two_readers_could_read_differently_is_refused() {
    refused(r#"{"spdxVersion":"SPDX-2.3","packages":[{"name":"a","name":"b"}]}"#, "document-malformed");
    refused(r#"{"spdxVersion":"SPDX-2.3","packages":[{"name":"a","Name":"b"}]}"#, "document-malformed");
    refused(r#"{"spdxVersion":"SPDX-2.3","packages":[["a"]]}"#, "document-malformed");
    refused(r#"{"spdxVersion":"SPDX-2.3"} {}"#, "document-unrecognised");
}

#[test]
fn one_past_each_limit_is_refused() {
    let packages = |count: usize| json!({ "spdxVersion": "SPDX-2.2", "packages": vec![json!({ "name": "" }); count] });
    assert_eq!(read(&packages(budget::PACKAGES)).packages().len(), budget::PACKAGES);
    refused(packages(budget::PACKAGES + 1), "document-over-budget");

    let nested = |depth: usize| {
        let innermost = json!({ "name": "" });
        cyclonedx((1..depth).fold(innermost, |inside, _| json!({ "name": "", "components": [inside] })))
    };
    assert_eq!(read(&nested(budget::COMPONENT_NESTING)).packages().len(), budget::COMPONENT_NESTING);
    refused(nested(budget::COMPONENT_NESTING + 1), "document-over-budget");

    let half = json!({ "name": "", "components": vec![json!({ "name": "" }); budget::PACKAGES / 2] });
    let document = json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "components": [half, half] });
    refused(document, "document-over-budget");

    let stated = |count: usize| licensed(json!(vec![json!({ "expression": "MIT" }); count]));
    assert_eq!(licenses(&read(&stated(budget::NAMES))).len(), budget::NAMES);
    refused(stated(budget::NAMES + 1), "document-over-budget");
}

/// One mark of a format alone is no document of it.
#[test]
fn a_document_says_whole_what_it_is() {
    for half in [
        json!({ "artifacts": [] }),
        json!({ "artifactRelationships": [] }),
        json!({ "@graph": [] }),
        json!({ "@graph": [], "@context": "https://schema.org" }),
        json!({ "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld" }),
    ] {
        refused(half, "document-unrecognised");
    }
    refused(json!({ "artifacts": [], "artifactRelationships": [] }), "document-not-read");
    refused(json!({ "@graph": [], "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld" }), "document-not-read");
}
