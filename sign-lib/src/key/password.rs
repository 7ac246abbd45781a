//! What opens an encrypted key.

use core::fmt;
use zeroize::{Zeroize, Zeroizing};

/// A password: wiped from memory when dropped, never shown.
pub struct Password(Zeroizing<String>);

impl Password {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether it is empty: no protection at all, and allowed, as cosign does.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the two are the same, as when a new one is typed twice.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<Zeroizing<String>> for Password {
    fn from(text: Zeroizing<String>) -> Self {
        Self(text)
    }
}

impl Zeroize for Password {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}
