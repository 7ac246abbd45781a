//! Private keys, statements and signatures.
//!
//! [`sign_message`] signs an artifact itself, [`sign_statement`] a [`Statement`] about one. Both return a Sigstore
//! bundle v0.3 that was verified with the public key before it is returned.
//!
//! A [`Sigstore`] does the same with the services of an instance: certificates for an identity, logs, timestamps.

pub mod budget;
mod bundle;
mod error;
mod fulcio;
pub mod key;
pub mod oidc;
mod predicate;
pub mod provenance;
mod rekor;
mod sign;
pub mod signing_config;
pub mod sigstore;
pub mod statement;
#[cfg(test)]
mod stub;
pub mod trusted_root;
mod tsa;

pub use error::Error;
pub use key::{KeyError, Password, SigningKey};
pub use oidc::{IdentityToken, OidcError};
pub use predicate::PredicateType;
pub use sign::{sign_message, sign_statement};
pub use signing_config::{SigningConfig, SigningConfigError};
pub use sigstore::{Signer, Sigstore, SigstoreError, Witnesses};
pub use statement::{Statement, StatementError};
