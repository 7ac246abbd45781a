//! `policy diff`: what a new policy would change.

use crate::{
    report::of_the_schema,
    shell::{Shell, without_digests},
};
use bulla_sandbox::{Fault, Injection};

fn policy(shell: &Shell, file: &str, rules: &[(&str, &str)]) {
    let rules: String = rules
        .iter()
        .map(|(images, key)| {
            format!(
                "    - {{ name: {key}-{images}, images: [ '**/{images}' ], mode: enforce, require: {{ signed: {{ by: {{ key: \
                 ./{key}.pub }} }} }} }}\n"
            )
        })
        .collect();
    let head =
        "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: { name: p }\nspec:\n  unmatched: deny\n  rules:\n";
    shell.write(file, format!("{head}{rules}"));
}

/// `app` is signed with `bulla.key`, `tool` with `other.key`, and `old` by nobody.
fn scene() -> Shell {
    let shell = Shell::new();
    for (name, key) in [("app", Some("bulla")), ("tool", Some("other")), ("old", None)] {
        shell.push_image(name, "1", name);
        if let Some(key) = key {
            shell.run(&format!("sign REG/{name}:1 --key {key}.key")).ends(0);
        }
    }
    policy(&shell, "old.yaml", &[("app", "bulla"), ("tool", "bulla"), ("old", "bulla")]);
    policy(&shell, "new.yaml", &[("app", "bulla"), ("app", "other"), ("tool", "other"), ("old", "other")]);
    shell
}

const ALL: &str = "policy diff old.yaml new.yaml REG/app:1 REG/tool:1 REG/old:1";

#[test]
fn what_changes_is_told_with_its_reasons() {
    let shell = scene();
    let said = shell.run(ALL).ends(1);
    let by_the_other = "signed by the key sha256:…, expected the key sha256:… [signer-mismatch]\n";
    let by_another = "the signature is by another key: expected the key sha256:…, and the bundle names the key sha256:… \
                      [other-key]\n";
    assert_eq!(
        without_digests(&said.out),
        format!(
            "changes    REG/app@sha256:…\nverdict    refused, and was accepted\nwhy        {by_the_other}\n\
             changes    REG/tool@sha256:…\nverdict    accepted, and was refused\nwas        {by_another}\n\
             the same   1 refused\n"
        )
    );
    let said = said.err(
        "error: 2 verdicts change [verdicts-change]\nhint: if that is meant, the new policy can take the old one's place\n",
    );
    assert_eq!(said.code, 1);
    let result = &of_the_schema(&shell, ALL, 1)["result"];
    assert_eq!((&result["changed"], &result["same"]), (&2.into(), &1.into()));
    assert_eq!(result["subjects"][0]["new"]["reasons"][0]["code"], "signer-mismatch");
    shell.run("policy diff old.yaml old.yaml REG/app:1").ends(0).out("the same   1 accepted\n").err("");
}

#[test]
fn each_image_of_manifests_is_fetched_once() {
    let shell = scene();
    let pod = |image: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{ name: x }}\nspec: {{ containers: [ {{ name: c, image: {image} }} ] }}\n"
        )
    };
    let registry = shell.registry.host();
    shell.write("pods.yaml", format!("{}{0}{}", pod(&format!("{registry}/app:1")), pod(&format!("{registry}/old:1"))));
    let before = shell.registry.requests().len();
    shell.run("verify -f pods.yaml --policy new.yaml").ends(1);
    let of_one = shell.registry.requests().len() - before;
    let said = shell.run("policy diff old.yaml new.yaml -f pods.yaml REG/app:1").ends(1);
    assert!(said.out.ends_with("\nthe same   1 refused\n") && said.out.starts_with("changes    "), "{said:?}");
    assert_eq!(shell.registry.requests().len() - before, 2 * of_one, "{said:?}");
}

#[test]
fn what_was_recorded_is_compared_without_a_socket() {
    let shell = scene();
    shell.run("verify REG/app:1 --policy old.yaml --record app.json").ends(0);
    let before = shell.registry.requests().len();
    let said = shell.run("policy diff old.yaml new.yaml --evidence app.json --offline").ends(1);
    assert!(said.out.starts_with("changes    "), "{said:?}");
    assert_eq!(shell.registry.requests().len(), before);
    shell.run("policy diff old.yaml new.yaml --evidence gone.json").fails(2, "file-not-found");
}

#[test]
fn what_could_not_be_told_is_never_the_same() {
    let shell = scene();
    shell.run("policy diff old.yaml old.yaml REG/app:1 REG/gone:1").ends(2).out("the same   1 accepted\n");
    shell.registry.inject(Injection::of(Fault::InternalError).on_path("/referrers/").times(1_000));
    let said = shell.run("policy diff old.yaml old.yaml REG/app:1 --timeout 1s").ends(2);
    assert!(said.err.contains("[verdicts-unknown]"), "{said:?}");
    shell.run("policy diff old.yaml gone.yaml REG/app:1").fails(2, "file-not-found");
    shell.run("policy diff old.yaml new.yaml").fails(2, "usage").hints("-f k8s/");
}

/// It can be read only once, and is asked of each recording, and of images besides.
#[test]
fn one_policy_may_come_on_standard_input() {
    let shell = scene();
    for name in ["app", "tool"] {
        shell.run(&format!("verify REG/{name}:1 --policy old.yaml --record {name}.json"));
    }
    let line = "policy diff - new.yaml --evidence app.json --evidence tool.json REG/old:1";
    let said = shell.pipe(line, shell.read("old.yaml").as_bytes()).ends(1);
    assert!(said.out.ends_with("\nthe same   1 refused\n") && said.err.contains("2 verdicts change"), "{said:?}");
    shell.pipe("policy diff - - REG/app:1", b"").fails(2, "usage").hints("name a file");
}
