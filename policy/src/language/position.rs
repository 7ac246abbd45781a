//! Where in the text a value stands, for what can only be judged once the rest has been read.

use core::ops::{Deref, DerefMut};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_saphyr::Spanned;
use std::borrow::Cow;

/// A line and a column, both counted from one; zero for what was never written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    /// Counted from one.
    pub line: u64,
    /// In characters, counted from one.
    pub column: u64,
}

/// A value, and where it stands. Two are equal if the values are.
#[derive(Debug, Clone)]
pub struct At<T> {
    value: T,
    position: Position,
}

impl<T> At<T> {
    /// A value that stands in no text.
    pub(crate) fn nowhere(value: T) -> Self {
        Self { value, position: Position::default() }
    }

    /// Where it stands.
    pub fn position(&self) -> Position {
        self.position
    }
}

impl<T> Deref for At<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for At<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: PartialEq> PartialEq for At<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for At<T> {}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, referenced, .. } = Spanned::deserialize(deserializer)?;
        let position = Position { line: referenced.line(), column: referenced.column() };
        Ok(Self { value, position })
    }
}

impl<T: Serialize> Serialize for At<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
