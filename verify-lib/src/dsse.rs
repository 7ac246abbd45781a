//! The pre-authentication encoding of DSSE (secure-systems-lab/dsse, protocol.md).

/// The payload type of in-toto statements.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// What a DSSE signature signs: `DSSEv1 <length> <type> <length> <payload>`, lengths in bytes, decimal.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut encoded = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    encoded.extend_from_slice(payload);
    encoded
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
