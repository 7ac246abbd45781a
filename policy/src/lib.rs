//! Verified evidence in, decision out: who we like, as opposed to what is true.
//!
//! A [`TrustPolicy`] is read strictly, [`Evidence`] is gathered from bytes, and [`decide`] is total and pure: it returns no
//! error, reads no clock, and the order of rules, policies and evidence makes no difference. [`judge`] goes all the way:
//!
//! ```
//! use bulla_policy::{Embedded, Name, Policies, TrustPolicy, Verdict, judge};
//! use bulla_verify::{Artifact, Time};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (bundle, artifact, now) = (b"{}", b"", Time::from_unix(1_790_000_000));
//! let policy = TrustPolicy::parse(r#"
//! apiVersion: bulla.dev/v1
//! kind: TrustPolicy
//! metadata: { name: releases }
//! spec:
//!   unmatched: deny
//!   rules:
//!     - name: archives
//!       files: [ "app-*.tar.gz" ]
//!       mode: enforce
//!       require: { signed: { by: { github: { repository: acme/app, workflow: release.yml, ref: "refs/tags/v*" } } } }
//! "#, &Embedded)?;
//! let name = Name::File("app-1.4.tar.gz".to_owned());
//! let bundles = [("app-1.4.tar.gz.sigstore.json".to_owned(), &bundle[..])];
//! let decision = judge(bundles, name, &Artifact::from_bytes(artifact), &Policies::from(policy), now);
//! assert_eq!(decision.verdict(), Verdict::Refused);
//! assert_eq!(decision.reasons()[0].code, "bundle-malformed");
//! # Ok(())
//! # }
//! ```
//!
//! What attestations say is read by [`vulnerabilities`], [`vex`] and [`sbom`]: documents of other people's tools, in one form each.

pub mod budget;
pub mod condition;
pub mod convert;
mod decision;
mod document;
mod evidence;
mod gitlab;
pub mod language;
mod policies;
mod purl;
pub mod recording;
pub mod sbom;
pub mod schema;
mod suggest;
mod summary;
mod trust;
mod unverified;
pub mod vex;
pub mod vulnerabilities;

pub use condition::{Condition, ConditionError};
pub use decision::{Decision, Excepted, Listed, Reason, RuleStep, Step, Verdict, decide};
pub use document::DocumentError;
pub use evidence::{Child, Children, Evidence, Name, Refused, Subject, Unavailable, Verified};
pub use language::{Embedded, PolicyError, Sources, TrustPolicy};
pub use policies::Policies;
pub use recording::{Recording, RecordingError};
pub use suggest::{Suggestion, Unsuggested, suggest};
pub use summary::{NoSummary, Verification};
pub use trust::Believed;
pub use unverified::UnverifiedEvidence;

use bulla_verify::{Artifact, Time};

/// Decides about an artifact whose bundles are at hand: each with the name of where it came from.
///
/// Nothing is fetched, and no clock is read. A bundle that cannot be parsed or does not verify is evidence like any other.
pub fn judge<'a>(
    bundles: impl IntoIterator<Item = (String, &'a [u8])>,
    name: Name,
    artifact: &Artifact<'_>,
    policies: &Policies,
    now: Time,
) -> Decision {
    let evidence = Evidence::gather(bundles, artifact, policies.believed(), now);
    decide(policies, &Subject { name, digest: *artifact.digest() }, &evidence, now)
}
