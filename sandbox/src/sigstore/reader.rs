//! The least of DER (X.690) that a request for a certificate or a timestamp is read with.

/// One element: its tag, what it holds, and all of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

/// Elements one after the other. What is not DER reads as nothing, and so does what has another tag than was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Into the one SEQUENCE that `bytes` are, to their end.
    pub(crate) fn of_sequence(bytes: &'a [u8]) -> Option<Self> {
        let mut outer = Self(bytes);
        let sequence = outer.take(0x30)?;
        outer.0.is_empty().then_some(Self(sequence.content))
    }

    /// The next element, whatever it is.
    pub(crate) fn any(&mut self) -> Option<Element<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => long_length(rest, usize::from(first & 0x0f))?,
            _ => return None,
        };
        let (content, after) = rest.split_at_checked(length)?;
        let (whole, _) = self.0.split_at_checked(self.0.len() - after.len())?;
        self.0 = after;
        Some(Element { tag, content, whole })
    }

    /// The next element, if it has this tag; otherwise nothing is read.
    pub(crate) fn take(&mut self, tag: u8) -> Option<Element<'a>> {
        if self.0.first() == Some(&tag) { self.any() } else { None }
    }

    /// Into the next element.
    pub(crate) fn enter(&mut self, tag: u8) -> Option<Self> {
        self.take(tag).map(|element| Self(element.content))
    }

    pub(crate) fn ended(&self) -> bool {
        self.0.is_empty()
    }
}

/// A length in so many bytes, which could not have been said in fewer.
fn long_length(bytes: &[u8], width: usize) -> Option<(usize, &[u8])> {
    let (length, rest) = bytes.split_at_checked(width)?;
    let value = length.iter().try_fold(0_usize, |sum, byte| sum.checked_mul(256)?.checked_add(usize::from(*byte)))?;
    let shortest = value >= 0x80 && length.first() != Some(&0);
    shortest.then_some((value, rest))
}

/// The bytes of a BIT STRING of whole bytes.
pub(crate) fn whole_bits(element: Element<'_>) -> Option<&[u8]> {
    let (unused, bits) = element.content.split_first()?;
    (element.tag == 0x03 && *unused == 0).then_some(bits)
}

/// What a certificate says that the sandbox looks at (RFC 5280, 4.1).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Certificate<'a> {
    /// The TBSCertificate, which its signature is over.
    pub(crate) tbs: &'a [u8],
    pub(crate) issuer: &'a [u8],
    pub(crate) subject: &'a [u8],
    pub(crate) spki: &'a [u8],
    /// The AlgorithmIdentifier of the signature, and the signature.
    pub(crate) algorithm: &'a [u8],
    pub(crate) signature: &'a [u8],
}

impl<'a> Certificate<'a> {
    pub(crate) fn parse(der: &'a [u8]) -> Option<Self> {
        let mut outer = Reader::of_sequence(der)?;
        let tbs = outer.take(0x30)?;
        let (algorithm, signature) = (outer.take(0x30)?.whole, whole_bits(outer.take(0x03)?)?);
        let mut inner = Reader::new(tbs.content);
        inner.take(0xa0)?;
        inner.take(0x02)?;
        inner.take(0x30)?;
        let issuer = inner.take(0x30)?.whole;
        inner.take(0x30)?;
        let subject = inner.take(0x30)?.whole;
        let spki = inner.take(0x30)?.whole;
        outer.ended().then_some(Self { tbs: tbs.whole, issuer, subject, spki, algorithm, signature })
    }

    /// The value of one extension, by the DER of its identifier.
    pub(crate) fn extension(&self, kind: &[u8]) -> Option<&'a [u8]> {
        let mut extensions = extensions(self.tbs)?;
        while let Some(mut extension) = extensions.enter(0x30) {
            if extension.take(0x06)?.whole == kind {
                extension.take(0x01);
                return extension.take(0x04).map(|value| value.content);
            }
        }
        None
    }

    /// The subject alternative name, for people to read.
    pub(crate) fn name(&self) -> Option<String> {
        let names = self.extension(&super::der::oid("2.5.29.17"))?;
        let name = Reader::of_sequence(names)?.any()?;
        let text = match name.tag {
            0x81 | 0x86 => name.content,
            // Fulcio's own otherName: an identifier, and a UTF8String.
            0xa0 => {
                let mut other = Reader::new(name.content);
                other.take(0x06)?;
                other.enter(0xa0)?.take(0x0c)?.content
            }
            _ => return None,
        };
        Some(String::from_utf8_lossy(text).into_owned())
    }
}

/// The extensions of a TBSCertificate, which are its last field.
pub(crate) fn extensions(tbs: &[u8]) -> Option<Reader<'_>> {
    let mut fields = Reader::of_sequence(tbs)?;
    let mut last = None;
    while let Some(field) = fields.any() {
        last = Some(field);
    }
    let field = last.filter(|field| field.tag == 0xa3)?;
    Reader::of_sequence(field.content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_one_spelling() {
        assert!(Reader::new(&[0x04, 0x81, 0x01, 0]).any().is_none());
        assert!(Reader::new(&[0x04, 0x80]).any().is_none());
        assert!(Reader::new(&[0x04, 0x02, 0]).any().is_none());
        let long = [&[0x04, 0x81, 0x80][..], &[7; 0x80]].concat();
        assert_eq!(Reader::new(&long).take(0x04).unwrap().content, [7; 0x80]);
        assert!(Reader::new(&[0x04, 0x84, 0xff, 0xff, 0xff, 0xff]).any().is_none());
    }

    #[test]
    fn another_tag_reads_nothing() {
        let mut reader = Reader::new(&[0x02, 0x01, 0x05]);
        assert!(reader.take(0x04).is_none());
        assert_eq!(reader.take(0x02).unwrap().content, [5]);
        assert!(reader.ended());
    }
}
