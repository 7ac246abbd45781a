//! Registries, layouts and services: the only sockets.
//!
//! A [`Place`] is parsed from what a user typed, [`open`]ed as a [`Store`], and its tag [`resolve`]d once; from there on
//! only digests travel, and every byte is hashed on arrival. [`bundles`] are what is attached to an image.
//!
//! A [`Service`] is anything else that is asked over HTTP: an authority, a log, an issuer of tokens. [`tuf`] brings trusted
//! roots up to date with one.
//!
//! What could not be asked ([`Error::is_unavailable`]) is never mistaken for what is not there ([`Error::is_absent`]).
//! Credentials are sent to the registry that they are for, and to the token service that it names; to nobody else.

mod annotations;
mod auth;
pub mod budget;
pub mod bundles;
mod error;
mod files;
mod http;
mod loopback;
mod manifest;
mod options;
pub mod parallel;
mod place;
mod platform;
mod reference;
mod service;
mod store;
pub mod tuf;

pub use annotations::Annotations;
pub use auth::{Credentials, printed_by, without_secrets};
pub use error::Error;
pub use http::url::escaped;
pub use loopback::Loopback;
pub use manifest::{DOCKER_LIST, DOCKER_MANIFEST, EMPTY, OCI_INDEX, OCI_MANIFEST};
pub use manifest::{Descriptor, Manifest, Parsed};
pub use options::{Cancel, Options};
pub use place::{Pick, Place};
pub use platform::{NotAPlatform, Platform, pick};
pub use reference::Reference;
pub use service::{Reply, Request, Service};
pub use store::{Store, open, resolve};
