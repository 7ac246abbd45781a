//! What a log entry says: one file per kind.

mod dsse;
mod hashedrekord;
mod intoto;
mod rekor_v2;

use crate::{
    HashAlgorithm, HashValue, VerifyError, encoding, envelope::Signed, error::shown, json, signer::VerifiedSigner,
};
use std::borrow::Cow;

/// Which kind of entry the bundle says that it is.
#[derive(Debug, Clone)]
pub(crate) enum EntryKind {
    HashedrekordV001,
    HashedrekordV002,
    DsseV001,
    DsseV002,
    IntotoV002,
    /// One that is not read: it refuses where its log is trusted, and counts for nothing elsewhere.
    Unknown {
        kind: String,
        version: String,
    },
}

impl EntryKind {
    pub(crate) fn parse(kind: &str, version: &str) -> Self {
        match (kind, version) {
            ("hashedrekord", "0.0.1") => Self::HashedrekordV001,
            ("hashedrekord", "0.0.2") => Self::HashedrekordV002,
            ("dsse", "0.0.1") => Self::DsseV001,
            ("dsse", "0.0.2") => Self::DsseV002,
            ("intoto", "0.0.2") => Self::IntotoV002,
            _ => Self::Unknown { kind: shown(kind), version: shown(version) },
        }
    }
}

/// What an entry of any kind that is read comes down to: this hand has signed that, and here is the signature.
///
/// What it holds in base64 is compared in base64, of which there is one spelling: nothing is decoded twice.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    generation: Generation,
    over: Over,
    /// In base64.
    signature: Cow<'a, str>,
    verifier: Verifier<'a>,
}

/// Which Rekor writes such entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    /// An entry has an index in its shard, which is proved, and one among all shards, which is promised.
    V1,
    /// An entry has one index.
    V2,
}

impl Generation {
    /// # Errors
    /// [`VerifyError::FieldMalformed`] if an entry that has one index has two.
    pub(super) fn same_index(self, of_entry: u64, of_proof: u64) -> Result<(), VerifyError> {
        if self == Self::V2 && of_entry != of_proof {
            let expected = "that of the inclusion proof, as Rekor v2 has no other";
            return Err(VerifyError::FieldMalformed { field: "tlogEntries[].logIndex", expected });
        }
        Ok(())
    }
}

/// A hash, and of what.
#[derive(Debug)]
enum Over {
    /// The artifact, where it is signed itself.
    Artifact(HashValue),
    /// Whatever the signature is over: the artifact, or an envelope's pre-authentication encoding.
    Message(HashValue),
    /// The payload of an envelope.
    Payload(HashValue),
}

/// Who the entry says has signed.
#[derive(Debug)]
enum Verifier<'a> {
    Certificate(Encoded<'a>),
    PublicKey(Encoded<'a>),
}

/// DER of a certificate, or of a SubjectPublicKeyInfo, as the log has it.
#[derive(Debug)]
enum Encoded<'a> {
    Base64(&'a str),
    /// One block with this label.
    Pem(&'static str, String),
}

impl<'a> Entry<'a> {
    /// Reads the body that the log holds; its kind and version have to be the bundle's.
    pub(super) fn parse(kind: &EntryKind, body: &'a [u8]) -> Result<Self, VerifyError> {
        match kind {
            EntryKind::HashedrekordV001 => hashedrekord::parse(body),
            EntryKind::HashedrekordV002 => rekor_v2::parse_hashedrekord(body),
            EntryKind::DsseV001 => dsse::parse(body),
            EntryKind::DsseV002 => rekor_v2::parse_dsse(body),
            EntryKind::IntotoV002 => intoto::parse(body),
            EntryKind::Unknown { kind, version } => {
                Err(VerifyError::UnsupportedLogEntry { kind: kind.clone(), version: version.clone() })
            }
        }
    }

    pub(super) fn generation(&self) -> Generation {
        self.generation
    }

    /// Whether the entry is about this signature, this signer and these bytes.
    pub(super) fn is_about(&self, signed: &Signed<'_>) -> Result<(), VerifyError> {
        let (what, same) = match &self.over {
            Over::Artifact(hash) => ("artifact", signed.artifact_hash(hash.algorithm())? == Some(*hash)),
            Over::Message(hash) => ("artifact", signed.message_hash(hash.algorithm())? == *hash),
            Over::Payload(hash) => {
                ("payload", signed.payload().is_some_and(|payload| hash.algorithm().hash(payload) == *hash))
            }
        };
        same_or(same, what)?;
        same_or(encoding::is_base64_of(&self.signature, signed.signature()), "signature")?;
        same_or(self.verifier.is(signed.signer()), "signer")
    }
}

impl Verifier<'_> {
    /// Rekor v1 writes base64 of a PEM block.
    fn from_base64_pem(base64: &str) -> Result<Self, VerifyError> {
        let text = encoding::from_base64(base64).and_then(|pem| String::from_utf8(pem).ok());
        match text {
            Some(text) if encoding::is_pem(CERTIFICATE, &text) => {
                Ok(Self::Certificate(Encoded::Pem(CERTIFICATE, text)))
            }
            Some(text) if encoding::is_pem(PUBLIC_KEY, &text) => Ok(Self::PublicKey(Encoded::Pem(PUBLIC_KEY, text))),
            _ => Err(malformed("its signer is not one PEM block")),
        }
    }

    /// A certificate has to be the signer's own, since another one for the same key may give it another name; otherwise
    /// the keys are compared.
    fn is(&self, signer: &VerifiedSigner) -> bool {
        match (self, signer) {
            (Self::Certificate(found), VerifiedSigner::Certificate { certificate }) => found.is(certificate.der()),
            (Self::Certificate(found), VerifiedSigner::Key { key }) => found
                .der()
                .is_some_and(|der| crate::signer::certificate_key(&der).is_some_and(|spki| spki == key.spki_der())),
            (Self::PublicKey(found), signer) => found.is(signer.key().spki_der()),
        }
    }
}

const CERTIFICATE: &str = "CERTIFICATE";
const PUBLIC_KEY: &str = "PUBLIC KEY";

impl Encoded<'_> {
    fn is(&self, der: &[u8]) -> bool {
        match self {
            Self::Base64(text) => encoding::is_base64_of(text, der),
            Self::Pem(label, text) => encoding::is_pem_of(label, text, der),
        }
    }

    fn der(&self) -> Option<Vec<u8>> {
        match self {
            Self::Base64(text) => encoding::from_base64(text),
            Self::Pem(label, text) => encoding::from_pem(label, text),
        }
    }
}

/// The body as JSON, if it says itself that it is of this kind and version.
fn parse_spec<'a, Spec: serde::Deserialize<'a>>(
    body: &'a [u8],
    kind: &str,
    version: &str,
) -> Result<Spec, VerifyError> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Body<'a, Spec> {
        api_version: &'a str,
        kind: &'a str,
        spec: Spec,
    }
    let body: Body<'_, Spec> = json::from_slice(body).map_err(|error| malformed(&json::reason(&error)))?;
    if (body.kind, body.api_version) == (kind, version) {
        Ok(body.spec)
    } else {
        Err(malformed(&shown(format_args!("expected `{kind}` {version}, found `{}` {}", body.kind, body.api_version))))
    }
}

/// A hash as Rekor v1 writes it: the algorithm's name, and hex.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Hash<'a> {
    algorithm: &'a str,
    value: &'a str,
}

impl Hash<'_> {
    fn parse(&self) -> Result<HashValue, VerifyError> {
        let algorithm = HashAlgorithm::from_name(self.algorithm).ok_or_else(|| malformed("unknown hash algorithm"))?;
        HashValue::from_hex(algorithm, self.value).ok_or_else(|| malformed("its hash is not its algorithm's hex"))
    }
}

fn only<T>(signatures: Vec<T>) -> Result<T, VerifyError> {
    match <[T; 1]>::try_from(signatures) {
        Ok([signature]) => Ok(signature),
        Err(_) => Err(malformed("expected one signature")),
    }
}

fn same_or(same: bool, what: &'static str) -> Result<(), VerifyError> {
    if same { Ok(()) } else { Err(VerifyError::EntryMismatch { what }) }
}

fn malformed(reason: &str) -> VerifyError {
    VerifyError::LogEntryMalformed { reason: reason.to_owned() }
}
