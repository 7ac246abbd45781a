//! The least of DER (X.690): elements with definite, minimal lengths, read and written.

/// One element: its tag, its content, and the bytes of both with the length between them.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

/// `SEQUENCE`.
pub(crate) const SEQUENCE: u8 = 0x30;
/// `UTF8String`.
pub(crate) const UTF8_STRING: u8 = 0x0c;
/// `OCTET STRING`.
pub(crate) const OCTET_STRING: u8 = 0x04;
/// `OBJECT IDENTIFIER`.
pub(crate) const OID: u8 = 0x06;

/// The first element of `bytes`, and what follows it.
pub(crate) fn first(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&short, rest) = rest.split_first()?;
    let (length, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        0x81..=0x83 => long_length(usize::from(short & 0x7f), rest)?,
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - rest.len())?;
    Some((Element { tag, content, whole }, rest))
}

/// The one element that `bytes` consists of, if it has this `tag`.
pub(crate) fn only(tag: u8, bytes: &[u8]) -> Option<&[u8]> {
    let (element, rest) = first(bytes)?;
    (element.tag == tag && rest.is_empty()).then_some(element.content)
}

/// All the elements that `bytes` consists of.
pub(crate) fn all(mut bytes: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut elements = Vec::new();
    while !bytes.is_empty() {
        let (element, rest) = first(bytes)?;
        elements.push(element);
        bytes = rest;
    }
    Some(elements)
}

/// An element around `content`; nothing past 16 MiB.
pub(crate) fn write(tag: u8, content: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(content.len()).ok()?.to_be_bytes();
    let mut element = vec![tag];
    match length {
        [0, 0, 0, short @ 0..=0x7f] => element.push(short),
        [0, 0, 0, a] => element.extend([0x81, a]),
        [0, 0, a, b] => element.extend([0x82, a, b]),
        [0, a, b, c] => element.extend([0x83, a, b, c]),
        _ => return None,
    }
    element.extend_from_slice(content);
    Some(element)
}

fn long_length(count: usize, bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (digits, rest) = bytes.split_at_checked(count)?;
    let length = digits.iter().fold(0, |length, &digit| length << 8 | usize::from(digit));
    let minimal = length > 0x7f && digits.first() != Some(&0);
    minimal.then_some((length, rest))
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_was_written_reads_back() {
        for length in [0, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let content = vec![1; length];
            let element = super::write(super::SEQUENCE, &content).unwrap_or_default();
            assert_eq!(super::only(super::SEQUENCE, &element), Some(&content[..]), "{length}");
        }
    }

    #[test]
    fn indefinite_and_padded_lengths_are_refused() {
        for bytes in [&[0x30, 0x80, 0, 0][..], &[0x30, 0x81, 0x01, 0], &[0x30, 0x82, 0, 0x80], &[0x30, 2, 0]] {
            assert!(super::first(bytes).is_none(), "{bytes:?}");
        }
    }
}
