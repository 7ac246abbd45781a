//! Files, standard input and bare digests.

use crate::shell::Shell;

#[test]
fn a_file_is_signed_beside_itself_and_verified() {
    let shell = Shell::new();
    shell.write("app.tar.gz", "bytes");
    shell.run("sign app.tar.gz --key bulla.key").ends(0).err("").out(
        "signed     app.tar.gz@sha256:…\n\
         key        sha256:…\n\
         bundle     app.tar.gz.sigstore.json\n",
    );
    shell.run("verify app.tar.gz --key bulla.pub").ends(0).err("").out(
        "accepted   app.tar.gz@sha256:…\n\
         signer     key sha256:…\n",
    );
}

#[test]
fn signing_the_same_again_changes_nothing_and_says_so() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("sign app --key bulla.key").ends(0);
    let before = shell.read("app.sigstore.json");
    shell.run("sign app --key bulla.key").ends(0).out(
        "unchanged  app@sha256:…\n\
         why        the same key has signed the same thing before; nothing was written\n\
         key        sha256:…\n\
         bundle     app.sigstore.json\n",
    );
    assert_eq!(shell.read("app.sigstore.json"), before);
}

#[test]
fn several_files_are_signed_in_one_run() {
    let shell = Shell::new();
    for name in ["a", "b", "c"] {
        shell.write(name, name);
    }
    shell.write("taken", "");
    shell.write("taken.sigstore.json", "somebody's");
    shell.run("sign a b taken --key bulla.key").fails(2, "bundle-exists");
    shell.run("sign a b c --key bulla.key --bundle all.json").fails(2, "usage").hints("FILE.sigstore.json");
    shell.run("sign a b missing --key bulla.key").fails(2, "file-not-found");
    assert!(!shell.names().contains(&"a.sigstore.json".to_owned()), "nothing is begun that cannot be ended");
    shell.run("sign a b c --key bulla.key").ends(0);
    for name in ["a", "b", "c"] {
        shell.run(&format!("verify {name} --key bulla.pub")).ends(0);
    }
}

#[test]
fn anothers_signature_is_not_overwritten() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("sign app --key other.key").ends(0);
    let before = shell.read("app.sigstore.json");
    shell.run("sign app --key bulla.key").fails(2, "bundle-exists").hints("--bundle");
    shell.write("app", "other bytes");
    shell.run("sign app --key other.key").fails(2, "bundle-exists");
    assert_eq!(shell.read("app.sigstore.json"), before);
}

#[test]
fn refused_and_not_found_are_told_apart() {
    let shell = Shell::new();
    shell.run("verify app --key bulla.pub").fails(2, "file-not-found");
    shell.write("app", "bytes");
    shell.run("verify app --key bulla.pub").fails(1, "no-signature").hints("no such file: `app.sigstore.json`");
    shell.run("verify app --key bulla.pub --bundle app.json").fails(2, "file-not-found");
    shell.run("verify . --key bulla.pub").fails(2, "is-a-directory").hints("`oci:`");
    shell.run("sign app --key bulla.key").ends(0);
    shell.run("verify app --key other.pub").fails(1, "other-key");
    shell.write("app", "bytez");
    shell
        .run("verify app --key bulla.pub")
        .fails(1, "message-digest-mismatch")
        .hints("it was changed after it was signed");
    shell.write("app.sigstore.json", "{}");
    shell.run("verify app --key bulla.pub").fails(1, "bundle-malformed");
}

#[test]
fn a_broken_bundle_is_called_by_its_own_name() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("sign app --key bulla.key --bundle good.json").ends(0);
    let good = shell.read("good.json");
    shell.write("half.json", &good[..good.len() / 2]);
    shell.write("empty.json", "");
    let said = shell.run("verify app --key bulla.pub --bundle half.json").fails(1, "bundle-malformed");
    assert!(said.err.starts_with("error: half.json: "), "{said:?}");
    let said =
        shell.run("verify app --key other.pub --bundle half.json --bundle empty.json --bundle good.json").ends(1);
    for start in ["error: half.json: ", "error: empty.json: ", "error: app: "] {
        assert!(said.err.lines().any(|line| line.starts_with(start)), "{start} {said:?}");
    }
    let said = shell.run("verify app --key other.pub --bundle good.json --bundle good.json").fails(1, "other-key");
    assert!(said.err.contains("; one more bundle fails in the same way [other-key]"), "{said:?}");
    shell.run("verify app --key bulla.pub --bundle half.json --bundle good.json").ends(0);
}

#[test]
fn standard_input_and_a_bare_digest_are_targets() {
    let shell = Shell::new();
    shell.pipe("sign - --key bulla.key --bundle b.json", b"bytes").ends(0);
    shell.pipe("verify - --key bulla.pub --bundle b.json", b"bytes").ends(0);
    shell.pipe("verify - --key bulla.pub --bundle b.json", b"bytez").fails(1, "message-digest-mismatch");
    shell.run("verify sha256:277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9 --key bulla.pub --bundle b.json").ends(0);
    shell.run("verify sha256:0000000000000000000000000000000000000000000000000000000000000000 --key bulla.pub --bundle b.json")
        .fails(1, "message-digest-mismatch");
    shell.pipe("verify - --key bulla.pub", b"bytes").fails(2, "usage").hints("--bundle FILE");
    // The shell's `<&-`: what is closed is not an empty file.
    shell.run("sign - --key bulla.key --bundle closed.json").fails(2, "no-standard-input").hints("pipe the bytes");
    shell.run("verify - --key bulla.pub --bundle b.json").fails(2, "no-standard-input");
    shell.pipe("sign - --key bulla.key --bundle empty.json", b"").ends(0);
}

#[test]
fn a_file_is_attested_and_an_attestation_is_no_signature() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.write("p.json", r#"{"anything":"at all"}"#);
    let attest = "attest app --key bulla.key --type https://acme.dev/review/v1 --predicate p.json";
    shell.run(attest).ends(0).out(
        "attested   app@sha256:…\n\
         predicate  https://acme.dev/review/v1\n\
         key        sha256:…\n\
         bundle     app.sigstore.json\n",
    );
    let again = shell.run(attest).ends(0);
    assert!(again.out.starts_with("unchanged  app@"), "{again:?}");
    shell.run("verify app --key bulla.pub --type https://acme.dev/review/v1").ends(0);
    shell.run("verify app --key bulla.pub").fails(1, "not-a-signature").hints("demand it by its type");
    shell.run("verify app --key bulla.pub --type vuln").fails(1, "not-that-type");
    shell.write("p.json", r#"{"anything":"else"}"#);
    shell.run(attest).fails(2, "bundle-exists");
}

#[test]
fn a_predicate_has_to_be_of_its_type() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.write("p.json", "{}");
    shell.write("not.json", "{");
    shell
        .run("attest app --key bulla.key --type slsaprovenance1 --predicate p.json")
        .fails(2, "predicate-shape")
        .hints("put it at");
    shell.run("attest app --key bulla.key --type slsaprovenance1 --predicate not.json").fails(2, "predicate-not-json");
    shell
        .run("attest app --key bulla.key --type slsa --predicate p.json")
        .fails(2, "predicate-type-unknown")
        .hints("slsaprovenance1");
    shell.run("attest app --key bulla.key --type vuln --predicate missing.json").fails(2, "file-not-found");
    assert!(!shell.path("app.sigstore.json").exists());
}

#[test]
fn a_ready_made_statement_has_to_be_about_the_target() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    let statement = |hex: &str| {
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"app","digest":{{"sha256":"{hex}"}}}}],"predicateType":"https://acme.dev/review/v1","predicate":{{}}}}"#
        )
    };
    shell.write("right.json", statement("277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9"));
    shell.write("wrong.json", statement(&"0".repeat(64)));
    shell.run("attest app --key bulla.key --statement wrong.json").fails(2, "subject-mismatch");
    shell.run("attest app --key bulla.key --statement right.json").ends(0);
    shell.run("verify app --key bulla.pub --type https://acme.dev/review/v1").ends(0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_folder_that_cannot_be_written_leave_nothing_behind() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("sign app --key bulla.key --bundle missing/b.json").fails(2, "cannot-write").hints("make it first");
    shell.run("sign app --key bulla.key --bundle /proc/b.json").fails(2, "cannot-write").hints("");
    assert_eq!(shell.names(), ["app", "bulla.key", "bulla.pub", "other.key", "other.pub"]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = shell.command("inspect app");
    let said = shell.said(command.stdout(full).output().unwrap()).ends(2);
    assert!(said.err.contains("no space left on device [cannot-write]\nhint: make room"), "{said:?}");
}

#[test]
fn inspect_shows_and_says_that_it_proves_nothing() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("sign app --key bulla.key").ends(0);
    let said = shell.run("inspect app").ends(0).err("");
    assert!(said.out.starts_with("unverified nothing below is proved"), "{said:?}");
    assert!(said.out.contains("signed by the key sha256:"), "{said:?}");
    assert_eq!(shell.json("inspect app")["result"]["verified"], false);
    shell.write("app.sigstore.json", "nonsense");
    let said = shell.run("inspect app").ends(0);
    assert!(said.out.contains("[bundle-malformed]"), "{said:?}");
}
