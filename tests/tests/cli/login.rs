//! Somebody logs in: in a browser, or with a code. `script` is the terminal, and curl the browser.

use crate::shell::Shell;
use bulla_sandbox::{Fault, Injection, Sandbox, SandboxConfig};
use std::{
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
    time::Duration,
};

struct World {
    shell: Shell,
    sandbox: Sandbox,
}

impl World {
    /// Nothing, and a line that says so, where there is no terminal or browser to be had.
    fn new() -> Option<Self> {
        if !bulla_tests::has("script") || !bulla_tests::has("curl") {
            return None;
        }
        let sandbox = Sandbox::start(SandboxConfig::default()).unwrap();
        let shell = Shell::bare();
        shell.write("app", "bytes");
        shell.write("root.json", sandbox.trusted_root().to_string());
        shell.write("config.json", sandbox.signing_config().to_string());
        // Whatever opens addresses on this machine, it is found after this one.
        std::fs::create_dir(shell.path("bin")).unwrap();
        shell.write(
            "bin/xdg-open",
            "#!/bin/sh\nexec curl --silent --location --max-time 20 --output page.html \"$1\"\n",
        );
        std::fs::set_permissions(shell.path("bin/xdg-open"), std::fs::Permissions::from_mode(0o755)).unwrap();
        Some(Self { shell, sandbox })
    }

    /// `bulla` with a terminal around it, and the sandbox's services.
    fn in_a_terminal(&self, line: &str) -> Command {
        self.in_a_bare_terminal(&format!("{line} --trusted-root root.json --signing-config config.json"))
    }

    fn in_a_bare_terminal(&self, line: &str) -> Command {
        let program = bulla_tests::binary().display();
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &format!("{program} {line}"), "/dev/null"]);
        let path = format!("{}:{}", self.shell.path("bin").display(), std::env::var("PATH").unwrap());
        script.current_dir(self.shell.path(".")).env_clear().env("PATH", path).env("HOME", self.shell.path("."));
        script.stdin(Stdio::null()).stdout(Stdio::piped());
        script
    }

    fn verifies(&self) {
        let issuer = self.sandbox.url();
        let by = format!("--identity dev@sandbox.invalid --issuer {issuer} --trusted-root root.json");
        self.shell.run(&format!("verify app {by}")).ends(0);
    }
}

#[test]
fn a_browser_is_opened_and_comes_back() {
    let Some(world) = World::new() else { return };
    let output = world.in_a_terminal("sign app").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("/auth?") && said.contains("code_challenge"), "{said}");
    assert!(world.shell.read("page.html").contains("You may close this page"), "{said}");
    world.verifies();
}

#[test]
fn a_code_is_shown_and_entered_elsewhere() {
    let Some(world) = World::new() else { return };
    let mut child = world.in_a_terminal("sign app --no-browser").spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let shown = lines.find_map(|line| {
        let line = line.unwrap();
        let (_, rest) = line.split_once("go to ")?;
        let (address, code) = rest.split_once(" and enter the code ")?;
        Some((address.to_owned(), code.trim().to_owned()))
    });
    let (address, code) = shown.expect("an address and a code");
    let form = format!("user_code={code}");
    let entered = Command::new("curl").args(["--silent", "--fail", "--data", &form, &address]).output().unwrap();
    assert!(entered.status.success(), "{address} {entered:?}");
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert!(child.wait().unwrap().success(), "{rest:?}");
    world.verifies();
}

#[test]
fn who_is_waited_for_is_told() {
    let Some(world) = World::new() else { return };
    world.shell.write("token", world.sandbox.identity_token("dev@sandbox.invalid").unwrap());
    let slow = Injection::of(Fault::Slow(Duration::from_millis(2500))).on_path("/api/v2/log/entries");
    world.sandbox.inject(slow);
    let output = world.in_a_terminal("sign app --identity-token token").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("signing app@sha256:") && said.contains(": the log http://127.0.0.1:"), "{said}");
    world.verifies();
}

#[test]
fn what_becomes_public_is_told_and_asked() {
    let Some(world) = World::new() else { return };
    world.shell.write("token", world.sandbox.identity_token("dev@sandbox.invalid").unwrap());
    // Without services of one's own, those of the public instance are meant. Nobody answers for them here.
    let said = |more: &str, answer: &[u8]| {
        let line = format!("sign app --identity-token token --timeout 1s {more}");
        let mut child = world.in_a_bare_terminal(&line).stdin(Stdio::piped()).spawn().unwrap();
        // A command that does not ask may have ended by then.
        let _ = child.stdin.take().unwrap().write_all(answer);
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    };
    let refused = said("", b"n\n");
    for line in ["becomes public", "dev@sandbox.invalid", "app@sha256:", "[y/N]", "[not-agreed]"] {
        assert!(refused.contains(line), "{line}: {refused}");
    }
    for (more, answer) in [("", &b"y\n"[..]), ("--yes", b"")] {
        let agreed = said(more, answer);
        assert!(agreed.contains("[certificate-authority-unavailable]"), "{agreed}");
        assert_eq!(agreed.contains("[y/N]"), more.is_empty(), "{agreed}");
    }
}
