//! The three answers, and how they combine.

use schemars::JsonSchema;
use serde::Serialize;

/// The three answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// What is demanded is met.
    Accepted,
    /// It is not, and everything that there is was seen.
    Refused,
    /// It is not by what was seen, but something could not be fetched.
    Unknown,
}

impl Verdict {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Accepted, Self::Refused, Self::Unknown];

    /// What both together come to, where both have to be accepted: refused over unknown over accepted.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Refused, _) | (_, Self::Refused) => Self::Refused,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Accepted, Self::Accepted) => Self::Accepted,
        }
    }

    /// What both together come to, where one is enough: accepted over unknown over refused.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Accepted, _) | (_, Self::Accepted) => Self::Accepted,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Refused, Self::Refused) => Self::Refused,
        }
    }

    /// `accepted`, `refused` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}
