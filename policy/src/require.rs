//! What is demanded of an artifact.

use bulla_verify::{SIGN_V1, Trust, VerifiedBundle, VerifiedSigner, VerifyingKey, Window};
use core::fmt;

/// One requirement. It always says by whom: "signed by anybody" has no spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Require {
    /// A signature over the artifact itself. An attestation by the same signer is not one.
    Signed {
        /// Whose.
        by: By,
    },
    /// An attestation about the artifact: made by [`Require::attested`].
    #[non_exhaustive]
    Attested {
        /// The type of its predicate: a URI.
        predicate_type: String,
        /// Whose.
        by: By,
    },
}

/// Whose signature counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Any of these keys; never empty.
    Keys(Keys),
    /// The holder of a certificate with this name, vouched for by this issuer, made by [`By::identity`]. Both have to match
    /// exactly.
    #[non_exhaustive]
    Identity {
        /// The subject alternative name.
        identity: String,
        /// The OIDC issuer's URL.
        issuer: String,
    },
}

/// One or more keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys(Vec<TrustedKey>);

/// A key, and the window in which its signatures count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    key: VerifyingKey,
    window: Option<Window>,
}

/// Why a requirement cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequireError {
    /// No key at all: nobody could ever meet it.
    #[error("no key is given")]
    NoKey,
    /// An identity or an issuer that is empty.
    #[error("an identity and its issuer cannot be empty")]
    EmptyIdentity,
    /// An attestation of no type: every one would do.
    #[error("an attestation's type cannot be empty")]
    EmptyPredicateType,
    /// cosign's type of a signature: demanded as one, it is no attestation.
    #[error("a statement of type `{SIGN_V1}` is a signature, not an attestation")]
    ReservedPredicateType,
}

impl RequireError {
    /// A stable name for this error.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoKey => "no-key",
            Self::EmptyIdentity => "identity-empty",
            Self::EmptyPredicateType => "predicate-type-empty",
            Self::ReservedPredicateType => "predicate-type-reserved",
        }
    }
}

impl TrustedKey {
    /// A key whose signatures count whenever they were made.
    pub fn always(key: VerifyingKey) -> Self {
        Self { key, window: None }
    }

    /// A key whose signatures count only if there is a *verified* time, and all of them lie in `window`. Without one they do not
    /// count: an age that nobody vouches for is the signer's own claim.
    pub fn within(key: VerifyingKey, window: Window) -> Self {
        Self { key, window: Some(window) }
    }

    /// The key.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }
}

impl By {
    /// Any of `keys`.
    ///
    /// # Errors
    /// [`RequireError::NoKey`] if there is none.
    pub fn keys(keys: Vec<TrustedKey>) -> Result<Self, RequireError> {
        if keys.is_empty() { Err(RequireError::NoKey) } else { Ok(Self::Keys(Keys(keys))) }
    }

    /// The one whom `issuer` calls `identity`.
    ///
    /// # Errors
    /// [`RequireError::EmptyIdentity`] if either is empty.
    pub fn identity(identity: &str, issuer: &str) -> Result<Self, RequireError> {
        if identity.is_empty() || issuer.is_empty() {
            return Err(RequireError::EmptyIdentity);
        }
        Ok(Self::Identity { identity: identity.to_owned(), issuer: issuer.to_owned() })
    }

    /// Why `verified` is not this signer's, or nothing if it is.
    pub(crate) fn mismatch(&self, verified: &VerifiedBundle) -> Option<Mismatch> {
        match (self, verified.signer()) {
            (Self::Keys(keys), VerifiedSigner::Key { key, .. }) => keys.mismatch(key, verified),
            (Self::Identity { identity, issuer }, VerifiedSigner::Certificate { certificate: found, .. }) => {
                let same = found.identity().as_str() == identity && found.issuer() == issuer;
                (!same).then_some(Mismatch::Signer)
            }
            (Self::Keys(_), VerifiedSigner::Certificate { .. })
            | (Self::Identity { .. }, VerifiedSigner::Key { .. }) => Some(Mismatch::Signer),
        }
    }
}

/// Why a verified bundle does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mismatch {
    Signer,
    KeyWindow,
    NoTimeForWindow,
}

impl Keys {
    /// The keys.
    pub fn iter(&self) -> impl Iterator<Item = &TrustedKey> {
        self.0.iter()
    }

    fn mismatch(&self, signer: &VerifyingKey, verified: &VerifiedBundle) -> Option<Mismatch> {
        let of_signer: Vec<_> = self.0.iter().filter(|trusted| trusted.key == *signer).collect();
        if of_signer.is_empty() {
            return Some(Mismatch::Signer);
        }
        let counts = |trusted: &&TrustedKey| {
            let Some(window) = trusted.window else { return true };
            let times = verified.times();
            !times.is_empty() && times.iter().all(|established| window.contains(established.time()))
        };
        match of_signer.iter().any(counts) {
            true => None,
            false if verified.times().is_empty() => Some(Mismatch::NoTimeForWindow),
            false => Some(Mismatch::KeyWindow),
        }
    }
}

impl Require {
    /// An attestation of that type: a URI.
    ///
    /// # Errors
    /// [`RequireError`] for no type, and for the type of a signature, which is never an attestation.
    pub fn attested(predicate_type: &str, by: By) -> Result<Self, RequireError> {
        match predicate_type {
            "" => Err(RequireError::EmptyPredicateType),
            SIGN_V1 => Err(RequireError::ReservedPredicateType),
            _ => Ok(Self::Attested { predicate_type: predicate_type.to_owned(), by }),
        }
    }

    /// `trust`, and the keys that are demanded.
    #[must_use]
    pub(crate) fn extend(&self, trust: Trust) -> Trust {
        match self.by() {
            By::Keys(keys) => keys.iter().fold(trust, |trust, trusted| trust.with_key(trusted.key.clone())),
            By::Identity { .. } => trust,
        }
    }

    pub(crate) fn by(&self) -> &By {
        match self {
            Self::Signed { by } | Self::Attested { by, .. } => by,
        }
    }

    /// Whether a bundle is what is asked for, and its signer who is asked for.
    pub(crate) fn is_met_by(&self, verified: &VerifiedBundle) -> bool {
        self.is_kind(verified) && self.by().mismatch(verified).is_none()
    }

    /// Whether a bundle is of the kind that is asked for, whoever made it.
    pub(crate) fn is_kind(&self, verified: &VerifiedBundle) -> bool {
        match self {
            Self::Signed { .. } => verified.is_signature(),
            Self::Attested { predicate_type, .. } => {
                verified.statement().is_some_and(|statement| statement.predicate_type() == predicate_type)
            }
        }
    }
}

impl fmt::Display for Require {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed { by } => write!(f, "signed by {by}"),
            Self::Attested { predicate_type, by } => write!(f, "attested as `{predicate_type}` by {by}"),
        }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(Keys(keys)) => match keys.as_slice() {
                [only] => write!(f, "the key {}", only.key.id()),
                keys => write!(f, "one of {} keys", keys.len()),
            },
            Self::Identity { identity, issuer } => write!(f, "`{identity}` (`{issuer}`)"),
        }
    }
}

/// A signer as it is shown.
pub(crate) fn name(signer: &VerifiedSigner) -> String {
    match signer {
        VerifiedSigner::Key { key, .. } => format!("the key {}", key.id()),
        VerifiedSigner::Certificate { certificate, .. } => {
            format!("`{}` (`{}`)", certificate.identity(), certificate.issuer())
        }
    }
}
