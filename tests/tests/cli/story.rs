//! `quickstart`, completions and manual pages.

use crate::shell::Shell;
use std::time::{Duration, Instant};

#[test]
fn the_story_ends_well_quickly_and_leaves_nothing() {
    let shell = Shell::bare().password(None);
    std::fs::create_dir(shell.path("tmp")).unwrap();
    let begun = Instant::now();
    let mut command = shell.command("quickstart");
    let said = shell.said(command.env("TMPDIR", shell.path("tmp")).output().unwrap()).ends(0);
    assert_eq!(said.err, "");
    for refusal in ["[other-key]", "[message-digest-mismatch]", "[subject-mismatch]"] {
        assert!(said.out.contains(refusal), "{refusal}: {}", said.out);
    }
    assert!(said.out.contains("bulla --help"), "{}", said.out);
    assert!(begun.elapsed() < Duration::from_secs(20), "debug builds on busy machines are slow, but not that slow");
    assert_eq!(shell.names(), ["tmp"]);
    assert_eq!(std::fs::read_dir(shell.path("tmp")).unwrap().count(), 0);
    let mut command = shell.command("quickstart");
    let said = shell.said(command.env("TMPDIR", shell.path("nowhere")).output().unwrap());
    assert!(said.err.contains("[quickstart-failed]"), "{said:?}");
    said.ends(2).hints("`TMPDIR`");
}

#[test]
fn every_command_that_the_story_shows_does_what_it_says() {
    let shell = Shell::bare().password(None);
    let report = shell.json("quickstart");
    let steps = report["result"]["steps"].as_array().unwrap();
    let codes: Vec<_> = steps.iter().map(|step| step["report"]["exitCode"].as_i64().unwrap()).collect();
    assert_eq!(codes, [0, 0, 0, 0, 0, 0, 1, 1, 1]);
    for step in steps {
        assert!(step["command"].as_str().unwrap().starts_with("bulla "), "{step}");
    }
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let shell = Shell::bare();
    for name in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = shell.run(&format!("completions {name}")).ends(0).err("");
        assert!(said.out.contains("quickstart"), "{name}");
    }
    shell.run("completions tcsh").fails(2, "usage").hints("one of bash");
    let page = shell.run("man").ends(0);
    for part in [".TH bulla 1", ".SH TARGETS\nA TARGET is", ".SH \"EXIT STATUS\"\n0 accepted or done"] {
        assert!(page.out.contains(part), "{part}: {page:?}");
    }
    assert!(!page.out.contains("EXTRA"), "{page:?}");
    shell.run("man pages").ends(0);
    for verb in ["keygen", "sign", "attest", "verify", "inspect", "quickstart", "completions", "man"] {
        let page = shell.read(&format!("pages/bulla-{verb}.1"));
        assert!(page.contains(".SH SYNOPSIS") && page.contains("EXIT STATUS") && !page.contains("EXTRA"), "{verb}");
        assert_eq!(page.contains(".SH TARGETS"), ["sign", "attest", "verify", "inspect"].contains(&verb), "{verb}");
    }
}
