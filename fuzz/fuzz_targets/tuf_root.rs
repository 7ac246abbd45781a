//! A TUF root of any bytes never panics, and is kept as it came. Other metadata is read only once its signatures are good.
#![no_main]

use bulla_transport::tuf::Repository;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(repository) = Repository::new("fuzz", "https://tuf.invalid", bytes) {
        assert_eq!(repository.root(), bytes);
    }
});
