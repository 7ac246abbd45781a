//! `policy suggest`: a policy to begin with.

use crate::shell::Shell;
use serde_json::Value;

#[test]
fn what_is_suggested_is_met_by_what_is_there_and_by_nobody_elses() {
    let shell = Shell::new();
    shell.push_image("app", "1", "app");
    shell.run("policy suggest REG/app:1 --key bulla.pub").fails(1, "nothing-signed").hints("--key");
    shell.run("sign REG/app:1 --key bulla.key").ends(0);
    shell.write("tests.json", "{\"failed\": 0}");
    shell.run("attest REG/app:1 --key bulla.key --type https://acme.dev/tests/v1 --predicate tests.json").ends(0);
    let said = shell.run("policy suggest REG/app:1 --key bulla.pub").ends(0).err("");
    assert!(said.out.starts_with("# What REG/app:1 is signed with today."), "{said:?}");
    for line in ["      - REG/app\n", "unmatched: deny\n", "type: https://acme.dev/tests/v1\n", "PUBLIC KEY"] {
        let line = line.trim_start_matches([' ', '-']);
        assert!(said.out.contains(line), "{line} {said:?}");
    }
    shell.write("trust.yaml", said.out.replace("REG", &shell.registry.host()));
    shell.run("policy check trust.yaml --strict").ends(0);
    shell.run("verify REG/app:1 --policy trust.yaml").ends(0);
    shell.push_image("app", "2", "another");
    shell.run("sign REG/app:2 --key other.key").ends(0);
    shell.run("verify REG/app:2 --policy trust.yaml").ends(1);
    // Signed and not attested.
    shell.push_image("app", "3", "third");
    shell.run("sign REG/app:3 --key bulla.key").ends(0);
    shell.run("verify REG/app:3 --policy trust.yaml").fails(1, "not-that-type");
}

#[test]
fn a_file_is_named_by_its_name_or_as_somebody_says() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("policy suggest app --key bulla.pub").fails(1, "no-bundle").hints("app.sigstore.json");
    shell.run("sign app --key bulla.key").ends(0);
    shell.run("policy suggest app").fails(1, "nothing-signed").hints("no bundle holds one");
    let said = shell.run("policy suggest app --key bulla.pub --as tool.zip").ends(0);
    assert!(said.out.contains("files:\n    - tool.zip\n"), "{said:?}");
    shell.run("policy suggest gone --key bulla.pub").fails(2, "file-not-found");
}

/// A release manager of Python, by the address in a real certificate.
#[test]
fn whoever_signs_without_a_key_is_called_by_name() {
    let Some(folder) = bulla_tests::vectors("cpython") else { return };
    let manifest = std::fs::read_to_string(folder.join("manifest.jsonl")).unwrap();
    let row: Value = serde_json::from_str(manifest.lines().next().unwrap()).unwrap();
    let text = |field: &str| row[field].as_str().unwrap();
    let bundle = folder.join(text("bundle"));
    let target = format!("sha256:{} --bundle {}", text("sha256"), bundle.display());
    let shell = Shell::new();
    shell.run(&format!("policy suggest {target}")).fails(2, "unnamed").hints("--as");
    let said = shell.run(&format!("policy suggest {target} --as python.exe --offline")).ends(0);
    let expected = format!(
        "by:\n          email:\n            address: {}\n            issuer: {}\n",
        text("identity"),
        text("issuer")
    );
    assert!(said.out.contains(&expected), "{expected} {said:?}");
    shell.write("trust.yaml", &said.out);
    shell.run(&format!("verify {target} --as python.exe --policy trust.yaml")).ends(0);
}
