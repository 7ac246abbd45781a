//! Tokens for the tests: of the right form, and signed by nobody who counts.

use super::{IdentityToken, OidcError, SIGSTORE};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bulla_verify::Time;
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// 2026-11-25T12:00:00Z.
pub(crate) fn now() -> Time {
    Time::from_unix(1_795_608_000)
}

/// These claims over those that every token has; `null` takes one away.
pub(crate) fn claims(more: Value) -> Value {
    let mut claims = json!({
        "iss": "https://issuer.test", "sub": "robot", "aud": SIGSTORE,
        "exp": now().unix() + 600, "iat": now().unix(), "nbf": now().unix(),
    });
    for (name, value) in more.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    claims
}

/// A token of these parts.
pub(crate) fn jwt_of(header: &str, claims: &str, signature: &[u8]) -> Zeroizing<String> {
    let [header, claims, signature] =
        [header.as_bytes(), claims.as_bytes(), signature].map(|part| URL_SAFE_NO_PAD.encode(part));
    Zeroizing::new(format!("{header}.{claims}.{signature}"))
}

/// A token with [`claims`].
pub(crate) fn jwt(more: Value) -> Zeroizing<String> {
    jwt_of(r#"{"alg":"RS256","typ":"JWT"}"#, &claims(more).to_string(), b"signature")
}

pub(crate) fn parse(text: Zeroizing<String>) -> Result<IdentityToken, OidcError> {
    IdentityToken::parse(text, SIGSTORE, now())
}

pub(crate) fn token(more: Value) -> IdentityToken {
    parse(jwt(more)).unwrap()
}
