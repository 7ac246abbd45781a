//! The least of DER (X.690) that a certificate authority and a timestamp authority write.

use bulla_verify::Time;

/// An element of any tag around what it holds.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut element = vec![tag];
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes();
    match length {
        [0, 0, 0, short @ 0..=0x7f] => element.push(short),
        [0, 0, 0, a] => element.extend([0x81, a]),
        [0, 0, a, b] => element.extend([0x82, a, b]),
        [0, a, b, c] => element.extend([0x83, a, b, c]),
        [a, b, c, d] => element.extend([0x84, a, b, c, d]),
    }
    element.extend(content);
    element
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, parts)
}

pub(crate) fn set(parts: &[&[u8]]) -> Vec<u8> {
    element(0x31, parts)
}

/// `[tag]`, constructed.
pub(crate) fn context(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    element(0xa0 | tag, parts)
}

/// A number that is not negative, by its big-endian bytes; in as few as possible (X.690, 8.3.2).
pub(crate) fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count().min(bytes.len().saturating_sub(1));
    let (_, bytes) = bytes.split_at(zeros);
    let padding: &[u8] = if bytes.first().is_some_and(|first| *first >= 0x80) { &[0] } else { &[] };
    element(0x02, &[padding, bytes])
}

pub(crate) fn octets(bytes: &[u8]) -> Vec<u8> {
    element(0x04, &[bytes])
}

pub(crate) fn bits(bytes: &[u8]) -> Vec<u8> {
    element(0x03, &[&[0], bytes])
}

pub(crate) fn utf8(text: &str) -> Vec<u8> {
    element(0x0c, &[text.as_bytes()])
}

pub(crate) const TRUE: &[u8] = &[0x01, 0x01, 0xff];

/// `1.2.840.…`, whose first two arcs share a byte (X.690, 8.19).
pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    let mut arcs = dotted.split('.').filter_map(|arc| arc.parse::<u32>().ok());
    let first = arcs.next().unwrap_or(0) * 40 + arcs.next().unwrap_or(0);
    let content: Vec<u8> = [first].into_iter().chain(arcs).flat_map(base128).collect();
    element(0x06, &[&content])
}

fn base128(arc: u32) -> Vec<u8> {
    let digit = |at: u32| u8::try_from(arc >> (7 * at) & 0x7f).unwrap_or(0);
    let last = (0..5).rev().find(|at| arc >> (7 * at) != 0).unwrap_or(0);
    (0..=last).rev().map(|at| if at == 0 { digit(0) } else { digit(at) | 0x80 }).collect()
}

/// GeneralizedTime: `20261124120000Z`.
pub(crate) fn generalized_time(time: Time) -> Vec<u8> {
    let digits: String = time.to_string().chars().filter(char::is_ascii_digit).collect();
    element(0x18, &[digits.as_bytes(), b"Z"])
}

/// A time in a certificate: UTCTime until 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5).
pub(crate) fn certificate_time(time: Time) -> Vec<u8> {
    let digits: String = time.to_string().chars().filter(char::is_ascii_digit).collect();
    match digits.split_at_checked(2) {
        Some(("19" | "20", short)) if digits.as_str() < "2050" && digits.as_str() >= "1950" => {
            element(0x17, &[short.as_bytes(), b"Z"])
        }
        _ => generalized_time(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_no_zeros_before_it_but_for_its_sign() {
        assert_eq!(integer(&[0, 0, 3]), [2, 1, 3]);
        assert_eq!(integer(&[0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(integer(&[0]), [2, 1, 0]);
    }

    #[test]
    fn times_change_their_form_in_2050() {
        let time = |text| certificate_time(Time::parse_rfc3339(text).unwrap());
        assert_eq!(time("2049-12-31T23:59:59Z"), [&[0x17, 13][..], b"491231235959Z"].concat());
        assert_eq!(time("2050-01-01T00:00:00Z"), [&[0x18, 15][..], b"20500101000000Z"].concat());
    }
}
