//! C2SP/x509-limbo's core, through the path validation that certificates and timestamps go through.

use super::chain;
use crate::{Time, encoding, vectors};
use rustls_pki_types::{CertificateDer, DnsName, IpAddr, ServerName, TrustAnchor};
use serde::Deserialize;
use webpki::{EndEntityCert, KeyUsage};

#[derive(Deserialize)]
struct Suite {
    testcases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    validation_kind: String,
    trusted_certs: Vec<String>,
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    validation_time: Option<String>,
    expected_result: String,
    expected_peer_name: Option<PeerName>,
}

#[derive(Deserialize)]
struct PeerName {
    kind: String,
    value: String,
}

/// Where our verdict is another, and why.
const EXCEPTIONS: &[(&str, &[&str])] = &[
    (
        "accepted: how an authority ought to write its certificates; who is trusted, and for what, stays the same",
        &[
            "rfc5280::aki::critical-aki",
            "rfc5280::aki::leaf-missing-aki",
            "rfc5280::aki::intermediate-missing-aki",
            "rfc5280::aki::cross-signed-root-missing-aki",
            "rfc5280::ski::critical-ski",
            "rfc5280::ski::root-missing-ski",
            "rfc5280::ski::intermediate-missing-ski",
            "rfc5280::serial::too-long",
            "rfc5280::serial::zero",
            "rfc5280::ca-empty-subject",
            "rfc5280::root-non-critical-basic-constraints",
            "rfc5280::nc::permitted-dns-match-noncritical",
            "rfc5280::nc::not-allowed-in-ee-noncritical",
            "rfc5280::nc::not-allowed-in-ee-critical",
            "rfc5280::pc::ica-noncritical-pc",
            "rfc5280::leaf-ku-keycertsign",
        ],
    ),
    (
        "accepted: the case's own limit on the depth, which webpki does not take; our paths have one step",
        &["pathlen::max-chain-depth-0-exhausted", "pathlen::max-chain-depth-1-exhausted"],
    ),
    (
        "accepted: a constraint on DNS names with a leading period, which webpki reads as most do; signers have no DNS names",
        &["rfc5280::nc::invalid-dnsname-leading-period"],
    ),
    (
        "refused: constraints on other names than DNS and IP, which webpki takes for never met",
        &[
            "rfc5280::nc::permitted-dn-match",
            "rfc5280::nc::permitted-self-issued",
            "rfc5280::nc::nc-permits-email-exact",
            "rfc5280::nc::nc-permits-email-domain",
            "rfc5280::nc::nc-permits-email-literal-asterisk-exact-match",
            "rfc5280::nc::nc-permits-email-literal-double-asterisk",
            "rfc5280::nc::nc-permits-email-literal-mid-asterisk",
        ],
    ),
    (
        "refused: an authority in the place of a signer, and self-issued authorities that do not count toward the length",
        &["pathlen::validation-ignores-pathlen-in-leaf", "pathlen::self-issued-certs-pathlen", "rfc5280::ca-as-leaf"],
    ),
];

fn der(pem: &str) -> Option<CertificateDer<'static>> {
    encoding::from_pem("CERTIFICATE", pem).map(CertificateDer::from)
}

/// An authority of a trusted root has to be one that may issue, and valid then: webpki asks neither.
fn anchor<'a>(der: &'a CertificateDer<'_>, at: Time) -> Option<TrustAnchor<'a>> {
    let certificate = chain::parse(der).ok()?;
    chain::may_issue(&certificate, 0).ok()?;
    let valid = certificate.validity.contains(at);
    webpki::anchor_from_trusted_cert(der).ok().filter(|_| valid)
}

fn accepted(case: &Case, now: Time) -> Option<()> {
    let trusted: Vec<_> = case.trusted_certs.iter().map(|pem| der(pem)).collect::<Option<_>>()?;
    let intermediates: Vec<_> = case.untrusted_intermediates.iter().map(|pem| der(pem)).collect::<Option<_>>()?;
    let at = match &case.validation_time {
        Some(time) => Time::parse_rfc3339(time)?,
        None => now,
    };
    let anchors: Vec<TrustAnchor<'_>> = trusted.iter().filter_map(|der| anchor(der, at)).collect();
    let usage = if case.validation_kind == "CLIENT" { KeyUsage::client_auth() } else { KeyUsage::server_auth() };
    let leaf = der(&case.peer_certificate)?;
    let leaf = EndEntityCert::try_from(&leaf).ok()?;
    chain::path(&leaf, &anchors, &intermediates, at, usage).ok()?;
    // Names are a server's; a signer's are read by other code.
    let Some(name) = case.expected_peer_name.as_ref().filter(|_| case.validation_kind == "SERVER") else {
        return Some(());
    };
    let name = match name.kind.as_str() {
        "DNS" => ServerName::DnsName(DnsName::try_from(name.value.clone()).ok()?),
        "IP" => ServerName::IpAddress(IpAddr::try_from(name.value.as_str()).ok()?),
        _ => return None,
    };
    leaf.verify_is_valid_for_subject_name(&name).ok()
}

#[test]
fn the_core_of_x509_limbo_is_judged_as_it_says() {
    // When the suite was generated.
    let now = Time::parse_rfc3339("2026-11-24T00:00:00Z").expect("a time");
    let (mut accepts, mut refusals, mut wrong) = (0, 0, Vec::new());
    for json in vectors::files("x509-limbo") {
        let suite: Suite = serde_json::from_slice(&json).expect("the suite");
        for case in &suite.testcases {
            let accepted = accepted(case, now).is_some();
            let expected = case.expected_result == "SUCCESS";
            let argued = EXCEPTIONS.iter().any(|(_, ids)| ids.contains(&case.id.as_str()));
            if (accepted != expected) != argued {
                wrong.push(format!("{}: expected {}, accepted: {accepted}", case.id, case.expected_result));
            }
            if accepted { accepts += 1 } else { refusals += 1 }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    vectors::counted("x509-limbo", (accepts, refusals), (48, 78));
}
