//! The JSON of a trusted root, as it is written and, once the verifier has read it, listed.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.trustedroot+json;version=0.1";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Root {
    pub(super) media_type: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) tlogs: Vec<Log>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) certificate_authorities: Vec<Authority>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) ctlogs: Vec<Log>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) timestamp_authorities: Vec<Authority>,
}

impl Default for Root {
    fn default() -> Self {
        let (tlogs, certificate_authorities, ctlogs, timestamp_authorities) = Default::default();
        Self { media_type: MEDIA_TYPE.to_owned(), tlogs, certificate_authorities, ctlogs, timestamp_authorities }
    }
}

impl Root {
    pub(super) fn is_empty(&self) -> bool {
        let nobody = self.certificate_authorities.is_empty() && self.timestamp_authorities.is_empty();
        nobody && self.tlogs.is_empty() && self.ctlogs.is_empty()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Log {
    #[serde(default)]
    pub(super) base_url: String,
    #[serde(default)]
    pub(super) hash_algorithm: String,
    pub(super) public_key: PublicKey,
    pub(super) log_id: LogId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) operator: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PublicKey {
    pub(super) raw_bytes: String,
    #[serde(default)]
    pub(super) key_details: String,
    pub(super) valid_for: Window,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogId {
    pub(super) key_id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Window {
    pub(super) start: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Authority {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<Subject>,
    #[serde(default)]
    pub(super) uri: String,
    pub(super) cert_chain: Chain,
    pub(super) valid_for: Window,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) operator: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subject {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) organization: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) common_name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Chain {
    pub(super) certificates: Vec<Certificate>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Certificate {
    pub(super) raw_bytes: String,
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
