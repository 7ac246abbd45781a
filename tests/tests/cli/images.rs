//! Images and indexes, in registries and layouts.

use crate::shell::{Shell, push_image, push_index};
use bulla_sandbox::{Fault, Injection};
use bulla_transport::{Options, Place, open};

const SLSA: &str = r#"{"buildDefinition":{"buildType":"https://acme.dev/b","externalParameters":{}},
    "runDetails":{"builder":{"id":"https://acme.dev/builder"}}}"#;

fn signs_attests_verifies_and_inspects(shell: &Shell) {
    shell.push_image("app", "1.4", "clay");
    shell.write("p.json", SLSA);
    shell.run("verify REG/app:1.4 --key bulla.pub").fails(1, "no-signature").hints("bulla sign");
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0).err("").out(
        "signed     REG/app@sha256:…\n\
         key        sha256:…\n\
         bundle     sha256:…\n",
    );
    shell.run("verify REG/app:1.4 --key bulla.pub").ends(0).err("").out(
        "accepted   REG/app@sha256:…\n\
         signer     key sha256:…\n",
    );
    shell
        .run("verify REG/app:1.4 --key bulla.pub --type slsaprovenance1")
        .fails(1, "not-that-type")
        .hints("only signatures are there");
    let attest = "attest REG/app:1.4 --key bulla.key --type slsaprovenance1 --predicate p.json";
    shell.run(attest).ends(0);
    let again = shell.run(attest).ends(0);
    assert!(again.out.starts_with("unchanged  "), "{again:?}");
    shell.run("verify REG/app:1.4 --key bulla.pub --type slsaprovenance1").ends(0);
    shell
        .run("verify REG/app:1.4 --key bulla.pub --type spdx")
        .fails(1, "not-that-type")
        .hints("has the type `https://slsa.dev/provenance/v1`");
    shell.run("verify REG/app:1.4 --key other.pub").fails(1, "other-key").hints("ask the publisher");
    let seen = shell.run("inspect REG/app:1.4").ends(0);
    assert!(seen.out.contains("attached   2 bundles"), "{seen:?}");
    assert!(seen.out.contains("predicate  https://slsa.dev/provenance/v1"), "{seen:?}");
}

#[test]
fn an_image_is_signed_attested_verified_and_inspected() {
    signs_attests_verifies_and_inspects(&Shell::new());
}

#[test]
fn so_it_is_in_a_registry_without_referrers() {
    signs_attests_verifies_and_inspects(&Shell::with_old_registry());
}

#[test]
fn signing_the_same_image_again_pushes_nothing() {
    let shell = Shell::new();
    shell.push_image("app", "1.4", "clay");
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    shell.registry.clear_requests();
    let said = shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    assert!(said.out.starts_with("unchanged  REG/app@sha256:"), "{said:?}");
    assert!(shell.registry.requests().iter().all(|request| request.method == "GET" || request.method == "HEAD"));
    let other = shell.run("sign REG/app:1.4 --key other.key").ends(0);
    assert!(other.out.starts_with("signed     "), "{other:?}");
}

#[test]
fn a_tag_that_moves_takes_no_signature_with_it() {
    let shell = Shell::new();
    let signed = shell.push_image("app", "1.4", "clay");
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    shell.push_image("app", "1.4", "mud");
    shell.run("verify REG/app:1.4 --key bulla.pub").fails(1, "no-signature");
    shell.run(&format!("verify REG/app@{signed} --key bulla.pub")).ends(0);
}

#[test]
fn an_index_and_every_image_in_it() {
    let shell = Shell::new();
    let digests = shell.push_index("app", "1.4");
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    shell.run("verify REG/app:1.4 --key bulla.pub").ends(0);
    let said = shell.run("verify REG/app:1.4 --key bulla.pub --recursive").fails(1, "no-signature");
    assert_eq!(said.err.matches("error: ").count(), 2, "{said:?}");
    let signed = shell.run("sign REG/app:1.4 --key bulla.key --recursive").ends(0);
    assert_eq!((signed.out.matches("signed     ").count(), signed.out.matches("unchanged  ").count()), (2, 1));
    let verified = shell.run("verify REG/app:1.4 --key bulla.pub -r").ends(0);
    for digest in &digests {
        assert!(verified.out.contains(digest), "{digest} {verified:?}");
    }
    assert!(verified.out.contains("platform   linux/arm64"), "{verified:?}");
}

#[test]
fn an_image_of_an_index_that_cannot_be_asked_for_is_unknown_and_a_refusal_still_refuses() {
    let shell = Shell::new();
    let [_, _, arm64] = shell.push_index("app", "1.4");
    let sign = |line: &str| shell.run(&format!("sign {line} --key bulla.key")).ends(0);
    let fault = || Injection::of(Fault::InternalError).on_path(&format!("/manifests/{arm64}")).times(1_000);
    sign("REG/app:1.4");
    shell.registry.inject(fault());
    let verify = "verify REG/app:1.4 --key bulla.pub --recursive --timeout 3s";
    let said = shell.run(verify).fails(1, "no-signature");
    assert!(said.err.contains("[registry-failed]") || said.err.contains("[deadline-exceeded]"), "{said:?}");
    shell.registry.clear_faults();
    sign("REG/app:1.4 --recursive");
    shell.registry.inject(fault());
    let said = shell.run(verify).ends(2);
    assert_eq!(said.out, "", "nothing is accepted");
    shell.registry.clear_faults();
    shell.run(verify).ends(0);
}

#[test]
fn a_layout_is_as_good_as_a_registry() {
    let shell = Shell::new();
    let place = Place::parse(&format!("oci:{}:1.4", shell.path("layout").display())).unwrap();
    let store = open(&place, &Options::default()).unwrap();
    push_image(store.as_ref(), "1.4", "clay");
    push_index(store.as_ref(), "all");
    for image in ["oci:layout:1.4", "oci:layout:all --recursive"] {
        shell.run(&format!("verify {image} --key bulla.pub")).fails(1, "no-signature");
        shell.run(&format!("sign {image} --key bulla.key")).ends(0);
        shell.run(&format!("verify {image} --key bulla.pub")).ends(0);
        shell.run(&format!("verify {image} --key other.pub")).fails(1, "other-key");
    }
    shell.run("inspect oci:layout:1.4").ends(0);
    shell.run("inspect oci:layout").fails(2, "ambiguous-layout").hints("oci:dir:tag");
    shell.run("inspect oci:nowhere").ends(2);
}

#[test]
fn what_could_not_be_asked_is_never_unsigned() {
    let shell = Shell::new();
    shell.push_image("app", "1.4", "clay");
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    for (fault, path, code) in [
        (Fault::InternalError, "/referrers/", "registry-failed"),
        (Fault::InternalError, "/manifests/", "registry-failed"),
        (Fault::InternalError, "/blobs/", "registry-failed"),
        (Fault::WrongDigest, "/manifests/", "digest-mismatch"),
    ] {
        shell.registry.inject(Injection::of(fault).on_path(path).times(1_000));
        shell.run("verify REG/app:1.4 --key bulla.pub --timeout 3s").fails(2, code);
        shell.registry.clear_faults();
    }
    shell.run("verify REG/app:1.4 --key bulla.pub").ends(0);
}

#[test]
fn a_registry_that_is_not_there_is_not_an_answer() {
    let shell = Shell::new();
    shell.run("verify 127.0.0.1:1/app --key bulla.pub --timeout 2s").fails(2, "unreachable");
    shell.run("sign 127.0.0.1:1/app --key bulla.key --timeout 2s").fails(2, "unreachable");
    shell.run("verify REG/app:9 --key bulla.pub").fails(2, "no-such-tag").hints("check the spelling");
}

#[test]
fn an_image_is_verified_with_bundles_from_files_and_no_registry() {
    let shell = Shell::new();
    let digest = shell.push_image("app", "1.4", "clay");
    shell
        .run(&format!("attest {digest} --key bulla.key --bundle b.json --statement s.json"))
        .fails(2, "file-not-found");
    shell.write(
        "s.json",
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"digest":{{"sha256":"{}"}}}}],"predicateType":"https://acme.dev/t/v1","predicate":{{}}}}"#,
            digest.trim_start_matches("sha256:")
        ),
    );
    shell.run(&format!("attest {digest} --key bulla.key --bundle b.json --statement s.json")).ends(0);
    shell.registry.clear_requests();
    let verify = "--key bulla.pub --type https://acme.dev/t/v1 --bundle b.json";
    // Nothing was asked of the place, so the verdict is not about what lies there.
    for place in ["REG/app", "oci:nowhere"] {
        let said = shell.run(&format!("verify {place}@{digest} {verify}")).ends(0);
        assert!(said.out.starts_with(&format!("accepted   {digest}\n")), "{said:?}");
    }
    assert!(shell.registry.requests().is_empty());
    shell.run(&format!("verify REG/app:1.4 {verify}")).ends(0);
}

#[test]
fn fingers_that_know_cosign_are_served() {
    let shell = Shell::bare();
    shell.push_image("app", "1.4", "clay");
    shell.write("app", "bytes");
    shell.write("p.json", SLSA);
    for line in [
        "generate-key-pair --output-key-prefix bulla",
        "sign -y --key bulla.key --allow-http-registry REG/app:1.4",
        "attest --yes --key bulla.key --type slsaprovenance1 --predicate p.json REG/app:1.4",
        "verify --key bulla.pub --allow-http-registry -o json REG/app:1.4",
        "sign-blob --yes --key bulla.key --bundle b.json app",
        "verify-blob --key bulla.pub --bundle b.json app",
    ] {
        let said = shell.run(line).ends(0);
        assert_eq!(said.err, "", "{line}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_in_the_middle_of_a_push_ends_in_order() {
    use std::{process::Stdio, time::Duration};
    let shell = Shell::new();
    shell.push_image("app", "1.4", "clay");
    shell.registry.clear_requests();
    shell.registry.inject(Injection::of(Fault::Slow(Duration::from_secs(20))).on_path("/blobs/uploads/").times(100));
    let mut command = shell.command("sign REG/app:1.4 --key bulla.key");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(3));
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let begun = std::time::Instant::now();
    let said = shell.said(child.wait_with_output().unwrap()).fails(2, "interrupted");
    assert!(begun.elapsed() < Duration::from_secs(10), "{said:?}");
    shell.registry.clear_faults();
    shell.run("verify REG/app:1.4 --key bulla.pub").fails(1, "no-signature");
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
}
