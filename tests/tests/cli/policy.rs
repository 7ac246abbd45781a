//! Policies: what they decide, what is wrong with them, and what a person gets to read of it.

use crate::{identity::World, shell::Shell};
use bulla_sandbox::{Fault, Injection};

/// A policy of that name, with these rules and whatever else.
fn policy(name: &str, unmatched: &str, rules: &str) -> String {
    format!(
        "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: {name} }}\nspec:\n  unmatched: {unmatched}\n  \
         rules:\n{rules}"
    )
}

/// A rule that demands the signature of a key, of everything whose name fits.
fn rule(name: &str, about: &str, mode: &str, key: &str) -> String {
    format!(
        "    - name: {name}\n      {about}\n      mode: {mode}\n      require: {{ signed: {{ by: {{ key: ./{key} }} }} }}\n"
    )
}

const APP: &str = "files: [ app ]";

/// `good.yaml` wants `bulla.pub` for `app`, `other.yaml` wants `other.pub`, `loose.yaml` warns alone and has no rule for `app`,
/// and `bad.yaml` does not parse.
pub(crate) fn policies(shell: &Shell) {
    let good = policy("good", "deny", &rule("app", APP, "enforce", "bulla.pub"));
    shell.write("bad.yaml", good.replace("mode:", "modus:"));
    shell.write("good.yaml", good);
    shell.write("other.yaml", policy("other", "deny", &rule("app", APP, "enforce", "other.pub")));
    shell.write("loose.yaml", policy("loose", "deny", &rule("tools", "files: [ bin/tool ]", "warn", "bulla.pub")));
}

/// With `app`, signed by `bulla.key`, and the policies.
fn signed() -> Shell {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("sign app --key bulla.key").ends(0);
    policies(&shell);
    shell
}

#[test]
fn a_policy_accepts_and_refuses_and_says_why() {
    let shell = signed();
    shell
        .run("verify app --policy good.yaml")
        .ends(0)
        .err("")
        .out("accepted   app@sha256:…\nsigner     key sha256:…\n");
    shell.run("verify app --policy other.yaml").fails(1, "other-key");
    shell.run("verify app --policy good.yaml --policy other.yaml").fails(1, "signer-mismatch").err(
        "error: app: signed by the key sha256:…, expected the key sha256:… [signer-mismatch]\n\
         hint: ask the publisher who signs, and demand exactly that\n",
    );
    std::fs::remove_file(shell.path("app.sigstore.json")).unwrap();
    shell.run("verify app --policy good.yaml").fails(1, "no-signature");
}

#[test]
fn what_no_rule_is_about_is_the_policys_to_say() {
    let shell = signed();
    shell.write("tool", "bytes");
    shell.run("verify tool --policy good.yaml").fails(1, "unmatched").hints("add a rule for it");
    shell.run("verify app --policy loose.yaml").fails(1, "unmatched");
    for (unmatched, err) in [("allow", ""), ("warn", "warning: tool: no enforced rule is about it\n")] {
        shell.write("open.yaml", policy("open", unmatched, &rule("app", APP, "enforce", "bulla.pub")));
        shell.run("verify tool --policy open.yaml").ends(0).err(err).out("accepted   tool@sha256:…\n");
    }
    // The strictest of several counts.
    shell.run("verify tool --policy open.yaml --policy good.yaml").fails(1, "unmatched");
}

#[test]
fn a_rule_that_warns_lets_pass_and_does_not_count_as_one() {
    let shell = signed();
    let both = |mode: &str| {
        let rules = rule("app", APP, "enforce", "bulla.pub") + &rule("second", APP, mode, "other.pub");
        shell.write("both.yaml", policy("both", "deny", &rules));
        shell.run("verify app --policy both.yaml")
    };
    both("warn")
        .ends(0)
        .err("warning: app: the rule `second` is not met: signed by the key sha256:…, expected the key sha256:…\n");
    both("audit").ends(0).err("");
    both("enforce").fails(1, "signer-mismatch");
    shell.write("warn.yaml", policy("warn", "deny", &rule("app", APP, "warn", "bulla.pub")));
    shell.run("verify app --policy warn.yaml").fails(1, "unmatched");
}

#[test]
fn an_exception_shows_and_a_revocation_stands_above_it() {
    let shell = signed();
    let digest = bulla_verify::Digest::of(b"bytes");
    let base = shell.read("other.yaml");
    let excepted = |expires: &str| {
        format!(
            "{base}  exceptions: [ {{ digest: \"{digest}\", reason: built before, owner: platform, expires: {expires} }} ]\n"
        )
    };
    shell.write("except.yaml", excepted("2099-01-31"));
    shell
        .run("verify app --policy except.yaml")
        .ends(0)
        .err("warning: app: accepted by an exception of platform until 2099-01-31T00:00:00Z: built before\n");
    shell.write("ended.yaml", excepted("2020-01-31"));
    shell.run("verify app --policy ended.yaml").fails(1, "other-key");
    let revoked = format!("  revoked: [ {{ digest: \"{digest}\", since: 2026-01-01, reason: it leaks }} ]\n");
    shell.write("revoked.yaml", format!("{}{revoked}", excepted("2099-01-31")));
    let said = shell.run("verify app --policy revoked.yaml").ends(1);
    assert!(said.err.contains("is revoked since 2026-01-01: it leaks [artifact-revoked]"), "{said:?}");
    let signer = "  revoked: [ { by: { key: ./bulla.pub }, since: 2026-01-01 } ]\n";
    shell.write("signer.yaml", format!("{}{signer}", shell.read("good.yaml")));
    shell.run("verify app --policy signer.yaml").fails(1, "signer-revoked").hints("have it signed again");
}

#[test]
fn an_image_goes_by_its_repository_or_as_it_is_said_to_be_called() {
    let shell = Shell::new();
    shell.push_image("services/app", "1.4", "clay");
    shell.push_image("mirror/app", "1.4", "clay");
    let host = shell.registry.host();
    let about = format!("images: [ \"{host}/services/**\" ]");
    shell.write("images.yaml", policy("images", "deny", &rule("services", &about, "enforce", "bulla.pub")));
    shell.run("sign REG/services/app:1.4 --key bulla.key").ends(0);
    shell.run("sign REG/mirror/app:1.4 --key bulla.key").ends(0);
    shell.run("verify REG/services/app:1.4 --policy images.yaml").ends(0);
    shell.run("verify REG/mirror/app:1.4 --policy images.yaml").fails(1, "unmatched");
    shell.run("verify REG/mirror/app:1.4 --as REG/services/app --policy images.yaml").ends(0);
    shell.run("verify REG/services/app:9 --policy images.yaml").ends(2);
    shell.run("verify REG/services/app:1.4 --as x --key bulla.pub").fails(2, "usage");
}

#[test]
fn what_could_not_be_fetched_is_no_refusal() {
    let shell = Shell::new();
    shell.push_image("app", "1.4", "clay");
    let about = format!("images: [ \"{}/**\" ]", shell.registry.host());
    shell.write("images.yaml", policy("images", "deny", &rule("all", &about, "enforce", "bulla.pub")));
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    shell.registry.inject(Injection::of(Fault::InternalError).on_path("/referrers/").times(1_000));
    let said = shell.run("verify REG/app:1.4 --policy images.yaml --explain --timeout 2s").ends(2);
    assert!(said.out.contains("    unknown  signed by the key sha256:"), "{said:?}");
    assert!(said.out.contains("[registry-failed]") && said.err.contains("[registry-failed]"), "{said:?}");
}

#[test]
fn an_identity_counts_under_the_root_that_the_policy_holds() {
    let world = World::new();
    world.sign("app").ends(0);
    let shell = &world.shell;
    let by = format!("email: {{ address: dev@sandbox.invalid, issuer: \"{}\", root: mine }}", world.sandbox.url());
    let text = policy("p", "deny", &rule("app", APP, "enforce", "bulla.pub")).replace("key: ./bulla.pub", &by);
    let text = text.replace("  rules:", "  roots: { mine: { trustedRoot: ./root.json } }\n  rules:");
    shell.write("identity.yaml", &text);
    shell.run("verify app --policy identity.yaml").ends(0);
    shell.write("another.yaml", text.replace("dev@", "ops@"));
    shell.run("verify app --policy another.yaml").fails(1, "signer-mismatch");
    // What it names is put into it, and then no file is needed.
    let bundled = shell.run("policy bundle identity.yaml").ends(0).err("").out;
    std::fs::remove_file(shell.path("root.json")).unwrap();
    shell.write("bundled.yaml", bundled);
    shell.run("verify app --policy bundled.yaml").ends(0);
    shell.run("verify app --policy identity.yaml").fails(2, "policy-file").hints("from where the policy stands");
}

#[test]
fn a_policy_that_does_not_parse_is_shown_with_its_line() {
    let shell = signed();
    let said = "error: bad.yaml:9:7: there is no field `modus` here [unknown-field]\n          \
                modus: enforce\n          ^\nhint: one of: name, images, files, mode, multiArch, require\n";
    shell.run("verify app --policy bad.yaml").fails(2, "unknown-field").err(said);
    shell.run("policy check bad.yaml").fails(2, "unknown-field").err(said);
    shell.run("policy bundle bad.yaml").fails(2, "unknown-field").err(said);
    shell.run("policy check missing.yaml").fails(2, "file-not-found");
    shell.run("verify app --policy good.yaml --policy good.yaml").fails(2, "duplicate-policy").hints("rename one");
    for flags in ["--key bulla.pub", "--identity a --issuer b", "--type vuln", "--root r", "--trusted-root f"] {
        shell.run(&format!("verify app --policy good.yaml {flags}")).fails(2, "usage");
    }
    // One that is broken keeps none of the others from being looked at.
    let said = shell.run("policy check bad.yaml good.yaml missing.yaml").ends(2);
    assert_eq!(said.out, "parses     good.yaml: the policy `good`, 1 rule\n");
    assert!(said.err.contains("[unknown-field]") && said.err.contains("[file-not-found]"), "{said:?}");
}

#[test]
fn a_lint_is_a_warning_and_an_error_where_all_is_strict() {
    let shell = signed();
    shell.run("policy check good.yaml --strict").ends(0).err("");
    let lints = "warning: loose.yaml:7:5: no rule is enforced: nothing is refused by one [enforces-nothing]\n        \
                 - name: tools\n        ^\nhint: set `mode: enforce` once the warnings have ended\n\
                 warning: loose.yaml:8:16: `bin/tool` matches no file: files go by their names without folders \
                 [matches-nothing]\n          files: [ bin/tool ]\n                   ^\n\
                 hint: write what stands behind the last slash\n";
    let parses = "parses     loose.yaml: the policy `loose`, 1 rule\n";
    shell.run("policy check loose.yaml").ends(0).out(parses).err(lints);
    let strict =
        "error: 2 lints, and `--strict` lets none pass [policy-lints]\nhint: mend them: each says above what to do\n";
    shell.run("policy check loose.yaml --strict").ends(1).out(parses).err(&format!("{lints}{strict}"));
    let json = shell.json("policy check loose.yaml good.yaml");
    assert_eq!(json["result"]["policies"][0]["lints"][1]["code"], "matches-nothing");
    assert_eq!(json["result"]["policies"][1]["lints"], serde_json::json!([]));
    shell.pipe("policy check -", shell.read("good.yaml").replace("deny", "allow").as_bytes()).ends(0);
}

#[test]
fn a_bundle_needs_no_files_and_says_where_it_would() {
    let shell = signed();
    let bundled = shell.run("policy bundle good.yaml").ends(0).err("").out;
    assert!(bundled.contains("BEGIN PUBLIC KEY") && !bundled.contains("bulla.pub"), "{bundled}");
    std::fs::remove_file(shell.path("bulla.pub")).unwrap();
    shell.write("bundled.yaml", &bundled);
    shell.run("verify app --policy bundled.yaml").ends(0);
    assert_eq!(shell.run("policy bundle bundled.yaml").ends(0).out, bundled);
    shell.run("policy bundle good.yaml").fails(2, "policy-file");
}

#[test]
fn the_schema_is_printed() {
    let shell = Shell::bare();
    let printed = shell.run("policy schema").ends(0).err("").out;
    let path = bulla_tests::root().join("policy/schema/trust-policy-v1.json");
    let copy: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).unwrap(), copy);
}

#[test]
fn no_private_key_is_said_again() {
    let shell = signed();
    let secret = shell.read("bulla.key");
    let body = secret.lines().nth(1).unwrap();
    let inline = serde_json::to_string(&secret).unwrap();
    shell.write("named.yaml", shell.read("good.yaml").replace("bulla.pub", "bulla.key"));
    shell.write("inline.yaml", shell.read("good.yaml").replace("./bulla.pub", &inline));
    for (file, code) in [("named.yaml", "key-not-pem"), ("inline.yaml", "private-key"), ("bulla.key", "private-key")] {
        for line in ["verify app --policy", "policy check", "policy bundle"] {
            let said = shell.run(&format!("{line} {file}")).fails(2, code);
            assert!(!said.err.contains(&body[..16]) && said.err.contains("private"), "{said:?}");
            let json = shell.json(&format!("{line} {file}")).to_string();
            assert!(!json.contains(&body[..16]), "{json}");
        }
    }
}

#[test]
fn a_decision_is_explained_as_a_tree() {
    let shell = signed();
    let rules = "    - name: app\n      files: [ app ]\n      mode: enforce\n      require:\n        all:\n          \
                 - signed: { by: { key: ./bulla.pub } }\n          \
                 - any:\n              - signed: { by: { key: ./other.pub } }\n              \
                 - attested: { type: vuln, by: { key: ./bulla.pub } }\n";
    shell.write("both.yaml", policy("both", "deny", rules));
    let said = shell.run("verify app --policy both.yaml --explain").ends(1);
    said.out(
        "decision  refused: app@sha256:…\n  \
           rule  `app` of the policy `both`, enforced\n    \
             refused  all of these\n      \
               accepted  signed by the key sha256:…\n        \
                 met by  app.sigstore.json\n      \
               refused  any of these\n        \
                 refused  signed by the key sha256:…\n          \
                   why  signed by the key sha256:…, expected the key sha256:… [signer-mismatch]\n            \
                     bundle  app.sigstore.json\n            \
                     expected  the key sha256:…\n            \
                     found  the key sha256:…\n            \
                     hint  ask the publisher who signs, and demand exactly that\n        \
                 refused  attested as `https://cosign.sigstore.dev/attestation/vuln/v1` by the key sha256:…\n          \
                   why  found a signature, expected an attestation of type \
                        `https://cosign.sigstore.dev/attestation/vuln/v1` [not-that-type]\n            \
                     bundle  app.sigstore.json\n            \
                     hint  only signatures are there: have it attested (`bulla attest`), or demand a signature if that is what is meant\n",
    );
    shell.run("verify app --policy good.yaml --explain").ends(0).out(
        "accepted   app@sha256:…\nsigner     key sha256:…\n\n\
         decision  accepted: app@sha256:…\n  \
           rule  `app` of the policy `good`, enforced\n    \
             accepted  signed by the key sha256:…\n      \
               met by  app.sigstore.json\n",
    );
    let said = shell.run("verify app --policy loose.yaml --explain").ends(1);
    assert!(
        said.out.contains("  unmatched  no enforced rule is about it, and what none is about is refused"),
        "{said:?}"
    );
    let json = shell.json("verify app --policy both.yaml");
    let decision = &json["result"]["subjects"][0]["decision"];
    assert_eq!(decision["rules"][0]["step"]["parts"][1]["parts"][0]["reasons"][0]["code"], "signer-mismatch");
    assert_eq!(decision["verdict"], "refused");
}
