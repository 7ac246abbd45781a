//! Which rules decide: those about the name, of every policy, that are enforced. What only warns, warns.

use crate::{APP, NOW, pem};
use bulla_policy::{Decision, Embedded, Name, Policies, TrustPolicy, Verdict, judge, language::Unmatched};
use bulla_sandbox::{Algorithm, Content, Key};
use bulla_verify::{Artifact, Digest, Time};
use std::sync::LazyLock;

static OURS: LazyLock<Key> = LazyLock::new(key);
static THEIRS: LazyLock<Key> = LazyLock::new(key);

fn key() -> Key {
    Key::generate(Algorithm::EcdsaP256).expect("a key")
}

fn signed_by(key: &Key) -> String {
    format!("{{ signed: {{ by: {{ key: \"{}\" }} }} }}", pem(key))
}

/// `name: [ pattern ] mode requirement`, about images and files alike.
fn rule(name: &str, pattern: &str, mode: &str, require: &str) -> String {
    format!("    - {{ name: {name}, images: [ \"{pattern}\" ], files: [ app ], mode: {mode}, require: {require} }}\n")
}

fn policy(name: &str, unmatched: &str, rules: &str, besides: &str) -> TrustPolicy {
    let text = format!(
        "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: {name} }}\nspec:\n  unmatched: {unmatched}\n  \
         rules:\n{rules}{besides}"
    );
    TrustPolicy::parse(&text, &Embedded).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The decision about what a key has signed.
fn decide(policies: impl Into<Policies>, name: Name, key: &Key) -> Decision {
    decide_of(policies, name, &[key])
}

/// The decision about what several keys have signed.
fn decide_of(policies: impl Into<Policies>, name: Name, keys: &[&Key]) -> Decision {
    let bundle = |key: &&Key| key.bundle(Content::Artifact(APP)).expect("signed").to_string();
    let bundles: Vec<_> = keys.iter().map(bundle).collect();
    let bundles = bundles.iter().enumerate().map(|(at, bundle)| (format!("bundle {at}"), bundle.as_bytes()));
    judge(bundles, name, &Artifact::from_bytes(APP), &policies.into(), Time::from_unix(NOW))
}

fn image(name: &str) -> Name {
    Name::Image(name.to_owned())
}

fn app() -> Name {
    image("registry.acme.dev/app")
}

const ACME: &str = "registry.acme.dev/**";

#[test]
fn a_rule_decides_about_what_it_names_and_nothing_else() {
    let only_images =
        format!("    - {{ name: r, images: [ \"{ACME}\" ], mode: enforce, require: {} }}\n", signed_by(&OURS));
    let only_files = only_images.replace(&format!("images: [ \"{ACME}\" ]"), "files: [ \"app-*\" ]");
    let verdict = |rules: &str, name: Name| {
        let decision = decide(policy("p", "deny", rules, ""), name, &OURS);
        let named = decision.rules().len();
        assert_eq!(decision.verdict() == Verdict::Accepted, named == 1, "{:?}", decision.reasons());
        assert_eq!(decision.unmatched(), (named == 0).then_some(Unmatched::Deny));
        assert_eq!(decision.reasons().iter().any(|reason| reason.code == "unmatched"), named == 0);
        decision.verdict()
    };
    use Verdict::{Accepted, Refused};
    assert_eq!(verdict(&only_images, app()), Accepted);
    assert_eq!(verdict(&only_images, image("registry.acme.dev.evil.dev/app")), Refused);
    assert_eq!(verdict(&only_images, Name::File("registry.acme.dev/app".to_owned())), Refused);
    assert_eq!(verdict(&only_images, Name::Unnamed), Refused);
    assert_eq!(verdict(&only_files, Name::File("app-1.4".to_owned())), Accepted);
    assert_eq!(verdict(&only_files, image("app-1.4")), Refused);
    // Only who speaks of every image speaks of one without a name.
    assert_eq!(verdict(&only_images.replace(ACME, "**"), Name::Unnamed), Accepted);
}

#[test]
fn every_rule_of_every_policy_has_to_be_met() {
    let ours = policy("ours", "deny", &rule("r", ACME, "enforce", &signed_by(&OURS)), "");
    let theirs = policy("theirs", "deny", &rule("r", ACME, "enforce", &signed_by(&THEIRS)), "");
    let both = Policies::from(ours.clone()).and(theirs).expect("two");
    assert_eq!(Policies::from(ours.clone()).to_string(), "the policy `ours`");
    assert_eq!(decide(ours, app(), &OURS).verdict(), Verdict::Accepted);
    assert_eq!(decide_of(both.clone(), app(), &[&OURS, &THEIRS]).verdict(), Verdict::Accepted);
    let decision = decide(both, app(), &OURS);
    assert_eq!(decision.verdict(), Verdict::Refused);
    let steps: Vec<_> = decision.rules().iter().map(|rule| (rule.policy.as_str(), rule.step.verdict)).collect();
    assert_eq!(steps, [("ours", Verdict::Accepted), ("theirs", Verdict::Refused)]);
}

#[test]
fn an_exception_excuses_from_its_own_policy_and_not_from_the_other() {
    let digest = Digest::of(APP);
    let excuse = |expires: i64| {
        let expires = Time::from_unix(NOW + expires);
        format!("  exceptions: [ {{ digest: \"{digest}\", reason: r, owner: o, expires: \"{expires}\" }} ]\n")
    };
    let ours = |besides: &str| policy("ours", "deny", &rule("r", ACME, "enforce", &signed_by(&OURS)), besides);
    let theirs = policy("theirs", "deny", &rule("r", ACME, "enforce", &signed_by(&THEIRS)), "");
    let verdict = |besides: &str, key: &Key| {
        let both = Policies::from(ours(besides)).and(theirs.clone()).expect("two");
        decide(both, app(), key).verdict()
    };
    assert_eq!([verdict("", &OURS), verdict("", &THEIRS)], [Verdict::Refused, Verdict::Refused]);
    assert_eq!(verdict(&excuse(1), &OURS), Verdict::Refused, "of the other policy nothing is excused");
    assert_eq!(verdict(&excuse(1), &THEIRS), Verdict::Accepted);
    assert_eq!(verdict(&excuse(0), &THEIRS), Verdict::Refused, "it has ended");
    // Where all is excused, no rule is left that `unmatched` could miss.
    let decision = decide(ours(&excuse(1)), app(), &THEIRS);
    assert_eq!((decision.verdict(), decision.unmatched()), (Verdict::Accepted, None));
    assert_eq!(decision.exceptions().first().map(|excepted| excepted.owner.as_str()), Some("o"));
}

#[test]
fn the_strictest_unmatched_counts() {
    let about_others = rule("r", "registry.other.dev/**", "enforce", &signed_by(&OURS));
    let found = |unmatched: &[&str]| {
        let policies = unmatched.iter().enumerate();
        let mut policies = policies.map(|(at, unmatched)| policy(&format!("p{at}"), unmatched, &about_others, ""));
        let first = Policies::from(policies.next().expect("one"));
        let all = policies.fold(first, |all, policy| all.and(policy).expect("another"));
        let decision = decide(all, app(), &OURS);
        let warnings: Vec<_> = decision.warnings().into_iter().map(|reason| reason.code).collect();
        (decision.verdict(), decision.unmatched(), warnings)
    };
    let (allowed, warned) = (Vec::new(), vec!["unmatched".to_owned()]);
    assert_eq!(found(&["allow"]), (Verdict::Accepted, Some(Unmatched::Allow), allowed.clone()));
    assert_eq!(found(&["warn"]), (Verdict::Accepted, Some(Unmatched::Warn), warned.clone()));
    assert_eq!(found(&["allow", "warn", "allow"]), (Verdict::Accepted, Some(Unmatched::Warn), warned));
    assert_eq!(found(&["warn", "deny", "allow"]), (Verdict::Refused, Some(Unmatched::Deny), allowed));
}

#[test]
fn what_only_warns_and_is_not_met_is_warned_of_by_its_name() {
    let rules = |mode: &str| {
        rule("first", ACME, "enforce", &signed_by(&OURS)) + &rule("second", ACME, mode, &signed_by(&THEIRS))
    };
    let warnings = |mode: &str, key: &Key| {
        let decision = decide(policy("p", "deny", &rules(mode), ""), app(), key);
        let told: Vec<_> = decision.warnings().into_iter().map(|reason| (reason.code, reason.message)).collect();
        (decision.verdict(), told)
    };
    let (verdict, told) = warnings("warn", &OURS);
    assert_eq!((verdict, told.len()), (Verdict::Accepted, 1));
    let (code, message) = told.first().expect("a warning");
    assert_eq!(code, "signer-mismatch");
    assert!(message.starts_with("the rule `second` is not met: signed by "), "{message}");
    assert_eq!(warnings("audit", &OURS), (Verdict::Accepted, Vec::new()));
    assert_eq!(warnings("enforce", &OURS), (Verdict::Refused, Vec::new()));
    assert_eq!(warnings("warn", &THEIRS), (Verdict::Refused, Vec::new()), "it is met, and the other one is no warning");
    // One that only warns is no match.
    let only = rule("only", ACME, "warn", &signed_by(&OURS));
    assert_eq!(decide(policy("p", "deny", &only, ""), app(), &OURS).verdict(), Verdict::Refused);
}
