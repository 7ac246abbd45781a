//! A client of Sigstore in a few lines: key, certificate, signature, entry, timestamp, bundle.

use crate::client::{Answer, Client};
use aws_lc_rs::{
    encoding::AsDer as _,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bulla_sandbox::Sandbox;
use bulla_verify::{Artifact, Bundle, Need, Time, Trust, TrustedRoot, VerifiedBundle, VerifyError, verify};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) const ADA: &str = "ada@sandbox.invalid";

/// A key on P-256.
pub(crate) struct Signer(EcdsaKeyPair);

impl Signer {
    pub(crate) fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    pub(crate) fn spki(&self) -> Vec<u8> {
        self.0.public_key().as_der().unwrap().as_ref().to_vec()
    }

    pub(crate) fn pem(&self) -> String {
        pem("PUBLIC KEY", &self.spki())
    }

    /// What Fulcio is asked.
    pub(crate) fn certificate_request(&self, proof_of: &str) -> Value {
        let proof = STANDARD.encode(self.sign(proof_of.as_bytes()));
        json!({ "publicKeyRequest": {
            "publicKey": { "algorithm": "ECDSA", "content": self.pem() }, "proofOfPossession": proof,
        } })
    }

    /// What Rekor v2 is asked.
    pub(crate) fn entry_request(&self, digest: &[u8], signature: &[u8], certificate: &[u8]) -> Value {
        json!({ "hashedRekordRequestV002": { "digest": STANDARD.encode(digest), "signature": {
            "content": STANDARD.encode(signature),
            "verifier": {
                "keyDetails": "PKIX_ECDSA_P256_SHA_256", "x509Certificate": { "rawBytes": STANDARD.encode(certificate) },
            },
        } } })
    }
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

pub(crate) fn der_of(pem: &str) -> Vec<u8> {
    STANDARD.decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap()
}

pub(crate) fn post(client: &mut Client, path: &str, token: Option<&str>, body: &Value) -> Answer {
    let bearer = format!("Bearer {}", token.unwrap_or_default());
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend(token.map(|_| ("Authorization", bearer.as_str())));
    client.ask("POST", path, &headers, body.to_string().as_bytes())
}

pub(crate) fn connect(sandbox: &Sandbox) -> Client {
    Client::new(&sandbox.registry().host())
}

/// The chain that the sandbox issues for Ada, the leaf first.
pub(crate) fn certify(sandbox: &Sandbox, signer: &Signer) -> Vec<Vec<u8>> {
    let token = sandbox.identity_token(ADA).unwrap();
    let answer = post(&mut connect(sandbox), "/api/v2/signingCert", Some(&token), &signer.certificate_request(ADA));
    chain_of(&answer.expect(200).json())
}

pub(crate) fn chain_of(answer: &Value) -> Vec<Vec<u8>> {
    let embedded = &answer["signedCertificateEmbeddedSct"];
    let inner = if embedded.is_object() { embedded } else { &answer["signedCertificateDetachedSct"] };
    let certificates = inner["chain"]["certificates"].as_array().unwrap();
    certificates.iter().map(|pem| der_of(pem.as_str().unwrap())).collect()
}

/// A TimeStampReq over a SHA-256, with a nonce and a wish for certificates.
pub(crate) fn timestamp_request(signature: &[u8]) -> Vec<u8> {
    let digest = Sha256::digest(signature);
    let algorithm = [&[0x30, 11, 6, 9][..], &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]].concat();
    let imprint = [&[0x30, 47][..], &algorithm, &[4, 32], &digest].concat();
    let rest = [2, 8, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 1, 1, 0xff];
    [&[0x30, u8::try_from(3 + imprint.len() + rest.len()).unwrap(), 2, 1, 1][..], &imprint, &rest].concat()
}

pub(crate) fn timestamp(client: &mut Client, signature: &[u8]) -> Vec<u8> {
    let headers = [("Content-Type", "application/timestamp-query")];
    client.ask("POST", "/api/v1/timestamp", &headers, &timestamp_request(signature)).expect(200).body
}

/// Everything that it takes to sign an artifact in Ada's name.
pub(crate) fn sign(sandbox: &Sandbox, artifact: &[u8]) -> Value {
    let signer = Signer::new();
    let certificate = certify(sandbox, &signer).remove(0);
    let (digest, signature) = (Sha256::digest(artifact), signer.sign(artifact));
    let mut client = connect(sandbox);
    let request = signer.entry_request(&digest, &signature, &certificate);
    let entry = post(&mut client, "/api/v2/log/entries", None, &request).expect(201).json();
    let timestamp = timestamp(&mut client, &signature);
    json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {
            "certificate": { "rawBytes": STANDARD.encode(certificate) },
            "tlogEntries": [entry],
            "timestampVerificationData": { "rfc3161Timestamps": [{ "signedTimestamp": STANDARD.encode(timestamp) }] },
        },
        "messageSignature": {
            "messageDigest": { "algorithm": "SHA2_256", "digest": STANDARD.encode(digest) },
            "signature": STANDARD.encode(signature),
        },
    })
}

pub(crate) fn now() -> Time {
    Time::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap())
}

pub(crate) fn root(sandbox: &Sandbox) -> TrustedRoot {
    TrustedRoot::parse(sandbox.trusted_root().to_string().as_bytes(), Need::sigstore()).unwrap()
}

/// What whoever trusts the sandbox makes of a bundle.
pub(crate) fn judge(sandbox: &Sandbox, bundle: &Value, artifact: &[u8]) -> Result<VerifiedBundle, VerifyError> {
    let bundle = Bundle::parse(bundle.to_string().as_bytes())?;
    verify(&bundle, &Artifact::from_bytes(artifact), &Trust::nobody().with_root(root(sandbox)), now())
}
