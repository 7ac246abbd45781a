//! The certificate authority's API: Fulcio's, version 2.

mod claims;
mod csr;

use super::{
    Part, Shared, ct,
    grpc::{Code, Status},
    oidc::token,
};
use crate::{
    budget,
    http::{Answer, Call},
    sigstore::{
        Flaw, Principal,
        certificate::{Authority, extension},
        holder::Holder,
        key::{Algorithm, Key, random},
        pem,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::json;
use claims::Applicant;
use csr::Csr;
use serde::Deserialize;
use serde_json::json;

/// Answers what is asked of the authority; nothing where it is asked of another part.
pub(crate) fn answer(shared: &Shared, call: &Call) -> Option<Answer> {
    let answered = match (call.method.as_str(), call.path.as_str()) {
        ("POST", "/api/v2/signingCert") => signing_cert(shared, call),
        ("GET" | "HEAD", "/api/v2/trustBundle") => Ok(trust_bundle(shared)),
        ("GET" | "HEAD", "/api/v2/configuration") => Ok(configuration(shared)),
        _ => return None,
    };
    Some(answered.unwrap_or_else(|status| status.answer()))
}

/// `fulcio.proto`, `CreateSigningCertificateRequest`; in JSON either spelling of a field's name will do.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Request {
    credentials: Option<Credentials>,
    #[serde(alias = "public_key_request")]
    public_key_request: Option<PublicKeyRequest>,
    #[serde(alias = "certificate_signing_request")]
    certificate_signing_request: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Credentials {
    #[serde(alias = "oidc_identity_token")]
    oidc_identity_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PublicKeyRequest {
    #[serde(alias = "public_key")]
    public_key: Option<PublicKey>,
    #[serde(alias = "proof_of_possession")]
    proof_of_possession: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PublicKey {
    /// Not looked at: the key says it itself.
    #[serde(rename = "algorithm")]
    _algorithm: Option<serde_json::Value>,
    content: Option<String>,
}

const TOKEN: &str = "There was an error processing the identity token";
const SIGNATURE: &str = "The signature supplied in the request could not be verified";
const KEY: &str = "The public key supplied in the request could not be parsed";
const CSR: &str = "The certificate signing request could not be parsed";

fn invalid(message: impl Into<String>) -> Status {
    Status::new(Code::InvalidArgument, message)
}

fn signing_cert(shared: &Shared, call: &Call) -> Result<Answer, Status> {
    if call.body.bytes().len() > budget::SIGSTORE_BYTES {
        return Err(Status::new(Code::ResourceExhausted, "the request is larger than 4 MiB"));
    }
    let request: Request = json::from_slice(call.body.bytes()).map_err(|error| invalid(json::reason(&error)))?;
    let bearer = call.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let token = request.credentials.as_ref().and_then(|it| it.oidc_identity_token.as_deref()).or(bearer);
    let claims = token::verify(shared, token.unwrap_or_default()).map_err(|why| invalid(format!("{TOKEN}: {why}")))?;
    let applicant = Applicant::of(&claims, &shared.url).ok_or_else(|| invalid(format!("{TOKEN}: it names nobody")))?;
    let holder = holder(&request, &applicant)?;
    let chain = certify(shared, &holder, &applicant.principal)?;
    let kind = if shared.has(Part::Ct) { "signedCertificateEmbeddedSct" } else { "signedCertificateDetachedSct" };
    let certificates: Vec<_> = chain.iter().map(|der| pem::write("CERTIFICATE", der)).collect();
    Ok(Answer::json(200, &json!({ kind: { "chain": { "certificates": certificates } } })))
}

/// The key that the client has shown to possess.
fn holder(request: &Request, applicant: &Applicant) -> Result<Holder, Status> {
    match (&request.public_key_request, &request.certificate_signing_request) {
        (None, Some(csr)) => {
            let pem =
                STANDARD.decode(csr).ok().and_then(|pem| String::from_utf8(pem).ok()).ok_or_else(|| invalid(CSR))?;
            let der = pem::read(&pem, "CERTIFICATE REQUEST").ok_or_else(|| invalid(CSR))?;
            let csr = Csr::parse(&der).ok_or_else(|| invalid(CSR))?;
            if csr.is_signed() { Ok(csr.holder) } else { Err(invalid(SIGNATURE)) }
        }
        (Some(request), None) => {
            let content = request.public_key.as_ref().and_then(|key| key.content.as_deref()).unwrap_or_default();
            let spki = pem::read(content, "PUBLIC KEY").ok_or_else(|| invalid(KEY))?;
            let holder = Holder::from_spki(&spki).ok_or_else(|| invalid(KEY))?;
            let proof = request.proof_of_possession.as_deref().and_then(|proof| STANDARD.decode(proof).ok());
            let proved = proof.is_some_and(|proof| holder.has_signed(applicant.proof.as_bytes(), &proof));
            if proved { Ok(holder) } else { Err(invalid(SIGNATURE)) }
        }
        _ => Err(invalid(KEY)),
    }
}

/// The certificate, and those above it.
fn certify(shared: &Shared, holder: &Holder, principal: &Principal) -> Result<Vec<Vec<u8>>, Status> {
    let (flaw, now) = (shared.flaw(), shared.now());
    let other = Key::generate(Algorithm::EcdsaP256)?;
    let spki = if flaw == Some(Flaw::CertificateOfAnotherKey) { other.spki() } else { holder.spki() };
    let stranger = if flaw == Some(Flaw::UntrustedChain) { Some(stranger(shared)?) } else { None };
    let authority = stranger.as_ref().unwrap_or(&shared.keys.authority);
    let serial: [u8; 16] = random()?;
    let mut draft = authority.draft(&serial, spki, principal, flaw, now)?;
    if !matches!(flaw, Some(Flaw::NoOidcIssuer | Flaw::TwoOidcIssuers | Flaw::EmptyOidcIssuer)) {
        draft = draft.with(extension("1.3.6.1.4.1.57264.1.1", false, shared.url.as_bytes()));
    }
    let mut promises = Vec::new();
    if shared.has(Part::Ct) && flaw != Some(Flaw::NoSct) {
        let chain = [vec![draft.precertificate()?], authority.chain.clone()].concat();
        let promise = ct::promise_to(shared, &chain, true)
            .map_err(|_| Status::new(Code::Internal, "Error entering certificate in CTL"))?;
        promises.push(promise);
    }
    Ok([vec![draft.certificate(&promises)?], authority.chain.clone()].concat())
}

/// An authority of the same name that no root lists.
fn stranger(shared: &Shared) -> std::io::Result<Authority> {
    super::keys::authority(shared.now())
}

fn trust_bundle(shared: &Shared) -> Answer {
    let certificates: Vec<_> = shared.keys.authority.chain.iter().map(|der| pem::write("CERTIFICATE", der)).collect();
    Answer::json(200, &json!({ "chains": [{ "certificates": certificates }] }))
}

fn configuration(shared: &Shared) -> Answer {
    Answer::json(
        200,
        &json!({ "issuers": [{
            "issuerUrl": shared.url, "audience": token::AUDIENCE, "challengeClaim": "email",
            "spiffeTrustDomain": "", "issuerType": "email", "subjectDomain": "",
        }] }),
    )
}
