//! Decisions as they are recorded: read in one way only, and held against those that are made again.

use crate::document::shown;
use core::fmt;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A decision that was made once. Of a key that stands twice, two readers would believe two things: it is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Decided(pub(super) Value);

impl<'de> Deserialize<'de> for Decided {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self(Value::Null))
    }
}

impl<'de> Visitor<'de> for Decided {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        let mut map = Map::new();
        while let Some((key, Self(value))) = entries.next_entry::<String, Self>()? {
            if map.insert(key.clone(), value).is_some() {
                return Err(A::Error::custom(format_args!("the key `{}` stands twice", shown(&key))));
            }
        }
        Ok(Self(Value::Object(map)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        let mut list = Vec::new();
        while let Some(Self(value)) = items.next_element()? {
            list.push(value);
        }
        Ok(Self(Value::Array(list)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self, E> {
        Ok(Self(text.into()))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self, E> {
        Ok(Self(value.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self, E> {
        Ok(Self(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self, E> {
        Ok(Self(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self, E> {
        Ok(Self(number.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }
}

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

    #[test]
    fn every_value_is_read_as_it_stands_and_no_key_twice() {
        let value = json!({ "a": [null, true, -1, 1, 1.5, "x"], "b": {} });
        assert_eq!(serde_json::from_str::<Decided>(&value.to_string()).expect("read").0, value);
        for twice in [r#"{"a":1,"a":1}"#, r#"[{"b":{"a":1,"a":2}}]"#] {
            let error = serde_json::from_str::<Decided>(twice).expect_err("twice").to_string();
            assert!(error.starts_with("the key `a` stands twice"), "{error}");
        }
    }
}
