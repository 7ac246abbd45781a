//! The schemas that are given out are those of the code, and the documentation's policy is one.
#![expect(clippy::expect_used, clippy::disallowed_methods, reason = "a test fails by panicking, and reads files")]

use bulla_policy::{Embedded, Sources, TrustPolicy, language::Cases, schema};
use bulla_sign::SigningKey;
use bulla_verify::{KeyAlgorithm, Time, TrustedRoot};
use serde_json::Value;
use std::{fs, path::PathBuf};

fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// `BULLA_WRITE_SCHEMAS=1 cargo test -p bulla-policy --test schema` writes them anew.
#[track_caller]
fn is_the_copy(schema: &schemars::Schema, path: &str) {
    let text = format!("{}\n", serde_json::to_string_pretty(schema.as_value()).expect("JSON"));
    if std::env::var_os("BULLA_WRITE_SCHEMAS").is_some() {
        fs::write(file(path), &text).expect("written");
    }
    let copy: Value = serde_json::from_str(&fs::read_to_string(file(path)).expect("a copy")).expect("JSON");
    assert_eq!(&copy, schema.as_value(), "{path} is not the code's: see the documentation of this test");
    jsonschema::draft202012::meta::validate(&copy).expect("a schema");
}

#[test]
fn the_copies_are_the_codes() {
    is_the_copy(&schema::of_policies(), "schema/trust-policy-v1.json");
    is_the_copy(&schema::of_decisions(), "schema/decision-v1.json");
    is_the_copy(&schema::of_evidence(), "schema/evidence-v1.json");
    is_the_copy(&schema::of_cases(), "schema/policy-cases-v1.json");
}

/// Keys for every path, and a root.
struct Files(String);

impl Sources for Files {
    fn file(&self, path: &str) -> Result<String, String> {
        match path.ends_with(".pub") {
            true => Ok(self.0.clone()),
            false => {
                fs::read_to_string(file("../verify-lib/src/trust/public_good.json")).map_err(|error| error.to_string())
            }
        }
    }

    fn root(&self, name: &str) -> Result<Option<TrustedRoot>, String> {
        Embedded.root(name)
    }
}

#[test]
fn the_documented_policy_parses_and_bundles_and_has_no_lint_but_of_time() {
    let page = fs::read_to_string(file("docs/language.md")).expect("the page");
    let mut blocks = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let text = blocks.next().expect("a policy");
    assert_eq!(blocks.next(), None, "one policy is documented");
    let keys: Vec<_> = (0..4).map(|_| SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key")).collect();
    let pem = keys.first().expect("a key").verifying_key().to_pem();
    // Each key is somebody else's.
    let [_, alice, bob, old] = keys.as_slice() else { panic!("four keys") };
    let inline = [("alice", alice), ("bob", bob), ("old", old)].iter().fold(text.to_owned(), |text, (name, key)| {
        let pem = serde_json::to_string(&key.verifying_key().to_pem()).expect("JSON");
        text.replace(&format!("./{name}.pub"), &pem)
    });
    let policy = TrustPolicy::parse(&inline, &Files(pem)).expect("it parses");
    let bundled = policy.to_string();
    assert_eq!(TrustPolicy::parse(&bundled, &Embedded).expect("no file is needed"), policy);
    assert_eq!(policy.lints(&inline, Time::from_unix(1_790_000_000)), []);
    let schema = jsonschema::validator_for(schema::of_policies().as_value()).expect("a schema");
    for text in [&inline, &bundled] {
        let value: Value = serde_saphyr::from_str(text).expect("YAML");
        schema.validate(&value).expect("of the schema");
    }
}

#[test]
fn the_documented_cases_are_of_the_schema_and_parse() {
    let page = fs::read_to_string(file("docs/language.md")).expect("the page");
    let help = fs::read_to_string(file("../cli/src/args/policy.rs")).expect("the help");
    let on_the_page = page.split("```text\npolicies:").nth(1).and_then(|rest| rest.split("```").next()).expect("cases");
    let in_the_help = help.split("  policies:").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("cases");
    let schema = jsonschema::validator_for(schema::of_cases().as_value()).expect("a schema");
    for text in [format!("policies:{on_the_page}"), format!("  policies:{in_the_help}")] {
        let text = text.replace("sha256:…", &format!("sha256:{}", "0".repeat(64)));
        let value: Value = serde_saphyr::from_str(&text).expect("YAML");
        schema.validate(&value).expect("of the schema");
        assert_eq!(Cases::parse(&text).expect("it parses").cases.len(), 2);
    }
}

#[test]
fn every_lint_is_documented() {
    let page = fs::read_to_string(file("docs/language.md")).expect("the page");
    let lints = page.split("## Lints").nth(1).expect("a chapter");
    let code = fs::read_to_string(file("src/language/lint.rs")).expect("the lints");
    let codes: Vec<_> = code.split("lint(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(codes.len() > 5, "{codes:?}");
    for code in codes {
        assert!(lints.contains(&format!("`{code}`")), "{code}");
    }
}
