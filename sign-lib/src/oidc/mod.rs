//! Who we are, as an OpenID Connect issuer says it: identity tokens, and where they come from.

mod ambient;
mod error;
mod identity;
mod login;
#[cfg(test)]
pub(crate) mod samples;
mod secret;
#[cfg(test)]
mod stub;
mod token;

pub use ambient::{Ambient, Environment, ambient};
pub use error::OidcError;
pub use login::{DeviceCode, Issuer, by_code, in_browser};
pub use token::IdentityToken;

/// The audience that Fulcio wants a token to be for (sigstore/fulcio, `docs/oidc.md`).
pub const SIGSTORE: &str = "sigstore";
