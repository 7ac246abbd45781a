//! Other tools' policies: what `policy convert` prints, what it warns of, and how it refuses.

use crate::shell::Shell;

/// A ClusterImagePolicy with these authorities, about everything on the registry.
pub(crate) fn cluster_image_policy(shell: &Shell, authorities: &[&str]) -> String {
    let authorities: String = authorities.iter().map(|authority| format!("  - {authority}\n")).collect();
    format!(
        "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {{ name: services }}\nspec:\n  \
         images: [ {{ glob: \"{}/services/*\" }} ]\n  authorities:\n{authorities}",
        shell.registry.host()
    )
}

pub(crate) fn key(shell: &Shell, file: &str) -> String {
    format!("key: {{ data: {} }}", serde_json::to_string(&shell.read(file)).unwrap())
}

#[test]
fn a_cluster_image_policy_becomes_one_that_verifies() {
    let shell = Shell::new();
    shell.write("cip.yaml", cluster_image_policy(&shell, &[&key(&shell, "bulla.pub")]));
    let said = shell.run("policy convert cip.yaml").ends(0);
    let pem = shell.read("bulla.pub").lines().map(|line| format!("            {line}\n")).collect::<String>();
    let expected = format!(
        "# Converted from `cluster-image-policy` by `bulla policy convert`.\n\
         # The rule `services` was line 1.\n\
         # Differs from line 1: what no policy is about is denied here, which a setting of the cluster decides there \
         (`no-match-policy`) [unmatched-elsewhere]\n\
         # Differs from line 7: `spec.authorities[0]`: signatures are read from tags `sha256-….sig` there, and from bundles \
         here [signatures-anew]\n\
         apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata:\n  name: services\nspec:\n  unmatched: deny\n  rules:\n  \
         - name: services\n    images:\n    - REG/services/*\n    mode: enforce\n    require:\n      signed:\n        by:\n          \
         key: |\n{pem}"
    );
    assert_eq!(said.out, expected);
    let told: Vec<_> = said.err.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(
        told,
        [
            "warning: cip.yaml:1:1: what no policy is about is denied here, which a setting of the cluster decides there \
             (`no-match-policy`) [unmatched-elsewhere]",
            "hint: write what the cluster says: `unmatched: warn`, or `allow`",
            "warning: cip.yaml:7:5: `spec.authorities[0]`: signatures are read from tags `sha256-….sig` there, and from \
             bundles here [signatures-anew]",
            "hint: sign again with `bulla sign`, or with cosign 3, which writes bundles",
        ]
    );
    // It loads without a file beside it, and decides.
    shell.write("trust.yaml", said.out.replace("REG", &shell.registry.host()));
    std::fs::remove_file(shell.path("bulla.pub")).unwrap();
    shell.run("policy check trust.yaml --strict").ends(0).err("");
    shell.push_image("services/app", "1.4", "clay");
    shell.run("verify REG/services/app:1.4 --policy trust.yaml").fails(1, "no-signature");
    shell.run("sign REG/services/app:1.4 --key bulla.key").ends(0);
    shell.run("verify REG/services/app:1.4 --policy trust.yaml").ends(0);
}

#[test]
fn what_cannot_be_converted_is_said_all_at_once_and_nothing_is_printed() {
    let shell = Shell::new();
    let authorities =
        ["key: { kms: \"gcpkms://projects/p\" }", &key(&shell, "bulla.pub"), "key: { secretRef: { name: s } }"];
    shell.write("cip.yaml", cluster_image_policy(&shell, &authorities));
    shell.run("policy convert cip.yaml").ends(2).out("").err(
        "error: cip.yaml:7:17: `spec.authorities[0].key.kms`: keys are not asked of a key management service here [kms-key]\n      \
           - key: { kms: \"gcpkms://projects/p\" }\n                    ^\n\
         hint: export its public key, and write that instead: `cosign public-key --key …`\n\
         error: cip.yaml:9:23: `spec.authorities[2].key.secretRef`: keys are not read from a cluster's secrets here \
         [secret-key]\n      - key: { secretRef: { name: s } }\n                          ^\n\
         hint: read the public key out of the cluster, and write that instead: `kubectl get secret …`\n",
    );
    let json = shell.json("policy convert cip.yaml");
    assert_eq!((json["result"].is_null(), json["errors"].as_array().map(Vec::len)), (true, Some(2)));
}

#[test]
fn keys_in_files_are_looked_for_beside_it_and_a_weaker_policy_is_asked_for() {
    let shell = Shell::new();
    let policy = format!(
        "{{\"default\": [{{\"type\": \"reject\"}}],\n \"transports\": {{\"docker\": {{\n  \"{}/services\": \
         [{{\"type\": \"sigstoreSigned\", \"keyPath\": \"bulla.pub\", \"signedIdentity\": {{\"type\": \"matchRepository\"}}}}]}}}}}}\n",
        shell.registry.host()
    );
    shell.write("policy.json", &policy);
    shell.run("policy convert policy.json").fails(2, "signed-name").hints("`--any-signed-name`");
    let said = shell.run("policy convert policy.json --any-signed-name").ends(0);
    assert!(said.err.contains("[signed-name]") && said.out.contains("BEGIN PUBLIC KEY"), "{said:?}");
    shell.write("elsewhere.json", policy.replace("bulla.pub", "gone.pub"));
    shell.run("policy convert elsewhere.json --any-signed-name").fails(2, "policy-file");
}

#[test]
fn whose_it_is_is_told_by_the_file_or_the_flag() {
    let shell = Shell::bare();
    shell.write("a.yaml", "a: 1\n");
    shell.run("policy convert a.yaml").fails(2, "format-unknown").hints("--from cluster-image-policy");
    shell.run("policy convert a.yaml --from notation").fails(2, "source-missing");
    shell.run("policy convert a.yaml --from rego").fails(2, "usage").hints("one of cluster-image-policy, kyverno");
    shell.run("policy convert gone.yaml").fails(2, "file-not-found");
    shell
        .pipe("policy convert -", b"{ \"version\": \"1.0\", \"trustPolicies\": [ { \"name\": \"p\" } ] }")
        .fails(2, "notary-signature");
    shell.write("key.yaml", "kind: ClusterImagePolicy\nkey: |\n  -----BEGIN PRIVATE KEY-----\n  c2VjcmV0\n");
    let said = shell.run("policy convert key.yaml").fails(2, "private-key");
    assert!(!said.err.contains("c2VjcmV0"), "{said:?}");
}
