//! Verification of signatures, certificate chains and provenance: bytes in, proof out.

mod artifact;
pub mod budget;
mod bundle;
mod clock;
mod der;
mod digest;
pub mod dsse;
mod encoding;
mod envelope;
mod error;
mod key;
mod predicate;
mod signer;
mod statement;
mod time;
mod tlog;
mod trust;
mod verify;

pub use artifact::{Artifact, HashAlgorithm, Hasher};
pub use bundle::Bundle;
pub use clock::EstablishedTime;
pub use digest::{Digest, DigestError};
pub use error::VerifyError;
pub use key::{KeyAlgorithm, KeyError, VerifyingKey};
pub use predicate::{Predicate, SlsaProvenanceV1, Typed};
pub use signer::{Identity, SignerCertificate, VerifiedSigner};
pub use statement::Statement;
pub use time::{Time, Window};
pub use tlog::BoundEntry;
pub use trust::{Need, Trust, TrustedRoot};
pub use verify::{VerifiedBundle, verify};

/// The media type of the Sigstore bundles that this crate reads.
pub const BUNDLE_V0_3: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The predicate type of cosign's image signature: the one statement that is a signature over its subject.
pub const SIGN_V1: &str = "https://sigstore.dev/cosign/sign/v1";
