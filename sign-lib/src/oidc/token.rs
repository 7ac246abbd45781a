//! An identity token: what an issuer says of us, until somebody verifies it.

use super::{Ambient, error::OidcError, identity};
use crate::{budget, error::shown};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bulla_verify::{Time, json};
use core::fmt;
use serde::Deserialize;
use serde_json::{Map, Number, Value};
use zeroize::Zeroizing;

/// A JWT for one audience, within its time (RFC 7519).
///
/// Holding one proves its form and these claims, as text. That the issuer signed it is **not** verified: that is the
/// certificate authority's to do. Whoever holds the text can act as us, so it is wiped when dropped, and never shown.
pub struct IdentityToken {
    text: Zeroizing<String>,
    known: Known,
    claims: Map<String, Value>,
    expires: Time,
    identity: String,
    /// The e-mail address, or the subject.
    account: String,
    source: Option<Ambient>,
}

/// The claims that are read here (RFC 7519, 4.1; OpenID Connect Core, 5.1).
#[derive(Deserialize)]
struct Known {
    iss: String,
    #[serde(default)]
    sub: String,
    aud: Value,
    exp: Number,
    nbf: Option<Number>,
    iat: Option<Number>,
    email: Option<String>,
    email_verified: Option<Value>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

impl IdentityToken {
    /// Reads a token; white space at its end, as files have it, is dropped.
    ///
    /// # Errors
    /// [`OidcError`], one variant per check.
    pub fn parse(mut text: Zeroizing<String>, audience: &str, now: Time) -> Result<Self, OidcError> {
        let length = text.trim_ascii_end().len();
        text.truncate(length);
        if text.len() > budget::IDENTITY_TOKEN_BYTES {
            return Err(OidcError::TooLarge);
        }
        let claims = signed_claims(&text)?;
        let known: Known = door(&claims)?;
        let Value::Object(claims) = json::value(&claims).map_err(|error| ambiguous(&error))? else {
            return Err(malformed("its claims are no object"));
        };
        meant_for(&known.aud, audience)?;
        let expires = in_time(&known, now)?;
        let job = identity::of_job(&known.iss, &claims);
        let account = if job.is_some() { &known.sub } else { known.address()?.unwrap_or(&known.sub) };
        if account.is_empty() {
            return Err(OidcError::NoIdentity { reason: "it has neither an e-mail address nor a subject" });
        }
        let account = account.to_owned();
        Ok(Self {
            text,
            known,
            claims,
            expires,
            identity: job.unwrap_or_else(|| account.clone()),
            account,
            source: None,
        })
    }

    /// The token itself: a secret.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Who issued it: a URL.
    pub fn issuer(&self) -> &str {
        &self.known.iss
    }

    /// Whom it is about, by the issuer's own name for them; may be empty where there is an e-mail address.
    pub fn subject(&self) -> &str {
        &self.known.sub
    }

    /// What Fulcio will put into the certificate, as the public one is configured: the e-mail address, the workflow's URI.
    /// Another authority may name us otherwise.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// What Fulcio wants signed with the new key as proof that we have it: the e-mail address, otherwise the subject
    /// (sigstore/fulcio, `pkg/identity`, each principal's `Name`).
    pub fn proof_of_possession_subject(&self) -> &str {
        &self.account
    }

    /// Where a login service stands between us and the issuer, the issuer's name there, which Fulcio then puts into the
    /// certificate instead (dex, `federated_claims.connector_id`; sigstore/fulcio, `config/identity/config.yaml`).
    pub fn federated_issuer(&self) -> Option<&str> {
        self.claims.get("federated_claims")?.get("connector_id")?.as_str()
    }

    /// Where it was found, if it was there without being asked for.
    pub fn source(&self) -> Option<Ambient> {
        self.source
    }

    pub(super) fn found_at(self, source: Ambient) -> Self {
        Self { source: Some(source), ..self }
    }

    /// When it ends.
    pub fn expires(&self) -> Time {
        self.expires
    }

    /// Everything that it claims, whether it is known here or not.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }
}

impl fmt::Debug for IdentityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityToken(..)")
    }
}

impl Known {
    /// The e-mail address, if there is one and the issuer has verified that it is theirs.
    fn address(&self) -> Result<Option<&str>, OidcError> {
        let Some(email) = self.email.as_deref().filter(|email| !email.is_empty()) else { return Ok(None) };
        // Some issuers write it as a text (sigstore/sigstore, `pkg/oauthflow`, "stringAsBool").
        let verified = matches!(&self.email_verified, Some(Value::Bool(true)))
            || self.email_verified.as_ref().and_then(Value::as_str) == Some("true");
        let unverified = OidcError::NoIdentity { reason: "its issuer has not verified the e-mail address" };
        if verified { Ok(Some(email)) } else { Err(unverified) }
    }
}

fn malformed(reason: &str) -> OidcError {
    OidcError::Malformed { reason: reason.to_owned() }
}

fn ambiguous(error: &serde_json::Error) -> OidcError {
    OidcError::Malformed { reason: format!("its claims are not JSON with one meaning: {error}") }
}

/// Through the strict door. Its errors quote a claim at most: without the signature, nobody's secret.
fn door<'de, T: Deserialize<'de>>(text: &'de [u8]) -> Result<T, OidcError> {
    json::from_slice(text).map_err(|error| {
        let reason = json::reason(&error);
        OidcError::Malformed { reason: format!("what is in it is not what a token has: {reason}") }
    })
}

/// The claims of a token in compact form that somebody has signed.
fn signed_claims(text: &str) -> Result<Zeroizing<Vec<u8>>, OidcError> {
    let parts: Vec<&str> = text.splitn(4, '.').collect();
    let [header, claims, signature] = parts[..] else {
        return Err(malformed("it has not three parts with dots between"));
    };
    let header = part(header)?;
    let header: Header = door(&header)?;
    let claims = part(claims)?;
    if header.alg.eq_ignore_ascii_case("none") || part(signature)?.is_empty() {
        return Err(OidcError::Unsigned);
    }
    Ok(claims)
}

/// Base64url without padding, and with no bit to spare (RFC 7515, section 2).
fn part(text: &str) -> Result<Zeroizing<Vec<u8>>, OidcError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map(Zeroizing::new);
    bytes.map_err(|_| malformed("a part of it is not base64url without padding"))
}

/// `aud` is a text, or several (RFC 7519, 4.1.3).
fn meant_for(aud: &Value, audience: &str) -> Result<(), OidcError> {
    let texts: Option<Vec<&str>> = match aud {
        Value::String(one) => Some(vec![one]),
        Value::Array(several) if several.len() <= budget::AUDIENCES => several.iter().map(Value::as_str).collect(),
        _ => None,
    };
    let texts = texts.ok_or_else(|| malformed("its audience is neither a text nor a few"))?;
    if texts.contains(&audience) {
        return Ok(());
    }
    let found = match texts.as_slice() {
        [] => "nobody".to_owned(),
        texts => texts.iter().map(|text| format!("`{}`", shown(text))).collect::<Vec<_>>().join(", "),
    };
    Err(OidcError::Audience { expected: audience.to_owned(), found })
}

/// When it ends, if that is not past, and it has begun as far as clocks agree.
fn in_time(known: &Known, now: Time) -> Result<Time, OidcError> {
    let expires = seconds(&known.exp)?;
    if expires <= now.unix() {
        let ago = now.unix().saturating_sub(expires);
        return Err(OidcError::Expired { expired: Time::from_unix(expires), ago });
    }
    for (claim, start) in [("nbf", &known.nbf), ("iat", &known.iat)] {
        let Some(start) = start.as_ref().map(seconds).transpose()? else { continue };
        let skew = start.saturating_sub(now.unix());
        if skew > budget::CLOCK_SKEW {
            return Err(OidcError::NotYetValid { claim, start: Time::from_unix(start), skew });
        }
    }
    Ok(Time::from_unix(expires))
}

/// A NumericDate: seconds since 1970, perhaps with a fraction, which is dropped (RFC 7519, section 2).
fn seconds(number: &Number) -> Result<i64, OidcError> {
    let text = number.to_string();
    let whole = text.split('.').next().unwrap_or_default();
    whole.parse().map_err(|_| malformed("one of its times is no number of seconds"))
}

#[cfg(test)]
mod tests;
