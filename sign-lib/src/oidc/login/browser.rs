//! A login in a browser on this machine: the authorization code flow (OpenID Connect Core, 3.1; RFC 8252), with PKCE.

use super::{Issuer, Pkce, SCOPE, asked, form, sent, token_in, unguessable, waited};
use crate::oidc::{IdentityToken, OidcError};
use bulla_transport::Loopback;
use bulla_verify::Time;
use zeroize::Zeroizing;

/// Where the browser comes back to: the path that cosign uses.
const CALLBACK: &str = "/auth/callback";

const PAGE: &str = "<!doctype html><meta charset=\"utf-8\"><title>bulla</title>\
<p>Your answer has arrived. You may close this page: the terminal says how it went on.</p>\n";

const OTHER_PAGE: &str = "<!doctype html><meta charset=\"utf-8\"><title>bulla</title>\
<p>This is not the answer that is waited for. Log in at the address that the terminal shows last, and close this page.</p>\n";

/// Somebody logs in at `issuer`, as a user of the application `client`, at the address that `show` is given to open.
///
/// The token's nonce is the one that this login began with, and the browser's answer has its secret: neither another
/// page's answer nor another login's token is taken, and another page's answer does not end the wait for the right one.
///
/// # Errors
/// [`OidcError`]: what the issuer says, or that nobody came back within the deadline.
pub fn in_browser(
    issuer: &Issuer,
    client: &str,
    clock: &dyn Fn() -> Time,
    show: &mut dyn FnMut(&str),
) -> Result<IdentityToken, OidcError> {
    let (pkce, state, nonce) = (Pkce::new()?, unguessable()?, unguessable()?);
    let callback = Loopback::listen(CALLBACK, &issuer.options).map_err(waited)?;
    let redirect = callback.url();
    let sign = if issuer.authorization().contains('?') { '&' } else { '?' };
    let query = form(&[
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", &redirect),
        ("scope", SCOPE),
        ("state", &state),
        ("nonce", &nonce),
        ("code_challenge", &pkce.challenge()),
        ("code_challenge_method", "S256"),
    ]);
    show(&format!("{}{sign}{}", issuer.authorization(), query.as_str()));
    let judge = |query: &str| if has_secret(query, &state) { Ok(PAGE) } else { Err(OTHER_PAGE) };
    let query = callback.receive(judge).map_err(waited)?;
    let code = Comeback::parse(&query)?.code(issuer)?;
    let request = sent(&[
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &redirect),
        ("client_id", client),
        ("code_verifier", &pkce.verifier),
    ]);
    let reply = asked(issuer.token(), &request)?;
    if !reply.is_success() {
        let words = reply.words().unwrap_or_else(|| format!("status {}", reply.status));
        return Err(OidcError::LoginRefused { issuer: issuer.url().to_owned(), words });
    }
    let token = token_in(reply.body, issuer, client, clock())?;
    match token.claims().get("nonce").and_then(|nonce| nonce.as_str()) {
        Some(found) if *found == **nonce => Ok(token),
        _ => Err(OidcError::OtherNonce),
    }
}

/// Whether a query has this login's secret (RFC 6749, 10.12). What does not know it is not the issuer's answer, and no word of
/// it is believed.
fn has_secret(query: &str, state: &str) -> bool {
    let values = query.split('&').filter_map(|field| field.strip_prefix("state="));
    values.filter_map(unescaped).any(|found| found.as_str() == state)
}

/// What a browser brings back beside the secret (RFC 6749, 4.1.2; RFC 9207 for `iss`).
#[derive(Default)]
pub(super) struct Comeback {
    code: Option<Zeroizing<String>>,
    iss: Option<Zeroizing<String>>,
    error: Option<Zeroizing<String>>,
    error_description: Option<Zeroizing<String>>,
}

impl Comeback {
    /// Reads a query in which each of them is there once at most.
    pub(super) fn parse(query: &str) -> Result<Self, OidcError> {
        let malformed = |reason| OidcError::ComebackMalformed { reason };
        let mut read = Self::default();
        for field in query.split('&').filter(|field| !field.is_empty()) {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            let place = match name {
                "code" => &mut read.code,
                "iss" => &mut read.iss,
                "error" => &mut read.error,
                "error_description" => &mut read.error_description,
                _ => continue,
            };
            let value = unescaped(value).ok_or_else(|| malformed("its query is not escaped as queries are"))?;
            if place.replace(value).is_some() {
                return Err(malformed("it says one thing twice"));
            }
        }
        Ok(read)
    }

    /// The code, if this issuer gives one.
    fn code(self, issuer: &Issuer) -> Result<Zeroizing<String>, OidcError> {
        if let Some(found) = self.iss.filter(|iss| iss.as_str() != issuer.url()) {
            let (expected, found) = (issuer.url().to_owned(), crate::error::shown(&found));
            return Err(OidcError::OtherIssuer { expected, found });
        }
        if let Some(error) = self.error {
            let words = crate::error::shown(&self.error_description.unwrap_or(error));
            return Err(OidcError::LoginRefused { issuer: issuer.url().to_owned(), words });
        }
        let code = self.code.filter(|code| !code.is_empty());
        code.ok_or(OidcError::ComebackMalformed { reason: "it has no code" })
    }
}

/// Percent escapes, and `+` for a space.
pub(super) fn unescaped(text: &str) -> Option<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let [high, low] = [rest.next()?, rest.next()?].map(|digit| char::from(digit).to_digit(16));
                u8::try_from(high? * 16 + low?).ok()?
            }
            byte => byte,
        });
    }
    core::str::from_utf8(&bytes).ok().map(|text| Zeroizing::new(text.to_owned()))
}
