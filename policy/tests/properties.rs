//! What holds of every policy and all evidence, whatever they are.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use bulla_policy::{
    Decision, Embedded, Evidence, Name, Policies, Refused, Subject, TrustPolicy, Unavailable, Verdict, Verified, decide,
};
use bulla_sign::{PredicateType, SigningKey, sign_message, sign_statement, statement};
use bulla_verify::{Artifact, Bundle, Digest, KeyAlgorithm, Time, Trust, VerifyError, verify};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

const APP: &[u8] = b"app";
const NOW: i64 = 1_790_000_000;
const KEYS: usize = 3;
const TYPES: [&str; 2] = ["https://example.com/x", "https://example.com/y"];

/// Each key's PEM, in one line of YAML.
static WORLD: LazyLock<(Vec<String>, Vec<Verified>)> = LazyLock::new(|| {
    let keys: Vec<_> = (0..KEYS).map(|_| SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key")).collect();
    let mut all = Vec::new();
    for (number, key) in keys.iter().enumerate() {
        let mut add = |bundle: Vec<u8>| {
            let trust = Trust::nobody().with_key(key.verifying_key().clone());
            let bundle = Bundle::parse(&bundle).expect("a bundle");
            let bundle = verify(&bundle, &Artifact::from_bytes(APP), &trust, Time::from_unix(NOW)).expect("verified");
            all.push(Verified {
                origin: format!("bundle {number} {}", all.len()),
                root: None,
                bundle: Arc::new(bundle),
            });
        };
        add(sign_message(key, &Artifact::from_bytes(APP)).expect("signed"));
        for kind in TYPES {
            let kind = PredicateType::parse(kind).expect("a type");
            let json = format!("{{\"number\": {number}}}");
            let statement = statement::attest(&Digest::of(APP), None, &kind, json.as_bytes()).expect("a statement");
            add(sign_statement(key, &statement).expect("signed"));
        }
    }
    let pems = keys.iter().map(|key| key.verifying_key().to_pem().replace('\n', "\\n")).collect();
    (pems, all)
});

/// A requirement, as YAML in one line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    Signed(usize),
    Attested(usize, usize, Option<u8>),
    All(Vec<Self>),
    Any(Vec<Self>),
    AtLeast(usize, Vec<Self>),
}

impl Wanted {
    fn yaml(&self) -> String {
        let by = |key: &usize| format!("by: {{ key: \"{}\" }}", WORLD.0[*key]);
        let list = |of: &[Self]| of.iter().map(Self::yaml).collect::<Vec<_>>().join(", ");
        match self {
            Self::Signed(key) => format!("{{ signed: {{ {} }} }}", by(key)),
            Self::Attested(key, kind, when) => {
                // One that holds, one that does not, one without an answer.
                let when = when.map(|when| {
                    format!(", where: \"predicate.{}\"", ["number >= 0", "number > 9", "x == 1"][usize::from(when)])
                });
                format!("{{ attested: {{ type: \"{}\", {}{} }} }}", TYPES[*kind], by(key), when.unwrap_or_default())
            }
            Self::All(of) => format!("{{ all: [ {} ] }}", list(of)),
            Self::Any(of) => format!("{{ any: [ {} ] }}", list(of)),
            Self::AtLeast(count, of) => format!("{{ atLeast: {{ count: {count}, of: [ {} ] }} }}", list(of)),
        }
    }

    fn reversed(&self) -> Self {
        let turned = |of: &[Self]| of.iter().rev().map(Self::reversed).collect();
        match self {
            Self::All(of) => Self::All(turned(of)),
            Self::Any(of) => Self::Any(turned(of)),
            Self::AtLeast(count, of) => Self::AtLeast(*count, turned(of)),
            leaf => leaf.clone(),
        }
    }
}

fn leaf() -> impl Strategy<Value = Wanted> {
    prop_oneof![
        (0..KEYS).prop_map(Wanted::Signed),
        (0..KEYS, 0..TYPES.len(), proptest::option::of(0..3_u8))
            .prop_map(|(key, kind, when)| Wanted::Attested(key, kind, when)),
    ]
}

/// Without doubles, which no policy has.
fn several(of: impl Strategy<Value = Wanted>) -> impl Strategy<Value = Vec<Wanted>> {
    proptest::collection::vec(of, 1..4).prop_map(|mut of| {
        of.sort();
        of.dedup();
        of
    })
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let at_least = (1..3_usize, several(leaf())).prop_map(|(count, of)| Wanted::AtLeast(count.min(of.len()), of));
    prop_oneof![leaf(), at_least].prop_recursive(2, 12, 3, |inner| {
        prop_oneof![several(inner.clone()).prop_map(Wanted::All), several(inner).prop_map(Wanted::Any)]
    })
}

fn policy(name: &str, unmatched: &str, rules: &[(&str, Wanted)]) -> TrustPolicy {
    let mut text = format!(
        "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: {name} }}\nspec:\n  unmatched: {unmatched}\n  rules:\n"
    );
    for (number, (mode, wanted)) in rules.iter().enumerate() {
        text.push_str(&format!(
            "  - name: r{number}\n    files: [ app ]\n    mode: {mode}\n    require: {}\n",
            wanted.yaml()
        ));
    }
    TrustPolicy::parse(&text, &Embedded).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Some of the bundles, perhaps one that does not verify, and perhaps something that could not be had.
fn evidence() -> impl Strategy<Value = Evidence> {
    let some = proptest::sample::subsequence((0..KEYS * (1 + TYPES.len())).collect::<Vec<_>>(), 0..=6).prop_shuffle();
    (some, any::<bool>(), any::<bool>()).prop_map(|(some, refused, unavailable)| {
        let mut evidence =
            Evidence { verified: some.iter().map(|at| WORLD.1[*at].clone()).collect(), ..Evidence::default() };
        if refused {
            evidence.refused.push(Refused { origin: "rubbish".into(), error: VerifyError::InclusionProof });
        }
        if unavailable {
            let (origin, code) = ("registry".into(), "throttled".into());
            evidence.unavailable.push(Unavailable { origin, code, reason: "asks to slow down".into(), hint: None });
        }
        evidence
    })
}

fn decided(policies: &Policies, evidence: &Evidence) -> Decision {
    let subject = Subject { name: Name::File("app".into()), digest: Digest::of(APP) };
    decide(policies, &subject, evidence, Time::from_unix(NOW))
}

fn json(decision: &Decision) -> String {
    serde_json::to_string(decision).expect("JSON")
}

proptest! {
    #[test]
    fn more_is_demanded_and_no_more_is_allowed(a in wanted(), b in wanted(), evidence in evidence()) {
        prop_assume!(a != b);
        let one = decided(&policy("p", "deny", &[("enforce", a.clone())]).into(), &evidence);
        let under_all = decided(&policy("p", "deny", &[("enforce", Wanted::All(vec![a.clone(), b.clone()]))]).into(), &evidence);
        let two_rules = decided(&policy("p", "deny", &[("enforce", a.clone()), ("enforce", b.clone())]).into(), &evidence);
        let two = Policies::from(policy("p", "deny", &[("enforce", a)])).and(policy("q", "allow", &[("enforce", b)])).expect("two");
        let two_policies = decided(&two, &evidence);
        for more in [&under_all, &two_rules, &two_policies] {
            prop_assert!(one.verdict() == Verdict::Accepted || more.verdict() != Verdict::Accepted);
            prop_assert!(one.verdict() != Verdict::Refused || more.verdict() == Verdict::Refused);
        }
        prop_assert_eq!(under_all.verdict(), two_rules.verdict());
        prop_assert_eq!(under_all.verdict(), two_policies.verdict());
    }

    #[test]
    fn what_only_warns_changes_no_verdict_and_is_no_match(a in wanted(), b in wanted(), evidence in evidence()) {
        for mode in ["warn", "audit"] {
            let alone = decided(&policy("p", "deny", &[("enforce", a.clone())]).into(), &evidence);
            let both = decided(&policy("p", "deny", &[("enforce", a.clone()), (mode, b.clone())]).into(), &evidence);
            prop_assert_eq!(alone.verdict(), both.verdict());
            let only = decided(&policy("p", "deny", &[(mode, b.clone())]).into(), &evidence);
            prop_assert_eq!(only.verdict(), Verdict::Refused);
        }
    }

    #[test]
    fn no_order_makes_a_difference(a in wanted(), b in wanted(), evidence in evidence()) {
        prop_assume!(a != b);
        let p = || policy("p", "warn", &[("enforce", a.clone())]);
        let q = || policy("q", "deny", &[("warn", b.clone())]);
        let forwards = decided(&Policies::from(p()).and(q()).expect("two"), &evidence);
        let mut turned = evidence.clone();
        turned.verified.reverse();
        turned.refused.reverse();
        let backwards = decided(&Policies::from(q()).and(p()).expect("two"), &turned);
        prop_assert_eq!(json(&forwards), json(&backwards));
        let rule = |wanted: Wanted| decided(&policy("p", "deny", &[("enforce", wanted)]).into(), &turned).verdict();
        prop_assert_eq!(rule(a.clone()), rule(a.reversed()));
    }

    #[test]
    fn what_parses_prints_back_to_an_equal_one(a in wanted(), b in wanted()) {
        let policy = policy("p", "deny", &[("enforce", a), ("audit", b)]);
        let printed = policy.to_string();
        let again = TrustPolicy::parse(&printed, &Embedded).unwrap_or_else(|error| panic!("{error}\n{printed}"));
        prop_assert_eq!(&again, &policy);
    }

    #[test]
    fn less_evidence_never_accepts_what_was_refused(a in wanted(), evidence in evidence()) {
        let policies = Policies::from(policy("p", "deny", &[("enforce", a)]));
        let whole = decided(&policies, &evidence);
        for at in 0..evidence.verified.len() {
            let mut less = evidence.clone();
            less.verified.remove(at);
            let less = decided(&policies, &less);
            prop_assert!(less.verdict() != Verdict::Accepted || whole.verdict() == Verdict::Accepted);
        }
    }

    #[test]
    fn a_refusal_has_reasons_and_what_could_not_be_had_is_never_a_refusal_of_its_own(a in wanted(), evidence in evidence()) {
        let decision = decided(&policy("p", "deny", &[("enforce", a)]).into(), &evidence);
        let reasons = decision.reasons();
        prop_assert!(decision.verdict() == Verdict::Accepted || !reasons.is_empty());
        prop_assert!(reasons.iter().all(|reason| !reason.message.is_empty() && reason.hint.as_ref().is_none_or(|hint| !hint.is_empty())));
        if !evidence.unavailable.is_empty() {
            prop_assert!(decision.verdict() != Verdict::Refused);
        }
    }
}
