//! `keygen`, and where passwords come from.

use crate::shell::Shell;
use std::process::Stdio;

#[test]
fn a_key_is_made_encrypted_and_for_its_owner_alone() {
    let shell = Shell::bare();
    shell.run("keygen").ends(0).err("").out(
        "private    bulla.key (encrypted; keep it, and its password)\n\
         public     bulla.pub (give it to whoever verifies)\n\
         key        ecdsa-p256 sha256:…\n",
    );
    assert_eq!(shell.names(), ["bulla.key", "bulla.pub"]);
    assert!(shell.read("bulla.key").starts_with("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----"));
    assert!(shell.read("bulla.pub").starts_with("-----BEGIN PUBLIC KEY-----"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(shell.path("bulla.key").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn no_key_is_ever_overwritten() {
    let shell = Shell::new();
    let before = shell.read("bulla.key");
    shell.run("keygen").fails(2, "key-exists").hints("choose another name");
    assert_eq!(shell.read("bulla.key"), before);
    std::fs::remove_file(shell.path("bulla.key")).unwrap();
    shell.run("keygen").fails(2, "key-exists");
    assert!(!shell.path("bulla.key").exists(), "not one half without the other");
}

#[test]
fn a_folder_gets_a_key_that_can_be_seen_and_a_missing_one_is_said() {
    let shell = Shell::bare();
    std::fs::create_dir(shell.path("sub")).unwrap();
    shell.run("keygen --output-key-prefix sub/").ends(0);
    assert!(shell.path("sub/bulla.key").exists() && shell.path("sub/bulla.pub").exists());
    let shell = shell.password(None);
    let said = shell.run("keygen --output-key-prefix nowhere/k").fails(2, "cannot-write").hints("make it first");
    assert!(said.err.contains("cannot write `nowhere/k.key`: there is no folder `nowhere`"), "{said:?}");
}

#[test]
fn every_algorithm_signs_and_verifies() {
    let shell = Shell::bare();
    shell.write("app", "bytes");
    for algorithm in ["ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "ed25519", "rsa"] {
        shell.run(&format!("keygen --output-key-prefix {algorithm} --algorithm {algorithm}")).ends(0);
        shell.run(&format!("sign app --key {algorithm}.key --bundle {algorithm}.json")).ends(0);
        shell.run(&format!("verify app --key {algorithm}.pub --bundle {algorithm}.json")).ends(0);
    }
    shell.run("verify app --key ed25519.pub --bundle rsa.json").fails(1, "other-key");
}

#[test]
fn a_wrong_password_says_so() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    let shell = shell.password(Some("guess"));
    shell.run("sign app --key bulla.key").fails(2, "wrong-password").hints("came from `BULLA_PASSWORD`");
    assert!(!shell.path("app.sigstore.json").exists());
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let shell = Shell::new().password(None);
    shell.write("app", "bytes");
    shell.run("sign app --key bulla.key").fails(2, "password-required").hints("BULLA_PASSWORD");
    shell.run("keygen --output-key-prefix third").fails(2, "password-required").hints("--password-fd");
    assert!(!shell.path("third.key").exists());
}

#[cfg(unix)]
#[test]
fn a_password_comes_from_a_descriptor() {
    let shell = Shell::new().password(None);
    shell.write("app", "bytes");
    shell.write("password", "open sesame\n");
    let mut command = shell.command("sign app --key bulla.key --password-fd 0");
    command.stdin(Stdio::from(std::fs::File::open(shell.path("password")).unwrap()));
    shell.said(command.output().unwrap()).ends(0);
    let given = |password: &str| shell.pipe("sign app --key bulla.key --password-fd 0", password.as_bytes());
    given("guess\n").fails(2, "wrong-password").hints("came from `--password-fd`");
    given("").fails(2, "password-required").hints("an empty line is an empty password");
    given("\n").fails(2, "wrong-password");
    shell.run("sign app --key bulla.key --password-fd 99").fails(2, "password-unreadable").hints("3<password-file");
}

#[test]
fn an_empty_password_is_one_and_is_warned_of() {
    let shell = Shell::bare().password(Some(""));
    let said = shell.run("keygen").ends(0);
    assert!(said.err.starts_with("warning: the password is empty"), "{said:?}");
}

#[test]
fn the_wrong_half_of_a_key_is_told_from_a_broken_one() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.write("broken.pub", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    shell.run("sign app --key bulla.pub").fails(2, "key-label").hints("signing needs the private one");
    shell.run("verify app --key bulla.key").fails(2, "key-not-pem").hints("this is a private key");
    shell.run("verify app --key broken.pub").fails(2, "key-malformed");
    for line in ["verify app --key missing.pub", "sign app --key missing.key", "verify app --key bulla.pub --bundle b"]
    {
        shell.run(line).fails(2, "file-not-found").hints("check the spelling");
    }
    std::fs::create_dir(shell.path("sub")).unwrap();
    for line in ["verify app --key sub", "sign app --key sub", "verify app --key bulla.pub --bundle sub"] {
        shell.run(line).fails(2, "is-a-directory").hints("name one in it");
    }
    shell.write("der.pub", b"\x30\xff");
    shell.run("verify app --key der.pub").fails(2, "not-text").hints("PEM is text");
}

#[test]
fn a_key_is_taken_over() {
    let shell = Shell::new();
    shell.run("keygen --import bulla.key --output-key-prefix again").ends(0);
    assert_eq!(shell.read("again.pub"), shell.read("bulla.pub"));
    shell.run("keygen --import missing.pem --output-key-prefix third").fails(2, "file-not-found");
    shell.run("keygen --import bulla.pub --output-key-prefix third").fails(2, "key-label");
}

#[test]
fn any_of_several_keys_will_do() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("sign app --key other.key").ends(0);
    shell.run("verify app --key bulla.pub").fails(1, "other-key");
    shell.run("verify app --key bulla.pub --key other.pub").ends(0);
}

#[test]
fn a_window_needs_a_time_that_a_log_has_signed() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("sign app --key bulla.key").ends(0);
    shell.run("verify app --key bulla.pub,until=2036-01-01T00:00:00Z").fails(1, "key-window-no-time");
    for (window, hint) in [
        (",utnil=2036-01-01T00:00:00Z", "until=2026-05-01T00:00:00Z"),
        (",until=2036-01-01T00:00:00Z,form=2026-01-01T00:00:00Z", "until=2026-05-01T00:00:00Z"),
        (",from=2027-01-01T00:00:00Z,until=2026-01-01T00:00:00Z", "exchange the two"),
        (",until=2026-01-01T00:00:00Z,from=2027-01-01T00:00:00Z", "exchange the two"),
    ] {
        shell.run(&format!("verify app --key bulla.pub{window}")).fails(2, "usage").hints(hint);
    }
    let either_order = "bulla.pub,until=2036-01-01T00:00:00Z,from=2026-01-01T00:00:00Z";
    shell.run(&format!("verify app --key {either_order}")).fails(1, "key-window-no-time");
    shell.run("verify app --key bulla.pub,until=soon").fails(2, "usage").hints("until=2026-05-01T00:00:00Z");
}
