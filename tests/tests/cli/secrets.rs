//! A key or a password that was typed where a name or a number belongs is never said again.

use crate::shell::{Said, Shell};

/// The body of a PKCS#8 key that was made for this test alone.
const BODY: &str = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
/// A part of it that nothing else contains.
const PART: &str = "VwBCIEIJ1hs";

fn pem() -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{BODY}\n-----END PRIVATE KEY-----")
}

#[track_caller]
fn never_said(shell: &Shell, line: &str, words: &[String], secret: &str) -> Said {
    for format in ["text", "json"] {
        let mut command = shell.command(line);
        let said = shell.said(command.args(words).args(["--output", format]).output().unwrap()).ends(2);
        assert!(!said.out.contains(secret) && !said.err.contains(secret), "{words:?}: {said:?}");
        assert!(said.err.contains("hint: "), "{said:?}");
    }
    shell.said(shell.command(line).args(words).output().unwrap())
}

#[test]
fn a_key_in_place_of_its_file_is_not_said_again() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    let split = || pem().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for line in ["sign app", "verify app", "keygen", "inspect"] {
        for words in [
            vec!["--key".to_owned(), pem()],
            vec![format!("--key={}", pem())],
            vec![format!("-k{}", pem())],
            vec!["--key".to_owned(), BODY.to_owned()],
            vec!["--import".to_owned(), pem()],
            vec![format!("{BODY},until=2036-01-01T00:00:00Z")],
            vec![pem()],
            [vec!["--key".to_owned()], split()].concat(),
        ] {
            let said = never_said(&shell, line, &words, PART).fails(2, "usage");
            said.err(
                "error: a key itself was given, expected the name of its file; it is not shown [usage]\n\
                 hint: `--key` takes a file: write the variable to a file first, and replace a key that others may have \
                 seen\n",
            );
        }
    }
}

#[test]
fn what_may_be_a_secret_is_not_said_again() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    let long = "s3cret".repeat(40);
    for line in [
        "sign app --key",
        "verify app --key",
        "verify --key bulla.pub",
        "keygen --output-key-prefix third --import",
        "inspect app",
    ] {
        for secret in [long.clone(), "s3cret\ns3cret".to_owned()] {
            never_said(&shell, line, &[secret], "s3cret").hints("it may be a secret");
        }
    }
}

#[test]
fn a_password_in_place_of_a_descriptor_is_not_said_again() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    for words in [&["MyS3cret"][..], &["-MyS3cret"], &["--MyS3cret"], &["MyS3cret", "MyS3cret"], &["My", "MyS3cret"]] {
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        let said = never_said(&shell, "sign app --key bulla.key --password-fd", &words, "MyS3cret");
        said.fails(2, "usage").hints("--password-fd 3 3<password-file");
    }
    let joined = ["--password-fd=MyS3cret".to_owned()];
    for line in ["sign app --key bulla.key", "keygen", "verify app --key bulla.pub"] {
        never_said(&shell, line, &joined, "MyS3cret").fails(2, "usage");
    }
    let number = ["--password-fd".to_owned(), "83927116".to_owned()];
    never_said(&shell, "sign app --key bulla.key", &number, "83927116").fails(2, "password-unreadable");
}

#[test]
fn a_long_name_of_a_file_that_is_there_is_no_secret() {
    let shell = Shell::new();
    let name = format!("{}/{}", "d".repeat(150), "f".repeat(150));
    std::fs::create_dir(shell.path(&"d".repeat(150))).unwrap();
    shell.write(&name, "bytes");
    let said = shell.run(&format!("verify {name} --key bulla.pub")).fails(1, "no-signature");
    assert!(said.err.contains(&name), "{said:?}");
}
