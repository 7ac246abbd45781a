//! What parses, what does not, and what is said of it.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use bulla_policy::{
    Embedded, PolicyError, TrustPolicy, budget,
    language::{Age, MultiArch, Require, Rule},
    schema,
};
use serde_json::Value;

/// A policy with one rule that demands this.
fn demanding(require: &str) -> String {
    format!(
        "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: p }}\nspec:\n  unmatched: deny\n  rules:\n    \
         - name: r\n      images: [ \"registry.acme.dev/**\" ]\n      mode: enforce\n      require: {require}\n"
    )
}

fn signed_by(by: &str) -> String {
    demanding(&format!("{{ signed: {{ by: {{ {by} }} }} }}"))
}

/// Whether an editor with the schema finds nothing wrong.
fn is_of_the_schema(text: &str) -> bool {
    let schema = jsonschema::validator_for(schema::of_policies().as_value()).expect("a schema");
    serde_saphyr::from_str::<Value>(text).is_ok_and(|value| schema.is_valid(&value))
}

/// What the schema tells, too.
const EDITORS_TELL: [&str; 6] =
    ["missing-field", "unknown-field", "unknown-value", "duplicate-field", "several-in-one", "empty-value"];

#[track_caller]
fn parses(text: &str) -> TrustPolicy {
    assert!(is_of_the_schema(text), "the schema has none of it: {text}");
    TrustPolicy::parse(text, &Embedded)
        .unwrap_or_else(|error| panic!("{error} [{}] {:?}", error.code(), error.excerpt()))
}

#[track_caller]
fn refused(text: &str, code: &str) -> PolicyError {
    let error = TrustPolicy::parse(text, &Embedded).expect_err(text);
    assert_eq!(error.code(), code, "{error} at {:?}\n{text}", error.position());
    assert!(error.position().line > 0 && error.excerpt().is_some(), "{code} says where: {:?}", error.position());
    assert!(!error.hint().is_empty(), "{code} says what to do");
    assert!(!EDITORS_TELL.contains(&code) || !is_of_the_schema(text), "an editor would not tell: {text}");
    error
}

const GITHUB: &str = "github: { repository: acme/app, workflow: release.yml, ref: \"refs/tags/v*\" }";

#[test]
fn every_identity_has_a_form() {
    for by in [
        GITHUB,
        "github: { repository: acme/app }",
        "github: { repository: \"acme/*\", reusableWorkflow: \"acme/ci/.github/workflows/b.yml@refs/tags/v1\", \
         events: [ push, release ], runner: github-hosted, environment: prod, repositoryId: \"1\", ownerId: \"2\", \
         host: ghes.acme.dev, root: github }",
        "gitlab: { project: acme/platform/app, config: ci/build.yml, ref: refs/heads/main, runner: gitlab-hosted }",
        "email: { address: release@acme.dev, issuer: https://accounts.google.com }",
        "spiffe: { trustDomain: acme.dev, path: \"ns/build/sa/*\", issuer: https://oidc.acme.dev }",
        "certificate: { subject: https://acme.dev/ci, issuer: https://oidc.acme.dev, root: staging }",
        "pattern: { subject: \"^https://github\\\\.com/acme/[a-z]+/.*$\", issuer: \"^https://token\\\\.actions\\\\.githubusercontent\\\\.com$\" }",
    ] {
        parses(&signed_by(by));
    }
}

#[test]
fn what_parses_prints_back_to_an_equal_policy() {
    let texts = [
        signed_by(GITHUB),
        demanding(&format!(
            "{{ all: [ {{ signed: {{ by: {{ {GITHUB} }}, maxAge: 7d, witnessed: {{ logs: 2, times: 1, names: [ a ] }} }} }}, \
             {{ atLeast: {{ count: 1, of: [ {{ attested: {{ type: spdx, by: {{ {GITHUB} }} }} }} ] }} }} ] }}"
        )),
    ];
    for text in texts {
        let policy = parses(&text);
        assert_eq!(parses(&policy.to_string()), policy);
    }
}

#[test]
fn anybody_has_no_spelling() {
    for by in [
        "github: { repository: \"*/app\" }",
        "github: { repository: \"**/*\" }",
        "github: { repository: acme/app, workflow: \"*\" }",
        "gitlab: { project: \"**\" }",
        "gitlab: { project: \"*/app\" }",
        "email: { address: \"*@acme.dev\", issuer: https://accounts.google.com }",
        "certificate: { subject: \"*\", issuer: https://oidc.acme.dev }",
        "certificate: { subject: a, issuer: \"*\" }",
        "spiffe: { trustDomain: \"*\", path: a, issuer: i }",
        "spiffe: { trustDomain: acme.dev, path: \"**\", issuer: i }",
        "pattern: { subject: \"^.*$\", issuer: \"^https://oidc\\\\.acme\\\\.dev$\" }",
        "pattern: { subject: \"^a@acme$\", issuer: \"^https://.*$\" }",
        "pattern: { subject: \"^a|.*$\", issuer: \"^https://oidc\\\\.acme\\\\.dev$\" }",
    ] {
        refused(&signed_by(by), "wildcard-identity");
    }
    for subject in ["acme", "^acme", "acme$"] {
        refused(&signed_by(&format!("pattern: {{ subject: \"{subject}\", issuer: \"^i$\" }}")), "pattern-unanchored");
    }
    // Anchored on one side of each alternative is not anchored: it is, here.
    let policy = signed_by("pattern: { subject: \"^a|b$\", issuer: \"^i$\" }");
    parses(&policy);
}

/// What could never be met, or says what a builder does not.
#[test]
fn a_builder_is_asked_for_what_it_can_say() {
    let built = |text: &str| demanding(&format!("{{ provenance: {{ {text} }} }}"));
    let gitlab = "builder: gitlab-hosted, source: gitlab.com/acme/app";
    let github = "builder: github-hosted, source: github.com/acme/app";
    for (builder, own, other) in
        [(gitlab, "gitlab-hosted", "github-hosted"), (github, "github-hosted", "gitlab-hosted")]
    {
        parses(&built(&format!("{builder}, runner: {own}")));
        refused(&built(&format!("{builder}, runner: {other}")), "runner-contradicts");
        refused(&built(&format!("{builder}, runner: self-hosted")), "runner-contradicts");
        refused(&built(&format!("{builder}, workflow: \"**\"")), "wildcard-identity");
        refused(&built(&format!("{builder}, workflow: \"*\"")), "wildcard-identity");
    }
    parses(&built(&format!("{github}, inputs: {{ a: b }}")));
    refused(&built(&format!("{gitlab}, inputs: {{ a: b }}")), "inputs-unstated");
    let known = "https://github.com/acme/ci/.github/workflows/build.yml@v1";
    parses(&built(&format!("builder: \"{known}\", source: github.com/acme/app, runner: self-hosted")));
    for builder in
        ["https://gitlab.com/acme/app/-/runners/12", "https://acme.dev/builder", "gitlab", "http://github.com/a"]
    {
        refused(&built(&format!("builder: \"{builder}\", source: github.com/acme/app")), "builder-malformed");
    }
}

#[test]
fn what_demands_nothing_does_not_parse() {
    for require in ["{ all: [] }", "{ any: [] }", "{ atLeast: { count: 1, of: [] } }"] {
        refused(&demanding(require), "demands-nothing");
    }
    refused(&signed_by(GITHUB).replace("images: [ \"registry.acme.dev/**\" ]", "images: []"), "demands-nothing");
    let witnessed = demanding(&format!("{{ signed: {{ by: {{ {GITHUB} }}, witnessed: {{}} }} }}"));
    refused(&witnessed, "demands-nothing");
    let part = format!("{{ signed: {{ by: {{ {GITHUB} }} }} }}");
    refused(&demanding(&format!("{{ all: [ {part}, {part} ] }}")), "demanded-twice");
    refused(&demanding(&format!("{{ atLeast: {{ count: 2, of: [ {part} ] }} }}")), "threshold-too-high");
    refused(&demanding(&format!("{{ atLeast: {{ count: 0, of: [ {part} ] }} }}")), "policy-malformed");
    refused(
        &demanding(&format!("{{ atLeast: {{ count: 1, of: [ {{ all: [ {part} ] }} ] }} }}")),
        "threshold-of-groups",
    );
    let head = signed_by(GITHUB);
    let rules = head.find("  rules:").expect("rules");
    refused(&format!("{}  rules: []\n", &head[..rules]), "demands-nothing");
}

#[test]
fn nothing_is_assumed_and_nothing_is_overlooked() {
    let good = signed_by(GITHUB);
    for (from, to, code) in [
        ("  unmatched: deny\n", "", "missing-field"),
        ("      mode: enforce\n", "", "missing-field"),
        ("unmatched: deny", "unmatched: maybe", "unknown-value"),
        ("mode: enforce", "mode: enforced", "unknown-value"),
        ("mode: enforce", "mode: enforce\n      mode: warn", "duplicate-field"),
        ("mode: enforce", "mode: enforce\n      modus: warn", "unknown-field"),
        ("workflow:", "workflows:", "unknown-field"),
        ("bulla.dev/v1", "bulla.dev/v2", "unknown-value"),
        ("kind: TrustPolicy", "kind: ClusterImagePolicy", "unknown-value"),
        ("signed:", "signd:", "unknown-value"),
        ("ref: \"refs/tags/v*\"", "ref: v1", "ref-malformed"),
        ("repository: acme/app", "repository: github.com/acme/app", "repository-malformed"),
        ("repository: acme/app", "repository:", "empty-value"),
        ("ref: \"refs/tags/v*\"", "ref:", "empty-value"),
        ("ref: \"refs/tags/v*\"", "ref: ~", "empty-value"),
        ("mode: enforce", "mode: enforce\n      files:", "policy-malformed"),
        ("metadata: { name: p }", "metadata: { name: p, labels: { a: } }", "empty-value"),
        ("repository: acme/app", "repository: acme/app, root: mine", "root-unknown"),
        ("spec:", "---\nspec:", "missing-field"),
        ("name: r", "name: \"\"", "name-malformed"),
        ("registry.acme.dev/**", "registry.acme.dev/a**", "pattern-malformed"),
    ] {
        assert!(good.contains(from), "{from}");
        refused(&good.replace(from, to), code);
    }
    refused(&format!("{good}---\na: b\n"), "several-documents");
    refused(&demanding(&format!("{{ signed: {{ by: {{ {GITHUB} }} }}, all: [] }}")), "several-in-one");
    refused(&demanding(&format!("[ {{ signed: {{ by: {{ {GITHUB} }} }} }} ]")), "policy-malformed");
    refused(&signed_by("key: ./alice.pub"), "policy-file");
    refused("\n", "empty-value");
    refused("{", "policy-malformed");
    let unused = good.replace("  rules:\n", "  roots: { mine: { trustedRoot: \"{}\" } }\n  rules:\n");
    refused(&unused, "root-unused");
    let shadow = good.replace("  rules:\n", "  roots: { public-good: { trustedRoot: \"{}\" } }\n  rules:\n");
    refused(&shadow, "root-reserved");
}

/// YAML has more than one way to say much: here it has one.
#[test]
fn what_yaml_would_take_and_nobody_means_is_refused() {
    let report = |more: &str| {
        demanding(&format!("{{ vulnerabilities: {{ by: {{ {GITHUB} }}, max: {{ critical: 0 }}{more} }} }}"))
    };
    parses(&report(", ignoreUnfixed: true"));
    for other in ["yes", "on", "1"] {
        refused(&report(&format!(", ignoreUnfixed: {other}")), "policy-malformed");
    }
    let good = signed_by(GITHUB);
    for (from, to) in [("mode: enforce", "mode: !mode enforce"), ("mode: enforce", "<<: { mode: enforce }")] {
        TrustPolicy::parse(&good.replace(from, to), &Embedded).expect_err(to);
    }
    refused(&report("").replace("critical: 0", ""), "demands-nothing");
    refused(&report("").replace("critical: 0", "critical: -1"), "policy-malformed");
}

#[test]
fn numbers_and_texts_have_their_ends() {
    let aged = |age: &str| demanding(&format!("{{ signed: {{ by: {{ {GITHUB} }}, maxAge: {age} }} }}"));
    let seconds = |age: &str| {
        let policy = parses(&aged(age));
        let rule = policy.document().spec.rules.first().expect("a rule");
        let Require::Signed(signed) = &*rule.require else { return None };
        signed.max_age.as_ref().map(Age::seconds)
    };
    for (age, expected) in [("1s", 1), ("2m", 120), ("3h", 10_800), ("4d", 345_600), ("5w", 3_024_000)] {
        assert_eq!(seconds(age), Some(expected));
    }
    for age in ["0d", "00s", "-1d", "1", "d", "1.5h", "1y", "9223372036854775807w"] {
        refused(&aged(age), "age-malformed");
    }
    let pattern = |bytes: usize| {
        let name = format!("^{}$", "a".repeat(bytes - 2));
        signed_by(&format!("pattern: {{ subject: \"{name}\", issuer: \"^i$\" }}"))
    };
    parses(&pattern(bulla_policy::budget::PATTERN_BYTES));
    refused(&pattern(bulla_policy::budget::PATTERN_BYTES + 1), "pattern-malformed");
    let broken = refused(&signed_by("pattern: { subject: \"^a(b$\", issuer: \"^i$\" }"), "pattern-malformed");
    assert_eq!(broken.to_string(), "`^a(b$` is no regular expression: unclosed group");
    let two = |other: &str| {
        let one = |subject: &str| {
            format!("{{ signed: {{ by: {{ pattern: {{ subject: \"{subject}\", issuer: \"^i$\" }} }} }} }}")
        };
        demanding(&format!("{{ all: [ {}, {} ] }}", one("^a$"), one(other)))
    };
    parses(&two("^b$"));
    refused(&two("^a$"), "demanded-twice");
    let version = |version: &str| {
        demanding(&format!(
            "{{ provenance: {{ builder: github-hosted, source: github.com/acme/app, version: {version} }} }}"
        ))
    };
    for good in ["v0", "v1", "v1.2", "v1.2.3", "v10.0.0"] {
        parses(&version(good));
    }
    for bad in ["v", "1.2", "v01", "v1.", "v1.02", "v1.2.3.4", "v1.x", "v1.2-rc", "v+1", "v99999999999999999999"] {
        refused(&version(bad), "version-malformed");
    }
}

#[test]
fn a_keys_window_has_a_beginning_before_its_end() {
    let pem = include_str!("../../keys-example/example.pub").replace('\n', "\\n");
    let window =
        |from: &str, until: &str| signed_by(&format!("key: {{ file: \"{pem}\", from: {from}, until: {until} }}"));
    for (from, until) in [("2026-01-01", "2027-01-01"), ("2026-01-01", "2026-01-01")] {
        let policy = parses(&window(from, until));
        assert_eq!(parses(&policy.to_string()), policy);
    }
    refused(&window("2026-01-02", "2026-01-01"), "window-empty");
}

#[test]
fn a_rule_about_images_says_what_of_an_index_has_to_meet_it() {
    let with =
        |multi_arch: &str| signed_by(GITHUB).replace("mode: enforce", &format!("mode: enforce\n      {multi_arch}"));
    for (written, read) in [("index", MultiArch::Index), ("children", MultiArch::Children), ("both", MultiArch::Both)] {
        let policy = parses(&with(&format!("multiArch: {written}")));
        let rules =
            |policy: &TrustPolicy| policy.document().spec.rules.iter().map(Rule::multi_arch).collect::<Vec<_>>();
        assert_eq!(rules(&policy), [read]);
        let again = parses(&policy.to_string());
        assert_eq!((rules(&again), &again), (vec![read], &policy));
        assert_ne!(policy, parses(&signed_by(GITHUB)), "what is written is printed");
    }
    assert_eq!(parses(&signed_by(GITHUB)).document().spec.rules.first().map(Rule::multi_arch), Some(MultiArch::Index));
    refused(&with("multiArch: all"), "unknown-value");
    refused(&with("multiArch:"), "empty-value");
    refused(&with("multiarch: both"), "unknown-field");
    let images = "images: [ \"registry.acme.dev/**\" ]";
    for multi_arch in ["index", "children", "both"] {
        let text = with(&format!("multiArch: {multi_arch}"));
        let error = refused(&text.replace(images, "files: [ app ]"), "multi-arch-of-files");
        assert_eq!(error.position().line, 10, "{error}");
        parses(&text.replace(images, &format!("{images}\n      files: [ app ]")));
    }
}

#[test]
fn an_error_shows_the_place() {
    let error = refused(&signed_by(GITHUB).replace("mode: enforce", "modus: enforce"), "unknown-field");
    assert_eq!((error.position().line, error.position().column), (9, 7));
    assert_eq!(error.excerpt().expect("a line"), "      modus: enforce\n      ^");
    assert_eq!(error.to_string(), "there is no field `modus` here");
    let far = format!("{}{}", " ".repeat(5_000), "x: [1");
    let error = TrustPolicy::parse(&far, &Embedded).expect_err("no policy");
    assert!(error.excerpt().is_none_or(|excerpt| excerpt.lines().all(|line| line.len() <= 110)));
}

#[test]
fn what_an_alias_repeats_is_refused_where_it_does() {
    let good = demanding("{ signed: { by: { email: { address: &a a@acme.dev, issuer: *a } } } }");
    parses(&good);
    let error =
        refused(&good.replace("name: r", "name: &b \"*\"").replace("issuer: *a", "issuer: *b"), "wildcard-identity");
    assert_eq!(error.position().line, 7);
    let error =
        refused(&good.replace("name: p", "name: p, labels: { a: &b \"*\" }").replace("*a", "*b"), "wildcard-identity");
    assert_eq!(error.position().line, 10);
}

#[test]
fn exceptions_and_revocations_explain_themselves() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let with = |more: &str| format!("{}{more}", signed_by(GITHUB));
    parses(&with(&format!("  exceptions: [ {{ digest: \"{digest}\", reason: r, owner: o, expires: 2027-01-31 }} ]\n")));
    for (field, code) in [("reason: \" \", owner: o", "exception-unexplained"), ("reason: r", "missing-field")] {
        let exception = format!("  exceptions: [ {{ digest: \"{digest}\", {field}, expires: 2027-01-31 }} ]\n");
        refused(&with(&exception), code);
    }
    let expires = format!("  exceptions: [ {{ digest: \"{digest}\", reason: r, owner: o, expires: soon }} ]\n");
    refused(&with(&expires), "moment-malformed");
    parses(&with(&format!("  revoked: [ {{ digest: \"{digest}\", since: 2026-05-01 }} ]\n")));
    parses(&with(&format!("  revoked: [ {{ by: {{ {GITHUB} }}, since: 2026-05-01T00:00:00Z }} ]\n")));
    refused(&with("  revoked: [ { since: 2026-05-01 } ]\n"), "revoked-what");
    let both = format!("  revoked: [ {{ by: {{ {GITHUB} }}, digest: \"{digest}\", since: 2026-05-01 }} ]\n");
    refused(&with(&both), "revoked-what");
}

#[test]
fn bombs_and_giants_are_refused_at_once() {
    let deep = demanding(&format!("{}{}", "{ all: [ ".repeat(100), "] }".repeat(100)));
    refused(&deep, "policy-over-budget");
    let blocks: String = (0..100).map(|depth| format!("\n{}- all:", " ".repeat(14 + 2 * depth))).collect();
    refused(&demanding(&format!("\n        all:{blocks} []")), "policy-over-budget");
    let mut bomb = String::from("a: &a [ x, x, x, x, x, x, x, x, x ]\n");
    for (of, name) in "abcdefghi".chars().zip("bcdefghij".chars()) {
        bomb.push_str(&format!("{name}: &{name} [ {} ]\n", vec![format!("*{of}"); 9].join(", ")));
    }
    let error = TrustPolicy::parse(&bomb, &Embedded).expect_err("a bomb");
    assert!(["unknown-field", "policy-over-budget"].contains(&error.code()), "{error}");
    // One that stands where something is read.
    let (mut of, mut all) = ("a".to_owned(), format!("&a {{ signed: {{ by: {{ {GITHUB} }} }} }}"));
    for name in ["b", "c", "d", "e", "f", "g"] {
        let nine: Vec<_> = (0..9).map(|_| format!("{{ any: [ *{of} ] }}")).collect();
        all.push_str(&format!(", &{name} {{ any: [ {} ] }}", nine.join(", ")));
        of = name.to_owned();
    }
    refused(&demanding(&format!("{{ all: [ {all} ] }}")), "policy-over-budget");
    refused(&" ".repeat(budget::POLICY_BYTES + 1), "policy-too-large");
    parses(&format!("{}{}", signed_by(GITHUB), " ".repeat(budget::POLICY_BYTES - 2_000)));
}
