//! The annotations that are read, of manifests and of listings. Whoever may push writes as many others as a manifest has
//! room for, and each costs a hundred bytes to keep; so the others are passed over while they are read.

use crate::budget;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// What a bundle's manifest holds: a signed statement, or a signature of the artifact's bytes (cosign 3).
pub(crate) const CONTENT: &str = "dev.sigstore.bundle.content";
/// What the statement in a bundle is about (cosign 3).
pub(crate) const PREDICATE_TYPE: &str = "dev.sigstore.bundle.predicateType";
/// When it was made, RFC 3339 (OCI image specification, "Pre-Defined Annotation Keys").
pub(crate) const CREATED: &str = "org.opencontainers.image.created";
/// The tag of an entry of a layout's index (OCI image specification, "Pre-Defined Annotation Keys").
pub(crate) const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// What an entry of an index is to another one (BuildKit, "Image attestation storage").
pub(crate) const REFERENCE_TYPE: &str = "vnd.docker.reference.type";

const READ: [&str; 5] = [CONTENT, PREDICATE_TYPE, CREATED, REF_NAME, REFERENCE_TYPE];

/// The few annotations that are read: free text, unproved. One that is longer than what it stands for can be is taken
/// for absent, and so is any other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Annotations(BTreeMap<&'static str, String>);

impl Annotations {
    /// The annotation of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether there is none that is read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same with one more.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.insert(name, value.to_owned());
        self
    }
}

impl<'de> Deserialize<'de> for Annotations {
    fn deserialize<D: Deserializer<'de>>(map: D) -> Result<Self, D::Error> {
        map.deserialize_map(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Annotations;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("annotations")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Annotations, M::Error> {
        let mut read = BTreeMap::new();
        while let Some(Name(name)) = map.next_key()? {
            let Some(name) = name else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            // Of two, one reader takes the first, and another the last.
            if read.insert(name, map.next_value::<Text>()?.0).is_some() {
                return Err(M::Error::custom(format_args!("`{name}` twice")));
            }
        }
        let short = |(name, text): (_, Option<String>)| text.map(|text| (name, text));
        Ok(Annotations(read.into_iter().filter_map(short).collect()))
    }
}

/// One of the names that are read.
struct Name(Option<&'static str>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(text: D) -> Result<Self, D::Error> {
        struct Known;
        impl Visitor<'_> for Known {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E>(self, text: &str) -> Result<Name, E> {
                Ok(Name(READ.into_iter().find(|name| *name == text)))
            }
        }
        text.deserialize_str(Known)
    }
}

/// A text, unless it is too long to be kept.
struct Text(Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(text: D) -> Result<Self, D::Error> {
        struct Short;
        impl Visitor<'_> for Short {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text((text.len() <= budget::ANNOTATION_BYTES).then(|| text.to_owned())))
            }
        }
        text.deserialize_str(Short)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Annotations, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_read_is_kept_and_written_as_go_writes_it() {
        let text =
            r#"{"org.opencontainers.image.created":"now","a":"b","c":[{"d":null}],"dev.sigstore.bundle.content":"x"}"#;
        let annotations = read(text).unwrap();
        assert_eq!((annotations.get(CREATED), annotations.get("a")), (Some("now"), None));
        let written = serde_json::to_string(&annotations).unwrap();
        assert_eq!(written, r#"{"dev.sigstore.bundle.content":"x","org.opencontainers.image.created":"now"}"#);
    }

    #[test]
    fn two_of_a_name_that_is_read_are_refused() {
        let two = |name: &str, first: &str| read(&format!(r#"{{"{name}":"{first}","x":"","{name}":"b"}}"#));
        for name in READ {
            assert!(two(name, "a").unwrap_err().contains("twice"));
            assert!(two(name, &"a".repeat(budget::ANNOTATION_BYTES + 1)).unwrap_err().contains("twice"));
        }
        assert_eq!(two("another", "a"), Ok(Annotations::default()));
    }

    #[test]
    fn one_byte_past_the_limit_is_taken_for_absent() {
        for (length, kept) in [(budget::ANNOTATION_BYTES, true), (budget::ANNOTATION_BYTES + 1, false)] {
            let annotations = read(&format!(r#"{{"{CREATED}":"{}"}}"#, "x".repeat(length))).unwrap();
            assert_eq!(annotations.get(CREATED).is_some(), kept);
        }
    }

    #[test]
    fn what_are_no_annotations_is_refused() {
        for text in [r#"["a","b"]"#, r#""a""#, &format!(r#"{{"{CREATED}":7}}"#), &format!(r#"{{"{CREATED}":null}}"#)] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
