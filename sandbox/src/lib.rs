//! What signatures need, in one process, for trying and for tests: an OCI registry, and a Sigstore without sockets.
//!
//! The registry is on loopback only, in memory, bounded, and able to misbehave on request.
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
//! Dropping the [`Registry`] stops it and forgets everything that was pushed. It is never a place for production images:
//! it has no TLS, and whoever can reach the loopback interface can reach it.

mod budget;
mod http;
mod registry;
mod sigstore;

pub use registry::{Auth, Config, Fault, Injection, Registry, Request, sequential_round_trips};
pub use sigstore::{Algorithm, Content, Flaw, Generation, OIDC_ISSUER, Sigstore};
