//! The name of everything that travels: a SHA-256 digest.

use core::fmt;
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest: 32 bytes, shown as `sha256:<64 lowercase hex digits>` (OCI image specification, "Digests").
///
/// Holding one proves nothing about where it came from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// What a text that should be a digest was instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a sha256 digest: `{found}`")]
pub struct DigestError {
    found: String,
}

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// A digest that was computed elsewhere.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads `sha256:<hex>`, lowercase only, as registries write it.
    ///
    /// # Errors
    /// [`DigestError`] for another algorithm, another length, or digits that are not lowercase hex.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        let mut bytes = [0; 32];
        let read = text.strip_prefix("sha256:").and_then(|hex| read_hex(hex, &mut bytes));
        read.map(|()| Self(bytes)).ok_or_else(|| DigestError { found: text.chars().take(80).collect() })
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lowercase hex digits, without the algorithm.
    pub fn to_hex(&self) -> String {
        to_hex(&self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Lowercase hex.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        for nibble in [byte >> 4, byte & 0x0f] {
            hex.extend(char::from_digit(nibble.into(), 16));
        }
        hex
    })
}

/// Reads lowercase hex of exactly as many `bytes`; nothing for another length or any other digit.
pub(crate) fn read_hex(hex: &str, bytes: &mut [u8]) -> Option<()> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    (pairs.len() == bytes.len() && rest.is_empty()).then_some(())?;
    bytes.iter_mut().zip(pairs).try_for_each(|(byte, &[high, low])| {
        *byte = digit(high)? << 4 | digit(low)?;
        Some(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_back_as_it_was_written() {
        let digest = Digest::of(b"bulla");
        assert_eq!(Digest::parse(&digest.to_string()), Ok(digest));
    }

    #[test]
    fn other_algorithms_lengths_and_capitals_are_refused() {
        let hex = Digest::of(b"").to_hex();
        for text in [
            format!("sha512:{hex}"),
            format!("sha256:{}", hex.to_uppercase()),
            format!("sha256:{hex}00"),
            format!("sha256:{}", &hex[1..]),
            hex,
        ] {
            assert!(Digest::parse(&text).is_err(), "{text}");
        }
    }
}
