//! What the environment and the token say, which has to be one thing.

use super::error::ProvenanceError;
use crate::{
    budget,
    error::shown,
    oidc::{Environment, IdentityToken},
};
use serde_json::Value;

/// What a fact is called, by people, by the environment and by the token. One that only one of them has is called "" by the
/// other.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub(super) fact: &'static str,
    pub(super) variable: &'static str,
    pub(super) claim: &'static str,
}

pub(super) const fn name(fact: &'static str, variable: &'static str, claim: &'static str) -> Name {
    Name { fact, variable, claim }
}

/// The environment, and the claims of this pipeline's token, if it is one of its.
pub(super) struct Facts<'a> {
    env: Environment<'a>,
    token: Option<&'a IdentityToken>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(env: Environment<'a>, token: Option<&'a IdentityToken>) -> Self {
        Self { env, token }
    }

    /// The same without a token that is about something else, such as a person.
    pub(super) fn with_token_if(&self, is_ours: bool) -> Self {
        Self { env: self.env, token: self.token.filter(|_| is_ours) }
    }

    pub(super) fn token(&self) -> Option<&'a IdentityToken> {
        self.token
    }

    pub(super) fn is_set(&self, variable: &str, value: &str) -> bool {
        (self.env)(variable).as_deref() == Some(value)
    }

    /// What both say, or the one that says something.
    pub(super) fn find(&self, name: Name) -> Result<Option<String>, ProvenanceError> {
        let stated = |key: &str, value: Option<String>| value.filter(|value| !key.is_empty() && !value.is_empty());
        let environment = stated(name.variable, (self.env)(name.variable));
        let token = stated(name.claim, self.claim(name.claim));
        let found = match (environment, token) {
            (Some(environment), Some(token)) if environment != token => {
                return Err(ProvenanceError::FactsDiffer {
                    fact: name.fact,
                    variable: name.variable,
                    environment: shown(&environment),
                    claim: name.claim,
                    token: shown(&token),
                });
            }
            (environment, token) => environment.or(token),
        };
        found.map(|text| name.checked(text)).transpose()
    }

    /// The same, where it has to be stated.
    pub(super) fn need(&self, name: Name) -> Result<String, ProvenanceError> {
        let Name { fact, variable, claim } = name;
        self.find(name)?.ok_or(ProvenanceError::FactMissing { fact, variable, claim })
    }

    /// A git commit: 40 hex digits, or 64 where a repository uses SHA-256.
    pub(super) fn commit(&self, name: Name) -> Result<String, ProvenanceError> {
        let found = self.need(name)?;
        if is_commit(&found) { Ok(found) } else { Err(name.malformed(&found, "not the hex digits of a commit")) }
    }

    /// A claim that is a text, or a number as its text.
    fn claim(&self, name: &str) -> Option<String> {
        match self.token?.claims().get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

impl Name {
    pub(super) fn malformed(self, found: &str, reason: &'static str) -> ProvenanceError {
        ProvenanceError::FactMalformed { fact: self.fact, found: shown(found), reason }
    }

    /// One line, of a length that facts have.
    fn checked(self, text: String) -> Result<String, ProvenanceError> {
        if text.len() > budget::FACT_BYTES {
            return Err(self.malformed(&text, "longer than facts are"));
        }
        if text.chars().any(char::is_control) {
            return Err(self.malformed(&text, "it has control characters"));
        }
        Ok(text)
    }
}

pub(super) fn is_commit(text: &str) -> bool {
    let hex = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    hex && matches!(text.len(), 40 | 64)
}

/// The variable by which a pipeline is known whose facts are not read; `CI` is what nearly all set.
pub(super) fn other_pipeline(env: Environment<'_>) -> Option<&'static str> {
    const OTHERS: [&str; 7] =
        ["BUILDKITE", "CIRCLECI", "JENKINS_URL", "TF_BUILD", "BITBUCKET_BUILD_NUMBER", "TEAMCITY_VERSION", "CI"];
    OTHERS.into_iter().find(|name| env(name).is_some_and(|value| !matches!(value.as_str(), "" | "false" | "0")))
}
