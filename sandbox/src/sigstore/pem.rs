//! PEM (RFC 7468), as clients of Sigstore send and expect it.

use base64::{Engine, engine::general_purpose::STANDARD};

/// The first block of this label. Explanations around it, and its lines' lengths, are the sender's affair.
pub(crate) fn read(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, after) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = after.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(body).ok()
}

/// One block, in lines of 64, with a line end after it.
pub(crate) fn write(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut lines = format!("-----BEGIN {label}-----");
    for (at, c) in body.chars().enumerate() {
        if at % 64 == 0 {
            lines.push('\n');
        }
        lines.push(c);
    }
    format!("{lines}\n-----END {label}-----\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 47, 48, 49, 500] {
            let der = vec![7; length];
            assert_eq!(read(&write("CERTIFICATE", &der), "CERTIFICATE"), Some(der));
        }
        assert_eq!(read(&write("CERTIFICATE", b"a"), "PUBLIC KEY"), None);
    }
}
