//! Somebody logs in: in a browser, or with a code. `script` is the terminal, and curl the browser.

use crate::shell::Shell;
use bulla_sandbox::{Fault, Injection, Sandbox, SandboxConfig};
use std::{
    io::{BufRead, BufReader},
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

    /// `bulla` with a terminal around it.
    fn in_a_terminal(&self, line: &str) -> Command {
        let program = bulla_tests::binary().display();
        let services = "--trusted-root root.json --signing-config config.json";
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &format!("{program} {line} {services}"), "/dev/null"]);
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
