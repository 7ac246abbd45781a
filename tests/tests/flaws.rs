//! What an authority does wrong and signs all the same, so that only the one check for it is left to refuse.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_sandbox::{Algorithm, Content, Flaw, Generation, Key, Sigstore};
use bulla_verify::{Artifact, Bundle, Identity, Need, Time, Trust, TrustedRoot, VerifyError, budget, verify};
use serde_json::{Value, json};

const APP: &[u8] = b"app";
const V1: Generation = Generation::V1;
const V2: Generation = Generation::V2;

fn now() -> Time {
    Time::from_unix(1_790_000_000)
}

fn statement() -> Vec<u8> {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "digest": { "sha256": bulla_verify::Digest::of(APP).to_hex() } }],
        "predicateType": "https://example.com/x",
        "predicate": {},
    })
    .to_string()
    .into_bytes()
}

fn verdict(bundle: &Value, root: &Value, need: Need) -> Result<(), VerifyError> {
    let trust = Trust::nobody().with_root(TrustedRoot::parse(root.to_string().as_bytes(), need)?);
    verify(&Bundle::parse(bundle.to_string().as_bytes())?, &Artifact::from_bytes(APP), &trust, now()).map(|_| ())
}

/// What comes of a signature over `content` in a Sigstore whose authorities have this flaw, and in one that has none.
fn judged(flaw: Option<Flaw>, log: Generation, content: Content<'_>, need: Need) -> Result<(), &'static str> {
    let sigstore = match flaw {
        Some(flaw) => Sigstore::flawed(flaw, &[log], 1, now()),
        None => Sigstore::new(&[log], 1, now()),
    };
    let mut sigstore = sigstore.expect("a Sigstore");
    let dev = Identity::Email("dev@sandbox.invalid".to_owned());
    let bundle = sigstore.sign(content, &dev, Algorithm::EcdsaP256).expect("signed");
    verdict(&bundle, &sigstore.trusted_root(), need).map_err(|error| error.code())
}

#[track_caller]
fn refuses(flaw: Flaw, log: Generation, content: Content<'_>, need: Need, code: &'static str) {
    assert_eq!(judged(None, log, content, need), Ok(()), "without the flaw");
    assert_eq!(judged(Some(flaw), log, content, need), Err(code), "{flaw:?}");
}

/// Of a certificate: whatever the log and the content, so one of each.
#[track_caller]
fn certificate_refuses(flaw: Flaw, code: &'static str) {
    refuses(flaw, V1, Content::Artifact(APP), Need::sigstore(), code);
    refuses(flaw, V2, Content::Statement(&statement()), Need::sigstore(), code);
}

/// Of a timestamp, which is the only time in a log of the second generation.
#[track_caller]
fn timestamp_refuses(flaw: Flaw, code: &'static str) {
    refuses(flaw, V2, Content::Artifact(APP), Need::sigstore(), code);
}

/// Of an entry, in both generations.
#[track_caller]
fn entry_refuses(flaw: Flaw, code: &'static str) {
    for log in [V1, V2] {
        refuses(flaw, log, Content::Artifact(APP), Need::sigstore(), code);
        refuses(flaw, log, Content::Statement(&statement()), Need::sigstore(), code);
    }
}

#[test]
fn an_issuer_that_had_run_out_issues_nothing() {
    certificate_refuses(Flaw::IssuerExpired, "certificate-window");
}

#[test]
fn what_says_that_it_is_no_authority_issues_nothing() {
    certificate_refuses(Flaw::IssuerIsNoAuthority, "trusted-root-malformed");
}

#[test]
fn a_key_that_is_not_for_certificates_issues_none() {
    certificate_refuses(Flaw::IssuerForSignatures, "trusted-root-malformed");
}

#[test]
fn an_authority_issues_no_deeper_than_it_may() {
    certificate_refuses(Flaw::PathTooLong, "trusted-root-malformed");
}

#[test]
fn a_certificate_has_to_be_for_signing_code() {
    certificate_refuses(Flaw::NoUsage, "certificate-chain");
}

#[test]
fn a_key_has_to_be_for_signatures() {
    certificate_refuses(Flaw::NotForSignatures, "certificate-malformed");
}

#[test]
fn a_certificate_names_one_signer() {
    certificate_refuses(Flaw::NoName, "identity-count");
    certificate_refuses(Flaw::TwoNames, "identity-count");
}

#[test]
fn a_host_is_no_signer() {
    certificate_refuses(Flaw::HostName, "certificate-malformed");
}

#[test]
fn a_name_that_nobody_has_defined_names_nobody() {
    certificate_refuses(Flaw::UnknownName, "certificate-malformed");
}

#[test]
fn a_certificate_claims_each_thing_once() {
    certificate_refuses(Flaw::TwoRepositories, "certificate-malformed");
}

/// sigstore-rust#108: one that cannot be read is not one that is not there.
#[test]
fn a_claim_that_cannot_be_read_is_not_absent() {
    certificate_refuses(Flaw::UnreadableRepository, "certificate-malformed");
}

/// A letter of another alphabet, where there can be none (IA5String).
#[test]
fn a_name_is_in_ascii() {
    let [email, uri] = ["d\u{435}v@sandbox.invalid", "https://sandbox.invalid/d\u{435}v"].map(str::to_owned);
    for name in [Identity::Email(email), Identity::Uri(uri)] {
        let mut sigstore = Sigstore::new(&[V2], 1, now()).expect("a Sigstore");
        let bundle = sigstore.sign(Content::Artifact(APP), &name, Algorithm::EcdsaP256).expect("signed");
        let found = verdict(&bundle, &sigstore.trusted_root(), Need::sigstore());
        assert_eq!(found.map_err(|error| error.code()), Err("certificate-malformed"), "{name}");
    }
}

#[test]
fn a_certificate_names_one_oidc_issuer() {
    certificate_refuses(Flaw::EmptyOidcIssuer, "issuer-missing");
    certificate_refuses(Flaw::NoOidcIssuer, "issuer-missing");
    certificate_refuses(Flaw::TwoOidcIssuers, "issuer-conflict");
    certificate_refuses(Flaw::OidcIssuerTwice, "certificate-malformed");
}

#[test]
fn a_certificate_log_vouches_for_the_issuer_too() {
    certificate_refuses(Flaw::SctOfAnotherIssuer, "sct-signature");
}

#[test]
fn one_certificate_log_twice_is_one() {
    let need = Need::sigstore();
    assert_eq!(judged(Some(Flaw::SctTwice), V2, Content::Artifact(APP), need), Ok(()));
    assert_eq!(judged(Some(Flaw::SctTwice), V2, Content::Artifact(APP), need.with_scts(2)), Err("sct-threshold"));
}

#[test]
fn a_timestamp_is_signed_within_every_window_of_its_authority() {
    timestamp_refuses(Flaw::TimestampingIssuerExpired, "certificate-window");
    timestamp_refuses(Flaw::TimestamperExpired, "certificate-window");
}

#[test]
fn a_timestamper_does_nothing_else() {
    timestamp_refuses(Flaw::TimestamperForMore, "trusted-root-malformed");
    timestamp_refuses(Flaw::TimestamperNotCritical, "trusted-root-malformed");
}

#[test]
fn a_timestamper_signs() {
    timestamp_refuses(Flaw::TimestamperNotForSignatures, "trusted-root-malformed");
}

#[test]
fn a_rejection_is_no_timestamp() {
    timestamp_refuses(Flaw::TimestampRejected, "timestamp-malformed");
}

#[test]
fn what_is_signed_is_a_timestamp_inside_and_outside() {
    timestamp_refuses(Flaw::TimestampContentOfAnotherKind, "timestamp-malformed");
    timestamp_refuses(Flaw::TimestampOfAnotherKind, "timestamp-signature");
}

#[test]
fn the_signed_digest_is_of_what_the_timestamp_says() {
    timestamp_refuses(Flaw::TimestampOfAnotherContent, "timestamp-signature");
}

#[test]
fn a_timestamp_says_each_thing_once() {
    timestamp_refuses(Flaw::TimestampDigestTwice, "timestamp-signature");
}

#[test]
fn a_timestamp_names_the_certificate_that_signs_it() {
    timestamp_refuses(Flaw::TimestampOfAnotherCertificate, "timestamp-signature");
}

#[test]
fn a_timestamp_is_in_the_name_of_its_authority() {
    timestamp_refuses(Flaw::TimestampInAnotherName, "timestamp-signature");
}

#[test]
fn a_timestamp_has_one_signer() {
    timestamp_refuses(Flaw::TimestampOfTwoSigners, "timestamp-malformed");
}

#[test]
fn a_timestamp_that_has_to_be_understood_and_is_not_is_none() {
    timestamp_refuses(Flaw::TimestampWithCriticalExtension, "timestamp-malformed");
}

/// Where the root lists the authority alone, the signer comes out of the token's bag, which has a bottom.
#[test]
fn one_certificate_too_many_in_a_timestamp_is_over_budget() {
    for (count, expected) in [(budget::CERTIFICATES, Ok(())), (budget::CERTIFICATES + 1, Err("over-budget"))] {
        let flaw = Flaw::TimestampCertificates(count);
        let mut sigstore = Sigstore::flawed(flaw, &[V2], 1, now()).expect("a Sigstore");
        let dev = Identity::Email("dev@sandbox.invalid".to_owned());
        let bundle = sigstore.sign(Content::Artifact(APP), &dev, Algorithm::EcdsaP256).expect("signed");
        let mut root = sigstore.trusted_root();
        let chain = root.pointer_mut("/timestampAuthorities/0/certChain/certificates").and_then(Value::as_array_mut);
        chain.expect("a chain").remove(0);
        assert_eq!(verdict(&bundle, &root, Need::sigstore()).map_err(|error| error.code()), expected, "{count}");
    }
}

/// The chain of an authority for another purpose, and a signer that another authority has issued.
#[test]
fn an_authority_of_a_root_is_for_its_purpose_and_whole() {
    let [ours, theirs] = [(); 2].map(|()| Sigstore::new(&[V2], 1, now()).expect("a Sigstore").trusted_root());
    let chain = |root: &Value| {
        root.pointer("/timestampAuthorities/0/certChain/certificates").and_then(Value::as_array).cloned()
    };
    let [ours_signs, theirs_signs] = [&ours, &theirs].map(|root| chain(root).expect("a chain"));
    let ([signer, issuers @ ..], [_, foreign @ ..]) = (&ours_signs[..], &theirs_signs[..]) else {
        panic!("signers with their issuers")
    };
    for (of, certificates) in [
        ("certificateAuthorities", json!(issuers)),
        ("timestampAuthorities", json!([&[signer.clone()][..], foreign].concat())),
    ] {
        let mut root = ours.clone();
        *root.pointer_mut(&format!("/{of}/0/certChain/certificates")).expect("a chain") = certificates;
        let error = TrustedRoot::parse(root.to_string().as_bytes(), Need::sigstore()).expect_err("refused");
        assert_eq!(error.code(), "trusted-root-malformed", "{of}");
    }
}

#[test]
fn an_entry_is_of_this_signature() {
    entry_refuses(Flaw::EntryOfAnotherSignature, "entry-mismatch");
}

#[test]
fn an_entry_is_of_this_artifact() {
    entry_refuses(Flaw::EntryOfAnotherArtifact, "entry-mismatch");
}

/// gitsign#810: the same key under another name.
#[test]
fn gitsign_810_an_entry_is_of_this_certificate() {
    entry_refuses(Flaw::EntryOfAnotherCertificate, "entry-mismatch");
}

#[test]
fn an_entry_is_of_this_key() {
    entry_refuses(Flaw::EntryOfAnotherKey, "entry-mismatch");
}

#[test]
fn an_entry_is_of_the_kind_that_it_says() {
    entry_refuses(Flaw::EntryOfAnotherKind, "log-entry-malformed");
}

#[test]
fn an_entry_has_one_signature() {
    refuses(Flaw::EntryOfTwoSignatures, V1, Content::Statement(&statement()), Need::sigstore(), "log-entry-malformed");
}

/// An older kind, which the sandbox does not write: read, and then not found in the tree; or not read.
#[test]
fn a_logged_envelope_is_of_a_statement() {
    let mut sigstore = Sigstore::new(&[V1], 1, now()).expect("a Sigstore");
    let dev = Identity::Email("dev@sandbox.invalid".to_owned());
    let bundle = sigstore.sign(Content::Artifact(APP), &dev, Algorithm::EcdsaP256).expect("signed");
    let certificate = bundle.pointer("/verificationMaterial/certificate/rawBytes").and_then(Value::as_str);
    let certificate = certificate.expect("a certificate");
    let pem = STANDARD.encode(format!("-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n"));
    let hash = json!({ "algorithm": "sha256", "value": "00".repeat(32) });
    let signatures = json!([{ "publicKey": pem, "sig": STANDARD.encode(STANDARD.encode(b"a signature")) }]);
    for (kind, code) in [(bulla_verify::dsse::IN_TOTO, "inclusion-proof"), ("application/json", "log-entry-malformed")]
    {
        let envelope = json!({ "payloadType": kind, "signatures": signatures });
        let spec = json!({ "content": { "envelope": envelope, "hash": hash, "payloadHash": hash } });
        let body = json!({ "apiVersion": "0.0.2", "kind": "intoto", "spec": spec });
        let mut bundle = bundle.clone();
        let entry = bundle.pointer_mut("/verificationMaterial/tlogEntries/0").and_then(Value::as_object_mut);
        entry.expect("an entry").extend([
            ("kindVersion".to_owned(), json!({ "kind": "intoto", "version": "0.0.2" })),
            ("canonicalizedBody".to_owned(), json!(STANDARD.encode(body.to_string()))),
        ]);
        let found = verdict(&bundle, &sigstore.trusted_root(), Need::sigstore());
        assert_eq!(found.map_err(|error| error.code()), Err(code), "{kind}");
    }
}

#[test]
fn a_checkpoint_is_signed_in_its_own_name() {
    entry_refuses(Flaw::CheckpointInAnotherName, "checkpoint-signature");
}

/// An attacker's own tree of the same size, under the log's own checkpoint (sigstore-java's CVE-2024-54140, the other way).
#[test]
fn a_proof_leads_to_the_root_that_the_log_has_signed() {
    let [mut ours, mut theirs] = [(); 2].map(|()| Sigstore::new(&[V2], 1, now()).expect("a Sigstore"));
    let dev = Identity::Email("dev@sandbox.invalid".to_owned());
    let sign =
        |sigstore: &mut Sigstore| sigstore.sign(Content::Artifact(APP), &dev, Algorithm::EcdsaP256).expect("signed");
    let (mut bundle, other) = (sign(&mut ours), sign(&mut theirs));
    for field in ["canonicalizedBody", "inclusionProof/rootHash", "inclusionProof/hashes"] {
        let pointer = format!("/verificationMaterial/tlogEntries/0/{field}");
        *bundle.pointer_mut(&pointer).expect("a field") = other.pointer(&pointer).cloned().expect("a field");
    }
    let found = verdict(&bundle, &ours.trusted_root(), Need::sigstore());
    assert_eq!(found.map_err(|error| error.code()), Err("checkpoint-mismatch"));
}

/// What a managed key has signed is held against its entry as well.
#[test]
fn an_entry_under_a_key_is_about_its_signature() {
    let judged = |flaw: Option<Flaw>, log: Generation, content: Content<'_>| {
        let sigstore =
            flaw.map_or_else(|| Sigstore::new(&[log], 1, now()), |flaw| Sigstore::flawed(flaw, &[log], 1, now()));
        let (mut sigstore, key) = (sigstore.expect("a Sigstore"), Key::generate(Algorithm::EcdsaP256).expect("a key"));
        let bundle = sigstore.sign_with(&key, content).expect("signed").to_string();
        let root =
            TrustedRoot::parse(sigstore.trusted_root().to_string().as_bytes(), Need::sigstore()).expect("a root");
        let trust = Trust::nobody().with_root(root).with_key(key.verifying_key().clone()).with_logs_for_keys(1);
        let bundle = Bundle::parse(bundle.as_bytes()).expect("a bundle");
        verify(&bundle, &Artifact::from_bytes(APP), &trust, now()).map(|_| ()).map_err(|error| error.code())
    };
    for log in [V1, V2] {
        for content in [Content::Artifact(APP), Content::Statement(&statement())] {
            assert_eq!(judged(None, log, content), Ok(()));
            for flaw in [
                Flaw::EntryOfAnotherSignature,
                Flaw::EntryOfAnotherArtifact,
                Flaw::EntryOfAnotherKey,
                Flaw::EntryOfAnotherCertificate,
            ] {
                assert_eq!(judged(Some(flaw), log, content), Err("entry-mismatch"), "{flaw:?}, {log:?}, {content:?}");
            }
        }
    }
}
