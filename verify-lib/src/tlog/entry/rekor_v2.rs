//! The entries of Rekor v2 (sigstore/rekor-tiles, `api/proto/rekor/v2`): `hashedrekord` 0.0.2 and `dsse` 0.0.2.

use super::{Encoded, Entry, Generation, Over, Verifier, malformed, only, parse_spec};
use crate::{HashAlgorithm, HashValue, VerifyError};
use serde::{Deserialize, de::IgnoredAny};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HashedrekordSpec<'a> {
    #[serde(borrow, rename = "hashedRekordV002")]
    entry: Hashedrekord<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hashedrekord<'a> {
    #[serde(borrow)]
    data: Hash<'a>,
    #[serde(borrow)]
    signature: Signature<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DsseSpec<'a> {
    #[serde(borrow, rename = "dsseV002")]
    entry: Dsse<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Dsse<'a> {
    #[serde(borrow)]
    payload_hash: Hash<'a>,
    #[serde(borrow)]
    signatures: Vec<Signature<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hash<'a> {
    algorithm: &'a str,
    digest: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature<'a> {
    content: &'a str,
    #[serde(borrow)]
    verifier: Material<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Material<'a> {
    /// The algorithm is the trusted key's, whatever is said here.
    #[serde(default, rename = "keyDetails")]
    _key_details: IgnoredAny,
    #[serde(borrow)]
    x509_certificate: Option<RawBytes<'a>>,
    #[serde(borrow)]
    public_key: Option<RawBytes<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawBytes<'a> {
    raw_bytes: &'a str,
}

/// Over the hash that was signed: the artifact's, or that of an envelope's pre-authentication encoding.
pub(super) fn parse_hashedrekord(body: &[u8]) -> Result<Entry<'_>, VerifyError> {
    let entry = parse_spec::<HashedrekordSpec<'_>>(body, "hashedrekord", "0.0.2")?.entry;
    entry.signature.over(Over::Message(entry.data.parse()?))
}

pub(super) fn parse_dsse(body: &[u8]) -> Result<Entry<'_>, VerifyError> {
    let entry = parse_spec::<DsseSpec<'_>>(body, "dsse", "0.0.2")?.entry;
    let hash = entry.payload_hash.parse()?;
    only(entry.signatures)?.over(Over::Payload(hash))
}

impl Hash<'_> {
    fn parse(&self) -> Result<HashValue, VerifyError> {
        let algorithm = HashAlgorithm::from_protobuf(self.algorithm);
        let algorithm = algorithm.ok_or_else(|| malformed("unknown hash algorithm"))?;
        HashValue::from_base64(algorithm, self.digest)
            .ok_or_else(|| malformed("its hash is not its algorithm's base64"))
    }
}

impl<'a> Signature<'a> {
    fn over(self, over: Over) -> Result<Entry<'a>, VerifyError> {
        let verifier = match (self.verifier.x509_certificate, self.verifier.public_key) {
            (Some(certificate), None) => Verifier::Certificate(Encoded::Base64(certificate.raw_bytes)),
            (None, Some(key)) => Verifier::PublicKey(Encoded::Base64(key.raw_bytes)),
            _ => return Err(malformed("its signer is not one key or one certificate")),
        };
        Ok(Entry { generation: Generation::V2, over, signature: self.content.into(), verifier })
    }
}
