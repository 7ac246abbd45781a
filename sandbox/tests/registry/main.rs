//! The registry seen from a socket.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod client;
mod endpoints;
mod faults;
