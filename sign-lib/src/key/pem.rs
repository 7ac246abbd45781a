//! PEM around secrets: one block, strictly (RFC 7468, section 3), wiped when dropped.

use super::KeyError;
use crate::budget;
use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// One PEM block: what it says it is, and its bytes.
pub(crate) struct Block {
    pub(crate) label: String,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

/// Reads the one block that `file` consists of; white space around it is no junk, anything else is.
pub(crate) fn parse(file: &[u8]) -> Result<Block, KeyError> {
    if file.len() > budget::KEY_FILE_BYTES {
        return Err(KeyError::TooLarge);
    }
    let text = core::str::from_utf8(file).map_err(|_| not_pem("the file is not text"))?.trim();
    let first = text.lines().next().unwrap_or_default().trim_end();
    let label = first.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"));
    let label = label.ok_or_else(|| not_pem("the file does not begin with a PEM block"))?;
    let end = format!("-----END {label}-----");
    let body = text.get(first.len()..).and_then(|rest| rest.strip_suffix(end.as_str()));
    let body = body.ok_or_else(|| without_its_end(label, text, &end))?;
    if body.contains("-----") {
        return Err(several(label));
    }
    if let Some(header) = body.lines().find(|line| line.contains(':')) {
        return Err(headed(header));
    }
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    body.lines().for_each(|line| base64.push_str(line.trim_end()));
    let bytes = STANDARD.decode(base64.as_bytes()).map_err(|_| not_pem("the PEM block is not base64"))?;
    Ok(Block { label: label.to_owned(), bytes: Zeroizing::new(bytes) })
}

/// One block with lines of 64 characters (RFC 7468, section 2).
pub(crate) fn write(label: &str, bytes: &[u8]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(STANDARD.encode(bytes));
    let mut pem = Zeroizing::new(String::with_capacity(base64.len() * 65 / 64 + 2 * label.len() + 64));
    pem.push_str(&format!("-----BEGIN {label}-----\n"));
    for (at, character) in base64.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str(&format!("\n-----END {label}-----\n"));
    pem
}

fn not_pem(reason: &'static str) -> KeyError {
    KeyError::NotPem { reason }
}

fn without_its_end(label: &str, text: &str, end: &str) -> KeyError {
    if text.contains(end) { several(label) } else { not_pem("the PEM block has no end") }
}

/// `openssl ecparam -genkey` writes the curve in a block before the key: the label tells what to do.
fn several(label: &str) -> KeyError {
    if label == "EC PARAMETERS" {
        return KeyError::Label { found: label.to_owned() };
    }
    not_pem("the file holds more than one PEM block")
}

/// OpenSSL's older encryption announces itself in headers (RFC 1421); the others mean nothing to a key.
fn headed(header: &str) -> KeyError {
    if header.starts_with("Proc-Type:") {
        return KeyError::ForeignEncryption { found: "Proc-Type: 4,ENCRYPTED".to_owned() };
    }
    not_pem("the PEM block has headers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(file: &[u8], code: &str) {
        match parse(file) {
            Ok(block) => panic!("accepted as `{}`", block.label),
            Err(error) => assert_eq!(error.code(), code, "{error}"),
        }
    }

    #[test]
    fn a_block_reads_back_as_it_was_written() {
        for length in [0usize, 1, 47, 48, 49, 200] {
            let bytes: Vec<u8> = (0u8..=255).cycle().take(length).collect();
            let block = parse(write("PRIVATE KEY", &bytes).as_bytes()).unwrap();
            assert_eq!((block.label.as_str(), &*block.bytes), ("PRIVATE KEY", &bytes));
        }
    }

    #[test]
    fn line_ends_of_windows_and_white_space_around_are_read() {
        let pem = write("PRIVATE KEY", &[7; 100]).replace('\n', "\r\n");
        assert_eq!(*parse(format!("\n{pem}\n\n").as_bytes()).unwrap().bytes, [7; 100]);
    }

    #[test]
    fn anything_but_one_block_is_refused() {
        let pem = write("PRIVATE KEY", b"secret");
        for file in [
            format!("{}{}", *pem, *pem),
            format!("{}junk", *pem),
            format!("junk\n{}", *pem),
            pem.replace("END PRIVATE", "END PUBLIC"),
            pem.replace("-----END PRIVATE KEY-----", ""),
            pem.replace("c2Vj", "c2V?"),
            pem.replace("c2Vj", "a: b\n\nc2Vj"),
            String::new(),
        ] {
            refuses(file.as_bytes(), "key-not-pem");
        }
        refuses(b"\xff\xfe", "key-not-pem");
    }

    #[test]
    fn what_openssl_writes_otherwise_is_told_apart() {
        let key = write("EC PRIVATE KEY", b"secret");
        refuses(format!("{}{}", *write("EC PARAMETERS", b"curve"), *key).as_bytes(), "key-label");
        let headed = key.replace("c2Vj", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nc2Vj");
        refuses(headed.as_bytes(), "key-foreign-encryption");
    }

    #[test]
    fn one_byte_past_the_limit_is_too_large() {
        refuses(&vec![b' '; budget::KEY_FILE_BYTES + 1], "key-too-large");
        refuses(&vec![b' '; budget::KEY_FILE_BYTES], "key-not-pem");
    }
}
