//! Base64 and PEM, strictly.

use base64::{Engine, engine::general_purpose::STANDARD};

/// Bytes of standard base64 with its padding (RFC 4648, section 4); no white space, no trailing bits.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Standard base64 with padding.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The same, at the end of `text`, which grows once.
pub(crate) fn append_base64(bytes: &[u8], text: &mut String) {
    text.reserve(bytes.len().div_ceil(3) * 4 + 200);
    STANDARD.encode_string(bytes, text);
}

/// The bytes of the one PEM block with this `label` that `text` consists of (RFC 7468, strict form).
pub(crate) fn from_pem(label: &str, text: &str) -> Option<Vec<u8>> {
    let begin = format!("-----BEGIN {label}-----");
    let end = format!("-----END {label}-----");
    let body = text.trim().strip_prefix(&begin)?.strip_suffix(&end)?;
    let base64: String = body.lines().map(str::trim_end).collect();
    from_base64(&base64)
}

/// One PEM block with lines of 64 characters (RFC 7468, section 2).
pub(crate) fn to_pem(label: &str, bytes: &[u8]) -> String {
    let base64 = to_base64(bytes);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for (at, character) in base64.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str(&format!("\n-----END {label}-----\n"));
    pem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_reads_back_as_it_was_written() {
        let bytes = [7u8; 100];
        assert_eq!(from_pem("PUBLIC KEY", &to_pem("PUBLIC KEY", &bytes)), Some(bytes.to_vec()));
    }

    #[test]
    fn loose_base64_is_refused() {
        for text in ["YQ", "YQ=", "YR==", "YQ==\n", " YQ==", "Y-==", "YQ==YQ=="] {
            assert_eq!(from_base64(text), None, "{text:?}");
        }
    }

    #[test]
    fn two_blocks_or_another_label_are_refused() {
        let pem = to_pem("PUBLIC KEY", b"x");
        assert_eq!(from_pem("PUBLIC KEY", &format!("{pem}{pem}")), None);
        assert_eq!(from_pem("CERTIFICATE", &pem), None);
    }
}
