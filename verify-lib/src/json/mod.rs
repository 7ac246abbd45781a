//! JSON, read in one way only.
//!
//! serde's derived structs take an array for an object, field by field, and leave alone a key that they do not know. Other
//! readers do neither: to Go, an array is an error, and `Subject` is `subject`. Where two readers disagree about one
//! document, one of them is deceived; so here an array is never an object, and a key is not another one but for its case.
//! That a known key is not there twice, serde sees to itself.
//!
//! What is read through it has no `flatten`, `untagged` or `tag`: those are buffered by serde, past this door.

mod value;

pub use value::{any, value};

use crate::error::shown;
use core::fmt;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};

/// Reads `bytes` to their end.
///
/// # Errors
/// serde's, which may quote what was sent, at any length: show them through [`reason`].
pub fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = T::deserialize(Strict(&mut json))?;
    json.end()?;
    Ok(value)
}

/// What is wrong, in at most 200 characters: an error quotes what was sent, and that may be megabytes.
pub fn reason(error: &serde_json::Error) -> String {
    shown(error)
}

/// Whatever is read through it is read strictly, down to the last value.
struct Strict<D>(D);

/// Hands on what it is shown, with everything inside it strict.
struct Shown<V>(V);

/// The fields of a struct.
#[derive(Clone, Copy)]
struct Fields(&'static [&'static str]);

macro_rules! hand_on {
    ($($method:ident($($argument:ident: $type:ty),*)),* $(,)?) => { $(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method($($argument,)* Shown(visitor))
        }
    )* };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<D> {
    type Error = D::Error;

    hand_on! {
        deserialize_any(), deserialize_bool(), deserialize_i8(), deserialize_i16(), deserialize_i32(), deserialize_i64(),
        deserialize_u8(), deserialize_u16(), deserialize_u32(), deserialize_u64(), deserialize_f32(), deserialize_f64(),
        deserialize_char(), deserialize_str(), deserialize_string(), deserialize_bytes(), deserialize_byte_buf(),
        deserialize_option(), deserialize_unit(), deserialize_unit_struct(name: &'static str),
        deserialize_newtype_struct(name: &'static str), deserialize_seq(), deserialize_tuple(length: usize),
        deserialize_tuple_struct(name: &'static str, length: usize), deserialize_map(), deserialize_identifier(),
        deserialize_ignored_any(),
        deserialize_enum(name: &'static str, variants: &'static [&'static str]),
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Object(visitor, Fields(fields)))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! show {
    ($($method:ident($type:ty)),* $(,)?) => { $(
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.0.$method(value)
        }
    )* };
}

/// JSON has no other kinds of values; what is not here, refuses.
impl<'de, V: Visitor<'de>> Visitor<'de> for Shown<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    show! {
        visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str), visit_borrowed_str(&'de str),
        visit_string(String), visit_bytes(&[u8]), visit_borrowed_bytes(&'de [u8]), visit_byte_buf(Vec<u8>),
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inside: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Strict(inside))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inside: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Strict(inside))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Inside(items, Fields(&[])))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Inside(entries, Fields(&[])))
    }
}

/// A struct, which is an object and nothing else.
struct Object<V>(V, Fields);

impl<'de, V: Visitor<'de>> Visitor<'de> for Object<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Inside(entries, self.1))
    }
}

/// Items or entries, each of which is strict; and the keys, which are not these fields but for their case.
struct Inside<A>(A, Fields);

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        self.0.next_element_seed(Seed(seed))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        self.0.next_key_seed(KeySeed(seed, self.1))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.0.next_value_seed(Seed(seed))
    }
}

struct Seed<T>(T);

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<T> {
    type Value = T::Value;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<T::Value, D::Error> {
        self.0.deserialize(Strict(value))
    }
}

struct KeySeed<T>(T, Fields);

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for KeySeed<T> {
    type Value = T::Value;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<T::Value, D::Error> {
        self.0.deserialize(Key(key, self.1))
    }
}

/// A key, which is always a text.
struct Key<D>(D, Fields);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Key<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(KeyShown(visitor, self.1))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct KeyShown<V>(V, Fields);

impl<'de, V: Visitor<'de>> Visitor<'de> for KeyShown<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<V::Value, E> {
        self.1.check(key)?;
        self.0.visit_str(key)
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<V::Value, E> {
        self.1.check(key)?;
        self.0.visit_borrowed_str(key)
    }
}

impl Fields {
    fn check<E: Error>(self, key: &str) -> Result<(), E> {
        let but_for_case = |field: &&&str| **field != key && folded(field).eq(folded(key));
        match self.0.iter().find(but_for_case) {
            Some(field) if !self.0.contains(&key) => {
                Err(E::custom(format_args!("the key `{}` is `{field}` but for its case", shown(key))))
            }
            _ => Ok(()),
        }
    }
}

/// As Go compares keys: without case, and with the two letters beyond ASCII that have an ASCII one for their other case.
fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|character| match character {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::value::RawValue;
    use std::borrow::Cow;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Outer<'a> {
        #[serde(borrow)]
        media_type: Cow<'a, str>,
        inner: Option<Inner>,
        #[serde(default)]
        list: Vec<Inner>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        skip: u8,
    }

    #[derive(Deserialize)]
    struct Raw<'a> {
        #[serde(borrow)]
        raw: &'a RawValue,
    }

    #[track_caller]
    fn refuses(json: &str, because: &str) {
        let error = from_slice::<Outer<'_>>(json.as_bytes()).expect_err("this must be refused");
        assert!(reason(&error).contains(because), "{error}");
    }

    #[test]
    fn an_object_is_read_borrowed_and_whole() {
        let json =
            br#"{ "mediaType": "x", "inner": { "skip": 1 }, "list": [{ "skip": 2 }], "other": [1, { "a": null }] }"#;
        let read: Outer<'_> = from_slice(json).expect("an object");
        let list = vec![Inner { skip: 2 }];
        assert!(matches!(read.media_type, Cow::Borrowed("x")));
        assert_eq!(read, Outer { media_type: "x".into(), inner: Some(Inner { skip: 1 }), list });
        assert_eq!(from_slice::<Raw<'_>>(br#"{"raw":{"b" : [1]}}"#).expect("raw").raw.get(), r#"{"b" : [1]}"#);
    }

    #[test]
    fn an_array_is_no_object_at_any_depth() {
        refuses(r#"["x", null, []]"#, "invalid type: sequence");
        refuses(r#"{ "mediaType": "x", "inner": [1] }"#, "invalid type: sequence");
        refuses(r#"{ "mediaType": "x", "list": [[2]] }"#, "invalid type: sequence");
    }

    #[test]
    fn a_key_is_not_another_but_for_its_case() {
        refuses(r#"{ "mediaType": "x", "MediaType": "y" }"#, "`MediaType` is `mediaType` but for its case");
        refuses(r#"{ "mediatype": "y" }"#, "but for its case");
        refuses(r#"{ "mediaType": "x", "inner": { "skip": 1, "\u017fkip": 2 } }"#, "but for its case");
        refuses(r#"{ "mediaType": "x", "inner": { "skip": 1, "s\u212aip": 2 } }"#, "but for its case");
        refuses(r#"{ "mediaType": "x", "mediaType": "y" }"#, "duplicate field");
    }

    #[test]
    fn bytes_after_the_end_are_refused() {
        refuses(r#"{ "mediaType": "x" } x"#, "trailing characters");
    }
}
