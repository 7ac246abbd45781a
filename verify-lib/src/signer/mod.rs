//! The signer: whose hand?

mod certificate;
mod claims;
mod sct;

pub use certificate::{Identity, IssuedCertificate, verify_certificate};
pub(crate) use certificate::{certificate_key, names_issuer, unverified_names};
pub use claims::Claim;

use crate::{
    Digest, VerifyError, VerifyingKey, Window, bundle::Material, clock::EstablishedTimes, encoding, error::shown,
    message::Message, trust::TrustedRoot,
};

/// Who may have signed: the certificate's holder, or one of the trusted keys.
///
/// Holding one proves that a trusted authority vouches for the certificate at every established time, or that the
/// keys are trusted; **not** that any of them has signed these bytes, which is the envelope's to say.
#[derive(Debug)]
pub(crate) struct Signer<'a>(Who<'a>);

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it becomes the proof")]
enum Who<'a> {
    Certificate(IssuedCertificate),
    Keys(CandidateKeys<'a>),
}

/// The trusted keys, and the one that the bundle names: no more than a hint, but it tells one failure from another.
#[derive(Debug)]
struct CandidateKeys<'a> {
    keys: &'a [VerifyingKey],
    named: Option<Digest>,
}

/// Who has signed. Nobody but [`crate::verify()`] can make one:
///
/// ```compile_fail,E0639
/// fn forge(key: bulla_verify::VerifyingKey) -> bulla_verify::VerifiedSigner {
///     bulla_verify::VerifiedSigner::Key { key }
/// }
/// ```
#[derive(Debug, Clone)]
pub enum VerifiedSigner {
    /// The holder of a key that the caller trusts.
    #[non_exhaustive]
    Key {
        /// The key.
        key: VerifyingKey,
    },
    /// The holder of a certificate that a trusted authority has issued.
    #[non_exhaustive]
    Certificate {
        /// What the certificate says.
        certificate: SignerCertificate,
    },
}

/// The certificate of one who has signed: an authority had issued it, and it was valid whenever the signature was seen.
///
/// One that was issued and has not signed is none:
///
/// ```compile_fail,E0308
/// fn signed(issued: bulla_verify::IssuedCertificate) -> bulla_verify::SignerCertificate {
///     issued
/// }
/// ```
#[derive(Debug, Clone)]
pub struct SignerCertificate(IssuedCertificate);

impl SignerCertificate {
    /// Who signed.
    pub fn identity(&self) -> &Identity {
        self.0.identity()
    }

    /// Who vouched for the identity: the URL of the OIDC issuer.
    pub fn issuer(&self) -> &str {
        self.0.issuer()
    }

    /// What the certificate says besides, of the build or of the token.
    pub fn claim(&self, claim: Claim) -> Option<&str> {
        self.0.claim(claim)
    }

    /// The name of the trusted root that it was verified under.
    pub fn root(&self) -> &str {
        self.0.root()
    }

    /// When the certificate is valid.
    pub fn window(&self) -> Window {
        self.0.window()
    }

    /// The certificate, as DER.
    pub fn der(&self) -> &[u8] {
        self.0.der()
    }

    /// The key that made the signature.
    pub fn key(&self) -> &VerifyingKey {
        self.0.key()
    }
}

impl VerifiedSigner {
    /// The key that made the signature.
    pub fn key(&self) -> &VerifyingKey {
        match self {
            Self::Key { key } => key,
            Self::Certificate { certificate } => certificate.key(),
        }
    }
}

/// Finds whom the caller trusts to have signed this bundle; a certificate's holder under one root alone.
pub(crate) fn verify<'a>(
    material: &Material,
    times: &EstablishedTimes<'_>,
    keys: &'a [VerifyingKey],
    roots: &[TrustedRoot],
) -> Result<Signer<'a>, VerifyError> {
    match (material, roots) {
        (Material::PublicKey { hint }, _) => CandidateKeys::of(keys, hint).map(Who::Keys),
        (Material::Certificate(der), [root]) => certificate::verify(der, times, root).map(Who::Certificate),
        (Material::Certificate(_), _) => Err(VerifyError::NoTrustedRoot),
    }
    .map(Signer)
}

impl<'a> CandidateKeys<'a> {
    /// cosign and sigstore-go write base64 of the SHA-256 of the public key as the hint.
    fn of(keys: &'a [VerifyingKey], hint: &str) -> Result<Self, VerifyError> {
        if keys.is_empty() {
            return Err(VerifyError::NoTrustedKey);
        }
        Ok(Self { keys, named: encoding::from_base64_exact(hint).map(Digest::from_bytes) })
    }

    /// The named key is tried first, and then all others.
    fn signer_of(
        &self,
        message: &Message<'_>,
        signature: &[u8],
        what: &'static str,
    ) -> Result<VerifyingKey, VerifyError> {
        let mut refused = None;
        let is_named = |key: &&VerifyingKey| Some(key.id()) == self.named;
        let others = self.keys.iter().filter(|key| !is_named(key));
        for key in self.keys.iter().filter(is_named).chain(others) {
            match key.has_signed(message, signature) {
                Ok(true) => return Ok(key.clone()),
                Ok(false) => {}
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or_else(|| self.refusal(what)))
    }

    fn refusal(&self, what: &'static str) -> VerifyError {
        let expected = match self.keys {
            [key] => format!("the key {}", key.id()),
            keys => format!("one of {} trusted keys", keys.len()),
        };
        let is_trusted = |named: &Digest| self.keys.iter().any(|key| key.id() == *named);
        match self.named.filter(|named| !is_trusted(named)) {
            Some(hint) => VerifyError::OtherKey { expected, hint },
            None => VerifyError::SignatureInvalid { signer: expected, what },
        }
    }
}

impl Signer<'_> {
    /// The one of them who has made `signature` over `message`.
    pub(crate) fn of(
        self,
        message: &Message<'_>,
        signature: &[u8],
        what: &'static str,
    ) -> Result<VerifiedSigner, VerifyError> {
        match self.0 {
            Who::Keys(keys) => {
                let key = keys.signer_of(message, signature, what)?;
                Ok(VerifiedSigner::Key { key })
            }
            Who::Certificate(certificate) if certificate.key().has_signed(message, signature)? => {
                Ok(VerifiedSigner::Certificate { certificate: SignerCertificate(certificate) })
            }
            Who::Certificate(certificate) => {
                let signer = format!("`{}`", shown(certificate.identity()));
                Err(VerifyError::SignatureInvalid { signer, what })
            }
        }
    }
}
