//! The verdicts, and the reasons that they give.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, says when it is skipped, and reads files"
)]

use bulla_policy::{
    Decision, Evidence, Name, Policies, PolicyError, Refused, Subject, TrustPolicy, Unavailable, Verdict, Verified,
    language::{By, PredicateType, Require, TrustedKey},
};
use bulla_sign::{SigningKey, sign_message, sign_statement, statement};
use bulla_verify::{
    Artifact, Bundle, Digest, KeyAlgorithm, SIGN_V1, Time, Trust, TrustedRoot, VerifyError, VerifyingKey, Window,
    verify,
};
use std::{fs, path::PathBuf, sync::Arc};

const APP: &[u8] = b"app";

fn key() -> SigningKey {
    SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key")
}

const PUBLIC_GOOD: &str = "public-good";

fn by(key: &SigningKey) -> By {
    By::from(TrustedKey::always(key.verifying_key().clone()))
}

fn signed_by(keys: &[&SigningKey]) -> Require {
    Require::any(keys.iter().map(|key| Require::signed(by(key))).collect())
}

fn attested_by(key: &SigningKey, kind: &str) -> Require {
    Require::attested(PredicateType::try_from(kind.to_owned()).expect("a type"), by(key))
}

fn decide(require: &Require, evidence: &Evidence) -> Decision {
    let root = TrustedRoot::public_good().expect("the embedded root").named(PUBLIC_GOOD);
    let policies = Policies::from(TrustPolicy::demanding(require.clone(), vec![root]).expect("a policy"));
    let subject = Subject { name: Name::Unnamed, digest: Digest::of(APP) };
    bulla_policy::decide(&policies, &subject, evidence, Time::from_unix(1_790_000_000))
}

fn verified(key: &SigningKey, bundle: &[u8]) -> Verified {
    let trust = Trust::nobody().with_key(key.verifying_key().clone());
    let bundle = Bundle::parse(bundle).expect("a bundle");
    let now = Time::from_unix(1_790_000_000);
    let bundle = verify(&bundle, &Artifact::from_bytes(APP), &trust, now).expect("verified");
    Verified { origin: "test".to_owned(), root: None, bundle: Arc::new(bundle) }
}

fn signature(key: &SigningKey) -> Verified {
    verified(key, &sign_message(key, &Artifact::from_bytes(APP)).expect("signed"))
}

fn attestation(key: &SigningKey, predicate_type: &str) -> Verified {
    let predicate_type = bulla_sign::PredicateType::parse(predicate_type).expect("a type");
    let statement = statement::attest(&Digest::of(APP), None, &predicate_type, b"{}").expect("a statement");
    verified(key, &sign_statement(key, &statement).expect("signed"))
}

fn evidence(verified: Vec<Verified>) -> Evidence {
    Evidence { verified, ..Evidence::default() }
}

fn unavailable() -> Unavailable {
    Unavailable { origin: "registry".into(), code: "throttled".into(), reason: "asks to slow down".into(), hint: None }
}

#[track_caller]
fn accepts(require: &Require, evidence: &Evidence) {
    let decision = decide(require, evidence);
    assert_eq!(decision.verdict(), Verdict::Accepted, "{:?}", decision.reasons());
    assert!(!decision.met_by().is_empty());
}

#[track_caller]
fn refuses(require: &Require, evidence: &Evidence, code: &str) {
    let decision = decide(require, evidence);
    assert_eq!(decision.verdict(), Verdict::Refused);
    assert!(decision.met_by().is_empty());
    let reasons = decision.reasons();
    assert_eq!(reasons.first().expect("a refusal has reasons").code, code, "{reasons:?}");
}

#[test]
fn a_signature_of_the_key_is_accepted_and_of_another_is_not() {
    let (ours, other) = (key(), key());
    accepts(&signed_by(&[&ours]), &evidence(vec![signature(&ours)]));
    let decision = decide(&signed_by(&[&ours]), &evidence(vec![signature(&ours)]));
    assert_eq!(decision.rules().iter().map(|rule| rule.step.met_by.len()).collect::<Vec<_>>(), [1]);
    let decision = decide(&signed_by(&[&other]), &evidence(vec![signature(&ours)]));
    assert_eq!(decision.reasons().first().and_then(|reason| reason.origin.as_deref()), Some("test"));
    accepts(&signed_by(&[&other, &ours]), &evidence(vec![signature(&ours)]));
    refuses(&signed_by(&[&other]), &evidence(vec![signature(&ours)]), "signer-mismatch");
}

#[test]
fn nothing_attached_is_refused() {
    let demand = signed_by(&[&key()]);
    refuses(&demand, &evidence(vec![]), "no-signature");
    let hint = decide(&demand, &evidence(vec![])).reasons().first().and_then(|reason| reason.hint.clone());
    assert!(hint.is_some_and(|hint| hint.starts_with("sign it (`bulla sign`)")));
}

#[test]
fn an_attestation_is_not_a_signature_nor_the_other_way_round() {
    let ours = key();
    let require = signed_by(&[&ours]);
    let attested = |kind: &str| attested_by(&ours, kind);
    for (kind, code) in [("", "predicate-type-empty"), (SIGN_V1, "predicate-type-reserved")] {
        let fault = PredicateType::try_from(kind.to_owned()).expect_err("no type");
        assert_eq!(PolicyError::from(fault).code(), code);
    }
    refuses(&require, &evidence(vec![attestation(&ours, "https://example.com/x")]), "not-a-signature");
    accepts(&attested("https://example.com/x"), &evidence(vec![attestation(&ours, "https://example.com/x")]));
    refuses(
        &attested("https://example.com/y"),
        &evidence(vec![attestation(&ours, "https://example.com/x")]),
        "not-that-type",
    );
    refuses(&attested("https://example.com/x"), &evidence(vec![signature(&ours)]), "not-that-type");
    refuses(&attested("https://example.com/x"), &evidence(vec![]), "no-attestation");
}

#[test]
fn whoever_asks_for_another_type_is_told_which_there_are() {
    let ours = key();
    let hint = |evidence: &Evidence| {
        let require = attested_by(&ours, "https://example.com/z");
        let decision = decide(&require, evidence);
        decision.reasons().first().and_then(|reason| reason.hint.clone()).expect("a hint")
    };
    let image = statement::image_signature(&Digest::of(APP));
    let image = verified(&ours, &sign_statement(&ours, &image).expect("signed"));
    let [x, y] = ["x", "y"].map(|name| attestation(&ours, &format!("https://example.com/{name}")));
    let signatures = evidence(vec![signature(&ours), image.clone()]);
    assert_eq!(
        hint(&signatures),
        "only signatures are there: have it attested (`bulla attest`), or demand a signature if that is what is meant"
    );
    let one = evidence(vec![image.clone(), x.clone()]);
    assert_eq!(
        hint(&one),
        "have it attested; the only attestation that is there has the type `https://example.com/x`, if that is what is meant"
    );
    let two = evidence(vec![y, image.clone(), x.clone(), x]);
    assert_eq!(
        hint(&two),
        "attestations of these types are there: `https://example.com/x`, `https://example.com/y`; demand one, or have the other made"
    );
    let of = |count: usize| {
        let kinds = (0..count).map(|at| attestation(&ours, &format!("https://example.com/{at}")));
        hint(&evidence(kinds.collect()))
    };
    assert!(of(5).contains("`https://example.com/4`; demand one"), "{}", of(5));
    assert!(of(6).contains("`https://example.com/4`, …; demand one"), "{}", of(6));
    let require = attested_by(&ours, "https://example.com/z");
    let found = decide(&require, &evidence(vec![image]));
    let message = found.reasons().first().map(|reason| reason.message.clone()).unwrap_or_default();
    assert!(message.starts_with("found a signature, expected"), "{message}");
}

#[test]
fn what_could_not_be_fetched_makes_it_unknown_unless_there_is_enough() {
    let ours = key();
    let mut evidence = evidence(vec![]);
    evidence.unavailable.push(unavailable());
    evidence.refused.push(Refused { origin: "rubbish".into(), error: VerifyError::InclusionProof });
    let decision = decide(&signed_by(&[&ours]), &evidence);
    assert_eq!(decision.verdict(), Verdict::Unknown);
    assert_eq!(decision.reasons().first().map(|reason| reason.code.as_str()), Some("throttled"));
    evidence.verified.push(signature(&ours));
    accepts(&signed_by(&[&ours]), &evidence);
}

#[test]
fn a_refusal_outweighs_what_is_unknown() {
    use Verdict::{Accepted, Refused, Unknown};
    assert_eq!([Accepted, Unknown, Refused, Accepted].into_iter().fold(Accepted, Verdict::and), Refused);
    assert_eq!([Unknown, Accepted].into_iter().fold(Accepted, Verdict::and), Unknown);
    assert_eq!([Accepted, Accepted].into_iter().fold(Accepted, Verdict::and), Accepted);
}

#[test]
fn rubbish_beside_a_good_signature_changes_nothing() {
    let (ours, other) = (key(), key());
    let mut evidence = evidence(vec![signature(&other), attestation(&ours, "https://example.com/x")]);
    evidence.refused.push(Refused { origin: "rubbish".into(), error: VerifyError::InclusionProof });
    refuses(&signed_by(&[&ours]), &evidence, "inclusion-proof");
    evidence.verified.push(signature(&ours));
    accepts(&signed_by(&[&ours]), &evidence);
}

#[test]
fn the_order_of_the_evidence_makes_no_difference() {
    let (ours, other) = (key(), key());
    let mut all = vec![signature(&other), attestation(&ours, "https://example.com/x"), signature(&other)];
    let forwards = decide(&signed_by(&[&ours]), &evidence(all.clone()));
    all.reverse();
    let backwards = decide(&signed_by(&[&ours]), &evidence(all));
    assert_eq!(forwards.reasons(), backwards.reasons());
}

#[test]
fn signed_by_anybody_cannot_be_said() {
    for (subject, issuer, root) in
        [("", "https://issuer", "r"), ("me", "", "r"), ("me", "https://issuer", ""), ("*", "i", "r")]
    {
        By::certificate(subject, issuer, root).expect_err("anybody");
    }
    TrustPolicy::demanding(Require::any(Vec::new()), Vec::new()).expect_err("nothing is demanded");
}

#[test]
fn a_window_needs_a_verified_time() {
    let ours = key();
    let always = Window::new(Time::from_unix(0), None);
    let within = TrustedKey::within(ours.verifying_key().clone(), always);
    let untimed = Verified { root: Some(PUBLIC_GOOD.to_owned()), ..signature(&ours) };
    refuses(&Require::signed(within.into()), &evidence(vec![untimed]), "key-window-no-time");
}

fn vector(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors").join(name);
    if !path.exists() {
        println!("skipped: ../shared/vectors/{name} is not there");
    }
    path.exists().then_some(path)
}

/// A real bundle of a key, in the public log: its signed time is 2025-12-18T17:04:39Z.
#[test]
fn a_logged_signature_counts_within_the_keys_window_only() {
    let Some(folder) = vector("sigstore-conformance/bundle-verify/managed-key-happy-path") else { return };
    let key = fs::read_to_string(folder.join("key.pub")).expect("a key");
    let key = VerifyingKey::from_pem(&key).expect("a key");
    let artifact = fs::read(folder.join("../a.txt")).expect("the artifact");
    let bundle = Bundle::parse(&fs::read(folder.join("bundle.sigstore.json")).expect("a bundle")).expect("a bundle");
    let root = TrustedRoot::public_good().expect("the embedded root");
    let trust = Trust::nobody().with_key(key.clone()).with_root(root);
    let now = Time::from_unix(1_790_000_000);
    let bundle = verify(&bundle, &Artifact::from_bytes(&artifact), &trust, now).expect("verified");
    let logged = Verified { origin: "log".to_owned(), root: Some(PUBLIC_GOOD.to_owned()), bundle: Arc::new(bundle) };
    let logged = evidence(vec![logged]);
    let time = |text| Time::parse_rfc3339(text).expect("a time");
    let within = |start, end| {
        let window = Window::new(time(start), Some(time(end)));
        Require::signed(TrustedKey::within(key.clone(), window).into())
    };
    accepts(&within("2025-12-18T17:04:39Z", "2025-12-18T17:04:39Z"), &logged);
    refuses(&within("2025-12-18T17:04:40Z", "2026-12-18T00:00:00Z"), &logged, "key-window");
    refuses(&within("2020-01-01T00:00:00Z", "2025-12-18T17:04:38Z"), &logged, "key-window");
}

/// A real person's signature: both names have to be theirs.
#[test]
fn an_identity_needs_its_own_issuer() {
    const RELEASE: &str = "3.13.0rc2__python-3.13.0rc2-arm64.exe.sigstore.json";
    const SHA256: &str = "sha256:5ef6a035afd3f57d2b0f6a621127f2df78267ed1b872de064c668f5690e9c2db";
    let Some(path) = vector("cpython").map(|folder| folder.join(RELEASE)) else { return };
    let trust = Trust::nobody().with_root(TrustedRoot::public_good().expect("the embedded root"));
    let artifact = Artifact::from_digest(Digest::parse(SHA256).expect("a digest"));
    let bundle = Bundle::parse(&fs::read(path).expect("a bundle")).expect("a bundle");
    let now = Time::from_unix(1_790_000_000);
    let bundle = verify(&bundle, &artifact, &trust, now).expect("verified");
    let real = evidence(vec![Verified {
        origin: "python.org".to_owned(),
        root: Some(PUBLIC_GOOD.to_owned()),
        bundle: Arc::new(bundle),
    }]);
    let by = |identity, issuer| Require::signed(By::certificate(identity, issuer, PUBLIC_GOOD).expect("named"));
    accepts(&by("thomas@python.org", "https://accounts.google.com"), &real);
    refuses(&by("thomas@python.org", "https://github.com/login/oauth"), &real, "signer-mismatch");
    refuses(&by("hugo@python.org", "https://accounts.google.com"), &real, "signer-mismatch");
    refuses(&by("Thomas@python.org", "https://accounts.google.com"), &real, "signer-mismatch");
    refuses(&signed_by(&[&key()]), &real, "signer-mismatch");
}
