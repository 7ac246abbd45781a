//! The JSON of a bundle v0.3 as cosign writes it: protobuf's names in protobuf's order, without white space.

use crate::{Error, Statement, rekor::LogEntry};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{
    Artifact, BUNDLE_V0_3, Digest, HashAlgorithm, HashValue, IssuedCertificate, KeyAlgorithm, VerifyingKey, dsse,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A signature, whose it is, and what it is over: all that a bundle says but for its witnesses.
#[derive(Debug)]
pub(crate) struct Signed<'a> {
    pub(crate) by: By<'a>,
    pub(crate) over: Over<'a>,
    pub(crate) signature: Vec<u8>,
}

/// Whose hand.
#[derive(Debug, Clone, Copy)]
pub(crate) enum By<'a> {
    Key(&'a VerifyingKey),
    Certificate(&'a IssuedCertificate),
}

/// What was signed.
#[derive(Debug, Clone)]
pub(crate) enum Over<'a> {
    /// The artifact, by this hash; or by its bytes, and this is the hash that the bundle names.
    Artifact(HashValue),
    /// A statement's JSON, in an envelope.
    Payload(Cow<'a, [u8]>),
}

/// Who else saw the signature.
#[derive(Debug, Clone, Default)]
pub(crate) struct Witnessed {
    pub(crate) entries: Vec<LogEntry>,
    /// TimeStampResp (RFC 3161, 2.4.2).
    pub(crate) timestamps: Vec<Vec<u8>>,
}

impl By<'_> {
    pub(crate) fn key(&self) -> &VerifyingKey {
        match self {
            Self::Key(key) => key,
            Self::Certificate(certificate) => certificate.key(),
        }
    }
}

impl<'a> Over<'a> {
    pub(crate) fn artifact(artifact: &Artifact<'_>, algorithm: HashAlgorithm) -> Result<Self, Error> {
        artifact.hash(algorithm).map(Self::Artifact).ok_or(Error::HashNotAtHand { algorithm })
    }

    pub(crate) fn statement(statement: &'a Statement) -> Self {
        Self::Payload(Cow::Borrowed(statement.payload()))
    }
}

impl Signed<'_> {
    /// The hash of what the signature is over, as its key hashes it.
    pub(crate) fn hash(&self) -> HashValue {
        match &self.over {
            Over::Artifact(hash) => *hash,
            Over::Payload(payload) => self.by.key().algorithm().hash().hash(&dsse::pae(dsse::IN_TOTO, payload)),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Bundle {
    media_type: String,
    verification_material: Material,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_signature: Option<MessageSignature>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dsse_envelope: Option<Envelope>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Material {
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<PublicKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<RawBytes>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tlog_entries: Vec<LogEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp_verification_data: Option<Timestamps>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublicKey {
    #[serde(default)]
    hint: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawBytes {
    raw_bytes: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Timestamps {
    #[serde(default, rename = "rfc3161Timestamps")]
    timestamps: Vec<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Timestamp {
    signed_timestamp: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MessageSignature {
    message_digest: MessageDigest,
    signature: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageDigest {
    algorithm: String,
    digest: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Envelope {
    payload: String,
    payload_type: String,
    signatures: [Signature; 1],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    sig: String,
}

/// The bundle of a signature and its witnesses.
pub(crate) fn write(signed: &Signed<'_>, witnessed: Witnessed) -> Result<Vec<u8>, Error> {
    let (message_signature, dsse_envelope) = match &signed.over {
        Over::Artifact(hash) => {
            let (algorithm, digest) = (name(hash.algorithm()).to_owned(), STANDARD.encode(hash));
            let message_digest = MessageDigest { algorithm, digest };
            (Some(MessageSignature { message_digest, signature: STANDARD.encode(&signed.signature) }), None)
        }
        Over::Payload(payload) => (None, Some(envelope(payload, &signed.signature))),
    };
    let verification_material = Material::new(signed.by, witnessed);
    let media_type = BUNDLE_V0_3.to_owned();
    Bundle { media_type, verification_material, message_signature, dsse_envelope }.to_json()
}

/// The envelope alone, as Rekor v1 takes it.
pub(crate) fn envelope(payload: &[u8], signature: &[u8]) -> Envelope {
    let signatures = [Signature { sig: STANDARD.encode(signature) }];
    Envelope { payload: STANDARD.encode(payload), payload_type: dsse::IN_TOTO.to_owned(), signatures }
}

impl Material {
    fn new(by: By<'_>, witnessed: Witnessed) -> Self {
        let (public_key, certificate) = match by {
            By::Key(key) => (Some(PublicKey { hint: hint(key.id()) }), None),
            By::Certificate(certificate) => (None, Some(RawBytes { raw_bytes: STANDARD.encode(certificate.der()) })),
        };
        let timestamp = |response: &Vec<u8>| Timestamp { signed_timestamp: STANDARD.encode(response) };
        let timestamps: Vec<_> = witnessed.timestamps.iter().map(timestamp).collect();
        let timestamp_verification_data = Some(Timestamps { timestamps }).filter(|it| !it.timestamps.is_empty());
        Self { public_key, certificate, tlog_entries: witnessed.entries, timestamp_verification_data }
    }
}

impl Bundle {
    /// Reads a bundle v0.3 that has no log entry yet, strictly: what is not known here would be lost.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse_unlogged(bytes: &[u8]) -> Result<Self, String> {
        let bundle: Self = bulla_verify::json::from_slice(bytes).map_err(|error| bulla_verify::json::reason(&error))?;
        if bundle.media_type != BUNDLE_V0_3 {
            return Err("it is not of version 0.3".to_owned());
        }
        if !bundle.verification_material.tlog_entries.is_empty() {
            return Err("it is logged already".to_owned());
        }
        Ok(bundle)
    }

    /// What was signed, by whom; the signer's key and certificate are the caller's to know.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn signed<'a>(&self, by: By<'a>) -> Result<Signed<'a>, String> {
        let bytes = |text: &str| STANDARD.decode(text).map_err(|_| "a field is not base64".to_owned());
        match (&self.message_signature, &self.dsse_envelope) {
            (Some(message), None) => {
                let algorithm = algorithm(&message.message_digest.algorithm).ok_or("its hash is of an unknown kind")?;
                let hash = bytes(&message.message_digest.digest)?;
                let hash = HashValue::from_bytes(algorithm, &hash).ok_or("its hash is of another length")?;
                Ok(Signed { by, over: Over::Artifact(hash), signature: bytes(&message.signature)? })
            }
            (None, Some(envelope)) => {
                let [signature] = &envelope.signatures;
                let over = Over::Payload(Cow::Owned(bytes(&envelope.payload)?));
                Ok(Signed { by, over, signature: bytes(&signature.sig)? })
            }
            _ => Err("it holds neither a message's signature nor an envelope, or both".to_owned()),
        }
    }

    pub(crate) fn timestamps(&self) -> usize {
        self.verification_material.timestamp_verification_data.as_ref().map_or(0, |data| data.timestamps.len())
    }

    /// With these log entries from now on.
    pub(crate) fn set_entries(&mut self, entries: Vec<LogEntry>) {
        self.verification_material.tlog_entries = entries;
    }

    pub(crate) fn to_json(&self) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(self).map_err(|_| Error::Unwritable)
    }
}

/// Which key: base64 of its id, as cosign writes it (sigstore-go, `sign/keys.go`).
fn hint(id: Digest) -> String {
    STANDARD.encode(id.as_bytes())
}

/// The digest that the bundle names where nothing but the bundle is told. Pure Ed25519 signs none, but cosign refuses a
/// bundle that names none.
pub(crate) fn digest_of(algorithm: KeyAlgorithm) -> HashAlgorithm {
    match algorithm {
        KeyAlgorithm::Ed25519 => HashAlgorithm::Sha256,
        KeyAlgorithm::EcdsaP256
        | KeyAlgorithm::EcdsaP384
        | KeyAlgorithm::EcdsaP521
        | KeyAlgorithm::Rsa
        | KeyAlgorithm::RsaPss => algorithm.hash(),
    }
}

/// `sigstore_common.proto`, `HashAlgorithm`.
fn name(algorithm: HashAlgorithm) -> &'static str {
    match algorithm {
        HashAlgorithm::Sha256 => "SHA2_256",
        HashAlgorithm::Sha384 => "SHA2_384",
        HashAlgorithm::Sha512 => "SHA2_512",
    }
}

fn algorithm(text: &str) -> Option<HashAlgorithm> {
    [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512].into_iter().find(|it| name(*it) == text)
}
