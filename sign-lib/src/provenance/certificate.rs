//! What the certificate states too.

use super::{Build, Provenance, ProvenanceError};
use crate::error::shown;
use bulla_verify::Claim;

impl Provenance {
    /// `claim` gives what the certificate says, if it does.
    pub(super) fn agrees<'a>(
        &self,
        issuer: &str,
        claim: &dyn Fn(Claim) -> Option<&'a str>,
    ) -> Result<(), ProvenanceError> {
        let same = |what: &'static str, certificate: &str, provenance: &str| {
            let differs = || ProvenanceError::CertificateDiffers {
                what,
                certificate: shown(certificate),
                provenance: shown(provenance),
            };
            if certificate == provenance { Ok(()) } else { Err(differs()) }
        };
        if let Some(expected) = &self.issuer {
            same("issuer", issuer, expected)?;
        }
        for stated in &self.stated {
            claim(stated.claim).map_or(Ok(()), |found| same(stated.what, found, &stated.value))?;
        }
        if self.build == Build::Local {
            // A pipeline's certificate over a local build's provenance: one of the two is not true.
            claim(Claim::RunInvocationUri).map_or(Ok(()), |found| same("run", found, "a local build"))?;
        }
        Ok(())
    }
}
