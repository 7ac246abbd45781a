//! Extensions of a certificate (RFC 5280, 4.2).

use super::{Certificate, Malformed};
use crate::{der, oid};

/// One extension.
#[derive(Clone, Copy)]
pub(crate) struct Extension<'a> {
    /// The content of its object identifier.
    pub(crate) kind: &'a [u8],
    pub(crate) critical: bool,
    pub(crate) value: &'a [u8],
}

/// Which of the things a key may do concern us (RFC 5280, 4.2.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyUsage {
    pub(crate) digital_signature: bool,
    pub(crate) key_cert_sign: bool,
}

/// Whether it is an authority, and for how many beneath it (RFC 5280, 4.2.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BasicConstraints {
    pub(crate) authority: bool,
    pub(crate) path_length: Option<u32>,
}

/// Whether the content of a SEQUENCE of extensions can be read to its end; each of them later can, if this says so.
pub(super) fn all_are_read(mut extensions: &[u8]) -> bool {
    while !extensions.is_empty() {
        let Some((_, rest)) = next(extensions) else { return false };
        extensions = rest;
    }
    true
}

pub(super) fn each(mut extensions: &[u8]) -> impl Iterator<Item = Extension<'_>> {
    core::iter::from_fn(move || {
        let (extension, rest) = next(extensions)?;
        extensions = rest;
        Some(extension)
    })
}

/// What is before and after the first of that kind.
pub(super) fn around<'a>(extensions: &'a [u8], kind: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut rest = extensions;
    loop {
        let (extension, after) = next(rest)?;
        if extension.kind == kind {
            return Some((extensions.get(..extensions.len() - rest.len())?, after));
        }
        rest = after;
    }
}

fn next(extensions: &[u8]) -> Option<(Extension<'_>, &[u8])> {
    let (extension, rest) = der::first(extensions).filter(|(extension, _)| extension.tag == der::SEQUENCE)?;
    let mut fields = der::Reader::new(extension.content);
    let kind = fields.next(der::OID).filter(|kind| !kind.is_empty())?;
    let critical = fields.flag()?;
    let value = fields.next(der::OCTET_STRING)?;
    fields.end((Extension { kind, critical, value }, rest))
}

impl<'a> Certificate<'a> {
    /// What its key may do, if it says so.
    pub(crate) fn key_usage(&self) -> Result<Option<KeyUsage>, Malformed> {
        self.read_extension(oid::KEY_USAGE, KeyUsage::read)
    }

    /// Whether it says that it is an authority.
    pub(crate) fn basic_constraints(&self) -> Result<Option<BasicConstraints>, Malformed> {
        self.read_extension(oid::BASIC_CONSTRAINTS, BasicConstraints::read)
    }

    /// The purposes that it is for, if it says so: contents of object identifiers.
    pub(crate) fn extended_key_usage(&self) -> Result<Option<Vec<&'a [u8]>>, Malformed> {
        self.read_extension(oid::EXTENDED_KEY_USAGE, |value| {
            let purposes = der::all(der::only(der::SEQUENCE, value)?)?;
            purposes.into_iter().map(|purpose| (purpose.tag == der::OID).then_some(purpose.content)).collect()
        })
    }

    /// The identifier of its key, if it says one.
    pub(crate) fn subject_key_id(&self) -> Result<Option<&'a [u8]>, Malformed> {
        self.read_extension(oid::SUBJECT_KEY_ID, |value| der::only(der::OCTET_STRING, value))
    }

    /// The names that it gives its holder, if it gives any: elements of GeneralName.
    pub(crate) fn alternative_names(&self) -> Result<Option<der::Reader<'a>>, Malformed> {
        self.read_extension(oid::SUBJECT_ALTERNATIVE_NAME, |value| der::Reader::inside(der::SEQUENCE, value))
    }

    fn read_extension<T>(&self, kind: &[u8], read: impl FnOnce(&'a [u8]) -> Option<T>) -> Result<Option<T>, Malformed> {
        self.extension(kind)?.map(|extension| read(extension.value).ok_or(Malformed)).transpose()
    }
}

impl KeyUsage {
    /// The first bit of a BIT STRING is the highest of its first byte; the byte before tells how many of the last are not
    /// used.
    fn read(value: &[u8]) -> Option<Self> {
        let (&unused, bits) = der::only(der::BIT_STRING, value)?.split_first()?;
        let &first = bits.first().filter(|_| unused < 8)?;
        Some(Self { digital_signature: first & 0x80 != 0, key_cert_sign: first & 0x04 != 0 })
    }
}

impl BasicConstraints {
    fn read(value: &[u8]) -> Option<Self> {
        let mut fields = der::Reader::inside(der::SEQUENCE, value)?;
        let authority = fields.flag()?;
        let path_length = match fields.next(der::INTEGER) {
            Some(length) => Some(der::number(length)?),
            None => None,
        };
        fields.end(Self { authority, path_length })
    }
}
