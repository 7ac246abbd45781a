//! What attestations say: whether it is what is demanded. What cannot be read, or has no answer, is not.

use super::{Judge, Reason, signer, trace::Telling};
use crate::{
    Name, Verified,
    language::{Exact, Glob, Sbom, SeverityName, Vsa, Vulnerabilities, When},
    sbom,
    vex::{Product, Vex},
    vulnerabilities::{Finding, Severity, VulnerabilityReport},
};
use bulla_verify::{Claim, VerifiedSigner, json};
use core::cell::OnceCell;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The types of predicates that an SBOM comes as, and their versions beneath them.
pub(super) const SBOM_TYPES: [&str; 2] = ["https://spdx.dev/Document", "https://cyclonedx.org/bom"];

/// The types of VEX, OpenVEX and CSAF, and their versions beneath them.
pub(crate) const VEX_TYPES: [&str; 2] = ["https://openvex.dev/ns", "https://docs.oasis-open.org/csaf/csaf"];

/// The types of a verification summary.
pub(crate) const VSA_TYPES: [&str; 1] = ["https://slsa.dev/verification_summary"];

/// Whether a predicate is of one of these types, in any version.
pub(crate) fn is_of(types: &[&str], found: &str) -> bool {
    let beneath = |rest: &str| rest.is_empty() || rest.starts_with('/');
    types.iter().any(|known| found.strip_prefix(known).is_some_and(beneath))
}

/// As it was signed.
pub(crate) fn predicate(verified: &Verified) -> &str {
    verified.bundle.statement().map_or("null", |statement| statement.predicate().json())
}

fn unreadable(error: &crate::DocumentError) -> Reason {
    Reason::new(Telling::Nearly, error.code(), error.to_string(), error.hint())
}

/// A predicate as conditions see it: read when the first one asks, however many do.
#[derive(Default)]
pub(super) struct Predicate(OnceCell<Option<Value>>);

impl Predicate {
    fn of(&self, verified: &Verified) -> Option<&Value> {
        self.0.get_or_init(|| json::value(predicate(verified).as_bytes()).ok()).as_ref()
    }
}

/// Why the condition does not hold; nothing if it does.
pub(super) fn unmet(when: &When, verified: &Verified, predicate: &Predicate) -> Option<Reason> {
    let not_met = |message: String, code: &str, hint: &str| Some(Reason::new(Telling::Nearly, code, message, hint));
    let condition = when.condition();
    let Some(predicate) = predicate.of(verified) else {
        return Some(ambiguous());
    };
    match condition.holds(predicate, &claims(verified.bundle.signer())) {
        Ok(true) => None,
        Ok(false) => {
            let hint = "look at what was attested (`bulla verify --output json`), and at what the policy asks of it";
            not_met(format!("the condition does not hold: {condition}"), "condition-not-met", hint)
        }
        Err(error) => not_met(format!("the condition has no answer: {error}"), error.code(), error.hint()),
    }
}

/// Nobody knows what it says.
pub(super) fn ambiguous() -> Reason {
    let message =
        "the predicate cannot be read in one way only: a key stands twice, it nests too deep, or a number is too large";
    let hint = "have it attested again, by a tool that writes plain JSON";
    Reason::new(Telling::Nearly, "predicate-unreadable", message, hint)
}

/// The claims of a signer, as a condition sees them.
fn claims(signer: &VerifiedSigner) -> Value {
    let mut claims = Map::new();
    let mut put = |name: &str, value: &str| claims.insert(name.to_owned(), Value::String(value.to_owned()));
    match signer {
        VerifiedSigner::Key { key, .. } => {
            put("key", &key.id().to_string());
        }
        VerifiedSigner::Certificate { certificate, .. } => {
            put("identity", certificate.identity().as_str());
            put("issuer", certificate.issuer());
            for (name, claim) in CLAIMS {
                certificate.claim(claim).map(|value| put(name, value));
            }
        }
    }
    Value::Object(claims)
}

/// As Fulcio names its extensions (sigstore/fulcio, `docs/oid-info.md`).
const CLAIMS: [(&str, Claim); 16] = [
    ("buildSignerUri", Claim::BuildSignerUri),
    ("buildSignerDigest", Claim::BuildSignerDigest),
    ("runnerEnvironment", Claim::RunnerEnvironment),
    ("sourceRepositoryUri", Claim::SourceRepositoryUri),
    ("sourceRepositoryDigest", Claim::SourceRepositoryDigest),
    ("sourceRepositoryRef", Claim::SourceRepositoryRef),
    ("sourceRepositoryIdentifier", Claim::SourceRepositoryIdentifier),
    ("sourceRepositoryOwnerUri", Claim::SourceRepositoryOwnerUri),
    ("sourceRepositoryOwnerIdentifier", Claim::SourceRepositoryOwnerIdentifier),
    ("buildConfigUri", Claim::BuildConfigUri),
    ("buildConfigDigest", Claim::BuildConfigDigest),
    ("buildTrigger", Claim::BuildTrigger),
    ("runInvocationUri", Claim::RunInvocationUri),
    ("sourceRepositoryVisibility", Claim::SourceRepositoryVisibility),
    ("deploymentEnvironment", Claim::DeploymentEnvironment),
    ("tokenSubject", Claim::TokenSubject),
];

impl Judge<'_> {
    /// Why the report has found too much; nothing if it has not.
    pub(super) fn vulnerable(&self, demanded: &Vulnerabilities, verified: &Verified) -> Option<Reason> {
        let mut report = match VulnerabilityReport::parse(predicate(verified).as_bytes()) {
            Ok(report) => report,
            Err(error) => return Some(unreadable(&error)),
        };
        for vex in self.vex(demanded) {
            let applied = Vex::parse(predicate(vex).as_bytes())
                .and_then(|document| report.apply(&document, &Product::of(&self.digest)));
            // It may say that a finding does concern it, and so take back what another document takes away.
            if let Err(error) = applied {
                return Some(unreadable(&error).of(&vex.origin));
            }
        }
        demanded.max.iter().find_map(|(severity, most)| self.too_many(demanded, &report, *severity, *most))
    }

    fn too_many(
        &self,
        demanded: &Vulnerabilities,
        report: &VulnerabilityReport,
        severity: SeverityName,
        most: usize,
    ) -> Option<Reason> {
        let severity: Severity = severity.severity();
        let ignored = |finding: &Finding| {
            let valid = demanded.ignore.iter().filter(|ignored| self.now < ignored.expires.time());
            valid.into_iter().any(|ignored| finding.names().any(|name| name == ignored.id.as_str()))
        };
        let counts = |finding: &&Finding| {
            finding.severity() == severity
                && finding.suppressed().is_none()
                && (finding.has_fix() || !demanded.ignore_unfixed)
                && !ignored(finding)
        };
        let mut found: Vec<_> = report.findings().iter().filter(counts).collect();
        if found.len() <= most {
            return None;
        }
        found.sort_by(|a, b| (a.id(), &a.package().name).cmp(&(b.id(), &b.package().name)));
        let shown: Vec<_> =
            found.iter().take(TOLD).map(|finding| format!("{} in {}", finding.id(), finding.package().name)).collect();
        let more = if found.len() > TOLD { ", …" } else { "" };
        let (word, count) = (severity.as_str(), found.len());
        let findings = if count == 1 { "finding" } else { "findings" };
        let message = format!("{count} {word} {findings}, expected at most {most}: {}{more}", shown.join(", "));
        let hint = "build with the fixed versions, or have VEX attested that says why they do not concern it";
        let reason = Reason::new(Telling::Nearly, "too-many-vulnerabilities", message, hint);
        Some(reason.comparing(most.to_string(), Some(&count.to_string())))
    }

    /// The VEX documents that count.
    fn vex(&self, demanded: &Vulnerabilities) -> Vec<&Verified> {
        let Some(by) = &demanded.vex else { return Vec::new() };
        let is_vex = |verified: &&Verified| {
            super::leaf::predicate_type(verified).is_some_and(|found| is_of(&VEX_TYPES, found))
                && signer::mismatch(by, false, verified).is_none()
                && self.revoked(verified).is_none()
        };
        self.evidence.verified.iter().filter(is_vex).collect()
    }
}

/// How many things are named in a sentence.
const TOLD: usize = 3;

/// Why the SBOM has something in it that must not be; nothing if it has not.
pub(super) fn contains_denied(demanded: &Sbom, verified: &Verified) -> Option<Reason> {
    let sbom = match sbom::Sbom::parse(predicate(verified).as_bytes()) {
        Ok(sbom) => sbom,
        Err(error) => return Some(unreadable(&error)),
    };
    let matches = |globs: &[Glob], text: &str| globs.iter().any(|glob| glob.matches(text));
    let denied_package = |package: &&sbom::Package| {
        let purl = package.purl.as_deref().and_then(|purl| purl.split(['?', '#']).next());
        matches(&demanded.denied_packages, &package.name)
            || purl.is_some_and(|purl| matches(&demanded.denied_packages, purl))
    };
    // Under an `OR`, it may be had under another one.
    let denied_license = |package: &&sbom::Package| {
        package.licenses.iter().any(|license| !license.holds(|name| !matches(&demanded.denied_licenses, name)))
    };
    let told = |package: &sbom::Package, code: &str, what: String| {
        let version = package.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
        let message = format!("`{}{version}` is in it, {what}", package.name);
        Some(Reason::new(Telling::Nearly, code, message, "build without it, or change what the policy denies"))
    };
    if let Some(package) = sbom.packages().iter().find(denied_package) {
        return told(package, "package-denied", "and the policy denies it".to_owned());
    }
    let package = sbom.packages().iter().find(denied_license)?;
    let licenses: Vec<_> = package.licenses.iter().map(|license| license.as_str()).collect();
    told(package, "license-denied", format!("under {}, and the policy denies that", licenses.join(", ")))
}

/// A verification summary (slsa.dev/spec/v1.0/verification_summary).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    verifier: Verifier,
    resource_uri: Option<String>,
    policy: Option<Policy>,
    verification_result: String,
    #[serde(default)]
    verified_levels: Vec<String>,
}

#[derive(Deserialize)]
struct Verifier {
    id: String,
}

#[derive(Default, Deserialize)]
struct Policy {
    uri: Option<String>,
    #[serde(default)]
    digest: BTreeMap<String, String>,
}

impl Summary {
    /// Nothing if it cannot be read.
    pub(crate) fn of(verified: &Verified) -> Option<Self> {
        json::from_slice(predicate(verified).as_bytes()).ok()
    }

    pub(crate) fn verifier(&self) -> &str {
        &self.verifier.id
    }

    pub(crate) fn policy(&self) -> Option<&str> {
        self.policy.as_ref()?.uri.as_deref()
    }

    pub(crate) fn resource(&self) -> Option<&str> {
        self.resource_uri.as_deref()
    }

    /// `sha256:…`
    pub(crate) fn policy_digest(&self) -> Option<String> {
        self.policy.as_ref()?.digest.get("sha256").map(|hex| format!("sha256:{hex}"))
    }

    pub(crate) fn levels(&self) -> &[String] {
        &self.verified_levels
    }
}

/// Why the summary is not the one that is demanded; nothing if it is.
pub(super) fn not_passed(demanded: &Vsa, name: &Name, verified: &Verified) -> Option<Reason> {
    let Some(summary) = Summary::of(verified) else {
        let message = "the verification summary cannot be read";
        return Some(Reason::new(
            Telling::Nearly,
            "summary-unreadable",
            message,
            "have it made again, in the form that slsa.dev describes",
        ));
    };
    let differs = |what: &str, expected: &str, found: &str| {
        let message = format!("the summary's {what} is `{found}`, expected `{expected}`");
        let hint = "ask whoever verifies for a summary of this, or change what the policy expects";
        Some(Reason::new(Telling::Nearly, "summary-mismatch", message, hint).comparing(expected, Some(found)))
    };
    if summary.verifier() != demanded.verifier.as_str() {
        return differs("verifier", demanded.verifier.as_str(), summary.verifier());
    }
    if summary.verification_result != "PASSED" {
        return differs("result", "PASSED", &summary.verification_result);
    }
    let policy = summary.policy.unwrap_or_default();
    let digest = policy.digest.get("sha256").map(|hex| format!("sha256:{hex}"));
    for (what, expected, found) in [
        ("resource", demanded.resource.as_ref().map(|uri| named(uri, name)), summary.resource_uri),
        ("policy", demanded.policy.as_ref().map(ToString::to_string), policy.uri),
        ("policy's digest", demanded.policy_digest.map(String::from), digest),
    ] {
        if let Some(expected) = expected.filter(|expected| found.as_ref() != Some(expected)) {
            return differs(what, &expected, &found.unwrap_or_default());
        }
    }
    let includes = |level: &str| summary.verified_levels.iter().any(|found| reaches(found, level));
    let missing = demanded.levels.iter().find(|level| !includes(level.as_str()))?;
    differs("level", missing.as_str(), &summary.verified_levels.join(", "))
}

/// The URI of what rules call so. What has no name has no such URI: a brace stands in none.
fn named(uri: &Exact, name: &Name) -> String {
    match name {
        Name::Image(name) | Name::File(name) => uri.as_str().replace("{name}", name),
        Name::Unnamed => uri.to_string(),
    }
}

/// Whether a level includes another one: those of one track end in a number (verification summary, "SlsaResult").
fn reaches(found: &str, demanded: &str) -> bool {
    let split = |level: &str| {
        level.rsplit_once('_').and_then(|(track, number)| Some((track.to_owned(), number.parse::<u8>().ok()?)))
    };
    match (split(found), split(demanded)) {
        (Some((track, found)), Some((other, demanded))) => track == other && found >= demanded,
        _ => found == demanded,
    }
}
