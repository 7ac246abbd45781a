//! What a policy says and hardly means.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use bulla_policy::{Embedded, PolicyError, TrustPolicy};
use bulla_verify::Time;

/// 2026-09-21.
fn now() -> Time {
    Time::from_unix(1_790_000_000)
}

/// A policy that is as strict as can be.
const STRICT: &str = r#"apiVersion: bulla.dev/v1
kind: TrustPolicy
metadata: { name: p }
spec:
  unmatched: deny
  rules:
    - name: r
      images: [ "registry.acme.dev/**" ]
      mode: enforce
      require:
        any:
          - signed: { by: { github: { repository: acme/app, workflow: release.yml, ref: "refs/tags/v*" } } }
          - signed: { by: { email: { address: a@acme.dev, issuer: "https://login.acme.dev" } } }
          - provenance: { builder: github-hosted, source: github.com/acme/app, workflow: b.yml, version: v1 }
          - vulnerabilities:
              by: { certificate: { subject: "https://acme.dev/scanner", issuer: "https://login.acme.dev" } }
              max: { critical: 0 }
              ignore: [ { id: CVE-2026-1, reason: r, expires: 2027-01-31 } ]
"#;

#[track_caller]
fn lints(text: &str) -> Vec<PolicyError> {
    let policy =
        TrustPolicy::parse(text, &Embedded).unwrap_or_else(|error| panic!("{error} [{}]\n{text}", error.code()));
    policy.lints(text, now())
}

/// The one lint of the strict policy with this in that's place, and the text that it points at.
#[track_caller]
fn said_of(that: &str, this: &str, code: &str, at: &str) {
    assert!(STRICT.contains(that), "{that}");
    let text = STRICT.replace(that, this);
    let found = lints(&text);
    let [lint] = found.as_slice() else { panic!("{found:?}\n{text}") };
    assert_eq!(lint.code(), code, "{lint}");
    let line = usize::try_from(lint.position().line).ok().and_then(|line| text.lines().nth(line - 1)).expect("a line");
    let before = usize::try_from(lint.position().column - 1).expect("a column");
    assert!(line.chars().skip(before).collect::<String>().starts_with(at), "{code} at {:?}", lint.excerpt());
    assert!(lint.excerpt().is_some() && !lint.hint().is_empty());
}

fn excepted_until(expires: &str) -> String {
    let digest = format!("sha256:{}", "a".repeat(64));
    format!("{STRICT}  exceptions: [ {{ digest: \"{digest}\", reason: r, owner: o, expires: {expires} }} ]\n")
}

#[test]
fn a_strict_policy_has_none() {
    assert_eq!(lints(STRICT), []);
    for (that, this) in [
        ("ref: \"refs/tags/v*\"", "environment: production"),
        ("workflow: release.yml", "reusableWorkflow: \"acme/ci/.github/workflows/b.yml@refs/tags/v1\""),
        ("registry.acme.dev/**", "localhost:5000/**/app"),
        ("registry.acme.dev/**", "**"),
        ("registry.acme.dev/**", "**/app"),
        ("registry.acme.dev/**", "*.acme.dev/app"),
        ("images: [ \"registry.acme.dev/**\" ]", "files: [ \"app-*.tar.gz\", \"**\", \"**/app\" ]"),
    ] {
        assert!(STRICT.contains(that), "{that}");
        assert_eq!(lints(&STRICT.replace(that, this)), [], "{this}");
    }
}

#[test]
fn each_is_said_where_it_stands() {
    for unmatched in ["allow", "warn"] {
        said_of("unmatched: deny", &format!("unmatched: {unmatched}"), "unmatched-accepted", unmatched);
    }
    for mode in ["warn", "audit"] {
        said_of("mode: enforce", &format!("mode: {mode}"), "enforces-nothing", "- name: r");
    }
    for image in ["registry.acme.dev/app:1.4", "registry.acme.dev/app@sha256", "app", "*", "library/app", "a/**/b:c"] {
        said_of("registry.acme.dev/**", image, "matches-nothing", &format!("\"{image}"));
    }
    said_of(
        "images: [ \"registry.acme.dev/**\" ]",
        "files: [ \"dist/app-*.tar.gz\" ]",
        "matches-nothing",
        "\"dist/app-*.tar.gz\"",
    );
    said_of(", ref: \"refs/tags/v*\"", "", "any-ref", "{ github");
    said_of(", workflow: release.yml", "", "any-workflow", "{ github");
    said_of(", workflow: b.yml", "", "any-workflow", "{ builder");
    said_of(", version: v1", "", "any-ref", "{ builder");
    let summary = |more: &str| {
        let by = "certificate: { subject: \"https://acme.dev/v\", issuer: \"https://login.acme.dev\" }";
        format!("- vsa: {{ verifier: \"https://acme.dev/v\", by: {{ {by} }}{more} }}")
    };
    let provenance =
        "- provenance: { builder: github-hosted, source: github.com/acme/app, workflow: b.yml, version: v1 }";
    said_of(provenance, &summary(""), "any-resource", "{ certificate");
    assert_eq!(lints(&STRICT.replace(provenance, &summary(", resource: \"oci://{name}\""))), []);
    let scanner = "certificate: { subject: \"https://acme.dev/scanner\", issuer: \"https://login.acme.dev\" }";
    said_of(scanner, "gitlab: { project: acme/app }", "any-ref", "{ gitlab");
    let by_name = "certificate: { subject: \"https://gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/main\", issuer: \"https://gitlab.com\" }";
    said_of(scanner, by_name, "pipeline-by-name", "{ certificate");
    said_of("source: github.com/acme/app", "source: gitlab.com/acme/app", "source-elsewhere", "{ builder");
    let gitlab = "- provenance: { builder: gitlab-hosted, source: gitlab.com/acme/app, version: v1 }";
    assert_eq!(lints(&STRICT.replace(provenance, gitlab)), []);
    said_of(provenance, &gitlab.replace("source: gitlab", "source: github"), "source-elsewhere", "{ builder");
    said_of("expires: 2027-01-31", "expires: 2026-01-31", "exception-expired", "2026-01-31");
    let github = "github: { repository: acme/app, workflow: release.yml, ref: \"refs/tags/v*\" }";
    said_of(github, "gitlab: { project: acme/app }", "any-ref", "{ gitlab");
}

#[test]
fn images_in_an_index_that_nobody_vouches_for_are_open() {
    for (multi_arch, is_open) in [("index", false), ("children", true), ("both", false)] {
        let rule = format!("mode: enforce\n      multiArch: {multi_arch}");
        match is_open {
            true => said_of("mode: enforce", &rule, "index-open", "children"),
            false => assert_eq!(lints(&STRICT.replace("mode: enforce", &rule)), [], "{multi_arch}"),
        }
    }
    let children = STRICT.replace("mode: enforce", "mode: enforce\n      multiArch: children");
    let with = |images: &str, mode: &str, multi_arch: &str| {
        let by = "github: { repository: acme/app, workflow: release.yml, ref: \"refs/tags/v*\" }";
        let rule = format!("name: s\n      images: [ {images} ]\n      mode: {mode}\n      multiArch: {multi_arch}");
        lints(&format!("{children}    - {rule}\n      require: {{ signed: {{ by: {{ {by} }} }} }}\n"))
    };
    let all = "\"registry.acme.dev/**\"";
    assert_eq!(with(all, "enforce", "index"), []);
    assert_eq!(with(&format!("{all}, registry.acme.dev/x"), "enforce", "both"), []);
    for (images, mode, multi_arch, open) in
        [(all, "warn", "index", 1), (all, "enforce", "children", 2), ("\"registry.acme.dev/*\"", "enforce", "index", 1)]
    {
        let found = with(images, mode, multi_arch);
        assert_eq!(found.iter().filter(|lint| lint.code() == "index-open").count(), open, "{found:?}");
    }
    let warned = lints(&children.replace("mode: enforce", "mode: warn"));
    assert!(warned.iter().all(|lint| lint.code() != "index-open"), "{warned:?}");
}

#[test]
fn a_dot_between_letters_means_any_character() {
    let pattern = |subject: &str| {
        let issuer = r"^https://login\.acme\.dev$";
        let by = format!("pattern: {{ subject: '{subject}', issuer: '{issuer}' }}");
        STRICT.replace("email: { address: a@acme.dev, issuer: \"https://login.acme.dev\" }", &by)
    };
    for (subject, expected) in [
        (r"^https://github\.com/acme/[a-z.]+/.*$", None),
        (r"^a.*b\.acme.+dev/x.$", None),
        (r"^[\].a]x\.acme\.dev$", None),
        (r"^https://github.com/acme/.*$", Some("`github.com`")),
        (r"^https://github\.com/acme\.dev/v1.2$", Some("`v1.2`")),
        (r"^https://[a]github\\.com.acme$", Some("`com.acme`")),
    ] {
        let found = lints(&pattern(subject));
        let told: Vec<_> = found.iter().map(|lint| (lint.code(), lint.to_string())).collect();
        match (expected, told.as_slice()) {
            (None, []) => {}
            (Some(around), [("pattern-dot", message)]) => assert!(message.contains(around), "{message}"),
            _ => panic!("{subject}: {told:?}"),
        }
    }
}

#[test]
fn an_exception_ends_and_does_so_soon() {
    for (expires, expected) in [
        ("2026-09-22", None),
        ("2027-09-22", None),
        ("2027-09-23", Some("exception-long")),
        ("2099-01-01", Some("exception-long")),
        ("2026-09-21", Some("exception-expired")),
        ("2020-01-01", Some("exception-expired")),
    ] {
        let found = lints(&excepted_until(expires));
        assert_eq!(found.iter().map(PolicyError::code).next(), expected, "{expires}: {found:?}");
    }
}

#[test]
fn they_come_in_the_order_of_the_text() {
    let text = excepted_until("2020-01-01").replace("deny", "allow").replace("registry.acme.dev/**", "app");
    let codes = lints(&text).iter().map(|lint| lint.code().to_owned()).collect::<Vec<_>>();
    assert_eq!(codes, ["unmatched-accepted", "matches-nothing", "exception-expired"]);
}
