//! connaisseur's Helm values.

use crate::{ALICE, BOB, about, converts, demanded, quoted, refuses, signer, unmatched, verdict};
use bulla_policy::{Verdict, language::Unmatched};

/// With a validator for each key, `both` for two of them, and the static ones.
fn values(alice: &str, bob: &str, policy: &[&str]) -> String {
    let policy: String = policy.iter().map(|rule| format!("    - {rule}\n")).collect();
    let root = |name: &str, pem: &str| format!("{{ name: {name}, key: {} }}", quoted(pem));
    format!(
        "application:\n  validators:\n    - {{ name: allow, type: static, approve: true }}\n    - {{ name: deny, type: static, approve: \
         false }}\n    - {{ name: default, type: cosign, trustRoots: [ {} ] }}\n    - {{ name: both, type: cosign, trustRoots: [ {}, {} ] \
         }}\n    - {{ name: dct, type: notaryv1, host: notary.dev, trustRoots: [] }}\n  policy:\n{policy}",
        root("default", alice),
        root("alice", alice),
        root("bob", bob)
    )
}

const UNLOGGED: &str = "verifyInTransparencyLog: false";

#[test]
fn a_pattern_names_a_validator_and_its_roots() {
    let (alice, bob) = (signer(), signer());
    for (with, met, unmet) in [
        (String::new(), vec![&alice], vec![&bob]),
        (", validator: both, with: { trustRoot: bob".to_owned(), vec![&bob], vec![&alice]),
        (", validator: both, with: { trustRoot: \"*\"".to_owned(), vec![&alice, &bob], vec![&alice]),
        (", validator: both, with: { trustRoot: \"*\", threshold: 1".to_owned(), vec![&bob], vec![]),
        (", validator: both, with: { trustRoot: \"*\", required: [ alice ]".to_owned(), vec![&alice], vec![&bob]),
    ] {
        let with = if with.is_empty() { format!(", with: {{ {UNLOGGED} }}") } else { format!("{with}, {UNLOGGED} }}") };
        let (policy, codes) =
            converts(&values(&alice.pem, &bob.pem, &[&format!("{{ pattern: \"a.dev/x/*:*\"{with} }}")]));
        assert_eq!((unmatched(&policy), codes.contains(&"signatures-anew".to_owned())), (Unmatched::Deny, true));
        let judged = |of: &[&crate::Signer]| {
            verdict(&policy, "a.dev/x/y", &of.iter().map(|signer| signer.bundle.as_slice()).collect::<Vec<_>>())
        };
        assert_eq!((judged(&met), judged(&unmet)), (Verdict::Accepted, Verdict::Refused), "{with}");
        assert_eq!(verdict(&policy, "b.dev/x", &[&alice.bundle, &bob.bundle]), Verdict::Refused);
    }
}

#[test]
fn everything_else_is_what_no_rule_is_about() {
    let rule = "{ pattern: \"a.dev/x/*:*\" }";
    for (all, expected) in [
        ("{ pattern: \"*:*\", validator: deny }", Unmatched::Deny),
        ("{ pattern: \"*:*\", validator: allow }", Unmatched::Allow),
    ] {
        let (policy, _) = converts(&values(ALICE, BOB, &[all, rule]));
        assert_eq!((unmatched(&policy), policy.document().spec.rules.len()), (expected, 1));
    }
    let (all, _) = converts(&values(ALICE, BOB, &["{ pattern: \"*:*\" }"]));
    assert!(about(&all, "b.dev/x") && demanded(&all).first().is_some_and(|all| all.starts_with("signed by the key")));
}

#[test]
fn the_public_log_is_demanded_unless_it_is_said() {
    let text = values(ALICE, BOB, &["{ pattern: \"a.dev/x/*:*\" }"]);
    assert!(crate::attempt(&text).expect("it converts").text.contains("logs: 1"));
}

#[test]
fn what_is_only_detected_is_warned_of() {
    let text = values(ALICE, BOB, &["{ pattern: \"a.dev/x/*:*\" }"]);
    let (policy, _) = converts(&text.replace("application:\n", "application:\n  features: { detectionMode: true }\n"));
    assert_eq!((unmatched(&policy), verdict(&policy, "a.dev/x/y", &[])), (Unmatched::Warn, Verdict::Accepted));
}

#[test]
fn what_cannot_be_said_refuses_by_name() {
    let deny = "{ pattern: \"*:*\", validator: deny }";
    let signed = "{ pattern: \"a.dev/x/*:*\" }";
    for (rules, codes) in [
        (vec![deny, "{ pattern: \"a.dev/y/*:*\", validator: allow }"], &["accepts-unsigned"][..]),
        (vec![signed, "{ pattern: \"a.dev/y/*:*\", validator: deny }"], &["denies-always"]),
        (vec![signed, "{ pattern: \"a.dev/x/y:*\", validator: both, with: { trustRoot: bob } }"], &["most-specific"]),
        (
            vec!["{ pattern: \"*:*\" }", "{ pattern: \"a.dev/x/y:*\", validator: both, with: { trustRoot: bob } }"],
            &["most-specific"],
        ),
        (vec!["{ pattern: \"*:*\", validator: allow }", deny], &["most-specific"]),
        (vec!["{ pattern: \"a.dev/x:v1*\" }"], &["tag-bound"]),
        (vec!["{ pattern: redis }"], &["tag-bound"]),
        (vec!["{ pattern: \"*:*\", validator: dct }"], &["notary-signature"]),
        (vec!["{ pattern: \"a.dev/x/*:*\", validator: gone }"], &["source-value"]),
        (vec!["{ pattern: \"a.dev/x/*:*\", with: { trustRoot: gone } }"], &["source-value"]),
        (
            vec!["{ pattern: \"a.dev/x/*:*\", validator: both, with: { trustRoot: \"*\", threshold: 3 } }"],
            &["threshold-too-high"],
        ),
        (vec!["{ pattern: \"a.dev/x/*:*\", unheardOf: 1 }"], &["source-field"]),
    ] {
        refuses(&values(ALICE, BOB, &rules), codes);
    }
    for (with, codes) in [
        ("threshold: 1", &["source-value"][..]),
        ("required: [ alice ]", &["source-value"]),
        ("trustRoot: \"*\", required: alice", &["source-type"]),
        ("trustRoot: \"*\", required: [ 7 ]", &["source-type"]),
        ("trustRoot: \"*\", required: [ \"\" ]", &["source-value"]),
        ("trustRoot: \"*\", threshold: two", &["source-type"]),
        ("trustRoot: 7", &["source-type"]),
        ("trustRoot: bob, verifyInTransparencyLog: 7", &["source-type"]),
    ] {
        let with = if with.contains("trustRoot") { with.to_owned() } else { format!("trustRoot: bob, {with}") };
        refuses(
            &values(ALICE, BOB, &[&format!("{{ pattern: \"a.dev/x/*:*\", validator: both, with: {{ {with} }} }}")]),
            codes,
        );
    }
    let text = values(ALICE, BOB, &[signed]);
    refuses(&text.replace(&quoted(ALICE), "\"k8s://n/s\""), &["secret-key"]);
    for (host, codes) in [
        ("rekor: https://r.dev", &["private-root"][..]),
        ("rekorPubkey: x, fulcioCert: y", &["private-root", "private-root"]),
    ] {
        refuses(
            &text.replace(
                "type: cosign, trustRoots: [ { name: default",
                &format!("type: cosign, host: {{ {host} }}, trustRoots: [ {{ name: default"),
            ),
            codes,
        );
    }
}

#[test]
fn patterns_have_an_end() {
    let one = |count: usize| {
        let rules: Vec<_> = (0..count).map(|at| format!("{{ pattern: \"a.dev/x{at}/*:*\" }}")).collect();
        values(ALICE, BOB, &rules.iter().map(String::as_str).collect::<Vec<_>>())
    };
    converts(&one(bulla_policy::budget::PATTERNS));
    refuses(&one(bulla_policy::budget::PATTERNS + 1), &["source-too-large"]);
}

/// What is stricter here is told, and only then.
#[test]
fn what_counts_signers_here_and_signatures_there_is_told() {
    for (with, told) in [("threshold: 2", true), ("threshold: 1", false), ("required: [ alice ]", false)] {
        let rule = format!("{{ pattern: \"a.dev/x/*:*\", validator: both, with: {{ trustRoot: \"*\", {with} }} }}");
        let (_, codes) = converts(&values(ALICE, BOB, &[&rule]));
        assert_eq!(codes.contains(&"distinct-signers".to_owned()), told, "{with}: {codes:?}");
        assert!(!codes.contains(&"sct-demanded".to_owned()));
    }
    for (sct, told) in [("true", false), ("false", true)] {
        let rule = format!("{{ pattern: \"a.dev/x/*:*\", with: {{ verifySCT: {sct} }} }}");
        let (_, codes) = converts(&values(ALICE, BOB, &[&rule]));
        assert_eq!(codes.contains(&"sct-demanded".to_owned()), told, "{sct}");
    }
    let (_, codes) = converts(&values(ALICE, BOB, &["{ pattern: \"a.dev/x/*:*\" }"]));
    assert!(!codes.contains(&"rules-pool".to_owned()), "{codes:?}");
}

#[test]
fn several_patterns_pool_and_it_is_said() {
    let (_, codes) = converts(&values(
        ALICE,
        BOB,
        &["{ pattern: \"a.dev/x/*:*\" }", "{ pattern: \"b.dev/y/*:*\", validator: both, with: { trustRoot: bob } }"],
    ));
    assert!(codes.contains(&"rules-pool".to_owned()), "{codes:?}");
}
