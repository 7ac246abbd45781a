//! A certificate of any bytes that is to be an authority's in a trusted root: what is read of it is one line, and what is
//! written the verifier has read.
#![no_main]

use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_sign::trusted_root::{Draft, NewAuthority, Trusted};

libfuzzer_sys::fuzz_target!(|der: &[u8]| {
    let chain = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der));
    let url = "https://ca.example.com".to_owned();
    let trusted = Trusted { from: None, until: None };
    let authority = NewAuthority { url, chain: chain.as_bytes(), operator: None, trusted };
    let Ok(draft) = Draft::new().with_authority(&authority) else { return };
    // A certificate with a self-signed root's form may be taken: a chain of one.
    if let Ok(json) = draft.to_json() {
        assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok());
    }
});
