//! Reports, SBOMs and VEX that others have written: each is read, and holds what an independent script counts in it, or is
//! refused for its reason.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and tells its numbers"
)]

use bulla_policy::{
    DocumentError,
    sbom::Sbom,
    vex::{Product, Vex},
    vulnerabilities::VulnerabilityReport,
};
use bulla_tests::{has, root, vectors};
use bulla_verify::Digest;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// By what is counted, and then by what it is called.
type Counts = BTreeMap<String, BTreeMap<String, usize>>;

fn count(names: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    names.into_iter().fold(BTreeMap::new(), |mut counts, name| {
        *counts.entry(name).or_default() += 1;
        counts
    })
}

fn named(name: &str, version: &str) -> String {
    format!("{name} {version}").trim_end().to_owned()
}

fn in_report(document: &[u8]) -> Result<Counts, DocumentError> {
    let report = VulnerabilityReport::parse(document)?;
    let severities = report.findings().iter().map(|finding| finding.severity().to_string());
    let packages = report.findings().iter().map(|finding| named(&finding.package().name, &finding.package().version));
    Ok(BTreeMap::from([("severity".to_owned(), count(severities)), ("package".to_owned(), count(packages))]))
}

fn in_sbom(document: &[u8]) -> Result<Counts, DocumentError> {
    let sbom = Sbom::parse(document)?;
    let licenses = sbom.packages().iter().flat_map(|package| &package.licenses).flat_map(|license| license.names());
    let packages =
        sbom.packages().iter().map(|package| named(&package.name, package.version.as_deref().unwrap_or_default()));
    Ok(BTreeMap::from([("license".to_owned(), count(licenses)), ("package".to_owned(), count(packages))]))
}

fn in_vex(document: &[u8]) -> Result<Counts, DocumentError> {
    let vex = Vex::parse(document)?;
    let statuses = vex.statements().iter().map(|statement| statement.status().to_string());
    let names = vex.statements().iter().flat_map(|statement| statement.names().to_vec());
    Ok(BTreeMap::from([("status".to_owned(), count(statuses)), ("name".to_owned(), count(names))]))
}

/// What the script counts.
fn counted(kind: &str, document: &[u8]) -> Counts {
    let mut script = Command::new("python3");
    script.arg(root().join("tests/documents/count.py")).arg(kind).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut running = script.spawn().expect("the script starts");
    running.stdin.take().expect("its input").write_all(document).expect("it reads");
    let output = running.wait_with_output().expect("the script ends");
    assert!(output.status.success(), "the script fails for a document of {kind}");
    serde_json::from_slice(&output.stdout).expect("counts")
}

/// The files of a folder of the vectors, by their names.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let paths = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let mut files: Vec<_> = paths.map(|path| (name(&path), fs::read(&path).expect("bytes"))).collect();
    files.sort();
    files
}

/// How many were read and how many refused.
#[derive(Debug, Default, PartialEq, Eq)]
struct Score {
    read: usize,
    refused: usize,
}

impl Score {
    /// Reads every file of a folder as `kind`, unless `refusals` says for which reason it is refused.
    fn of(
        &mut self,
        folder: &Path,
        kind: impl Fn(&str) -> &'static str,
        read: fn(&[u8]) -> Result<Counts, DocumentError>,
        refusals: &[(&str, &str)],
    ) {
        for (name, document) in files(folder) {
            let expected = refusals.iter().find(|(file, _)| *file == name).map(|(_, message)| *message);
            match (read(&document), expected) {
                (Ok(counts), None) => {
                    assert_eq!(counts, counted(kind(&name), &document), "{name}");
                    println!("{name}: read, {}", summary(&counts));
                    self.read += 1;
                }
                (Err(error), Some(message)) => {
                    assert_eq!(error.to_string(), message, "{name}");
                    println!("{name}: refused, {error} [{}]", error.code());
                    self.refused += 1;
                }
                (found, expected) => panic!("{name}: expected {expected:?}, found {found:?}"),
            }
        }
    }
}

fn summary(counts: &Counts) -> String {
    let sum = |(what, counts): (&String, &BTreeMap<String, usize>)| {
        format!("{} of {} by {what}", counts.values().sum::<usize>(), counts.len())
    };
    counts.iter().map(sum).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_report_holds_what_an_independent_script_counts() {
    let Some(folder) = vectors("scan-reports").filter(|_| has("python3")) else { return };
    let mut score = Score::default();
    score.of(
        &folder.join("trivy"),
        |_| "trivy",
        in_report,
        &[("alpine-310.sarif", "SARIF is not read here"), ("openvex.json", "a VEX document is not read here")],
    );
    score.of(&folder.join("grype"), |_| "grype", in_report, &[]);
    score.of(&folder.join("osv"), |_| "osv", in_report, &[]);
    let one = "expected a vulnerability report, found an object with the keys `id`, `updater`, `name`, `description`, `links`, …";
    score.of(&folder.join("clair"), |_| "clair", in_report, &[("vulnerability.json", one)]);

    let document = around(&fs::read(folder.join("clair/vulnerability.json")).expect("Clair's example"));
    assert_eq!(in_report(&document).expect("a report"), counted("clair", &document));
    println!("scan reports: {} read, {} refused, and Clair's example in a report read", score.read, score.refused);
    assert_eq!(score, Score { read: 15, refused: 3 });
}

/// Clair's one example is of a vulnerability: a report, as its schemas say, that holds it.
fn around(vulnerability: &[u8]) -> Vec<u8> {
    let vulnerability: Value = serde_json::from_slice(vulnerability).expect("JSON");
    let package = vulnerability.get("package").expect("a package").clone();
    let report = json!({
        "manifest_hash": "sha256:fc84b5febd328eccaa913807716887b3eb5ed08bc22cc6933a9ebf82766725e3",
        "packages": { "10": package }, "distributions": {}, "repository": {}, "environments": {},
        "vulnerabilities": { "356835": vulnerability }, "package_vulnerabilities": { "10": ["356835"] }, "enrichments": {},
    });
    report.to_string().into_bytes()
}

#[test]
fn every_sbom_holds_what_an_independent_script_counts() {
    let Some(folder) = vectors("sbom").filter(|_| has("python3")) else { return };
    let mut score = Score::default();
    let kind = |name: &str| if name.contains("spdx") { "spdx" } else { "cyclonedx" };
    score.of(
        &folder.join("trivy"),
        kind,
        in_sbom,
        &[(
            "centos-7-cyclonedx.intoto.jsonl",
            "expected an SBOM, found an object with the keys `payloadType`, `payload`, `signatures`",
        )],
    );
    score.of(
        &folder.join("cyclonedx-1.6"),
        kind,
        in_sbom,
        &[
            ("invalid-bomformat.json", "not a CycloneDX document: `bomFormat` is `AnotherFormat`"),
            (
                "invalid-license-id.json",
                "the licence of `com.acme/tomcat-catalina` is not on SPDX's list 3.29.0: `Apache-2`",
            ),
            (
                "invalid-license-missing-id-and-name.json",
                "not a CycloneDX document: a licence of `license-with-no-id-nor-name` has neither `id` nor `name`",
            ),
        ],
    );

    let envelope = fs::read(folder.join("trivy/centos-7-cyclonedx.intoto.jsonl")).expect("the envelope");
    let predicate = in_envelope(&envelope);
    assert_eq!(in_sbom(predicate.as_bytes()).expect("an SBOM"), counted("cyclonedx", predicate.as_bytes()));
    println!("SBOMs: {} read, {} refused, and the one inside an envelope read", score.read, score.refused);
    assert_eq!(score, Score { read: 11, refused: 4 });
}

/// The predicate of a statement in a DSSE envelope.
fn in_envelope(envelope: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let envelope: Value = serde_json::from_slice(envelope).expect("an envelope");
    let payload = envelope.get("payload").and_then(Value::as_str).expect("a payload");
    let statement = bulla_verify::Statement::parse(&STANDARD.decode(payload).expect("base64")).expect("a statement");
    statement.predicate().json().to_owned()
}

#[test]
fn every_vex_document_holds_what_an_independent_script_counts() {
    let Some((vex, reports)) = vectors("vex").zip(vectors("scan-reports")).filter(|_| has("python3")) else { return };
    let mut score = Score::default();
    score.of(&vex, |name| if name.starts_with("csaf") { "csaf" } else { "openvex" }, in_vex, &[]);
    let of_trivy = fs::read(reports.join("trivy/openvex.json")).expect("Trivy's");
    assert_eq!(in_vex(&of_trivy).expect("OpenVEX"), counted("openvex", &of_trivy));
    println!("VEX: {} read, {} refused, and Trivy's read", score.read, score.refused);
    assert_eq!(score, Score { read: 6, refused: 0 });
}

/// What each document of grype's says of its image, as grype's own tests expect: of each vulnerability that it names, in three
/// packages, the findings that it takes out.
#[test]
fn the_vex_of_others_takes_out_what_it_says() {
    let Some(folder) = vectors("vex") else { return };
    let digest = "sha256:124c7d2707904eea7431fffe91522a01e5a861a624ee31d03372cc1d138a3126";
    let image = Product::of(&Digest::parse(digest).expect("a digest"));
    let elsewhere = Product::of(&Digest::of(b"another image"));
    let packages =
        ["libssl3", "libcrypto3", "busybox"].map(|name| format!("pkg:apk/alpine/{name}@3.0.8-r3?arch=x86_64"));
    for (name, found, here, there) in [
        ("openvex-debian.json", 3, 3, 0),
        ("openvex-demo1.json", 3, 2, 0),
        ("openvex-demo2.json", 15, 10, 0),
        ("openvex-image-no-subcomponents.json", 3, 3, 0),
        ("openvex-package-product.json", 3, 1, 1),
    ] {
        let vex = Vex::parse(&fs::read(folder.join(name)).expect("a document")).expect("OpenVEX");
        let flaws = vex.statements().iter().flat_map(|statement| statement.names());
        let flaws = flaws.flat_map(|name| packages.iter().map(move |purl| (name, purl)));
        let flaws: Vec<_> = flaws
            .map(|(name, purl)| json!({ "VulnerabilityID": name, "PkgName": purl, "PkgIdentifier": { "PURL": purl } }))
            .collect();
        let document = json!({ "SchemaVersion": 2, "ArtifactType": "x", "Results": [{ "Vulnerabilities": flaws }] });
        for (product, suppressed) in [(&image, here), (&elsewhere, there)] {
            let mut report = VulnerabilityReport::parse(document.to_string().as_bytes()).expect("a report");
            report.apply(&vex, product).expect("applied");
            let taken_out = report.findings().iter().filter(|finding| finding.suppressed().is_some()).count();
            assert_eq!((report.findings().len(), taken_out), (found, suppressed), "{name}");
        }
    }
}
