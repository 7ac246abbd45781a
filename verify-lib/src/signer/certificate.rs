//! A signing certificate of Fulcio (sigstore/fulcio, `docs/certificate-specification.md`).

use super::{
    claims::{self, Claim},
    sct,
};
use crate::{
    Time, VerifyError, VerifyingKey, Window, budget,
    clock::EstablishedTimes,
    der,
    error::shown,
    oid,
    trust::TrustedRoot,
    x509::{Certificate, Extension, Malformed},
};
use core::fmt;
use std::sync::Arc;

/// A certificate that a trusted authority has issued for signing, known to its certificate logs: what
/// [`verify_certificate`] finds.
///
/// Holding one proves that its whole chain was valid at the time that was asked for; **not** that its holder has signed
/// anything. Whose signature was verified is a [`SignerCertificate`](super::SignerCertificate).
#[derive(Debug, Clone)]
pub struct IssuedCertificate {
    der: Arc<Vec<u8>>,
    key: VerifyingKey,
    identity: Identity,
    issuer: String,
    root: String,
    window: Window,
}

/// The one name that the certificate gives its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Identity {
    /// An e-mail address.
    Email(String),
    /// A URI: a workflow, a SPIFFE id.
    Uri(String),
    /// A user name of an issuer that has no better.
    OtherName(String),
}

impl Identity {
    /// The name, whatever its kind.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(name) | Self::Uri(name) | Self::OtherName(name) => name,
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl IssuedCertificate {
    /// Whom it names.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Who vouched for the identity: the URL of the OIDC issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What the certificate says besides, of the build or of the token.
    pub fn claim(&self, claim: Claim) -> Option<&str> {
        claims::find(&Certificate::parse(&self.der).ok()?, claim)
    }

    /// The name of the trusted root that it was verified under.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// When the certificate is valid.
    pub fn window(&self) -> Window {
        self.window
    }

    /// The certificate, as DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The key of its holder.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }
}

/// Verifies a certificate that an authority has just issued, before anything is signed with it: that it is one of `root`'s
/// for signing, that its whole chain is valid `now`, and that enough certificate logs know of it.
///
/// `certificate` is DER. A promise of a certificate log may lie beside it (`SignedCertificateTimestamp` of RFC 6962, 3.2);
/// no bundle has a place for one, so a verifier will count only those that are in the certificate.
///
/// Whose it is, and whether its key is the one that was asked for, is for the caller to compare.
///
/// # Errors
/// [`VerifyError`], one variant per check.
pub fn verify_certificate(
    certificate: &[u8],
    detached_sct: Option<&[u8]>,
    root: &TrustedRoot,
    now: Time,
) -> Result<IssuedCertificate, VerifyError> {
    budget::within("certificate bytes", budget::CERTIFICATE_BYTES, certificate.len())?;
    verified(&Arc::new(certificate.to_vec()), detached_sct, core::iter::once(now), root)
}

/// Proves that an authority of `root` has issued the certificate for signing, that the whole chain was valid at every
/// established time, and that enough certificate logs know of it.
pub(super) fn verify(
    der: &Arc<Vec<u8>>,
    times: &EstablishedTimes<'_>,
    root: &TrustedRoot,
) -> Result<IssuedCertificate, VerifyError> {
    times.at_least(root.need().times)?;
    verified(der, None, times.times(), root)
}

fn verified(
    der: &Arc<Vec<u8>>,
    detached_sct: Option<&[u8]>,
    times: impl Iterator<Item = Time> + Clone,
    root: &TrustedRoot,
) -> Result<IssuedCertificate, VerifyError> {
    let leaf = parse(der)?;
    let issuer = issuer_of(&leaf, times, root)?;
    sct::verify(&leaf, detached_sct, &issuer, root.ct_logs(), root.need().scts)?;
    claims::check(&leaf)?;
    Ok(IssuedCertificate {
        der: Arc::clone(der),
        key: VerifyingKey::from_spki_der(leaf.public_key).map_err(VerifyError::CertificateKey)?,
        identity: identity(&leaf)?,
        issuer: oidc_issuer(&leaf)?,
        root: root.name().to_owned(),
        window: leaf.validity,
    })
}

/// What can be read from a certificate that nobody has verified: for `inspect`.
pub(crate) fn unverified_names(der: &[u8]) -> Result<(Identity, String), VerifyError> {
    let leaf = parse(der)?;
    Ok((identity(&leaf)?, oidc_issuer(&leaf)?))
}

/// The SubjectPublicKeyInfo of a certificate that nobody has verified, to be compared with one that was.
pub(crate) fn certificate_key(der: &[u8]) -> Option<&[u8]> {
    Certificate::parse(der).ok().map(|certificate| certificate.public_key)
}

/// Whether the certificate names the other as its issuer. Names prove nothing: this tells a chain from a bag.
pub(crate) fn names_issuer(der: &[u8], issuer: &[u8]) -> bool {
    let [Ok(certificate), Ok(issuer)] = [der, issuer].map(Certificate::parse) else { return false };
    certificate.issuer == issuer.subject
}

fn parse(der: &[u8]) -> Result<Certificate<'_>, VerifyError> {
    let leaf = Certificate::parse(der).map_err(|_| malformed("not an X.509 certificate"))?;
    let usage = leaf.key_usage().map_err(|_| malformed("its key usage"))?;
    if usage.is_some_and(|usage| !usage.digital_signature) {
        return Err(malformed("its key is not for signatures"));
    }
    Ok(leaf)
}

fn malformed(reason: &'static str) -> VerifyError {
    VerifyError::CertificateMalformed { reason }
}

/// The first authority that has issued it; where none has, what one says that was trusted at the time.
fn issuer_of(
    leaf: &Certificate<'_>,
    times: impl Iterator<Item = Time> + Clone,
    root: &TrustedRoot,
) -> Result<crate::trust::Issuer, VerifyError> {
    let mut refused = None;
    for authority in root.authorities() {
        match authority.issued(leaf, times.clone()) {
            Ok(issuer) => return Ok(issuer),
            Err(error) if refused.is_none() || authority.was_trusted_at(times.clone()) => refused = Some(error),
            Err(_) => {}
        }
    }
    let none = || VerifyError::CertificateChain { reason: "the trusted root lists no authority".to_owned() };
    Err(refused.unwrap_or_else(none))
}

/// The name that the certificate gives its holder: one, and of a kind that is known (RFC 5280, 4.2.1.6).
fn identity(leaf: &Certificate<'_>) -> Result<Identity, VerifyError> {
    let unreadable = || malformed("its subject alternative name");
    let mut names = leaf.alternative_names().map_err(|_| unreadable())?.unwrap_or(der::Reader::new(&[]));
    let mut name = None;
    let mut found = 0;
    while !names.is_empty() {
        name = Some(names.any().ok_or_else(unreadable)?);
        found += 1;
    }
    let name = name.filter(|_| found == 1).ok_or(VerifyError::IdentityCount { found })?;
    match name.tag {
        EMAIL => ascii(name.content).map(Identity::Email).ok_or_else(unreadable),
        URI => ascii(name.content).map(Identity::Uri).ok_or_else(unreadable),
        OTHER_NAME => other_name(name.content).map(Identity::OtherName).ok_or_else(unreadable),
        _ => Err(malformed("an unknown kind of subject alternative name")),
    }
}

/// `[1] IMPLICIT IA5String`.
const EMAIL: u8 = 0x81;
/// `[6] IMPLICIT IA5String`.
const URI: u8 = 0x86;
/// `[0] IMPLICIT SEQUENCE`.
const OTHER_NAME: u8 = 0xa0;

fn ascii(content: &[u8]) -> Option<String> {
    content.is_ascii().then(|| String::from_utf8(content.to_vec()).ok())?
}

/// Fulcio's kind (`docs/oid-info.md`, 1.3.6.1.4.1.57264.1.7), and `[0] EXPLICIT UTF8String`.
fn other_name(name: &[u8]) -> Option<String> {
    let mut fields = der::Reader::new(name);
    let of_fulcio = fields.next(der::OID)? == oid::of_fulcio(7);
    let text = der::only(der::UTF8_STRING, fields.next(der::CONTEXT_0)?)?;
    let text = String::from_utf8(text.to_vec()).ok()?;
    fields.end(text).filter(|_| of_fulcio)
}

/// Fulcio says it twice: as bare bytes (57264.1.1, deprecated) and as a UTF8String (57264.1.8). Both say the same, or one is
/// absent.
fn oidc_issuer(leaf: &Certificate<'_>) -> Result<String, VerifyError> {
    let unreadable = || malformed("its OIDC issuer");
    let text = |bytes| core::str::from_utf8(bytes).map_err(|_| unreadable());
    let first = of_fulcio(leaf, 1)?.map(|extension| text(extension.value)).transpose()?;
    let second = of_fulcio(leaf, 8)?
        .map(|extension| der::only(der::UTF8_STRING, extension.value).ok_or_else(unreadable).and_then(text))
        .transpose()?;
    match (first, second) {
        (Some(first), Some(second)) if first != second => {
            Err(VerifyError::IssuerConflict { first: shown(first), second: shown(second) })
        }
        (first, second) => {
            let issuer = second.or(first).filter(|issuer| !issuer.is_empty());
            issuer.map(str::to_owned).ok_or(VerifyError::IssuerMissing)
        }
    }
}

fn of_fulcio<'a>(leaf: &Certificate<'a>, number: u8) -> Result<Option<Extension<'a>>, VerifyError> {
    leaf.extension(&oid::of_fulcio(number)).map_err(|Malformed| malformed("an extension twice"))
}
