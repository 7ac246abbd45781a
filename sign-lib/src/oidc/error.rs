//! Why nobody vouches for us.

use crate::budget;
use bulla_verify::Time;

/// Why there is no identity token, or none that may be sent. No variant holds one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OidcError {
    /// The text is more than any token has.
    #[error("too long for an identity token: at most {limit} bytes are read", limit = budget::IDENTITY_TOKEN_BYTES)]
    TooLarge,
    /// Not a JWT in the compact form (RFC 7519, section 3; RFC 7515, section 7.1), or without the claims of one.
    #[error("not an identity token: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
    /// Nobody signed it (RFC 7519, section 6: `alg` is `none`, or the signature is empty).
    #[error("the identity token is not signed: nobody vouches for it")]
    Unsigned,
    /// It was issued for somebody else, who could use what it is sent to in our name.
    #[error("the identity token is for another audience: expected `{expected}`, found {found}")]
    Audience {
        /// Who has to be meant.
        expected: String,
        /// Who is.
        found: String,
    },
    /// Its time is over.
    #[error("the identity token expired at {expired}, {ago} s ago")]
    Expired {
        /// When.
        expired: Time,
        /// How long ago, in seconds.
        ago: i64,
    },
    /// Its time has not come, by this machine's clock.
    #[error("the identity token is not valid yet: its `{claim}` is {start}, {skew} s from now")]
    NotYetValid {
        /// `nbf` or `iat`.
        claim: &'static str,
        /// When.
        start: Time,
        /// How far this machine's clock and the issuer's are apart at least, in seconds.
        skew: i64,
    },
    /// It says nothing that a certificate could be issued for.
    #[error("no identity in the identity token that a certificate could name: {reason}")]
    NoIdentity {
        /// What is missing.
        reason: &'static str,
    },
}

impl OidcError {
    /// A stable name for this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "identity-token-too-large",
            Self::Malformed { .. } => "identity-token-malformed",
            Self::Unsigned => "identity-token-unsigned",
            Self::Audience { .. } => "identity-token-audience",
            Self::Expired { .. } => "identity-token-expired",
            Self::NotYetValid { .. } => "identity-token-not-yet-valid",
            Self::NoIdentity { .. } => "identity-token-no-identity",
        }
    }

    /// What to do next, where there is something.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::TooLarge | Self::Malformed { .. } => {
                "a token is one line: three texts in base64url with dots between"
            }
            Self::Unsigned => "ask the issuer for a token that it signs",
            Self::Audience { expected, .. } => {
                return Some(format!("ask the issuer for a token with the audience `{expected}`"));
            }
            Self::Expired { .. } => "ask for a new token right before it is used; or this machine's clock is ahead",
            Self::NotYetValid { skew, .. } => {
                return Some(format!("set this machine's clock: it is {skew} s or more behind the issuer's"));
            }
            Self::NoIdentity { .. } => "log in with an account whose e-mail address is verified, or use a CI's token",
        };
        Some(hint.to_owned())
    }
}
