//! Verification summaries: `attest --vsa`, and policies that believe them.

use crate::{report::of_the_schema, shell::Shell};
use bulla_sandbox::{Fault, Injection};
use bulla_verify::Digest;

const ATTEST: &str =
    "attest REG/app:1.4 --vsa --policy trust.yaml --verifier-id https://acme.dev/verifier --key other.key";

fn policy(name: &str, about: &str, require: &str) -> String {
    format!(
        "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: {name} }}\nspec:\n  unmatched: deny\n  rules:\n    \
         - name: all\n      {about}\n      mode: enforce\n      require: {require}\n"
    )
}

/// A policy that believes what the other key summarises, with `more` of what it demands.
fn believing(shell: &Shell, more: &str) {
    let about = format!("images: [ \"{}/**\" ]\n      files: [ app ]", shell.registry.host());
    let vsa = format!("{{ vsa: {{ by: {{ key: ./other.pub }}, verifier: \"https://acme.dev/verifier\"{more} }} }}");
    shell.write("consumer.yaml", policy("consumer", &about, &vsa));
}

/// `trust.yaml` demands `bulla.pub` of `REG/app:1.4` and of `app`, and `consumer.yaml` a summary by `other.pub`.
fn scene() -> Shell {
    let shell = Shell::new();
    shell.push_image("app", "1.4", "clay");
    let about = format!("images: [ \"{}/**\" ]\n      files: [ app ]", shell.registry.host());
    shell.write("trust.yaml", policy("production", &about, "{ signed: { by: { key: ./bulla.pub } } }"));
    believing(&shell, "");
    shell
}

#[test]
fn what_was_verified_is_signed_and_believed_elsewhere() {
    let shell = scene();
    shell.run("verify REG/app:1.4 --policy consumer.yaml").fails(1, "no-summary");
    let failed = shell.run(ATTEST).ends(1);
    assert!(failed.out.starts_with("attested   REG/app@sha256:"), "{failed:?}");
    assert_eq!(
        failed.err,
        "warning: REG/app:1.4: its summary says FAILED\nerror: REG/app:1.4: no signature is attached [no-signature]\n\
         hint: sign it (`bulla sign`); if it was signed elsewhere, copy its signatures along with it\n"
    );
    let refused = shell.run("verify REG/app:1.4 --policy consumer.yaml").fails(1, "summary-mismatch");
    assert!(refused.err.contains("the summary's result is `FAILED`, expected `PASSED`"), "{refused:?}");

    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    let passed = shell.run(ATTEST).ends(0).err("");
    assert!(passed.out.contains("predicate  https://slsa.dev/verification_summary/v1\n"), "{passed:?}");
    let accepted = of_the_schema(&shell, "verify REG/app:1.4 --policy consumer.yaml", 0);
    let summary = &accepted["result"]["subjects"][0]["signatures"][0]["predicate"];
    assert_eq!(summary["resourceUri"], "oci://REG/app");
    assert_eq!(summary["verifiedLevels"], serde_json::json!(["SLSA_BUILD_LEVEL_UNEVALUATED"]));
    // What it was decided by: the signature, and not the summary before, by a key of which the policy knows nothing.
    let inputs = summary["inputAttestations"].as_array().unwrap();
    let signature = of_the_schema(&shell, "verify REG/app:1.4 --key bulla.pub", 0);
    let origin = signature["result"]["subjects"][0]["signatures"][0]["origin"].as_str().unwrap().to_owned();
    let uri = format!("oci://REG/app@{origin}");
    let [input] = inputs.as_slice() else { panic!("{summary}") };
    assert_eq!(input["uri"], uri);
    assert_eq!(Some(origin.as_str()), input["digest"]["sha256"].as_str().map(|hex| format!("sha256:{hex}")).as_deref());
}

#[test]
fn a_summary_of_another_thing_policy_or_verifier_is_not_believed() {
    let shell = scene();
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    shell.run(ATTEST).ends(0);
    let digest =
        Digest::of(shell.run("policy bundle trust.yaml").ends(0).out.replace("REG", &shell.registry.host()).as_bytes());
    let (right, wrong) = (digest.to_string(), Digest::of(b"another").to_string());
    let believe = |more: &str, exit: i32| {
        believing(&shell, more);
        let said = shell.run("verify REG/app:1.4 --policy consumer.yaml").ends(exit);
        assert!(exit == 0 || said.err.contains("[summary-mismatch]"), "{more}: {said:?}");
    };
    believe(&format!(", policyDigest: \"{right}\", policy: \"https://acme.dev/verifier#production\""), 0);
    believe(", resource: \"oci://{name}\"", 0);
    for wrong in [
        format!(", policyDigest: \"{wrong}\""),
        ", policy: \"https://acme.dev/verifier#staging\"".to_owned(),
        ", resource: \"oci://{name}/x\"".to_owned(),
        ", levels: [ SLSA_BUILD_LEVEL_1 ]".to_owned(),
    ] {
        believe(&wrong, 1);
    }
    shell.write(
        "consumer.yaml",
        shell
            .read("consumer.yaml")
            .replace("acme.dev/verifier", "acme.dev/another")
            .replace(", levels: [ SLSA_BUILD_LEVEL_1 ]", ""),
    );
    shell.run("verify REG/app:1.4 --policy consumer.yaml").fails(1, "summary-mismatch");
    believing(&shell, "");
    shell.write("consumer.yaml", shell.read("consumer.yaml").replace("other.pub", "bulla.pub"));
    shell.run("verify REG/app:1.4 --policy consumer.yaml").fails(1, "other-key");
    // Nor as something else than it was verified as.
    believing(&shell, ", resource: \"oci://{name}\"");
    shell.run(&format!("{ATTEST} --resource urn:trial")).ends(0);
    shell.run("verify REG/app:1.4 --policy consumer.yaml").ends(0);
    believing(&shell, ", resource: \"urn:trial\"");
    shell.run("verify REG/app:1.4 --policy consumer.yaml").ends(0);
    // Of another image's name, the rules about that name decide: here, none is.
    let said = shell.run(&format!("{ATTEST} --resource oci://prod.dev/app")).ends(1);
    assert!(said.err.contains("its summary says FAILED") && said.err.contains("[unmatched]"), "{said:?}");
}

#[test]
fn what_is_unknown_or_was_not_verified_gets_none() {
    let shell = scene();
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    let none = |code: &str| {
        let said = shell.run(ATTEST).ends(2);
        assert!(said.out.is_empty() && said.err.contains(&format!("[{code}]\n")), "{said:?}");
        believing(&shell, "");
        shell.run("verify REG/app:1.4 --policy consumer.yaml").fails(1, "other-key");
    };
    shell.registry.inject(Injection::of(Fault::InternalError).on_path("/referrers/").times(5));
    let said = shell.run(&format!("{ATTEST} --timeout 2s")).ends(2);
    assert!(said.err.starts_with("error: REG/app:1.4: what is unknown has neither passed nor failed"), "{said:?}");
    assert!(said.err.contains("[registry-failed]\n"), "{said:?}");
    shell.registry.clear_faults();
    let trust = shell.read("trust.yaml");
    shell.write("trust.yaml", trust.replace("unmatched: deny", "unmatched: allow").replace("enforce", "warn"));
    none("summary-of-unmatched");
    let digest = shell.json("verify REG/app:1.4 --key bulla.pub")["result"]["subjects"][0]["digest"].clone();
    let exception = format!("  exceptions: [ {{ digest: {digest}, reason: r, owner: o, expires: 2099-01-31 }} ]\n");
    shell.write("trust.yaml", format!("{trust}{exception}"));
    none("summary-of-exception");
    shell.write("trust.yaml", trust);
    let said = shell.run(&ATTEST.replace("https://acme.dev/verifier", "acme")).ends(2);
    assert!(said.err.contains("`acme` is no URI [summary-without-uri]"), "{said:?}");
    shell.run(ATTEST).ends(0);
}

#[test]
fn the_summary_of_a_file_goes_into_a_bundle_of_its_own() {
    let shell = scene();
    shell.write("app", "bytes");
    shell.run("sign app --key bulla.key").ends(0);
    let attest = "attest app --vsa --policy trust.yaml --verifier-id https://acme.dev/verifier --key other.key";
    shell.run(&format!("{attest} --bundle app.vsa.json")).fails(2, "usage").hints("`--resource`");
    let attest = format!("{attest} --resource https://acme.dev/dl/app");
    shell.run(&attest).fails(2, "bundle-exists").hints("name another file with `--bundle`");
    shell.run(&format!("{attest} --bundle app.vsa.json")).ends(0);
    believing(&shell, ", resource: \"https://acme.dev/dl/{name}\"");
    shell.run("verify app --bundle app.vsa.json --policy consumer.yaml").ends(0);
    shell.write("app", "other bytes");
    shell.run("verify app --bundle app.vsa.json --policy consumer.yaml").fails(1, "subject-mismatch");
}

#[test]
fn what_a_summary_needs_is_said() {
    let shell = scene();
    for (line, error) in [
        ("attest REG/app:1.4 --vsa --key other.key", "missing: `--policy <FILE>`, `--verifier-id <URI>`"),
        ("attest REG/app:1.4 --policy trust.yaml --key other.key", "missing: "),
        (
            "attest REG/app:1.4 --vsa --policy p --verifier-id a:b --recursive --key k",
            "`--vsa` cannot be given together with `--recursive`",
        ),
        (
            "attest REG/app:1.4 --vsa --policy p --verifier-id a:b --provenance --key k",
            "`--vsa` cannot be given together with `--provenance`",
        ),
        (
            "attest - --vsa --policy trust.yaml --verifier-id a:b --bundle b --key other.key",
            "`--vsa` is for images and files, and `-` is neither",
        ),
    ] {
        let said = shell.run(line).ends(2);
        assert!(
            said.err.starts_with(&format!("error: {error}")) && said.err.contains(" [usage]\nhint: "),
            "{line}: {said:?}"
        );
    }
    shell.run(&ATTEST.replace("trust.yaml", "missing.yaml")).fails(2, "file-not-found");
    of_the_schema(&shell, ATTEST, 1);
}
