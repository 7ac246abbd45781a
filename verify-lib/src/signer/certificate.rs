//! A signing certificate of Fulcio (sigstore/fulcio, `docs/certificate-specification.md`).

use super::{
    claims::{self, Claim},
    sct,
};
use crate::{
    VerifyError, VerifyingKey, Window,
    clock::EstablishedTimes,
    der,
    trust::{TrustedRoot, validity},
};
use core::fmt;
use std::collections::BTreeMap;
use x509_parser::{
    der_parser::{Oid, oid},
    extensions::{GeneralName, X509Extension},
    prelude::{FromDer, X509Certificate},
};

/// The issuer of the identity token, as bare bytes (deprecated, but written).
const ISSUER_V1: Oid<'static> = oid!(1.3.6.1.4.1.57264.1.1);
/// The issuer of the identity token, as a DER UTF8String.
const ISSUER_V2: Oid<'static> = oid!(1.3.6.1.4.1.57264.1.8);
/// The type of a Fulcio `otherName`.
const OTHER_NAME: Oid<'static> = oid!(1.3.6.1.4.1.57264.1.7);

/// A certificate that a trusted authority has issued for signing, valid whenever the signature was seen.
#[derive(Debug, Clone)]
pub struct SignerCertificate {
    der: Vec<u8>,
    key: VerifyingKey,
    identity: Identity,
    issuer: String,
    claims: BTreeMap<Claim, String>,
    root: String,
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

impl SignerCertificate {
    /// Who signed.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Who vouched for the identity: the URL of the OIDC issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What the certificate says besides, of the build or of the token.
    pub fn claim(&self, claim: Claim) -> Option<&str> {
        self.claims.get(&claim).map(String::as_str)
    }

    /// The name of the trusted root that it was verified under.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The certificate, as DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    pub(crate) fn key(&self) -> &VerifyingKey {
        &self.key
    }
}

/// Proves that an authority of `root` has issued the certificate for signing, that the whole chain was valid at every
/// established time, and that enough certificate logs know of it.
pub(super) fn verify(
    der: &[u8],
    times: &EstablishedTimes,
    root: &TrustedRoot,
) -> Result<SignerCertificate, VerifyError> {
    times.at_least(root.need().times)?;
    let leaf = parse(der)?;
    let issuer = issuer_of(der, validity(&leaf), times, root)?;
    sct::verify(der, &leaf, &issuer, root.ct_logs(), root.need().scts)?;
    Ok(SignerCertificate {
        der: der.to_vec(),
        key: VerifyingKey::from_spki_der(leaf.public_key().raw).map_err(VerifyError::CertificateKey)?,
        identity: identity(&leaf)?,
        issuer: oidc_issuer(&leaf)?,
        claims: claims::parse(&leaf)?,
        root: root.name().to_owned(),
    })
}

/// What can be read from a certificate that nobody has verified: for `inspect`.
pub(crate) fn unverified_names(der: &[u8]) -> Result<(Identity, String), VerifyError> {
    let leaf = parse(der)?;
    Ok((identity(&leaf)?, oidc_issuer(&leaf)?))
}

/// The SubjectPublicKeyInfo of a certificate that nobody has verified, to be compared with one that was.
pub(crate) fn certificate_key(der: &[u8]) -> Option<&[u8]> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate.tbs_certificate.subject_pki.raw)
}

/// Whether the certificate names the other as its issuer. Names prove nothing: this tells a chain from a bag.
pub(crate) fn names_issuer(der: &[u8], issuer: &[u8]) -> bool {
    let [Ok((_, certificate)), Ok((_, issuer))] = [der, issuer].map(X509Certificate::from_der) else { return false };
    certificate.issuer().as_raw() == issuer.subject().as_raw()
}

fn parse(der: &[u8]) -> Result<X509Certificate<'_>, VerifyError> {
    let malformed = |reason| VerifyError::CertificateMalformed { reason };
    let (rest, leaf) = X509Certificate::from_der(der).map_err(|_| malformed("not an X.509 certificate"))?;
    if !rest.is_empty() {
        return Err(malformed("bytes follow it"));
    }
    let signs = leaf.key_usage().map_err(|_| malformed("its key usage"))?;
    if signs.is_some_and(|usage| !usage.value.digital_signature()) {
        return Err(malformed("its key is not for signatures"));
    }
    Ok(leaf)
}

/// The first authority that has issued it; where none has, what the most likely one says: that which is valid then.
fn issuer_of(
    der: &[u8],
    valid: Window,
    times: &EstablishedTimes,
    root: &TrustedRoot,
) -> Result<crate::trust::Issuer, VerifyError> {
    let mut refused = VerifyError::CertificateChain { reason: "the trusted root lists no authority".to_owned() };
    for authority in root.authorities() {
        match authority.issued(der, valid, &times.times()) {
            Ok(issuer) => return Ok(issuer),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

fn identity(leaf: &X509Certificate<'_>) -> Result<Identity, VerifyError> {
    let malformed = |_| VerifyError::CertificateMalformed { reason: "its subject alternative name" };
    let names = leaf.subject_alternative_name().map_err(malformed)?;
    let names = names.map_or(&[][..], |extension| extension.value.general_names.as_slice());
    match names {
        [GeneralName::RFC822Name(email)] => Ok(Identity::Email((*email).to_owned())),
        [GeneralName::URI(uri)] => Ok(Identity::Uri((*uri).to_owned())),
        [GeneralName::OtherName(kind, value)] if *kind == OTHER_NAME => other_name(value)
            .map(Identity::OtherName)
            .ok_or(VerifyError::CertificateMalformed { reason: "its subject alternative name" }),
        [_] => Err(VerifyError::CertificateMalformed { reason: "an unknown kind of subject alternative name" }),
        _ => Err(VerifyError::IdentityCount { found: names.len() }),
    }
}

/// `[0] EXPLICIT UTF8String`.
fn other_name(value: &[u8]) -> Option<String> {
    let text = der::only(0xa0, value).and_then(|inner| der::only(der::UTF8_STRING, inner))?;
    String::from_utf8(text.to_vec()).ok()
}

/// Both extensions say the same, or one is absent.
fn oidc_issuer(leaf: &X509Certificate<'_>) -> Result<String, VerifyError> {
    let malformed = VerifyError::CertificateMalformed { reason: "its OIDC issuer" };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| malformed.clone());
    let first = extension(leaf, &ISSUER_V1)?.map(|extension| text(extension.value)).transpose()?;
    let second = extension(leaf, &ISSUER_V2)?
        .map(|extension| der::only(der::UTF8_STRING, extension.value).ok_or(malformed.clone()).and_then(text))
        .transpose()?;
    match (first, second) {
        (Some(first), Some(second)) if first != second => Err(VerifyError::IssuerConflict { first, second }),
        (first, second) => second.or(first).filter(|issuer| !issuer.is_empty()).ok_or(VerifyError::IssuerMissing),
    }
}

/// The one extension of that kind.
pub(super) fn extension<'a>(
    leaf: &'a X509Certificate<'_>,
    kind: &Oid<'_>,
) -> Result<Option<&'a X509Extension<'a>>, VerifyError> {
    leaf.get_extension_unique(kind).map_err(|_| VerifyError::CertificateMalformed { reason: "an extension twice" })
}
