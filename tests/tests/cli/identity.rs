//! Signing in somebody's name: a token, a certificate, a log and a time, of a sandbox.

use crate::shell::{Said, Shell};
use bulla_sandbox::{Fault, Flaw, Injection, Sandbox, SandboxConfig};
use serde_json::json;

const DEV: &str = "dev@sandbox.invalid";

/// A shell beside a sandbox: `app` is a file, and `root.json`, `config.json` and `token` are the sandbox's.
pub(crate) struct World {
    pub(crate) shell: Shell,
    pub(crate) sandbox: Sandbox,
}

/// Which services, and in whose name.
pub(crate) const SERVICES: &str = "--trusted-root root.json --signing-config config.json";
const AS_DEV: &str = "--identity-token token";

impl World {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::start(SandboxConfig::default()).unwrap();
        let shell = Shell::new();
        shell.write("app", "bytes");
        shell.write("root.json", sandbox.trusted_root().to_string());
        shell.write("config.json", sandbox.signing_config().to_string());
        shell.write("token", sandbox.identity_token(DEV).unwrap());
        Self { shell, sandbox }
    }

    pub(crate) fn sign(&self, what: &str) -> Said {
        self.shell.run(&format!("sign {what} {AS_DEV} {SERVICES}"))
    }

    pub(crate) fn verify(&self, what: &str) -> Said {
        let issuer = self.sandbox.url();
        self.shell.run(&format!("verify {what} --identity {DEV} --issuer {issuer} --trusted-root root.json"))
    }

    /// How often a path was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.sandbox.registry().requests().iter().filter(|request| request.path.starts_with(path)).count()
    }

    pub(crate) fn fails_at(&self, path: &str, fault: Fault) {
        self.sandbox.inject(Injection::of(fault).on_path(path));
    }
}

#[test]
fn a_file_is_signed_in_somebodys_name() {
    let world = World::new();
    let issuer = world.sandbox.url();
    world.sign("app").ends(0).err("").out(&format!(
        "signed     app@sha256:…\nsigner     {DEV}\nissuer     {issuer}\nbundle     app.sigstore.json\n"
    ));
    let said = world.verify("app").ends(0);
    for line in ["signed at  20", "log entry  "] {
        assert!(said.out.contains(line), "{said:?}");
    }
    let by_another =
        format!("verify app --identity another@sandbox.invalid --issuer {issuer} --trusted-root root.json");
    world.shell.run(&by_another).fails(1, "signer-mismatch");
    world.shell.write("app", "bytez");
    world.verify("app").fails(1, "message-digest-mismatch");
}

#[test]
fn the_same_again_asks_for_nothing() {
    let world = World::new();
    world.sign("app").ends(0);
    let before = world.shell.read("app.sigstore.json");
    world.sandbox.registry().clear_requests();
    let said = world.sign("app").ends(0);
    assert!(said.out.contains("the same identity has signed the same thing before"), "{said:?}");
    assert_eq!((world.sandbox.registry().requests().len(), world.shell.read("app.sigstore.json")), (0, before));
}

#[test]
fn many_files_need_one_certificate() {
    let world = World::new();
    let names: Vec<String> = (0..20).map(|number| format!("file-{number}")).collect();
    for name in &names {
        world.shell.write(name, name);
    }
    world.sign(&names.join(" ")).ends(0);
    assert_eq!((world.asked("/api/v2/signingCert"), world.asked("/api/v2/log/entries")), (1, 20));
    for name in &names {
        world.verify(name).ends(0);
    }
}

#[test]
fn an_index_and_what_is_in_it_need_one_certificate() {
    let world = World::new();
    world.shell.push_index("app", "1.4");
    world.sign("REG/app:1.4 --recursive").ends(0);
    assert_eq!((world.asked("/api/v2/signingCert"), world.asked("/api/v2/log/entries")), (1, 3));
    world.verify("REG/app:1.4 --recursive").ends(0);
    world.sign("REG/app:1.4 --recursive").ends(0);
    assert_eq!(world.asked("/api/v2/log/entries"), 3);
}

#[test]
fn the_environment_may_say_all_of_it() {
    let world = World::new();
    let mut command = world.shell.command("sign app");
    command.env("BULLA_TRUSTED_ROOT", "root.json").env("BULLA_SIGNING_CONFIG", "config.json");
    command.env("BULLA_IDENTITY_TOKEN", world.shell.read("token"));
    world.shell.said(command.output().unwrap()).ends(0);
    world.verify("app").ends(0);
    world.shell.write("other", "other");
    let mut command = world.shell.command("sign other");
    command.env("BULLA_TRUSTED_ROOT", "root.json").env("BULLA_SIGNING_CONFIG", "config.json");
    command.env("BULLA_IDENTITY_TOKEN", "token");
    world.shell.said(command.output().unwrap()).ends(0);
    world.shell.write("third", "third");
    let piped = format!("sign third --identity-token - {SERVICES}");
    world.shell.pipe(&piped, world.shell.read("token").as_bytes()).ends(0);
}

#[test]
fn what_is_in_the_environment_and_no_token_is_not_shown() {
    let world = World::new();
    let token = world.shell.read("token");
    let run = |value: String| {
        let mut command = world.shell.command(&format!("sign app {SERVICES}"));
        world.shell.said(command.env("BULLA_IDENTITY_TOKEN", value).output().unwrap())
    };
    for value in [format!("Bearer {token}"), format!("\"{token}\""), format!("x{token}"), "hush".to_owned()] {
        let said = run(value.clone()).ends(2);
        assert!(said.err.contains("[no-identity-token]") && said.err.contains("hint: "), "{said:?}");
        assert!(!said.err.contains(token.rsplit('.').next().unwrap()) && !said.err.contains("hush"), "{said:?}");
    }
    run(format!("\n {token}\n")).ends(0);
}

#[test]
fn tokens_that_will_not_do_are_sent_to_nobody_and_shown_to_nobody() {
    let world = World::new();
    let at = |seconds: i64| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        i64::try_from(now.as_secs()).unwrap() + seconds
    };
    let email = json!({ "sub": "1", "email": DEV, "email_verified": true });
    let with = |more: serde_json::Value| {
        let mut claims = email.clone();
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.sandbox.token(&claims).unwrap()
    };
    for (token, code) in [
        (with(json!({ "exp": at(-60), "iat": at(-600), "nbf": at(-600) })), "identity-token-expired"),
        (with(json!({ "nbf": at(3600), "iat": at(3600), "exp": at(7200) })), "identity-token-not-yet"),
        (with(json!({ "aud": "another" })), "identity-token-audience"),
        ("no token".to_owned(), "identity-token-malformed"),
    ] {
        world.shell.write("token", &token);
        let said = world.sign("app").ends(2);
        assert!(said.err.contains(code), "{code}: {said:?}");
        let secret = token.rsplit('.').next().unwrap();
        assert!(!said.err.contains(secret) && !said.out.contains(secret), "{said:?}");
    }
    assert_eq!(world.asked("/api/v2/signingCert"), 0);
    // One that only the authority can tell from a good one.
    world.sandbox.set_flaw(Flaw::TokenOfAnotherKey);
    world.shell.write("token", world.sandbox.identity_token(DEV).unwrap());
    world.sandbox.set_flaw(None);
    let said = world.sign("app").ends(2);
    assert!(said.err.contains("[certificate-authority-refuses]"), "{said:?}");
    assert!(!said.err.contains(&world.shell.read("token")), "{said:?}");
    assert!(!world.shell.names().contains(&"app.sigstore.json".to_owned()));
}

#[test]
fn a_wrong_answer_of_a_service_leaves_nothing_behind() {
    for (flaw, code) in [
        (Flaw::CertificateOfAnotherKey, "certificate-other-key"),
        (Flaw::NoSct, "certificate-without-sct"),
        (Flaw::UntrustedChain, "certificate-untrusted"),
        (Flaw::ProofOfAnotherEntry, "log-unproved"),
        (Flaw::TimestampOfAnotherNonce, "timestamp-nonce"),
        (Flaw::TimestampOfAnotherImprint, "timestamp-imprint"),
        (Flaw::TimestampRejected, "timestamp-not-granted"),
    ] {
        let world = World::new();
        world.sandbox.set_flaw(flaw);
        let said = world.sign("app").ends(2);
        assert!(said.err.contains(&format!("[{code}]")) && said.err.contains("hint: "), "{flaw:?}: {said:?}");
        assert!(!world.shell.names().contains(&"app.sigstore.json".to_owned()), "{flaw:?}");
    }
}

#[test]
fn a_clock_that_is_wrong_is_named() {
    let world = World::new();
    for (seconds, code) in [(7200, "identity-token-not-yet"), (250, "clock-skew")] {
        world.sandbox.set_skew(seconds);
        world.shell.write("token", world.sandbox.identity_token(DEV).unwrap());
        let said = world.sign("app").ends(2);
        assert!(said.err.contains(code) && said.err.contains("clock"), "{said:?}");
    }
}

#[test]
fn what_says_that_it_is_logged_has_to_be() {
    let world = World::new();
    world.sign("app").ends(0);
    world.fails_at("/api/v2/log/entries", Fault::InternalError);
    world.sign("app --timeout 6s --log-later --bundle unlogged.json").ends(0);
    world.sandbox.clear_faults();
    let read = |name| serde_json::from_str::<serde_json::Value>(&world.shell.read(name)).unwrap();
    let (logged, mut forged) = (read("app.sigstore.json"), read("unlogged.json"));
    let entries = "/verificationMaterial/tlogEntries";
    forged["verificationMaterial"]["tlogEntries"] = logged.pointer(entries).unwrap().clone();
    world.shell.write("forged.json", forged.to_string());
    world.shell.run(&format!("log app --bundle forged.json {SERVICES}")).fails(2, "bundle-unproved");
    world.shell.write("other", "other");
    world.shell.run(&format!("log other --bundle app.sigstore.json {SERVICES}")).fails(2, "bundle-unproved");
    let said = world.shell.run(&format!("log app --bundle unlogged.json {SERVICES}")).ends(0);
    assert!(said.out.starts_with("logged     app@sha256:"), "{said:?}");
    // A managed key's can be told by its key alone.
    world.shell.run(&format!("sign app --key bulla.key --log {SERVICES} --bundle key.json")).ends(0);
    world.shell.run(&format!("log app --bundle key.json {SERVICES}")).fails(2, "bundle-not-loggable");
    let said = world.shell.run(&format!("log app --bundle key.json --key bulla.pub {SERVICES}")).ends(0);
    assert!(said.out.starts_with("unchanged  app@sha256:"), "{said:?}");
}

#[test]
fn with_a_root_of_ones_own_the_public_services_are_not_asked() {
    let world = World::new();
    for line in ["sign app --identity-token token", "sign app --key bulla.key --log", "log app --bundle app"] {
        let said = world.shell.run(&format!("{line} --trusted-root root.json"));
        said.fails(2, "services-of-another-instance").hints("--signing-config FILE");
    }
    // The public instance's own root in a file is as good as built in: what is wrong with the token is what is said.
    world.shell.write("public.json", bulla_verify::TrustedRoot::PUBLIC_GOOD);
    world.shell.write("token", "no token");
    world.shell.run("sign app --identity-token token --trusted-root public.json").fails(2, "identity-token-malformed");
}

#[test]
fn a_root_that_is_named_is_the_one_that_is_examined() {
    let world = World::new();
    let examined = |line: &str| {
        let mut command = world.shell.command(line);
        world.shell.said(command.env("BULLA_TRUSTED_ROOT", "root.json").output().unwrap()).out
    };
    let own = examined("trust doctor --offline");
    assert!(own.contains(world.sandbox.url()) && !own.contains("trouble"), "{own}");
    let github = examined("trust doctor github --offline");
    assert!(github.contains("github") && !github.contains(world.sandbox.url()), "{github}");
}

#[test]
fn a_key_may_have_witnesses_too() {
    let world = World::new();
    world.shell.run(&format!("sign app --key bulla.key --log --timestamp {SERVICES}")).ends(0);
    let said = world.shell.run("verify app --key bulla.pub --trusted-root root.json").ends(0);
    for line in ["signer     key sha256:", "signed at  20", "log entry  "] {
        assert!(said.out.contains(line), "{said:?}");
    }
    world.shell.run(&format!("sign app --log {SERVICES}")).fails(2, "usage");
}

#[test]
fn a_certificate_is_had_for_keys_of_every_kind() {
    let world = World::new();
    for algorithm in ["ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "ed25519", "rsa"] {
        world.shell.write(algorithm, algorithm);
        world.sign(&format!("{algorithm} --signing-algorithm {algorithm}")).ends(0);
        world.verify(algorithm).ends(0);
        let attest = format!("attest {algorithm} --provenance --signing-algorithm {algorithm} --bundle {algorithm}.p");
        world.shell.run(&format!("{attest} {AS_DEV} {SERVICES}")).ends(0);
        world.verify(&format!("{algorithm} --bundle {algorithm}.p --type slsaprovenance1")).ends(0);
    }
}

#[test]
fn a_certificate_is_had_for_a_key_of_ones_own() {
    let world = World::new();
    let with_key = format!("sign app --key bulla.key {AS_DEV} {SERVICES}");
    world.shell.run(&with_key).fails(2, "usage").hints("--issue-certificate");
    let said = world.shell.run(&format!("{with_key} --issue-certificate")).ends(0);
    assert!(said.out.contains(&format!("signer     {DEV}")), "{said:?}");
    world.verify("app").ends(0);
}

#[test]
fn a_process_that_is_killed_leaves_nothing_half_written() {
    let world = World::new();
    world.fails_at("/api/v2/log/entries", Fault::Slow(std::time::Duration::from_secs(5)));
    let mut child = world.shell.command(&format!("sign app {AS_DEV} {SERVICES}")).spawn().unwrap();
    let asked = || world.asked("/api/v2/signingCert") > 0;
    assert!((0..500).any(|_| asked() || {
        std::thread::sleep(std::time::Duration::from_millis(10));
        false
    }));
    child.kill().unwrap();
    child.wait().unwrap();
    world.sandbox.clear_faults();
    assert!(world.shell.names().iter().all(|name| !name.contains("sigstore.json")), "{:?}", world.shell.names());
    world.sign("app").ends(0);
    world.verify("app").ends(0);
}

#[test]
fn a_root_is_made_and_examined() {
    let world = World::new();
    let doctor = world.shell.run("trust doctor --trusted-root root.json").ends(0);
    assert_eq!(doctor.out.matches("fine  ").count(), 5, "{doctor:?}");
    world.fails_at("/ct/v1/", Fault::InternalError);
    let doctor = world.shell.run("trust doctor --trusted-root root.json --timeout 2s").ends(2);
    assert!(doctor.err.contains("[services-in-trouble]"), "{doctor:?}");
    assert!(doctor.out.contains("trouble    certificate log"), "{doctor:?}");
    world.shell.run("trust create").fails(2, "draft-empty");
    world.shell.run("trust create --rekor url=https://log.acme.dev,key=bulla.pub").fails(2, "usage").hints("from=TIME");
    let log = "url=https://log.acme.dev,key=bulla.pub,from=2026-01-01T00:00:00Z,origin=log.acme.dev";
    world.shell.run(&format!("trust create --rekor {log} --out made.json")).ends(0);
    world.shell.run(&format!("trust create --rekor {log} --out made.json")).fails(2, "file-exists");
    world.shell.write("other", "other");
    world.shell.run("verify other --key bulla.pub --trusted-root made.json").fails(1, "no-signature");
}

#[test]
fn what_a_local_build_says_of_itself_is_little() {
    let world = World::new();
    let said = world.shell.run(&format!("attest app --provenance {AS_DEV} {SERVICES} --bundle p.json")).ends(0);
    assert!(said.out.contains("predicate  https://slsa.dev/provenance/v1"), "{said:?}");
    let check = format!("verify app --bundle p.json --type slsaprovenance1 --trusted-root root.json --identity {DEV}");
    world.shell.run(&format!("{check} --issuer {}", world.sandbox.url())).ends(0);
    let bundle: serde_json::Value = serde_json::from_str(&world.shell.read("p.json")).unwrap();
    let payload = bundle.pointer("/dsseEnvelope/payload").unwrap().as_str().unwrap();
    let payload = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, payload).unwrap();
    assert!(String::from_utf8(payload).unwrap().contains("https://bulla.dev/buildtypes/local/v1"));
}

#[test]
fn a_proxy_is_asked_for_services_elsewhere_and_learns_no_token() {
    let world = World::new();
    let config = world.sandbox.signing_config().to_string().replace(world.sandbox.url(), "https://services.invalid");
    world.shell.write("config.json", config);
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let heard = std::thread::spawn(move || {
        let (stream, _) = proxy.accept().unwrap();
        let lines = std::io::BufRead::lines(std::io::BufReader::new(stream)).map_while(Result::ok);
        lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    });
    let mut command = world.shell.command(&format!("sign app {AS_DEV} {SERVICES} --timeout 3s"));
    let said = world.shell.said(command.env("HTTPS_PROXY", address).output().unwrap()).ends(2);
    assert!(said.err.contains("[certificate-authority-unavailable]"), "{said:?}");
    let heard = heard.join().unwrap();
    assert!(heard.starts_with("CONNECT services.invalid:443 HTTP/1.1"), "{heard}");
    assert!(!heard.contains(&world.shell.read("token")), "{heard}");
}

#[test]
fn where_nobody_can_log_in_nobody_is_waited_for() {
    let world = World::new();
    world.shell.run(&format!("sign app {SERVICES}")).fails(2, "no-identity").hints("--identity-token FILE");
    world.shell.run(&format!("sign app {AS_DEV} {SERVICES} --offline")).fails(2, "offline");
}

#[test]
fn how_long_it_took_is_told() {
    let world = World::new();
    let said = world.sign("app --timings").ends(0);
    for line in ["certificate authority http", "timestamp authority http", "log http", "the slowest necessary chain"] {
        assert!(said.err.contains(line), "{said:?}");
    }
}

#[cfg(unix)]
#[test]
fn what_git_is_asked_neither_sees_secrets_nor_starts_what_a_repository_names() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let git = |folder: &str, line: &str| {
        let mut git = std::process::Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@a.test", "-c", "protocol.file.allow=always"]);
        let output = git.args(line.split(' ')).current_dir(world.shell.path(folder)).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    std::fs::create_dir(world.shell.path("inner")).unwrap();
    for folder in [".", "inner"] {
        git(folder, "init -q");
        world.shell.write(&format!("{folder}/.gitattributes"), "*.txt filter=evil");
        world.shell.write(&format!("{folder}/a.txt"), "one");
        git(folder, "add .gitattributes a.txt");
        git(folder, "commit -qm first");
    }
    git(".", "submodule add -q ./inner deep");
    git(".", "add deep .gitmodules");
    git(".", "commit -qm second");
    // A program beside git's own, which writes down what it is given.
    std::fs::create_dir(world.shell.path("bin")).unwrap();
    let folders = std::env::var_os("PATH").unwrap();
    let real = std::env::split_paths(&folders).map(|folder| folder.join("git")).find(|path| path.is_file()).unwrap();
    let seen = world.shell.path("seen");
    let script = format!("#!/bin/sh\nenv >> '{}'\nexec '{}' \"$@\"\n", seen.display(), real.display());
    world.shell.write("bin/git", &script);
    std::fs::set_permissions(world.shell.path("bin/git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", world.shell.path("bin").display(), std::env::var("PATH").unwrap());
    for (nth, folder) in [".", "deep"].iter().enumerate() {
        let filter = format!("config filter.evil.clean touch${{IFS}}{}", world.shell.path("started").display());
        git(folder, &filter);
        // Of the same length, so that git has to read it.
        world.shell.write(&format!("{folder}/a.txt"), "two");
        let mut command = world.shell.command(&format!("attest app --provenance {SERVICES} --bundle p{nth}.json"));
        command.env("BULLA_IDENTITY_TOKEN", world.shell.read("token")).env("SIGSTORE_ID_TOKEN", "hush");
        command.env("BULLA_PASSWORD", "hush").env("COSIGN_PASSWORD", "hush").env("PATH", &path);
        command.env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "hush").env_remove("CI");
        world.shell.said(command.output().unwrap()).ends(0);
        assert!(!world.shell.names().contains(&"started".to_owned()), "{folder}: the repository's program was started");
        let seen = world.shell.read("seen");
        let token = world.shell.read("token");
        assert!(seen.contains("PATH=") && !seen.contains("hush") && !seen.contains(&token), "{folder}");
        git(folder, "config --unset filter.evil.clean");
    }
    // What is missing in a partial clone is fetched by a command that the repository names.
    let tree = git(".", "rev-parse HEAD^{tree}");
    std::fs::remove_file(world.shell.path(&format!(".git/objects/{}/{}", &tree[..2], &tree[2..]))).unwrap();
    world.shell.write("bin/evil", format!("#!/bin/sh\ntouch '{}'\n", world.shell.path("started").display()));
    std::fs::set_permissions(world.shell.path("bin/evil"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let address = format!("config remote.evil.url ext::{}", world.shell.path("bin/evil").display());
    for line in [
        "config core.repositoryformatversion 1",
        "config extensions.partialClone evil",
        "config remote.evil.promisor true",
        "config protocol.ext.allow always",
        &address,
    ] {
        git(".", line);
    }
    let mut command = world.shell.command(&format!("attest app --provenance {AS_DEV} {SERVICES} --bundle p2.json"));
    world.shell.said(command.env_remove("CI").output().unwrap()).ends(0);
    assert!(!world.shell.names().contains(&"started".to_owned()), "the repository's command was started");
}
