//! Writes a first corpus: what the sandbox's Sigstore signs, and what it is made of. Nothing of anybody else's.
//!
//! ```console
//! cargo run --manifest-path fuzz/Cargo.toml --bin seeds
//! ```

use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_sandbox::{Algorithm, Content, Generation, Sigstore};
use bulla_verify::{Digest, Identity, Time};
use serde_json::{Value, json};
use std::{fs, path::Path};

fn main() {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "app", "digest": { "sha256": Digest::of(b"app").to_hex() } }],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": { "buildType": "https://example.com/b", "externalParameters": {}, "resolvedDependencies": [] },
            "runDetails": { "builder": { "id": "https://example.com/builder" } },
        },
    })
    .to_string();
    write("statement", "provenance", statement.as_bytes());
    write("reference", "image", b"registry.example.com:5000/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (name, condition) in [
        ("builder", "predicate.runDetails.builder.id == \"https://example.com/builder\""),
        ("dependencies", "predicate.a.all(d, has(d.uri) && d.uri.startsWith('git+https://')) || predicate.a.size() > 2u"),
        ("pattern", "signer.issuer.matches(r'^https://[\\w.-]+$') ? predicate.a[1] in ['b'] : -predicate.a[0] < 0x1f"),
        ("times", "timestamp(predicate.b) - timestamp('2026-11-24T12:00:00Z') < duration('1h30m') // a comment"),
        ("lists", "predicate.a.filter(x, type(x) == int).map(x, x + 1) != [2, 3] + [int(predicate.`b`)]"),
    ] {
        write("condition", name, format!("{condition}\0{{\"a\": [1, \"b\"], \"b\": \"2026-11-24T13:00:00Z\"}}").as_bytes());
    }
    documents();
    for generation in [Generation::V1, Generation::V2] {
        let now = Time::from_unix(1_790_000_000);
        let mut sigstore = Sigstore::new(&[generation], 1, now).expect("a Sigstore");
        write("trusted_root", &format!("{generation:?}"), sigstore.trusted_root().to_string().as_bytes());
        for (kind, content) in
            [("artifact", Content::Artifact(b"app")), ("statement", Content::Statement(statement.as_bytes()))]
        {
            let identity = Identity::Email("dev@sandbox.invalid".to_owned());
            let bundle = sigstore.sign(content, &identity, Algorithm::EcdsaP256).expect("signed");
            let name = format!("{generation:?}-{kind}");
            write("bundle", &name, bundle.to_string().as_bytes());
            field(&bundle, "/verificationMaterial/certificate/rawBytes", "certificate", &name);
            let timestamp = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";
            field(&bundle, timestamp, "timestamp", &name);
        }
        let root = sigstore.trusted_root();
        field(&root, "/tlogs/0/publicKey/rawBytes", "key", &format!("{generation:?}"));
    }
}

/// The least of each format that the policy reads.
fn documents() {
    let trivy = json!({
        "SchemaVersion": 2, "ArtifactType": "container_image", "CreatedAt": "2026-11-01T00:00:00Z",
        "Results": [{
            "Vulnerabilities": [{
                "VulnerabilityID": "CVE-2024-0001", "PkgName": "git", "InstalledVersion": "1", "FixedVersion": "2, 3",
                "PkgIdentifier": { "PURL": "pkg:apk/alpine/git@1?arch=x86_64" }, "Severity": "UNKNOWN",
                "CVSS": { "nvd": { "V3Score": 9.8 } },
            }],
            "ExperimentalModifiedFindings": [{
                "Type": "vulnerability", "Status": "ignored", "Statement": "",
                "Finding": { "VulnerabilityID": "CVE-2024-0002", "PkgName": "git" },
            }],
        }],
    });
    let found = json!({
        "vulnerability": { "id": "GHSA-a", "severity": "High", "fix": { "versions": ["2"], "state": "fixed" } },
        "relatedVulnerabilities": [{ "id": "CVE-2024-0001" }],
        "artifact": { "name": "git", "version": "1", "purl": "pkg:apk/alpine/git@1" },
        "appliedIgnoreRules": [{ "vex-status": "fixed" }],
    });
    let grype = json!({
        "matches": [found], "ignoredMatches": [found],
        "descriptor": { "name": "grype", "version": "1", "timestamp": "2026-11-01T00:00:00Z", "db": { "built": "x" } },
    });
    let clair = json!({
        "packages": { "1": { "name": "git", "version": "1" } },
        "vulnerabilities": { "9": { "name": "CVE-2024-0001", "normalized_severity": "Unknown" } },
        "package_vulnerabilities": { "1": ["9"] },
        "enrichments": { "enricher=clair.cvss": [{ "9": [{ "version": "3.1", "baseScore": 9.8 }] }] },
    });
    let osv = json!({ "results": [{ "packages": [{
        "package": { "name": "git", "version": "1", "ecosystem": "Alpine:v3.16" },
        "vulnerabilities": [{
            "id": "GHSA-a", "aliases": ["CVE-2024-0001"], "database_specific": { "severity": "MODERATE" },
            "severity": [
                { "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }, { "score": "AV:N/AC:L/Au:N/C:C/I:C/A:C" },
                { "score": "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N" },
            ],
            "affected": [{
                "package": { "name": "git", "ecosystem": "Alpine", "purl": "pkg:apk/alpine/git" },
                "ranges": [{ "events": [{ "fixed": "2" }] }],
            }],
        }],
        "groups": [{ "ids": ["GHSA-a"], "max_severity": "7.5", "experimental_analysis": { "GHSA-a": { "called": false } } }],
    }] }] });
    let cosign = json!({ "scanner": { "uri": "x", "result": trivy }, "metadata": { "scanStartedOn": "2026-11-01T00:00:00Z" } });
    for (name, report) in [("trivy", &trivy), ("grype", &grype), ("clair", &clair), ("osv", &osv), ("cosign", &cosign)] {
        write("scan_report", name, report.to_string().as_bytes());
    }
    let spdx = json!({ "spdxVersion": "SPDX-2.3", "packages": [{
        "name": "git", "versionInfo": "1", "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "(MIT OR GPL-2.0+) AND GPL-2.0-only WITH Classpath-exception-2.0",
        "externalRefs": [{ "referenceType": "purl", "referenceLocator": "pkg:apk/alpine/git@1" }],
    }] });
    let part = json!({ "name": "git", "licenses": [{ "license": { "id": "MIT" } }, { "expression": "LicenseRef-x OR Y" }] });
    let cyclonedx = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": { "component": { "name": "app" } },
        "components": [{ "group": "a", "name": "b", "licenses": [{ "license": { "name": "ours" } }], "components": [part] }],
    });
    write("sbom", "spdx", spdx.to_string().as_bytes());
    write("sbom", "cyclonedx", cyclonedx.to_string().as_bytes());
    let statement = json!({
        "vulnerability": { "name": "CVE-2024-0001", "aliases": ["GHSA-a"] }, "status": "not_affected",
        "justification": "component_not_present",
        "products": [{ "@id": "pkg:oci/app", "subcomponents": [{ "identifiers": { "purl": "pkg:apk/alpine/git" } }] }],
    });
    let old = json!({ "vulnerability": "CVE-2024-0001", "status": "fixed", "products": ["x"], "subcomponents": ["y"] });
    let vex = json!({
        "@context": "https://openvex.dev/ns", "@id": "x", "author": "y", "timestamp": "2026-11-01T00:00:00Z",
        "statements": [statement, old],
    });
    write("vex", "openvex", vex.to_string().as_bytes());
}

fn field(value: &Value, pointer: &str, target: &str, name: &str) {
    let text = value.pointer(pointer).and_then(Value::as_str).expect("a field");
    write(target, name, &STANDARD.decode(text).expect("base64"));
}

fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), bytes).expect("a file");
}
