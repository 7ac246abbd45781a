//! Why nobody vouches for us.

use super::Ambient;
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
    /// A pipeline or machine that has identities gives us none: its configuration does not ask for one.
    #[error("{from} gives this job no identity token")]
    SourceWithholds {
        /// Which.
        from: Ambient,
    },
    /// It answers otherwise than it should.
    #[error("{from} gives no identity token: {reason}")]
    SourceFailed {
        /// Which.
        from: Ambient,
        /// What is wrong.
        reason: String,
    },
    /// It cannot be asked.
    #[error("{from} gives no identity token: {error}")]
    SourceUnavailable {
        /// Which.
        from: Ambient,
        /// Why not.
        error: Box<bulla_transport::Error>,
    },
    /// An issuer that nobody can log in to, or not safely.
    #[error("nobody can log in at {issuer}: {reason}")]
    IssuerMalformed {
        /// Its address.
        issuer: String,
        /// What is wrong.
        reason: String,
    },
    /// The issuer, or this machine's own loopback interface, cannot be reached.
    #[error("the login failed: {0}")]
    Login(Box<bulla_transport::Error>),
    /// The issuer says no.
    #[error("{issuer} refused the login: {words}")]
    LoginRefused {
        /// Its address.
        issuer: String,
        /// Its words.
        words: String,
    },
    /// Nobody logged in.
    #[error("nobody logged in within {seconds} s")]
    LoginTimedOut {
        /// How long we waited.
        seconds: u64,
    },
    /// The browser's answer is none.
    #[error("the browser came back with something else than an issuer's answer: {reason}")]
    ComebackMalformed {
        /// What is wrong.
        reason: &'static str,
    },
    /// The token was not issued for this login: somebody may have put it in the place of ours (OpenID Connect Core, 15.5.2).
    #[error("the identity token is from another login: its `nonce` is not ours")]
    OtherNonce,
    /// Another issuer answered, or issued the token (RFC 9207).
    #[error("the answer is from another issuer: expected `{expected}`, found `{found}`")]
    OtherIssuer {
        /// Who was asked.
        expected: String,
        /// Who answered.
        found: String,
    },
    /// Without it, every secret could be guessed.
    #[error("the operating system's random generator fails")]
    NoRandomness,
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
            Self::SourceWithholds { .. } => "identity-withheld",
            Self::SourceFailed { .. } => "identity-source-failed",
            Self::SourceUnavailable { .. } => "identity-source-unavailable",
            Self::IssuerMalformed { .. } => "issuer-malformed",
            Self::Login(_) => "login-failed",
            Self::LoginRefused { .. } => "login-refused",
            Self::LoginTimedOut { .. } => "login-timed-out",
            Self::ComebackMalformed { .. } => "login-answer-malformed",
            Self::OtherNonce => "login-nonce-mismatch",
            Self::OtherIssuer { .. } => "login-issuer-mismatch",
            Self::NoRandomness => "no-randomness",
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
            Self::SourceWithholds { from } => return from.what_to_ask_for().map(str::to_owned),
            Self::SourceFailed { .. } => "see what it says of this job; a token of your own is taken instead of its",
            Self::SourceUnavailable { .. } => "nothing was signed; try again, or bring a token of your own",
            Self::IssuerMalformed { .. } => "check the issuer's address: it has to be written as the issuer writes it",
            Self::Login(_) => "check the issuer's address, the network and the proxy, and log in again",
            Self::LoginRefused { .. } => "log in again, with an account that the issuer knows",
            Self::LoginTimedOut { .. } => "log in again; on a machine without a browser, with a code",
            Self::ComebackMalformed { .. } | Self::OtherNonce | Self::OtherIssuer { .. } => {
                "log in again, at the newest address alone, and close older pages; nothing was signed"
            }
            Self::NoRandomness => return None,
        };
        Some(hint.to_owned())
    }
}

impl Ambient {
    /// What a job has to say so that it gets a token.
    fn what_to_ask_for(self) -> Option<&'static str> {
        match self {
            Self::GitHubActions => Some("give the job the permission: `permissions: { id-token: write }`"),
            Self::GitLab => Some("let the job ask for it: `id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }`"),
            Self::Spiffe => Some(
                "an agent's socket is not asked: let spiffe-helper write a token to `/var/run/sigstore/cosign/oidc-token`",
            ),
            _ => None,
        }
    }
}
