//! Base64 and PEM, strictly.

use base64::{Engine, engine::general_purpose};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use std::sync::LazyLock;

/// Standard base64 with its padding (RFC 4648, section 4), by the widest instructions that this processor has.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static STANDARD: LazyLock<base64::engine::Simd> =
    LazyLock::new(|| base64::engine::Simd::standard(general_purpose::PAD));

/// Standard base64 with its padding (RFC 4648, section 4).
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
static STANDARD: general_purpose::GeneralPurpose = general_purpose::STANDARD;

/// Bytes of standard base64 with its padding (RFC 4648, section 4); no white space, no trailing bits.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Standard base64 with padding.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Exactly as many bytes of standard base64 with padding.
pub(crate) fn from_base64_exact<const N: usize>(text: &str) -> Option<[u8; N]> {
    // Two more, since the decoder reckons with the longest that a text of this length can be.
    let mut bytes = [0; 66];
    let decoded = STANDARD.decode_slice(text, &mut bytes).ok().filter(|&length| length == N)?;
    bytes.get(..decoded)?.try_into().ok()
}

/// Says the standard base64 of `bytes`, piece by piece.
pub(crate) fn say_base64(bytes: &[u8], say: &mut dyn FnMut(&[u8])) {
    for chunk in bytes.chunks(CHUNK) {
        let mut text = [0; CHUNK / 3 * 4];
        // The one error is a text that is too long.
        let length = STANDARD.encode_slice(chunk, &mut text).unwrap_or(0);
        say(text.get(..length).unwrap_or_default());
    }
}

/// A multiple of three, so that pieces of base64 join to the base64 of the whole.
const CHUNK: usize = 384;

/// Whether `text` is the standard base64 of `bytes`, of which there is exactly one: so nothing has to be decoded.
pub(crate) fn is_base64_of(text: &str, bytes: &[u8]) -> bool {
    let mut rest = Some(text.as_bytes());
    say_base64(bytes, &mut |piece| rest = rest.and_then(|rest| rest.strip_prefix(piece)));
    rest.is_some_and(<[u8]>::is_empty)
}

/// The one PEM block with this `label` that `text` consists of (RFC 7468, strict form), still in base64.
fn pem_body<'a>(label: &str, text: &'a str) -> Option<&'a str> {
    let body = text.trim().strip_prefix("-----BEGIN ")?.strip_prefix(label)?.strip_prefix("-----")?;
    body.strip_suffix("-----")?.strip_suffix(label)?.strip_suffix("-----END ")
}

/// The bytes of that block.
pub(crate) fn from_pem(label: &str, text: &str) -> Option<Vec<u8>> {
    let base64: String = pem_body(label, text)?.lines().map(str::trim_end).collect();
    from_base64(&base64)
}

/// Whether `text` is one PEM block with this `label`.
pub(crate) fn is_pem(label: &str, text: &str) -> bool {
    pem_body(label, text).is_some()
}

/// Whether `text` is a PEM block with this `label` around `bytes`.
pub(crate) fn is_pem_of(label: &str, text: &str, bytes: &[u8]) -> bool {
    let Some(body) = pem_body(label, text) else { return false };
    let mut rest = Some(body.lines().flat_map(|line| line.trim_end().bytes()));
    say_base64(bytes, &mut |piece| {
        let found = rest.as_mut().is_some_and(|rest| piece.iter().all(|byte| rest.next() == Some(*byte)));
        rest = rest.take().filter(|_| found);
    });
    rest.is_some_and(|mut rest| rest.next().is_none())
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

    /// The wide instructions read 32 characters at once; short texts never reach them.
    #[test]
    fn wide_instructions_are_as_strict_as_the_portable_engine() {
        for length in [47, 48, 49, 95, 96, 97, 200] {
            let bytes: Vec<u8> = (0..length).map(|at: u8| at.wrapping_mul(151)).collect();
            let text = to_base64(&bytes);
            assert_eq!(text, general_purpose::STANDARD.encode(&bytes));
            assert_eq!(from_base64(&text).as_ref(), Some(&bytes));
            for at in 0..text.len() {
                for other in '\0'..='\x7f' {
                    let mut changed = text.clone();
                    changed.replace_range(at..=at, other.encode_utf8(&mut [0]));
                    assert_eq!(from_base64(&changed), general_purpose::STANDARD.decode(&changed).ok(), "{changed:?}");
                }
            }
        }
    }

    #[test]
    fn comparing_says_what_decoding_would() {
        for length in [0, 1, 2, 3, 47, 48, 383, 384, 385, 386, 1000] {
            let bytes = vec![0xa7; length];
            let (text, pem) = (to_base64(&bytes), to_pem("KEY", &bytes));
            assert!(is_base64_of(&text, &bytes) && is_pem_of("KEY", &pem, &bytes), "{length}");
            let longer = [&bytes[..], &[1]].concat();
            let mut other = longer.clone();
            other[0] ^= 1;
            let mut wrong = vec![longer, other];
            wrong.extend(bytes.split_last().map(|(_, shorter)| shorter.to_vec()));
            for wrong in wrong {
                assert!(!is_base64_of(&text, &wrong) && !is_pem_of("KEY", &pem, &wrong), "{length}");
            }
            for loose in [format!("{text}="), format!("{text}\n"), format!(" {text}"), text.replace('=', "")] {
                assert_eq!(is_base64_of(&loose, &bytes), from_base64(&loose).as_ref() == Some(&bytes), "{loose:?}");
            }
            assert!(!is_pem_of("OTHER", &pem, &bytes) && !is_pem_of("KEY", &text, &bytes));
        }
    }

    #[test]
    fn exactly_as_many_bytes_are_read() {
        assert_eq!(from_base64_exact(&to_base64(&[7; 32])), Some([7; 32]));
        assert_eq!(from_base64_exact(&to_base64(&[7; 64])), Some([7; 64]));
        for length in [0, 31, 33, 48, 64, 65, 66, 1000] {
            assert_eq!(from_base64_exact::<32>(&to_base64(&vec![7; length])), None, "{length}");
        }
        assert_eq!(from_base64_exact::<32>(to_base64(&[7; 32]).trim_end_matches('=')), None);
    }

    #[test]
    fn two_blocks_or_another_label_are_refused() {
        let pem = to_pem("PUBLIC KEY", b"x");
        assert_eq!(from_pem("PUBLIC KEY", &format!("{pem}{pem}")), None);
        assert_eq!(from_pem("CERTIFICATE", &pem), None);
    }
}
