//! The containers' policy.json.

use crate::{ALICE, BOB, Files, about, attempt, converts, demanded, quoted, refuses, signer, unmatched, verdict};
use bulla_policy::{
    Embedded, PolicyError, Verdict,
    convert::{Format, SignedNames, convert},
    language::Unmatched,
};

const ACCEPT: &str = "[{\"type\": \"insecureAcceptAnything\"}]";
const REJECT: &str = "[{\"type\": \"reject\"}]";

/// `data` is base64 there.
fn signed(pem: &str) -> String {
    format!("[{}]", one(pem))
}

fn one(pem: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    format!(
        "{{\"type\": \"sigstoreSigned\", \"keyData\": \"{}\", \"signedIdentity\": {{\"type\": \"matchRepository\"}}}}",
        STANDARD.encode(pem)
    )
}

fn policy(default: &str, scopes: &[(&str, &str)]) -> String {
    let scopes: Vec<_> = scopes.iter().map(|(scope, demand)| format!("\"{scope}\": {demand}")).collect();
    format!("{{\"default\": {default},\n\"transports\": {{\"docker\": {{\n{}\n}}}}}}", scopes.join(",\n"))
}

#[test]
fn a_scope_is_about_what_lies_in_it() {
    let alice = signer();
    let (policy, codes) = converts(&policy(REJECT, &[("a.dev/team", &signed(&alice.pem))]));
    assert_eq!(codes, ["signatures-anew", "signed-name"]);
    assert_eq!(unmatched(&policy), Unmatched::Deny);
    for (image, bundles, expected) in [
        ("a.dev/team/app", vec![&alice.bundle[..]], Verdict::Accepted),
        ("a.dev/team", vec![&alice.bundle], Verdict::Accepted),
        ("a.dev/team/app", vec![], Verdict::Refused),
        ("a.dev/teams/app", vec![&alice.bundle], Verdict::Refused),
    ] {
        assert_eq!(verdict(&policy, image, &bundles), expected, "{image}");
    }
}

#[test]
fn all_that_is_listed_has_to_be_met_and_any_of_several_keys() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let (policy, _) = converts(&policy(REJECT, &[("a.dev", &format!("[{}, {}]", one(ALICE), one(BOB)))]));
    assert!(demanded(&policy).first().is_some_and(|all| all.contains(" and ")));
    let both = format!("\"keyDatas\": [\"{}\", \"{}\"]", STANDARD.encode(ALICE), STANDARD.encode(BOB));
    let any = signed(ALICE).replace(&format!("\"keyData\": \"{}\"", STANDARD.encode(ALICE)), &both);
    let (policy, _) = converts(&crate::containers::policy(REJECT, &[("a.dev", &any)]));
    assert!(demanded(&policy).first().is_some_and(|any| any.contains(" or ")));
}

#[test]
fn the_default_becomes_what_no_rule_is_about() {
    let (open, _) = converts(&policy(ACCEPT, &[("a.dev", &signed(ALICE))]));
    assert_eq!(unmatched(&open), Unmatched::Allow);
    let alice = signer();
    let (all, _) = converts(&policy(&signed(&alice.pem), &[]));
    assert_eq!(verdict(&all, "b.dev/x", &[&alice.bundle]), Verdict::Accepted);
    assert_eq!(verdict(&all, "b.dev/x", &[]), Verdict::Refused);
    // A transport may have a default of its own.
    let (own, _) = converts(&policy(ACCEPT, &[("", REJECT), ("a.dev", &signed(ALICE))]));
    assert_eq!(unmatched(&own), Unmatched::Deny);
}

/// There the most specific scope alone counts, here all of them.
#[test]
fn a_scope_in_another_one_is_converted_where_both_come_to_the_same() {
    let both = format!("[{}, {}]", one(ALICE), one(BOB));
    let (policy_, _) = converts(&policy(REJECT, &[("a.dev", &signed(ALICE)), ("a.dev/x", &both)]));
    assert!(about(&policy_, "a.dev/x/y") && about(&policy_, "a.dev/y"));
    let (nested, codes) = converts(&policy(REJECT, &[("a.dev", REJECT), ("a.dev/x", &signed(ALICE))]));
    assert!(codes.contains(&"denied-unmatched".to_owned()));
    assert!(about(&nested, "a.dev/x") && !about(&nested, "a.dev/y"));
    let (open, _) = converts(&policy(ACCEPT, &[("a.dev", ACCEPT), ("a.dev/x", &signed(ALICE))]));
    assert_eq!(unmatched(&open), Unmatched::Allow);
    for (default, scopes, codes) in [
        (REJECT, vec![("a.dev", signed(ALICE)), ("a.dev/x", signed(BOB))], &["most-specific"][..]),
        (REJECT, vec![("*.dev", signed(ALICE)), ("a.dev:5000/x", signed(BOB))], &["most-specific"]),
        (REJECT, vec![("a.dev", signed(ALICE)), ("a.dev/x", REJECT.to_owned())], &["denies-always"]),
        (REJECT, vec![("a.dev", ACCEPT.to_owned()), ("b.dev", signed(ALICE))], &["accepts-unsigned"]),
        (ACCEPT, vec![("a.dev", signed(ALICE)), ("a.dev/x", ACCEPT.to_owned())], &["accepts-unsigned"]),
        (ACCEPT, vec![("a.dev", REJECT.to_owned())], &["denies-always"]),
    ] {
        let scopes: Vec<_> = scopes.iter().map(|(scope, demand)| (*scope, demand.as_str())).collect();
        refuses(&policy(default, &scopes), codes);
    }
    refuses(&policy(&signed(ALICE), &[("a.dev", &signed(BOB))]), &["most-specific"]);
}

#[test]
fn what_cannot_be_said_refuses_by_name() {
    let gpg = "[{\"type\": \"signedBy\", \"keyType\": \"GPGKeys\", \"keyPath\": \"/k\"}]";
    let fulcio = "[{\"type\": \"sigstoreSigned\", \"fulcio\": {\"caPath\": \"/ca\", \"oidcIssuer\": \"https://i\", \"subjectEmail\": \"a@b\"}, \
                  \"rekorPublicKeyPath\": \"/r\"}]";
    let nonsense = "[{\"type\": \"sigstoreSigned\", \"keyData\": \"bm9uc2Vuc2U=\"}]";
    for (demand, codes) in [
        (gpg, &["gpg-signature"][..]),
        ("[{\"type\": \"signedBaseLayer\"}]", &["base-layer"]),
        ("[{\"type\": \"unheardOf\"}]", &["source-value"]),
        ("[]", &["source-missing"]),
        (fulcio, &["private-root", "private-root"]),
        (nonsense, &["key-not-pem"]),
        ("[{\"type\": \"sigstoreSigned\", \"keyData\": \"?\"}]", &["policy-file"]),
        ("[{\"type\": \"sigstoreSigned\", \"keyPath\": \"/k\"}]", &["policy-file"]),
        ("[{\"type\": \"sigstoreSigned\"}]", &["source-one-of"]),
        ("[{\"type\": \"reject\", \"x\": 1}]", &["source-field"]),
    ] {
        refuses(&policy(REJECT, &[("a.dev", demand)]), codes);
    }
    let signed = signed(ALICE);
    refuses(&policy(REJECT, &[("a.dev/x:1", &signed)]), &["tag-bound"]);
    refuses(&policy(REJECT, &[]), &["demands-nothing"]);
    let dir = format!("{{\"default\": {REJECT}, \"transports\": {{\"dir\": {{\"\": {signed}}}}}}}");
    refuses(&dir, &["other-transport"]);
}

#[test]
fn a_signature_for_a_name_is_refused_unless_it_is_said() {
    let text = policy(REJECT, &[("a.dev", &signed(ALICE))]);
    let errors = convert(&text, None, SignedNames::Refused, &Embedded).expect_err("it is weaker");
    assert_eq!(errors.iter().map(PolicyError::code).collect::<Vec<_>>(), ["signed-name"]);
    assert!(errors.iter().all(|error| error.hint().contains("--any-signed-name")));
    assert!(attempt(&text).is_ok());
}

#[test]
fn a_key_is_read_from_where_the_policy_says() {
    let text = policy(REJECT, &[("a.dev", "[{\"type\": \"sigstoreSigned\", \"keyPath\": \"/keys/a\"}]")]);
    let files = Files(vec![("/keys/a", ALICE.to_owned())]);
    let converted = convert(&text, Some(Format::Containers), SignedNames::Ignored, &files).expect("it converts");
    assert!(converted.text.contains("BEGIN PUBLIC KEY") && !converted.text.contains("/keys/a"));
    let _ = quoted(ALICE);
}
