//! A value of any shape, in which no key is there twice.

use crate::error::shown;
use core::fmt;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads a whole document of any shape, which has no key twice, at any depth: of two, readers count different ones.
///
/// # Errors
/// serde's. Of a key that is there twice, and of nothing else, it says `is_data`; what is nested deeper than 128 is malformed.
pub fn value(json: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(json).map(|Once(value)| value)
}

/// The same for a field: `#[serde(deserialize_with = "json::any")]`.
///
/// # Errors
/// The deserializer's, and one for a key that is there twice.
pub fn any<'de, D: Deserializer<'de>>(json: D) -> Result<Value, D::Error> {
    json.deserialize_any(OnceVisitor)
}

/// A value in which every key is there once.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        any(deserializer).map(Self)
    }
}

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
        while let Some(Once(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key `{}` is there twice", shown(&key))));
            }
            let Once(value) = entries.next_value()?;
            object.insert(key, value);
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
        let read = value(json).expect("JSON");
        assert_eq!(read, serde_json::from_slice::<Value>(json).expect("JSON"));
    }

    #[test]
    fn a_key_twice_is_refused_at_any_depth_and_in_any_spelling() {
        for json in [r#"{"a":1,"a":1}"#, r#"[{"b":{"a":1,"\u0061":2}}]"#] {
            assert!(value(json.as_bytes()).expect_err("a key is there twice").is_data(), "{json}");
        }
    }

    #[test]
    fn what_is_not_one_document_is_malformed() {
        let deep = "[".repeat(1_000_000);
        for json in ["", "{", "{} {}", "{a:1}", "1e999", "\u{feff}{}", "\"\\ud800\"", deep.as_str()] {
            assert!(!value(json.as_bytes()).expect_err("no document").is_data(), "{}", json.len());
        }
        assert!(!value(b"\"\xff\"").expect_err("no text").is_data());
    }
}
