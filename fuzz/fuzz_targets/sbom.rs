//! An SBOM of any bytes never panics, nor do its licences: all of their names accept them, and none of them none.
#![no_main]

use bulla_policy::sbom::Sbom;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(sbom) = Sbom::parse(bytes) else { return };
    for license in sbom.packages().iter().flat_map(|package| &package.licenses) {
        let names = license.names();
        assert!(!names.is_empty() && license.holds(|name| names.iter().any(|named| named == name)));
        assert!(!license.holds(|_| false));
    }
});
