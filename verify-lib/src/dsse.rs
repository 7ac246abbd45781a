//! The pre-authentication encoding of DSSE (secure-systems-lab/dsse, protocol.md).

/// The payload type of in-toto statements.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// What a DSSE signature signs: `DSSEv1 <length> <type> <length> <payload>`, lengths in bytes, decimal.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(payload.len() + payload_type.len() + 40);
    say_pae(payload_type, payload, &mut |piece| encoded.extend_from_slice(piece));
    encoded
}

/// The same, without a copy of the payload.
pub(crate) fn say_pae(payload_type: &str, payload: &[u8], say: &mut dyn FnMut(&[u8])) {
    let [type_length, length] = [payload_type.len(), payload.len()].map(|length| length.to_string());
    for piece in ["DSSEv1 ", &type_length, " ", payload_type, " ", &length, " "] {
        say(piece.as_bytes());
    }
    say(payload);
}

#[cfg(test)]
mod tests {
    /// The example of the protocol's own text.
    #[test]
    fn the_specification_example_encodes_as_written_there() {
        let encoded = super::pae("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    /// @sigstore/core: a type beyond U+00FF was cut to single bytes, so that two types had one encoding.
    #[test]
    fn cve_2026_48758_lengths_and_bytes_are_of_utf8() {
        assert_eq!(super::pae("\u{141}", b""), "DSSEv1 2 \u{141} 0 ".as_bytes());
        assert_ne!(super::pae("\u{141}", b""), super::pae("A", b""));
    }
}
