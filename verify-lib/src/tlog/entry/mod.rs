//! What a log entry says: one file per kind.

mod dsse;
mod hashedrekord;

use crate::{VerifyError, encoding, envelope::Signed, signer::VerifiedSigner};

/// A log entry of a kind that is read.
#[derive(Debug)]
pub(super) enum Entry {
    Hashedrekord(hashedrekord::Hashedrekord),
    Dsse(dsse::Dsse),
}

impl Entry {
    /// Reads the body that the log holds; its kind and version have to be the bundle's.
    pub(super) fn parse(kind: &str, version: &str, body: &[u8]) -> Result<Self, VerifyError> {
        match (kind, version) {
            ("hashedrekord", "0.0.1") => hashedrekord::Hashedrekord::parse(body).map(Self::Hashedrekord),
            ("dsse", "0.0.1") => dsse::Dsse::parse(body).map(Self::Dsse),
            _ => Err(VerifyError::UnsupportedLogEntry {
                kind: kind.chars().take(40).collect(),
                version: version.chars().take(40).collect(),
            }),
        }
    }

    /// Whether the entry is about this signature, this signer and these bytes.
    pub(super) fn is_about(&self, signed: &Signed<'_>) -> Result<(), VerifyError> {
        match self {
            Self::Hashedrekord(entry) => entry.is_about(signed),
            Self::Dsse(entry) => entry.is_about(signed),
        }
    }
}

/// The body as JSON, if it says itself that it is of this kind and version.
fn parse<'a, Spec: serde::Deserialize<'a>>(body: &'a [u8], kind: &str, version: &str) -> Result<Spec, VerifyError> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Body<'a, Spec> {
        api_version: &'a str,
        kind: &'a str,
        spec: Spec,
    }
    let malformed = |reason| VerifyError::LogEntryMalformed { reason };
    let body: Body<'_, Spec> = serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
    if (body.kind, body.api_version) == (kind, version) {
        Ok(body.spec)
    } else {
        Err(malformed(format!("expected `{kind}` {version}, found `{}` {}", body.kind, body.api_version)))
    }
}

/// A hash as Rekor writes it: the algorithm's name, and hex.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Hash<'a> {
    algorithm: &'a str,
    value: &'a str,
}

/// Who the entry says has signed: base64 of a PEM block, a certificate or a public key.
#[derive(Debug)]
enum Verifier {
    Certificate(Vec<u8>),
    PublicKey(Vec<u8>),
}

impl Verifier {
    fn parse(base64: &str) -> Result<Self, VerifyError> {
        let pem = encoding::from_base64(base64).and_then(|pem| String::from_utf8(pem).ok());
        pem.and_then(|pem| {
            let certificate = encoding::from_pem("CERTIFICATE", &pem).map(Self::Certificate);
            certificate.or_else(|| encoding::from_pem("PUBLIC KEY", &pem).map(Self::PublicKey))
        })
        .ok_or_else(|| VerifyError::LogEntryMalformed { reason: "its signer is not one PEM block".to_owned() })
    }

    fn is(&self, signer: &VerifiedSigner) -> Result<(), VerifyError> {
        let same = match (self, signer) {
            (Self::Certificate(der), VerifiedSigner::Certificate(certificate)) => der == certificate.der(),
            (Self::PublicKey(spki), VerifiedSigner::Key(key)) => spki == key.spki_der(),
            (Self::Certificate(_), VerifiedSigner::Key(_)) | (Self::PublicKey(_), VerifiedSigner::Certificate(_)) => {
                false
            }
        };
        same_or(same, "signer")
    }
}

fn same_or(same: bool, what: &'static str) -> Result<(), VerifyError> {
    if same { Ok(()) } else { Err(VerifyError::EntryMismatch { what }) }
}

fn base64_field(text: &str) -> Result<Vec<u8>, VerifyError> {
    encoding::from_base64(text)
        .ok_or_else(|| VerifyError::LogEntryMalformed { reason: "its signature is not base64".to_owned() })
}
