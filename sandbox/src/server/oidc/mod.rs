//! The issuer of identities (OpenID Connect): who asks is believed, since nobody else believes the issuer.

mod flow;
pub(crate) mod token;

pub(crate) use flow::SignIns;

use super::Shared;
use crate::http::{Answer, Call};
use serde_json::json;

/// Who signs in where nobody is named.
pub(crate) const DEVELOPER: &str = "dev@sandbox.invalid";

/// Answers what is asked of the issuer; nothing where it is asked of another part.
pub(crate) fn answer(shared: &Shared, call: &Call) -> Option<Answer> {
    let reads = matches!(call.method.as_str(), "GET" | "HEAD");
    Some(match call.path.as_str() {
        "/.well-known/openid-configuration" if reads => Answer::json(200, &discovery(&shared.url)),
        "/auth/keys" if reads => Answer::json(200, &token::key_set(&shared.keys.oidc)),
        "/auth" if reads => flow::browser(shared, call),
        "/auth/token" if call.method == "POST" => flow::token(shared, call),
        "/auth/device/code" if call.method == "POST" => flow::device(shared, call),
        "/auth/device" if reads => flow::device_page(call),
        "/auth/device" if call.method == "POST" => flow::approve(shared, call),
        _ => return None,
    })
}

/// OpenID Connect Discovery 1.0, section 3.
fn discovery(url: &str) -> serde_json::Value {
    json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/auth"),
        "token_endpoint": format!("{url}/auth/token"),
        "device_authorization_endpoint": format!("{url}/auth/device/code"),
        "jwks_uri": format!("{url}/auth/keys"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "email"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "claims_supported": ["aud", "email", "email_verified", "exp", "iat", "iss", "nonce", "sub"],
    })
}
