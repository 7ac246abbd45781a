//! Identity tokens: JSON Web Tokens under ES256 (RFC 7519, RFC 7518).

use crate::{
    server::Shared,
    sigstore::{
        Flaw,
        key::{Algorithm, Key},
    },
};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bulla_verify::json;
use serde_json::{Value, json};
use std::io::Result;

/// For whom Sigstore's tokens are.
pub(crate) const AUDIENCE: &str = "sigstore";

/// How long a token is good for: as long as a certificate, ten minutes.
pub(crate) const LIFETIME: i64 = 600;

/// How far ahead a client's clock may be (go-oidc, which Fulcio reads tokens with: 5 minutes).
const LEEWAY: i64 = 300;

const HOUR: i64 = 3600;

/// A token with the claims that every token has, and these.
pub(crate) fn mint(shared: &Shared, more: &Value) -> Result<String> {
    let flaw = shared.flaw();
    let now = shared.now().unix() + if flaw == Some(Flaw::TokenOfTheFuture) { HOUR } else { 0 };
    let now = if flaw == Some(Flaw::TokenExpired) { now - LIFETIME - HOUR } else { now };
    let audience = if flaw == Some(Flaw::TokenForAnother) { "another" } else { AUDIENCE };
    let mut claims = json!({
        "iss": shared.url, "aud": audience, "iat": now, "nbf": now, "exp": now + LIFETIME,
    });
    if let (Some(claims), Some(more)) = (claims.as_object_mut(), more.as_object()) {
        claims.extend(more.clone());
    }
    let header = json!({ "alg": "ES256", "kid": key_id(&shared.keys.oidc), "typ": "JWT" });
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let message = format!("{header}.{claims}");
    let another = Key::generate(Algorithm::EcdsaP256)?;
    let key = if flaw == Some(Flaw::TokenOfAnotherKey) { &another } else { &shared.keys.oidc };
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(key.sign_fixed(message.as_bytes())?)))
}

/// What a token for an e-mail address says.
pub(crate) fn of_email(email: &str, nonce: Option<&str>) -> Value {
    let mut claims = json!({ "sub": email, "email": email, "email_verified": true });
    if let (Some(claims), Some(nonce)) = (claims.as_object_mut(), nonce) {
        claims.insert("nonce".to_owned(), json!(nonce));
    }
    claims
}

/// The claims of a token that this issuer has signed, for Sigstore, and now; or what is wrong with it.
pub(crate) fn verify(shared: &Shared, token: &str) -> std::result::Result<Value, &'static str> {
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("it is not a signed token");
    };
    let message = format!("{header}.{claims}");
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "it is not base64url");
    let document = |part: &str| json::from_slice::<Value>(&decoded(part)?).map_err(|_| "it is not JSON");
    let header = document(header)?;
    if header.pointer("/alg") != Some(&json!("ES256"))
        || header.pointer("/kid") != Some(&json!(key_id(&shared.keys.oidc)))
    {
        return Err("it is not signed with a key of the issuer");
    }
    let point = shared.keys.oidc.point();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    key.verify(message.as_bytes(), &decoded(signature)?).map_err(|_| "its signature is wrong")?;
    let claims = document(claims)?;
    let now = shared.now().unix();
    let time = |name: &str| claims.pointer(name).and_then(Value::as_i64);
    if claims.pointer("/iss").and_then(Value::as_str) != Some(&shared.url) {
        return Err("it is of another issuer");
    }
    if !is_for_sigstore(&claims) {
        return Err("it is for another audience");
    }
    if time("/exp").is_none_or(|end| end <= now) {
        return Err("it has expired");
    }
    if time("/nbf").is_some_and(|start| start > now + LEEWAY) {
        return Err("it is not valid yet");
    }
    Ok(claims)
}

fn is_for_sigstore(claims: &Value) -> bool {
    match claims.pointer("/aud") {
        Some(Value::String(audience)) => audience == AUDIENCE,
        Some(Value::Array(audiences)) => audiences.iter().any(|audience| audience == AUDIENCE),
        _ => false,
    }
}

/// The issuer's keys (RFC 7517).
pub(crate) fn key_set(key: &Key) -> Value {
    let point = key.point();
    let coordinate = |range| URL_SAFE_NO_PAD.encode(point.get(range).unwrap_or_default());
    json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": key_id(key),
        "x": coordinate(1..33), "y": coordinate(33..65),
    }] })
}

fn key_id(key: &Key) -> String {
    URL_SAFE_NO_PAD.encode(key.id())
}
