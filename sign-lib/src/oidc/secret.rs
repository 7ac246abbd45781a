//! A text that comes in JSON and is nobody else's.

use core::fmt;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A token or code: wiped when dropped, never shown.
#[derive(Default)]
pub(super) struct Secret(pub(super) Zeroizing<String>);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(text: D) -> Result<Self, D::Error> {
        String::deserialize(text).map(|text| Self(Zeroizing::new(text)))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
