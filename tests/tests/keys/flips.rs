//! Every byte of a bundle, changed: nothing panics, and nothing that matters is accepted.

use crate::{check_bytes, key_of, message_bundle, public, statement, statement_bundle};
use bulla_sandbox::{Algorithm, Key};
use bulla_verify::{Artifact, SIGN_V1};
use serde_json::{Value, json};

const APP: &[u8] = b"app";

/// The hint to the key may be anything.
fn is_hint(bundle: &str, at: usize) -> bool {
    let start = bundle.find("\"hint\":\"").expect("a hint") + "\"hint\":\"".len();
    (start..start + 44).contains(&at)
}

fn flip_every_byte(key: &Key, bundle: &Value) {
    let text = bundle.to_string();
    let public = public(key);
    for at in 0..text.len() {
        for flip in [1, 0x20, 0x80] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= flip;
            let accepted = check_bytes(&bytes, &Artifact::from_bytes(APP), public.clone()).is_ok();
            assert!(!accepted || is_hint(&text, at), "accepted with byte {at} changed by {flip:#x}");
        }
        assert!(
            check_bytes(&text.as_bytes()[..at], &Artifact::from_bytes(APP), public.clone()).is_err(),
            "cut at {at}"
        );
    }
}

#[test]
fn no_changed_byte_of_a_bundle_goes_unnoticed() {
    let key = key_of(Algorithm::Ed25519);
    flip_every_byte(&key, &message_bundle(&key, APP));
    flip_every_byte(&key, &statement_bundle(&key, &statement(SIGN_V1, json!({}), APP)));
}
