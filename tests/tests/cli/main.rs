//! The command as a user sees it: what is typed, what is said where, and how it ends.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod convert;
mod files;
mod identity;
mod images;
mod interrupts;
mod keyless;
mod keys;
#[cfg(unix)]
mod login;
mod manifests;
mod offline;
mod outages;
mod pin;
mod policy;
mod report;
mod scans;
mod schema;
mod secrets;
mod shell;
mod story;
mod terminal;
mod usage;
