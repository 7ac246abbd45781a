//! An artifact, what is attached to it, and what a policy says of that.

use bulla_policy::{Children, Decision, Evidence, Name, Reason, Sources, Subject, TrustPolicy, decide, judge};
use bulla_sandbox::{Algorithm, Content, Generation, Sigstore};
use bulla_sign::{PredicateType, SigningKey, sign_message, sign_statement, statement};
use bulla_verify::{Artifact, Digest, Identity, KeyAlgorithm, Time, TrustedRoot};
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) const APP: &[u8] = b"app";

/// When it is, unless somebody says otherwise.
pub(crate) const NOW: i64 = 1_790_000_000;

/// What is there: `ALICE`, `BOB` and `CAROL` stand for keys, `DEV` for `dev@acme.dev`, whose instance of Sigstore is `acme`. `other`
/// is another instance.
pub(crate) struct Scene {
    keys: [SigningKey; 3],
    acme: Sigstore,
    files: BTreeMap<String, String>,
    bundles: Vec<(String, Vec<u8>)>,
    now: i64,
}

/// One of the keys.
#[derive(Clone, Copy)]
pub(crate) enum Key {
    Alice,
    Carol,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let key = |_| SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key");
        let instance = || Sigstore::new(&[Generation::V1], 1, Time::from_unix(NOW)).expect("a Sigstore");
        let (keys, acme, other) = ([(); 3].map(key), instance(), instance());
        let mut files = BTreeMap::new();
        for (name, key) in ["alice", "bob", "carol"].iter().zip(&keys) {
            files.insert(format!("{name}.pub"), key.verifying_key().to_pem());
        }
        files.insert("acme.json".to_owned(), acme.trusted_root().to_string());
        files.insert("other.json".to_owned(), other.trusted_root().to_string());
        Self { keys, acme, files, bundles: Vec::new(), now: NOW }
    }

    fn key(&self, key: Key) -> &SigningKey {
        let [alice, _, carol] = &self.keys;
        match key {
            Key::Alice => alice,
            Key::Carol => carol,
        }
    }

    pub(crate) fn at(self, now: i64) -> Self {
        Self { now, ..self }
    }

    pub(crate) fn with(mut self, bundle: Vec<u8>) -> Self {
        self.bundles.push((format!("bundle {}", self.bundles.len()), bundle));
        self
    }

    pub(crate) fn file(mut self, name: &str, text: String) -> Self {
        self.files.insert(name.to_owned(), text);
        self
    }

    pub(crate) fn signed(self, key: Key) -> Self {
        let bundle = sign_message(self.key(key), &Artifact::from_bytes(APP)).expect("signed");
        self.with(bundle)
    }

    pub(crate) fn attested(self, key: Key, predicate_type: &str, predicate: &Value) -> Self {
        let predicate_type = PredicateType::parse(predicate_type).expect("a type");
        let predicate = predicate.to_string();
        let statement = statement::attest(&Digest::of(APP), None, &predicate_type, predicate.as_bytes());
        let bundle = sign_statement(self.key(key), &statement.expect("a statement")).expect("signed");
        self.with(bundle)
    }

    /// Attested with a certificate of `acme`, whatever the predicate is.
    pub(crate) fn attested_as(mut self, identity: &Identity, predicate_type: &str, predicate: &str) -> Self {
        let digest = Digest::of(APP).to_hex();
        let statement = format!(
            "{{\"_type\": \"https://in-toto.io/Statement/v1\", \"subject\": [{{\"digest\": {{\"sha256\": \"{digest}\"}}}}], \
             \"predicateType\": \"{predicate_type}\", \"predicate\": {predicate}}}"
        );
        let bundle = self.acme.sign(Content::Statement(statement.as_bytes()), identity, Algorithm::EcdsaP256);
        self.with(bundle.expect("signed").to_string().into_bytes())
    }

    /// Signed with a certificate of `acme`.
    pub(crate) fn signed_as(mut self, identity: &Identity) -> Self {
        let bundle = self.acme.sign(Content::Artifact(APP), identity, Algorithm::EcdsaP256).expect("signed");
        self.with(bundle.to_string().into_bytes())
    }

    /// The decision about the file `app`, under rules that are enforced, and whatever else stands beside them.
    pub(crate) fn decision(&self, artifact: &Artifact<'_>, requirements: &[&str], besides: &str) -> Decision {
        let by = |text: &str| {
            let key = |text: String, (name, file): (&str, &str)| text.replace(name, &format!("{{ key: ./{file} }}"));
            let keys = [("ALICE", "alice.pub"), ("BOB", "bob.pub"), ("CAROL", "carol.pub")];
            let issuer = bulla_sandbox::OIDC_ISSUER;
            let text = keys.into_iter().fold(text.to_owned(), key).replace("ISSUER", issuer);
            text.replace("DEV", &format!("{{ email: {{ address: dev@acme.dev, issuer: \"{issuer}\", root: acme }} }}"))
        };
        let rules: String = requirements
            .iter()
            .enumerate()
            .map(|(at, require)| {
                format!("    - {{ name: r{at}, files: [ app ], mode: enforce, require: {} }}\n", by(require))
            })
            .collect();
        let besides = by(besides);
        // A root that nobody's identity names does not parse.
        let named = ["acme", "other"].into_iter().filter(|name| rules.contains(&format!("root: {name}")));
        let roots: String = named.map(|name| format!("    {name}: {{ trustedRoot: ./{name}.json }}\n")).collect();
        let roots = if roots.is_empty() { roots } else { format!("  roots:\n{roots}") };
        let text = format!(
            "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: p }}\nspec:\n  unmatched: deny\n{roots}  \
             rules:\n{rules}{besides}"
        );
        let policy = TrustPolicy::parse(&text, &Files(&self.files)).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let bundles = self.bundles.iter().map(|(name, bytes)| (name.clone(), bytes.as_slice()));
        judge(bundles, Name::File("app".to_owned()), artifact, &policy.into(), Time::from_unix(self.now))
    }

    /// The reason of that code, which the decision has to have.
    #[track_caller]
    pub(crate) fn gives(&self, code: &str, requirements: &[&str], besides: &str) -> Reason {
        self.gives_of(code, &Artifact::from_bytes(APP), requirements, besides)
    }

    /// The same of another artifact.
    #[track_caller]
    pub(crate) fn gives_of(&self, code: &str, artifact: &Artifact<'_>, requirements: &[&str], besides: &str) -> Reason {
        let reasons = self.decision(artifact, requirements, besides).reasons();
        let found = reasons.iter().find(|reason| reason.code == code).cloned();
        found.unwrap_or_else(|| panic!("expected {code}: {reasons:?}"))
    }
}

/// The reason of that code for an image that has to be signed by Alice in every image in it, and holds this.
#[track_caller]
pub(crate) fn gives_of_index(code: &str, children: Children) -> Reason {
    let files = Scene::new().files;
    let text = "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: { name: p }\nspec:\n  unmatched: deny\n  rules:\n    \
                - { name: r, images: [ registry.acme.dev/app ], mode: enforce, multiArch: children, require: { signed: { by: \
                { key: ./alice.pub } } } }\n";
    let policies = TrustPolicy::parse(text, &Files(&files)).expect("a policy").into();
    let subject = Subject { name: Name::Image("registry.acme.dev/app".to_owned()), digest: Digest::of(APP) };
    let evidence = Evidence { children, ..Evidence::default() };
    let reasons = decide(&policies, &subject, &evidence, Time::from_unix(NOW)).reasons();
    let found = reasons.iter().find(|reason| reason.code == code).cloned();
    found.unwrap_or_else(|| panic!("expected {code}: {reasons:?}"))
}

/// The files of the scene; roots are in the policy.
struct Files<'s>(&'s BTreeMap<String, String>);

impl Sources for Files<'_> {
    fn file(&self, path: &str) -> Result<String, String> {
        self.0.get(path.trim_start_matches("./")).cloned().ok_or_else(|| "it is not there".to_owned())
    }

    fn root(&self, name: &str) -> Result<Option<TrustedRoot>, String> {
        bulla_policy::Embedded.root(name)
    }
}
