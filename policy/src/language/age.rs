//! How old something may be: `7d`.

use super::error::Fault;
use bulla_verify::Time;
use core::fmt;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A span of time: a number and one of `s`, `m`, `h`, `d`, `w`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Age {
    written: String,
    seconds: i64,
}

impl Age {
    /// In seconds.
    pub fn seconds(&self) -> i64 {
        self.seconds
    }

    /// Whether whatever happened `then` is at most this old. What lies in the future is not: nobody vouches for it.
    pub(crate) fn covers(&self, then: Time, now: Time) -> bool {
        now.unix().checked_sub(then.unix()).is_some_and(|age| (0..=self.seconds).contains(&age))
    }
}

impl TryFrom<String> for Age {
    type Error = Fault;

    fn try_from(written: String) -> Result<Self, Fault> {
        let unit = |last| {
            Some(match last {
                's' => 1,
                'm' => 60,
                'h' => 3_600,
                'd' => 86_400,
                'w' => 604_800,
                _ => return None,
            })
        };
        let seconds = written.chars().last().and_then(|last| {
            let number =
                written.strip_suffix(last).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
            number.parse::<i64>().ok()?.checked_mul(unit(last)?)
        });
        match seconds {
            Some(seconds) if seconds > 0 => Ok(Self { written, seconds }),
            _ => Err(Fault::new(
                "age-malformed",
                format!("`{written}` is no age"),
                "write a whole number and one of s, m, h, d, w: `7d`",
            )),
        }
    }
}

impl From<Age> for String {
    fn from(age: Age) -> Self {
        age.written
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl JsonSchema for Age {
    fn schema_name() -> Cow<'static, str> {
        "Age".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9]+[smhdw]$",
            "description": "A whole number and one of s, m, h, d, w: `7d`.",
        })
    }
}
