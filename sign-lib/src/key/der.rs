//! Just enough DER to tell which algorithm a PKCS#8 or SEC1 key is of, and that nothing follows it; how large an RSA key is;
//! and to read what a timestamp authority answers and a trusted root's certificates say, before either is verified.

/// Tags of X.690.
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const SET: u8 = 0x31;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
/// `[0]`, constructed: the curve in SEC1 (RFC 5915, section 3), the version of a certificate (RFC 5280, 4.1).
pub(crate) const CONTEXT_0: u8 = 0xa0;

/// The DER of an algorithm's identifier, without tag and length.
pub(super) type Oid<'a> = &'a [u8];

/// An algorithm, and the first of its parameters if that is an identifier too: the curve of an elliptic one.
pub(super) struct Algorithm<'a> {
    pub(super) oid: Oid<'a>,
    pub(super) curve: Option<Oid<'a>>,
}

/// The algorithm of a PKCS#8 key (RFC 5958, section 2), if nothing follows it.
pub(super) fn pkcs8_algorithm(der: &[u8]) -> Option<Algorithm<'_>> {
    let key = whole(SEQUENCE, der)?;
    let (_version, rest) = element(INTEGER, key)?;
    let (algorithm, _) = element(SEQUENCE, rest)?;
    let (oid, parameters) = element(OBJECT_IDENTIFIER, algorithm)?;
    Some(Algorithm { oid, curve: element(OBJECT_IDENTIFIER, parameters).map(|(curve, _)| curve) })
}

/// The curve that a SEC1 key names (RFC 5915, section 3), if nothing follows the key.
pub(super) fn sec1_curve(der: &[u8]) -> Option<Oid<'_>> {
    let key = whole(SEQUENCE, der)?;
    let (_version, rest) = element(INTEGER, key)?;
    let (_secret, rest) = element(OCTET_STRING, rest)?;
    let (parameters, _) = element(CONTEXT_0, rest)?;
    element(OBJECT_IDENTIFIER, parameters).map(|(curve, _)| curve)
}

/// Whether this is one `SEQUENCE` and nothing else.
pub(super) fn is_one_sequence(der: &[u8]) -> bool {
    whole(SEQUENCE, der).is_some()
}

/// An identifier as it is written among people, such as `1.3.101.113`.
pub(super) fn dotted(oid: Oid<'_>) -> String {
    let mut arcs: Vec<u64> = Vec::new();
    let mut arc = 0u64;
    for byte in oid.iter().take(32) {
        arc = arc.saturating_mul(128).saturating_add(u64::from(byte & 0x7f));
        if byte & 0x80 == 0 {
            arcs.push(core::mem::take(&mut arc));
        }
    }
    let Some((first, rest)) = arcs.split_first() else { return "nothing".to_owned() };
    let top = (first / 40).min(2);
    rest.iter().fold(format!("{top}.{}", first - 40 * top), |text, arc| format!("{text}.{arc}"))
}

/// The bits of an RSA modulus in a SubjectPublicKeyInfo (RFC 8017, appendix A.1.1).
pub(crate) fn rsa_bits(spki: &[u8]) -> Option<usize> {
    let (info, _) = element(SEQUENCE, spki)?;
    let (_algorithm, rest) = element(SEQUENCE, info)?;
    let (bits, _) = element(BIT_STRING, rest)?;
    let (key, _) = element(SEQUENCE, bits.strip_prefix(&[0])?)?;
    let (modulus, _) = element(INTEGER, key)?;
    let modulus = modulus.strip_prefix(&[0]).unwrap_or(modulus);
    let leading = usize::try_from(modulus.first()?.leading_zeros()).ok()?;
    Some(modulus.len() * 8 - leading)
}

fn whole(tag: u8, der: &[u8]) -> Option<&[u8]> {
    element(tag, der).filter(|(_, rest)| rest.is_empty()).map(|(content, _)| content)
}

/// The content of the first element, if it has this tag, and what follows it. Lengths of up to 65535 bytes.
pub(crate) fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match der {
        [found, length @ 0..=0x7f, rest @ ..] if *found == tag => (usize::from(*length), rest),
        [found, 0x81, length @ 0x80..=0xff, rest @ ..] if *found == tag => (usize::from(*length), rest),
        [found, 0x82, high @ 1..=0xff, low, rest @ ..] if *found == tag => {
            (usize::from(u16::from_be_bytes([*high, *low])), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_shown_as_people_write_them() {
        assert_eq!(dotted(&[0x2b, 0x65, 0x71]), "1.3.101.113");
        assert_eq!(dotted(&[0x2b, 0x81, 0x04, 0x00, 0x23]), "1.3.132.0.35");
        assert_eq!(dotted(&[]), "nothing");
    }

    #[test]
    fn lengths_are_minimal_and_within_the_bytes() {
        assert!(is_one_sequence(&[0x30, 1, 0]));
        for der in [&[0x30, 2, 0][..], &[0x30, 1, 0, 0], &[0x30, 0x81, 1, 0], &[0x30, 0x80, 0, 0], &[0x31, 0], &[]] {
            assert!(!is_one_sequence(der), "{der:?}");
        }
    }
}
