//! A moment, as a policy writes it: a day, or a time in RFC 3339.

use super::error::Fault;
use bulla_verify::Time;
use core::fmt;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// `2027-01-31`, which is that day's first second in UTC, or `2027-01-31T12:00:00Z`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment {
    written: String,
    time: Time,
}

impl Moment {
    /// The moment itself.
    pub fn time(&self) -> Time {
        self.time
    }
}

impl From<Time> for Moment {
    fn from(time: Time) -> Self {
        Self { written: time.to_string(), time }
    }
}

impl TryFrom<String> for Moment {
    type Error = Fault;

    fn try_from(written: String) -> Result<Self, Fault> {
        let time = Time::parse_rfc3339(&written).or_else(|| Time::parse_rfc3339(&format!("{written}T00:00:00Z")));
        time.map(|time| Self { written: written.clone(), time }).ok_or_else(|| {
            let hint = "write a day, `2027-01-31`, or a time, `2027-01-31T12:00:00Z`";
            Fault::new("moment-malformed", format!("`{written}` is no day and no time"), hint)
        })
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.written
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?$",
            "description": "A day, which is its first second in UTC, or a time in RFC 3339.",
        })
    }
}
