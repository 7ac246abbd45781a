//! Which images others' manifests would run, and what it takes to check many of them.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod kubernetes;
mod many;
mod vectors;
