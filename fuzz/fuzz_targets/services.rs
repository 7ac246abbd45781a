//! A signing configuration or a trusted root to look at, of any bytes, never panics; a service that is chosen has an address.
#![no_main]

use bulla_sign::{SigningConfig, trusted_root};
use bulla_verify::Time;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let now = Time::from_unix(1_790_000_000);
    if let Ok(config) = SigningConfig::parse(bytes) {
        assert!(config.logs_now(now).iter().all(|log| !log.url().is_empty()));
        assert!(config.issuer(now).map_or(true, |issuer| !issuer.url().is_empty()));
    }
    if let Ok(listed) = trusted_root::list(bytes) {
        for service in listed {
            service.is_current(now);
        }
    }
});
