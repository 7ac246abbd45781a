//! JSON that means one thing: no key twice, at any depth.
//!
//! Two readers of one document may each take another of two equal keys, so that what was checked is not what is read.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Why bytes are not JSON that means one thing.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Not JSON, or nested deeper than 128 (`serde_json`'s limit).
    Malformed(String),
    /// A key that is there twice.
    DuplicateKey(String),
}

/// Reads a whole document.
pub(crate) fn parse(json: &[u8]) -> Result<Value, Refusal> {
    // A syntax error is of another category: only `Once` reports an error in the data.
    serde_json::from_slice(json).map(|Once(value)| value).map_err(|error| match error.is_data() {
        true => Refusal::DuplicateKey(error.to_string()),
        false => Refusal::Malformed(error.to_string()),
    })
}

/// A value in which every key is there once.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnceVisitor).map(Self)
    }
}

impl<'de> DeserializeSeed<'de> for OnceVisitor {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

#[derive(Clone, Copy)]
struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                let shown: String = key.chars().filter(|character| !character.is_control()).take(60).collect();
                return Err(A::Error::custom(format_args!("the key `{shown}` is there twice")));
            }
            object.insert(key, entries.next_value_seed(self)?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_reads_as_it_does_elsewhere() {
        let json = br#" {"a":[1,-2,3.5,true,null,"x\u0041"],"b":{"a":{}}} "#;
        assert_eq!(parse(json).unwrap(), serde_json::from_slice::<Value>(json).unwrap());
    }

    #[test]
    fn a_key_twice_is_refused_at_any_depth_and_in_any_spelling() {
        for json in [r#"{"a":1,"a":1}"#, r#"[{"b":{"a":1,"\u0061":2}}]"#] {
            assert!(matches!(parse(json.as_bytes()), Err(Refusal::DuplicateKey(_))), "{json}");
        }
    }

    #[test]
    fn what_is_not_one_document_is_malformed() {
        let deep = "[".repeat(1_000_000);
        for json in ["", "{", "{} {}", "{a:1}", "1e999", "\u{feff}{}", "\"\\ud800\"", deep.as_str()] {
            assert!(matches!(parse(json.as_bytes()), Err(Refusal::Malformed(_))), "{}", json.len());
        }
        assert!(matches!(parse(b"\"\xff\""), Err(Refusal::Malformed(_))));
    }
}
