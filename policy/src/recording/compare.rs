//! Decisions as they are recorded: read in one way only, and held against those that are made again.

use crate::document::shown;
use bulla_verify::json;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;

/// A decision that was made once. Of a key that stands twice, two readers would believe two things: it is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Decided(#[serde(deserialize_with = "json::any")] pub(super) Value);

impl JsonSchema for Decided {
    fn schema_name() -> Cow<'static, str> {
        crate::Decision::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        crate::Decision::json_schema(generator)
    }
}

/// Where two decisions differ first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// A JSON pointer (RFC 6901).
    pub(super) place: String,
    pub(super) recorded: String,
    pub(super) replayed: String,
}

impl Decided {
    /// The first difference, if there is one.
    pub(super) fn difference(&self, replayed: &Self) -> Option<Difference> {
        first(String::new(), Some(&self.0), Some(&replayed.0))
    }
}

/// As deep as `serde_json` reads, which is 128.
fn first(place: String, recorded: Option<&Value>, replayed: Option<&Value>) -> Option<Difference> {
    match (recorded, replayed) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let mut keys = one.keys().chain(other.keys().filter(|key| !one.contains_key(*key)));
            let below = |key: &String| format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
            keys.find_map(|key| first(below(key), one.get(key), other.get(key)))
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            (0..one.len().max(other.len())).find_map(|at| first(format!("{place}/{at}"), one.get(at), other.get(at)))
        }
        (one, other) if one == other => None,
        (one, other) => Some(Difference { place, recorded: told(one), replayed: told(other) }),
    }
}

fn told(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => format!("`{}`", shown(text)),
        Some(Value::Array(_)) => "a list".to_owned(),
        Some(Value::Object(_)) => "an object".to_owned(),
        Some(other) => format!("`{other}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn differs(recorded: Value, replayed: Value, place: &str, said: (&str, &str)) {
        let found = Decided(recorded).difference(&Decided(replayed)).expect("a difference");
        assert_eq!((&*found.place, (&*found.recorded, &*found.replayed)), (place, said));
    }

    #[test]
    fn the_first_difference_is_told_with_its_place() {
        differs(json!({ "a": [1, "x"] }), json!({ "a": [1, "y"] }), "/a/1", ("`x`", "`y`"));
        differs(json!({ "a": [1] }), json!({ "a": [1, {}] }), "/a/1", ("nothing", "an object"));
        differs(json!({ "a": 1, "b": null }), json!({ "a": 1 }), "/b", ("`null`", "nothing"));
        differs(json!({ "a": 1 }), json!({ "a": 1, "x/y": [] }), "/x~1y", ("nothing", "a list"));
        differs(json!(3), json!({}), "", ("`3`", "an object"));
        assert_eq!(Decided(json!({ "a": [{ "b": 1 }] })).difference(&Decided(json!({ "a": [{ "b": 1 }] }))), None);
    }
}
