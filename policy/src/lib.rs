//! Verified evidence in, decision out: who we like, as opposed to what is true.
//!
//! [`decide`] is total and pure: it returns no error, reads no clock, and the order of the evidence makes no difference to
//! the verdict.

mod decide;
mod evidence;
mod require;

pub use decide::{Decision, Reason, Verdict, decide};
pub use evidence::{Evidence, Refused, Unavailable, Verified};
pub use require::{By, Keys, Require, RequireError, TrustedKey};
