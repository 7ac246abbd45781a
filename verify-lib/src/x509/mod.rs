//! The least of X.509 (RFC 5280): what a certificate says, as slices of its DER.
//!
//! A path is webpki's to judge; this reads what webpki does not tell. Nothing is copied or re-encoded, and what is not
//! DER is no certificate.

mod extension;
#[cfg(test)]
mod oracle;

pub(crate) use extension::Extension;

use crate::{Time, Window, der};

/// A certificate of version 3.
///
/// Holding one proves its form, down to each extension's identifier and value; not that anybody has signed it.
#[derive(Clone, Copy)]
pub(crate) struct Certificate<'a> {
    /// The whole.
    pub(crate) der: &'a [u8],
    /// The content of the INTEGER.
    pub(crate) serial: &'a [u8],
    /// DER of the Name.
    pub(crate) issuer: &'a [u8],
    /// DER of the Name.
    pub(crate) subject: &'a [u8],
    pub(crate) validity: Window,
    /// DER of the SubjectPublicKeyInfo.
    pub(crate) public_key: &'a [u8],
    /// What is before the extensions in the TBSCertificate.
    pub(crate) before_extensions: &'a [u8],
    /// The content of the SEQUENCE of extensions.
    extensions: &'a [u8],
}

/// Why a certificate or one of its extensions does not count: it cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl<'a> Certificate<'a> {
    /// The certificate that `der` consists of (RFC 5280, 4.1).
    pub(crate) fn parse(der: &'a [u8]) -> Result<Self, Malformed> {
        Self::read(der).ok_or(Malformed)
    }

    fn read(der: &'a [u8]) -> Option<Self> {
        let mut certificate = der::Reader::inside(der::SEQUENCE, der)?;
        let tbs = certificate.next(der::SEQUENCE)?;
        let algorithm = certificate.next(der::SEQUENCE)?;
        let _signature = certificate.next(der::BIT_STRING)?.strip_prefix(&[0 /* no bit is unused */])?;
        certificate.end(())?;
        let mut fields = der::Reader::new(tbs);
        let version = der::only(der::INTEGER, fields.next(der::CONTEXT_0)?)?;
        let serial = fields.next(der::INTEGER)?;
        let same_algorithm = fields.next(der::SEQUENCE)? == algorithm;
        let issuer = fields.next_whole(der::SEQUENCE)?;
        let validity = validity(fields.next_inside(der::SEQUENCE)?)?;
        let subject = fields.next_whole(der::SEQUENCE)?;
        let public_key = fields.next_whole(der::SEQUENCE)?;
        let before_extensions = tbs.get(..tbs.len() - fields.rest().len())?;
        let extensions = match fields.next(der::CONTEXT_3) {
            Some(extensions) => der::only(der::SEQUENCE, extensions)?,
            None => &[],
        };
        let certificate = Self { der, serial, issuer, subject, validity, public_key, before_extensions, extensions };
        let readable = extension::all_are_read(extensions) && version == VERSION_3 && same_algorithm;
        fields.end(certificate).filter(|_| readable)
    }

    /// Its extensions, in order.
    pub(crate) fn extensions(&self) -> impl Iterator<Item = Extension<'a>> {
        extension::each(self.extensions)
    }

    /// DER of the extensions before and after the one of that kind, which may be absent; nothing if there are none at all.
    pub(crate) fn extensions_around(&self, kind: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
        let whole = Some(self.extensions).filter(|extensions| !extensions.is_empty())?;
        extension::around(whole, kind).or(Some((whole, &[])))
    }

    /// The one extension of that kind.
    ///
    /// # Errors
    /// [`Malformed`] if it is there twice: two readers may disagree on which of them counts (RFC 5280, 4.2).
    pub(crate) fn extension(&self, kind: &[u8]) -> Result<Option<Extension<'a>>, Malformed> {
        let mut of_kind = self.extensions().filter(|extension| extension.kind == kind);
        let first = of_kind.next();
        if of_kind.next().is_none() { Ok(first) } else { Err(Malformed) }
    }
}

const VERSION_3: &[u8] = &[2];

fn validity(mut times: der::Reader<'_>) -> Option<Window> {
    let (not_before, not_after) = (time(times.any()?)?, time(times.any()?)?);
    times.end(Window::new(not_before, Some(not_after)))
}

/// To the second and in UTC, in either form (RFC 5280, 4.1.2.5).
fn time(element: der::Element<'_>) -> Option<Time> {
    match element.tag {
        der::UTC_TIME => Time::parse_utc(element.content),
        der::GENERALIZED_TIME => Time::parse_generalized(element.content).filter(|_| element.content.len() == 15),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(parts: &[&[u8]]) -> Vec<u8> {
        der::write(der::SEQUENCE, &parts.concat()).expect("short")
    }

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        der::write(tag, content).expect("short")
    }

    /// The least that is a certificate, with these times, this extension, and this after the signature.
    fn certificate(times: &[&[u8]], extension: &[&[u8]], after: &[u8]) -> Vec<u8> {
        let (empty, version) = (sequence(&[]), element(der::CONTEXT_0, &[2, 1, 2]));
        let extensions = element(der::CONTEXT_3, &sequence(&[&sequence(extension)]));
        let tbs = sequence(&[&version, &[2, 1, 1], &empty, &empty, &sequence(times), &empty, &empty, &extensions]);
        sequence(&[&tbs, &empty, &element(der::BIT_STRING, &[0]), after])
    }

    #[test]
    fn nothing_is_left_over_or_written_in_another_way() {
        let time = &element(der::UTC_TIME, b"200101000000Z")[..];
        let to_the_tenth = &element(der::GENERALIZED_TIME, b"20200101000000.5Z")[..];
        let (kind, value, null): (&[u8], &[u8], &[u8]) = (&[6, 1, 42], &[4, 0], &[5, 0]);
        let reads = |times: &[&[u8]], extension: &[&[u8]], after| {
            Certificate::parse(&certificate(times, extension, after)).is_ok()
        };
        assert!(reads(&[time, time], &[kind, value], &[]));
        assert!(!reads(&[time, time], &[kind, value], null));
        assert!(!reads(&[time, time, time], &[kind, value], &[]));
        assert!(!reads(&[time, to_the_tenth], &[kind, value], &[]));
        assert!(!reads(&[time, time], &[kind, value, null], &[]));
        for (byte, read) in [(0, true), (0xff, true), (1, false)] {
            assert_eq!(reads(&[time, time], &[kind, &[1, 1, byte], value], &[]), read, "{byte:#x}");
        }
        for (unused, read) in [(7, true), (8, false)] {
            let usage = [&element(der::OID, crate::oid::KEY_USAGE)[..], &[4, 4, 3, 2, unused, 0x80]];
            let der = certificate(&[time, time], &usage, &[]);
            let certificate = Certificate::parse(&der).expect("a certificate");
            assert_eq!(certificate.key_usage().is_ok(), read, "{unused} bits");
        }
    }
}
