//! `--output`: several at once, each where it belongs, and what each format says.

mod example;
mod github;
mod html;
mod junit;
mod markdown;
mod sarif;

use crate::{manifests, shell::Shell};
use serde_json::{Value, json};
use std::process::Command;

/// Whatever could end an element, an attribute, a cell, a property, a line, or begin a command.
const HOSTILE: &str = "x\"'</td></code><script>alert(1)</script><!-- ]]> |`*_[a](javascript:b) &quot; %0A::error::c \
    ::stop-commands::d ##[set-output name=e]f,g:h\n::error::i\r\n\t::notice::j\u{1b}[2J\u{202e}";

/// Two manifests in a folder: one image is accepted, with a warning; one refused, in two places; one not there; one whose name, and
/// whose container's, are hostile; and a third that cannot be read.
fn scene() -> Shell {
    let shell = manifests::scene();
    manifests::write(&shell, "k8s/web.yaml", manifests::WEB);
    manifests::write(&shell, "k8s/jobs/nightly.yml", &format!("{0}---\n{0}", manifests::JOB));
    manifests::write(&shell, "k8s/gone.yaml", "services: { gone: { image: 'REG/gone:9' } }\n");
    let hostile = json!({ "services": { HOSTILE: { "image": HOSTILE } } });
    shell.write("k8s/hostile.json", hostile.to_string());
    shell.write("k8s/broken.yaml", "kind: [");
    let rule = |name: &str, mode: &str, key: &str| {
        format!(
            "    - {{ name: {name}, images: ['REG/**'], mode: {mode}, require: {{ signed: {{ by: {{ key: ./{key} }} }} }} }}\n"
        )
    };
    let rules = rule("enforced", "enforce", "bulla.pub") + &rule("warned", "warn", "other.pub");
    let policy = format!(
        "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: p }}\nspec:\n  unmatched: deny\n  rules:\n{rules}"
    );
    manifests::write(&shell, "trust.yaml", &policy);
    shell
}

/// What the scene is asked.
const SURVEY: &str = "verify -f k8s --policy trust.yaml --timeout 5s";

/// What a parser of Python's makes of a document; nothing where there is no Python.
fn parsed(how: &str, document: &str) -> Option<Value> {
    if !bulla_tests::has("python3") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("document");
    std::fs::write(&file, document).unwrap();
    let script = include_str!("parse.py");
    let output = Command::new("python3").args(["-c", script, how]).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn one_run_is_told_in_every_format_at_once() {
    let shell = scene();
    let said = shell
        .run(&format!(
            "{SURVEY} -o sarif=a.sarif -o junit=a.xml -o markdown=a.md -o html=a.html -o github=a.gh -o json=a.json -o text=a.txt"
        ))
        .ends(1);
    let alone = shell.run(SURVEY).ends(1);
    assert_eq!((&said.out, &said.err), (&alone.out, &alone.err), "files are besides");
    assert_eq!(shell.read("a.txt").replace(&shell.registry.host(), "REG"), alone.out + &alone.err);
    for (format, file) in [("json", "a.json"), ("sarif", "a.sarif"), ("junit", "a.xml"), ("markdown", "a.md")] {
        let said = shell.run(&format!("{SURVEY} -o {format}")).ends(1);
        assert_eq!(said.out, shell.read(file).replace(&shell.registry.host(), "REG"), "{format}");
        let steers = |letter: char| letter != '\n' && (letter.is_control() || letter == '\u{202e}');
        assert!(
            !shell.read(file).contains(steers),
            "{format}: no colour, and nothing that steers a terminal or an eye"
        );
        assert_eq!(said.err, alone.err, "{format}");
    }
    for file in ["a.gh", "a.html"] {
        assert!(!shell.read(file).contains(['\u{1b}', '\r', '\t', '\u{202e}']), "{file}");
    }
    let github = shell.run(&format!("{SURVEY} -o github")).ends(1).err("");
    assert_eq!(github.out, shell.read("a.gh").replace(&shell.registry.host(), "REG"));
    // The time stands in it.
    let (html, page) = (shell.run(&format!("{SURVEY} -o html")).ends(1), shell.read("a.html"));
    assert_eq!(html.out.lines().count(), page.lines().count());
}

#[test]
fn a_file_that_cannot_be_written_is_said_and_so_is_the_verdict() {
    let shell = manifests::scene();
    std::fs::create_dir(shell.path("folder")).unwrap();
    let verify = "verify REG/app:1.4 --key bulla.pub";
    let said = shell.run(&format!("{verify} -o sarif=missing/a.sarif -o html=a.html")).ends(2);
    assert!(said.out.starts_with("accepted   REG/app@sha256:"), "{said:?}");
    assert!(said.err.contains("there is no folder `missing` [cannot-write]\nhint: "), "{said:?}");
    assert!(shell.read("a.html").contains("Accepted"));
    let json = shell.json(&format!("{verify} -o html=folder"));
    assert_eq!((&json["exitCode"], &json["result"]["verdict"]), (&json!(2), &json!("accepted")));
    assert_eq!(json["errors"][0]["code"], "cannot-write");
}

#[test]
fn a_report_takes_the_place_of_the_last_one_and_a_device_stays_one() {
    let shell = manifests::scene();
    shell.write("a.json", "old");
    for _ in 0..2 {
        shell.run("verify REG/app:1.4 --key bulla.pub -o json=a.json -o markdown=/dev/null").ends(0);
    }
    assert!(shell.read("a.json").starts_with("{\n"));
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    assert!(shell.names().iter().all(|name| !name.starts_with(".bulla")), "{:?}", shell.names());
}

#[test]
fn what_failed_before_there_was_a_verdict_is_in_every_format_too() {
    let shell = Shell::new();
    let verify = "verify missing --key bulla.pub";
    for (format, said) in [
        ("sarif", "\"executionSuccessful\": false"),
        ("junit", "<error message=\"no such file: `missing`\" type=\"file-not-found\">"),
        ("github", "::warning title=bulla%3A could not tell::no such file: `missing` [file-not-found]%0Ahint: "),
        ("markdown", "no such file&#58; &#96;missing&#96; <code>file-not-found</code>"),
        ("html", "no such file: <code>missing</code> <code>file-not-found</code>"),
    ] {
        let run = shell.run(&format!("{verify} -o {format}")).ends(2);
        assert!(run.out.contains(said), "{format}: {}", run.out);
    }
}

#[test]
fn only_a_verdict_is_written_as_one() {
    let shell = Shell::bare();
    for (line, error, hint) in [
        (
            "keygen -o sarif",
            "`keygen` gives no verdict that could be written as sarif",
            "`--output text` and `--output json` are every command's; the others are of `verify`, `pin`, `replay` and `policy test`",
        ),
        (
            "verify x --key k -o text -o html",
            "two formats for one standard output",
            "give one of them a file: `--output html=FILE`",
        ),
        ("verify x --key k -o html=", "`--output html=` names no file", "leave out the `=` for standard output"),
        ("verify x --key k -o html=a -o json=a", "`a` is to be written twice", "give each format a file of its own"),
        (
            "verify x --key k -o yaml=a",
            "invalid value `yaml` for `--output <FORMAT[=FILE]>`",
            "one of text, json, sarif, junit, github, markdown, html",
        ),
    ] {
        shell.run(line).ends(2).out("").err(&format!("error: {error} [usage]\nhint: {hint}\n"));
    }
    assert!(shell.names().is_empty(), "nothing was written");
    shell.run("keygen -o json=a.json").ends(0);
    assert!(shell.read("a.json").contains("\"command\": \"keygen\""));
}

#[test]
fn no_format_tells_where_on_this_machine_it_was_made() {
    let shell = scene();
    let folder = shell.path("").display().to_string();
    shell.write("app", "bytes");
    for line in [
        format!("verify -f {folder}k8s --policy {folder}trust.yaml"),
        format!("verify -f {folder}k8s --key {folder}bulla.pub"),
        format!("verify {folder}app --key {folder}other.pub"),
        format!("verify {folder}missing --key {folder}other.pub"),
        format!("verify {folder}app --key {folder}missing.pub"),
    ] {
        for format in ["sarif", "junit", "github", "markdown", "html"] {
            let said = shell.run(&format!("{line} -o {format}"));
            assert!(said.code > 0 && !said.out.contains(folder.trim_end_matches('/')), "{line} {format}: {}", said.out);
        }
    }
}

/// Opening it would wait until somebody reads.
#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_reads_is_an_error() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("sign app --key bulla.key").ends(0);
    let made = std::process::Command::new("mkfifo").arg(shell.path("pipe")).status().unwrap();
    assert!(made.success());
    let said = shell.run("verify app --key bulla.pub -o json=pipe").ends(2);
    assert!(said.out.contains("accepted") && said.err.contains("[cannot-write]"), "{said:?}");
}
