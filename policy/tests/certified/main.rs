//! What is decided of signatures that a Sigstore of our own has certified, logged and timed.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod builders;
mod pipelines;
mod roots;
mod times;
mod together;

use bulla_policy::{Decision, Embedded, Name, TrustPolicy, Verdict, judge};
use bulla_sandbox::{Algorithm, Content, Generation, Key, Principal, Sigstore};
use bulla_verify::{Artifact, Digest, Time};
use serde_json::{Value, json};

pub(crate) const APP: &[u8] = b"app";
/// When everything is signed that is not said to be later.
pub(crate) const NOW: i64 = 1_790_000_000;

/// Two instances, and what was signed there.
pub(crate) struct Scene {
    pub(crate) acme: Sigstore,
    other: Sigstore,
    bundles: Vec<(String, Vec<u8>)>,
    now: i64,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let instance = || Sigstore::new(&[Generation::V2], 1, Time::from_unix(NOW)).expect("a Sigstore");
        Self { acme: instance(), other: instance(), bundles: Vec::new(), now: NOW }
    }

    /// What follows is signed so many seconds after [`NOW`].
    pub(crate) fn then(mut self, seconds: i64) -> Self {
        self.acme.set_time(Time::from_unix(NOW + seconds));
        self
    }

    /// Decided so many seconds after [`NOW`].
    pub(crate) fn later(self, seconds: i64) -> Self {
        Self { now: NOW + seconds, ..self }
    }

    fn bundle(mut self, bundle: &Value) -> Self {
        self.bundles.push((format!("bundle {}", self.bundles.len()), bundle.to_string().into_bytes()));
        self
    }

    pub(crate) fn with(mut self, principal: &Principal, content: Content<'_>) -> Self {
        let bundle = self.acme.sign_as(principal, content, Algorithm::EcdsaP256).expect("signed");
        self.bundle(&bundle)
    }

    /// By a key, logged and timed in the instance `acme`.
    pub(crate) fn with_key(mut self, key: &Key, content: Content<'_>) -> Self {
        let bundle = self.acme.sign_with(key, content).expect("signed");
        self.bundle(&bundle)
    }

    /// The same in the instance `other`.
    pub(crate) fn elsewhere(mut self, key: &Key, content: Content<'_>) -> Self {
        let bundle = self.other.sign_with(key, content).expect("signed");
        self.bundle(&bundle)
    }

    /// By a key that nobody vouches for any time of.
    pub(crate) fn untimed(self, key: &Key, content: Content<'_>) -> Self {
        let bundle = key.bundle(content).expect("signed");
        self.bundle(&bundle)
    }

    pub(crate) fn bundles(&self) -> impl Iterator<Item = (String, &[u8])> {
        self.bundles.iter().map(|(name, bytes)| (name.clone(), bytes.as_slice()))
    }

    /// One rule about `app` that is enforced, and what else stands in the policy.
    fn policy(&self, require: &str, besides: &str) -> TrustPolicy {
        // A root that nobody's identity names does not parse.
        let named = [("acme", &self.acme), ("other", &self.other)];
        let named = named.into_iter().filter(|(name, _)| require.contains(&format!("root: {name}")));
        let roots: String =
            named.map(|(name, root)| format!("    {name}: {{ trustedRoot: '{}' }}\n", root.trusted_root())).collect();
        let roots = if roots.is_empty() { roots } else { format!("  roots:\n{roots}") };
        let text = format!(
            "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: p }}\nspec:\n  unmatched: deny\n{roots}  rules:\n    \
             - name: r\n      files: [ app ]\n      mode: enforce\n      require: {require}\n{besides}"
        );
        TrustPolicy::parse(&text, &Embedded).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    pub(crate) fn decide(&self, require: &str, besides: &str) -> Decision {
        let name = Name::File("app".to_owned());
        let policies = self.policy(require, besides).into();
        judge(self.bundles(), name, &Artifact::from_bytes(APP), &policies, Time::from_unix(self.now))
    }

    #[track_caller]
    pub(crate) fn accepts(&self, require: &str) -> Decision {
        let decision = self.decide(require, "");
        assert_eq!(decision.verdict(), Verdict::Accepted, "{require}: {:?}", decision.reasons());
        decision
    }

    #[track_caller]
    pub(crate) fn refuses(&self, require: &str, code: &str, says: &str) {
        self.refuses_beside(require, "", code, says);
    }

    #[track_caller]
    pub(crate) fn refuses_beside(&self, require: &str, besides: &str, code: &str, says: &str) {
        let decision = self.decide(require, besides);
        let reasons = decision.reasons();
        assert_eq!(decision.verdict(), Verdict::Refused, "{require}: {reasons:?}");
        let first = reasons.first().expect("a refusal has reasons");
        assert_eq!(first.code, code, "{require}: {reasons:?}");
        assert!(first.message.contains(says), "{require}: {}", first.message);
    }
}

/// A statement about the artifact.
pub(crate) fn statement(predicate_type: &str, predicate: &Value) -> String {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "digest": { "sha256": Digest::of(APP).to_hex() } }],
        "predicateType": predicate_type,
        "predicate": predicate,
    });
    statement.to_string()
}

/// The key's PEM, in one line of YAML.
pub(crate) fn pem(key: &Key) -> String {
    key.verifying_key().to_pem().replace('\n', "\\n")
}
