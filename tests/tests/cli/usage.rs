//! What is typed wrongly: exit code 2, one `error:` with `[usage]`, and what to do next.

use crate::shell::Shell;

#[test]
fn typing_errors_are_said_in_one_voice() {
    let shell = Shell::bare();
    for (line, error, hint) in [
        ("sgin x", "no such command: `sgin`", "did you mean `sign`?"),
        ("delete x", "no such command: `delete`", "`bulla --help` lists the commands"),
        ("verify x --kye k", "unexpected argument `--kye`", "did you mean `--key`?"),
        ("sign", "missing: `<TARGET>...`", "`bulla sign --help` says what it takes"),
        ("sign x --log", "missing: `--key <FILE>`", "`bulla sign --help` says what it takes"),
        (
            "attest x --key k --type t",
            "missing: `--predicate <FILE>`",
            "what is stated is `--type` and `--predicate`, or `--provenance`, or `--statement`, or `--vsa` with `--policy` and `--verifier-id`",
        ),
        (
            "verify x --key k -o yaml",
            "invalid value `yaml` for `--output <FORMAT[=FILE]>`",
            "one of text, json, sarif, junit, github, markdown, html",
        ),
        ("verify x y --key k", "unexpected argument `y`", "`bulla verify --help` says what it takes"),
        (
            "verify x --key k --identity i",
            "`--key <FILE>` cannot be given together with `--identity <NAME>`",
            "`bulla verify --help` says what it takes",
        ),
        (
            "verify x --key k --timeout 0",
            "invalid value `0` for `--timeout <TIME>`: expected a time between 1s and a day, such as 90s or 2m",
            "`bulla verify --help` says what it takes",
        ),
        (
            "verify x",
            "whose signature is it to be?",
            "give `--key bulla.pub`, `--identity NAME` and `--issuer URL`, or `--policy FILE`; anybody's signature \
             proves nothing",
        ),
        (
            "verify x --identity me@acme.dev",
            "`--identity` needs `--issuer` beside it",
            "any issuer could vouch for that name: both are demanded, exactly",
        ),
        (
            "verify x --issuer https://acme.dev",
            "`--issuer` needs `--identity` beside it",
            "anybody can get a certificate from it: both are demanded, exactly",
        ),
    ] {
        let said = shell.run(line).ends(2);
        assert_eq!(said.err, format!("error: {error} [usage]\nhint: {hint}\n"), "{line}");
        assert_eq!(said.out, "", "{line}");
    }
}

#[test]
fn help_is_data_and_its_absence_is_not() {
    let shell = Shell::bare();
    let help = shell.run("--help").ends(0);
    assert!(help.out.contains("Usage: bulla") && help.err.is_empty(), "{help:?}");
    let nothing = shell.run("").ends(2);
    assert!(nothing.err.contains("Usage: bulla") && nothing.out.is_empty(), "{nothing:?}");
    shell.run("--version").ends(0).out(concat!("bulla ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn help_is_a_command_too() {
    let shell = Shell::bare();
    let help = shell.run("help").ends(0).err("");
    assert_eq!(help.out, shell.run("--help").ends(0).out);
    assert_eq!(shell.run("help verify").ends(0).out, shell.run("verify --help").ends(0).out);
    shell.run("help delete").fails(2, "usage").hints("`bulla --help` lists the commands");
    for line in ["--help", "sign --help", "attest --help", "verify --help", "inspect --help"] {
        let said = shell.run(line).ends(0).out;
        assert!(said.contains("A TARGET is an image") && said.contains("Exit codes: 0 accepted"), "{line}: {said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_argument_is_told_how_to_be_one() {
    use std::os::unix::ffi::OsStrExt;
    let shell = Shell::new();
    shell.write("-dash", "bytes");
    for line in ["verify -dash --key bulla.pub", "sign --key bulla.key -dash"] {
        shell.run(line).fails(2, "usage").hints("the file is written `./-dash`, or stands behind `--`");
    }
    shell.run("sign --key bulla.key -- -dash").ends(0);
    shell.run("verify ./-dash --key bulla.pub").ends(0);
    let mut command = shell.command("verify --key bulla.pub");
    let said = shell.said(command.arg(std::ffi::OsStr::from_bytes(b"app\xff")).output().unwrap());
    said.err(
        "error: an argument is not UTF-8: `app\u{fffd}` [usage]\n\
         hint: rename the file; a file's bytes can be piped to `-`\n",
    );
}

#[test]
fn help_is_as_wide_as_there_is_room() {
    let shell = Shell::bare();
    let widest = |columns: &str| {
        let output = shell.command("verify --help").env("COLUMNS", columns).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().map(|line| line.chars().count()).max().unwrap_or_default()
    };
    assert!((35..=60).contains(&widest("60")), "{}", widest("60"));
    // Nothing can be that narrow: nobody knows.
    assert!((80..=100).contains(&widest("0")), "{}", widest("0"));
    assert!(widest("1") >= 15, "not one word a line");
}

#[test]
fn a_command_line_that_does_not_parse_is_json_too_if_json_was_asked_for() {
    let shell = Shell::bare();
    for format in ["--output json", "--output=json", "-o json"] {
        let said = shell.run(&format!("verify {format}")).ends(2);
        let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(report["errors"][0]["code"], "usage", "{format}");
    }
}

#[test]
fn a_mistyped_file_never_becomes_an_image() {
    let shell = Shell::new();
    for target in ["app.tar.gx", "dist/app", "ubuntu", "library/ubuntu", "v1.2/app.tar.gz"] {
        shell
            .run(&format!("verify {target} --key bulla.pub"))
            .fails(2, "file-not-found")
            .hints("an image names its registry");
    }
    shell.run("verify ubuntu:24.04 --key bulla.pub").fails(2, "file-not-found").hints("docker.io/library/");
    shell.run("verify https://REG/app --key bulla.pub").fails(2, "file-not-found").hints("without a scheme: `REG/app`");
}

#[test]
fn a_file_with_the_name_of_an_image_is_not_guessed_at() {
    let shell = Shell::new();
    std::fs::create_dir(shell.path("acme.dev")).unwrap();
    shell.write("acme.dev/app", "a file");
    shell
        .run("sign acme.dev/app --key bulla.key")
        .fails(2, "ambiguous-target")
        .hints("write `./acme.dev/app` for the file");
    shell.run("sign ./acme.dev/app --key bulla.key").ends(0);
    // A mistyped name in a folder that looks like a host asks no host.
    shell
        .run("sign acme.dev/ap --key bulla.key")
        .fails(2, "ambiguous-target")
        .hints("write `./acme.dev/ap` for the file");
    shell.run("sign ./acme.dev/ap --key bulla.key").fails(2, "file-not-found");
}

#[test]
fn what_stands_beside_nothing_is_said() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("sign - --key bulla.key").fails(2, "usage").hints("--bundle FILE");
    shell.run("sign REG/app --key bulla.key --bundle b").fails(2, "usage").hints("stored beside it");
    shell.run("sign app --key bulla.key --recursive").fails(2, "usage").hints("leave it out");
    shell.run("verify app --key bulla.pub --recursive").fails(2, "usage").hints("leave it out");
    shell.run("verify sha256:12 --key bulla.pub").fails(2, "digest-malformed").hints("64 lowercase hex digits");
    shell
        .run("attest - --key bulla.key --bundle b --type vuln --predicate -")
        .fails(2, "usage")
        .hints("put one of the two");
}
