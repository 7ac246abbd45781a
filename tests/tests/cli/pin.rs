//! `bulla pin`: what was verified is what the manifests say.

use crate::{
    manifests::{JOB, WEB, scene, write},
    report::of_the_schema,
    shell::Shell,
};
use serde_json::json;

/// The digest that a tag points at.
fn digest(shell: &Shell, repository: &str, tag: &str) -> String {
    bulla_transport::resolve(
        shell.store(repository).as_ref(),
        &bulla_transport::Place::parse(&format!("{}/{repository}:{tag}", shell.registry.host())).unwrap(),
    )
    .unwrap()
    .to_string()
}

/// The manifest as it should be: each `REG/app:1.4` with its digest.
fn pinned(shell: &Shell, text: &str) -> String {
    let app = format!("REG/app:1.4@{}", digest(shell, "app", "1.4"));
    text.replace("REG/app:1.4", &app).replace("REG", &shell.registry.host())
}

#[test]
fn each_image_gets_its_digest_and_every_other_byte_stays() {
    let shell = scene();
    write(&shell, "k8s/web.yaml", WEB);
    write(&shell, "k8s/jobs/nightly.yml", &JOB.replace("other:2", "app:1.4"));
    shell.run("pin -f k8s --key bulla.pub").ends(0).err("").out(
        "pinned     k8s/jobs/nightly.yml:4: REG/app:1.4@sha256:…\n\
         pinned     k8s/web.yaml:9: REG/app:1.4@sha256:…\n\
         pinned     k8s/web.yaml:12: REG/app:1.4@sha256:…\n",
    );
    assert_eq!(shell.read("k8s/web.yaml"), pinned(&shell, WEB));
    let before = std::fs::metadata(shell.path("k8s/web.yaml")).unwrap().modified().unwrap();
    shell.run("pin -f k8s --key bulla.pub").ends(0).err("").out("unchanged  every image has its digest already\n");
    assert_eq!(std::fs::metadata(shell.path("k8s/web.yaml")).unwrap().modified().unwrap(), before);
    // The tag moves; what was verified does not.
    shell.push_image("app", "1.4", "mud");
    shell.run("verify -f k8s --key bulla.pub").ends(0);
    shell.run("pin -f k8s --key bulla.pub").ends(0);
    assert_eq!(std::fs::read_dir(shell.path("k8s")).unwrap().count(), 2, "nothing else lies about");
}

#[test]
fn nothing_is_written_unless_all_of_it_is_accepted() {
    let shell = scene();
    write(&shell, "k8s/web.yaml", WEB);
    let before = shell.read("k8s/web.yaml");
    write(&shell, "k8s/jobs/nightly.yml", JOB);
    shell.run("pin -f k8s --key bulla.pub").fails(1, "no-signature");
    write(&shell, "k8s/jobs/nightly.yml", "kind: [");
    shell.run("pin -f k8s --key bulla.pub").fails(2, "manifest-malformed");
    write(&shell, "k8s/jobs/nightly.yml", "apiVersion: acme.dev/v1\nkind: Widget\nspec: { image: REG/app:1.4 }\n");
    shell.run("pin -f k8s --key bulla.pub").fails(2, "image-of-unknown-kind");
    assert_eq!(shell.read("k8s/web.yaml"), before);
}

#[test]
fn what_is_pinned_already_is_verified_too() {
    let shell = scene();
    let other = digest(&shell, "other", "2");
    let job = JOB.replace("other:2", &format!("other:2@{other}"));
    write(&shell, "k8s/web.yaml", &format!("{WEB}---\n{job}"));
    shell.run("pin -f k8s --key bulla.pub").fails(1, "no-signature");
    shell.run("sign REG/other:2 --key bulla.key").ends(0);
    shell.run("pin -f k8s --key bulla.pub").ends(0);
    assert_eq!(shell.read("k8s/web.yaml"), pinned(&shell, &format!("{WEB}---\n{job}")));
}

#[test]
fn a_check_writes_nothing_and_says_what_would_be_written() {
    let shell = scene();
    write(&shell, "k8s/web.yaml", WEB);
    let before = shell.read("k8s/web.yaml");
    let said = shell.run("pin -f k8s --key bulla.pub --check").ends(1).out(
        "unpinned   k8s/web.yaml:9: REG/app:1.4@sha256:…\n\
         unpinned   k8s/web.yaml:12: REG/app:1.4@sha256:…\n",
    );
    said.err(
        "error: k8s/web.yaml:9: REG/app:1.4 has no digest [not-pinned]\n\
         hint: run it without `--check`, which writes what was verified\n\
         error: k8s/web.yaml:12: REG/app:1.4 has no digest [not-pinned]\n\
         hint: run it without `--check`, which writes what was verified\n",
    );
    assert_eq!(shell.read("k8s/web.yaml"), before);
    shell.run("pin -f k8s --key bulla.pub").ends(0);
    shell.run("pin -f k8s --key bulla.pub --check").ends(0);
}

#[test]
fn what_comes_through_a_pipe_goes_on_in_it_or_nothing_does() {
    let shell = scene();
    let input = |text: &str| text.replace("REG", &shell.registry.host()).into_bytes();
    let said = shell.pipe("pin -f - --key bulla.pub", &input(WEB)).ends(0);
    assert_eq!(said.out.replace("REG", &shell.registry.host()), pinned(&shell, WEB));
    let refused = shell.pipe("pin -f - --key bulla.pub", &input(JOB)).fails(1, "no-signature");
    assert_eq!(refused.out, "", "whatever reads on takes it for a manifest");
}

#[test]
fn a_program_learns_what_has_changed() {
    let shell = scene();
    write(&shell, "k8s/web.yaml", WEB);
    let app = digest(&shell, "app", "1.4");
    let change = |line: u8, column: u8| {
        json!({ "file": "k8s/web.yaml", "line": line, "column": column, "from": "REG/app:1.4",
            "to": format!("REG/app:1.4@{app}") })
    };
    let changes = json!([change(9, 16), change(12, 16)]);
    let checked = of_the_schema(&shell, "pin -f k8s --key bulla.pub --check", 1);
    assert_eq!(checked["result"]["pins"], json!({ "written": false, "changes": changes, "manifest": null }));
    let written = of_the_schema(&shell, "pin -f k8s --key bulla.pub", 0);
    assert_eq!(written["result"]["pins"], json!({ "written": true, "changes": changes, "manifest": null }));
    write(&shell, "k8s/jobs/nightly.yml", JOB);
    assert_eq!(of_the_schema(&shell, "pin -f k8s --key bulla.pub", 1)["result"]["pins"], json!(null));
}
