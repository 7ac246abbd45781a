//! Certificates: Fulcio's API v2 (sigstore/fulcio, `fulcio.proto`).

use crate::{
    IdentityToken, OidcError, SigningKey, budget,
    key::pem,
    sigstore::{Part, Share, SigstoreError, ask},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_transport::{Request, Service};
use bulla_verify::{Identity, IssuedCertificate, KeyAlgorithm, Time, TrustedRoot, VerifyError, verify_certificate};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A certificate that was issued for our key and our identity, under the trusted root, and is known to its certificate logs.
#[derive(Debug)]
pub(crate) struct Certified(IssuedCertificate);

impl Certified {
    pub(crate) fn certificate(&self) -> &IssuedCertificate {
        &self.0
    }
}

/// Asks for a certificate, and takes none but the right one.
pub(crate) fn certify(
    service: &Service,
    token: &IdentityToken,
    key: &SigningKey,
    root: &TrustedRoot,
    now: Time,
    share: Share,
) -> Result<Certified, SigstoreError> {
    in_time(token, now)?;
    // Plain HTTP may have been asked for, for a registry or a log: that is no reason to send a secret so.
    if !service.is_private() {
        return Err(SigstoreError::TokenInClear { url: service.url().to_owned() });
    }
    let answer = Answer::parse(service.url(), &request(service, token, key, share)?)?;
    let certificate = answer.verify(root, now)?;
    let (expected, found) = (key.verifying_key(), certificate.key());
    if expected != found {
        let [expected, found] = [expected, found].map(|key| key.id().to_string());
        return Err(SigstoreError::CertificateOtherKey { expected, found });
    }
    is_of(&certificate, token)?;
    Ok(Certified(certificate))
}

/// A token that ended since it was read is not sent anywhere.
fn in_time(token: &IdentityToken, now: Time) -> Result<(), SigstoreError> {
    let expired = token.expires();
    let ago = now.unix().saturating_sub(expired.unix());
    if ago < 0 { Ok(()) } else { Err(OidcError::Expired { expired, ago }.into()) }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreateSigningCertificateRequest {
    public_key_request: PublicKeyRequest,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PublicKeyRequest {
    public_key: PublicKey,
    proof_of_possession: String,
}

#[derive(Serialize)]
struct PublicKey {
    algorithm: &'static str,
    content: String,
}

/// The token travels in a header, so that no server writes it down with the body. Asking again makes another certificate, and
/// no harm.
fn request(service: &Service, token: &IdentityToken, key: &SigningKey, share: Share) -> Result<Vec<u8>, SigstoreError> {
    let broken =
        |reason: String| SigstoreError::Malformed { part: Part::Authority, url: service.url().to_owned(), reason };
    let proof =
        key.sign_bytes(token.proof_of_possession_subject().as_bytes()).map_err(|error| broken(error.to_string()))?;
    let public_key =
        PublicKey { algorithm: name(key.verifying_key().algorithm()), content: key.verifying_key().to_pem() };
    let public_key_request = PublicKeyRequest { public_key, proof_of_possession: STANDARD.encode(proof) };
    let body = serde_json::to_vec(&CreateSigningCertificateRequest { public_key_request });
    let request = Request {
        content_type: Some("application/json"),
        accept: Some("application/json"),
        body: Zeroizing::new(body.map_err(|error| broken(error.to_string()))?),
        headers: vec![("authorization", Zeroizing::new(format!("Bearer {}", token.as_str())))],
        ..share.request(budget::CERTIFICATE_ANSWER_BYTES)
    };
    let reply = ask(Part::Authority, service, "/api/v2/signingCert", &request)?;
    if reply.is_success() {
        Ok(reply.body)
    } else {
        Err(SigstoreError::refused(Part::Authority, service.url(), &reply))
    }
}

/// `fulcio.proto`, `PublicKeyAlgorithm`; its name for RSA means PKCS#1 v1.5 too, and it looks at the key, not at this.
fn name(algorithm: KeyAlgorithm) -> &'static str {
    match algorithm {
        KeyAlgorithm::EcdsaP256 | KeyAlgorithm::EcdsaP384 | KeyAlgorithm::EcdsaP521 => "ECDSA",
        KeyAlgorithm::Ed25519 => "ED25519",
        KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss => "RSA_PSS",
    }
}

/// The certificate as DER, and the promise beside it in the form of RFC 6962, 3.2.
struct Answer {
    leaf: Vec<u8>,
    sct: Option<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SigningCertificate {
    signed_certificate_embedded_sct: Option<WithChain>,
    signed_certificate_detached_sct: Option<WithChain>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WithChain {
    chain: Chain,
    signed_certificate_timestamp: Option<String>,
}

#[derive(Deserialize)]
struct Chain {
    certificates: Vec<String>,
}

/// `AddChainResponse` of google/certificate-transparency-go, RFC 6962, 4.1.
#[derive(Deserialize)]
struct AddChainResponse {
    sct_version: u8,
    id: String,
    timestamp: u64,
    extensions: String,
    signature: String,
}

impl Answer {
    fn parse(url: &str, body: &[u8]) -> Result<Self, SigstoreError> {
        let broken = |reason: &str| SigstoreError::Malformed {
            part: Part::Authority,
            url: url.to_owned(),
            reason: reason.to_owned(),
        };
        let answer: SigningCertificate =
            bulla_verify::json::from_slice(body).map_err(|error| broken(&bulla_verify::json::reason(&error)))?;
        let with_chain = match (answer.signed_certificate_embedded_sct, answer.signed_certificate_detached_sct) {
            (Some(one), None) | (None, Some(one)) => one,
            _ => return Err(broken("neither an embedded nor a detached SCT, or both")),
        };
        // The issuers are the answer's word for what the trusted root says, and are not used.
        let leaf = with_chain.chain.certificates.first().ok_or_else(|| broken("no certificate in it"))?;
        let block = pem::parse(leaf.as_bytes()).ok().filter(|block| block.label == "CERTIFICATE");
        let leaf = block.ok_or_else(|| broken("its certificate is not one PEM block"))?.bytes.to_vec();
        let sct = with_chain.signed_certificate_timestamp.filter(|text| !text.is_empty());
        let sct = sct.map(|text| detached(&text).ok_or_else(|| broken("its detached SCT"))).transpose()?;
        Ok(Self { leaf, sct })
    }

    /// Under the trusted root, now; a certificate that begins a little later by the authority's clock, then.
    fn verify(&self, root: &TrustedRoot, now: Time) -> Result<IssuedCertificate, SigstoreError> {
        let at = |time| verify_certificate(&self.leaf, None, root, time);
        let verified = match at(now) {
            Err(VerifyError::CertificateWindow { window, .. }) if window.start() > now => {
                let seconds = window.start().unix().saturating_sub(now.unix());
                if seconds > budget::CLOCK_TOLERANCE {
                    let (whose, of, time) = ("the certificate authority's", "this machine's", window.start());
                    return Err(SigstoreError::ClockSkew { whose, of, seconds, time });
                }
                at(window.start())
            }
            // It was issued a moment ago, so that it cannot have ended.
            Err(VerifyError::CertificateWindow { window, certificate: "the signer's certificate", .. }) => {
                let seconds = now.unix().saturating_sub(window.start().unix());
                let (whose, of) = ("this machine's", "the certificate authority's");
                return Err(SigstoreError::ClockSkew { whose, of, seconds, time: now });
            }
            other => other,
        };
        verified.map_err(|error| self.refusal(error, root, now))
    }

    fn refusal(&self, error: VerifyError, root: &TrustedRoot, now: Time) -> SigstoreError {
        match error {
            VerifyError::SctThreshold { needed, found } => {
                let beside = |sct: &Vec<u8>| verify_certificate(&self.leaf, Some(sct), root, now);
                match self.sct.as_ref().map(beside) {
                    None => SigstoreError::CertificateWithoutSct { needed, found },
                    Some(Ok(_)) => SigstoreError::CertificateSctDetached,
                    Some(Err(error)) => SigstoreError::CertificateUnproved(error),
                }
            }
            VerifyError::CertificateChain { reason } => SigstoreError::CertificateUntrusted { reason },
            error => SigstoreError::CertificateUnproved(error),
        }
    }
}

/// The SCT of an `AddChainResponse` in base64, as TLS writes it (RFC 6962, 3.2).
fn detached(text: &str) -> Option<Vec<u8>> {
    let json = STANDARD.decode(text).ok()?;
    let sct: AddChainResponse = bulla_verify::json::from_slice(&json).ok()?;
    let [id, extensions, signature] = [sct.id, sct.extensions, sct.signature].map(|field| STANDARD.decode(field).ok());
    let (id, extensions, signature) = (id.filter(|id| id.len() == 32)?, extensions?, signature?);
    let length = u16::try_from(extensions.len()).ok()?.to_be_bytes();
    Some([&[sct.sct_version][..], &id, &sct.timestamp.to_be_bytes(), &length, &extensions, &signature].concat())
}

/// Whether the certificate names whom the token is about, and the token's issuer, or the one behind it.
fn is_of(certificate: &IssuedCertificate, token: &IdentityToken) -> Result<(), SigstoreError> {
    let found = certificate.identity();
    if !names(found, token) {
        let (expected, found) = (token.identity().to_owned(), found.to_string());
        return Err(SigstoreError::CertificateOtherIdentity { expected, found });
    }
    let expected = token.federated_issuer().unwrap_or(token.issuer());
    if ![expected, token.issuer()].contains(&certificate.issuer()) {
        let (expected, found) = (expected.to_owned(), certificate.issuer().to_owned());
        return Err(SigstoreError::CertificateOtherIssuer { expected, found });
    }
    Ok(())
}

/// The public authority's name for us; or one that another authority is configured to make of the token's own claims: the
/// subject, the subject and a domain (`username` issuers), or the address of a workflow (`ci-provider` issuers).
fn names(found: &Identity, token: &IdentityToken) -> bool {
    let name = found.as_str();
    let is = |known: &str| !known.is_empty() && name == known;
    let of_subject = |rest: &str| rest.starts_with('!');
    let workflow = |claim: &str| {
        let claim = token.claims().get(claim).and_then(|value| value.as_str()).filter(|claim| !claim.is_empty());
        claim.is_some_and(|claim| name.strip_suffix(claim).is_some_and(is_host))
    };
    is(token.identity())
        || is(token.subject())
        || is(token.proof_of_possession_subject())
        || match found {
            Identity::OtherName(name) => name.strip_prefix(token.subject()).is_some_and(of_subject),
            Identity::Uri(_) => workflow("job_workflow_ref") || workflow("ci_config_ref_uri"),
            _ => false,
        }
}

/// `https://`, or that and a host and a slash.
fn is_host(text: &str) -> bool {
    let Some(host) = text.strip_prefix("https://") else { return false };
    host.is_empty() || host.strip_suffix('/').is_some_and(|host| !host.is_empty() && !host.contains('/'))
}

#[cfg(test)]
mod tests;
