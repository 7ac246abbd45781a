//! What a pipeline's environment and token say, of any kind, never panics; provenance that is made of it can be attested.
#![no_main]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bulla_sign::{
    oidc::{IdentityToken, SIGSTORE},
    provenance, statement,
};
use bulla_verify::{Digest, Time};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let now = Time::from_unix(1_790_000_000);
    // One variable a line, and the token's claims after an empty one.
    let (lines, claims) = text.split_once("\n\n").unwrap_or((text, ""));
    let env = |name: &str| {
        let pairs = lines.lines().filter_map(|line| line.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).next()
    };
    let token = format!("eyJhbGciOiJFUzI1NiJ9.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(claims));
    let token = IdentityToken::parse(token.into(), SIGSTORE, now).ok();
    if let Ok(found) = provenance::from_environment(&env, token.as_ref(), now) {
        let statement = statement::of_provenance(&Digest::of(b"app"), None, &found).expect("it can be attested");
        assert!(serde_json::from_slice::<serde_json::Value>(statement.payload()).is_ok());
    }
});
