//! A Sigstore bundle, parsed strictly and not yet believed.

mod entry;
mod field;
mod wire;

pub(crate) use entry::{InclusionProof, LogEntry};

use crate::{HashAlgorithm, HashValue, Identity, Statement, VerifyError, budget, error::shown, json, signer};
use field::{base64, each};
use std::sync::Arc;

/// A Sigstore bundle, v0.1 to v0.3 (`sigstore_bundle.proto`): one signature with what is needed to verify it.
///
/// Holding one proves that it is well formed and within the budgets; nothing in it is proved to be true. What can be
/// read from it says `unverified` in its name: to be shown as that, or to prepare for [`crate::verify()`], never to be
/// believed.
#[derive(Debug, Clone)]
pub struct Bundle {
    pub(crate) material: Material,
    pub(crate) entries: Vec<LogEntry>,
    pub(crate) content: Content,
    /// DER of RFC 3161's TimeStampResp, not looked into yet: a bad one must not spoil a good one.
    pub(crate) timestamps: Vec<Vec<u8>>,
}

/// What a bundle of this version has to carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    /// Entries come with the log's promise (SET); a proof is welcome.
    V0_1,
    /// Entries come with the proof that they are there, and a checkpoint.
    V0_2,
    /// As v0.2, and the certificate comes alone.
    V0_3,
}

/// Whose signature the bundle says it is.
#[derive(Debug, Clone)]
pub(crate) enum Material {
    /// A key that the verifier knows; the hint may tell which.
    PublicKey { hint: String },
    /// DER of the signer's certificate; shared with the proof that it becomes.
    Certificate(Arc<Vec<u8>>),
}

/// What is signed.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// The artifact itself.
    Message { digest: Option<HashValue>, signature: Vec<u8> },
    /// A DSSE envelope around a statement about the artifact.
    Envelope { payload_type: String, payload: Vec<u8>, signature: Vec<u8> },
}

impl Bundle {
    /// Reads the JSON of a bundle v0.1, v0.2 or v0.3, in either spelling of its media type.
    ///
    /// # Errors
    /// [`VerifyError`] for other versions, malformed fields, unknown or duplicate fields, and whatever is over budget.
    pub fn parse(bytes: &[u8]) -> Result<Self, VerifyError> {
        budget::within("bundle bytes", budget::BUNDLE_BYTES, bytes.len())?;
        let wire: wire::Bundle<'_> = json::from_slice(bytes).map_err(|error| not_a_bundle(bytes, &error))?;
        let version = Version::parse(&wire.media_type)?;
        Self::from_wire(wire, version)
    }

    fn from_wire(wire: wire::Bundle<'_>, version: Version) -> Result<Self, VerifyError> {
        let material = wire.verification_material;
        let timestamps = material.timestamp_verification_data.map_or(Vec::new(), |data| data.rfc3161_timestamps);
        budget::within("log entries", budget::LOG_ENTRIES, material.tlog_entries.len())?;
        budget::within("timestamps", budget::TIMESTAMPS, timestamps.len())?;
        let entries = material.tlog_entries.into_iter().map(|entry| LogEntry::from_wire(entry, version));
        let timestamps = timestamps.iter().map(|timestamp| base64("signedTimestamp", &timestamp.signed_timestamp));
        Ok(Self {
            entries: each(entries)?,
            timestamps: each(timestamps)?,
            material: Material::from_wire(
                version,
                material.public_key,
                material.certificate,
                material.x509_certificate_chain,
            )?,
            content: Content::from_wire(wire.message_signature, wire.dsse_envelope)?,
        })
    }

    /// The type of the payload's statement, if it is one, cut to 200 characters: what the signer may or may not have said.
    pub fn unverified_predicate_type(&self) -> Option<String> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Claim {
            predicate_type: String,
        }
        let Content::Envelope { payload, .. } = &self.content else { return None };
        json::from_slice::<Claim>(payload).ok().map(|claim| shown(claim.predicate_type))
    }

    /// The payload of the envelope, if it is one.
    pub fn unverified_payload(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Envelope { payload, .. } => Some(payload),
            Content::Message { .. } => None,
        }
    }

    /// The hint to the key that is said to have signed; nothing where a certificate is said to.
    pub fn unverified_key_hint(&self) -> Option<&str> {
        match &self.material {
            Material::PublicKey { hint } => Some(hint),
            Material::Certificate(_) => None,
        }
    }

    /// DER of the certificate that is said to have signed.
    pub fn unverified_certificate(&self) -> Option<&[u8]> {
        match &self.material {
            Material::Certificate(der) => Some(der),
            Material::PublicKey { .. } => None,
        }
    }

    /// Whom the certificate names, and the issuer that is said to vouch for the name.
    pub fn unverified_identity(&self) -> Option<(Identity, String)> {
        signer::unverified_names(self.unverified_certificate()?).ok()
    }

    /// The hashes of the artifact that the bundle speaks of, besides SHA-256: what a caller who streams a file should
    /// compute too.
    pub fn unverified_hashes(&self) -> Vec<HashAlgorithm> {
        match &self.content {
            Content::Message { digest, .. } => digest.iter().map(HashValue::algorithm).collect(),
            Content::Envelope { payload, .. } => Statement::parse(payload).map_or(Vec::new(), |statement| {
                let known = [HashAlgorithm::Sha384, HashAlgorithm::Sha512].into_iter();
                known.filter(|&hash| statement.subjects().iter().any(|it| it.digest(hash).is_some())).collect()
            }),
        }
    }

    /// How many log entries it carries.
    pub fn unverified_log_entries(&self) -> usize {
        self.entries.len()
    }

    /// How many RFC 3161 timestamps it carries.
    pub fn unverified_timestamps(&self) -> usize {
        self.timestamps.len()
    }
}

/// A version that is not read has other fields too: say the version, not the field.
fn not_a_bundle(bytes: &[u8], error: &serde_json::Error) -> VerifyError {
    let version = json::from_slice::<wire::Version<'_>>(bytes);
    let unsupported = version.ok().and_then(|version| Version::parse(&version.media_type).err());
    unsupported.unwrap_or_else(|| VerifyError::BundleMalformed { reason: json::reason(error) })
}

impl Version {
    /// The newer spelling of the media type came with v0.3.
    fn parse(media_type: &str) -> Result<Self, VerifyError> {
        match media_type {
            "application/vnd.dev.sigstore.bundle+json;version=0.1" => Ok(Self::V0_1),
            "application/vnd.dev.sigstore.bundle+json;version=0.2" => Ok(Self::V0_2),
            "application/vnd.dev.sigstore.bundle+json;version=0.3" | crate::BUNDLE_V0_3 => Ok(Self::V0_3),
            _ => Err(VerifyError::UnsupportedBundleVersion { found: shown(media_type) }),
        }
    }
}

impl Material {
    fn from_wire(
        version: Version,
        key: Option<wire::PublicKey<'_>>,
        certificate: Option<wire::RawBytes<'_>>,
        chain: Option<wire::Chain<'_>>,
    ) -> Result<Self, VerifyError> {
        match (key, certificate, chain) {
            (Some(key), None, None) => Ok(Self::PublicKey { hint: key.hint.into_owned() }),
            (None, Some(certificate), None) => certificate_der(&certificate).map(Arc::new).map(Self::Certificate),
            (None, None, Some(chain)) if version != Version::V0_3 => {
                leaf_of(&chain).map(Arc::new).map(Self::Certificate)
            }
            _ => Err(VerifyError::FieldMalformed {
                field: "verificationMaterial",
                expected: "one key or one certificate (or, before v0.3, a chain)",
            }),
        }
    }
}

/// The signer's certificate, which comes first. The others are the bundle's word for what the trusted root says, and are
/// not used; but they have to lead up from it, one by one (`sigstore_common.proto`, `X509CertificateChain`).
fn leaf_of(chain: &wire::Chain<'_>) -> Result<Vec<u8>, VerifyError> {
    let expected = |expected| VerifyError::FieldMalformed { field: "x509CertificateChain", expected };
    budget::within("certificates", budget::CERTIFICATES, chain.certificates.len())?;
    let ders = each(chain.certificates.iter().map(certificate_der))?;
    let in_order = ders.windows(2).all(|pair| matches!(pair, [below, above] if signer::names_issuer(below, above)));
    if !in_order {
        return Err(expected("in order, from the signer upwards"));
    }
    ders.into_iter().next().ok_or_else(|| expected("one certificate at least"))
}

fn certificate_der(certificate: &wire::RawBytes<'_>) -> Result<Vec<u8>, VerifyError> {
    let der = base64("certificate", &certificate.raw_bytes)?;
    budget::within("certificate bytes", budget::CERTIFICATE_BYTES, der.len())?;
    Ok(der)
}

impl Content {
    /// The signature: what a timestamp is of.
    pub(crate) fn signature(&self) -> &[u8] {
        match self {
            Self::Message { signature, .. } | Self::Envelope { signature, .. } => signature,
        }
    }

    fn from_wire(
        message: Option<wire::MessageSignature<'_>>,
        envelope: Option<wire::Envelope<'_>>,
    ) -> Result<Self, VerifyError> {
        match (message, envelope) {
            (Some(message), None) => Ok(Self::Message {
                digest: message.message_digest.map(message_digest).transpose()?.flatten(),
                signature: base64("messageSignature.signature", &message.signature)?,
            }),
            (None, Some(envelope)) => {
                let [signature] = envelope.signatures.as_slice() else {
                    return Err(VerifyError::SignatureCount { found: envelope.signatures.len() });
                };
                Ok(Self::Envelope {
                    payload: base64("dsseEnvelope.payload", &envelope.payload)?,
                    signature: base64("dsseEnvelope.signatures[0].sig", &signature.sig)?,
                    payload_type: envelope.payload_type.into_owned(),
                })
            }
            _ => Err(VerifyError::FieldMalformed {
                field: "messageSignature, dsseEnvelope",
                expected: "one of the two, and not both",
            }),
        }
    }
}

/// An empty object is no digest: cosign writes it for pure Ed25519, which is over no hash.
fn message_digest(wire: wire::MessageDigest<'_>) -> Result<Option<HashValue>, VerifyError> {
    let (algorithm, digest) = match (wire.algorithm, wire.digest) {
        (None, None) => return Ok(None),
        (algorithm, digest) => (algorithm.unwrap_or_default().0, digest.unwrap_or_default().0),
    };
    let malformed = |field, expected| VerifyError::FieldMalformed { field, expected };
    let algorithm = HashAlgorithm::from_protobuf(&algorithm)
        .ok_or_else(|| malformed("messageDigest.algorithm", "SHA2_256, SHA2_384 or SHA2_512"))?;
    HashValue::from_base64(algorithm, &digest)
        .map(Some)
        .ok_or_else(|| malformed("messageDigest.digest", "a hash of its algorithm in strict base64"))
}
