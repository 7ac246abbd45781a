//! An identity token of any bytes never panics, and what is read of it is there. `Debug` never shows it.
#![no_main]

use bulla_sign::oidc::{IdentityToken, SIGSTORE};
use bulla_verify::Time;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Everything after a header that is well formed is the input's.
    let claims = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes);
    let whole = String::from_utf8_lossy(bytes).into_owned();
    for text in [whole, format!("eyJhbGciOiJFUzI1NiJ9.{claims}.c2lnbmF0dXJl")] {
        let Ok(token) = IdentityToken::parse(text.clone().into(), SIGSTORE, Time::from_unix(1_790_000_000)) else { continue };
        assert!(!token.issuer().is_empty() && !token.identity().is_empty());
        assert!(!format!("{token:?}").contains(token.as_str()));
    }
});
