//! Keys that are trusted by themselves.

use super::{by::PUBLIC_GOOD, error::Fault, moment::Moment, pattern::Exact};
use bulla_verify::{Time, VerifyingKey, Window};
use core::fmt;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::borrow::Cow;

/// A public key, and the window in which its signatures count, if it is bound to one.
///
/// Within a window they count only if *verified* times say so: an age that nobody vouches for is the signer's own claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    source: Source,
    from: Option<Moment>,
    until: Option<Moment>,
    root: Option<Exact>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Key(Box<VerifyingKey>),
    /// The path of a file, which only the command line reads.
    File(String),
}

impl TrustedKey {
    /// A key whose signatures count whenever they were made.
    pub fn always(key: VerifyingKey) -> Self {
        Self { source: Source::Key(Box::new(key)), from: None, until: None, root: None }
    }

    /// A key whose signatures count only if there is a *verified* time, and all of them lie in `window`.
    pub fn within(key: VerifyingKey, window: Window) -> Self {
        let from = Some(Moment::from(window.start()));
        Self { from, until: window.end().map(Moment::from), ..Self::always(key) }
    }

    /// The key; nothing as long as its file has not been read, and then nobody holds it.
    pub fn key(&self) -> Option<&VerifyingKey> {
        match &self.source {
            Source::Key(key) => Some(key),
            Source::File(_) => None,
        }
    }

    /// The root whose logs and authorities tell when it has signed, where that matters.
    pub(crate) fn root(&self) -> &str {
        self.root.as_ref().map_or(PUBLIC_GOOD, Exact::as_str)
    }

    /// The same as a policy names it: a plain key needs none.
    pub(crate) fn named_root(&self) -> Option<&str> {
        (self.root.is_some() || self.window().is_some()).then(|| self.root())
    }

    /// Times count that one of the root of this name tells.
    #[must_use]
    pub fn timed_under(self, root: Exact) -> Self {
        Self { root: Some(root), ..self }
    }

    /// The window in which its signatures count.
    pub(crate) fn window(&self) -> Option<Window> {
        let bound = self.from.is_some() || self.until.is_some();
        let start = self.from.as_ref().map_or(Time::from_unix(0), Moment::time);
        bound.then(|| Window::new(start, self.until.as_ref().map(Moment::time)))
    }

    /// The file that has not been read.
    pub(super) fn unread(&self) -> Option<&str> {
        match &self.source {
            Source::File(path) => Some(path),
            Source::Key(_) => None,
        }
    }

    /// Puts the key in place of its path.
    pub(super) fn read(&mut self, pem: &str) -> Result<(), Fault> {
        self.source = parse(pem)?;
        Ok(())
    }

    pub(super) fn check(&self) -> Result<(), Fault> {
        match (&self.from, &self.until) {
            (Some(from), Some(until)) if until.time() < from.time() => {
                let message = format!("the key's window ends before it begins: from {from} until {until}");
                Err(Fault::new("window-empty", message, "no signature could ever count: exchange the two"))
            }
            _ => Ok(()),
        }
    }
}

fn parse(pem: &str) -> Result<Source, Fault> {
    VerifyingKey::from_pem(pem).map(|key| Source::Key(Box::new(key))).map_err(|error| {
        let hint = match pem.contains("PRIVATE KEY") {
            true => "this is a private key; its other half, `.pub`, is what verifies",
            false => "a public key is a PEM block `PUBLIC KEY`, as `bulla keygen` writes it",
        };
        Fault::new(error.code(), error.to_string(), hint)
    })
}

/// What tells PEM from a path.
const PEM: &str = "-----BEGIN";

impl TryFrom<&str> for Source {
    type Error = Fault;

    fn try_from(written: &str) -> Result<Self, Fault> {
        match written {
            "" => Err(Fault::new("key-empty", "no key is given", "write the path of its file, or its PEM text")),
            pem if pem.contains(PEM) => parse(pem),
            path => Ok(Self::File(path.to_owned())),
        }
    }
}

/// A key with a window, as it is written.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "KeyWithin")]
struct Wire {
    /// The path of its file, or its PEM text.
    file: String,
    /// From when on its signatures count.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Moment>,
    /// Until when its signatures count.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Moment>,
    /// The root whose logs and timestamp authorities tell when it has signed; `public-good` if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    root: Option<Exact>,
}

impl<'de> Deserialize<'de> for TrustedKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrWindow)
    }
}

struct TextOrWindow;

impl<'de> Visitor<'de> for TextOrWindow {
    type Value = TrustedKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the path of a key's file, its PEM text, or `{ file, from, until, root }`")
    }

    fn visit_str<E: de::Error>(self, written: &str) -> Result<TrustedKey, E> {
        let source = Source::try_from(written).map_err(E::custom)?;
        Ok(TrustedKey { source, from: None, until: None, root: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TrustedKey, A::Error> {
        let Wire { file, from, until, root } = Wire::deserialize(MapAccessDeserializer::new(map))?;
        let key = TrustedKey { source: Source::try_from(file.as_str()).map_err(de::Error::custom)?, from, until, root };
        key.check().map_err(de::Error::custom)?;
        Ok(key)
    }
}

impl Serialize for TrustedKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let file = match &self.source {
            Source::Key(key) => key.to_pem(),
            Source::File(path) => path.clone(),
        };
        let Self { from, until, root, .. } = self.clone();
        match (&from, &until, &root) {
            (None, None, None) => file.serialize(serializer),
            _ => Wire { file, from, until, root }.serialize(serializer),
        }
    }
}

impl JsonSchema for TrustedKey {
    fn schema_name() -> Cow<'static, str> {
        "Key".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let within = generator.subschema_for::<Wire>();
        json_schema!({
            "description": "A public key: the path of its file, its PEM text, or either with the window in which its \
                            signatures count.",
            "anyOf": [{ "type": "string", "minLength": 1 }, within],
        })
    }
}
