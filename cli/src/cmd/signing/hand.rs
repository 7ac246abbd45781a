//! Whose hand signs: a key's.

use crate::{
    args::Signing,
    error::{Failure, Result},
    session::Session,
};
use bulla_policy::{By, TrustedKey};
use bulla_sign::{SigningKey, Statement, key, sign_message, sign_statement};
use bulla_verify::{Artifact, KeyAlgorithm, Trust};

/// What makes the signatures of a run.
pub(super) struct Hand {
    key: SigningKey,
}

impl Hand {
    /// Reads what `args` name.
    pub(super) fn new(args: &Signing, session: &Session) -> Result<Self> {
        let pem = key::file::read(&args.key)?;
        let password = session.password(&args.password);
        let ask = || password.ask(&args.key);
        let about = |failure: Failure| password.explain(failure).about(format!("`{}`", args.key.display()));
        Ok(Self { key: SigningKey::from_pem(&pem, ask).map_err(about)? })
    }

    /// A bundle with a signature over the artifact itself.
    pub(super) fn sign_message(&self, artifact: &Artifact<'_>) -> Result<Vec<u8>> {
        Ok(sign_message(&self.key, artifact)?)
    }

    /// A bundle with a signed statement.
    pub(super) fn sign_statement(&self, statement: &Statement) -> Result<Vec<u8>> {
        Ok(sign_statement(&self.key, statement)?)
    }

    /// Who a verifier would say has signed, and whom it would believe.
    pub(super) fn known_as(&self) -> Result<(By, Trust)> {
        Ok((By::keys(vec![TrustedKey::always(self.key.verifying_key().clone())])?, Trust::nobody()))
    }

    /// What it signs with.
    pub(super) fn algorithm(&self) -> KeyAlgorithm {
        self.key.verifying_key().algorithm()
    }

    /// Its key's name.
    pub(super) fn key_id(&self) -> String {
        self.key.verifying_key().id().to_string()
    }
}
