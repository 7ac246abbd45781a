//! A place of any text never panics, and reads back as it was written.
#![no_main]

use bulla_transport::Reference;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(reference) = Reference::parse(text) {
        assert!(Reference::parse(&reference.to_string()).is_ok());
    }
});
