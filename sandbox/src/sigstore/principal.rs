//! Whom a certificate is for, and what it says of them.

use super::{OIDC_ISSUER, der};
use bulla_verify::{Claim, Identity};
use std::io::{Error, Result};

/// Whom a certificate is for, who vouches for them, and what it says of how the artifact was built.
#[derive(Debug, Clone)]
pub struct Principal {
    pub(crate) identity: Identity,
    pub(crate) issuer: String,
    claims: Vec<(Claim, String)>,
}

impl Principal {
    /// Somebody whom [`OIDC_ISSUER`] vouches for, and of whom nothing is said.
    pub fn new(identity: Identity) -> Self {
        Self { identity, issuer: OIDC_ISSUER.to_owned(), claims: Vec::new() }
    }

    /// Another issuer vouches for them; whoever it is, is not asked.
    #[must_use]
    pub fn vouched_for_by(mut self, issuer: &str) -> Self {
        issuer.clone_into(&mut self.issuer);
        self
    }

    /// The certificate says this, too, instead of what it said before.
    #[must_use]
    pub fn claiming(mut self, claim: Claim, value: &str) -> Self {
        self.claims.retain(|(other, _)| *other != claim);
        self.claims.push((claim, value.to_owned()));
        self
    }

    /// Identifier and value of each extension.
    ///
    /// # Errors
    /// A claim that no extension is known for: it is not left out.
    pub(crate) fn extensions(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let extension = |(claim, value): &(Claim, String)| Ok((oid(*claim)?, der::utf8(value)));
        self.claims.iter().map(extension).collect()
    }
}

/// Fulcio's `oid-info.md`. The verifier has a table of its own, and neither reads the other's.
const ARCS: [(Claim, u8); 16] = [
    (Claim::BuildSignerUri, 9),
    (Claim::BuildSignerDigest, 10),
    (Claim::RunnerEnvironment, 11),
    (Claim::SourceRepositoryUri, 12),
    (Claim::SourceRepositoryDigest, 13),
    (Claim::SourceRepositoryRef, 14),
    (Claim::SourceRepositoryIdentifier, 15),
    (Claim::SourceRepositoryOwnerUri, 16),
    (Claim::SourceRepositoryOwnerIdentifier, 17),
    (Claim::BuildConfigUri, 18),
    (Claim::BuildConfigDigest, 19),
    (Claim::BuildTrigger, 20),
    (Claim::RunInvocationUri, 21),
    (Claim::SourceRepositoryVisibility, 22),
    (Claim::DeploymentEnvironment, 23),
    (Claim::TokenSubject, 24),
];

/// The extension that states a claim.
fn oid(claim: Claim) -> Result<String> {
    let unknown = || Error::other(format!("no extension is known for {claim:?}"));
    let (_, arc) = ARCS.iter().find(|(other, _)| *other == claim).ok_or_else(unknown)?;
    Ok(format!("1.3.6.1.4.1.57264.1.{arc}"))
}
