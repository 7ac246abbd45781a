//! What `verify --record` writes down, and what is decided of it again.

use crate::{identity::World, policy::policies, report::of_the_schema, shell::Shell};
use bulla_sandbox::{Fault, Injection};
use serde_json::{Value, json};

/// With `app`, signed by `bulla.key`, policies, and a recording that accepts it.
pub(crate) fn recorded() -> Shell {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("sign app --key bulla.key").ends(0);
    policies(&shell);
    shell.run("verify app --policy good.yaml --record app.evidence.json").ends(0).err("");
    shell
}

/// `line` says the same with `--record` as without it, and what is recorded says it again.
#[track_caller]
fn is_replayed(shell: &Shell, line: &str, exit: i32) {
    let before = shell.run(line).ends(exit);
    let file = "it.evidence.json";
    let _ = std::fs::remove_file(shell.path(file));
    let recording = shell.run(&format!("{line} --record {file}"));
    assert_eq!((&recording.out, &recording.err, recording.code), (&before.out, &before.err, exit), "{line}");
    let asked = shell.registry.requests().len();
    let explain = if line.contains("--explain") { "--explain" } else { "" };
    let replayed = shell.run(&format!("replay {file} {explain}")).ends(exit);
    assert_eq!((&replayed.out, &replayed.err), (&before.out, &before.err), "{line}");
    assert_eq!(shell.registry.requests().len(), asked, "nobody is asked: {line}");
    let (verified, replayed) = (shell.json(line), of_the_schema(shell, &format!("replay {file}"), exit.into()));
    assert_eq!(verified["result"]["subjects"], replayed["result"]["subjects"], "{line}");
}

/// With this at the pointer, in a file of its own.
fn with(shell: &Shell, pointer: &str, value: Value) -> &'static str {
    let mut recording: Value = serde_json::from_str(&shell.read("app.evidence.json")).unwrap();
    *recording.pointer_mut(pointer).unwrap() = value;
    shell.write("changed.json", recording.to_string());
    "changed.json"
}

#[test]
fn a_verdict_is_replayed_without_anything_that_it_was_made_of() {
    let shell = recorded();
    is_replayed(&shell, "verify app --key bulla.pub", 0);
    is_replayed(&shell, "verify app --key other.pub --explain", 1);
    is_replayed(&shell, "verify app --policy good.yaml --policy other.yaml", 1);
    for name in ["app", "app.sigstore.json", "bulla.pub", "good.yaml"] {
        std::fs::remove_file(shell.path(name)).unwrap();
    }
    shell.run("replay app.evidence.json").ends(0).err("").out("accepted   app@sha256:…\nsigner     key sha256:…\n");
    let said = shell.run("replay app.evidence.json --explain").ends(0);
    assert!(said.out.contains("\n      met by  app.sigstore.json\n"), "{said:?}");
    shell.pipe("replay -", shell.read("app.evidence.json").as_bytes()).ends(0);
}

#[test]
fn images_and_the_images_in_them_are_replayed() {
    let shell = Shell::new();
    shell.push_image("app", "1.4", "clay");
    shell.push_index("all", "1.4");
    shell.run("sign REG/app:1.4 REG/all:1.4 --key bulla.key").ends(0);
    is_replayed(&shell, "verify REG/app:1.4 --key bulla.pub", 0);
    is_replayed(&shell, "verify REG/app:1.4 --key other.pub", 1);
    is_replayed(&shell, "verify REG/all:1.4 --key bulla.pub --recursive", 1);
    // A file that is no bundle goes by its own name, as it did.
    shell.write("odd.json", "{}");
    is_replayed(&shell, "verify REG/app:1.4 --key bulla.pub --bundle odd.json", 1);
}

#[test]
fn what_could_not_be_had_is_still_unknown_when_it_is_replayed() {
    let shell = Shell::new();
    shell.push_image("app", "1.4", "clay");
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    // The list is there, and what is listed is not.
    shell.registry.inject(Injection::of(Fault::InternalError).on_path("/blobs/").times(1_000));
    let line = "verify REG/app:1.4 --key bulla.pub --timeout 2s --record half.json";
    let said = shell.run(line).ends(2);
    shell.registry.clear_faults();
    let replayed = shell.run("replay half.json").ends(2);
    assert_eq!((&replayed.out, &replayed.err), (&said.out, &said.err));
    assert!(said.err.contains("[registry-failed]"), "{said:?}");
    // Nothing at all was decided about it, and nothing is recorded.
    shell.run("verify REG/app:9 --key bulla.pub --record none.json").ends(2);
    assert!(!shell.names().contains(&"none.json".to_owned()));
}

#[test]
fn all_images_of_manifests_are_in_one_recording_with_what_had_none() {
    let shell = Shell::new();
    shell.push_image("app", "1.4", "clay");
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    let host = shell.registry.host();
    let compose = |images: &[&str]| {
        let services = images.iter().enumerate().map(|(at, image)| format!("  s{at}: {{ image: '{host}/{image}' }}\n"));
        shell.write("compose.yaml", format!("services:\n{}", services.collect::<String>()));
    };
    compose(&["app:1.4", "app:1.4"]);
    shell.run("verify -f compose.yaml --key bulla.pub --record good.json").ends(0);
    let good = of_the_schema(&shell, "replay good.json", 0);
    assert_eq!(good["result"]["subjects"].as_array().map(Vec::len), Some(1));
    // What is not there is not accepted the second time either.
    compose(&["app:1.4", "app:9"]);
    let said = shell.run("verify -f compose.yaml --key bulla.pub --record half.json").ends(2);
    let replayed = shell.run("replay half.json").ends(2).out("");
    assert_eq!(replayed.err, said.err);
    assert!(said.err.contains("[no-such-tag]"), "{said:?}");
    let verdict = of_the_schema(&shell, "replay half.json", 2)["result"]["verdict"].clone();
    assert_eq!(verdict, "unknown");
}

#[test]
fn what_is_refused_is_told_first_both_times() {
    let shell = Shell::new();
    shell.push_image("a", "1", "clay");
    shell.push_image("b", "1", "seal");
    let host = shell.registry.host();
    shell
        .write("compose.yaml", format!("services: {{ a: {{ image: '{host}/a:1' }}, b: {{ image: '{host}/b:1' }} }}\n"));
    shell.registry.inject(Injection::of(Fault::InternalError).on_path("/v2/a/referrers/").times(1_000));
    let said = shell.run("verify -f compose.yaml --key bulla.pub --timeout 2s --record all.json").ends(1);
    assert_eq!(shell.run("replay all.json").ends(1).err, said.err);
    let (refused, unknown) = (said.err.find("[no-signature]"), said.err.find("[registry-failed]"));
    assert!(refused.is_some() && refused < unknown, "{said:?}");
}

#[test]
fn a_root_travels_with_the_recording() {
    let world = World::new();
    world.sign("app").ends(0);
    let shell = &world.shell;
    let line = format!(
        "verify app --identity dev@sandbox.invalid --issuer {} --trusted-root root.json --record app.evidence.json",
        world.sandbox.url()
    );
    let said = shell.run(&line).ends(0);
    std::fs::remove_file(shell.path("root.json")).unwrap();
    let replayed = shell.run("replay app.evidence.json").ends(0);
    assert_eq!(replayed.out, said.out);
    let before = "2020-01-01T00:00:00Z";
    shell.run(&format!("replay {}", with(shell, "/now", json!(before)))).fails(2, "replay-differs");
    let said = shell.run(&format!("replay app.evidence.json --at {before}")).ends(1);
    assert!(said.out.starts_with(&format!("what if    at {before}\nrecorded   accepted at 20")), "{said:?}");
    let root = "/roots/0/trustedRoot/tlogs";
    shell.run(&format!("replay {}", with(shell, root, json!([])))).fails(2, "replay-differs");
}

#[test]
fn real_releases_are_replayed() {
    let Some(folder) = bulla_tests::vectors("cpython") else { return };
    let shell = Shell::bare();
    let manifest = std::fs::read_to_string(folder.join("manifest.jsonl")).unwrap();
    for line in manifest.lines().step_by(9) {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = |field: &str| row[field].as_str().unwrap();
        let bundle = folder.join(text("bundle"));
        let (digest, bundle) = (text("sha256"), bundle.display());
        let by = format!("--identity {} --issuer {}", text("identity"), text("issuer"));
        is_replayed(&shell, &format!("verify sha256:{digest} --bundle {bundle} {by}"), 0);
    }
}

#[test]
fn a_recording_overwrites_nothing_and_takes_nothing_from_the_verdict() {
    let shell = recorded();
    let before = shell.read("app.evidence.json");
    let accepted = "accepted   app@sha256:…\nsigner     key sha256:…\n";
    let exists = "error: `app.evidence.json` exists already [file-exists]\nhint: nothing is overwritten; move it away, \
                  or choose another name\n";
    shell.run("verify app --key bulla.pub --record app.evidence.json").ends(2).out(accepted).err(exists);
    assert_eq!(shell.read("app.evidence.json"), before);
    let said = shell.run("verify app --key bulla.pub --record missing/app.json").ends(2).out(accepted);
    assert!(said.err.contains("[cannot-write]"), "{said:?}");
    let said = shell.run("verify app --key other.pub --record app.evidence.json").ends(2);
    assert!(said.err.contains("[other-key]") && said.err.contains("[file-exists]"), "{said:?}");
    of_the_schema(&shell, "verify app --key bulla.pub --record app.evidence.json", 2);
}

#[test]
fn what_rests_on_the_bytes_of_a_file_is_not_recorded() {
    let shell = Shell::new();
    shell.write("app", "bytes");
    shell.run("keygen --output-key-prefix pure --algorithm ed25519").ends(0);
    shell.run("sign app --key pure.key").ends(0);
    let said = shell.run("verify app --key pure.pub --record app.evidence.json").ends(2);
    assert_eq!(
        said.err,
        "error: nothing is recorded: app: the decision rests on the bytes of the file itself, and a recording has its \
         digests alone [recording-needs-bytes]\nhint: a signature with pure Ed25519 is over the whole file: have it \
         signed with another algorithm, or verify it without `--record`\n"
    );
    assert!(said.out.starts_with("accepted   app@") && !shell.names().contains(&"app.evidence.json".to_owned()));
    // A refusal does not.
    shell.run("verify app --key bulla.pub --record app.evidence.json").ends(1);
    shell.run("replay app.evidence.json").ends(1);
}

#[test]
fn another_policy_time_or_name_is_asked_for_and_never_taken_for_the_verdict() {
    let shell = recorded();
    let said = shell.run("replay app.evidence.json --policy other.yaml").ends(1);
    assert!(said.out.starts_with("what if    by other.yaml\nrecorded   accepted at 20"), "{said:?}");
    assert!(said.err.starts_with("error: app: ") && said.err.contains("[other-key]"), "{said:?}");
    let said = shell.run("replay app.evidence.json --policy good.yaml --at 2027-03-01 --as app").ends(0);
    assert!(said.out.starts_with("what if    by good.yaml, at 2027-03-01, called app\n"), "{said:?}");
    shell.run("replay app.evidence.json --as tool").ends(1);
    let json = of_the_schema(&shell, "replay app.evidence.json --policy other.yaml", 1);
    let what_if = &json["result"]["whatIf"];
    assert_eq!((&what_if["policies"], &what_if["recordedVerdict"]), (&json!(["other.yaml"]), &json!("accepted")));
    assert_eq!(of_the_schema(&shell, "replay app.evidence.json", 0)["result"]["whatIf"], Value::Null);
    shell.run("replay app.evidence.json --at noon").fails(2, "moment-malformed").hints("2027-01-31");
    shell.run("replay app.evidence.json --policy bad.yaml").fails(2, "unknown-field");
}

#[test]
fn the_roots_of_another_policy_are_those_of_the_recording_and_no_others() {
    let shell = recorded();
    let by = "email: { address: dev@acme.dev, issuer: https://accounts.acme.dev }";
    shell.write("public.yaml", shell.read("good.yaml").replace("key: ./bulla.pub", by));
    shell
        .run("replay app.evidence.json --policy public.yaml")
        .fails(2, "root-unusable")
        .hints("can stand under `roots` instead");
    shell.run("verify app --policy public.yaml --record public.json").ends(1);
    shell.run("replay public.json --policy public.yaml").ends(1);
}

#[test]
fn one_name_is_not_given_to_several() {
    let shell = Shell::new();
    shell.push_index("all", "1.4");
    shell.run("verify REG/all:1.4 --key bulla.pub --recursive --record all.json").ends(1);
    shell.run("replay all.json --as registry.acme.dev/all").fails(2, "name-ambiguous");
}

#[test]
fn a_recording_that_was_changed_is_no_verdict() {
    let shell = recorded();
    let other = bulla_verify::Digest::of(b"other").to_string();
    let said = shell.run(&format!("replay {}", with(&shell, "/subjects/0/digest", json!(other))));
    let said = said.fails(2, "replay-differs").hints("the recording was changed");
    assert!(said.err.starts_with("error: app: the decision is not the recorded one: at `/"), "{said:?}");
    for (pointer, value, code) in [
        ("/subjects/0/evidence/bundles", json!([]), "replay-differs"),
        ("/subjects/0/evidence/bundles/0/bytes", json!("e30="), "replay-differs"),
        ("/subjects/0/evidence/bundles/0/bytes", json!("e30"), "recording-malformed"),
        ("/schema", json!("bulla.evidence/v2"), "recording-version"),
    ] {
        shell.run(&format!("replay {}", with(&shell, pointer, value))).fails(2, code);
    }
    shell.run("replay missing.json").fails(2, "file-not-found");
    shell.run("replay app").fails(2, "recording-malformed").hints("`bulla verify --record FILE`");
}

#[test]
fn no_secret_of_this_machine_is_recorded() {
    let shell = recorded();
    let recording = shell.read("app.evidence.json");
    for secret in ["open sesame", "PRIVATE KEY", shell.path("").to_str().unwrap()] {
        assert!(!recording.contains(secret), "{secret}");
    }
}

/// Rules go by what it was called, and reports by what they are told.
#[test]
fn what_was_judged_under_another_name_than_it_is_shown_by_says_so() {
    let shell = Shell::new();
    shell.push_image("app", "1.4", "clay");
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    shell.run("verify REG/app:1.4 --key bulla.pub --record it.json").ends(0);
    let renamed = shell
        .read("it.json")
        .replace(&format!("\"name\": \"{}/app\"", shell.registry.host()), "\"name\": \"prod.dev/app\"");
    shell.write("renamed.json", renamed);
    let said = shell.run("replay renamed.json").ends(0);
    assert!(said.err.contains("it was judged as `REG/app`"), "{said:?}");
    assert_eq!(shell.run("replay it.json").ends(0).err, "");
}

#[test]
fn what_is_asked_otherwise_is_no_verdict_in_any_format() {
    let shell = recorded();
    for format in ["text", "json", "sarif", "junit", "github", "markdown", "html"] {
        let says = |line: &str| {
            let said = shell.run(&format!("replay app.evidence.json {line} -o {format}"));
            said.out.to_lowercase().replace("whatif\": null", "").contains("what if")
                || said.out.contains("\"whatIf\": {")
        };
        assert!(says("--at 2028-01-01") && says("--as other.zip"), "{format}");
        assert!(!says(""), "{format}");
    }
}

/// It is read later, and elsewhere: what counts is when it was decided.
#[test]
fn a_replayed_page_has_the_recordings_time_and_no_other() {
    let shell = recorded();
    let mut recording: Value = serde_json::from_str(&shell.read("app.evidence.json")).unwrap();
    recording["now"] = "2026-01-01T00:00:00Z".into();
    shell.write("then.json", recording.to_string());
    let page = shell.run("replay then.json -o html").ends(0).out;
    assert!(page.contains("2026-01-01T00:00:00Z"), "{page}");
    let days = page
        .match_indices("T")
        .filter_map(|(at, _)| page.get(at.checked_sub(10)?..at))
        .filter(|day| day.starts_with("202"));
    assert_eq!(days.collect::<std::collections::BTreeSet<_>>(), ["2026-01-01"].into());
}
