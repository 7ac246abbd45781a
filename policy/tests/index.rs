//! Images for several platforms: what of an index has to meet a rule.
#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use bulla_policy::{
    Child, Children, Decision, Embedded, Evidence, Name, Policies, Refused, Subject, TrustPolicy, Unavailable, Verdict,
    Verified, decide,
};
use bulla_sign::{SigningKey, sign_message};
use bulla_verify::{Artifact, Bundle, Digest, KeyAlgorithm, Time, Trust, VerifiedSigner, VerifyError, verify};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

const INDEX: &[u8] = b"index";
const AMD64: &[u8] = b"amd64";
const ARM64: &[u8] = b"arm64";
const NOW: i64 = 1_790_000_000;

static KEY: LazyLock<SigningKey> = LazyLock::new(key);
static OTHER: LazyLock<SigningKey> = LazyLock::new(key);

fn key() -> SigningKey {
    SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key")
}

fn signature(key: &SigningKey, of: &[u8]) -> Verified {
    let bundle = sign_message(key, &Artifact::from_bytes(of)).expect("signed");
    let trust = Trust::nobody().with_key(key.verifying_key().clone());
    let bundle = Bundle::parse(&bundle).expect("a bundle");
    let bundle = verify(&bundle, &Artifact::from_bytes(of), &trust, Time::from_unix(NOW)).expect("verified");
    Verified { origin: format!("of {}", String::from_utf8_lossy(of)), root: None, bundle: Arc::new(bundle) }
}

/// What may be attached to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attached {
    Ours,
    Others,
    Nothing,
    /// The registry did not answer.
    Unavailable,
    /// Nobody has asked.
    Unasked,
}

impl Attached {
    fn evidence(self, of: &[u8]) -> Evidence {
        let mut evidence = Evidence { children: Children::None, ..Evidence::default() };
        match self {
            Self::Ours => evidence.verified.push(signature(&KEY, of)),
            Self::Others => evidence.verified.push(signature(&OTHER, of)),
            Self::Nothing | Self::Unasked => {}
            Self::Unavailable => evidence.unavailable.push(unavailable()),
        }
        evidence
    }

    fn child(self, platform: &str, of: &[u8]) -> Child {
        Child {
            digest: Digest::of(of),
            platform: Some(platform.to_owned()),
            is_attestation: false,
            evidence: Some(self.evidence(of)).filter(|_| self != Self::Unasked),
        }
    }
}

fn unavailable() -> Unavailable {
    Unavailable { origin: "registry".into(), code: "throttled".into(), reason: "asks to slow down".into(), hint: None }
}

/// An index of two images.
fn index(itself: Attached, amd64: Attached, arm64: Attached) -> Evidence {
    let children = vec![amd64.child("linux/amd64", AMD64), arm64.child("linux/arm64", ARM64)];
    Evidence { children: Children::Listed(children), ..itself.evidence(INDEX) }
}

fn policy(multi_arch: &str, more: &str) -> Policies {
    let pem = KEY.verifying_key().to_pem().replace('\n', "\\n");
    let text = format!(
        "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: p }}\nspec:\n  unmatched: deny\n  rules:\n    \
         - name: r\n      images: [ \"registry.acme.dev/**\" ]\n      files: [ app ]\n      mode: enforce\n      {multi_arch}\n      \
         require: {{ signed: {{ by: {{ key: \"{pem}\" }} }} }}\n{more}"
    );
    TrustPolicy::parse(&text, &Embedded).unwrap_or_else(|error| panic!("{error}\n{text}")).into()
}

fn decided(policies: &Policies, evidence: &Evidence) -> Decision {
    let name = Name::Image("registry.acme.dev/app".to_owned());
    decide(policies, &Subject { name, digest: Digest::of(INDEX) }, evidence, Time::from_unix(NOW))
}

fn verdict(multi_arch: &str, evidence: &Evidence) -> Verdict {
    let decision = decided(&policy(multi_arch, ""), evidence);
    assert!(decision.verdict() == Verdict::Accepted || !decision.reasons().is_empty(), "a reason");
    assert!(decision.verdict() != Verdict::Accepted || !decision.met_by().is_empty(), "somebody has signed");
    decision.verdict()
}

/// The verdict, and the codes of the reasons.
#[track_caller]
fn answers(policies: &Policies, evidence: &Evidence, verdict: Verdict, codes: &[&str]) -> Decision {
    let decision = decided(policies, evidence);
    let reasons = decision.reasons();
    let found: Vec<_> = reasons.iter().map(|reason| reason.code.as_str()).collect();
    assert_eq!((decision.verdict(), found.as_slice()), (verdict, codes), "{reasons:?}");
    assert!(reasons.iter().all(|reason| reason.code == "throttled" || reason.hint.is_some()), "{reasons:?}");
    decision
}

const RULES: [&str; 4] = ["", "multiArch: index", "multiArch: children", "multiArch: both"];

#[test]
fn each_rule_asks_what_it_says_and_what_could_not_be_had_is_unknown() {
    use Attached::{Nothing, Others, Ours, Unasked, Unavailable};
    use Verdict::{Accepted, Refused, Unknown};
    for (itself, amd64, arm64, of_index, of_children) in [
        (Ours, Ours, Ours, Accepted, Accepted),
        (Ours, Nothing, Nothing, Accepted, Refused),
        (Ours, Ours, Nothing, Accepted, Refused),
        (Ours, Others, Ours, Accepted, Refused),
        (Ours, Ours, Unavailable, Accepted, Unknown),
        (Ours, Ours, Unasked, Accepted, Unknown),
        (Ours, Unavailable, Nothing, Accepted, Refused),
        (Nothing, Ours, Ours, Refused, Accepted),
        (Others, Ours, Ours, Refused, Accepted),
        (Unavailable, Ours, Ours, Unknown, Accepted),
        (Unavailable, Ours, Nothing, Unknown, Refused),
        (Unavailable, Unavailable, Ours, Unknown, Unknown),
        (Nothing, Unasked, Unasked, Refused, Unknown),
    ] {
        let evidence = index(itself, amd64, arm64);
        let found = RULES.map(|rule| verdict(rule, &evidence));
        assert_eq!(
            found,
            [of_index, of_index, of_children, of_index.and(of_children)],
            "{itself:?} {amd64:?} {arm64:?}"
        );
    }
}

#[test]
fn what_is_no_index_has_to_meet_the_rule_itself() {
    for rule in RULES {
        assert_eq!(verdict(rule, &Attached::Ours.evidence(INDEX)), Verdict::Accepted, "{rule}");
        assert_eq!(verdict(rule, &Attached::Nothing.evidence(INDEX)), Verdict::Refused, "{rule}");
        // A file is none, whether anybody has looked or not.
        let file = Evidence { children: Children::Unseen, ..Attached::Ours.evidence(INDEX) };
        let subject = Subject { name: Name::File("app".to_owned()), digest: Digest::of(INDEX) };
        let decision = decide(&policy(rule, ""), &subject, &file, Time::from_unix(NOW));
        assert_eq!(decision.verdict(), Verdict::Accepted, "{rule}");
    }
}

#[test]
fn where_nobody_has_looked_nothing_is_known_of_the_images() {
    let evidence = Evidence { children: Children::Unseen, ..Attached::Ours.evidence(INDEX) };
    answers(&policy("", ""), &evidence, Verdict::Accepted, &[]);
    for rule in ["multiArch: children", "multiArch: both"] {
        answers(&policy(rule, ""), &evidence, Verdict::Unknown, &["index-unseen"]);
    }
}

/// All of nothing would be met by everybody.
#[test]
fn an_index_without_images_is_refused() {
    let with = |children| Evidence { children: Children::Listed(children), ..Attached::Ours.evidence(INDEX) };
    let attestation = Child { is_attestation: true, ..Attached::Ours.child("unknown/unknown", AMD64) };
    for evidence in [with(Vec::new()), with(vec![attestation])] {
        answers(&policy("", ""), &evidence, Verdict::Accepted, &[]);
        for rule in ["multiArch: children", "multiArch: both"] {
            answers(&policy(rule, ""), &evidence, Verdict::Refused, &["index-empty"]);
        }
    }
}

#[test]
fn attestations_need_no_signature_and_everything_else_does() {
    let mut evidence = index(Attached::Nothing, Attached::Ours, Attached::Ours);
    let Children::Listed(children) = &mut evidence.children else { panic!("an index") };
    let extra = Attached::Nothing.child("unknown/unknown", b"extra");
    children.push(Child { is_attestation: true, ..extra.clone() });
    let policies = policy("multiArch: children", "");
    answers(&policies, &evidence, Verdict::Accepted, &[]);
    let Children::Listed(children) = &mut evidence.children else { panic!("an index") };
    children.push(extra);
    answers(&policies, &evidence, Verdict::Refused, &["no-signature"]);
}

#[test]
fn an_index_in_an_index_is_refused_whoever_has_signed_it() {
    let mut evidence = index(Attached::Ours, Attached::Ours, Attached::Ours);
    let Children::Listed(children) = &mut evidence.children else { panic!("an index") };
    let inner = index(Attached::Ours, Attached::Ours, Attached::Ours);
    children.push(Child { evidence: Some(inner), ..Attached::Ours.child("linux/386", b"inner") });
    answers(&policy("", ""), &evidence, Verdict::Accepted, &[]);
    answers(&policy("multiArch: both", ""), &evidence, Verdict::Refused, &["index-nested"]);
    // Nor is it accepted where nobody could see what it is.
    let Children::Listed(children) = &mut evidence.children else { panic!("an index") };
    let unseen = Evidence { children: Children::Unseen, ..Attached::Ours.evidence(b"inner") };
    children.pop();
    children.push(Child { evidence: Some(unseen), ..Attached::Ours.child("linux/386", b"inner") });
    answers(&policy("multiArch: both", ""), &evidence, Verdict::Unknown, &["index-unseen"]);
}

#[test]
fn a_reason_says_which_image_it_is_about() {
    let mut evidence = index(Attached::Ours, Attached::Others, Attached::Nothing);
    evidence.unavailable.push(unavailable());
    let Children::Listed(children) = &mut evidence.children else { panic!("an index") };
    let arm64 = children.last_mut().and_then(|child| child.evidence.as_mut()).expect("evidence");
    arm64.refused.push(Refused { origin: "rubbish".into(), error: VerifyError::InclusionProof });
    let codes = ["throttled", "inclusion-proof", "signer-mismatch"];
    let decision = answers(&policy("multiArch: both", ""), &evidence, Verdict::Refused, &codes);
    let reasons = decision.reasons();
    let about: Vec<_> =
        reasons.iter().map(|reason| reason.child.as_ref().and_then(|child| child.platform.as_deref())).collect();
    assert_eq!(about, [None, Some("linux/arm64"), Some("linux/amd64")]);
    let last = reasons.last().expect("reasons");
    let prefix = format!("linux/amd64 {}: signed by ", Digest::of(AMD64));
    assert!(last.message.starts_with(&prefix), "{}", last.message);
    let json = serde_json::to_value(&decision).expect("JSON");
    let parts = json.pointer("/rules/0/step/parts").expect("parts");
    assert_eq!(parts.pointer("/0/demanded"), Some(&"the index itself".into()));
    assert_eq!(parts.pointer("/1/parts/1/child/platform"), Some(&"linux/arm64".into()));
    assert_eq!(parts.pointer("/1/parts/1/child/digest"), Some(&Digest::of(ARM64).to_string().into()));
}

/// One that has nothing at all is not told by what another one has.
#[test]
fn that_nothing_is_attached_is_said_of_each_image() {
    let evidence = index(Attached::Ours, Attached::Others, Attached::Nothing);
    let codes = ["signer-mismatch", "no-signature"];
    answers(&policy("multiArch: children", ""), &evidence, Verdict::Refused, &codes);
}

fn revoking(of: &[u8], since: &str) -> String {
    format!("  revoked: [ {{ digest: \"{}\", since: {since}, reason: it leaks }} ]\n", Digest::of(of))
}

/// Its digest is known wherever the index was seen, and nobody has to ask for it.
#[test]
fn an_index_that_holds_what_is_revoked_is_refused() {
    for rule in RULES {
        for (amd64, held) in [(Attached::Ours, AMD64), (Attached::Unasked, AMD64), (Attached::Ours, INDEX)] {
            let evidence = index(Attached::Ours, amd64, Attached::Ours);
            let decision = decided(&policy(rule, &revoking(held, "2026-01-01")), &evidence);
            let reasons = decision.reasons();
            assert_eq!(decision.verdict(), Verdict::Refused, "{rule} {amd64:?}");
            assert!(reasons.iter().any(|reason| reason.code == "artifact-revoked"), "{reasons:?}");
            let later = decided(&policy(rule, &revoking(held, "2027-01-01")), &evidence);
            assert_ne!(later.verdict(), Verdict::Refused, "{rule} {amd64:?}");
        }
    }
    // What is attested there is not run, and still is what somebody has revoked.
    let mut evidence = index(Attached::Ours, Attached::Ours, Attached::Ours);
    let Children::Listed(children) = &mut evidence.children else { panic!("an index") };
    children.push(Child { is_attestation: true, ..Attached::Unasked.child("unknown/unknown", b"extra") });
    answers(&policy("", &revoking(b"extra", "2026-01-01")), &evidence, Verdict::Refused, &["artifact-revoked"]);
}

#[test]
fn an_exception_of_an_image_covers_that_image_and_shows() {
    let excepting = |of: &[u8], expires: &str| {
        let digest = Digest::of(of);
        format!(
            "  exceptions: [ {{ digest: \"{digest}\", reason: built before, owner: platform, expires: {expires} }} ]\n"
        )
    };
    let one = index(Attached::Ours, Attached::Nothing, Attached::Ours);
    let both = index(Attached::Ours, Attached::Nothing, Attached::Nothing);
    let rule = "multiArch: both";
    let covered = answers(&policy(rule, &excepting(AMD64, "2027-01-31")), &one, Verdict::Accepted, &[]);
    let [excepted] = covered.exceptions() else { panic!("{:?}", covered.exceptions()) };
    assert_eq!(excepted.digest, Digest::of(AMD64).to_string());
    let json = serde_json::to_value(&covered).expect("JSON");
    let part = json.pointer("/rules/0/step/parts/1/parts/0").expect("a part");
    assert_eq!((&part["verdict"], &part["parts"][0]["verdict"]), (&"accepted".into(), &"refused".into()));
    assert!(part["demanded"].as_str().is_some_and(|said| said.ends_with(", which an exception covers")), "{part}");
    // What an exception covers has no reasons left, here that nobody has looked at it.
    let unasked = index(Attached::Ours, Attached::Unasked, Attached::Ours);
    let covered = answers(&policy(rule, &excepting(AMD64, "2027-01-31")), &unasked, Verdict::Accepted, &[]);
    let json = serde_json::to_value(&covered).expect("JSON");
    assert_eq!(json.pointer("/rules/0/step/parts/1/parts/0/reasons"), Some(&serde_json::json!([])));
    answers(&policy(rule, &excepting(AMD64, "2026-01-31")), &one, Verdict::Refused, &["no-signature"]);
    answers(&policy(rule, &excepting(AMD64, "2027-01-31")), &both, Verdict::Refused, &["no-signature"]);
    // One of the index excuses it with all that is in it.
    let whole = decided(&policy("multiArch: children", &excepting(INDEX, "2027-01-31")), &both);
    assert_eq!((whole.verdict(), whole.exceptions().len()), (Verdict::Accepted, 1));
    // Where nobody asks for the images, none of them is excused from anything.
    assert_eq!(decided(&policy("", &excepting(AMD64, "2027-01-31")), &one).exceptions(), []);
    // It excuses from what its own policy says.
    let named = |name: &str, more: &str| {
        let text = policy(rule, more).iter().map(ToString::to_string).collect::<String>();
        TrustPolicy::parse(&text.replace("name: p\n", &format!("name: {name}\n")), &Embedded).expect("a policy")
    };
    let excused = Policies::from(named("q", &excepting(AMD64, "2027-01-31")));
    answers(&excused, &one, Verdict::Accepted, &[]);
    answers(&excused.and(named("p", "")).expect("two"), &one, Verdict::Refused, &["no-signature"]);
    // And it stands below a revocation.
    let revoked = excepting(AMD64, "2027-01-31") + &revoking(AMD64, "2026-01-01");
    answers(&policy(rule, &revoked), &one, Verdict::Refused, &["artifact-revoked"]);
}

fn attached() -> impl Strategy<Value = Attached> {
    use Attached::{Nothing, Others, Ours, Unasked, Unavailable};
    prop_oneof![3 => Just(Ours), 1 => Just(Others), 1 => Just(Nothing), 1 => Just(Unavailable), 1 => Just(Unasked)]
}

const PLATFORMS: [&str; 4] = ["linux/amd64", "linux/arm64", "linux/arm/v7", "unknown/unknown"];

fn any_index() -> impl Strategy<Value = Evidence> {
    let child = (attached(), 0..PLATFORMS.len(), 0..6_u8, any::<bool>(), any::<bool>());
    (attached(), proptest::collection::vec(child, 0..4)).prop_map(|(itself, mut children)| {
        // What is attached to a digest is the same wherever the digest is listed.
        let mut known = std::collections::BTreeSet::new();
        children.retain(|(_, _, content, _, _)| known.insert(*content));
        let child = |(attached, platform, content, attests, nested): &(Attached, usize, u8, bool, bool)| {
            let mut child = attached.child(PLATFORMS[*platform], &[*content]);
            child.is_attestation = *attests && *platform == 3;
            if let Some(evidence) = child.evidence.as_mut().filter(|_| *nested && *content == 5) {
                evidence.children = Children::Listed(Vec::new());
            }
            child
        };
        let children = Children::Listed(children.iter().map(child).collect());
        Evidence { children, ..itself.evidence(INDEX) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn both_is_never_more_than_either_and_no_order_makes_a_difference(evidence in any_index()) {
        let [_, of_index, of_children, both] = RULES.map(|rule| policy(rule, ""));
        let verdicts = [&of_index, &of_children].map(|policies| decided(policies, &evidence).verdict());
        prop_assert_eq!(decided(&both, &evidence).verdict(), verdicts[0].and(verdicts[1]));
        let mut turned = evidence.clone();
        if let Children::Listed(children) = &mut turned.children {
            children.reverse();
        }
        for policies in [&of_index, &of_children, &both] {
            let [forwards, backwards] = [&evidence, &turned].map(|evidence| decided(policies, evidence));
            let [forwards, backwards] = [&forwards, &backwards].map(|it| serde_json::to_string(it).expect("JSON"));
            prop_assert_eq!(forwards, backwards);
        }
    }

    /// Whoever may write the index can take things out of it, and what is attached to them; what is refused stays so, unless the
    /// thing that was refused is gone.
    #[test]
    fn what_is_accepted_has_every_image_signed(evidence in any_index()) {
        let decision = decided(&policy("multiArch: children", ""), &evidence);
        let Children::Listed(children) = &evidence.children else { panic!("an index") };
        let mut images = children.iter().filter(|child| !child.is_attestation).peekable();
        let is_signed = |child: &Child| {
            child.evidence.as_ref().is_some_and(|evidence| {
                let ours = |it: &Verified| {
                    let VerifiedSigner::Key { key, .. } = it.bundle.signer() else { panic!("a key") };
                    key.id() == KEY.verifying_key().id()
                };
                matches!(evidence.children, Children::None) && evidence.verified.iter().any(ours)
            })
        };
        let all = images.peek().is_some() && images.all(is_signed);
        prop_assert_eq!(decision.verdict() == Verdict::Accepted, all);
    }
}
