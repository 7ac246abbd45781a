//! Ctrl-C, wherever it comes: nothing is left behind.
#![cfg(unix)]

use crate::shell::Shell;
use bulla_tests::has;
use std::{
    io::{Read, Write},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Runs `line` in a terminal of its own, and gives everything that was said there; `act` is what happens at the `prompt`.
fn in_a_terminal(shell: &Shell, line: &str, prompt: &str, act: impl FnOnce(&mut Child)) -> String {
    let mut command = Command::new("script");
    command.args(["-qfec", line, "/dev/null"]).current_dir(shell.path("")).env_remove("BULLA_PASSWORD");
    command.env("BULLA", bulla_tests::binary()).env("SHELL", "/bin/sh");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (mut said, mut chunk) = (String::new(), [0; 512]);
    let mut act = Some(act);
    while let Ok(read @ 1..) = stdout.read(&mut chunk) {
        said.push_str(&String::from_utf8_lossy(&chunk[..read]));
        if said.contains(prompt)
            && let Some(act) = act.take()
        {
            // The prompt is shown before the echo is off.
            std::thread::sleep(Duration::from_millis(300));
            act(&mut child);
        }
    }
    child.wait().unwrap();
    said
}

const ASK: &str = r#"stty echo; stty -a | grep -o -- '-\?\becho\b' | sed 's/^/before /'; "$BULLA" sign app --key bulla.key; echo "ended $?"; stty -a | grep -o -- '-\?\becho\b' | sed 's/^/after /'"#;

#[test]
fn ctrl_c_at_a_password_leaves_a_terminal_that_shows_what_is_typed() {
    if !has("script") {
        return;
    }
    let shell = Shell::new();
    shell.write("app", "bytes");
    let said = in_a_terminal(&shell, ASK, "Password of", |child| {
        child.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
    });
    for line in ["before echo", "ended 130", "after echo"] {
        assert!(said.lines().any(|said| said == line), "{line}: {said}");
    }
}

#[test]
fn a_signal_at_a_password_leaves_such_a_terminal_too() {
    if !has("script") {
        return;
    }
    let shell = Shell::new();
    shell.write("app", "bytes");
    let ask = ASK.replace(r#""$BULLA" sign"#, r#"exec 3>pid; sh -c 'echo $$ >&3; exec "$BULLA" "$@"' sh sign"#);
    let said = in_a_terminal(&shell, &ask, "Password of", |_| {
        let pid = shell.read("pid");
        Command::new("kill").args(["-TERM", pid.trim()]).status().unwrap();
    });
    for line in ["before echo", "ended 143", "after echo"] {
        assert!(said.lines().any(|said| said == line), "{line}: {said}");
    }
}

#[test]
fn an_interrupted_story_leaves_nothing() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let shell = Shell::bare().password(None);
        std::fs::create_dir(shell.path("tmp")).unwrap();
        let names = || std::fs::read_dir(shell.path("tmp")).unwrap().count();
        let mut command = shell.command("quickstart");
        command.env("TMPDIR", shell.path("tmp")).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let begun = Instant::now();
        while names() == 0 || begun.elapsed() < Duration::from_millis(200) {
            assert!(begun.elapsed() < Duration::from_secs(10), "the story did not begin");
            std::thread::sleep(Duration::from_millis(5));
        }
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        let ended = child.wait().unwrap();
        assert_eq!(ended.code(), None, "{signal}: ended by the signal, not by itself");
        assert_eq!(names(), 0, "{signal}");
    }
}

#[test]
fn help_fits_a_terminal_whose_height_nobody_knows() {
    if !has("script") {
        return;
    }
    let line = r#"stty rows 0 cols 60; unset COLUMNS; "$BULLA" verify --help"#;
    let said = in_a_terminal(&Shell::bare(), line, "no prompt", |_| {});
    let said = anstrip(&said);
    assert!(said.contains("Usage: bulla verify"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 60), "{said}");
}

/// Without the sequences of colour.
fn anstrip(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}
