//! The certificates of an authority, from the one that issues to the root.

use crate::{Time, VerifyError, Window, crypto};
use core::time::Duration;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage};
use x509_parser::prelude::{FromDer, X509Certificate, X509Extension};

/// What an authority issues certificates for (RFC 5280, 4.2.1.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    CodeSigning,
    TimeStamping,
}

/// An authority's certificates, each of which may issue for the purpose; the first is the anchor: that it chains to its
/// root is the word of whoever wrote the trusted root.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    purpose: Purpose,
    anchor: TrustAnchor<'static>,
    /// Of every certificate: webpki asks an anchor for none.
    windows: Vec<Window>,
}

impl Chain {
    /// Nothing for no certificates.
    pub(super) fn parse(ders: &[Vec<u8>], purpose: Purpose) -> Result<Option<Self>, VerifyError> {
        let Some(issuer) = ders.first() else { return Ok(None) };
        let anchor = webpki::anchor_from_trusted_cert(&CertificateDer::from(issuer.as_slice()))
            .map_err(|_| malformed("cannot be read"))?
            .to_owned();
        let certificates = ders.iter().map(|der| parse(der)).collect::<Option<Vec<_>>>();
        let certificates = certificates.ok_or_else(|| malformed("cannot be read"))?;
        for (below, certificate) in certificates.iter().enumerate() {
            may_issue(certificate, below)?;
            issues_for(certificate, purpose)?;
        }
        Ok(Some(Self { purpose, anchor, windows: certificates.iter().map(validity).collect() }))
    }

    /// The windows of its certificates.
    pub(super) fn windows(&self) -> impl Iterator<Item = Window> {
        self.windows.iter().copied()
    }

    /// Whether it has issued the certificate for its purpose, valid `at` that time: the leaf has to have the extended key
    /// usage, not merely not to lack it.
    pub(super) fn issued(&self, leaf: &[u8], at: Time) -> Result<(), webpki::Error> {
        let (leaf, usage) = (CertificateDer::from(leaf), KeyUsage::required(self.purpose.oid()));
        path(&EndEntityCert::try_from(&leaf)?, core::slice::from_ref(&self.anchor), &[], at, usage)
    }
}

/// Whether a path leads from the leaf to one of the anchors, valid `at` that time and for that usage.
pub(super) fn path(
    leaf: &EndEntityCert<'_>,
    anchors: &[TrustAnchor<'_>],
    intermediates: &[CertificateDer<'_>],
    at: Time,
    usage: KeyUsage,
) -> Result<(), webpki::Error> {
    // A time before 1970 becomes 1970, when no certificate was valid either.
    let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.unix()).unwrap_or(0)));
    leaf.verify_for_usage(crypto::CERTIFICATE_ALGORITHMS, anchors, intermediates, at, usage, None, None).map(|_| ())
}

impl Purpose {
    /// id-kp-codeSigning and id-kp-timeStamping, 1.3.6.1.5.5.7.3.3 and .8.
    fn oid(self) -> &'static [u8] {
        match self {
            Self::CodeSigning => &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03],
            Self::TimeStamping => &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08],
        }
    }
}

/// The certificate that `der` consists of.
pub(super) fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(der).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, certificate)| certificate)
}

pub(crate) fn validity(certificate: &X509Certificate<'_>) -> Window {
    let validity = certificate.validity();
    let time = |time: x509_parser::time::ASN1Time| Time::from_unix(time.timestamp());
    Window::new(time(validity.not_before), Some(time(validity.not_after)))
}

pub(super) fn malformed(what: &str) -> VerifyError {
    VerifyError::TrustedRootMalformed { reason: format!("a certificate of an authority {what}") }
}

/// A certificate with `below` authorities beneath it has to be one that may issue (RFC 5280, 4.2.1.3, 4.2.1.9), and ask for
/// nothing that is not known (4.2); webpki asks none of this of an anchor.
pub(super) fn may_issue(certificate: &X509Certificate<'_>, below: usize) -> Result<(), VerifyError> {
    let unreadable = |_| malformed("has a malformed extension");
    let constraints = certificate.basic_constraints().map_err(unreadable)?.map(|extension| extension.value);
    let constraints = constraints.filter(|constraints| constraints.ca).ok_or_else(|| malformed("is not a CA"))?;
    let below = u32::try_from(below).unwrap_or(u32::MAX);
    if constraints.path_len_constraint.is_some_and(|limit| below > limit) {
        return Err(malformed("has too long a path beneath it"));
    }
    let usage = certificate.key_usage().map_err(unreadable)?;
    if usage.is_some_and(|usage| !usage.value.key_cert_sign()) {
        return Err(malformed("may not sign certificates"));
    }
    let unknown = |extension: &X509Extension<'_>| extension.critical && extension.parsed_extension().unsupported();
    if certificate.extensions().iter().any(unknown) {
        return Err(malformed("has a critical extension that is not known"));
    }
    Ok(())
}

/// For this purpose, if it says for what (RFC 5280, 4.2.1.12).
fn issues_for(certificate: &X509Certificate<'_>, purpose: Purpose) -> Result<(), VerifyError> {
    let extended = certificate.extended_key_usage().map_err(|_| malformed("has a malformed extension"))?;
    let allowed = extended.is_none_or(|usage| match purpose {
        Purpose::CodeSigning => usage.value.code_signing || usage.value.any,
        Purpose::TimeStamping => usage.value.time_stamping || usage.value.any,
    });
    if allowed { Ok(()) } else { Err(malformed("may not issue for this purpose")) }
}
