//! Canonical JSON, over which TUF's signatures are made (specification 1.0.33, 4.2: OLPC's, as securesystemslib writes it).
//!
//! Keys in the order of their code points, no white space, integers only, and of a text nothing escaped but `"` and `\`.

use bulla_verify::json;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// The canonical form of a JSON text. What has one key twice, or a number that is no integer of 64 bits, has none.
pub(super) fn canonical(text: &str) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    json::from_slice::<Node>(text.as_bytes())?.write(&mut out);
    Ok(out)
}

enum Node {
    Null,
    Bool(bool),
    /// Negative.
    Signed(i64),
    Unsigned(u64),
    Text(String),
    List(Vec<Self>),
    Object(BTreeMap<String, Self>),
}

impl Node {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Self::Signed(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Self::Unsigned(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Self::Text(text) => write_text(text, out),
            Self::List(items) => {
                out.push(b'[');
                items.iter().enumerate().for_each(|(at, item)| {
                    separate(at, out);
                    item.write(out);
                });
                out.push(b']');
            }
            Self::Object(entries) => {
                out.push(b'{');
                entries.iter().enumerate().for_each(|(at, (key, value))| {
                    separate(at, out);
                    write_text(key, out);
                    out.push(b':');
                    value.write(out);
                });
                out.push(b'}');
            }
        }
    }
}

fn separate(at: usize, out: &mut Vec<u8>) {
    if at > 0 {
        out.push(b',');
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        value.deserialize_any(Read)
    }
}

struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without fractions")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Signed(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Unsigned(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut object = BTreeMap::new();
        while let Some((key, value)) = entries.next_entry::<String, Node>()? {
            if object.insert(key, value).is_some() {
                return Err(de::Error::custom("a key is there twice"));
            }
        }
        Ok(Node::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(text: &str, expected: &str) {
        assert_eq!(String::from_utf8(canonical(text).expect("it has one")).expect("UTF-8"), expected);
    }

    #[test]
    fn keys_are_sorted_by_code_points_and_white_space_is_dropped() {
        is("{ \"b\": [1, -2,\ttrue, null], \"a\": {} }", r#"{"a":{},"b":[1,-2,true,null]}"#);
        is(r#"{ "ﬀ": 1, "😀": 2, "z": 3 }"#, r#"{"z":3,"ﬀ":1,"😀":2}"#);
    }

    #[test]
    fn nothing_is_escaped_but_quotes_and_backslashes() {
        is(r#""a\nb\u0007\"\\\u00e9""#, "\"a\nb\u{7}\\\"\\\\é\"");
    }

    #[test]
    fn what_two_readers_could_read_in_two_ways_has_no_canonical_form() {
        for text in
            ["1.5", "1.0", "1e2", "-0", "18446744073709551616", r#"{"a":1,"a":1}"#, r#"{"a":{"b":1,"b":2}}"#, "1 2"]
        {
            assert!(canonical(text).is_err(), "{text}");
        }
    }
}
