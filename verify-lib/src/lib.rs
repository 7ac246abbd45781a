//! Verification of signatures, certificate chains and provenance: bytes in, proof out.

mod artifact;
mod digest;
pub mod dsse;
mod encoding;
mod error;
mod key;
mod time;

pub use artifact::{Artifact, HashAlgorithm, Hasher};
pub use digest::{Digest, DigestError};
pub use error::VerifyError;
pub use key::{KeyAlgorithm, KeyError, VerifyingKey};
pub use time::{Time, Window};

/// The media type of the Sigstore bundles that this crate reads.
pub const BUNDLE_V0_3: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The predicate type of cosign's image signature: the one statement that is a signature over its subject.
pub const SIGN_V1: &str = "https://sigstore.dev/cosign/sign/v1";
