//! One object as a tree, whether it was YAML, JSON text, or parsed already.

use super::error::ManifestError;
use crate::budget;
use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

/// A value, and where it is written.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) value: Value<'a>,
    /// Nowhere, if it was parsed already.
    pub(super) mark: Option<Mark>,
    /// How many values it is, aliases counted as what they stand for.
    pub(super) size: usize,
    depth: usize,
}

/// What is there.
#[derive(Debug)]
pub(super) enum Value<'a> {
    /// Also numbers and booleans, as they are written: no image has another name for that.
    Text {
        /// What it reads as.
        text: Cow<'a, str>,
        /// Whether it stands without quotes, and can be `null`, a number or a boolean.
        plain: bool,
    },
    List(Vec<Rc<Node<'a>>>),
    /// Keys are texts, and each is there once.
    Map(Vec<Rc<Entry<'a>>>),
}

#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: Cow<'a, str>,
    pub(super) mark: Option<Mark>,
    pub(super) value: Rc<Node<'a>>,
}

/// Where something is written: line and column count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) bytes: Range<usize>,
}

impl<'a> Node<'a> {
    /// # Errors
    /// [`ManifestError::OverBudget`] for what is nested too deeply.
    pub(super) fn new(value: Value<'a>, mark: Option<Mark>) -> Result<Rc<Self>, ManifestError> {
        let (mut size, mut depth) = (1_usize, 0);
        let mut add = |inside: &Self| {
            size = size.saturating_add(inside.size);
            depth = depth.max(inside.depth);
        };
        match &value {
            Value::Text { .. } => {}
            Value::List(items) => items.iter().for_each(|item| add(item)),
            Value::Map(entries) => entries.iter().for_each(|entry| add(&entry.value)),
        }
        if depth >= budget::DEPTH {
            return Err(too_deep());
        }
        Ok(Rc::new(Self { value, mark, size, depth: depth + 1 }))
    }

    /// # Errors
    /// [`ManifestError::OverBudget`].
    pub(super) fn of(json: &'a serde_json::Value) -> Result<Rc<Self>, ManifestError> {
        Self::inside(json, &mut 0, budget::DEPTH)
    }

    fn inside(json: &'a serde_json::Value, count: &mut usize, left: usize) -> Result<Rc<Self>, ManifestError> {
        use serde_json::Value as Json;
        spend(count, 1)?;
        let left = left.checked_sub(1).ok_or_else(too_deep)?;
        let value = match json {
            Json::Null => Value::Text { text: "".into(), plain: true },
            Json::Bool(value) => Value::Text { text: value.to_string().into(), plain: true },
            Json::Number(number) => Value::Text { text: number.to_string().into(), plain: true },
            Json::String(text) => Value::Text { text: text.into(), plain: false },
            Json::Array(items) => {
                Value::List(items.iter().map(|item| Self::inside(item, count, left)).collect::<Result<_, _>>()?)
            }
            Json::Object(entries) => {
                let mut entry = |(key, value): (&'a String, _)| {
                    spend(count, 1)?;
                    Ok(Rc::new(Entry { key: key.into(), mark: None, value: Self::inside(value, count, left)? }))
                };
                Value::Map(entries.iter().map(&mut entry).collect::<Result<_, ManifestError>>()?)
            }
        };
        Self::new(value, None)
    }

    /// A text that says something: neither `null` nor empty.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text { text, .. } if !text.is_empty() && !self.is_null() => Some(text),
            Value::Text { .. } | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Whether nothing is written, or `null` (YAML 1.2.2, 10.3.2).
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Text { text, plain: true } if matches!(&**text, "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What is under this key, if it is an object that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &*entry.value)
    }

    /// Of an object; nothing of anything else.
    pub(super) fn entries(&self) -> &[Rc<Entry<'a>>] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// Of a list; nothing of anything else.
    pub(super) fn items(&self) -> &[Rc<Self>] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }
}

/// Counts keys and values.
///
/// # Errors
/// [`ManifestError::OverBudget`] for more than [`budget::NODES`].
pub(super) fn spend(count: &mut usize, more: usize) -> Result<(), ManifestError> {
    *count = count.saturating_add(more);
    let too_many = || ManifestError::OverBudget { what: "keys and values, aliases followed", limit: budget::NODES };
    if *count <= budget::NODES { Ok(()) } else { Err(too_many()) }
}

pub(super) fn too_deep() -> ManifestError {
    ManifestError::OverBudget { what: "values inside each other", limit: budget::DEPTH }
}
