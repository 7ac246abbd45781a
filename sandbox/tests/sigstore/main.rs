//! The Sigstore on loopback seen from a socket, and judged by `bulla-verify`.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../registry/client.rs"]
mod client;
mod ct;
mod documents;
mod flaws;
mod folder;
mod fulcio;
mod oidc;
mod page;
mod rekor;
mod signer;
mod tsa;
