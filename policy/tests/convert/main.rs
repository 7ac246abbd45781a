//! Other tools' policies: what becomes of each, what is refused and for which reason, and that the same images are meant.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, says when it is skipped, and reads files"
)]

mod any;
mod connaisseur;
mod containers;
mod docs;
mod globs;
mod kyverno;
mod notation;
mod policy_controller;
mod vectors;

use bulla_policy::{
    Embedded, Name, Policies, PolicyError, Sources, TrustPolicy, Verdict,
    convert::{Converted, SignedNames, convert},
    judge,
    language::Unmatched,
};
use bulla_sign::{SigningKey, sign_message};
use bulla_verify::{Artifact, KeyAlgorithm, Time, TrustedRoot};

/// Three keys that guard nothing, and one on another curve.
const ALICE: &str = include_str!("../../../keys-example/example.pub");
const BOB: &str = "-----BEGIN PUBLIC KEY-----\n\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1iQpP9dsq+vel2Jg0N84MlryayWf\n\
    Cyp93UW4B0mQywkG//UtHZBZOPzicQnhLeGsRoN8ER4+zAH7DO1SXI/+Yg==\n-----END PUBLIC KEY-----\n";
const P384: &str = "-----BEGIN PUBLIC KEY-----\n\
    MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEm1zEOCeYuXid1SAneUCMtOXt06X+aHR+\n\
    PehSWS51lZsa8/JVYnYMv83DemMzHUKKX28tB/XptSV6qCBixc3yJl5c8CHXO15A\n\
    h/aW/fZ2ltjmcUJq0gJKVmM5JQ1l7uys\n-----END PUBLIC KEY-----\n";

/// The key in one line of YAML or JSON.
fn quoted(pem: &str) -> String {
    format!("\"{}\"", pem.replace('\n', "\\n"))
}

fn attempt(text: &str) -> Result<Converted, Vec<PolicyError>> {
    convert(text, None, SignedNames::Ignored, &Embedded)
}

/// The policy that it becomes, and the codes of the differences.
#[track_caller]
fn converts(text: &str) -> (TrustPolicy, Vec<String>) {
    let converted = attempt(text).unwrap_or_else(|errors| panic!("{errors:#?}\n{text}"));
    let policy = TrustPolicy::parse(&converted.text, &Embedded).expect("it loads");
    for note in &converted.differences {
        assert!(note.position().line > 0 && note.excerpt().is_some() && !note.hint().is_empty(), "{note:?}");
    }
    (policy, converted.differences.iter().map(|note| note.code().to_owned()).collect())
}

/// It is refused for exactly these reasons, in the order of the text.
#[track_caller]
fn refuses(text: &str, codes: &[&str]) -> Vec<PolicyError> {
    let errors = attempt(text).map(|converted| converted.text).expect_err(text);
    let found: Vec<_> = errors.iter().map(PolicyError::code).collect();
    assert_eq!(found, codes, "{errors:#?}\n{text}");
    for error in &errors {
        assert!(error.position().line > 0 && error.excerpt().is_some(), "says where: {error:?}");
        assert!(!error.hint().is_empty(), "says what to do: {error:?}");
        let sentence = error.to_string();
        assert!(!sentence.ends_with('.') && !sentence.contains("  "), "{sentence}");
    }
    errors
}

/// What an image of that name comes to, under these bundles of [`APP`].
fn verdict(policy: &TrustPolicy, image: &str, bundles: &[&[u8]]) -> Verdict {
    decided(policy, image, bundles).verdict()
}

fn decided(policy: &TrustPolicy, image: &str, bundles: &[&[u8]]) -> bulla_policy::Decision {
    let bundles = bundles.iter().map(|bundle| ("here".to_owned(), *bundle));
    let artifact = Artifact::from_bytes(APP);
    let now = Time::from_unix(1_790_000_000);
    judge(bundles, Name::Image(image.to_owned()), &artifact, &Policies::from(policy.clone()), now)
}

/// Whether a rule is about an image of that name.
fn about(policy: &TrustPolicy, image: &str) -> bool {
    !decided(policy, image, &[]).rules().is_empty()
}

/// What every rule demands, as people read it.
fn demanded(policy: &TrustPolicy) -> Vec<String> {
    policy.document().spec.rules.iter().map(|rule| rule.require.to_string()).collect()
}

fn unmatched(policy: &TrustPolicy) -> Unmatched {
    *policy.document().spec.unmatched
}

const APP: &[u8] = b"app";

/// A key of one's own, its public half for a policy, and what it signs.
struct Signer {
    pem: String,
    bundle: Vec<u8>,
}

fn signer() -> Signer {
    let key = SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key");
    let bundle = sign_message(&key, &Artifact::from_bytes(APP)).expect("signed");
    Signer { pem: key.verifying_key().to_pem(), bundle }
}

#[test]
fn what_it_is_of_is_told_or_asked_for() {
    for (text, code) in [
        ("a: 1", "format-unknown"),
        ("[]", "format-unknown"),
        ("", "format-unknown"),
        ("a: [", "policy-malformed"),
        ("a: 1\na: 2", "duplicate-field"),
        ("{\"default\": 1, \"default\": 2}", "duplicate-field"),
    ] {
        let errors = attempt(text).map(|converted| converted.text).expect_err(text);
        assert_eq!(errors.iter().map(PolicyError::code).collect::<Vec<_>>(), [code], "{text}: {errors:?}");
    }
    let errors = convert("a: 1", Some(bulla_policy::convert::Format::Notation), SignedNames::Refused, &Embedded);
    assert_eq!(errors.expect_err("no policy").first().map(PolicyError::code), Some("source-missing"));
}

#[test]
fn a_private_key_is_not_shown() {
    let secret = format!("kind: ClusterImagePolicy\nkey: |\n  {}\n  c2VjcmV0\n", "-----BEGIN EC PRIVATE KEY-----");
    let errors = refuses_any(&secret);
    assert_eq!(errors.iter().map(PolicyError::code).collect::<Vec<_>>(), ["private-key"]);
    assert!(errors.iter().all(|error| !format!("{error:?}").contains("BEGIN")));
}

fn refuses_any(text: &str) -> Vec<PolicyError> {
    attempt(text).map(|converted| converted.text).expect_err(text)
}

#[test]
fn what_is_told_has_an_end() {
    let fields: String = (0..5_000).map(|number| format!("field{number}: 1\n")).collect();
    let errors = refuses_any(&format!("kind: ClusterImagePolicy\n{fields}"));
    assert_eq!(errors.len(), bulla_policy::budget::NOTES);
}

#[test]
fn a_name_in_a_comment_cannot_begin_a_line() {
    let key = quoted(ALICE);
    let text = format!(
        "{{\"default\": [{{\"type\": \"reject\"}}], \"transports\": {{\"docker\": {{\"a.dev/x\\nspec: evil\": \
         [{{\"type\": \"sigstoreSigned\", \"keyData\": {key}}}]}}}}}}"
    );
    let errors = refuses_any(&text);
    assert!(errors.iter().all(|error| error.position().line > 0), "{errors:?}");
}

/// Keys by their paths.
struct Files(Vec<(&'static str, String)>);

impl Sources for Files {
    fn file(&self, path: &str) -> Result<String, String> {
        let found = self.0.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| text.clone()).ok_or_else(|| format!("no such file: `{path}`"))
    }

    fn root(&self, _: &str) -> Result<Option<TrustedRoot>, String> {
        Ok(None)
    }
}
