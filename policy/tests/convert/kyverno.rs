//! Kyverno's ClusterPolicy and Policy.

use crate::{ALICE, BOB, about, attempt, converts, demanded, quoted, refuses, signer, unmatched, verdict};
use bulla_policy::{Verdict, language::Unmatched};

/// A policy that enforces this about `a.dev/*`; each line is a field of `verifyImages`.
fn policy(lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("        {line}\n")).collect();
    format!(
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {{ name: p }}\nspec:\n  validationFailureAction: Enforce\n  \
         rules:\n    - name: r\n      match: {{ any: [ {{ resources: {{ kinds: [ Pod ] }} }} ] }}\n      verifyImages:\n      \
         - imageReferences: [ \"a.dev/*\" ]\n{lines}"
    )
}

/// A key that no log has to have seen.
fn key(pem: &str) -> String {
    format!("{{ keys: {{ publicKeys: {}, rekor: {{ ignoreTlog: true }} }} }}", quoted(pem))
}

#[test]
fn every_set_has_to_be_met_by_as_many_as_it_says() {
    let [alice, bob, carol] = [signer(), signer(), signer()];
    let keys = [&alice, &bob, &carol].map(|signer| key(&signer.pem)).join(", ");
    for (attestors, met, unmet) in [
        (format!("attestors: [ {{ entries: [ {keys} ] }} ]"), vec![&alice, &bob, &carol], vec![&alice, &bob]),
        (format!("attestors: [ {{ count: 2, entries: [ {keys} ] }} ]"), vec![&alice, &carol], vec![&alice]),
        (format!("attestors: [ {{ count: 1, entries: [ {keys} ] }} ]"), vec![&bob], vec![]),
        (
            format!("attestors: [ {{ entries: [ {} ] }}, {{ entries: [ {} ] }} ]", key(&alice.pem), key(&bob.pem)),
            vec![&alice, &bob],
            vec![&alice],
        ),
    ] {
        let (policy, _) = converts(&policy(&[&attestors]));
        let bundles = |of: Vec<&crate::Signer>| of.iter().map(|signer| signer.bundle.clone()).collect::<Vec<_>>();
        let judged =
            |of: Vec<Vec<u8>>| verdict(&policy, "a.dev/x/y", &of.iter().map(Vec::as_slice).collect::<Vec<_>>());
        assert_eq!(judged(bundles(met)), Verdict::Accepted, "{attestors}");
        assert_eq!(judged(bundles(unmet)), Verdict::Refused, "{attestors}");
        assert_eq!(
            verdict(&policy, "b.dev/x", &[]),
            Verdict::Accepted,
            "what no rule is about is none of its business"
        );
    }
}

#[test]
fn several_keys_in_one_text_are_an_entry_each() {
    let both = format!("attestors: [ {{ entries: [ {} ] }} ]", key(&format!("{ALICE}{BOB}")));
    let (policy, codes) = converts(&policy(&[&both]));
    assert!(demanded(&policy).first().is_some_and(|all| all.contains(" and ")), "{:?}", demanded(&policy));
    assert_eq!(codes, ["digest-not-pinned", "signatures-anew"]);
}

#[test]
fn a_log_is_demanded_unless_it_is_said() {
    let entry = |rekor: &str| {
        format!("attestors: [ {{ entries: [ {{ keys: {{ publicKeys: {}{rekor} }} }} ] }} ]", quoted(ALICE))
    };
    assert!(attempt(&policy(&[&entry("")])).expect("it converts").text.contains("logs: 1"));
    assert!(
        attempt(&policy(&[&entry(", rekor: { url: https://rekor.sigstore.dev }")]))
            .expect("it converts")
            .text
            .contains("logs: 1")
    );
    assert!(!attempt(&policy(&[&entry(", rekor: { ignoreTlog: true }")])).expect("it converts").text.contains("logs"));
}

#[test]
fn a_star_in_a_name_stands_for_anything() {
    let keyless = |subject: &str| {
        format!("attestors: [ {{ entries: [ {{ keyless: {{ subject: \"{subject}\", issuer: https://i.dev }} }} ] }} ]")
    };
    let (exact, _) = converts(&policy(&[&keyless("s@a.dev")]));
    assert_eq!(demanded(&exact), ["signed by `s@a.dev` (`https://i.dev`)"]);
    let (star, _) = converts(&policy(&[&keyless("https://g.dev/acme/*@refs/tags/v?")]));
    assert_eq!(
        demanded(&star),
        [r"signed by a name like `^https://g\.dev/acme/.*@refs/tags/v.$` (`^https://i\.dev$`)"]
    );
    refuses(&policy(&[&keyless("*")]), &["wildcard-identity"]);
}

#[test]
fn attestations_are_demanded_besides() {
    let lines = [
        format!("attestors: [ {{ entries: [ {} ] }} ]", key(ALICE)),
        format!(
            "attestations: [ {{ type: https://a.dev/t, attestors: [ {{ count: 1, entries: [ {}, {} ] }} ] }} ]",
            key(ALICE),
            key(BOB)
        ),
        "type: SigstoreBundle".to_owned(),
    ];
    let (policy, codes) = converts(&policy(&lines.each_ref().map(String::as_str)));
    assert!(
        demanded(&policy).first().is_some_and(|all| all.contains(" and (attested as `https://a.dev/t` by")),
        "{:?}",
        demanded(&policy)
    );
    assert_eq!(codes, ["digest-not-pinned"]);
}

#[test]
fn what_audits_is_written_down_alone() {
    let alice = format!("attestors: [ {{ entries: [ {} ] }} ]", key(ALICE));
    let text = policy(&[&alice, "mutateDigest: false", "verifyDigest: false"]);
    let (audited, codes) = converts(&text.replace("Enforce", "Audit"));
    assert_eq!((verdict(&audited, "a.dev/x", &[]), unmatched(&audited)), (Verdict::Accepted, Unmatched::Allow));
    assert_eq!(codes, ["signatures-anew"]);
    let (unsaid, _) = converts(&text.replace("  validationFailureAction: Enforce\n", ""));
    assert_eq!(verdict(&unsaid, "a.dev/x", &[]), Verdict::Accepted);
    let (of_rule, _) = converts(
        &policy(&[&alice, "failureAction: Enforce"]).replace("Action: Enforce\n  rules", "Action: Audit\n  rules"),
    );
    assert_eq!(verdict(&of_rule, "a.dev/x", &[]), Verdict::Refused);
}

#[test]
fn what_cannot_be_said_refuses_by_name() {
    let alice = format!("attestors: [ {{ entries: [ {} ] }} ]", key(ALICE));
    let entry = |entry: &str| format!("attestors: [ {{ entries: [ {entry} ] }} ]");
    for (lines, codes) in [
        (vec![entry("{ keys: { kms: \"awskms:///x\" } }")], &["kms-key"][..]),
        (vec![entry("{ keys: { secret: { name: s, namespace: n } } }")], &["secret-key"]),
        (vec![entry("{ keys: { publicKeys: \"k8s://n/s\" } }")], &["secret-key"]),
        (vec![entry("{ keys: { publicKeys: \"{{ x }}\" } }")], &["variable"]),
        (vec![entry("{ certificates: { cert: x } }")], &["private-root"]),
        (vec![entry("{ keyless: { issuer: i, subject: s, roots: x } }")], &["private-root"]),
        (
            vec![entry("{ keyless: { issuer: i, subject: s, additionalExtensions: { a: b } } }")],
            &["certificate-extension"],
        ),
        (vec![entry("{ keyless: { issuer: i } }")], &["source-missing"]),
        (vec![entry("{ keyless: { issuer: i, subject: s, rekor: { url: https://r.dev } } }")], &["private-root"]),
        (vec![entry("{}")], &["source-one-of"]),
        (vec!["attestors: [ { count: 2, entries: [ ] } ]".to_owned()], &["threshold-too-high"]),
        (vec![alice.clone(), "skipImageReferences: [ \"a.dev/x*\" ]".to_owned()], &["images-excepted"]),
        (vec![alice.clone(), "mutateDigest: false".to_owned()], &["digest-demanded"]),
        (vec![alice.clone(), "annotations: { a: b }".to_owned()], &["signature-annotations"]),
        (vec![alice.clone(), "repository: b.dev/s".to_owned()], &["signed-elsewhere"]),
        (vec![alice.clone(), "type: Notary".to_owned()], &["notary-signature"]),
        (vec![alice.clone(), "key: x".to_owned()], &["source-field"]),
        (vec![alice.clone(), "unheardOf: x".to_owned()], &["source-field"]),
        (vec!["required: true".to_owned()], &["accepts-unsigned"]),
        (vec!["attestations: [ { type: https://a.dev/t } ]".to_owned()], &["accepts-unsigned"]),
        (
            vec!["attestations: [ { type: https://a.dev/t, attestors: [], conditions: [ { all: [] } ] } ]".to_owned()],
            &["policy-language"],
        ),
    ] {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let text = policy(&lines);
        match codes {
            // What is refused besides is no reason of its own.
            ["policy-language"] => {
                assert!(attempt(&text).expect_err("no CEL").iter().any(|error| error.code() == "policy-language"))
            }
            codes => drop(refuses(&text, codes)),
        }
    }
}

#[test]
fn whom_it_is_about_is_looked_at() {
    let alice = format!("attestors: [ {{ entries: [ {} ] }} ]", key(ALICE));
    let text = policy(&[&alice]);
    let pods = "{ any: [ { resources: { kinds: [ Pod ] } } ] }";
    for (matched, codes) in [
        ("{ any: [ { resources: { kinds: [ Pod ], namespaces: [ n ] } } ] }", &["resource-match"][..]),
        ("{ any: [ { resources: { kinds: [ Pod ], selector: {} } } ] }", &["resource-match"]),
        ("{ any: [ { subjects: [] } ] }", &["source-field"]),
    ] {
        refuses(&text.replace(pods, matched), codes);
    }
    let (policy, codes) = converts(&text.replace("[ Pod ]", "[ Deployment ]"));
    assert!(about(&policy, "a.dev/x") && codes.contains(&"every-resource".to_owned()), "{codes:?}");
    let (_, codes) = converts(&text.replace("kind: ClusterPolicy", "kind: Policy"));
    assert!(codes.contains(&"every-resource".to_owned()));
    refuses(&text.replace("      match", "      exclude: {}\n      match"), &["resource-match"]);
    refuses(&text.replace("      match", "      validate: {}\n      match"), &["other-rule"]);
    refuses(&text.replace("  rules:", "  applyRules: One\n  rules:"), &["most-specific"]);
}
