//! What signatures need, in one process, for trying and for tests: a [`Sandbox`] is an OCI registry and a whole Sigstore (certificate
//! authority, certificate log, transparency log, timestamp authority, issuer of identities) at one address on loopback; a
//! [`Registry`] is the registry alone, and a [`Sigstore`] one without sockets.
//!
//! What listens is on loopback only, bounded, and able to misbehave on request.
//!
//! ```
//! use bulla_sandbox::{Config, Fault, Injection, Registry};
//!
//! let registry = Registry::start(Config::with_referrers())?;
//! let image = format!("{}/app:1.4", registry.host());
//! registry.inject(Injection::of(Fault::InternalError).on_path("/manifests/").times(1));
//! # assert!(image.starts_with("127.0.0.1:"));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Dropping the [`Registry`] stops it and forgets everything that was pushed. Nothing here is for production: it has no TLS, whoever
//! can reach the loopback interface can reach it, and whoever can reach it can sign in anybody's name.

mod budget;
mod http;
mod journal;
mod registry;
mod server;
mod sigstore;

pub use registry::{Auth, Config, Fault, Injection, Registry, Request, sequential_round_trips};
pub use server::{CheckpointPolicy, Part, Sandbox, SandboxConfig};
pub use sigstore::{Algorithm, Content, Flaw, Generation, Key, OIDC_ISSUER, Principal, Sigstore};
