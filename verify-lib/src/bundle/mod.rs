//! A Sigstore bundle, parsed strictly and not yet believed.

mod wire;

use crate::{HashAlgorithm, Identity, VerifyError, budget, encoding, signer};
use std::borrow::Cow;

/// A Sigstore bundle v0.3 (`sigstore_bundle.proto`): one signature with what is needed to verify it.
///
/// Holding one proves that it is well formed and within the budgets; nothing in it is proved to be true. What can be
/// read from it says `unverified` in its name, and only `inspect` has a use for it.
#[derive(Debug, Clone)]
pub struct Bundle {
    pub(crate) material: Material,
    pub(crate) entries: Vec<LogEntry>,
    pub(crate) content: Content,
    timestamps: usize,
}

/// Whose signature the bundle says it is.
#[derive(Debug, Clone)]
pub(crate) enum Material {
    /// A key that the verifier knows; the hint may tell which.
    PublicKey { hint: String },
    /// DER of the signer's certificate.
    Certificate(Vec<u8>),
}

/// What is signed.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// The artifact itself.
    Message { digest: Option<(HashAlgorithm, Vec<u8>)>, signature: Vec<u8> },
    /// A DSSE envelope around a statement about the artifact.
    Envelope { payload_type: String, payload: Vec<u8>, signature: Vec<u8> },
}

/// An entry of a transparency log, with the proof that it is there.
#[derive(Debug, Clone)]
pub(crate) struct LogEntry {
    pub(crate) log_index: u64,
    pub(crate) log_id: [u8; 32],
    pub(crate) kind: String,
    pub(crate) version: String,
    /// Seconds since 1970; worth nothing but under a verified promise.
    pub(crate) integrated_time: Option<i64>,
    /// The signed entry timestamp (SET).
    pub(crate) promise: Option<Vec<u8>>,
    pub(crate) proof: InclusionProof,
    pub(crate) body: Vec<u8>,
}

/// RFC 6962, 2.1.1, with the checkpoint that signs the root.
#[derive(Debug, Clone)]
pub(crate) struct InclusionProof {
    pub(crate) log_index: u64,
    pub(crate) tree_size: u64,
    pub(crate) root_hash: [u8; 32],
    pub(crate) hashes: Vec<[u8; 32]>,
    pub(crate) checkpoint: String,
}

impl Bundle {
    /// Reads the JSON of a bundle v0.3, in either spelling of its media type.
    ///
    /// # Errors
    /// [`VerifyError`] for other versions, malformed fields, unknown or duplicate fields, and whatever is over budget.
    pub fn parse(json: &[u8]) -> Result<Self, VerifyError> {
        within("bundle bytes", budget::BUNDLE_BYTES, json.len())?;
        let wire: wire::Bundle<'_> = serde_json::from_slice(json).map_err(|error| not_a_bundle(json, &error))?;
        known_version(&wire.media_type)?;
        Self::from_wire(wire)
    }

    fn from_wire(wire: wire::Bundle<'_>) -> Result<Self, VerifyError> {
        let material = wire.verification_material;
        let timestamps = material.timestamp_verification_data.map_or(Vec::new(), |data| data.rfc3161_timestamps);
        within("log entries", budget::LOG_ENTRIES, material.tlog_entries.len())?;
        within("timestamps", budget::TIMESTAMPS, timestamps.len())?;
        for timestamp in &timestamps {
            base64("signedTimestamp", &timestamp.signed_timestamp)?;
        }
        Ok(Self {
            material: Material::from_wire(material.public_key, material.certificate)?,
            entries: material.tlog_entries.into_iter().map(LogEntry::from_wire).collect::<Result<_, _>>()?,
            content: Content::from_wire(wire.message_signature, wire.dsse_envelope)?,
            timestamps: timestamps.len(),
        })
    }

    /// The type of the payload's statement, if it is one: what the signer may or may not have said.
    pub fn unverified_predicate_type(&self) -> Option<String> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Claim {
            predicate_type: String,
        }
        let Content::Envelope { payload, .. } = &self.content else { return None };
        serde_json::from_slice::<Claim>(payload).ok().map(|claim| claim.predicate_type)
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

    /// The hash that the message's signature is said to be over: what a caller who streams a file should compute.
    pub fn unverified_message_hash(&self) -> Option<HashAlgorithm> {
        match &self.content {
            Content::Message { digest, .. } => digest.as_ref().map(|(algorithm, _)| *algorithm),
            Content::Envelope { .. } => None,
        }
    }

    /// How many log entries it carries.
    pub fn unverified_log_entries(&self) -> usize {
        self.entries.len()
    }

    /// How many RFC 3161 timestamps it carries. They are not read yet, and count for nothing.
    pub fn unverified_timestamps(&self) -> usize {
        self.timestamps
    }
}

/// A version that is not read has other fields too: say the version, not the field.
fn not_a_bundle(json: &[u8], error: &serde_json::Error) -> VerifyError {
    let version = serde_json::from_slice::<wire::Version<'_>>(json);
    let unsupported = version.ok().and_then(|version| known_version(&version.media_type).err());
    unsupported.unwrap_or_else(|| VerifyError::BundleMalformed { reason: error.to_string() })
}

fn known_version(media_type: &str) -> Result<(), VerifyError> {
    let known = V0_3.contains(&media_type);
    let found = || VerifyError::UnsupportedBundleVersion { found: media_type.chars().take(100).collect() };
    if known { Ok(()) } else { Err(found()) }
}

/// Both spellings of the media type.
const V0_3: [&str; 2] = [crate::BUNDLE_V0_3, "application/vnd.dev.sigstore.bundle+json;version=0.3"];

impl Material {
    fn from_wire(
        key: Option<wire::PublicKey<'_>>,
        certificate: Option<wire::RawBytes<'_>>,
    ) -> Result<Self, VerifyError> {
        match (key, certificate) {
            (Some(key), None) => Ok(Self::PublicKey { hint: key.hint.into_owned() }),
            (None, Some(certificate)) => {
                let der = base64("certificate", &certificate.raw_bytes)?;
                within("certificate bytes", budget::CERTIFICATE_BYTES, der.len())?;
                Ok(Self::Certificate(der))
            }
            _ => Err(VerifyError::FieldMalformed {
                field: "verificationMaterial",
                expected: "one key or one certificate",
            }),
        }
    }
}

impl Content {
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

impl LogEntry {
    fn from_wire(wire: wire::LogEntry<'_>) -> Result<Self, VerifyError> {
        const WITH_PROOF: VerifyError = VerifyError::FieldMalformed {
            field: "tlogEntries[].inclusionProof",
            expected: "there, as bundles v0.2 and later need it",
        };
        let body = base64("tlogEntries[].canonicalizedBody", &wire.canonicalized_body)?;
        within("log entry bytes", budget::ENTRY_BYTES, body.len())?;
        let promise = wire.inclusion_promise.map(|promise| promise.signed_entry_timestamp);
        let seconds = wire.integrated_time.map(|time| number("tlogEntries[].integratedTime", &time)).transpose()?;
        Ok(Self {
            log_index: index("tlogEntries[].logIndex", wire.log_index)?,
            log_id: hash("tlogEntries[].logId.keyId", &wire.log_id.key_id)?,
            kind: wire.kind_version.kind.into_owned(),
            version: wire.kind_version.version.into_owned(),
            integrated_time: seconds.and_then(|seconds| i64::try_from(seconds).ok()),
            promise: promise.map(|set| base64("tlogEntries[].inclusionPromise", &set)).transpose()?,
            proof: InclusionProof::from_wire(wire.inclusion_proof.ok_or(WITH_PROOF)?)?,
            body,
        })
    }
}

impl InclusionProof {
    fn from_wire(wire: wire::Proof<'_>) -> Result<Self, VerifyError> {
        within("inclusion proof hashes", budget::PROOF_HASHES, wire.hashes.len())?;
        within("checkpoint bytes", budget::CHECKPOINT_BYTES, wire.checkpoint.envelope.len())?;
        Ok(Self {
            log_index: index("inclusionProof.logIndex", wire.log_index)?,
            tree_size: number("inclusionProof.treeSize", &wire.tree_size)?,
            root_hash: hash("inclusionProof.rootHash", &wire.root_hash)?,
            hashes: wire.hashes.iter().map(|text| hash("inclusionProof.hashes", text)).collect::<Result<_, _>>()?,
            checkpoint: wire.checkpoint.envelope.into_owned(),
        })
    }
}

/// An empty object is no digest: cosign writes it for pure Ed25519, which is over no hash.
fn message_digest(wire: wire::MessageDigest<'_>) -> Result<Option<(HashAlgorithm, Vec<u8>)>, VerifyError> {
    let algorithm = match wire.algorithm.as_deref() {
        Some("SHA2_256") => HashAlgorithm::Sha256,
        Some("SHA2_384") => HashAlgorithm::Sha384,
        Some("SHA2_512") => HashAlgorithm::Sha512,
        None if wire.digest.is_none() => return Ok(None),
        _ => {
            return Err(VerifyError::FieldMalformed {
                field: "messageDigest.algorithm",
                expected: "SHA2_256, SHA2_384 or SHA2_512",
            });
        }
    };
    let digest = base64("messageDigest.digest", &wire.digest.unwrap_or_default())?;
    Ok(Some((algorithm, digest)))
}

fn base64(field: &'static str, text: &str) -> Result<Vec<u8>, VerifyError> {
    let filled = |bytes: &Vec<u8>| !bytes.is_empty();
    encoding::from_base64(text)
        .filter(filled)
        .ok_or(VerifyError::FieldMalformed { field, expected: "strict base64 of something" })
}

fn hash(field: &'static str, text: &str) -> Result<[u8; 32], VerifyError> {
    base64(field, text)?.try_into().map_err(|_| VerifyError::FieldMalformed { field, expected: "32 bytes" })
}

/// A decimal without sign or leading zeros, below 2^63, as protobuf's JSON writes an `int64` that is not negative.
fn number(field: &'static str, text: &str) -> Result<u64, VerifyError> {
    let canonical = text == "0" || text.starts_with(|first| ('1'..='9').contains(&first));
    text.parse::<u64>()
        .ok()
        .filter(|&number| canonical && number <= i64::MAX.unsigned_abs())
        .ok_or(VerifyError::FieldMalformed { field, expected: "a canonical number that is not negative" })
}

/// Protobuf's JSON leaves out a zero: the first entry of a log has no index.
fn index(field: &'static str, text: Option<Cow<'_, str>>) -> Result<u64, VerifyError> {
    text.map_or(Ok(0), |text| number(field, &text))
}

pub(crate) fn within(what: &'static str, limit: usize, found: usize) -> Result<(), VerifyError> {
    if found <= limit { Ok(()) } else { Err(VerifyError::OverBudget { what, limit, found }) }
}
