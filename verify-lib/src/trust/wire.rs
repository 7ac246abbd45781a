//! The JSON of a trusted root: `sigstore_trustroot.proto`, in protobuf's JSON form.

use crate::{VerifyError, encoding};
use serde::{Deserialize, de::IgnoredAny};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TrustedRoot {
    pub(super) media_type: String,
    #[serde(default)]
    pub(super) tlogs: Vec<Log>,
    #[serde(default)]
    pub(super) certificate_authorities: Vec<Authority>,
    #[serde(default)]
    pub(super) ctlogs: Vec<Log>,
    #[serde(default)]
    pub(super) timestamp_authorities: Vec<Authority>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Log {
    #[serde(default)]
    pub(super) base_url: String,
    pub(super) public_key: PublicKey,
    pub(super) log_id: LogId,
    #[serde(default, rename = "hashAlgorithm")]
    pub(super) _hash_algorithm: IgnoredAny,
    #[serde(default, rename = "checkpointKeyId")]
    pub(super) _checkpoint_key_id: IgnoredAny,
    pub(super) operator: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PublicKey {
    pub(super) raw_bytes: String,
    #[serde(default)]
    pub(super) key_details: String,
    pub(super) valid_for: Option<Window>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LogId {
    pub(super) key_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Window {
    pub(super) start: Option<String>,
    pub(super) end: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Authority {
    #[serde(default, rename = "subject")]
    pub(super) _subject: IgnoredAny,
    pub(super) operator: Option<String>,
    pub(super) uri: Option<String>,
    pub(super) cert_chain: Chain,
    pub(super) valid_for: Option<Window>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chain {
    pub(super) certificates: Vec<Certificate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Certificate {
    pub(super) raw_bytes: String,
}

impl Chain {
    /// The certificates as DER.
    pub(super) fn ders(&self) -> Result<Vec<Vec<u8>>, VerifyError> {
        let malformed = || super::chain::malformed("is not base64");
        let ders = self.certificates.iter().map(|certificate| encoding::from_base64(&certificate.raw_bytes));
        ders.map(|der| der.ok_or_else(malformed)).collect()
    }
}
