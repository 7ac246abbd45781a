//! Signing with the services of a Sigstore, seen from outside: the sandbox's, as they should be and as they should not.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod faults;
mod impostor;
mod later;
mod next;
mod witnesses;

use bulla_sandbox::{Sandbox, SandboxConfig};
use bulla_sign::{
    Error, IdentityToken, Signer, SigningConfig, SigningKey, Sigstore, Statement, Witnesses, oidc::SIGSTORE, statement,
};
use bulla_transport::Options;
use bulla_verify::{
    Artifact, Bundle, KeyAlgorithm, Need, Time, Trust, TrustedRoot, VerifiedBundle, VerifyError, VerifyingKey, verify,
};
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DEV: &str = "dev@sandbox.invalid";
const APP: &[u8] = b"app";
const ALL: [KeyAlgorithm; 5] = [
    KeyAlgorithm::EcdsaP256,
    KeyAlgorithm::EcdsaP384,
    KeyAlgorithm::EcdsaP521,
    KeyAlgorithm::Ed25519,
    KeyAlgorithm::Rsa,
];

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    Time::from_unix(i64::try_from(since.as_secs()).expect("a clock before the end of time"))
}

/// A sandbox, and what is known of it beforehand.
struct World {
    sandbox: Sandbox,
    config: Value,
    need: Need,
    deadline: Duration,
}

impl World {
    fn new() -> Self {
        let sandbox = Sandbox::start(SandboxConfig::default()).expect("a sandbox");
        let config = sandbox.signing_config();
        Self { sandbox, config, need: Need::sigstore(), deadline: Duration::from_secs(20) }
    }

    /// Whose log is of Rekor's first version.
    fn with_rekor_v1() -> Self {
        let mut world = Self::new();
        let logs = world.config.get_mut("rekorTlogUrls").and_then(Value::as_array_mut).expect("logs");
        logs.retain(|log| log.get("majorApiVersion").is_some_and(|version| version == 1));
        world
    }

    fn root(&self) -> TrustedRoot {
        TrustedRoot::parse(self.sandbox.trusted_root().to_string().as_bytes(), self.need).expect("a root")
    }

    fn sigstore(&self) -> Sigstore {
        let config = SigningConfig::parse(self.config.to_string().as_bytes()).expect("a configuration");
        let options = Options { deadline: self.deadline, ..Options::default() };
        Sigstore::new(&config, self.root(), &options, now()).expect("services")
    }

    fn token(&self) -> IdentityToken {
        let text = self.sandbox.identity_token(DEV).expect("a token");
        IdentityToken::parse(text.into(), SIGSTORE, now()).expect("a good token")
    }

    fn certified(&self, sigstore: &Sigstore, algorithm: KeyAlgorithm) -> Result<Signer, Error> {
        sigstore.certify(&self.token(), key(algorithm), now())
    }

    /// A signature over [`APP`] with a new certificate and every witness that is listed.
    fn signed(&self) -> Result<Vec<u8>, Error> {
        let sigstore = self.sigstore();
        let signer = self.certified(&sigstore, KeyAlgorithm::EcdsaP256)?;
        sigstore.sign_message(&signer, &Artifact::from_bytes(APP), sigstore.listed(), &now)
    }

    /// As a stranger would verify it, who was given nothing but the trusted root.
    fn verified(&self, bundle: &[u8], artifact: &Artifact<'_>) -> Result<VerifiedBundle, VerifyError> {
        verify(&Bundle::parse(bundle)?, artifact, &Trust::nobody().with_root(self.root()), now())
    }

    /// The same for a key that is known, whose signature has to be logged.
    fn verified_by(&self, key: &VerifyingKey, bundle: &[u8]) -> Result<VerifiedBundle, VerifyError> {
        let trust = Trust::nobody().with_key(key.clone()).with_logs_for_keys(1).with_root(self.root());
        verify(&Bundle::parse(bundle)?, &Artifact::from_bytes(APP), &trust, now())
    }

    /// How often this path was asked.
    fn asked(&self, path: &str) -> usize {
        self.sandbox.registry().requests().iter().filter(|request| request.path.contains(path)).count()
    }
}

fn key(algorithm: KeyAlgorithm) -> SigningKey {
    SigningKey::generate(algorithm).expect("a key")
}

fn image_signature() -> Statement {
    statement::image_signature(Artifact::from_bytes(APP).digest())
}

#[track_caller]
fn refused<T>(result: Result<T, Error>, code: &str) -> Error {
    match result {
        Err(error) => {
            assert_eq!(error.code(), code, "{error}");
            assert!(error.hint().is_some(), "{code} has no hint");
            error
        }
        Ok(_) => panic!("accepted, and not {code}"),
    }
}

const LOGGED_AND_STAMPED: Witnesses = Witnesses::Both;
