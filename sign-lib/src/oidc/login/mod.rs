//! Logging in: a person proves to an issuer who they are, in a browser here or elsewhere.
//!
//! Nothing is opened or printed here: the caller is given the address, and the code, to show.

mod browser;
mod device;
mod issuer;

pub use browser::in_browser;
pub use device::{DeviceCode, by_code};
pub use issuer::Issuer;

use super::{IdentityToken, OidcError, secret::Secret};
use crate::budget;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bulla_transport::{Error, Request, Service, escaped};
use bulla_verify::{Digest, Time};
use serde::Deserialize;
use zeroize::Zeroizing;

/// What we want to know of a person: who they are, and their address, which Fulcio puts into the certificate.
const SCOPE: &str = "openid email";

/// 256 bits that nobody can guess, in base64url: 43 characters.
fn unguessable() -> Result<Zeroizing<String>, OidcError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| OidcError::NoRandomness)?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice())))
}

/// A secret that only whoever began a login has, so that nobody else can end it (RFC 7636).
struct Pkce {
    verifier: Zeroizing<String>,
}

impl Pkce {
    fn new() -> Result<Self, OidcError> {
        unguessable().map(|verifier| Self { verifier })
    }

    /// What may be known of it (RFC 7636, 4.2, `S256`).
    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Digest::of(self.verifier.as_bytes()).as_bytes())
    }
}

/// Whether a person, or a browser, may be given this as an address; whether it is one, [`Service`] says.
fn is_plain(address: &str) -> bool {
    address.len() <= budget::LOGIN_ADDRESS_BYTES && address.bytes().all(|byte| byte.is_ascii_graphic())
}

/// `application/x-www-form-urlencoded`, which is also what a query is.
fn form(fields: &[(&str, &str)]) -> Zeroizing<String> {
    let field = |(name, value): &(&str, &str)| format!("{name}={}", escaped(value));
    Zeroizing::new(fields.iter().map(field).collect::<Vec<_>>().join("&"))
}

/// What a form is answered with, and how we ask: once, since a code is good for one answer.
fn sent(fields: &[(&str, &str)]) -> Request {
    Request {
        content_type: Some("application/x-www-form-urlencoded"),
        accept: Some("application/json"),
        body: Zeroizing::new(form(fields).as_bytes().to_vec()),
        limit: budget::TOKEN_ANSWER_BYTES,
        repeatable: false,
        ..Request::default()
    }
}

#[derive(Deserialize)]
struct Answer {
    id_token: Secret,
}

/// What an issuer answers where it gives nothing (RFC 6749, 5.2).
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// The token in an answer of the token endpoint, if it is from this issuer and for this client.
fn token_in(body: Vec<u8>, issuer: &Issuer, client: &str, now: Time) -> Result<IdentityToken, OidcError> {
    let body = Zeroizing::new(body);
    let answer: Answer = bulla_verify::json::from_slice(&body)
        .map_err(|_| issuer.malformed("its answer has no `id_token` (was the scope `openid` granted?)"))?;
    let token = IdentityToken::parse(answer.id_token.0, client, now)?;
    if token.issuer() != issuer.url() {
        let (expected, found) = (issuer.url().to_owned(), crate::error::shown(token.issuer()));
        return Err(OidcError::OtherIssuer { expected, found });
    }
    Ok(token)
}

/// A wait that is over is the person's, and no server's.
fn waited(error: Error) -> OidcError {
    match error {
        Error::DeadlineExceeded { seconds, .. } => OidcError::LoginTimedOut { seconds },
        error => OidcError::Login(Box::new(error)),
    }
}

fn asked(service: &Service, request: &Request) -> Result<bulla_transport::Reply, OidcError> {
    service.post("", request).map_err(|error| OidcError::Login(Box::new(error)))
}

#[cfg(test)]
mod tests;
