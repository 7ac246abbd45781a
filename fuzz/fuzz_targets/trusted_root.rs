//! A trusted root of any bytes never panics.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = bulla_verify::TrustedRoot::parse(bytes, bulla_verify::Need::sigstore());
});
