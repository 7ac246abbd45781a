//! What a decision is made of.

use bulla_verify::{VerifiedBundle, VerifyError};

/// Everything that was found out about one artifact, good and bad; what could not be fetched is evidence too.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Bundles that are cryptographically true.
    pub verified: Vec<Verified>,
    /// Bundles that are not, and why.
    pub refused: Vec<Refused>,
    /// What could not be asked or fetched.
    pub unavailable: Vec<Unavailable>,
}

/// A bundle that is cryptographically true.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Where it came from: a manifest's digest, a file's name.
    pub origin: String,
    /// The proof.
    pub bundle: VerifiedBundle,
}

/// A bundle that did not verify.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Where it came from.
    pub origin: String,
    /// Why.
    pub error: VerifyError,
}

/// Evidence that may exist and could not be had: never the same as none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    /// What was asked for.
    pub origin: String,
    /// A stable code.
    pub code: String,
    /// Why it could not be had.
    pub reason: String,
    /// What to do about it.
    pub hint: Option<String>,
}
