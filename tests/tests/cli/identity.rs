//! Signing in somebody's name: a token, a certificate, a log and a time, of a sandbox.

use crate::shell::{Said, Shell};
use bulla_sandbox::{Fault, Flaw, Injection, Sandbox, SandboxConfig};
use serde_json::json;

const DEV: &str = "dev@sandbox.invalid";

/// A shell beside a sandbox: `app` is a file, and `root.json`, `config.json` and `token` are the sandbox's.
struct World {
    shell: Shell,
    sandbox: Sandbox,
}

/// Which services, and in whose name.
const SERVICES: &str = "--trusted-root root.json --signing-config config.json";
const AS_DEV: &str = "--identity-token token";

impl World {
    fn new() -> Self {
        let sandbox = Sandbox::start(SandboxConfig::default()).unwrap();
        let shell = Shell::new();
        shell.write("app", "bytes");
        shell.write("root.json", sandbox.trusted_root().to_string());
        shell.write("config.json", sandbox.signing_config().to_string());
        shell.write("token", sandbox.identity_token(DEV).unwrap());
        Self { shell, sandbox }
    }

    fn sign(&self, what: &str) -> Said {
        self.shell.run(&format!("sign {what} {AS_DEV} {SERVICES}"))
    }

    fn verify(&self, what: &str) -> Said {
        let issuer = self.sandbox.url();
        self.shell.run(&format!("verify {what} --identity {DEV} --issuer {issuer} --trusted-root root.json"))
    }

    /// How often a path was asked for.
    fn asked(&self, path: &str) -> usize {
        self.sandbox.registry().requests().iter().filter(|request| request.path.starts_with(path)).count()
    }

    fn fails_at(&self, path: &str, fault: Fault) {
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
fn an_outage_of_the_log_loses_nothing() {
    let world = World::new();
    world.fails_at("/api/v2/log/entries", Fault::InternalError);
    let said = world.sign("app --timeout 3s").ends(2);
    assert!(said.err.contains("[log-unavailable]") && said.err.contains("--log-later"), "{said:?}");
    assert!(!world.shell.names().contains(&"app.sigstore.json".to_owned()));

    let said = world.sign("app --timeout 6s --log-later").ends(0);
    assert!(said.out.contains("unlogged   no log could be reached: `bulla log app` completes it"), "{said:?}");
    // It never verifies as if it had been logged.
    world.verify("app").fails(1, "log-threshold");
    world.shell.run(&format!("log app {SERVICES} --timeout 3s")).ends(2);
    world.sandbox.clear_faults();
    let said = world.shell.run(&format!("log app {SERVICES}")).ends(0);
    assert!(said.out.starts_with("logged     app@sha256:"), "{said:?}");
    world.verify("app").ends(0);
    let said = world.shell.run(&format!("log app {SERVICES}")).ends(0);
    assert!(said.out.starts_with("unchanged  app@sha256:"), "{said:?}");
}

#[test]
fn what_is_beside_an_image_is_logged_later_too() {
    let world = World::new();
    world.shell.push_image("app", "1.4", "seed");
    world.fails_at("/api/v2/log/entries", Fault::InternalError);
    world.sign("REG/app:1.4 --timeout 6s --log-later").ends(0);
    world.verify("REG/app:1.4").fails(1, "log-threshold");
    world.sandbox.clear_faults();
    world.shell.run(&format!("log REG/app:1.4 {SERVICES}")).ends(0);
    world.verify("REG/app:1.4").ends(0);
    let again = world.shell.run(&format!("log REG/app:1.4 {SERVICES}")).ends(0);
    assert!(!again.out.contains("logged     "), "{again:?}");
    world.shell.push_image("unsigned", "1", "other");
    world.shell.run(&format!("log REG/unsigned:1 {SERVICES}")).fails(2, "nothing-to-log");
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
