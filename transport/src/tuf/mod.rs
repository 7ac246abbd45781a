//! Trusted roots by TUF (The Update Framework, specification 1.0.33).
//!
//! A [`Repository`] is an address and a root that somebody vouches for. [`Client::update`] follows the specification's
//! section 5 from there to the files that are wanted, and keeps what it verified; [`Client::offline`] verifies what was kept,
//! anew. Metadata and files are verified before anything else looks at them, by functions that see bytes and a time only.
//!
//! Expired metadata is *unknown*, not *refused*: [`TufError::is_unavailable`].

mod cache;
mod canonical;
mod client;
mod error;
mod key;
mod metadata;
mod mirror;
mod paths;
mod pin;
mod repository;
mod search;
mod status;

pub use client::{Check, Client};
pub use error::TufError;
pub use mirror::{Fetch, Kind, Mirror};
pub use repository::{Repositories, Repository, fetch_root, named_root};
pub use status::{RoleStatus, Status, Verified};

/// The file that holds a Sigstore instance's authorities.
pub const TRUSTED_ROOT: &str = "trusted_root.json";

/// The file that says where a Sigstore instance's services are.
pub const SIGNING_CONFIG: &str = "signing_config.v0.2.json";
