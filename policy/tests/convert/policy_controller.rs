//! Sigstore policy-controller's ClusterImagePolicy.

use crate::{ALICE, BOB, P384, about, attempt, converts, demanded, quoted, refuses, signer, unmatched, verdict};
use bulla_policy::{Verdict, language::Unmatched};

/// A policy with these authorities, each a line of YAML, about everything of one registry.
fn policy(authorities: &[&str]) -> String {
    with("", authorities)
}

fn with(spec: &str, authorities: &[&str]) -> String {
    let authorities: String = authorities.iter().map(|authority| format!("  - {authority}\n")).collect();
    format!(
        "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {{ name: p }}\nspec:\n{spec}  \
         images: [ {{ glob: \"a.dev/**\" }} ]\n  authorities:\n{authorities}"
    )
}

fn key(pem: &str) -> String {
    format!("key: {{ data: {} }}", quoted(pem))
}

const KEYLESS: &str = "keyless: { identities: [ { issuer: https://i.dev, subject: s@a.dev } ] }";

#[test]
fn any_authority_will_do() {
    let (alice, bob) = (signer(), signer());
    let text = policy(&[&format!("{{ {} }}", key(&alice.pem)), &format!("{{ {} }}", key(&bob.pem))]);
    let (policy, codes) = converts(&text);
    assert_eq!(codes, ["unmatched-elsewhere", "signatures-anew"]);
    assert_eq!(unmatched(&policy), Unmatched::Deny);
    for (image, bundle, expected) in [
        ("a.dev/x", &alice.bundle, Verdict::Accepted),
        ("a.dev/x/y", &bob.bundle, Verdict::Accepted),
        ("a.dev/x", &signer().bundle, Verdict::Refused),
        ("b.dev/x", &alice.bundle, Verdict::Refused),
    ] {
        assert_eq!(verdict(&policy, image, &[bundle]), expected, "{image}");
    }
}

#[test]
fn every_policy_that_is_about_an_image_has_to_be_met() {
    let (alice, bob) = (signer(), signer());
    let one =
        |name: &str, pem: &str| policy(&[&format!("{{ {} }}", key(pem))]).replace("name: p", &format!("name: {name}"));
    let (policy, _) = converts(&format!("{}---\n{}", one("alice", &alice.pem), one("bob", &bob.pem)));
    assert_eq!(verdict(&policy, "a.dev/x", &[&alice.bundle, &bob.bundle]), Verdict::Accepted);
    assert_eq!(verdict(&policy, "a.dev/x", &[&alice.bundle]), Verdict::Refused);
    let errors = attempt(&format!("{0}---\n{0}", one("same", &alice.pem))).expect_err("two of one name");
    assert_eq!(errors.iter().map(|error| error.code()).collect::<Vec<_>>(), ["duplicate-name"]);
}

#[test]
fn a_certificate_counts_by_its_name_and_its_issuer() {
    let (policy, _) = converts(&policy(&[&format!("{{ {KEYLESS} }}")]));
    assert_eq!(demanded(&policy), ["signed by `s@a.dev` (`https://i.dev`)"]);
    let regex = r#"{ keyless: { url: https://fulcio.sigstore.dev, identities: [ { issuerRegExp: '^https://i\.dev$', subject: s@a.dev },
        { issuer: https://i.dev, subjectRegExp: '^https://a\.dev/\d+$' } ] } }"#;
    let (policy, _) = converts(&with("", &[regex]));
    assert_eq!(
        demanded(&policy),
        [
            r"signed by a name like `^s@a\.dev$` (`^https://i\.dev$`) or signed by a name like `^https://a\.dev/[0-9]+$` (`^https://i\.dev$`)"
        ]
    );
}

#[test]
fn attestations_are_demanded_instead_of_a_signature() {
    let attestations =
        "attestations: [ { name: a, predicateType: spdx }, { name: b, predicateType: https://a.dev/t } ]";
    let (policy, _) = converts(&policy(&[&format!("{{ {}, {attestations} }}", key(ALICE))]));
    let [demanded] = &demanded(&policy)[..] else { panic!("one rule") };
    assert!(
        demanded.starts_with("attested as `https://spdx.dev/Document` by")
            && demanded.contains(" and attested as `https://a.dev/t`")
    );
}

#[test]
fn a_log_is_demanded_where_it_is() {
    let logged = policy(&[&format!("{{ {}, ctlog: {{ url: https://rekor.sigstore.dev }} }}", key(ALICE))]);
    assert!(attempt(&logged).expect("converts").text.contains("logs: 1"));
    let unlogged = policy(&[&format!("{{ {} }}", key(ALICE))]);
    assert!(!attempt(&unlogged).expect("converts").text.contains("witnessed"));
    let (_, codes) = converts(&policy(&[&format!("{{ {KEYLESS}, ctlog: {{}} }}")]));
    assert_eq!(codes, ["unmatched-elsewhere", "log-demanded", "signatures-anew"]);
}

#[test]
fn what_is_stricter_is_said() {
    let (policy, codes) = converts(&with("  mode: warn\n", &[&format!("{{ {} }}", key(ALICE))]));
    assert_eq!(codes, ["unmatched-elsewhere", "warn-under-deny", "signatures-anew"]);
    assert_eq!(verdict(&policy, "a.dev/x", &[]), Verdict::Refused);
    let sct = KEYLESS.replace("identities", "insecureIgnoreSCT: true, identities");
    assert!(
        converts(&crate::policy_controller::policy(&[&format!("{{ {sct} }}")])).1.contains(&"sct-demanded".to_owned())
    );
    let bundle = format!("{{ {KEYLESS}, signatureFormat: bundle }}");
    assert_eq!(converts(&crate::policy_controller::policy(&[&bundle])).1, ["unmatched-elsewhere"]);
}

/// One authority each; the reasons in the order of the text.
#[test]
fn what_cannot_be_said_refuses_by_name() {
    let alice = key(ALICE);
    for (authority, codes) in [
        ("{ key: { kms: \"gcpkms://projects/p\" } }".to_owned(), &["kms-key"][..]),
        ("{ key: { kms: \"awskms:///alias/a\" } }".to_owned(), &["source-value"]),
        ("{ key: { secretRef: { name: s } } }".to_owned(), &["secret-key"]),
        (format!("{{ key: {{ data: {}, hashAlgorithm: sha512 }} }}", quoted(ALICE)), &["hash-algorithm"]),
        (format!("{{ key: {{ data: {}, hashAlgorithm: md5 }} }}", quoted(ALICE)), &["source-value"]),
        (format!("{{ key: {{ data: {} }} }}", quoted(&format!("{ALICE}{BOB}"))), &["key-not-pem"]),
        ("{ static: { action: pass } }".to_owned(), &["accepts-unsigned"]),
        ("{ static: { action: fail } }".to_owned(), &["denies-always"]),
        ("{ static: { action: maybe } }".to_owned(), &["source-value"]),
        ("{ static: { action: pass }, ctlog: {} }".to_owned(), &["accepts-unsigned", "source-field"]),
        (format!("{{ {alice}, rfc3161timestamp: {{ trustRootRef: r }} }}"), &["private-root"]),
        (format!("{{ {alice}, ctlog: {{ trustRootRef: r }} }}"), &["private-root"]),
        (format!("{{ {alice}, ctlog: {{ url: https://rekor.a.dev }} }}"), &["private-root"]),
        (
            format!("{{ {alice}, source: [ {{ oci: b.dev/s, tagPrefix: x }} ] }}"),
            &["signed-elsewhere", "signed-elsewhere"],
        ),
        (format!("{{ {alice}, signatureFormat: bundle }}"), &["denies-always"]),
        (
            format!(
                "{{ {alice}, attestations: [ {{ name: a, predicateType: spdx, policy: {{ type: cue, data: x }} }} ] }}"
            ),
            &["policy-language"],
        ),
        (format!("{{ {alice}, unheardOf: 1 }}"), &["source-field"]),
        (KEYLESS.replace("identities", "trustRootRef: r, identities"), &["private-root"]),
        (KEYLESS.replace("issuer:", "issuerRegExp:"), &["pattern-unanchored"]),
        (KEYLESS.replace("issuer: https://i.dev", "issuerRegExp: ^.*$"), &["wildcard-identity"]),
        (KEYLESS.replace("issuer: https://i.dev", "issuerRegExp: '^(?i)https://i\\.dev$'"), &["pattern-unlike"]),
        (KEYLESS.replace("s@a.dev", "'*'"), &["wildcard-identity"]),
    ] {
        let authority = if authority.starts_with('{') { authority } else { format!("{{ {authority} }}") };
        refuses(&policy(&[&authority]), codes);
    }
}

#[test]
fn what_stands_outside_the_authorities_is_looked_at_too() {
    let alice = format!("{{ {} }}", key(ALICE));
    for (spec, codes) in [
        ("  policy: { type: cue, data: x }\n", &["policy-language"][..]),
        ("  match: [ { resource: pods, version: v1 } ]\n", &["resource-match"]),
        ("  mode: shout\n", &["source-value"]),
        ("  unheardOf: x\n", &["source-field"]),
    ] {
        refuses(&with(spec, &[&alice]), codes);
    }
    refuses(&policy(&[&alice]).replace("v1beta1", "v2"), &["source-value"]);
    let text = policy(&[&alice]).replace("kind: ClusterImagePolicy", "kind: ClusterImagePolicy\n---\nkind: Pod");
    assert!(attempt(&text).is_err());
}

/// All of it is told at once, and nothing is converted in part.
#[test]
fn one_thing_that_cannot_be_said_refuses_the_file() {
    let alice = format!("{{ {} }}", key(ALICE));
    refuses(
        &policy(&[&alice, "{ key: { kms: \"gcpkms://p\" } }", "{ key: { secretRef: { name: s } } }"]),
        &["kms-key", "secret-key"],
    );
}

#[test]
fn an_authority_that_always_fails_does_nothing_beside_another() {
    let alice = signer();
    let (policy, _) = converts(&policy(&["{ static: { action: fail } }", &format!("{{ {} }}", key(&alice.pem))]));
    assert_eq!(verdict(&policy, "a.dev/x", &[&alice.bundle]), Verdict::Accepted);
    assert_eq!(verdict(&policy, "a.dev/x", &[]), Verdict::Refused);
}

#[test]
fn a_hash_is_the_keys_own_or_the_default() {
    for hash in ["sha256", "sha384"] {
        converts(&policy(&[&format!("{{ key: {{ data: {}, hashAlgorithm: {hash} }} }}", quoted(P384))]));
    }
}

#[test]
fn docker_hub_has_one_name_here() {
    let text = policy(&[&format!("{{ {} }}", key(ALICE))]).replace("a.dev/**", "index.docker.io/acme/*");
    let (policy, _) = converts(&text);
    assert!(about(&policy, "docker.io/acme/app") && about(&policy, "index.docker.io/acme/app"));
    assert!(!about(&policy, "docker.io/acme/app/x") && !about(&policy, "docker.io/library/app"));
}
