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
/// `SET`.
pub(crate) const SET: u8 = 0x31;
/// `BOOLEAN`.
pub(crate) const BOOLEAN: u8 = 0x01;
/// `INTEGER`.
pub(crate) const INTEGER: u8 = 0x02;
/// `NULL`.
pub(crate) const NULL: u8 = 0x05;
/// `GeneralizedTime`.
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
/// `[0]`, constructed.
pub(crate) const CONTEXT_0: u8 = 0xa0;
/// `[1]`, constructed.
pub(crate) const CONTEXT_1: u8 = 0xa1;
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

/// Elements in a row. What is left unread makes [`Reader::end`] fail, so nothing can hide behind an absent option.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The elements inside the one with this `tag` that `bytes` consists of.
    pub(crate) fn inside(tag: u8, bytes: &'a [u8]) -> Option<Self> {
        only(tag, bytes).map(Self)
    }

    /// The next element, whatever it is.
    pub(crate) fn any(&mut self) -> Option<Element<'a>> {
        let (element, rest) = first(self.0)?;
        self.0 = rest;
        Some(element)
    }

    /// The content of the next element, if it has this `tag`; otherwise it stays to be read.
    pub(crate) fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (element, rest) = first(self.0).filter(|(element, _)| element.tag == tag)?;
        self.0 = rest;
        Some(element.content)
    }

    /// The elements inside the next one, if it has this `tag`.
    pub(crate) fn next_inside(&mut self, tag: u8) -> Option<Self> {
        self.next(tag).map(Self)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `value`, if everything was read.
    pub(crate) fn end<T>(self, value: T) -> Option<T> {
        self.is_empty().then_some(value)
    }
}

/// An element around `content`; nothing past 16 MiB.
pub(crate) fn write(tag: u8, content: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(content.len()).ok()?.to_be_bytes();
    let mut element = Vec::with_capacity(content.len() + 5);
    element.push(tag);
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
