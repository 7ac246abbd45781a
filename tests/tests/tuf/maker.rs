//! A TUF repository that signs whatever it is told to, right or wrong. It shares no code with the client: its canonical JSON
//! and its signatures are its own, and `python.rs` holds both against the reference implementation.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PSS_SHA256, RsaKeyPair,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_transport::tuf::{Fetch, Kind};
use bulla_transport::{Error, Options, Service};
use bulla_verify::{Digest, HashAlgorithm, Time};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// When the tests take place.
pub(crate) const NOW: i64 = 1_790_000_000;
pub(crate) const DAY: i64 = 24 * 60 * 60;
pub(crate) const ALL: [&str; 4] = ["root", "targets", "snapshot", "timestamp"];

#[derive(Clone)]
pub(crate) struct Signer {
    key: Arc<Key>,
    /// As metadata writes it; its name is the hash of this.
    pub(crate) public: Value,
}

enum Key {
    Ed25519(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Signer {
    pub(crate) fn new(scheme: &str) -> Self {
        let (key, keytype, public) = match scheme {
            "ed25519" => {
                let pair = Ed25519KeyPair::generate().expect("a key");
                let public = hex(pair.public_key().as_ref());
                (Key::Ed25519(pair), "ed25519", public)
            }
            "ecdsa-sha2-nistp256" => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
                let der = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).expect("DER");
                let public = pem(der.as_ref());
                (Key::Ecdsa(pair), "ecdsa", public)
            }
            _ => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
                let der = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).expect("DER");
                let public = pem(der.as_ref());
                (Key::Rsa(pair), "rsa", public)
            }
        };
        let public = json!({ "keytype": keytype, "scheme": scheme, "keyval": { "public": public } });
        Self { key: Arc::new(key), public }
    }

    pub(crate) fn id(&self) -> String {
        Digest::of(&canonical(&self.public)).to_hex()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> String {
        let random = SystemRandom::new();
        match &*self.key {
            Key::Ed25519(pair) => hex(pair.sign(message).as_ref()),
            Key::Ecdsa(pair) => hex(pair.sign(&random, message).expect("a signature").as_ref()),
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PSS_SHA256, &random, message, &mut signature).expect("a signature");
                hex(&signature)
            }
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pem(der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> =
        (0..base64.len()).step_by(64).filter_map(|at| base64.get(at..base64.len().min(at + 64))).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

/// OLPC's canonical JSON.
pub(crate) fn canonical(value: &Value) -> Vec<u8> {
    fn text(text: &str) -> String {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }
    fn all(value: &Value) -> String {
        match value {
            Value::String(value) => text(value),
            Value::Array(items) => format!("[{}]", items.iter().map(all).collect::<Vec<_>>().join(",")),
            Value::Object(entries) => {
                let sorted: BTreeMap<_, _> = entries.iter().collect();
                let entries: Vec<_> =
                    sorted.iter().map(|(key, value)| format!("{}:{}", text(key), all(value))).collect();
                format!("{{{}}}", entries.join(","))
            }
            other => other.to_string(),
        }
    }
    all(value).into_bytes()
}

pub(crate) fn time(unix: i64) -> Value {
    Time::from_unix(unix).to_string().into()
}

/// Everything that a repository serves, and what it was asked for.
pub(crate) struct Repo {
    /// The next version of each role, unsigned.
    pub(crate) signed: BTreeMap<String, Value>,
    pub(crate) signers: BTreeMap<String, Vec<Signer>>,
    /// What is served: version 1 first.
    pub(crate) published: BTreeMap<String, Vec<Vec<u8>>>,
    pub(crate) artifacts: BTreeMap<String, Vec<u8>>,
    /// Whether lengths and hashes of metadata are given.
    pub(crate) hashes: bool,
    /// What was asked for: metadata, and files.
    pub(crate) asked: Mutex<Vec<String>>,
    pub(crate) asked_files: Mutex<Vec<String>>,
}

impl Repo {
    pub(crate) fn new() -> Self {
        let header = |kind: &str| json!({ "_type": kind, "spec_version": "1.0.31", "version": 1, "expires": time(NOW + 30 * DAY) });
        let mut repo = Self {
            signed: ALL.iter().map(|role| ((*role).to_owned(), header(role))).collect(),
            signers: BTreeMap::new(),
            published: BTreeMap::new(),
            artifacts: BTreeMap::new(),
            hashes: false,
            asked: Mutex::default(),
            asked_files: Mutex::default(),
        };
        let roles: Map<_, _> =
            ALL.iter().map(|role| ((*role).to_owned(), json!({ "keyids": [], "threshold": 1 }))).collect();
        repo.role("root")["consistent_snapshot"] = true.into();
        repo.role("root")["keys"] = json!({});
        repo.role("root")["roles"] = roles.into();
        repo.role("timestamp")["meta"] = json!({ "snapshot.json": { "version": 1 } });
        repo.role("snapshot")["meta"] = json!({ "targets.json": { "version": 1 } });
        repo.role("targets")["targets"] = json!({});
        for role in ALL {
            repo.add_key(role, Signer::new("ed25519"));
        }
        repo.publish(&ALL);
        repo
    }

    /// The unsigned metadata of a role, to change.
    pub(crate) fn role(&mut self, role: &str) -> &mut Value {
        self.signed.get_mut(role).expect("a role")
    }

    pub(crate) fn expires(&mut self, role: &str, day: i64) {
        self.role(role)["expires"] = time(NOW + day * DAY);
    }

    /// Lets a key sign for a top-level role, and has the root say so.
    pub(crate) fn add_key(&mut self, role: &str, signer: Signer) {
        self.allow_key(role, &signer);
        self.signers.entry(role.to_owned()).or_default().push(signer);
    }

    pub(crate) fn allow_key(&mut self, role: &str, signer: &Signer) {
        let root = self.role("root");
        root["keys"][signer.id()] = signer.public.clone();
        root["roles"][role]["keyids"].as_array_mut().expect("a list").push(signer.id().into());
    }

    /// Takes away a role's keys.
    pub(crate) fn drop_keys(&mut self, role: &str) {
        self.role("root")["roles"][role]["keyids"] = json!([]);
        self.signers.insert(role.to_owned(), Vec::new());
    }

    pub(crate) fn rotate(&mut self, role: &str) {
        self.drop_keys(role);
        self.add_key(role, Signer::new("ed25519"));
    }

    pub(crate) fn threshold(&mut self, role: &str, threshold: u64) {
        self.role("root")["roles"][role]["threshold"] = threshold.into();
    }

    /// Another role, with a key of its own, to which `delegator` delegates.
    pub(crate) fn delegate(&mut self, delegator: &str, role: &str, paths: &[&str], terminating: bool) {
        let signer = Signer::new("ed25519");
        let expires = time(NOW + 30 * DAY);
        let empty =
            json!({ "_type": "targets", "spec_version": "1.0.31", "version": 1, "expires": expires, "targets": {} });
        self.signed.entry(role.to_owned()).or_insert(empty);
        let delegations = &mut self.role(delegator)["delegations"];
        if delegations.is_null() {
            *delegations = json!({ "keys": {}, "roles": [] });
        }
        delegations["keys"][signer.id()] = signer.public.clone();
        let one = json!({ "name": role, "keyids": [signer.id()], "threshold": 1, "terminating": terminating, "paths": paths });
        delegations["roles"].as_array_mut().expect("a list").push(one);
        self.signers.entry(role.to_owned()).or_default().push(signer);
    }

    pub(crate) fn add_file(&mut self, role: &str, path: &str, content: &[u8]) {
        self.add_file_with(role, path, content, &[("sha256", HashAlgorithm::Sha256)]);
    }

    pub(crate) fn add_file_with(&mut self, role: &str, path: &str, content: &[u8], hashes: &[(&str, HashAlgorithm)]) {
        let hashes: Map<_, _> =
            hashes.iter().map(|(name, algorithm)| ((*name).to_owned(), digest(*algorithm, content).into())).collect();
        self.role(role)["targets"][path] = json!({ "length": content.len(), "hashes": hashes });
        self.artifacts.insert(path.to_owned(), content.to_vec());
    }

    /// Signs and serves a next version of each of these roles; a role that is not served yet, in the version that it has.
    pub(crate) fn publish(&mut self, roles: &[&str]) {
        for role in roles {
            if self.published.contains_key(*role) {
                let version = self.role(role)["version"].as_u64().expect("a version");
                self.role(role)["version"] = (version + 1).into();
            }
            let signed = self.signed[*role].clone();
            let bytes = self.sign(role, &signed);
            self.tell(role, signed["version"].as_u64().expect("a version"), &bytes);
            self.published.entry((*role).to_owned()).or_default().push(bytes);
        }
    }

    /// Takes back what was served, so that the next version is `version`.
    pub(crate) fn restart(&mut self, role: &str, version: u64) {
        self.published.remove(role);
        self.role(role)["version"] = version.into();
    }

    pub(crate) fn sign(&self, role: &str, signed: &Value) -> Vec<u8> {
        let message = canonical(signed);
        let signatures: Vec<_> = self.signers[role]
            .iter()
            .map(|signer| json!({ "keyid": signer.id(), "sig": signer.sign(&message) }))
            .collect();
        serde_json::to_vec_pretty(&json!({ "signatures": signatures, "signed": signed })).expect("JSON")
    }

    /// Has the snapshot, or the timestamp, name a new version.
    fn tell(&mut self, role: &str, version: u64, bytes: &[u8]) {
        let by = match role {
            "root" | "timestamp" => return,
            "snapshot" => "timestamp",
            _ => "snapshot",
        };
        let mut meta = json!({ "version": version });
        if self.hashes {
            meta["length"] = bytes.len().into();
            meta["hashes"] = json!({ "sha256": digest(HashAlgorithm::Sha256, bytes), "sha512": digest(HashAlgorithm::Sha512, bytes) });
        }
        self.role(by)["meta"][format!("{role}.json")] = meta;
    }

    /// Changes what was published last, and signs nothing.
    pub(crate) fn tamper(&mut self, role: &str, change: impl FnOnce(&mut Value)) {
        let bytes = self.published.get_mut(role).and_then(|all| all.last_mut()).expect("published");
        let mut value: Value = serde_json::from_slice(bytes).expect("JSON");
        change(&mut value);
        *bytes = value.to_string().into_bytes();
    }

    pub(crate) fn last(&self, role: &str) -> &[u8] {
        self.published[role].last().expect("published")
    }

    /// Forgets what was asked for, and gives it.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().expect("a list"))
    }

    fn metadata(&self, path: &str) -> Option<&Vec<u8>> {
        let name = path.strip_suffix(".json")?;
        let (version, role) = name.split_once('.').map_or((None, name), |(version, role)| (version.parse().ok(), role));
        let role = self.published.keys().find(|published| quoted(published) == role)?;
        let versions = self.published.get(role)?;
        match version {
            Some(version) => versions.get(usize::checked_sub(version, 1)?),
            None => versions.last(),
        }
    }

    fn artifact(&self, path: &str) -> Option<&Vec<u8>> {
        let (folder, file) = path.rsplit_once('/').map_or(("", path), |(folder, file)| (folder, file));
        let (_, name) = file.split_once('.')?;
        self.artifacts.get(&if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") })
    }
}

impl Fetch for Repo {
    fn fetch(&self, kind: Kind, path: &str, limit: usize) -> Result<Option<Vec<u8>>, Error> {
        let (asked, found) = match kind {
            Kind::Metadata => (&self.asked, self.metadata(path)),
            Kind::Target => (&self.asked_files, self.artifact(path)),
        };
        asked.lock().expect("a list").push(path.to_owned());
        match found {
            Some(bytes) if bytes.len() > limit => {
                Err(Error::TooLarge { place: path.to_owned(), what: "the answer", limit })
            }
            found => Ok(found.cloned()),
        }
    }
}

/// No network.
pub(crate) struct Unplugged;

impl Fetch for Unplugged {
    fn fetch(&self, _: Kind, path: &str, _: usize) -> Result<Option<Vec<u8>>, Error> {
        Err(Service::new("http://127.0.0.1:1", &Options::default())?
            .get(&format!("/{path}"), &Default::default())
            .expect_err("nobody is there"))
    }
}

fn digest(algorithm: HashAlgorithm, bytes: &[u8]) -> String {
    hex(algorithm.hash(bytes).as_bytes())
}

/// As an address has it.
pub(crate) fn quoted(role: &str) -> String {
    role.replace('%', "%25").replace('/', "%2F").replace('?', "%3F").replace('#', "%23")
}
