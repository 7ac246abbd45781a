//! Rekor v2 (sigstore/rekor-tiles, `api/proto/rekor/v2`): one kind of entry, over the hash of whatever was signed.

use super::{LogEntry, malformed, tiles};
use crate::{
    budget,
    bundle::{By, Signed},
    key::der,
    sigstore::{Part, Share, SigstoreError, ask},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_transport::{Request, Service};
use bulla_verify::{KeyAlgorithm, TrustedRoot, VerifyingKey};
use serde::Serialize;
use zeroize::Zeroizing;

#[derive(Serialize)]
struct CreateEntryRequest {
    #[serde(rename = "hashedRekordRequestV002")]
    hashedrekord: Hashedrekord,
}

#[derive(Serialize)]
struct Hashedrekord {
    digest: String,
    signature: Signature,
}

#[derive(Serialize)]
struct Signature {
    content: String,
    verifier: Verifier,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verifier {
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<RawBytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x509_certificate: Option<RawBytes>,
    key_details: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RawBytes {
    raw_bytes: String,
}

pub(super) fn log(
    service: &Service,
    signed: &Signed<'_>,
    root: &TrustedRoot,
    share: Share,
) -> Result<LogEntry, SigstoreError> {
    let body = serde_json::to_vec(&request(signed)?).map_err(|error| malformed(service, &error.to_string()))?;
    let request = Request {
        content_type: Some("application/json"),
        accept: Some("application/json"),
        body: Zeroizing::new(body),
        ..share.request(budget::LOG_ANSWER_BYTES)
    };
    let reply = ask(Part::Log, service, "/api/v2/log/entries", &request)?;
    match reply.status {
        200 | 201 => parse(service, &reply.body),
        // It names the index; the entry and its proof are in the log's tiles, where it shows them.
        409 => {
            let index = reply.header("x-log-index").and_then(|index| index.parse().ok());
            let found = index.and_then(|index| tiles::entry(service, index, root, share));
            let (url, words) = (service.url().to_owned(), reply.detail());
            found.ok_or(SigstoreError::LogDuplicate { url, words })
        }
        _ => Err(SigstoreError::refused(Part::Log, service.url(), &reply)),
    }
}

fn parse(service: &Service, body: &[u8]) -> Result<LogEntry, SigstoreError> {
    bulla_verify::json::from_slice(body).map_err(|error| malformed(service, &bulla_verify::json::reason(&error)))
}

fn request(signed: &Signed<'_>) -> Result<CreateEntryRequest, SigstoreError> {
    let raw = |der: &[u8]| Some(RawBytes { raw_bytes: STANDARD.encode(der) });
    let (public_key, x509_certificate) = match signed.by {
        By::Key(key) => (raw(key.spki_der()), None),
        By::Certificate(certificate) => (None, raw(certificate.der())),
    };
    let verifier = Verifier { public_key, x509_certificate, key_details: details(signed.by.key())? };
    let signature = Signature { content: STANDARD.encode(&signed.signature), verifier };
    Ok(CreateEntryRequest { hashedrekord: Hashedrekord { digest: STANDARD.encode(signed.hash()), signature } })
}

/// `sigstore_common.proto`, `PublicKeyDetails`, those that the log takes: Ed25519 prehashed alone, and no RSA-PSS.
fn details(key: &VerifyingKey) -> Result<&'static str, SigstoreError> {
    let unsupported = |algorithm: String| Err(SigstoreError::LogKeyUnsupported { algorithm });
    match key.algorithm() {
        KeyAlgorithm::EcdsaP256 => Ok("PKIX_ECDSA_P256_SHA_256"),
        KeyAlgorithm::EcdsaP384 => Ok("PKIX_ECDSA_P384_SHA_384"),
        KeyAlgorithm::EcdsaP521 => Ok("PKIX_ECDSA_P521_SHA_512"),
        KeyAlgorithm::Ed25519 => Ok("PKIX_ED25519_PH"),
        KeyAlgorithm::Rsa => match der::rsa_bits(key.spki_der()) {
            Some(2048) => Ok("PKIX_RSA_PKCS1V15_2048_SHA256"),
            Some(3072) => Ok("PKIX_RSA_PKCS1V15_3072_SHA256"),
            Some(4096) => Ok("PKIX_RSA_PKCS1V15_4096_SHA256"),
            Some(bits) => unsupported(format!("rsa of {bits} bits")),
            None => unsupported("rsa".to_owned()),
        },
        algorithm @ KeyAlgorithm::RsaPss => unsupported(algorithm.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SigningKey;

    #[test]
    fn every_key_that_is_made_here_has_a_name_that_the_log_knows() {
        for (algorithm, name) in [
            (KeyAlgorithm::EcdsaP256, "PKIX_ECDSA_P256_SHA_256"),
            (KeyAlgorithm::EcdsaP384, "PKIX_ECDSA_P384_SHA_384"),
            (KeyAlgorithm::EcdsaP521, "PKIX_ECDSA_P521_SHA_512"),
            (KeyAlgorithm::Ed25519, "PKIX_ED25519_PH"),
            (KeyAlgorithm::Rsa, "PKIX_RSA_PKCS1V15_3072_SHA256"),
        ] {
            let key = SigningKey::generate(algorithm).unwrap();
            assert_eq!(details(key.verifying_key()).unwrap(), name);
        }
    }

    #[test]
    fn a_key_that_no_log_takes_is_not_sent() {
        let key = SigningKey::generate(KeyAlgorithm::Rsa).unwrap();
        let pss = key.verifying_key().clone().with_pss();
        assert_eq!(details(&pss).unwrap_err().code(), "log-key-unsupported");
    }
}
