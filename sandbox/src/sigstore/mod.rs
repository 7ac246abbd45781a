//! A Sigstore in memory, without a socket: certificate authority, certificate log, transparency logs, timestamp authorities.

pub(crate) mod certificate;
pub(crate) mod der;
mod flaw;
pub(crate) mod holder;
pub(crate) mod key;
pub(crate) mod log;
pub(crate) mod pem;
pub(crate) mod principal;
pub(crate) mod reader;
pub(crate) mod sct;
pub(crate) mod timestamp;
pub(crate) mod tree;

pub use flaw::Flaw;
pub use key::{Algorithm, Key};
pub use log::Generation;
pub use principal::Principal;

use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{BUNDLE_V0_3, HashAlgorithm, Identity, Time, dsse};
use certificate::{Authority, Purpose};
use log::Log;
use serde_json::{Map, Value, json};
use std::io::Result;
use timestamp::TimestampAuthority;

/// A Sigstore whose keys live as long as it does: real certificates, entries and timestamps that nobody believes but who is
/// given [`Sigstore::trusted_root`].
pub struct Sigstore {
    authority: Authority,
    certificate_log: Key,
    logs: Vec<Log>,
    timestamp_authorities: Vec<TimestampAuthority>,
    flaw: Option<Flaw>,
    /// When it was set up.
    since: Time,
    now: Time,
}

/// What is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// The artifact itself.
    Artifact(&'a [u8]),
    /// An in-toto statement, in a DSSE envelope.
    Statement(&'a [u8]),
}

impl Content<'_> {
    /// What the signature is over.
    fn message(&self) -> Vec<u8> {
        match self {
            Self::Artifact(artifact) => artifact.to_vec(),
            Self::Statement(statement) => dsse::pae(dsse::IN_TOTO, statement),
        }
    }

    /// The field of a bundle that holds it, and what stands there.
    fn signed(&self, hash: HashAlgorithm, signature: &[u8]) -> (&'static str, Value) {
        let signature = STANDARD.encode(signature);
        match self {
            Self::Artifact(artifact) => {
                let digest =
                    json!({ "algorithm": protobuf_name(hash), "digest": STANDARD.encode(hash.hash(artifact)) });
                ("messageSignature", json!({ "messageDigest": digest, "signature": signature }))
            }
            Self::Statement(statement) => {
                let payload = STANDARD.encode(statement);
                let signatures = json!([{ "sig": signature }]);
                let envelope = json!({ "payload": payload, "payloadType": dsse::IN_TOTO, "signatures": signatures });
                ("dsseEnvelope", envelope)
            }
        }
    }
}

/// The issuer whom every certificate names.
pub const OIDC_ISSUER: &str = "https://oidc.sandbox.invalid";

impl Sigstore {
    /// With one transparency log for each of `logs`, and as many timestamp authorities. Everything happens at `now`.
    ///
    /// # Errors
    /// None but from a cryptographic library without random numbers.
    pub fn new(logs: &[Generation], timestamp_authorities: usize, now: Time) -> Result<Self> {
        Self::of(None, logs, timestamp_authorities, now)
    }

    /// The same, whose authorities have this flaw.
    ///
    /// # Errors
    /// None but from a cryptographic library without random numbers.
    pub fn flawed(flaw: Flaw, logs: &[Generation], timestamp_authorities: usize, now: Time) -> Result<Self> {
        Self::of(Some(flaw), logs, timestamp_authorities, now)
    }

    fn of(flaw: Option<Flaw>, logs: &[Generation], timestamp_authorities: usize, now: Time) -> Result<Self> {
        let [issuer, root] = [Key::generate(Algorithm::EcdsaP384)?, Key::generate(Algorithm::EcdsaP384)?];
        let log =
            |(at, generation): (usize, &Generation)| Log::new(*generation, format!("log{at}.sandbox.invalid"), flaw);
        let tsa = |at: usize| TimestampAuthority::new(&format!("sandbox timestamps {at}"), flaw, now);
        Ok(Self {
            authority: Authority::new("sandbox", issuer, &root, Purpose::CodeSigning, flaw, now)?,
            certificate_log: Key::generate(Algorithm::EcdsaP256)?,
            logs: logs.iter().enumerate().map(log).collect::<Result<_>>()?,
            timestamp_authorities: (0..timestamp_authorities).map(tsa).collect::<Result<_>>()?,
            flaw,
            since: now,
            now,
        })
    }

    /// Whatever happens from here on happens at `now`.
    pub fn set_time(&mut self, now: Time) {
        self.now = now;
    }

    /// `trusted_root.json` (`sigstore_trustroot.proto`) of everything here.
    pub fn trusted_root(&self) -> Value {
        let valid = json!({ "start": Time::from_unix(self.since.unix() - 3600).to_string() });
        let key = |spki: &[u8]| json!({ "rawBytes": STANDARD.encode(spki), "validFor": valid });
        let log = |origin: &str, spki: &[u8], id: &[u8]| {
            json!({
                "baseUrl": format!("https://{origin}"), "hashAlgorithm": "SHA2_256",
                "publicKey": key(spki), "logId": { "keyId": STANDARD.encode(id) },
            })
        };
        let authority = |uri: String, chain: &[Vec<u8>]| {
            let certificates: Vec<_> = chain.iter().map(|der| json!({ "rawBytes": STANDARD.encode(der) })).collect();
            json!({ "uri": uri, "certChain": { "certificates": certificates }, "validFor": valid })
        };
        let timestamping =
            |(at, tsa): (usize, &TimestampAuthority)| authority(format!("https://tsa{at}.sandbox.invalid"), &tsa.chain);
        let certificate_log = &self.certificate_log;
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": self.logs.iter().map(|it| log(&it.origin, it.spki(), &it.id())).collect::<Vec<_>>(),
            "certificateAuthorities": [authority("https://ca.sandbox.invalid".to_owned(), &self.authority.chain)],
            "ctlogs": [log("ct.sandbox.invalid", certificate_log.spki(), &certificate_log.id())],
            "timestampAuthorities": self.timestamp_authorities.iter().enumerate().map(timestamping).collect::<Vec<_>>(),
        })
    }

    /// A bundle v0.3 by `identity`, whom [`OIDC_ISSUER`] vouches for: certificate, an entry in every log, a timestamp of
    /// every authority.
    ///
    /// # Errors
    /// None but from a cryptographic library without random numbers.
    pub fn sign(&mut self, content: Content<'_>, identity: &Identity, algorithm: Algorithm) -> Result<Value> {
        self.sign_as(&Principal::new(identity.clone()), content, algorithm)
    }

    /// The same by somebody of whom the certificate says more.
    ///
    /// # Errors
    /// None but from a cryptographic library without random numbers.
    pub fn sign_as(&mut self, principal: &Principal, content: Content<'_>, algorithm: Algorithm) -> Result<Value> {
        let key = Key::generate(algorithm)?;
        let certificate = self.authority.issue(&key, principal, &self.certificate_log, self.now)?;
        let signed = Signed::by(&key, content, Verifier::Certificate(certificate))?;
        let logged = self.logged(&signed, &key, Some(principal))?;
        self.witness(&signed, &logged, &key)
    }

    /// The same by a key that needs no certificate.
    ///
    /// # Errors
    /// None but from a cryptographic library without random numbers.
    pub fn sign_with(&mut self, key: &Key, content: Content<'_>) -> Result<Value> {
        let signed = Signed::by(key, content, Verifier::Key(key.spki().to_vec()))?;
        let logged = self.logged(&signed, key, None)?;
        self.witness(&signed, &logged, key)
    }

    /// The bundle of what was signed, once everybody here has seen it; the logs are told of `logged`.
    fn witness(&mut self, signed: &Signed<'_>, logged: &Signed<'_>, key: &Key) -> Result<Value> {
        let stamp = |tsa: &TimestampAuthority| {
            let token = STANDARD.encode(tsa.stamp(&signed.signature, self.now)?);
            Ok(json!({ "signedTimestamp": token }))
        };
        let timestamps = self.timestamp_authorities.iter().map(stamp).collect::<Result<Vec<_>>>()?;
        let mut entries = Vec::new();
        for log in &mut self.logs {
            let (kind, mut body) = logged.entry(log.generation, key.algorithm().hash());
            spoil(&mut body, self.flaw);
            entries.push(log.append(kind, &body, self.now)?);
        }
        let witnesses = [
            ("tlogEntries", json!(entries)),
            ("timestampVerificationData", json!({ "rfc3161Timestamps": timestamps })),
        ];
        Ok(signed.bundle(key.algorithm().hash(), witnesses))
    }

    /// What the logs are told: what was signed.
    fn logged<'a>(&mut self, signed: &Signed<'a>, key: &Key, principal: Option<&Principal>) -> Result<Signed<'a>> {
        let mut logged = signed.clone();
        match (self.flaw, principal) {
            (Some(Flaw::EntryOfAnotherSignature), _) => logged.signature = key.sign(&signed.message)?,
            (Some(Flaw::EntryOfAnotherArtifact), _) => {
                logged.message = b"another".to_vec();
                logged.content = match signed.content {
                    Content::Artifact(_) => Content::Artifact(b"another"),
                    Content::Statement(_) => Content::Statement(b"another"),
                };
            }
            (Some(Flaw::EntryOfAnotherCertificate), Some(principal)) => {
                let another = self.authority.issue(key, principal, &self.certificate_log, self.now)?;
                logged.verifier = Verifier::Certificate(another);
            }
            // A bare key has no certificate of its own: somebody else's stands there.
            (Some(Flaw::EntryOfAnotherCertificate), None) => {
                let (stranger, dev) = (Key::generate(key.algorithm())?, "dev@sandbox.invalid".to_owned());
                let principal = Principal::new(Identity::Email(dev));
                let another = self.authority.issue(&stranger, &principal, &self.certificate_log, self.now)?;
                logged.verifier = Verifier::Certificate(another);
            }
            (Some(Flaw::EntryOfAnotherKey), _) => {
                logged.verifier = Verifier::Key(Key::generate(key.algorithm())?.spki().to_vec());
            }
            _ => {}
        }
        Ok(logged)
    }
}

/// A document that a log would not have taken.
fn spoil(body: &mut Value, flaw: Option<Flaw>) {
    if let (Some(Flaw::EntryOfAnotherKind), Some(version)) = (flaw, body.pointer_mut("/apiVersion")) {
        *version = json!("0.0.9");
    }
    let signatures = body.pointer_mut("/spec/signatures").and_then(Value::as_array_mut);
    if let (Some(Flaw::EntryOfTwoSignatures), Some(signatures)) = (flaw, signatures) {
        signatures.extend(signatures.clone());
    }
}

#[derive(Clone)]
struct Signed<'a> {
    content: Content<'a>,
    /// What the signature is over.
    message: Vec<u8>,
    signature: Vec<u8>,
    verifier: Verifier,
}

/// What verifies a signature, DER.
#[derive(Clone)]
enum Verifier {
    Certificate(Vec<u8>),
    /// A SubjectPublicKeyInfo.
    Key(Vec<u8>),
}

impl Verifier {
    /// The field of a bundle's verification material, and what stands there.
    fn material(&self) -> (&'static str, Value) {
        match self {
            Self::Certificate(der) => ("certificate", json!({ "rawBytes": STANDARD.encode(der) })),
            Self::Key(spki) => {
                let hint = STANDARD.encode(HashAlgorithm::Sha256.hash(spki).as_bytes());
                ("publicKey", json!({ "hint": hint }))
            }
        }
    }
}

impl Key {
    /// A bundle v0.3 of this key alone: without a certificate, a log's entry or a timestamp.
    ///
    /// # Errors
    /// None but from a cryptographic library without random numbers.
    pub fn bundle(&self, content: Content<'_>) -> Result<Value> {
        let signed = Signed::by(self, content, Verifier::Key(self.spki().to_vec()))?;
        Ok(signed.bundle(self.algorithm().hash(), []))
    }
}

impl<'a> Signed<'a> {
    fn by(key: &Key, content: Content<'a>, verifier: Verifier) -> Result<Self> {
        let message = content.message();
        let signature = key.sign(&message)?;
        Ok(Self { content, message, signature, verifier })
    }

    /// With what verifies it, and who vouches for it besides.
    fn bundle<const N: usize>(&self, hash: HashAlgorithm, witnesses: [(&'static str, Value); N]) -> Value {
        let (field, content) = self.content.signed(hash, &self.signature);
        let (verifier, verifies) = self.verifier.material();
        let material = [(verifier, verifies)].into_iter().chain(witnesses);
        let material: Map<_, _> = material.map(|(name, value)| (name.to_owned(), value)).collect();
        json!({ "mediaType": BUNDLE_V0_3, "verificationMaterial": material, field: content })
    }

    /// The kind and the body of the entry that a log of this generation takes.
    fn entry(&self, generation: Generation, hash: HashAlgorithm) -> (&'static str, Value) {
        let signature = STANDARD.encode(&self.signature);
        match (generation, self.content) {
            (Generation::V1, Content::Artifact(artifact)) => {
                let hash = json!({ "algorithm": hash.to_string(), "value": hex(hash.hash(artifact).as_bytes()) });
                let signature = json!({ "content": signature, "publicKey": { "content": self.pem() } });
                let spec = json!({ "data": { "hash": hash }, "signature": signature });
                ("hashedrekord", body("hashedrekord", "0.0.1", &spec))
            }
            (Generation::V1, Content::Statement(statement)) => {
                let hash =
                    json!({ "algorithm": "sha256", "value": hex(HashAlgorithm::Sha256.hash(statement).as_bytes()) });
                let signatures = json!([{ "signature": signature, "verifier": self.pem() }]);
                let spec = json!({ "envelopeHash": hash, "payloadHash": hash, "signatures": signatures });
                ("dsse", body("dsse", "0.0.1", &spec))
            }
            (Generation::V2, _) => {
                let digest = STANDARD.encode(hash.hash(&self.message));
                let (field, der) = match &self.verifier {
                    Verifier::Certificate(der) => ("x509Certificate", der),
                    Verifier::Key(spki) => ("publicKey", spki),
                };
                let verifier = json!({ "keyDetails": "PKIX", field: { "rawBytes": STANDARD.encode(der) } });
                let spec = json!({ "hashedRekordV002": {
                    "data": { "algorithm": protobuf_name(hash), "digest": digest },
                    "signature": { "content": signature, "verifier": verifier },
                } });
                ("hashedrekord", body("hashedrekord", "0.0.2", &spec))
            }
        }
    }

    /// Base64 of the PEM of what verifies it, as Rekor v1 keeps it.
    fn pem(&self) -> String {
        let (label, der) = match &self.verifier {
            Verifier::Certificate(der) => ("CERTIFICATE", der),
            Verifier::Key(spki) => ("PUBLIC KEY", spki),
        };
        STANDARD.encode(format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der)))
    }
}

fn body(kind: &str, version: &str, spec: &Value) -> Value {
    json!({ "apiVersion": version, "kind": kind, "spec": spec })
}

/// Lowercase, as Rekor v1 writes hashes and ids.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `sigstore_common.proto`, `HashAlgorithm`.
pub(crate) fn protobuf_name(hash: HashAlgorithm) -> &'static str {
    match hash {
        HashAlgorithm::Sha256 => "SHA2_256",
        HashAlgorithm::Sha384 => "SHA2_384",
        HashAlgorithm::Sha512 => "SHA2_512",
    }
}
