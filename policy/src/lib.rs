//! Verified evidence in, decision out: who we like, as opposed to what is true.
//!
//! [`decide`] is total and pure: it returns no error, reads no clock, and the order of the evidence makes no difference to
//! the verdict. [`judge`] goes all the way from bytes:
//!
//! ```
//! use bulla_policy::{By, Demand, Require, Verdict, judge};
//! use bulla_verify::{Artifact, Time, Trust, TrustedRoot};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (bundle, artifact, now) = (b"{}", b"", Time::from_unix(1_790_000_000));
//! let by = By::identity("release@acme.example", "https://accounts.example")?;
//! let demand = Demand::new(Require::Signed { by }, Trust::nobody().with_root(TrustedRoot::public_good()?));
//! let decision = judge([("app.sigstore.json".to_owned(), &bundle[..])], &Artifact::from_bytes(artifact), &demand, now);
//! assert_eq!(decision.verdict(), Verdict::Refused);
//! assert_eq!(decision.reasons()[0].code, "bundle-malformed");
//! # Ok(())
//! # }
//! ```
//!
//! What attestations say is read by [`vulnerabilities`], [`vex`] and [`sbom`]: documents of other people's tools, in one form each.

pub mod budget;
mod decide;
mod document;
mod evidence;
mod judge;
mod purl;
mod require;
pub mod sbom;
pub mod vex;
pub mod vulnerabilities;

pub use decide::{Decision, Reason, Verdict, decide};
pub use document::DocumentError;
pub use evidence::{Evidence, Refused, Unavailable, Verified};
pub use judge::{Demand, judge};
pub use require::{By, Keys, Require, RequireError, TrustedKey};
