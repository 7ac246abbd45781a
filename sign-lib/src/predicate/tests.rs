//! Every type with what it demands and nothing more, then without each of its parts; and other projects' documents.

use super::*;
use serde_json::json;
use std::path::PathBuf;

/// The least that each type is satisfied with.
fn least(name: &str) -> Value {
    match name {
        "slsaprovenance1" => json!({
            "buildDefinition": {"buildType": "https://acme.dev/build", "externalParameters": {}},
            "runDetails": {"builder": {"id": "https://acme.dev/builder"}}
        }),
        "slsaprovenance02" => {
            json!({"builder": {"id": "https://acme.dev/builder"}, "buildType": "https://acme.dev/build"})
        }
        "spdx" => json!({
            "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "app", "dataLicense": "CC0-1.0",
            "documentNamespace": "https://acme.dev/sbom/1",
            "creationInfo": {"created": "2026-11-24T12:00:00Z", "creators": ["Tool: x"]}
        }),
        "cyclonedx" => json!({"bomFormat": "CycloneDX", "specVersion": "1.6"}),
        "vuln" => json!({
            "scanner": {"uri": "pkg:github/acme/scanner@1", "result": {}},
            "metadata": {"scanStartedOn": "2026-11-24T12:00:00Z", "scanFinishedOn": "2026-11-24T12:00:01Z"}
        }),
        "openvex" => json!({
            "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.dev/vex/1", "author": "acme",
            "timestamp": "2026-11-24T12:00:00Z", "version": 1,
            "statements": [{"vulnerability": {"name": "CVE-2026-1"}, "status": "fixed"}]
        }),
        "vsa" => json!({
            "verifier": {"id": "https://acme.dev/verifier"}, "resourceUri": "pkg:oci/app",
            "policy": {"uri": "https://acme.dev/policy"}, "verificationResult": "PASSED", "verifiedLevels": ["SLSA_BUILD_LEVEL_2"]
        }),
        "link" => json!({
            "_type": "link", "name": "build", "materials": {}, "products": {}, "byproducts": {}, "command": [], "environment": {}
        }),
        "test-result" => json!({"result": "PASSED", "configuration": []}),
        other => panic!("no least predicate of `{other}`"),
    }
}

#[track_caller]
fn refuses(name: &str, predicate: &Value, path: &str) {
    match PredicateType::parse(name).unwrap().check(Some(predicate)) {
        Err(StatementError::Shape { path: found, .. }) => assert_eq!(found, path, "{name}"),
        other => panic!("{name} without {path}: {other:?}"),
    }
}

#[track_caller]
fn accepts(name: &str, predicate: &Value) {
    PredicateType::parse(name).unwrap().check(Some(predicate)).unwrap();
}

/// Calls `each` with the document without one of its fields, and that field's path, for every field there is.
fn without_each_field(document: &Value, each: &mut dyn FnMut(&Value, &str)) {
    fn visit(whole: &Value, pointer: &str, path: &str, each: &mut dyn FnMut(&Value, &str)) {
        let children: Vec<(String, String)> = match whole.pointer(pointer).unwrap() {
            Value::Object(fields) => fields
                .keys()
                .map(|name| (name.clone(), At::root(None).field(name).expected("").path[1..].to_owned()))
                .collect(),
            Value::Array(items) => (0..items.len()).map(|index| (index.to_string(), format!("[{index}]"))).collect(),
            _ => Vec::new(),
        };
        for (key, step) in children {
            let [pointer_of_child, path_of_child] = [format!("{pointer}/{key}"), format!("{path}{step}")];
            let mut without = whole.clone();
            if let Value::Object(fields) = without.pointer_mut(pointer).unwrap() {
                fields.remove(&key);
                each(&without, &path_of_child);
            }
            visit(whole, &pointer_of_child, &path_of_child, each);
        }
    }
    visit(document, "", "$", each);
}

#[test]
fn each_type_takes_its_least_and_misses_every_part_of_it() {
    for name in PredicateType::names() {
        accepts(name, &least(name));
        without_each_field(&least(name), &mut |without, path| refuses(name, without, path));
    }
}

#[test]
fn names_and_uris_are_those_of_cosign_and_in_toto() {
    for (name, uri) in [
        ("slsaprovenance", "https://slsa.dev/provenance/v0.2"),
        ("slsaprovenance02", "https://slsa.dev/provenance/v0.2"),
        ("slsaprovenance1", "https://slsa.dev/provenance/v1"),
        ("spdx", "https://spdx.dev/Document"),
        ("spdxjson", "https://spdx.dev/Document"),
        ("cyclonedx", "https://cyclonedx.org/bom"),
        ("link", "https://in-toto.io/Link/v1"),
        ("vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"),
        ("openvex", "https://openvex.dev/ns"),
        ("vsa", "https://slsa.dev/verification_summary/v1"),
        ("test-result", "https://in-toto.io/attestation/test-result/v0.1"),
        ("https://acme.dev/review/v1", "https://acme.dev/review/v1"),
        ("urn:acme:review", "urn:acme:review"),
    ] {
        assert_eq!(PredicateType::parse(name).unwrap().uri(), uri);
    }
}

#[test]
fn a_type_by_its_uri_demands_what_it_demands_by_its_name() {
    refuses("https://slsa.dev/provenance/v1", &json!({}), "$.buildDefinition");
}

#[test]
fn what_is_neither_name_nor_uri_is_refused_with_the_names() {
    let long = format!("https://acme.dev/{}", "x".repeat(budget::PREDICATE_TYPE_BYTES));
    for text in ["", "slsa", "custom", ":", "https:", "1a:b", "https://acme.dev/a b", "https://acme.dev/\n", &long] {
        let error = PredicateType::parse(text).unwrap_err();
        assert_eq!(error.code(), "predicate-type-unknown", "{text}");
        assert!(error.hint().unwrap().contains("slsaprovenance1, slsaprovenance02, spdx"), "{text}");
    }
}

#[test]
fn a_refusal_says_where_what_was_expected_and_what_was_found() {
    let mut provenance = least("slsaprovenance1");
    provenance["runDetails"]["builder"]["id"] = json!(7);
    let error = PredicateType::parse("slsaprovenance1").unwrap().check(Some(&provenance)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the predicate is not of its type `https://slsa.dev/provenance/v1`: \
         expected a text that is not empty at `$.runDetails.builder.id`, found the number 7"
    );
    assert_eq!(error.code(), "predicate-shape");
}

#[test]
fn a_value_of_the_wrong_kind_is_refused() {
    for (name, pointer, wrong, path) in [
        ("slsaprovenance1", "/buildDefinition/externalParameters", json!([]), "$.buildDefinition.externalParameters"),
        ("slsaprovenance1", "/buildDefinition/buildType", json!(""), "$.buildDefinition.buildType"),
        ("spdx", "/spdxVersion", json!("2.3"), "$.spdxVersion"),
        ("spdx", "/creationInfo/created", json!("yesterday"), "$.creationInfo.created"),
        ("cyclonedx", "/bomFormat", json!("AnotherFormat"), "$.bomFormat"),
        ("vuln", "/metadata/scanStartedOn", json!(""), "$.metadata.scanStartedOn"),
        ("openvex", "/statements", json!([]), "$.statements"),
        ("openvex", "/statements/0/status", json!("harmless"), "$.statements[0].status"),
        ("openvex", "/statements/0/status", json!("affected"), "$.statements[0].action_statement"),
        ("openvex", "/statements/0/status", json!("not_affected"), "$.statements[0].justification"),
        ("openvex", "/version", json!(0), "$.version"),
        ("vsa", "/verificationResult", json!("passed"), "$.verificationResult"),
        ("vsa", "/verifiedLevels/0", json!(2), "$.verifiedLevels[0]"),
        ("link", "/_type", json!("layout"), "$._type"),
        ("test-result", "/result", json!("SKIPPED"), "$.result"),
        ("test-result", "/configuration", json!({}), "$.configuration"),
    ] {
        let mut predicate = least(name);
        *predicate.pointer_mut(pointer).unwrap() = wrong;
        refuses(name, &predicate, path);
    }
}

#[test]
fn a_predicate_is_an_object_whatever_its_type() {
    for predicate in [json!([]), json!("text"), json!(null), json!(1)] {
        refuses("https://acme.dev/review/v1", &predicate, "$");
        refuses("spdx", &predicate, "$");
    }
}

/// Other projects' documents; `None` where this machine does not have them.
fn documents(folder: &str, end: &str) -> Option<Vec<(String, Value)>> {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "shared", "vectors", folder].iter().collect();
    let entries = std::fs::read_dir(folder).ok()?.map(|entry| entry.unwrap().path());
    let named = entries.filter(|path| path.to_str().is_some_and(|path| path.ends_with(end)));
    let read = |path: PathBuf| {
        let value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), value)
    };
    Some(named.map(read).collect())
}

#[test]
fn the_documents_of_other_projects_have_the_shape_of_their_type() {
    for (folder, end, name) in [
        ("sbom/trivy", "spdx.json", "spdx"),
        ("sbom/trivy", "cyclonedx.json", "cyclonedx"),
        ("sbom/cyclonedx-1.6", ".json", "cyclonedx"),
        ("vex", ".json", "openvex"),
    ] {
        let Some(documents) = documents(folder, end) else { return skipped() };
        assert!(!documents.is_empty(), "{folder}");
        for (file, document) in documents {
            // Licences are the schema's to judge, and CSAF is another format.
            let refused = ["invalid-bomformat.json", "csaf-demo1.json"].contains(&file.as_str());
            let checked = PredicateType::parse(name).unwrap().check(Some(&document));
            assert_eq!(checked.is_err(), refused, "{file}: {checked:?}");
        }
    }
}

#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn skipped() {
    println!("SKIPPED: the vectors of other projects are not on this machine (shared/vectors)");
}
