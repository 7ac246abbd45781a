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
/// `BIT STRING`.
pub(crate) const BIT_STRING: u8 = 0x03;
/// `NULL`.
pub(crate) const NULL: u8 = 0x05;
/// `UTCTime`.
pub(crate) const UTC_TIME: u8 = 0x17;
/// `GeneralizedTime`.
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
/// `[0]`, constructed.
pub(crate) const CONTEXT_0: u8 = 0xa0;
/// `[1]`, constructed.
pub(crate) const CONTEXT_1: u8 = 0xa1;
/// `[3]`, constructed.
pub(crate) const CONTEXT_3: u8 = 0xa3;
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
        self.next_if(tag).map(|element| element.content)
    }

    /// The whole of the next element, if it has this `tag`.
    pub(crate) fn next_whole(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next_if(tag).map(|element| element.whole)
    }

    fn next_if(&mut self, tag: u8) -> Option<Element<'a>> {
        let (element, rest) = first(self.0).filter(|(element, _)| element.tag == tag)?;
        self.0 = rest;
        Some(element)
    }

    /// The elements inside the next one, if it has this `tag`.
    pub(crate) fn next_inside(&mut self, tag: u8) -> Option<Self> {
        self.next(tag).map(Self)
    }

    /// A BOOLEAN that is false where it is absent; many write it all the same, and webpki reads that too.
    pub(crate) fn flag(&mut self) -> Option<bool> {
        match self.next(BOOLEAN) {
            None | Some([0]) => Some(false),
            Some([0xff]) => Some(true),
            Some(_) => None,
        }
    }

    /// What is not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `value`, if everything was read.
    pub(crate) fn end<T>(self, value: T) -> Option<T> {
        self.is_empty().then_some(value)
    }
}

/// A tag and a length: what an element begins with.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    bytes: [u8; 5],
    length: usize,
}

impl Header {
    /// Of an element whose content has this many bytes; nothing from 16 MiB on.
    pub(crate) fn of(tag: u8, content: usize) -> Option<Self> {
        let (bytes, length) = match u32::try_from(content).ok()?.to_be_bytes() {
            [0, 0, 0, short @ 0..=0x7f] => ([tag, short, 0, 0, 0], 2),
            [0, 0, 0, a] => ([tag, 0x81, a, 0, 0], 3),
            [0, 0, a, b] => ([tag, 0x82, a, b, 0], 4),
            [0, a, b, c] => ([tag, 0x83, a, b, c], 5),
            _ => return None,
        };
        Some(Self { bytes, length })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// An element around `content`; nothing from 16 MiB on.
#[cfg(test)]
pub(crate) fn write(tag: u8, content: &[u8]) -> Option<Vec<u8>> {
    Some([Header::of(tag, content.len())?.as_bytes(), content].concat())
}

/// The number in an INTEGER's content: minimal, not negative, below 2^32.
pub(crate) fn number(content: &[u8]) -> Option<u32> {
    let digits = match content {
        [0] => &[][..],
        [0, digits @ ..] if digits.first().is_some_and(|first| first & 0x80 != 0) => digits,
        [first, ..] if (1..0x80).contains(first) => content,
        _ => return None,
    };
    let whole = digits.len() <= 4;
    whole.then(|| digits.iter().fold(0, |number, &digit| number << 8 | u32::from(digit)))
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
    fn a_number_is_minimal_and_not_negative() {
        for (content, number) in [(&[0][..], 0), (&[127], 127), (&[0, 128], 128), (&[0, 255, 255, 255, 255], u32::MAX)]
        {
            assert_eq!(super::number(content), Some(number));
        }
        for content in [&[][..], &[0x80], &[0, 1], &[0, 0], &[1, 0, 0, 0, 0]] {
            assert_eq!(super::number(content), None, "{content:?}");
        }
    }

    #[test]
    fn indefinite_and_padded_lengths_are_refused() {
        for bytes in [&[0x30, 0x80, 0, 0][..], &[0x30, 0x81, 0x01, 0], &[0x30, 0x82, 0, 0x80], &[0x30, 2, 0]] {
            assert!(super::first(bytes).is_none(), "{bytes:?}");
        }
        // The longest length that has a short form, and the first one that has none.
        for (length, is_minimal) in [(0x7f, false), (0x80, true)] {
            let element = [&[0x30, 0x81, length][..], &vec![0; usize::from(length)]].concat();
            assert_eq!(super::first(&element).is_some(), is_minimal, "{length}");
        }
    }
}
