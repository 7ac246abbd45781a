//! The command as a user sees it: what is typed, what is said where, and how it ends.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod cases;
mod convert;
mod differences;
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
mod outputs;
mod pin;
mod platforms;
mod policy;
mod replay;
mod report;
mod scans;
mod schema;
mod secrets;
mod shell;
mod story;
mod suggest;
mod summaries;
mod terminal;
mod usage;
