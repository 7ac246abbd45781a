//! What a log entry says: one file per kind.

mod dsse;
mod hashedrekord;
mod intoto;
mod rekor_v2;

use crate::{HashAlgorithm, VerifyError, encoding, envelope::Signed, signer::VerifiedSigner};

/// What an entry of any kind that is read comes down to: this hand has signed that, and here is the signature.
#[derive(Debug)]
pub(super) struct Entry {
    generation: Generation,
    over: Over,
    signature: Vec<u8>,
    verifier: Verifier,
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
    Artifact(HashAlgorithm, Vec<u8>),
    /// Whatever the signature is over: the artifact, or an envelope's pre-authentication encoding.
    Message(HashAlgorithm, Vec<u8>),
    /// The payload of an envelope.
    Payload(HashAlgorithm, Vec<u8>),
}

/// Who the entry says has signed: DER of a certificate, or of a SubjectPublicKeyInfo.
#[derive(Debug)]
enum Verifier {
    Certificate(Vec<u8>),
    PublicKey(Vec<u8>),
}

impl Entry {
    /// Reads the body that the log holds; its kind and version have to be the bundle's.
    pub(super) fn parse(kind: &str, version: &str, body: &[u8]) -> Result<Self, VerifyError> {
        match (kind, version) {
            ("hashedrekord", "0.0.1") => hashedrekord::parse(body),
            ("hashedrekord", "0.0.2") => rekor_v2::parse_hashedrekord(body),
            ("dsse", "0.0.1") => dsse::parse(body),
            ("dsse", "0.0.2") => rekor_v2::parse_dsse(body),
            ("intoto", "0.0.2") => intoto::parse(body),
            _ => Err(VerifyError::UnsupportedLogEntry {
                kind: kind.chars().take(40).collect(),
                version: version.chars().take(40).collect(),
            }),
        }
    }

    pub(super) fn generation(&self) -> Generation {
        self.generation
    }

    /// Whether the entry is about this signature, this signer and these bytes.
    pub(super) fn is_about(&self, signed: &Signed<'_>) -> Result<(), VerifyError> {
        let (what, same) = match &self.over {
            Over::Artifact(algorithm, hash) => ("artifact", signed.artifact_hash(*algorithm)?.as_ref() == Some(hash)),
            Over::Message(algorithm, hash) => ("artifact", signed.message_hash(*algorithm)? == *hash),
            Over::Payload(algorithm, hash) => {
                ("payload", signed.payload().is_some_and(|payload| algorithm.hash(payload) == *hash))
            }
        };
        same_or(same, what)?;
        same_or(self.signature == signed.signature(), "signature")?;
        same_or(self.verifier.is(signed.signer()), "signer")
    }
}

impl Verifier {
    /// Rekor v1 writes base64 of a PEM block.
    fn from_base64_pem(base64: &str) -> Result<Self, VerifyError> {
        let pem = encoding::from_base64(base64).and_then(|pem| String::from_utf8(pem).ok());
        pem.and_then(|pem| {
            let certificate = encoding::from_pem("CERTIFICATE", &pem).map(Self::Certificate);
            certificate.or_else(|| encoding::from_pem("PUBLIC KEY", &pem).map(Self::PublicKey))
        })
        .ok_or_else(|| malformed("its signer is not one PEM block"))
    }

    /// A certificate has to be the signer's own, since another one for the same key may give it another name; otherwise
    /// the keys are compared.
    fn is(&self, signer: &VerifiedSigner) -> bool {
        match (self, signer) {
            (Self::Certificate(der), VerifiedSigner::Certificate(certificate)) => der == certificate.der(),
            (Self::Certificate(der), VerifiedSigner::Key(key)) => {
                crate::signer::certificate_key(der).is_some_and(|spki| spki == key.spki_der())
            }
            (Self::PublicKey(spki), signer) => spki == signer.key().spki_der(),
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
    let body: Body<'_, Spec> = serde_json::from_slice(body).map_err(|error| malformed(&error.to_string()))?;
    if (body.kind, body.api_version) == (kind, version) {
        Ok(body.spec)
    } else {
        Err(malformed(&format!("expected `{kind}` {version}, found `{}` {}", body.kind, body.api_version)))
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
    fn parse(&self) -> Result<(HashAlgorithm, Vec<u8>), VerifyError> {
        let algorithm = HashAlgorithm::from_name(self.algorithm).ok_or_else(|| malformed("unknown hash algorithm"))?;
        let hash = crate::digest::from_hex(self.value).ok_or_else(|| malformed("its hash is not hex"))?;
        Ok((algorithm, hash))
    }
}

fn base64_field(text: &str) -> Result<Vec<u8>, VerifyError> {
    encoding::from_base64(text).ok_or_else(|| malformed("a field is not base64"))
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
