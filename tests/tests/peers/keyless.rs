//! Signing without a key: everybody signs, everybody verifies, against real servers and against the sandbox alone.

use crate::{Peers, SLSA, Said, run};
use bulla_tests::push_image;
use bulla_transport::{Options, Place, bundles, open};
use bulla_verify::Digest;
use std::{
    env, fs,
    path::PathBuf,
    process::Command,
    sync::{PoisonError, RwLock},
};

/// A Sigstore that is running, and its folder.
struct Instance {
    name: &'static str,
    folder: PathBuf,
    issuer: String,
}

/// Held by who needs every server to stay; written to by who kills them, since others than we do not wait for them.
static STEADY: RwLock<()> = RwLock::new(());

const IDENTITY: &str = "dev@sandbox.invalid";

impl Instance {
    /// Of real servers, and the sandbox.
    fn both() -> [Self; 2] {
        [("real", "BULLA_SIGSTORE"), ("sandbox", "BULLA_SANDBOX")].map(|(name, variable)| {
            let folder = PathBuf::from(env::var(variable).expect(variable));
            let config = fs::read(folder.join("signing_config.json")).expect("a signing configuration");
            let config: serde_json::Value = serde_json::from_slice(&config).expect("JSON");
            let issuer = config.pointer("/oidcUrls/0/url").and_then(serde_json::Value::as_str).expect("an issuer");
            Self { name, issuer: issuer.to_owned(), folder }
        })
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn token(&self) -> String {
        fs::read_to_string(self.folder.join("identity-token")).expect("a token").trim().to_owned()
    }
}

const SIGNERS: [&str; 3] = ["bulla", "cosign", "sigstore-python"];
const VERIFIERS: [&str; 4] = ["bulla", "cosign", "sigstore-go", "sigstore-python"];

impl Peers {
    fn sign_as(&self, signer: &str, at: &Instance, file: &str, bundle: &str) -> Said {
        let (root, config) = (at.file("trusted_root.json"), at.file("signing_config.json"));
        let (token, token_file) = (at.token(), at.file("identity-token"));
        let files = ["--trusted-root", &root, "--signing-config", &config, "--bundle", bundle];
        // What cosign takes as an argument itself are tokens signed with RSA alone.
        match signer {
            "bulla" => self.bulla(&[&["sign", file, "--identity-token", &token_file], &files[..]].concat()),
            "cosign" => {
                self.cosign(&[&["sign-blob", file, "--yes", "--identity-token", &token_file], &files[..]].concat())
            }
            _ => self.python(at, &["sign", "--identity-token", &token, "--bundle", bundle, "--overwrite", file]),
        }
    }

    fn verify_as(&self, verifier: &str, at: &Instance, file: &str, bundle: &str) -> Said {
        let root = at.file("trusted_root.json");
        let by_cosigns_names = ["--certificate-identity", IDENTITY, "--certificate-oidc-issuer", &at.issuer];
        match verifier {
            "bulla" => {
                let by = ["--identity", IDENTITY, "--issuer", &at.issuer];
                self.bulla(&[&["verify", file, "--bundle", bundle, "--trusted-root", &root], &by[..]].concat())
            }
            "cosign" => {
                let more = ["--bundle", bundle, "--trusted-root", &root, "--use-signed-timestamps"];
                self.cosign(&[&["verify-blob", file], &more[..], &by_cosigns_names].concat())
            }
            "sigstore-go" => {
                let digest = Digest::of(&fs::read(self.path(file)).expect("a file")).to_hex();
                let mut go = Command::new(env::var("BULLA_SIGSTORE_GO").expect("sigstore-go"));
                run(&mut go, self.folder.path(), &[&root, bundle, &digest, "1"])
            }
            _ => {
                let by = ["--cert-identity", IDENTITY, "--cert-oidc-issuer", &at.issuer];
                self.python(at, &[&["verify", "identity", "--bundle", bundle], &by[..], &[file]].concat())
            }
        }
    }

    /// Writes the one bundle that is attached to an image, and says the image's digest.
    fn only_bundle_of(&self, image: &str, file: &str) -> Digest {
        let place = Place::parse(image).expect("a place");
        let store = open(&place, &Options::default()).expect("a registry");
        let digest = *place.digest().expect("a digest");
        let fetched = bundles::fetch(store.as_ref(), &digest).expect("bundles");
        let [found] = fetched.found.as_slice() else { panic!("one bundle") };
        fs::write(self.path(file), &found.bytes).expect("a file");
        digest
    }

    fn python(&self, at: &Instance, arguments: &[&str]) -> Said {
        let mut python = Command::new(env::var("BULLA_SIGSTORE_PYTHON").expect("sigstore-python"));
        python.env("HOME", self.folder.path());
        let config = at.file("client_trust_config.json");
        run(&mut python, self.folder.path(), &[&["--trust-config", &config], arguments].concat())
    }
}

#[test]
fn everybody_signs_a_file_and_everybody_verifies_it() {
    let Some(peers) = Peers::running() else { return };
    let _steady = STEADY.read().unwrap_or_else(PoisonError::into_inner);
    let (mut accepted, mut refused) = (0, 0);
    for at in Instance::both() {
        for signer in SIGNERS {
            let [file, changed, bundle] = ["", "-changed", ".json"].map(|end| format!("{}-{signer}{end}", at.name));
            fs::write(peers.path(&file), &file).expect("a file");
            fs::write(peers.path(&changed), "another").expect("a file");
            peers.sign_as(signer, &at, &file, &bundle).succeeds();
            for verifier in VERIFIERS {
                println!("{}: {signer} signs, {verifier} verifies", at.name);
                peers.verify_as(verifier, &at, &file, &bundle).succeeds();
                accepted += 1;
                assert_ne!(
                    peers.verify_as(verifier, &at, &changed, &bundle).code,
                    0,
                    "{verifier} accepts another file"
                );
                refused += 1;
            }
        }
    }
    println!("keyless files: {accepted} accepted, {refused} refused");
}

/// What is in an envelope: an attestation of a file, and the signature of an image, which is a statement about its digest.
#[test]
fn what_we_state_of_a_file_and_of_an_image_everybody_verifies() {
    let Some(peers) = Peers::running() else { return };
    let _steady = STEADY.read().unwrap_or_else(PoisonError::into_inner);
    peers.provenance();
    let mut accepted = 0;
    for at in Instance::both() {
        let (root, config, token) =
            (at.file("trusted_root.json"), at.file("signing_config.json"), at.file("identity-token"));
        let hand = ["--identity-token", &token, "--trusted-root", &root, "--signing-config", &config];
        let [file, bundle] = ["", ".json"].map(|end| format!("{}-attested{end}", at.name));
        fs::write(peers.path(&file), &file).expect("a file");
        let typed = ["--type", "slsaprovenance1", "--predicate", "provenance.json", "--bundle", &bundle];
        peers.bulla(&[&["attest", &file], &hand[..], &typed].concat()).succeeds();
        let by = ["--certificate-identity", IDENTITY, "--certificate-oidc-issuer", &at.issuer, "--trusted-root", &root];
        let typed = ["--type", "slsaprovenance1", "--bundle", &bundle, "--use-signed-timestamps"];
        peers.cosign(&[&["verify-blob-attestation", &file], &by[..], &typed].concat()).succeeds();
        for verifier in ["sigstore-go", "sigstore-python"] {
            peers.verify_as(verifier, &at, &file, &bundle).succeeds();
            fs::write(peers.path("another"), "another").expect("a file");
            assert_ne!(peers.verify_as(verifier, &at, "another", &bundle).code, 0, "{verifier}");
        }
        let [registry, _] = &peers.registries;
        let image = peers.image(registry, &format!("keyless-{}-everybody", at.name));
        peers.bulla(&[&["sign", &image], &hand[..]].concat()).succeeds();
        peers.bulla(&[&["verify", &image], &by[..]].concat()).succeeds();
        let theirs_to_say = ["--use-signed-timestamps", "--allow-http-registry"];
        peers.cosign(&[&["verify", &image], &by[..], &theirs_to_say].concat()).succeeds();
        // The others ask no registry.
        let digest = peers.only_bundle_of(&image, "image.json");
        let other = Digest::of(b"another");
        let go = |digest: &Digest| {
            let mut go = Command::new(env::var("BULLA_SIGSTORE_GO").expect("sigstore-go"));
            run(&mut go, peers.folder.path(), &[&root, "image.json", &digest.to_hex(), "1"])
        };
        let by = ["--cert-identity", IDENTITY, "--cert-oidc-issuer", &at.issuer, "--bundle", "image.json"];
        let python =
            |digest: &Digest| peers.python(&at, &[&["verify", "identity"], &by[..], &[&digest.to_string()]].concat());
        go(&digest).succeeds();
        python(&digest).succeeds();
        assert_ne!(go(&other).code, 0, "sigstore-go accepts another image");
        python(&other).refuses("subject");
        accepted += 7;
    }
    println!("keyless statements: {accepted} accepted");
}

#[test]
fn what_one_instance_signs_is_nothing_to_another() {
    let Some(peers) = Peers::running() else { return };
    let _steady = STEADY.read().unwrap_or_else(PoisonError::into_inner);
    let [real, sandbox] = Instance::both();
    fs::write(peers.path("app"), "app").expect("a file");
    peers.sign_as("bulla", &real, "app", "real.json").succeeds();
    peers.verify_as("bulla", &sandbox, "app", "real.json").fails(1, "error:");
    let nobody = ["--identity", "nobody@sandbox.invalid", "--issuer", &real.issuer];
    let root = real.file("trusted_root.json");
    let ask = ["verify", "app", "--bundle", "real.json", "--trusted-root", &root];
    peers.bulla(&[&ask[..], &nobody].concat()).fails(1, "[signer-mismatch]");
    let elsewhere = ["--identity", IDENTITY, "--issuer", "https://elsewhere.invalid"];
    peers.bulla(&[&ask[..], &elsewhere].concat()).fails(1, "[signer-mismatch]");
}

#[test]
fn images_and_attestations_go_both_ways() {
    let Some(peers) = Peers::running() else { return };
    let _steady = STEADY.read().unwrap_or_else(PoisonError::into_inner);
    peers.provenance();
    for at in Instance::both() {
        for registry in &peers.registries {
            let [ours, theirs] =
                ["ours", "theirs"].map(|whose| peers.image(registry, &format!("keyless-{}-{whose}", at.name)));
            let (root, config) = (at.file("trusted_root.json"), at.file("signing_config.json"));
            let token = at.file("identity-token");
            let services = ["--trusted-root", root.as_str(), "--signing-config", &config];
            let typed = ["--type", "slsaprovenance1", "--predicate", "provenance.json"];

            let hand = [&["--identity-token", &token], &services[..]].concat();
            peers.bulla(&[&["sign", &ours], &hand[..]].concat()).succeeds();
            peers.bulla(&[&["attest", &ours], &hand[..], &typed].concat()).succeeds();
            let hand = [&["--identity-token", &token, "--yes", "--allow-http-registry"], &services[..]].concat();
            peers.cosign(&[&["sign", &theirs], &hand[..]].concat()).succeeds();
            peers.cosign(&[&["attest", &theirs], &hand[..], &typed].concat()).succeeds();

            let by =
                ["--certificate-identity", IDENTITY, "--certificate-oidc-issuer", &at.issuer, "--trusted-root", &root];
            let theirs_to_say = ["--use-signed-timestamps", "--allow-http-registry"];
            for image in [&ours, &theirs] {
                peers.bulla(&[&["verify", image], &by[..]].concat()).succeeds();
                peers.bulla(&[&["verify", image, "--type", SLSA], &by[..]].concat()).succeeds();
                peers.cosign(&[&["verify", image], &by[..], &theirs_to_say].concat()).succeeds();
                let attested = ["verify-attestation", "--type", "slsaprovenance1", image];
                peers.cosign(&[&attested[..], &by, &theirs_to_say].concat()).succeeds();
            }
            let unsigned = peers.image(registry, &format!("keyless-{}-unsigned", at.name));
            peers.bulla(&[&["verify", &unsigned], &by[..]].concat()).fails(1, "[no-signature]");
        }
    }
}

#[test]
fn no_restart_loses_or_doubles_a_signature() {
    let Some(peers) = Peers::running() else { return };
    let _steady = STEADY.write().unwrap_or_else(PoisonError::into_inner);
    let [real, _] = Instance::both();
    let [registry, _] = &peers.registries;
    let place = Place::parse(&format!("{registry}/restart:1")).expect("a place");
    let store = open(&place, &Options::default()).expect("a registry");
    let pushed = (0..100).map(|number| push_image(store.as_ref(), &format!("image {number}"), &number.to_string()));
    let images: Vec<String> = pushed.map(|image| format!("{registry}/restart@{}", image.digest)).collect();
    let targets: Vec<&str> = images.iter().map(String::as_str).collect();
    let (root, config) = (real.file("trusted_root.json"), real.file("signing_config.json"));
    let token = real.file("identity-token");
    let hand = ["--identity-token", &token, "--trusted-root", &root, "--signing-config", &config];
    let script = bulla_tests::root().join("tests/peers/sigstore");
    std::thread::scope(|scope| {
        let signing = scope.spawn(|| peers.bulla(&[&["sign"], &targets[..], &hand].concat()));
        for server in ["fulcio", "rekor", "tsa"] {
            std::thread::sleep(std::time::Duration::from_millis(400));
            let folder = real.folder.display().to_string();
            run(&mut Command::new(&script), peers.folder.path(), &["restart", &folder, server]).succeeds();
        }
        signing.join().expect("signed").succeeds();
    });
    let by = ["--identity", IDENTITY, "--issuer", &real.issuer, "--trusted-root", &root];
    for image in targets {
        peers.bulla(&[&["verify", image], &by[..]].concat()).succeeds();
        let seen = peers.bulla(&["inspect", image, "--output", "json"]);
        let seen: serde_json::Value = serde_json::from_str(seen.succeeds()).expect("JSON");
        let attached = seen.pointer("/result/subjects/0/attached").and_then(serde_json::Value::as_array);
        assert_eq!(attached.map(Vec::len), Some(1), "{image}");
    }
}
