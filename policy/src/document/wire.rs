//! What foreign formats share on the wire: texts, lists and maps that are no longer than they may be, and `null` for nothing.

use super::{DocumentError, shown, within};
use crate::budget;
use core::{fmt, marker::PhantomData};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::collections::{BTreeMap, BTreeSet};

/// A text of at most [`budget::TEXT_BYTES`].
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text(String);

impl Text {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// Many formats write what they do not know as an empty text.
pub(crate) fn said(text: Option<Text>) -> Option<String> {
    text.map(Text::into_string).filter(|text| !text.is_empty())
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        match text.len() {
            0..=budget::TEXT_BYTES => Ok(Text(text.to_owned())),
            length => Err(E::custom(format_args!("a text of at most {} bytes, found {length}", budget::TEXT_BYTES))),
        }
    }
}

/// A list, or `null`, of which at most `MAX` are kept: whoever takes them out is told of more.
pub(crate) struct List<T, const MAX: usize> {
    items: Vec<T>,
    found: usize,
}

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self { items: Vec::new(), found: 0 }
    }
}

impl<T, const MAX: usize> List<T, MAX> {
    /// # Errors
    /// [`DocumentError::OverBudget`] if there were more than may be.
    pub(crate) fn all(self, what: &'static str) -> Result<Vec<T>, DocumentError> {
        within(what, MAX, self.found).map(|()| self.items)
    }

    /// The same, to be looked at.
    pub(crate) fn as_slice(&self, what: &'static str) -> Result<&[T], DocumentError> {
        within(what, MAX, self.found).map(|()| self.items.as_slice())
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for ListVisitor<T, MAX> {
    type Value = List<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(List::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while items.len() < MAX {
            let Some(item) = sequence.next_element()? else { break };
            items.push(item);
        }
        let mut found = items.len();
        while sequence.next_element::<IgnoredAny>()?.is_some() {
            found += 1;
        }
        Ok(List { items, found })
    }
}

/// An object whose keys are names, or `null`; each name once.
pub(crate) struct Map<T, const MAX: usize>(BTreeMap<String, T>);

impl<T, const MAX: usize> Default for Map<T, MAX> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T, const MAX: usize> Map<T, MAX> {
    pub(crate) fn get(&self, key: &str) -> Option<&T> {
        self.0.get(key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Map<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MapVisitor(PhantomData))
    }
}

struct MapVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for MapVisitor<T, MAX> {
    type Value = Map<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Map::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<Text, T>()? {
            if entries.len() == MAX {
                return Err(A::Error::custom(format_args!("an object with at most {MAX} keys")));
            }
            if let Some(_twice) = entries.insert(key.into_string(), value) {
                return Err(A::Error::custom("the same key twice"));
            }
        }
        Ok(Map(entries))
    }
}

/// Whether a key is there, whatever its value.
#[derive(Default)]
pub(crate) struct Present(pub(crate) bool);

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

/// The first keys of an object, to be told.
pub(crate) struct Keys(Vec<String>);

/// How many are told: a person looks at them.
const KEYS_TOLD: usize = 5;

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KeysVisitor)
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
        let mut keys = Vec::new();
        while let Some((key, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
            if keys.len() <= KEYS_TOLD {
                keys.push(shown(&key));
            }
        }
        Ok(Keys(keys))
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told: Vec<_> = self.0.iter().take(KEYS_TOLD).map(|key| format!("`{key}`")).collect();
        if self.0.len() > KEYS_TOLD {
            told.push("…".to_owned());
        }
        match told.as_slice() {
            [] => f.write_str("an object without keys"),
            [only] => write!(f, "an object with the key {only}"),
            several => write!(f, "an object with the keys {}", several.join(", ")),
        }
    }
}

/// Names without repetition, in the order in which they come; empty ones are none.
pub(crate) fn distinct(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names.into_iter().filter(|name| !name.is_empty() && seen.insert(name.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bulla_verify::json;

    #[derive(Deserialize)]
    struct Document {
        #[serde(default)]
        list: List<Text, 2>,
        #[serde(default)]
        map: Map<Text, 2>,
    }

    fn read(json: &str) -> Result<Document, String> {
        json::from_slice(json.as_bytes()).map_err(|error| json::reason(&error))
    }

    #[track_caller]
    fn refuses(json: &str, because: &str) {
        let reason = read(json).err().expect("this must be refused");
        assert!(reason.contains(because), "{reason}");
    }

    #[test]
    fn null_is_nothing() {
        let document = read(r#"{"list":null,"map":null}"#).expect("a document");
        assert!(document.list.all("texts").expect("a list").is_empty() && document.map.iter().next().is_none());
    }

    #[test]
    fn one_too_many_in_a_list_is_told_with_the_number() {
        assert_eq!(read(r#"{"list":["a","b"]}"#).expect("two").list.all("texts").expect("two").len(), 2);
        let many = read(r#"{"list":["a","b","c","d"]}"#).expect("four").list.all("texts");
        assert_eq!(many, Err(DocumentError::OverBudget { what: "texts", limit: 2, found: 4 }));
    }

    #[test]
    fn a_name_is_there_once_and_not_too_often() {
        refuses(r#"{"map":{"a":"","a":""}}"#, "the same key twice");
        refuses(r#"{"map":{"a":"","b":"","c":""}}"#, "at most 2 keys");
        let map = read(r#"{"map":{"a":"1","b":"2"}}"#).expect("two").map;
        assert_eq!(map.get("b").map(Text::as_str), Some("2"));
    }

    #[test]
    fn a_text_has_its_length() {
        let of = |length| format!(r#"{{"list":["{}"]}}"#, "x".repeat(length));
        assert!(read(&of(budget::TEXT_BYTES)).is_ok());
        refuses(&of(budget::TEXT_BYTES + 1), "a text of at most 65536 bytes, found 65537");
    }
}
