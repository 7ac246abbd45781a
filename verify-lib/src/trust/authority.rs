//! A certificate authority (Fulcio), with its whole chain.

use super::wire;
use crate::{Time, VerifyError, Window, encoding};
use core::time::Duration;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use sha2::{Digest as _, Sha256};
use webpki::{EndEntityCert, KeyUsage};
use x509_parser::prelude::{FromDer, X509Certificate};

/// The algorithms that an authority may sign a certificate with.
const ALGORITHMS: &[&dyn rustls_pki_types::SignatureVerificationAlgorithm] = &[
    webpki::aws_lc_rs::ECDSA_P256_SHA256,
    webpki::aws_lc_rs::ECDSA_P256_SHA384,
    webpki::aws_lc_rs::ECDSA_P384_SHA256,
    webpki::aws_lc_rs::ECDSA_P384_SHA384,
    webpki::aws_lc_rs::ED25519,
    webpki::aws_lc_rs::RSA_PKCS1_2048_8192_SHA256,
    webpki::aws_lc_rs::RSA_PKCS1_2048_8192_SHA384,
    webpki::aws_lc_rs::RSA_PKCS1_2048_8192_SHA512,
];

/// An authority that issues certificates for signing: its chain from the issuer to the root, and its window.
#[derive(Debug, Clone)]
pub(crate) struct Authority {
    /// The issuer's certificate as an anchor: that it chains to its root is the word of whoever wrote the trusted root.
    anchor: TrustAnchor<'static>,
    issuer: Issuer,
    /// The windows of every certificate in the chain: webpki asks an anchor for none.
    chain: Vec<Window>,
    window: Window,
}

/// What an SCT needs to know of the issuer that was verified (RFC 6962, 3.2): the SHA-256 of its public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Issuer {
    key_hash: [u8; 32],
}

impl Issuer {
    pub(crate) fn key_hash(&self) -> &[u8; 32] {
        &self.key_hash
    }
}

impl Authority {
    pub(super) fn from_wire(wire: wire::Authority) -> Result<Self, VerifyError> {
        let malformed = || VerifyError::TrustedRootMalformed { reason: "a certificate authority's chain".to_owned() };
        let ders: Vec<_> = wire
            .cert_chain
            .certificates
            .iter()
            .map(|certificate| encoding::from_base64(&certificate.raw_bytes).ok_or_else(malformed))
            .collect::<Result<_, _>>()?;
        let issuer = CertificateDer::from(ders.first().ok_or_else(malformed)?.as_slice());
        let certificates = ders.iter().map(|der| certificate(der)).collect::<Option<Vec<_>>>().ok_or_else(malformed)?;
        let key = certificates.first().map(|issuer| issuer.public_key().raw).ok_or_else(malformed)?;
        for (below, certificate) in certificates.iter().enumerate() {
            may_issue(certificate, below)?;
        }
        Ok(Self {
            anchor: webpki::anchor_from_trusted_cert(&issuer).map_err(|_| malformed())?.to_owned(),
            issuer: Issuer { key_hash: Sha256::digest(key).into() },
            chain: certificates.iter().map(validity).collect(),
            window: super::root::window(wire.valid_for, "certificate authority")?,
        })
    }

    /// The issuer of `leaf`, if it is this authority's, for signing code, and if the leaf and the whole chain were
    /// valid at every one of `times`.
    ///
    /// # Errors
    /// [`VerifyError::CertificateChain`] or [`VerifyError::CertificateWindow`].
    pub(crate) fn issued(&self, leaf: &[u8], valid: Window, times: &[Time]) -> Result<Issuer, VerifyError> {
        let chain = |reason: String| VerifyError::CertificateChain { reason };
        let first = times.first().ok_or_else(|| chain("no time is established to judge it at".to_owned()))?;
        for &time in times {
            let links = [("the authority", self.window), ("the signer's certificate", valid)];
            let issuers = self.chain.iter().map(|&window| ("the issuer's certificate", window));
            for (certificate, window) in links.into_iter().chain(issuers) {
                if !window.contains(time) {
                    return Err(VerifyError::CertificateWindow { certificate, window, time });
                }
            }
        }
        let seconds = u64::try_from(first.unix()).map_err(|_| chain("a time before 1970".to_owned()))?;
        let der = CertificateDer::from(leaf);
        EndEntityCert::try_from(&der)
            .and_then(|leaf| {
                let anchors = core::slice::from_ref(&self.anchor);
                let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
                leaf.verify_for_usage(ALGORITHMS, anchors, &[], at, KeyUsage::required(CODE_SIGNING), None, None)
                    .map(|_| ())
            })
            .map_err(|error| chain(error.to_string()))?;
        Ok(self.issuer)
    }
}

/// id-kp-codeSigning, 1.3.6.1.5.5.7.3.3 (RFC 5280, 4.2.1.12): the leaf has to have it, not merely not to lack it.
const CODE_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03];

fn certificate(der: &[u8]) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(der).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, certificate)| certificate)
}

pub(crate) fn validity(certificate: &X509Certificate<'_>) -> Window {
    let validity = certificate.validity();
    let time = |time: x509_parser::time::ASN1Time| Time::from_unix(time.timestamp());
    Window::new(time(validity.not_before), Some(time(validity.not_after)))
}

/// A certificate with `below` authorities beneath it has to be one that may issue (RFC 5280, 4.2.1.3, 4.2.1.9), for
/// code signing if it says for what; webpki asks none of this of an anchor.
fn may_issue(certificate: &X509Certificate<'_>, below: usize) -> Result<(), VerifyError> {
    let malformed =
        |what: &str| VerifyError::TrustedRootMalformed { reason: format!("a certificate authority {what}") };
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
    let extended = certificate.extended_key_usage().map_err(unreadable)?;
    if extended.is_some_and(|usage| !usage.value.code_signing && !usage.value.any) {
        return Err(malformed("may not issue for code signing"));
    }
    Ok(())
}
