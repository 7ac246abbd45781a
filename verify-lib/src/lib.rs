//! Verification of signatures, certificate chains and provenance: bytes in, proof out.
//!
//! This crate touches nothing: no file, socket, clock, environment or thread. The caller brings the bytes, the trust and
//! the time, and gets back either a [`VerifiedBundle`], which nothing but [`verify()`] can make, or a [`VerifyError`]
//! that names the one check that failed.
//!
//! # From a file to a verified signature
//!
//! ```
//! use bulla_verify::{Artifact, Bundle, Time, Trust, VerifyError, VerifyingKey, VerifiedBundle, verify};
//!
//! fn check(file: &[u8], bundle: &[u8], key: &VerifyingKey, now: Time) -> Result<VerifiedBundle, VerifyError> {
//!     let bundle = Bundle::parse(bundle)?;
//!     let trust = Trust::nobody().with_key(key.clone());
//!     verify(&bundle, &Artifact::from_bytes(file), &trust, now)
//! }
//! # let key = "-----BEGIN PUBLIC KEY-----
//! # MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwrkBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==
//! # -----END PUBLIC KEY-----";
//! # let key = VerifyingKey::from_pem(key).unwrap();
//! let refused = check(b"app", b"{}", &key, Time::from_unix(1_790_000_000)).unwrap_err();
//! assert_eq!(refused.code(), "bundle-malformed");
//! ```
//!
//! A signature without a key of one's own (Sigstore's "keyless") is verified in the same way, with a root instead of a key.
//! The signer is then a [`SignerCertificate`]: the name of the person or workflow, the issuer who vouched for it, and what
//! the certificate says of the build.
//!
//! ```
//! use bulla_verify::{Artifact, Bundle, Claim, Digest, Time, Trust, TrustedRoot, VerifiedSigner, VerifyError, verify};
//!
//! /// The repository that the image was built from, and what its statement says.
//! fn built_from(image: Digest, bundle: &[u8], now: Time) -> Result<Option<(String, String)>, VerifyError> {
//!     let trust = Trust::nobody().with_root(TrustedRoot::public_good()?).with_root(TrustedRoot::github()?);
//!     let verified = verify(&Bundle::parse(bundle)?, &Artifact::from_digest(image), &trust, now)?;
//!     let VerifiedSigner::Certificate { certificate: signer, .. } = verified.signer() else { return Ok(None) };
//!     let by_github = signer.issuer() == "https://token.actions.githubusercontent.com";
//!     let repository = signer.claim(Claim::SourceRepositoryUri).filter(|_| by_github);
//!     let predicate = verified.statement().map(|statement| statement.predicate().json());
//!     Ok(repository.zip(predicate).map(|(repository, predicate)| (repository.to_owned(), predicate.to_owned())))
//! }
//! # assert!(built_from(Digest::of(b""), b"{}", Time::from_unix(0)).is_err());
//! ```
//!
//! Most programs want neither: `bulla-policy`'s `judge` takes the bytes, the trust and what is demanded, and `bulla-gate`'s
//! `check_reference` a reference, and both answer with a decision.
//!
//! # The corridor
//!
//! A bundle is parsed, and then walks through six doors more, each of which is a function that returns a proof that only it
//! can make, and the next one asks for: the log (were you there?), the clock (who says when?), the signer (whose hand?),
//! the envelope (these bytes?), the binding (this entry, this hand, these bytes?), the subject (this artifact?).
//!
//! # What is not proved
//!
//! That the signer is the one whom anybody asked for: a [`VerifiedBundle`] says *who*, and `bulla-policy` decides whether
//! that will do. What is not read is refused, or counts for nothing, and a [`VerifyError`] says so.
//!
//! A proof cannot be made by hand:
//!
//! ```compile_fail,E0451
//! fn forge(signer: bulla_verify::VerifiedSigner) -> bulla_verify::VerifiedBundle {
//!     bulla_verify::VerifiedBundle { signer, times: vec![], entries: vec![], statement: None }
//! }
//! ```
//!
//! ```compile_fail,E0277
//! let forged: bulla_verify::VerifiedBundle = serde_json::from_str("{}").unwrap();
//! ```

mod artifact;
pub mod budget;
mod bundle;
mod clock;
mod crypto;
mod der;
mod digest;
mod digest_set;
pub mod dsse;
mod encoding;
mod envelope;
mod error;
mod hash;
pub mod json;
mod key;
mod message;
mod oid;
mod predicate;
#[doc = include_str!("../docs/refusals.md")]
pub mod refusals {}
mod signer;
mod statement;
mod time;
mod timestamp;
mod tlog;
mod trust;
#[cfg(test)]
mod vectors;
mod verify;
mod x509;

pub use artifact::{Artifact, Hasher};
pub use bundle::Bundle;
pub use clock::EstablishedTime;
pub use digest::{Digest, DigestError};
pub use error::VerifyError;
pub use hash::{HashAlgorithm, HashValue};
pub use key::{KeyAlgorithm, KeyError, VerifyingKey};
pub use predicate::{Predicate, ResourceDescriptor, SlsaProvenanceV0_2, SlsaProvenanceV1, Typed};
pub use signer::{Claim, Identity, IssuedCertificate, SignerCertificate, VerifiedSigner, verify_certificate};
pub use statement::{Statement, Subject};
pub use time::{Time, Window};
pub use tlog::{BoundEntry, verify_consistency};
pub use trust::{Need, Trust, TrustedRoot};
pub use verify::{VerifiedBundle, verify};

/// The media type of the Sigstore bundles that are written today; v0.1 and v0.2 are read too.
pub const BUNDLE_V0_3: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The predicate type of cosign's image signature: the one statement that is a signature over its subject.
pub const SIGN_V1: &str = "https://sigstore.dev/cosign/sign/v1";
