//! The signer: whose hand?

mod certificate;
mod sct;

pub(crate) use certificate::unverified_names;
pub use certificate::{Identity, SignerCertificate};

use crate::{
    Artifact, VerifyError, VerifyingKey,
    bundle::Material,
    clock::EstablishedTimes,
    encoding,
    trust::{Need, Trust},
};

/// Who may have signed: the certificate's holder, or one of the trusted keys.
///
/// Holding one proves that a trusted authority vouches for the certificate at every established time, or that the
/// keys are trusted; **not** that any of them has signed these bytes, which is the envelope's to say.
#[derive(Debug)]
pub(crate) enum Signer {
    Certificate(Box<SignerCertificate>),
    Keys(CandidateKeys),
}

/// The trusted keys that a bundle's hint leaves.
#[derive(Debug)]
pub(crate) struct CandidateKeys(Vec<VerifyingKey>);

/// Who has signed.
#[derive(Debug, Clone)]
pub enum VerifiedSigner {
    /// The holder of a key that the caller trusts.
    Key(Box<VerifyingKey>),
    /// The holder of a certificate that a trusted authority has issued.
    Certificate(Box<SignerCertificate>),
}

/// Finds whom the caller trusts to have signed this bundle.
pub(crate) fn verify(
    material: &Material,
    times: &EstablishedTimes,
    trust: &Trust,
    need: &Need,
) -> Result<Signer, VerifyError> {
    match material {
        Material::PublicKey { hint } => CandidateKeys::of(trust.keys(), hint).map(Signer::Keys),
        Material::Certificate(der) => {
            let root = trust.root().ok_or(VerifyError::NoTrustedRoot)?;
            let certificate = certificate::verify(der, times, root, need)?;
            Ok(Signer::Certificate(Box::new(certificate)))
        }
    }
}

impl CandidateKeys {
    /// The key that the hint names; all of them where it names none, since a hint is no more than that.
    fn of(trusted: &[VerifyingKey], hint: &str) -> Result<Self, VerifyError> {
        if trusted.is_empty() {
            return Err(VerifyError::NoTrustedKey);
        }
        // cosign and sigstore-go write base64 of the SHA-256 of the public key.
        let hinted = |key: &&VerifyingKey| encoding::to_base64(key.id().as_bytes()) == hint;
        let keys = trusted.iter().find(hinted).map_or_else(|| trusted.to_vec(), |key| vec![key.clone()]);
        Ok(Self(keys))
    }

    fn signer_of(self, message: &Artifact<'_>, signature: &[u8], what: &str) -> Result<VerifyingKey, VerifyError> {
        let mut refused = VerifyError::SignatureInvalid { signer: self.name(), what: what.to_owned() };
        for key in self.0 {
            match key.has_signed(message, signature) {
                Ok(true) => return Ok(key),
                Ok(false) => {}
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    fn name(&self) -> String {
        match self.0.as_slice() {
            [key] => format!("the key {}", key.id()),
            keys => format!("any of {} trusted keys", keys.len()),
        }
    }
}

impl Signer {
    /// The one of them who has made `signature` over `message`.
    pub(crate) fn of(
        self,
        message: &Artifact<'_>,
        signature: &[u8],
        what: &str,
    ) -> Result<VerifiedSigner, VerifyError> {
        match self {
            Self::Keys(keys) => keys.signer_of(message, signature, what).map(|key| VerifiedSigner::Key(Box::new(key))),
            Self::Certificate(certificate) if certificate.key().has_signed(message, signature)? => {
                Ok(VerifiedSigner::Certificate(certificate))
            }
            Self::Certificate(certificate) => Err(VerifyError::SignatureInvalid {
                signer: format!("`{}`", certificate.identity()),
                what: what.to_owned(),
            }),
        }
    }
}
