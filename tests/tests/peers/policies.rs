//! Converted policies give the verdicts of the tools whose they were: their engines are asked about the same images, signed by
//! the same keys, in the form that they read and in ours.

use crate::{Peers, SLSA, Said, cosign_sign, run};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{
    fs,
    process::Command,
    sync::{Mutex, PoisonError},
};

/// What is on the registry: a name, and who has signed it.
const IMAGES: [(&str, &[&str]); 6] = [
    ("team/app", &["alice"]),
    ("team/bobs", &["bob"]),
    ("team/both", &["alice", "bob"]),
    ("team/none", &[]),
    ("team/sub/app", &["alice"]),
    ("other/app", &["alice"]),
];

/// Who signs these images, which have the same names for every test. cosign reads what is attached, adds to it and writes it back: of two
/// that do so at once, one is lost.
static SIGNING: Mutex<()> = Mutex::new(());

/// Each image by its digest, signed in both forms.
fn images(peers: &Peers, registry: &str) -> Vec<String> {
    let signed = IMAGES.iter().map(|(name, signers)| {
        let image = peers.image(registry, name);
        for signer in *signers {
            sign(peers, &image, &format!("{signer}.key"));
        }
        image
    });
    signed.collect()
}

fn keys(peers: &Peers) {
    for name in ["alice", "bob"] {
        peers.bulla(&["keygen", "--output-key-prefix", name]).succeeds();
    }
}

fn sign(peers: &Peers, image: &str, key: &str) {
    peers.bulla(&["sign", image, "--key", key]).succeeds();
    peers.cosign(&cosign_sign("sign", key, &["--new-bundle-format=false", image])).succeeds();
}

/// A public key, in PEM.
fn key(peers: &Peers, name: &str) -> String {
    fs::read_to_string(peers.path(&format!("{name}.pub"))).expect("a key")
}

/// What an engine says of each image.
fn asked(peers: &Peers, engine: &str, arguments: &[&str], images: &[String]) -> Vec<String> {
    let images = images.iter().map(String::as_str);
    let arguments: Vec<_> = arguments.iter().copied().chain(images.clone()).collect();
    let mut command = Command::new(std::env::var_os(engine).expect(engine));
    command.env("HOME", peers.folder.path());
    let said = run(&mut command, peers.folder.path(), &arguments);
    let verdicts: Vec<_> = said.succeeds().lines().filter(|line| is_verdict(line)).map(str::to_owned).collect();
    assert_eq!(verdicts.len(), images.count(), "{}", said.text);
    assert!(!verdicts.iter().any(|verdict| verdict.starts_with("failed")), "{verdicts:?}");
    verdicts
}

fn is_verdict(line: &str) -> bool {
    ["accepted", "refused: ", "failed: "].iter().any(|verdict| line.starts_with(verdict))
}

/// Converts the file; the policy is `trust.yaml`.
fn converted(peers: &Peers, file: &str, flags: &[&str]) -> Said {
    let said = peers.bulla(&[&["policy", "convert", file], flags].concat());
    let text = said.succeeds();
    let policy = text.find("# Converted from").and_then(|from| text.get(from..)).expect("a policy");
    let ends = policy.find("\nwarning: ").map_or(policy, |end| policy.get(..=end).unwrap_or_default());
    fs::write(peers.path("trust.yaml"), ends).expect("a file");
    said
}

/// Both say the same of every image; how many are accepted, and of how many.
fn agree(peers: &Peers, about: &str, theirs: &[String], images: &[String]) -> (usize, usize) {
    for (image, theirs) in images.iter().zip(theirs) {
        let ours = peers.bulla(&["verify", image, "--policy", "trust.yaml"]);
        let expected = if theirs == "accepted" { 0 } else { 1 };
        assert_eq!(ours.code, expected, "{about}\n{image}: theirs is {theirs}, ours is {}", ours.text);
    }
    (theirs.iter().filter(|verdict| *verdict == "accepted").count(), images.len())
}

#[test]
fn the_containers_policies_give_the_same_verdicts() {
    let Some(peers) = Peers::running() else { return };
    fs::create_dir(peers.path("registries.d")).expect("a folder");
    fs::write(peers.path("registries.d/all.yaml"), "default-docker: { use-sigstore-attachments: true }\n")
        .expect("a file");
    keys(&peers);
    for registry in &peers.registries {
        let _alone = SIGNING.lock().unwrap_or_else(PoisonError::into_inner);
        let images = images(&peers, registry);
        let encoded = |name: &str| STANDARD.encode(key(&peers, name));
        let by = |field: &str, keys: &str| {
            format!(
                "{{\"type\": \"sigstoreSigned\", \"{field}\": {keys}, \"signedIdentity\": {{\"type\": \"matchRepository\"}}}}"
            )
        };
        let one = |name: &str| by("keyData", &format!("\"{}\"", encoded(name)));
        let either = by("keyDatas", &format!("[\"{}\", \"{}\"]", encoded("alice"), encoded("bob")));
        let (alice, bob) = (one("alice"), one("bob"));
        let (reject, accept) = ("{\"type\": \"reject\"}", "{\"type\": \"insecureAcceptAnything\"}");
        let (team, wild) = (format!("{registry}/team"), "*.0.0.1".to_owned());
        let mut rows = (0, 0);
        for (default, scopes) in [
            (reject, vec![(&team, alice.clone())]),
            (reject, vec![(registry, format!("{alice}, {bob}"))]),
            (reject, vec![(registry, either.clone())]),
            (accept, vec![(&team, alice.clone())]),
            (alice.as_str(), vec![]),
            (reject, vec![(registry, reject.to_owned()), (&team, bob.clone())]),
            (reject, vec![(&team, format!("{alice}, {accept}"))]),
            (reject, vec![(&wild, alice.clone())]),
            (reject, vec![(registry, alice.clone()), (&team, format!("{alice}, {bob}"))]),
        ] {
            let scopes: Vec<_> = scopes.iter().map(|(scope, demands)| format!("\"{scope}\": [{demands}]")).collect();
            let text =
                format!("{{\"default\": [{default}], \"transports\": {{\"docker\": {{{}}}}}}}", scopes.join(", "));
            fs::write(peers.path("policy.json"), &text).expect("a file");
            let theirs = asked(&peers, "BULLA_CONTAINERS_POLICY", &["policy.json", "registries.d"], &images);
            converted(&peers, "policy.json", &["--any-signed-name"]);
            let (accepted, all) = agree(&peers, &text, &theirs, &images);
            rows = (rows.0 + accepted, rows.1 + all);
        }
        assert!(rows.0 > 0 && rows.0 < rows.1);
        println!("containers at {registry}: {} verdicts, the same; {} of them accept", rows.1, rows.0);
    }
}

/// The difference that has to be asked for: what was signed for one name counts there for no other.
#[test]
fn a_signature_for_another_name_counts_here_alone() {
    let Some(peers) = Peers::running() else { return };
    fs::create_dir(peers.path("registries.d")).expect("a folder");
    fs::write(peers.path("registries.d/all.yaml"), "default-docker: { use-sigstore-attachments: true }\n")
        .expect("a file");
    let [registry, _] = &peers.registries;
    keys(&peers);
    let image = peers.image(registry, "signed/here");
    sign(&peers, &image, "alice.key");
    let moved = image.replace("signed/here", "copied/there");
    let copy = format!("{registry}/copied/there:1");
    peers.cosign(&["copy", "--allow-http-registry", &image, &copy]).succeeds();
    peers.bulla(&["sign", &moved, "--key", "alice.key"]).succeeds();
    let text = format!(
        "{{\"default\": [{{\"type\": \"reject\"}}], \"transports\": {{\"docker\": {{\"{registry}\": [{{\"type\": \"sigstoreSigned\", \
         \"keyData\": \"{}\", \"signedIdentity\": {{\"type\": \"matchRepository\"}}}}]}}}}}}",
        STANDARD.encode(key(&peers, "alice"))
    );
    fs::write(peers.path("policy.json"), &text).expect("a file");
    let theirs =
        asked(&peers, "BULLA_CONTAINERS_POLICY", &["policy.json", "registries.d"], &[image.clone(), moved.clone()]);
    assert!(theirs.first().is_some_and(|verdict| verdict == "accepted"), "{theirs:?}");
    assert!(theirs.last().is_some_and(|verdict| verdict.contains("is not accepted")), "{theirs:?}");
    peers.bulla(&["policy", "convert", "policy.json"]).fails(2, "[signed-name]");
    let said = converted(&peers, "policy.json", &["--any-signed-name"]);
    assert!(said.text.contains("[signed-name]"), "{}", said.text);
    peers.bulla(&["verify", &moved, "--policy", "trust.yaml"]).succeeds();
}

#[test]
fn cluster_image_policies_give_the_same_verdicts() {
    let Some(peers) = Peers::running() else { return };
    peers.provenance();
    keys(&peers);
    for registry in &peers.registries {
        let _alone = SIGNING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut images = images(&peers, registry);
        let attested = peers.image(registry, "team/attested");
        let statement = ["--type", SLSA, "--predicate", "provenance.json", &attested];
        peers.bulla(&[&["attest", "--key", "alice.key"], &statement[..]].concat()).succeeds();
        peers
            .cosign(&cosign_sign("attest", "alice.key", &[&["--new-bundle-format=false"], &statement[..]].concat()))
            .succeeds();
        images.push(attested);
        let authority =
            |name: &str| format!("key: {{ data: {} }}", serde_json::to_string(&key(&peers, name)).expect("a text"));
        let (alice, bob) = (authority("alice"), authority("bob"));
        let policy = |name: &str, glob: &str, authorities: &[&str]| {
            let authorities: String = authorities.iter().map(|authority| format!("  - {{ {authority} }}\n")).collect();
            format!(
                "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {{ name: {name} }}\nspec:\n  \
                 images: [ {{ glob: \"{registry}/{glob}\" }} ]\n  authorities:\n{authorities}"
            )
        };
        let provenance = format!("{alice}, attestations: [ {{ name: built, predicateType: \"{SLSA}\" }} ]");
        let mut rows = (0, 0);
        for text in [
            policy("p", "team/*", &[&alice]),
            policy("p", "**", &[&alice]),
            policy("p", "team/**", &[&alice, &bob]),
            policy("p", "team/app@*", &[&alice]),
            policy("p", "**/app*", &[&alice]),
            policy("p", "team/b*", &[&bob]),
            format!("{}---\n{}", policy("p", "**", &[&alice]), policy("q", "team/both*", &[&bob])),
            policy("p", "**", &["static: { action: fail }", &alice]),
            policy("p", "**", &[&provenance]),
            policy("p", "**", &[&provenance, &bob]),
        ] {
            fs::write(peers.path("cip.yaml"), &text).expect("a file");
            let theirs = asked(&peers, "BULLA_POLICY_CONTROLLER", &["cip.yaml"], &images);
            converted(&peers, "cip.yaml", &[]);
            let (accepted, all) = agree(&peers, &text, &theirs, &images);
            rows = (rows.0 + accepted, rows.1 + all);
        }
        assert!(rows.0 > 0 && rows.0 < rows.1);
        println!("policy-controller at {registry}: {} verdicts, the same; {} of them accept", rows.1, rows.0);
    }
}

/// What refuses to be converted, and the one difference in which a verdict is another: both by what the engine says.
#[test]
fn a_glob_that_matches_nothing_is_refused_and_a_warning_is_stricter_here() {
    let Some(peers) = Peers::running() else { return };
    keys(&peers);
    let [registry, _] = &peers.registries;
    let image = peers.image(registry, "warned/app");
    sign(&peers, &image, "alice.key");
    let policy = |mode: &str, glob: &str, name: &str| {
        let key = serde_json::to_string(&key(&peers, name)).expect("a text");
        format!(
            "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {{ name: p }}\nspec:\n  mode: {mode}\n  \
             images: [ {{ glob: \"{registry}/{glob}\" }} ]\n  authorities: [ {{ key: {{ data: {key} }} }} ]\n"
        )
    };
    let theirs = |text: &str| {
        fs::write(peers.path("cip.yaml"), text).expect("a file");
        asked(&peers, "BULLA_POLICY_CONTROLLER", &["cip.yaml"], std::slice::from_ref(&image)).concat()
    };
    for glob in ["warned/app", "warned/app:*", "warned/app:1"] {
        let verdict = theirs(&policy("enforce", glob, "alice"));
        assert!(verdict.contains("is uncovered by policy"), "{glob}: {verdict}");
        peers.bulla(&["policy", "convert", "cip.yaml"]).fails(2, "[matches-nothing]");
    }
    assert_eq!(theirs(&policy("warn", "warned/*", "bob")), "accepted");
    assert!(converted(&peers, "cip.yaml", &[]).text.contains("[warn-under-deny]"));
    peers.bulla(&["verify", &image, "--policy", "trust.yaml"]).fails(1, "[unmatched]");
}
