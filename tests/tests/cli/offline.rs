//! `--offline` opens no socket, and says so where one would be needed.

use crate::shell::{self, Shell};
use bulla_transport::{Options, Place, open};
use std::process::{Command, Output};

/// A file that is signed, an image in a layout that is, and a recording of the file's verdict.
fn signed() -> Shell {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("sign app --key bulla.key").ends(0);
    let place = Place::parse(&format!("oci:{}:1.4", shell.path("layout").display())).unwrap();
    shell::push_image(open(&place, &Options::default()).unwrap().as_ref(), "1.4", "seed");
    shell.run("sign oci:layout:1.4 --key bulla.key").ends(0);
    shell.run("verify app --key bulla.pub --record app.evidence.json").ends(0);
    shell
}

const VERIFICATIONS: [&str; 3] = [
    "verify app --key bulla.pub --offline",
    "verify oci:layout:1.4 --key bulla.pub --offline",
    "replay app.evidence.json",
];

fn wrapped(shell: &Shell, program: &str, before: &[&str], line: &str) -> Output {
    let ours = shell.command(line);
    let mut command = Command::new(program);
    command.args(before).arg(ours.get_program()).args(ours.get_args());
    command.current_dir(shell.path(".")).env("HOME", shell.path(".")).output().unwrap()
}

#[test]
fn a_registry_is_not_asked() {
    let shell = Shell::new();
    let image = shell.push_image("app", "1.4", "seed");
    shell.registry.clear_requests();
    for line in ["verify REG/app:1.4 --key bulla.pub", "inspect REG/app:1.4", "sign REG/app:1.4 --key bulla.key"] {
        shell.run(&format!("{line} --offline")).fails(2, "offline").hints("`oci:dir`");
    }
    assert_eq!(shell.registry.requests().len(), 0);
    // By its digest and with its bundle it needs nobody.
    shell.run(&format!("sign REG/app@{image} --key bulla.key")).ends(0);
    shell.run(&format!("sign {image} --key bulla.key --bundle b.json")).ends(0);
    shell.registry.clear_requests();
    shell.run(&format!("verify {image} --bundle b.json --key bulla.pub --offline")).ends(0);
    assert_eq!(shell.registry.requests().len(), 0);
}

#[test]
fn without_any_interface_everything_that_is_here_verifies() {
    if !bulla_tests::has("unshare") {
        return;
    }
    let shell = signed();
    let namespace = ["--map-root-user", "--net", "--"];
    let made = Command::new("unshare").args(namespace).arg("true").status().unwrap().success();
    if !bulla_tests::unless_skipped(made, "this machine lets nobody make a network namespace") {
        return;
    }
    for line in VERIFICATIONS {
        let output = wrapped(&shell, "unshare", &namespace, line);
        assert!(output.status.success(), "{line} {output:?}");
    }
}

#[test]
fn no_socket_is_opened() {
    if !bulla_tests::has("strace") {
        return;
    }
    let shell = signed();
    let traced = |line: &str| {
        let trace = shell.path("trace");
        let trace = trace.to_str().unwrap();
        // A pair of sockets that signals wake the program by reaches nobody (`socketpair`).
        let output = wrapped(&shell, "strace", &["-f", "-e", "trace=socket,connect,bind,sendto", "-o", trace], line);
        let calls = std::fs::read_to_string(trace).unwrap();
        (output.status.code(), calls.lines().filter(|line| !line.contains("+++") && !line.contains("---")).count())
    };
    for line in VERIFICATIONS {
        assert_eq!(traced(line), (Some(0), 0), "{line}");
    }
    // What would be seen if one were.
    let (_, calls) = traced(&format!("verify {}/app:1.4 --key bulla.pub", shell.registry.host()));
    assert!(calls > 0);
}
