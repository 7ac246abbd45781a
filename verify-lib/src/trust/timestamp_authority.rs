//! A timestamp authority (RFC 3161): its signing certificate, chain, name and window, in one value.

use super::{
    Voucher,
    chain::{self, Chain, Purpose},
    wire,
};
use crate::{
    Digest, HashAlgorithm, HashValue, KeyError, Time, VerifyError, VerifyingKey, Window, oid,
    timestamp::{SignerId, Token},
    x509::Certificate,
};
use std::borrow::Cow;

/// An authority that says when it saw something.
///
/// Everything that makes a token its own is asked here, in one function, of one authority: a certificate of the one with
/// the window of another is how TOB-11 was found in sigstore-rust.
#[derive(Debug, Clone)]
pub(crate) struct TimestampAuthority {
    name: String,
    voucher: Voucher,
    /// The certificate that signs. Where the root lists authorities alone, the token brings it along.
    signer: Option<Signer>,
    /// Above the signer; nothing where the root lists the signer alone.
    chain: Option<Chain>,
    window: Window,
}

#[derive(Debug, Clone)]
struct Signer {
    /// Of the certificate, by each algorithm that a token may name it with.
    hashes: [HashValue; 3],
    key: VerifyingKey,
    issuer: Vec<u8>,
    serial: Vec<u8>,
    key_id: Option<Vec<u8>>,
    subject: Vec<u8>,
    window: Window,
}

impl TimestampAuthority {
    /// Nothing for one that signs with an algorithm that is not supported: a root may list authorities of tomorrow beside
    /// those of today, and their tokens count for nothing.
    pub(super) fn from_wire(wire: wire::Authority) -> Result<Option<Self>, VerifyError> {
        let mut ders = wire.cert_chain.ders()?;
        let first = ders.first().map(|der| chain::parse(der)).ok_or_else(|| chain::malformed("is missing"))??;
        let id = Digest::of(first.public_key);
        let constraints = first.basic_constraints().map_err(chain::unreadable)?;
        let is_authority = constraints.is_some_and(|constraints| constraints.authority);
        let der = if is_authority { None } else { Some(ders.remove(0)) };
        let signer = match der.as_deref().map(Signer::parse).transpose() {
            Err(VerifyError::CertificateKey(KeyError::Unsupported(_))) => return Ok(None),
            signer => signer?,
        };
        let chain = Chain::parse(&ders, Purpose::TimeStamping)?;
        if let (Some(der), Some(signer), Some(chain)) = (&der, &signer, &chain) {
            // Constant, so once for each root; its windows are asked of every token.
            match chain.issued(der, signer.window.start()) {
                Err(
                    webpki::Error::UnsupportedSignatureAlgorithmContext(_)
                    | webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_),
                ) => return Ok(None),
                issued => issued.map_err(|error| chain::malformed(&format!("does not chain: {error}")))?,
            }
        }
        Ok(Some(Self {
            voucher: Voucher::new(wire.operator, *id.as_bytes()),
            window: super::root::window(wire.valid_for, "timestamp authority")?,
            name: wire.uri.unwrap_or_else(|| "timestamp authority".to_owned()),
            signer,
            chain,
        }))
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whom it counts as toward a threshold.
    pub(crate) fn voucher(&self) -> &Voucher {
        &self.voucher
    }

    /// When this authority saw `signature`, if the token is its own, and if its certificates and itself were valid then.
    ///
    /// # Errors
    /// [`VerifyError::UnknownTimestampAuthority`] if the token is another's, or what is wrong with it.
    pub(crate) fn verify(&self, token: &Token<'_>, signature: &[u8]) -> Result<Time, VerifyError> {
        let time = token.time();
        let signer = self.signer_of(token)?;
        if !token.is_of(signature) {
            return Err(VerifyError::TimestampMismatch);
        }
        let in_its_name = token.authority_name().is_none_or(|name| name == signer.subject);
        if !in_its_name || !token.is_signed_by(&signer.hashes, &signer.key) {
            return Err(VerifyError::TimestampSignature { authority: self.name.clone() });
        }
        self.window.includes("the timestamp authority", time)?;
        signer.window.includes("the timestamp authority's certificate", time)?;
        let chain = self.chain.iter().flat_map(Chain::windows);
        chain.into_iter().try_for_each(|window| window.includes("the timestamp authority's issuer", time))?;
        Ok(time)
    }

    /// The certificate that the token says it is signed with: the trusted root's, or one of the token's own that this
    /// authority has issued.
    fn signer_of(&self, token: &Token<'_>) -> Result<Cow<'_, Signer>, VerifyError> {
        const UNKNOWN: VerifyError = VerifyError::UnknownTimestampAuthority;
        if let Some(signer) = &self.signer {
            return if signer.is(token.signer()) { Ok(Cow::Borrowed(signer)) } else { Err(UNKNOWN) };
        }
        let chain = self.chain.as_ref().ok_or(UNKNOWN)?;
        for der in token.certificates()? {
            if let Ok(signer) = Signer::parse(der)
                && signer.is(token.signer())
            {
                chain.issued(der, token.time()).map_err(|_| UNKNOWN)?;
                return Ok(Cow::Owned(signer));
            }
        }
        Err(UNKNOWN)
    }
}

impl Signer {
    /// It may do nothing but sign timestamps (RFC 3161, 2.3).
    fn parse(der: &[u8]) -> Result<Self, VerifyError> {
        let certificate = chain::parse(der)?;
        only_timestamps(&certificate)?;
        Ok(Self {
            key: VerifyingKey::from_spki_der(certificate.public_key).map_err(VerifyError::CertificateKey)?,
            issuer: certificate.issuer.to_vec(),
            serial: certificate.serial.to_vec(),
            subject: certificate.subject.to_vec(),
            window: certificate.validity,
            key_id: certificate.subject_key_id().map_err(chain::unreadable)?.map(<[u8]>::to_vec),
            hashes: HashAlgorithm::ALL.map(|algorithm| algorithm.hash(der)),
        })
    }

    fn is(&self, id: &SignerId<'_>) -> bool {
        match id {
            SignerId::IssuerAndSerial(issuer, serial) => self.issuer == *issuer && self.serial == *serial,
            SignerId::KeyId(id) => self.key_id.as_deref() == Some(*id),
        }
    }
}

fn only_timestamps(certificate: &Certificate<'_>) -> Result<(), VerifyError> {
    let purposes = certificate.extended_key_usage().map_err(chain::unreadable)?;
    let extension = certificate.extension(oid::EXTENDED_KEY_USAGE).map_err(chain::unreadable)?;
    let only = purposes.is_some_and(|all| all == [oid::TIME_STAMPING]) && extension.is_some_and(|it| it.critical);
    let signs = certificate.key_usage().map_err(chain::unreadable)?.is_none_or(|usage| usage.digital_signature);
    if only && signs { Ok(()) } else { Err(chain::malformed("is not for timestamps alone")) }
}
