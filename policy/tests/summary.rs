//! Verification summaries: what is passed, what has failed, and what has none.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, says when it is skipped, and reads files"
)]

use bulla_policy::{
    Child, Children, Decision, Embedded, Evidence, Name, NoSummary, Policies, Subject, TrustPolicy, Unavailable,
    Verdict, Verification, decide,
};
use bulla_sign::{SigningKey, sign_message};
use bulla_verify::{Artifact, Digest, KeyAlgorithm, Time};
use serde_json::{Value, json};
use std::{fs, path::PathBuf, sync::LazyLock};

const APP: &[u8] = b"app";
static NOW: LazyLock<Time> = LazyLock::new(|| Time::from_unix(1_790_000_000));
const VERIFIER: &str = "https://acme.dev/verifier";
const RESOURCE: &str = "oci://registry.acme.dev/app";

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key"));

fn policy(unmatched: &str, mode: &str, require: &str, more: &str) -> TrustPolicy {
    let pem = KEY.verifying_key().to_pem().replace('\n', "\\n");
    let require = require.replace("SIGNED", &format!("{{ signed: {{ by: {{ key: \"{pem}\" }} }} }}"));
    let text = format!(
        "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: production }}\nspec:\n  unmatched: {unmatched}\n  \
         rules:\n    - name: r\n      images: [ \"registry.acme.dev/**\" ]\n      mode: {mode}\n      multiArch: both\n      \
         require: {require}\n{more}"
    );
    TrustPolicy::parse(&text, &Embedded).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn signed() -> TrustPolicy {
    policy("deny", "enforce", "SIGNED", "")
}

fn evidence(policy: &TrustPolicy, is_signed: bool) -> Evidence {
    let bundle = sign_message(&KEY, &Artifact::from_bytes(APP)).expect("signed");
    let bundles = is_signed.then_some(("the signature".to_owned(), bundle.as_slice()));
    let gathered = Evidence::gather(bundles, &Artifact::from_bytes(APP), policy.believed(), *NOW);
    Evidence { children: Children::None, ..gathered }
}

fn decided(policy: &TrustPolicy, evidence: &Evidence, digest: Digest) -> Decision {
    let name = Name::Image("registry.acme.dev/app".to_owned());
    decide(&Policies::from(policy.clone()), &Subject { name, digest }, evidence, *NOW)
}

fn of(policy: &TrustPolicy) -> Verification<'_> {
    Verification { verifier: VERIFIER, resource: RESOURCE, policy, time: *NOW }
}

fn summary(decision: &Decision, of: &Verification<'_>) -> Result<Value, NoSummary> {
    let attestation = |origin: &str| Some((Some(format!("urn:x:{}", origin.len())), Digest::of(origin.as_bytes())));
    Ok(serde_json::from_str(&decision.summary(of, attestation)?).expect("JSON"))
}

#[test]
fn what_an_enforced_rule_accepts_has_passed_and_what_it_refuses_has_failed() {
    let policy = signed();
    let policys = Digest::of(policy.to_string().as_bytes());
    for (is_signed, result, level) in [(true, "PASSED", "SLSA_BUILD_LEVEL_UNEVALUATED"), (false, "FAILED", "FAILED")] {
        let decision = decided(&policy, &evidence(&policy, is_signed), Digest::of(APP));
        let mut expected = json!({
            "verifier": { "id": VERIFIER, "version": { "bulla": env!("CARGO_PKG_VERSION") } },
            "timeVerified": NOW.to_string(),
            "resourceUri": RESOURCE,
            "policy": { "uri": "https://acme.dev/verifier#production", "digest": { "sha256": policys.to_hex() } },
            "verificationResult": result,
            "verifiedLevels": [level],
            "slsaVersion": "1.1",
        });
        if is_signed {
            let digest = Digest::of(b"the signature").to_hex();
            expected["inputAttestations"] = json!([{ "uri": "urn:x:13", "digest": { "sha256": digest } }]);
        }
        assert_eq!(summary(&decision, &of(&policy)), Ok(expected));
    }
    // A list that is not whole is none.
    let decision = decided(&policy, &evidence(&policy, true), Digest::of(APP));
    let text = decision.summary(&of(&policy), |_| None).expect("a summary");
    assert!(text.contains("PASSED") && !text.contains("inputAttestations"), "{text}");
}

#[track_caller]
fn has_none(policy: &TrustPolicy, evidence: &Evidence, code: &str) {
    let decision = decided(policy, evidence, Digest::of(APP));
    let error = summary(&decision, &of(policy)).expect_err("no summary");
    assert_eq!(error.code(), code);
    assert!(!error.hint().is_empty() && !error.to_string().ends_with('.'), "{error}");
}

#[test]
fn what_was_not_verified_has_none() {
    let policy_ = signed();
    let unavailable =
        Unavailable { origin: "registry".into(), code: "throttled".into(), reason: "slow down".into(), hint: None };
    has_none(&policy_, &Evidence { unavailable: vec![unavailable], ..evidence(&policy_, false) }, "summary-of-unknown");
    // It is signed, and nobody who enforces anything has asked for that.
    for unmatched in ["allow", "warn"] {
        let lenient = policy(unmatched, "warn", "SIGNED", "");
        has_none(&lenient, &evidence(&lenient, true), "summary-of-unmatched");
    }
    let digest = Digest::of(APP);
    let excepted = policy(
        "deny",
        "enforce",
        "SIGNED",
        &format!("  exceptions: [ {{ digest: \"{digest}\", reason: r, owner: o, expires: 2027-01-31 }} ]\n"),
    );
    for is_signed in [true, false] {
        has_none(&excepted, &evidence(&excepted, is_signed), "summary-of-exception");
    }
    // Nor where it covers one image of an index.
    let child = Child { digest, platform: None, is_attestation: false, evidence: Some(evidence(&excepted, false)) };
    let index = Evidence { children: Children::Listed(vec![child]), ..evidence(&excepted, true) };
    let decision = decided(&excepted, &index, Digest::of(b"index"));
    assert_eq!((decision.verdict(), summary(&decision, &of(&excepted))), (Verdict::Accepted, Err(NoSummary::Excepted)));
    // What no rule is about is refused, which is an answer.
    let strict = policy("deny", "warn", "SIGNED", "");
    let refused = decided(&strict, &evidence(&strict, true), digest);
    assert_eq!(summary(&refused, &of(&strict)).expect("a summary")["verificationResult"], "FAILED");
}

#[test]
fn what_is_no_uri_names_nobody_and_nothing() {
    let policy = signed();
    let decision = decided(&policy, &evidence(&policy, true), Digest::of(APP));
    let with = |verifier: &str, resource: &str| {
        summary(&decision, &Verification { verifier, resource, ..of(&policy) }).map(drop).map_err(|error| error.code())
    };
    for good in ["urn:acme:verifier", "https://acme.dev/v?x=1", "pkg:oci/app@sha256%3A00", "mailto:a@acme.dev"] {
        assert_eq!(with(good, good), Ok(()), "{good}");
    }
    for bad in
        ["", "acme", "https:", ":x", "1a:b", "https://acme.dev/a b", "https://acme.dev/\u{e4}", "a:{name}", "a:\n"]
    {
        assert_eq!(with(bad, RESOURCE), Err("summary-without-uri"), "{bad}");
        assert_eq!(with(VERIFIER, bad), Err("summary-without-uri"), "{bad}");
    }
    assert_eq!(
        with("https://acme.dev/#v", RESOURCE),
        Err("summary-without-uri"),
        "the policy's name stands behind the `#`"
    );
}

/// Real provenance of a builder that reaches level 3, and what it is of.
fn provenance() -> Option<(Vec<u8>, Digest)> {
    let path = "../../shared/vectors/slsa-verifier/gha_go/v2.1.0/binary-linux-amd64-workflow_dispatch.intoto.jsonl";
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    if !path.exists() {
        println!("skipped: ../shared/vectors/slsa-verifier is not there");
        return None;
    }
    let digest = "sha256:f6ab7ad0c7549b5a4942c3b0690519d791c28c4c0f8b286208cb40da3322a066";
    Some((fs::read(path).expect("the provenance"), Digest::parse(digest).expect("a digest")))
}

const BUILT: &str =
    "{ provenance: { builder: slsa-github-generator, source: github.com/slsa-framework/example-package } }";

#[test]
fn a_level_is_what_provenance_proves_that_an_enforced_rule_asks_for() {
    let Some((bundle, digest)) = provenance() else { return };
    let gather = |policy: &TrustPolicy| {
        let bundles = [("provenance".to_owned(), bundle.as_slice())];
        let gathered = Evidence::gather(bundles, &Artifact::from_digest(digest), policy.believed(), *NOW);
        Evidence { children: Children::None, ..gathered }
    };
    let either = format!("{{ any: [ SIGNED, {BUILT} ] }}");
    for (mode, require, verdict, level) in [
        ("enforce", BUILT, Verdict::Accepted, Some(3)),
        ("enforce", &*format!("{{ all: [ {BUILT} ] }}"), Verdict::Accepted, Some(3)),
        ("enforce", &either, Verdict::Accepted, Some(3)),
        ("enforce", &format!("{{ all: [ SIGNED, {BUILT} ] }}"), Verdict::Refused, None),
        ("enforce", &format!("{{ atLeast: {{ count: 1, of: [ SIGNED, {BUILT} ] }} }}"), Verdict::Accepted, Some(3)),
        ("warn", BUILT, Verdict::Accepted, None),
    ] {
        let policy = policy("allow", mode, require, "");
        let decision = decided(&policy, &gather(&policy), digest);
        assert_eq!(
            (decision.verdict(), decision.level()),
            (verdict, level),
            "{mode} {require}: {:?}",
            decision.reasons()
        );
    }
    let built = policy("deny", "enforce", BUILT, "");
    let passed = summary(&decided(&built, &gather(&built), digest), &of(&built)).expect("a summary");
    assert_eq!(passed["verifiedLevels"], json!(["SLSA_BUILD_LEVEL_3"]));
    // Of an index, what is proved of all of it.
    let either = policy("deny", "enforce", &either, "");
    let child = |evidence| Child { digest, platform: None, is_attestation: false, evidence: Some(evidence) };
    for (of_child, level) in [(gather(&either), Some(3)), (evidence(&either, true), None)] {
        let index =
            Evidence { children: Children::Listed(vec![child(gather(&either)), child(of_child)]), ..gather(&either) };
        let decision = decided(&either, &index, digest);
        assert_eq!((decision.verdict(), decision.level()), (Verdict::Accepted, level), "{:?}", decision.reasons());
    }
}
