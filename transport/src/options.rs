//! How to reach a place: what the caller decides.

use crate::auth::Credentials;
use crate::budget;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What the caller decides about reaching a place.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether registries are asked in plain HTTP. On the loopback interface they are, unless `ca` is given.
    pub plain_http: bool,
    /// PEM certificates of further authorities, added to the machine's own.
    pub ca: Vec<u8>,
    /// How long everything that the opened store does may take together, from its opening: open late.
    pub deadline: Duration,
    /// Where passwords and tokens come from.
    pub credentials: Credentials,
    /// Raised (by a signal handler) to stop at the next step, also in the middle of an answer or a pause.
    pub cancel: Cancel,
}

impl Default for Options {
    /// Encrypted, anonymous, within [`budget::DEADLINE`].
    fn default() -> Self {
        Self {
            plain_http: false,
            ca: Vec::new(),
            deadline: budget::DEADLINE,
            credentials: Credentials::none(),
            cancel: Cancel::default(),
        }
    }
}

/// A flag that stops what is under way.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Stops everything that was given this flag.
    pub fn raise(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether it was raised.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl From<Arc<AtomicBool>> for Cancel {
    /// For signal handlers that set a flag.
    fn from(flag: Arc<AtomicBool>) -> Self {
        Self(flag)
    }
}
