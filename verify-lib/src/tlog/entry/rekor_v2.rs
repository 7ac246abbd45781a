//! The entries of Rekor v2 (sigstore/rekor-tiles, `api/proto/rekor/v2`): `hashedrekord` 0.0.2 and `dsse` 0.0.2.

use super::{Entry, Generation, Over, Verifier, base64_field, malformed, only, parse_spec};
use crate::{HashAlgorithm, VerifyError};
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
pub(super) fn parse_hashedrekord(body: &[u8]) -> Result<Entry, VerifyError> {
    let entry = parse_spec::<HashedrekordSpec<'_>>(body, "hashedrekord", "0.0.2")?.entry;
    let (algorithm, hash) = entry.data.parse()?;
    entry.signature.over(Over::Message(algorithm, hash))
}

pub(super) fn parse_dsse(body: &[u8]) -> Result<Entry, VerifyError> {
    let entry = parse_spec::<DsseSpec<'_>>(body, "dsse", "0.0.2")?.entry;
    let (algorithm, hash) = entry.payload_hash.parse()?;
    only(entry.signatures)?.over(Over::Payload(algorithm, hash))
}

impl Hash<'_> {
    fn parse(&self) -> Result<(HashAlgorithm, Vec<u8>), VerifyError> {
        let algorithm = HashAlgorithm::from_protobuf(self.algorithm);
        Ok((algorithm.ok_or_else(|| malformed("unknown hash algorithm"))?, base64_field(self.digest)?))
    }
}

impl Signature<'_> {
    fn over(&self, over: Over) -> Result<Entry, VerifyError> {
        let verifier = match (&self.verifier.x509_certificate, &self.verifier.public_key) {
            (Some(certificate), None) => Verifier::Certificate(base64_field(certificate.raw_bytes)?),
            (None, Some(key)) => Verifier::PublicKey(base64_field(key.raw_bytes)?),
            _ => return Err(malformed("its signer is not one key or one certificate")),
        };
        Ok(Entry { generation: Generation::V2, over, signature: base64_field(self.content)?, verifier })
    }
}
