//! A login on another machine: a person is shown an address and a code, and we ask until they have logged in (RFC 8628).

use super::{Issuer, Pkce, Refusal, SCOPE, asked, is_plain, sent, token_in, waited};
use crate::{
    budget,
    oidc::{IdentityToken, OidcError, secret::Secret},
};
use bulla_transport::{Options, Service};
use bulla_verify::Time;
use serde::Deserialize;
use std::time::{Duration, Instant};

/// What a person needs in order to log in elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceCode {
    /// Where they go.
    pub address: String,
    /// What they type there.
    pub code: String,
    /// The same with the code in it, where the issuer has such an address: to be clicked, or shown as a picture.
    pub complete_address: Option<String>,
    /// How long they have.
    pub time: Duration,
}

#[derive(Deserialize)]
struct Granted {
    device_code: Secret,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: u64,
    interval: Option<u64>,
}

/// Somebody logs in at `issuer`, as a user of the application `client`, wherever they like, with what `show` is given.
///
/// # Errors
/// [`OidcError`]: what the issuer says, or that nobody logged in within the deadline.
pub fn by_code(
    issuer: &Issuer,
    client: &str,
    clock: &dyn Fn() -> Time,
    show: &mut dyn FnMut(&DeviceCode),
) -> Result<IdentityToken, OidcError> {
    let pkce = Pkce::new()?;
    let request = sent(&[
        ("client_id", client),
        ("scope", SCOPE),
        ("code_challenge", &pkce.challenge()),
        ("code_challenge_method", "S256"),
    ]);
    let reply = asked(issuer.device()?, &request)?;
    if !reply.is_success() {
        return Err(refused(issuer, reply.words(), reply.status));
    }
    let granted: Granted = bulla_verify::json::from_slice(&reply.body)
        .map_err(|_| issuer.malformed("its answer is no code for another machine"))?;
    let code = shown(&granted, issuer)?;
    show(&code);
    let [shortest, longest] = budget::DEVICE_PAUSES;
    let mut pause = granted.interval.map_or(budget::DEVICE_PAUSE, Duration::from_secs).clamp(shortest, longest);
    let end = Instant::now() + code.time;
    let request = sent(&[
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", &granted.device_code.0),
        ("client_id", client),
        ("code_verifier", &pkce.verifier),
    ]);
    loop {
        issuer.token().pause(pause).map_err(waited)?;
        let reply = asked(issuer.token(), &request)?;
        if reply.is_success() {
            return token_in(reply.body, issuer, client, clock());
        }
        let refusal = bulla_verify::json::from_slice::<Refusal>(&reply.body).map(|refusal| refusal.error);
        match refusal.as_deref().unwrap_or_default() {
            "authorization_pending" if Instant::now() < end => {}
            "slow_down" if Instant::now() < end => pause = (pause + budget::DEVICE_PAUSE).min(longest),
            "authorization_pending" | "slow_down" | "expired_token" => {
                return Err(OidcError::LoginTimedOut { seconds: code.time.as_secs() });
            }
            _ => return Err(refused(issuer, reply.words(), reply.status)),
        }
    }
}

fn refused(issuer: &Issuer, words: Option<String>, status: u16) -> OidcError {
    let words = words.unwrap_or_else(|| format!("status {status}"));
    OidcError::LoginRefused { issuer: issuer.url().to_owned(), words }
}

/// What may be shown to a person: an encrypted address, and a code that they can type. What else an issuer says could steer
/// their terminal, or their browser.
fn shown(granted: &Granted, issuer: &Issuer) -> Result<DeviceCode, OidcError> {
    let address = |address: &String| {
        let safe = is_plain(address) && Service::new(address, &Options::default()).is_ok();
        safe.then(|| address.clone()).ok_or_else(|| issuer.malformed("where it sends people is not an https address"))
    };
    let code = &granted.user_code;
    let printable = code.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if code.is_empty() || code.len() > budget::USER_CODE_BYTES || !printable {
        return Err(issuer.malformed("its code is nothing that a person can type"));
    }
    Ok(DeviceCode {
        address: address(&granted.verification_uri)?,
        code: code.clone(),
        complete_address: granted.verification_uri_complete.as_ref().map(address).transpose()?,
        time: Duration::from_secs(granted.expires_in).min(issuer.options.deadline),
    })
}
