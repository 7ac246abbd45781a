//! `bulla verify -f`: every image of every workload in manifests.

use crate::{report::of_the_schema, shell::Shell};
use bulla_sandbox::{Fault, Injection};
use serde_json::{Value, json};
use std::fs;

/// A Deployment with an image in each of two containers.
pub(crate) const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    spec:
      initContainers:
      - name: migrate
        image: REG/app:1.4 # the same
      containers:
      - name: app
        image: \"REG/app:1.4\"
";

/// A Job whose image nobody signs.
pub(crate) const JOB: &str = "\
apiVersion: batch/v1
kind: Job
metadata: { name: nightly }
spec: { template: { spec: { containers: [{ name: main, image: 'REG/other:2' }] } } }
";

/// A resource of a kind that nothing is known of.
const WIDGET: &str = "\
apiVersion: acme.dev/v1
kind: Widget
metadata: { name: w }
spec: { image: REG/app:1.4 }
";

/// `REG/app:1.4`, signed, and `REG/other:2`, not signed; nothing was asked yet.
pub(crate) fn scene() -> Shell {
    let shell = Shell::new();
    shell.push_image("app", "1.4", "clay");
    shell.push_image("other", "2", "mud");
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    fs::create_dir_all(shell.path("k8s/jobs")).unwrap();
    shell.registry.clear_requests();
    shell
}

/// Writes a manifest; `REG` is the registry.
pub(crate) fn write(shell: &Shell, name: &str, text: &str) {
    shell.write(name, text.replace("REG", &shell.registry.host()));
}

#[test]
fn every_use_is_listed_and_an_image_is_asked_for_once() {
    let shell = scene();
    write(&shell, "k8s/web.yaml", WEB);
    write(&shell, "k8s/jobs/nightly.yml", &JOB.replace("other:2", "app:1.4"));
    shell.run("verify -f k8s --key bulla.pub").ends(0).err("").out(
        "accepted   REG/app@sha256:…\n\
         signer     key sha256:…\n\
         used by    k8s/jobs/nightly.yml:4: Job nightly, container main, as REG/app:1.4\n\
         used by    k8s/web.yaml:9: Deployment shop/web, container migrate, as REG/app:1.4\n\
         used by    k8s/web.yaml:12: Deployment shop/web, container app, as REG/app:1.4\n",
    );
    let paths: Vec<_> = shell.registry.requests().into_iter().map(|request| request.path).collect();
    let asked = |part: &str| paths.iter().filter(|path| path.contains(part)).count();
    assert_eq!((asked("/manifests/1.4"), asked("/referrers/")), (1, 1), "{paths:?}");
}

#[test]
fn what_is_not_signed_is_refused_where_it_stands_and_nothing_else_is_called_accepted() {
    let shell = scene();
    write(&shell, "k8s/web.yaml", WEB);
    write(&shell, "k8s/jobs/nightly.yml", JOB);
    let said = shell.run("verify -f k8s --key bulla.pub").ends(1).out(
        "refused    REG/other@sha256:…\n\
         used by    k8s/jobs/nightly.yml:4: Job nightly, container main, as REG/other:2\n",
    );
    assert!(said.err.starts_with("error: k8s/jobs/nightly.yml:4: REG/other:2: "), "{said:?}");
    assert!(said.err.contains("[no-signature]") && said.err.matches("error: ").count() == 1, "{said:?}");
    shell.run("verify -f k8s/web.yaml --key bulla.pub").ends(0);
}

#[test]
fn a_policy_rules_by_the_images_names() {
    let shell = scene();
    write(&shell, "k8s/all.yaml", &format!("{WEB}---\n{JOB}"));
    let policy = |about: &str| {
        format!(
            "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: p }}\nspec:\n  unmatched: deny\n  rules:\n\
             \x20 - {{ name: r, images: ['REG/{about}'], mode: enforce, require: {{ signed: {{ by: {{ key: {{ file: bulla.pub }} }} }} }} }}\n"
        )
    };
    write(&shell, "trust.yaml", &policy("app"));
    let said = shell.run("verify -f k8s --policy trust.yaml").ends(1);
    assert!(
        said.err.contains("k8s/all.yaml:17: REG/other:2: ") && said.err.matches("error: ").count() == 1,
        "{said:?}"
    );
    shell.run("sign REG/other:2 --key bulla.key").ends(0);
    shell.run("verify -f k8s --policy trust.yaml").ends(1);
    write(&shell, "trust.yaml", &policy("*"));
    shell.run("verify -f k8s --policy trust.yaml").ends(0);
}

#[test]
fn what_cannot_be_asked_for_is_unknown_and_a_refusal_still_refuses() {
    let shell = scene();
    write(&shell, "k8s/web.yaml", WEB);
    shell.registry.inject(Injection::of(Fault::InternalError).on_path("/v2/app/manifests/").times(1_000));
    let said = shell.run("verify -f k8s --key bulla.pub --timeout 2s").ends(2).out(
        "unknown    REG/app:1.4\n\
         used by    k8s/web.yaml:9: Deployment shop/web, container migrate, as REG/app:1.4\n\
         used by    k8s/web.yaml:12: Deployment shop/web, container app, as REG/app:1.4\n",
    );
    assert!(said.err.starts_with("error: k8s/web.yaml:9: REG/app:1.4: "), "{said:?}");
    write(&shell, "k8s/jobs/nightly.yml", JOB);
    let said = shell.run("verify -f k8s --key bulla.pub --timeout 2s").ends(1);
    let (refused, unknown) = (said.err.find("nightly.yml:4"), said.err.find("web.yaml:9"));
    assert!(refused.is_some() && refused < unknown, "{said:?}");
}

#[test]
fn what_comes_through_a_pipe_is_as_good_as_a_file() {
    let shell = scene();
    let host = shell.registry.host();
    let said = shell.pipe("verify -f - --key bulla.pub", WEB.replace("REG", &host).as_bytes()).ends(0);
    assert!(said.out.contains("used by    standard input:9: Deployment shop/web"), "{said:?}");
    let both = format!("{WEB}---\n{JOB}").replace("REG", &host);
    let said = shell.pipe("verify -f - --key bulla.pub", both.as_bytes()).ends(1);
    assert!(said.err.starts_with("error: standard input:17: REG/other:2: "), "{said:?}");
}

#[test]
fn a_malformed_manifest_may_hold_any_image() {
    let shell = scene();
    write(&shell, "k8s/web.yaml", WEB);
    write(&shell, "k8s/broken.yaml", "kind: Pod\nspec:\n  containers:\n  - image: a\n   image: b\n");
    let said = shell.run("verify -f k8s --key bulla.pub").ends(2).out("");
    assert!(said.err.starts_with("error: k8s/broken.yaml:5:") && said.err.contains("[manifest-malformed]"), "{said:?}");
    shell.write("k8s/broken.yaml", "{{ if .Values.x }}\nkind: Pod\n{{ end }}\n");
    shell.run("verify -f k8s --key bulla.pub").fails(2, "manifest-template").hints("helm template");
    shell.write("k8s/broken.yaml", b"kind: \xff\n");
    shell.run("verify -f k8s --key bulla.pub").fails(2, "manifest-not-text").hints("UTF-8");
}

#[test]
fn a_name_with_a_variable_in_it_is_not_guessed() {
    let shell = scene();
    write(&shell, "k8s/compose.yaml", "services:\n  web:\n    image: REG/app:${TAG}\n  app:\n    image: REG/app:1.4\n");
    let said = shell.run("verify -f k8s --key bulla.pub").ends(2).out(
        "unknown    REG/app:${TAG}\n\
         used by    k8s/compose.yaml:3: service web, as REG/app:${TAG}\n",
    );
    assert!(said.err.contains("k8s/compose.yaml:3: `REG/app:${TAG}` is not the name of an image yet"), "{said:?}");
    assert!(said.err.contains("[image-unresolved]\nhint: check what `docker compose config`"), "{said:?}");
}

#[test]
fn nothing_to_look_at_is_no_good_answer() {
    let shell = scene();
    shell.run("verify -f k8s --key bulla.pub").fails(2, "no-manifests").hints("*.yaml");
    shell.write("k8s/role.yaml", "kind: ConfigMap\napiVersion: v1\ndata: { a: b }\n");
    shell.run("verify -f k8s --key bulla.pub").fails(2, "no-images").hints("--image-path");
    shell.run("verify -f k9s --key bulla.pub").fails(2, "file-not-found");
    shell.pipe("verify -f - --key bulla.pub", b"").fails(2, "no-images");
    shell.run("verify -f - --key bulla.pub").fails(2, "no-standard-input");
    assert_eq!(shell.registry.requests().len(), 0, "nobody was asked");
}

#[test]
fn what_may_be_an_image_is_asked_about_place_by_place() {
    let shell = scene();
    write(&shell, "k8s/all.yaml", &format!("{WEB}---\n{WIDGET}---\n{WIDGET}"));
    let verify = "verify -f k8s --key bulla.pub";
    let said = shell.run(verify).fails(2, "image-of-unknown-kind").err(
        "error: k8s/all.yaml:17: spec.image of Widget w may be an image: `REG/app:1.4`; so is one more place \
         [image-of-unknown-kind]\n\
         hint: if an image is run from there, `--image-path 'acme.dev/Widget: spec.image'`; if none is, \
         `--no-image 'acme.dev/Widget: spec.image'`\n",
    );
    assert_eq!(said.out, "", "what is in doubt is not accepted");
    let run = |flag: &str| {
        let mut command = shell.command(verify);
        shell.said(command.args([flag, "acme.dev/Widget: spec.image"]).output().unwrap())
    };
    let told = run("--image-path").ends(0);
    assert!(told.out.contains("used by    k8s/all.yaml:17: Widget w, as REG/app:1.4"), "{told:?}");
    let dispelled = run("--no-image").ends(0);
    assert!(!dispelled.out.contains("Widget"), "{dispelled:?}");
    let mut command = shell.command(verify);
    let typo = shell.said(command.args(["--no-image", "acme.dev/Widget: spec.img"]).output().unwrap());
    typo.fails(2, "image-of-unknown-kind");
    shell.run("verify -f k8s --key bulla.pub --image-path Widget").fails(2, "not-an-image-path");
}

#[test]
fn a_hint_repeats_nothing_that_a_shell_would_run() {
    let shell = scene();
    write(&shell, "k8s/w.yaml", "apiVersion: acme.dev/v1\nkind: \"W'; rm -rf .; '\"\nspec: { image: REG/app:1.4 }\n");
    let said = shell.run("verify -f k8s --key bulla.pub").fails(2, "image-of-unknown-kind");
    assert!(!said.err.contains("--no-image"), "{said:?}");
}

#[test]
fn a_target_and_manifests_are_two_runs() {
    let shell = Shell::bare();
    for (line, error) in [
        ("verify x -f y --key k", "`[TARGET]` cannot be given together with `--filename <PATH>`"),
        ("verify -f y --key k --recursive", "`--filename <PATH>` cannot be given together with `--recursive`"),
        ("verify -f y --key k --bundle b", "`--filename <PATH>` cannot be given together with `--bundle <FILE>`"),
        ("verify -f y --policy p --as n", "`--filename <PATH>` cannot be given together with `--as <NAME>`"),
        ("verify --key k", "missing: `<TARGET>`"),
        ("verify -f - -f - --key k", "standard input is named twice"),
        ("pin --key k", "missing: `--filename <PATH>`"),
        ("pin -f - -f y --key k", "standard input is pinned to standard output, and nothing besides"),
    ] {
        let said = shell.pipe(line, b"kind: Pod").ends(2);
        assert!(said.err.starts_with(&format!("error: {error} [usage]\nhint: ")), "{line}: {said:?}");
    }
}

#[test]
fn a_program_learns_of_each_use() {
    let shell = scene();
    write(&shell, "k8s/all.yaml", &format!("{WEB}---\n{JOB}---\n{WIDGET}"));
    write(&shell, "k8s/gone.yaml", &JOB.replace("other:2", "gone:3"));
    let report = of_the_schema(&shell, "verify -f k8s --key bulla.pub", 1);
    let result = &report["result"];
    assert_eq!(result["verdict"], "refused");
    assert_eq!(result["files"], json!(["k8s/all.yaml", "k8s/gone.yaml"]));
    let verdicts: Vec<_> = result["images"].as_array().unwrap().iter().map(|image| &image["verdict"]).collect();
    assert_eq!(verdicts, ["accepted", "refused", "unknown"]);
    assert_eq!(
        result["images"][0]["uses"][1],
        json!({
            "file": "k8s/all.yaml", "line": 12, "column": 16, "path": "spec.template.spec.containers[0].image",
            "object": { "group": "apps", "kind": "Deployment", "namespace": "shop", "name": "web" },
            "image": "REG/app:1.4", "container": "app",
        })
    );
    assert_eq!(result["images"][0]["subject"]["signatures"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&result["images"][2]["subject"], &result["images"][2]["problem"]["code"]),
        (&Value::Null, &"no-such-tag".into())
    );
    assert_eq!((&result["doubts"][0]["dispelled"], &result["doubts"][0]["line"]), (&false.into(), &22.into()));
    assert_eq!(result["pins"], Value::Null);
}
