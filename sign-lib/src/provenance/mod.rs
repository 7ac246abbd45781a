//! How something was built, in the words of the pipeline that built it: SLSA provenance v1 (slsa.dev/spec/v1.0/provenance).
//!
//! It is worth what its signer is worth: whoever can set a job's environment can say what they like in it. That is why
//! whatever the token states too has to be the same there, and, before it is signed, in the certificate.

mod certificate;
mod error;
mod facts;
mod github;
mod gitlab;
mod local;

pub use error::ProvenanceError;
pub use local::Git;

use crate::{
    PredicateType,
    oidc::{Environment, IdentityToken},
};
use bulla_verify::{Claim, IssuedCertificate, Time};
use facts::{Facts, Name};
use serde_json::Value;

/// What built it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Build {
    /// A workflow of GitHub Actions.
    GitHubActions,
    /// A job of GitLab CI.
    GitLab,
    /// A machine that nobody vouches for.
    Local,
}

/// A predicate of the type SLSA provenance v1, and what a certificate has to say so that it may be signed with it.
#[derive(Debug, Clone)]
pub struct Provenance {
    build: Build,
    predicate: Value,
    /// Who issued the token, where there is one.
    issuer: Option<String>,
    stated: Vec<Stated>,
}

/// What provenance says that a certificate may say too.
#[derive(Debug, Clone)]
struct Stated {
    claim: Claim,
    what: &'static str,
    value: String,
}

impl Stated {
    /// Those that are known.
    fn all<const N: usize>(stated: [(Claim, Name, Option<String>); N]) -> Vec<Self> {
        let known = |(claim, name, value): (Claim, Name, Option<String>)| {
            value.map(|value| Self { claim, what: name.fact, value })
        };
        stated.into_iter().filter_map(known).collect()
    }
}

/// The provenance of what is built here and `now`: of GitHub Actions or GitLab CI by the environment and the token's claims,
/// otherwise that of a local build, of which nothing is known.
///
/// # Errors
/// [`ProvenanceError`] if the environment and the token disagree, if what has to be stated is not, or if this is another
/// pipeline, whose builds are not local either.
pub fn from_environment(
    env: Environment<'_>,
    token: Option<&IdentityToken>,
    now: Time,
) -> Result<Provenance, ProvenanceError> {
    let facts = Facts::of(env, token);
    if github::is_here(&facts) {
        return github::provenance(&facts);
    }
    if gitlab::is_here(&facts) {
        return gitlab::provenance(&facts, now);
    }
    match facts::other_pipeline(env) {
        Some(found) => Err(ProvenanceError::UnknownPipeline { found }),
        None => Ok(local::provenance(None)),
    }
}

impl Provenance {
    /// A local build's, of this commit if there is one: no claim of isolation, or that nobody interfered.
    ///
    /// # Errors
    /// [`ProvenanceError::FactMalformed`] if the commit or the remote is none.
    pub fn local(git: Option<&Git>) -> Result<Self, ProvenanceError> {
        git.map_or(Ok(()), Git::check)?;
        Ok(local::provenance(git))
    }

    /// What built it.
    pub fn build(&self) -> Build {
        self.build
    }

    /// The type of the predicate.
    pub fn predicate_type() -> PredicateType {
        PredicateType::slsa_provenance_v1()
    }

    /// The predicate, as JSON.
    pub fn predicate(&self) -> String {
        self.predicate.to_string()
    }

    /// Whether what the certificate says too, it says in the same way. To be asked before it is signed.
    ///
    /// # Errors
    /// [`ProvenanceError::CertificateDiffers`], naming the first that it does not.
    pub fn agrees_with(&self, certificate: &IssuedCertificate) -> Result<(), ProvenanceError> {
        self.agrees(certificate.issuer(), &|claim| certificate.claim(claim))
    }
}

#[cfg(test)]
mod tests;
