//! What comes from elsewhere is shown, and never obeyed; a pipe gets the same, plainly.

use crate::shell::Shell;
use bulla_verify::Digest;
use std::process::Stdio;

/// An escape sequence that clears the line, a fake verdict, and a mark that turns the text around.
const EVIL: &str = "x\u{1b}[2K\raccepted\n\u{9b}31m\u{202e}";

fn no_control(text: &str) {
    let steers = |letter: char| (letter.is_control() && letter != '\n') || letter == '\u{202e}';
    assert!(!text.contains(steers), "{text:?}");
}

#[test]
fn annotations_cannot_steer_the_terminal() {
    let shell = Shell::new();
    shell.push_image("app", "1.4", "clay");
    let store = shell.store("app");
    let subject = store.resolve("1.4").unwrap();
    bulla_transport::bundles::attach(store.as_ref(), &subject, EVIL.as_bytes(), EVIL, EVIL).unwrap();
    for line in ["inspect REG/app:1.4", "inspect REG/app:1.4 -o json", "verify REG/app:1.4 --key bulla.pub"] {
        let said = shell.run(line);
        no_control(&said.out);
        no_control(&said.err);
        assert!(!said.out.lines().any(|line| line.starts_with("accepted")), "{said:?}");
    }
}

#[test]
fn a_bundle_cannot_steer_the_terminal() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("sign app --key bulla.key").ends(0);
    let bundle = shell.read("app.sigstore.json");
    let hint = bundle.split("\"hint\":\"").nth(1).unwrap().split('"').next().unwrap();
    let evil = serde_json::to_string(EVIL).unwrap();
    shell.write("app.sigstore.json", bundle.replace(&format!("\"{hint}\""), &evil));
    let said = shell.run("inspect app").ends(0);
    no_control(&said.out);
    assert!(said.out.contains("\\u{1b}[2K"), "{said:?}");
    shell.write("app.sigstore.json", bundle.replace("bundle.v0.3", "bundle.v0.3\\u001b[2K"));
    let said = shell.run("verify app --key bulla.pub").fails(1, "unsupported-bundle-version");
    no_control(&said.err);
}

#[test]
fn a_predicate_type_and_a_file_name_cannot_either() {
    let shell = Shell::new();
    let digest = Digest::of(b"bytes").to_hex();
    let payload = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"digest":{{"sha256":"{digest}"}}}}],"predicateType":"https://x/\u001b[2Kaccepted","predicate":{{}}}}"#
    );
    shell.write("app", "bytes");
    shell.write("s.json", payload);
    let said = shell.run("attest app --key bulla.key --statement s.json");
    no_control(&said.out);
    no_control(&said.err);
    let mut command = shell.command("verify --key bulla.pub");
    let said = shell.said(command.arg(EVIL.replace('\u{9b}', "")).output().unwrap()).ends(2);
    no_control(&said.err);
}

#[test]
fn a_pipe_gets_no_colour_and_neither_does_no_color() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("sign app --key bulla.key").ends(0);
    no_control(&shell.run("verify app --key bulla.pub").ends(0).out);
    no_control(&shell.run("verify app --key other.pub").ends(1).err);
    let coloured = shell.command("verify app --key bulla.pub").env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(String::from_utf8(coloured.stdout).unwrap().contains("\u{1b}["), "colour can be had");
    let plain = shell.command("verify app --key bulla.pub").env("NO_COLOR", "1").output().unwrap();
    no_control(&String::from_utf8(plain.stdout).unwrap());
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("sign app --key bulla.key").ends(0);
    for (line, code) in [("verify app --key bulla.pub", 0), ("completions bash", 0), ("man", 0), ("--help", 0)] {
        let mut child = shell.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(code), Vec::new()), "{line}");
    }
}
