//! The certificates of an authority, from the one that issues to the root.

use crate::{
    Time, VerifyError, Window, crypto, oid,
    x509::{Certificate, Extension},
};
use core::time::Duration;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

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
        let certificates = ders.iter().map(|der| parse(der)).collect::<Result<Vec<_>, _>>()?;
        for (below, certificate) in certificates.iter().enumerate() {
            may_issue(certificate, below)?;
            issues_for(certificate, purpose)?;
        }
        Ok(Some(Self {
            purpose,
            anchor,
            windows: certificates.iter().map(|certificate| certificate.validity).collect(),
        }))
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
    fn oid(self) -> &'static [u8] {
        match self {
            Self::CodeSigning => oid::CODE_SIGNING,
            Self::TimeStamping => oid::TIME_STAMPING,
        }
    }
}

/// An authority's certificate.
pub(super) fn parse(der: &[u8]) -> Result<Certificate<'_>, VerifyError> {
    Certificate::parse(der).map_err(|_| malformed("cannot be read"))
}

pub(super) fn malformed(what: &str) -> VerifyError {
    VerifyError::TrustedRootMalformed { reason: format!("a certificate of an authority {what}") }
}

/// A certificate with `below` authorities beneath it has to be one that may issue (RFC 5280, 4.2.1.3, 4.2.1.9), and demand
/// nothing that is not known (4.2); webpki asks none of this of an anchor.
pub(super) fn may_issue(certificate: &Certificate<'_>, below: usize) -> Result<(), VerifyError> {
    let constraints = certificate.basic_constraints().map_err(unreadable)?;
    let constraints =
        constraints.filter(|constraints| constraints.authority).ok_or_else(|| malformed("is not a CA"))?;
    let below = u32::try_from(below).unwrap_or(u32::MAX);
    if constraints.path_length.is_some_and(|limit| below > limit) {
        return Err(malformed("has too long a path beneath it"));
    }
    if certificate.key_usage().map_err(unreadable)?.is_some_and(|usage| !usage.key_cert_sign) {
        return Err(malformed("may not sign certificates"));
    }
    let unknown = |extension: Extension<'_>| extension.critical && !KNOWN.contains(&extension.kind);
    if certificate.extensions().any(unknown) {
        return Err(malformed("has a critical extension that is not known"));
    }
    Ok(())
}

/// What an authority may demand to be understood: it is enforced here or by webpki, or restricts nothing of what is asked
/// here, as names and policies do not. *Constraints* on policies do: nobody here could tell whether they are met.
const KNOWN: [&[u8]; 8] = [
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::EXTENDED_KEY_USAGE,
    oid::NAME_CONSTRAINTS,
    oid::SUBJECT_KEY_ID,
    oid::AUTHORITY_KEY_ID,
    oid::ISSUER_ALTERNATIVE_NAME,
    oid::CERTIFICATE_POLICIES,
];

/// For this purpose, if it says for what (RFC 5280, 4.2.1.12).
fn issues_for(certificate: &Certificate<'_>, purpose: Purpose) -> Result<(), VerifyError> {
    let purposes = certificate.extended_key_usage().map_err(unreadable)?;
    let allowed = purposes.is_none_or(|all| all.contains(&purpose.oid()) || all.contains(&oid::ANY_USAGE));
    if allowed { Ok(()) } else { Err(malformed("may not issue for this purpose")) }
}

pub(super) fn unreadable(_: crate::x509::Malformed) -> VerifyError {
    malformed("has a malformed extension")
}
