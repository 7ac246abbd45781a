//! Provenance beside a real certificate: what a job's own facts give is what Fulcio has put into the certificate of that very
//! job, and one fact changed is refused.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use bulla_sign::provenance::{Build, Provenance, ProvenanceError, from_environment};
use bulla_tests::vectors;
use bulla_verify::{Bundle, IssuedCertificate, Time, TrustedRoot, verify_certificate};
use std::{collections::BTreeMap, fs};

fn now() -> Time {
    Time::parse_rfc3339("2026-11-25T12:00:00Z").unwrap()
}

/// The certificate of a job of GitHub Actions, as the public Fulcio has issued it.
fn certificate() -> Option<IssuedCertificate> {
    let suite = vectors("sigstore-conformance/bundle-verify")?;
    let bundle = fs::read(suite.join("happy-path-v0.3/bundle.sigstore.json")).expect("the bundle");
    let bundle = Bundle::parse(&bundle).expect("a bundle");
    let root = TrustedRoot::public_good().expect("the built-in root");
    let then = Time::parse_rfc3339("2024-03-19T17:30:00Z").unwrap();
    let der = bundle.unverified_certificate().expect("a certificate");
    Some(verify_certificate(der, None, &root, then).expect("it was valid then"))
}

/// What the job of 19 March 2024 found in its environment.
fn job() -> BTreeMap<&'static str, &'static str> {
    let workflow = "sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
    BTreeMap::from([
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "sigstore-conformance/extremely-dangerous-public-oidc-beacon"),
        ("GITHUB_REPOSITORY_ID", "632596897"),
        ("GITHUB_REPOSITORY_OWNER", "sigstore-conformance"),
        ("GITHUB_REPOSITORY_OWNER_ID", "131804563"),
        ("GITHUB_REF", "refs/heads/main"),
        ("GITHUB_SHA", "c7b3dfb335f051e1c86bda4c716fac97df62ad81"),
        ("GITHUB_EVENT_NAME", "workflow_dispatch"),
        ("GITHUB_RUN_ID", "8347481628"),
        ("GITHUB_RUN_ATTEMPT", "1"),
        ("GITHUB_WORKFLOW_REF", workflow),
        ("GITHUB_WORKFLOW_SHA", "c7b3dfb335f051e1c86bda4c716fac97df62ad81"),
        ("RUNNER_ENVIRONMENT", "github-hosted"),
    ])
}

fn provenance(job: &BTreeMap<&'static str, &'static str>) -> Result<Provenance, ProvenanceError> {
    from_environment(&|name| job.get(name).map(|value| (*value).to_owned()), None, now())
}

#[test]
fn a_jobs_own_facts_are_what_its_certificate_states() {
    let Some(certificate) = certificate() else { return };
    let provenance = provenance(&job()).expect("provenance");
    assert_eq!(provenance.build(), Build::GitHubActions);
    provenance.agrees_with(&certificate).expect("the same facts");
}

#[test]
fn one_fact_that_is_not_the_certificates_is_refused() {
    let Some(certificate) = certificate() else { return };
    for (variable, other) in [
        ("GITHUB_SERVER_URL", "https://git.acme.test"),
        ("GITHUB_REPOSITORY_ID", "1"),
        ("GITHUB_REPOSITORY_OWNER", "acme"),
        ("GITHUB_REPOSITORY_OWNER_ID", "1"),
        ("GITHUB_SHA", "c7b3dfb335f051e1c86bda4c716fac97df62ad82"),
        ("GITHUB_EVENT_NAME", "push"),
        ("GITHUB_RUN_ID", "8347481629"),
        ("GITHUB_RUN_ATTEMPT", "2"),
        ("GITHUB_WORKFLOW_SHA", "c7b3dfb335f051e1c86bda4c716fac97df62ad82"),
        ("RUNNER_ENVIRONMENT", "self-hosted"),
    ] {
        let mut job = job();
        job.insert(variable, other);
        let error = provenance(&job).expect("provenance").agrees_with(&certificate).expect_err(variable);
        assert_eq!(error.code(), "provenance-certificate-differs", "{variable}");
    }
    let error = Provenance::local(None).expect("provenance").agrees_with(&certificate).expect_err("a local build");
    assert_eq!(error.code(), "provenance-certificate-differs");
}
