//! Rekor v1.

use super::super::Shared;
use crate::http::{Answer, Call};

/// Answers what is asked of the log; nothing where it is asked of another part.
pub(crate) fn answer(_shared: &Shared, _call: &Call) -> Option<Answer> {
    None
}
