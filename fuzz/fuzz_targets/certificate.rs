//! A signer's certificate of any bytes, through the one door that reads one without verifying it.
#![no_main]

use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{BUNDLE_V0_3, Bundle};

libfuzzer_sys::fuzz_target!(|der: &[u8]| {
    let certificate = STANDARD.encode(der);
    let bundle = format!(
        r#"{{"mediaType":"{BUNDLE_V0_3}","verificationMaterial":{{"certificate":{{"rawBytes":"{certificate}"}}}},"messageSignature":{{"signature":"AAAA"}}}}"#
    );
    if let Ok(bundle) = Bundle::parse(bundle.as_bytes())
        && let Some((identity, issuer)) = bundle.unverified_identity()
    {
        assert!(!issuer.is_empty() && identity.as_str().len() <= der.len());
    }
});
