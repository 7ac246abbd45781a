//! What no public bundle shows, signed by a Sigstore of our own: each is accepted, and refused when anything changes.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_sandbox::{Algorithm, Content, Generation, OIDC_ISSUER, Principal, Sigstore};
use bulla_verify::{
    Artifact, Bundle, Claim, Identity, Need, Time, Trust, TrustedRoot, VerifiedBundle, VerifiedSigner, VerifyError,
    verify,
};
use serde_json::{Value, json};

const APP: &[u8] = b"app";
const V1: Generation = Generation::V1;
const V2: Generation = Generation::V2;

fn now() -> Time {
    Time::from_unix(1_790_000_000)
}

fn email() -> Identity {
    Identity::Email("dev@sandbox.invalid".to_owned())
}

fn verdict(bundle: &Value, root: &Value, need: Need) -> Result<VerifiedBundle, VerifyError> {
    let root = TrustedRoot::parse(root.to_string().as_bytes(), need)?;
    let later = Time::from_unix(now().unix() + 30 * 24 * 3600);
    verify(
        &Bundle::parse(bundle.to_string().as_bytes())?,
        &Artifact::from_bytes(APP),
        &Trust::nobody().with_root(root),
        later,
    )
}

#[track_caller]
fn refuses(bundle: &Value, root: &Value, need: Need, code: &str) {
    let error = verdict(bundle, root, need).expect_err("this must be refused");
    assert_eq!(error.code(), code, "{error}");
}

/// Every base64 field of the bundle, one bit changed in its middle and its end: nothing of it is there for nothing.
#[track_caller]
fn no_change_goes_unnoticed(bundle: &Value, root: &Value, need: Need) {
    let mut changes = 0;
    let mut fields = Vec::new();
    pointers(bundle, String::new(), &mut fields);
    for pointer in fields {
        let field = bundle.pointer(&pointer).and_then(Value::as_str).expect("a text");
        let Ok(bytes) = STANDARD.decode(field) else { continue };
        for at in [bytes.len() / 3, bytes.len() / 2, bytes.len().saturating_sub(1)] {
            let mut changed = bytes.clone();
            let Some(byte) = changed.get_mut(at) else { continue };
            *byte ^= 1;
            let mut other = bundle.clone();
            *other.pointer_mut(&pointer).expect("the field") = json!(STANDARD.encode(changed));
            assert!(verdict(&other, root, need).is_err(), "accepted with byte {at} of `{pointer}` changed");
            changes += 1;
        }
    }
    assert!(changes > 10, "{changes}");
}

fn pointers(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| pointers(item, format!("{at}/{index}"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| pointers(field, format!("{at}/{name}"), found));
        }
        _ => {}
    }
}

fn statement() -> Vec<u8> {
    let sha256 = bulla_verify::Digest::of(APP).to_hex();
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "digest": { "sha256": sha256 } }],
        "predicateType": "https://example.com/x",
        "predicate": {},
    })
    .to_string()
    .into_bytes()
}

/// What a certificate says of its holder is read claim by claim, and what it does not say is not there.
#[test]
fn every_claim_is_read_and_no_other() {
    let claims = [
        Claim::BuildSignerUri,
        Claim::BuildSignerDigest,
        Claim::RunnerEnvironment,
        Claim::SourceRepositoryUri,
        Claim::SourceRepositoryDigest,
        Claim::SourceRepositoryRef,
        Claim::SourceRepositoryIdentifier,
        Claim::SourceRepositoryOwnerUri,
        Claim::SourceRepositoryOwnerIdentifier,
        Claim::BuildConfigUri,
        Claim::BuildConfigDigest,
        Claim::BuildTrigger,
        Claim::RunInvocationUri,
        Claim::SourceRepositoryVisibility,
        Claim::DeploymentEnvironment,
        Claim::TokenSubject,
    ];
    let said = |claim: Claim| format!("this is {claim:?}");
    for left_out in claims {
        let mut sigstore = Sigstore::new(&[V2], 1, now()).expect("a Sigstore");
        let others = claims.iter().filter(|claim| **claim != left_out);
        let principal = others.fold(Principal::new(email()), |it, claim| it.claiming(*claim, &said(*claim)));
        let bundle = sigstore.sign_as(&principal, Content::Artifact(APP), Algorithm::EcdsaP256).expect("signed");
        let verified = verdict(&bundle, &sigstore.trusted_root(), Need::sigstore()).expect("accepted");
        let VerifiedSigner::Certificate { certificate, .. } = verified.signer() else { panic!("a certificate") };
        for claim in claims {
            let expected = (claim != left_out).then(|| said(claim));
            assert_eq!(certificate.claim(claim), expected.as_deref(), "{claim:?} without {left_out:?}");
        }
    }
}

#[test]
fn every_algorithm_in_every_log_over_artifact_and_statement() {
    for algorithm in
        [Algorithm::EcdsaP256, Algorithm::EcdsaP384, Algorithm::EcdsaP521, Algorithm::Ed25519, Algorithm::Ed25519ph]
    {
        for generation in [V1, V2] {
            for content in [Content::Artifact(APP), Content::Statement(&statement())] {
                let mut sigstore = Sigstore::new(&[generation], 1, now()).expect("a Sigstore");
                let bundle = sigstore.sign(content, &email(), algorithm).expect("signed");
                let root = sigstore.trusted_root();
                // A log of the first generation has a time of its own, beside which a bad timestamp spoils nothing.
                let need = Need::sigstore().with_times(if generation == V1 { 2 } else { 1 });
                let verified = verdict(&bundle, &root, need);
                let verified = verified.unwrap_or_else(|error| panic!("{algorithm:?} {generation:?}: {error}"));
                assert_eq!(verified.statement().is_some(), matches!(content, Content::Statement(_)));
                no_change_goes_unnoticed(&bundle, &root, need);
            }
        }
    }
}

#[test]
fn every_kind_of_identity_is_read() {
    for identity in [
        email(),
        Identity::Uri("https://ci.sandbox.invalid/workflow".to_owned()),
        Identity::OtherName("dev!team".to_owned()),
    ] {
        let mut sigstore = Sigstore::new(&[V2], 1, now()).expect("a Sigstore");
        let bundle = sigstore.sign(Content::Artifact(APP), &identity, Algorithm::EcdsaP256).expect("signed");
        let root = sigstore.trusted_root();
        let verified = verdict(&bundle, &root, Need::sigstore()).expect("accepted");
        let VerifiedSigner::Certificate { certificate: signer, .. } = verified.signer() else {
            panic!("a certificate")
        };
        assert_eq!((signer.identity(), signer.issuer()), (&identity, OIDC_ISSUER));
        no_change_goes_unnoticed(&bundle, &root, Need::sigstore());
    }
}

#[test]
fn one_of_several_timestamps_may_fail() {
    let mut sigstore = Sigstore::new(&[V2], 3, now()).expect("a Sigstore");
    let mut bundle = sigstore.sign(Content::Artifact(APP), &email(), Algorithm::EcdsaP256).expect("signed");
    let root = sigstore.trusted_root();
    verdict(&bundle, &root, Need::sigstore().with_times(3)).expect("three authorities");
    let pointer = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps";
    let timestamps = bundle.pointer_mut(pointer).and_then(Value::as_array_mut).expect("timestamps");
    let good = timestamps.last().cloned().expect("a timestamp");
    *timestamps.first_mut().expect("a timestamp") = json!({ "signedTimestamp": STANDARD.encode(b"not one") });
    verdict(&bundle, &root, Need::sigstore().with_times(2)).expect("two are left");
    refuses(&bundle, &root, Need::sigstore().with_times(3), "timestamp-malformed");
    // The third authority, again, is no fourth.
    *bundle.pointer_mut(pointer).expect("timestamps") = json!([good, good]);
    refuses(&bundle, &root, Need::sigstore().with_times(2), "time-threshold");
}

/// CVE-2026-49834 (sigstore-go) and sigstore-js#1702: entries are not logs.
#[test]
fn cve_2026_49834_one_log_twice_is_one_witness() {
    let mut sigstore = Sigstore::new(&[V1, V2, V2], 1, now()).expect("a Sigstore");
    let mut bundle = sigstore.sign(Content::Artifact(APP), &email(), Algorithm::EcdsaP256).expect("signed");
    let mut root = sigstore.trusted_root();
    let verified = verdict(&bundle, &root, Need::sigstore().with_logs(3).with_times(2)).expect("three logs");
    assert_eq!((verified.entries().len(), verified.times().len()), (3, 2));
    refuses(&bundle, &root, Need::sigstore().with_logs(4), "log-threshold");
    refuses(&bundle, &root, Need::sigstore().with_times(3), "time-threshold");

    for log in root.pointer_mut("/tlogs").and_then(Value::as_array_mut).expect("logs") {
        log.as_object_mut().expect("a log").insert("operator".to_owned(), json!("one.invalid"));
    }
    refuses(&bundle, &root, Need::sigstore().with_logs(2), "log-threshold");

    let entries =
        bundle.pointer_mut("/verificationMaterial/tlogEntries").and_then(Value::as_array_mut).expect("entries");
    let first = entries.first().cloned().expect("an entry");
    *entries = vec![first; 3];
    refuses(&bundle, &sigstore.trusted_root(), Need::sigstore().with_logs(2), "log-threshold");
}

/// CVE-2022-23649 (cosign), CVE-2024-53267 (sigstore-java), CVE-2024-51746 (gitsign), CVE-2026-22703 (cosign): an entry that
/// is true, and about something else.
#[test]
fn cve_2022_23649_an_entry_of_another_signature_is_none() {
    for generation in [V1, V2] {
        let mut sigstore = Sigstore::new(&[generation], 1, now()).expect("a Sigstore");
        let mut sign = |content, algorithm| sigstore.sign(content, &email(), algorithm).expect("signed");
        let ours = sign(Content::Artifact(APP), Algorithm::EcdsaP256);
        let statement = statement();
        let others = [
            sign(Content::Artifact(APP), Algorithm::EcdsaP256),
            sign(Content::Artifact(b"other"), Algorithm::EcdsaP256),
            sign(Content::Artifact(APP), Algorithm::EcdsaP384),
            sign(Content::Statement(&statement), Algorithm::EcdsaP256),
        ];
        let root = sigstore.trusted_root();
        for other in others {
            let mut bundle = ours.clone();
            let entries = "/verificationMaterial/tlogEntries";
            *bundle.pointer_mut(entries).expect("entries") = other.pointer(entries).cloned().expect("entries");
            refuses(&bundle, &root, Need::sigstore(), "entry-mismatch");
        }
    }
}

/// CVE-2026-24122 (cosign): the whole chain has to be valid when the signature was made, not the leaf alone.
#[test]
fn cve_2026_24122_an_authority_past_its_window_issues_nothing() {
    let mut sigstore = Sigstore::new(&[V1], 1, now()).expect("a Sigstore");
    let bundle = sigstore.sign(Content::Artifact(APP), &email(), Algorithm::EcdsaP256).expect("signed");
    let mut root = sigstore.trusted_root();
    verdict(&bundle, &root, Need::sigstore()).expect("accepted");
    let end = Time::from_unix(now().unix() - 1).to_string();
    let valid = root.pointer_mut("/certificateAuthorities/0/validFor").expect("a window");
    valid.as_object_mut().expect("an object").insert("end".to_owned(), json!(end));
    refuses(&bundle, &root, Need::sigstore(), "certificate-window");
}

/// A bundle of another Sigstore of the same names is by nobody whom this root knows.
#[test]
fn another_sigstore_with_the_same_names_is_not_believed() {
    let [mut ours, theirs] = [(); 2].map(|()| Sigstore::new(&[V2], 1, now()).expect("a Sigstore"));
    let bundle = ours.sign(Content::Artifact(APP), &email(), Algorithm::EcdsaP256).expect("signed");
    let mut root = theirs.trusted_root();
    refuses(&bundle, &root, Need::sigstore(), "timestamp-signature");
    let own = ours.trusted_root();
    for (part, code) in [
        ("tlogs", "timestamp-signature"),
        ("timestampAuthorities", "certificate-chain"),
        ("certificateAuthorities", "sct-threshold"),
    ] {
        let known = own.get(part).cloned().expect("a part");
        root.as_object_mut().expect("an object").insert(part.to_owned(), known);
        refuses(&bundle, &root, Need::sigstore(), code);
    }
}
