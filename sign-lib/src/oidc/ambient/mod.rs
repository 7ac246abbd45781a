//! Identities that are already there: what a pipeline or a machine says of whatever runs in it. One file for each.

mod buildkite;
mod circleci;
mod file;
mod github;
mod gitlab;
mod google;
mod variable;

use super::{IdentityToken, OidcError};
use bulla_transport::{Options, Reply, Service};
use bulla_verify::Time;
use core::fmt;
use std::path::Path;
use zeroize::Zeroizing;

/// Where an identity was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ambient {
    /// `SIGSTORE_ID_TOKEN`, outside GitLab.
    Variable,
    /// A job of GitHub Actions.
    GitHubActions,
    /// A job of GitLab CI.
    GitLab,
    /// A job of Buildkite.
    Buildkite,
    /// A job of CircleCI.
    CircleCi,
    /// A Kubernetes service account, by its file.
    Kubernetes,
    /// A SPIFFE id, by its file.
    Spiffe,
    /// Another issuer's token in the file where cosign looks for one.
    File,
    /// A service account that a Google Cloud account may act as.
    GoogleImpersonation,
    /// The service account of a machine or workload on Google Cloud.
    GoogleCloud,
}

impl fmt::Display for Ambient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Variable => "`SIGSTORE_ID_TOKEN`",
            Self::GitHubActions => "GitHub Actions",
            Self::GitLab => "GitLab CI",
            Self::Buildkite => "Buildkite",
            Self::CircleCi => "CircleCI",
            Self::Kubernetes => "the Kubernetes service account",
            Self::Spiffe => "SPIFFE",
            Self::File => "the token file",
            Self::GoogleImpersonation => "Google Cloud's impersonation",
            Self::GoogleCloud => "Google Cloud",
        })
    }
}

/// The environment, as far as it is asked.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The identity of the pipeline or machine that we run in, if it has one; [`IdentityToken::source`] says which.
///
/// `env` answers for the environment. Asked are, in this order: GitHub Actions, GitLab CI, Buildkite, CircleCI,
/// `SIGSTORE_ID_TOKEN`, cosign's token file, and Google Cloud. The first that is there decides.
///
/// # Errors
/// A source that is there and gives no token, or one that is not for `audience` or not for now, is an error and not "none":
/// otherwise something else would sign in its place.
pub fn ambient(
    env: Environment<'_>,
    audience: &str,
    options: &Options,
    now: Time,
) -> Result<Option<IdentityToken>, OidcError> {
    Machine::of(env, audience, options).identity(now)
}

/// What is around us: tests have one of their own.
struct Machine<'a> {
    env: Environment<'a>,
    audience: &'a str,
    options: Options,
    /// Where cosign looks for a token.
    token_file: &'a Path,
    /// What the machine's maker calls it, on Linux.
    product_name: &'a Path,
}

impl<'a> Machine<'a> {
    fn of(env: Environment<'a>, audience: &'a str, options: &Options) -> Self {
        // Registries in plain HTTP may have been asked for: that is no reason to send a secret so.
        let options = Options { plain_http: false, ..options.clone() };
        let (token_file, product_name) = (Path::new(file::PATH), Path::new(google::PRODUCT_NAME));
        Self { env, audience, options, token_file, product_name }
    }

    fn identity(&self, now: Time) -> Result<Option<IdentityToken>, OidcError> {
        type Source = (Ambient, fn(&Machine<'_>, Time) -> Result<Option<Zeroizing<String>>, OidcError>);
        const SOURCES: [Source; 8] = [
            (Ambient::GitHubActions, |machine, _| github::token(machine)),
            (Ambient::GitLab, |machine, _| gitlab::token(machine)),
            (Ambient::Buildkite, |machine, _| buildkite::token(machine)),
            (Ambient::CircleCi, circleci::token),
            (Ambient::Variable, |machine, _| variable::token(machine)),
            (Ambient::File, |machine, _| file::token(machine)),
            (Ambient::GoogleImpersonation, |machine, _| google::impersonated(machine)),
            (Ambient::GoogleCloud, |machine, _| google::token(machine)),
        ];
        for (source, token) in SOURCES {
            let Some(text) = token(self, now)? else { continue };
            let token = IdentityToken::parse(text, self.audience, now)?;
            let source = if source == Ambient::File { file::kind(&token) } else { source };
            return Ok(Some(token.found_at(source)));
        }
        file::no_socket(self)?;
        Ok(None)
    }

    /// A variable that is set to something.
    fn var(&self, name: &str) -> Option<String> {
        (self.env)(name).filter(|value| !value.is_empty())
    }

    fn secret(&self, name: &str) -> Option<Zeroizing<String>> {
        self.var(name).map(Zeroizing::new)
    }

    /// How CIs say that they are there.
    fn is(&self, name: &str) -> bool {
        self.var(name).as_deref() == Some("true")
    }

    fn service(&self, source: Ambient, url: &str) -> Result<Service, OidcError> {
        Service::new(url, &self.options).map_err(|error| source.unavailable(error))
    }
}

impl Ambient {
    fn unavailable(self, error: bulla_transport::Error) -> OidcError {
        OidcError::SourceUnavailable { from: self, error: Box::new(error) }
    }

    fn failed(self, reason: impl Into<String>) -> OidcError {
        OidcError::SourceFailed { from: self, reason: reason.into() }
    }

    /// The status and the service's own words.
    fn refused(self, reply: &Reply) -> OidcError {
        self.failed(format!("status {}{}", reply.status, reply.detail()))
    }

    /// What was printed or answered, as text.
    fn text(self, bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<String>, OidcError> {
        let text = core::str::from_utf8(&bytes).map_err(|_| self.failed("what it gives is no text"))?;
        Ok(Zeroizing::new(text.trim().to_owned()))
    }
}

#[cfg(test)]
mod tests;
