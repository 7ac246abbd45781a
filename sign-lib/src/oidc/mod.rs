//! Who we are, as an OpenID Connect issuer says it: identity tokens, and where they come from.

mod error;
mod identity;
#[cfg(test)]
pub(crate) mod samples;
mod token;

pub use error::OidcError;
pub use token::IdentityToken;

/// The audience that Fulcio wants a token to be for (sigstore/fulcio, `docs/oidc.md`).
pub const SIGSTORE: &str = "sigstore";
