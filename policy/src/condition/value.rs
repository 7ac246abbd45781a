//! What an expression gives: JSON where it lies, and what was computed.

use super::{
    ast::{Literal, Type},
    moment::{Span, Timestamp},
};
use core::{cmp::Ordering, ops::Deref};
use serde_json::{Map as JsonMap, Value as Json};
use std::rc::Rc;

#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Number(Number),
    String(Shared<'a, str>),
    Bytes(Shared<'a, [u8]>),
    List(List<'a>),
    Map(Map<'a>),
    Duration(Span),
    Timestamp(Timestamp),
    Type(Type),
}

/// Numbers of all three types are on one line (cel-spec, "Numbers").
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Int(i64),
    Uint(u64),
    Double(f64),
}

/// Something of the evidence's or the condition's own, or something that was computed.
#[derive(Debug)]
pub(super) enum Shared<'a, T: ?Sized> {
    Lent(&'a T),
    Made(Rc<T>),
}

#[derive(Debug, Clone)]
pub(super) enum List<'a> {
    Json(&'a [Json]),
    Made(Rc<[Value<'a>]>),
}

#[derive(Debug, Clone)]
pub(super) enum Map<'a> {
    Json(&'a JsonMap<String, Json>),
    Made(Rc<[[Value<'a>; 2]]>),
}

impl<T: ?Sized> Clone for Shared<'_, T> {
    fn clone(&self) -> Self {
        match self {
            Self::Lent(lent) => Self::Lent(lent),
            Self::Made(made) => Self::Made(Rc::clone(made)),
        }
    }
}

impl<T: ?Sized> Deref for Shared<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Lent(lent) => lent,
            Self::Made(made) => made,
        }
    }
}

impl<'a> Value<'a> {
    pub(super) fn text(made: &str) -> Self {
        Self::String(Shared::Made(Rc::from(made)))
    }

    pub(super) fn int(value: i64) -> Self {
        Self::Number(Number::Int(value))
    }

    pub(super) fn list(made: Vec<Self>) -> Self {
        Self::List(List::Made(Rc::from(made)))
    }

    pub(super) fn type_of(&self) -> Type {
        match self {
            Self::Null => Type::Null,
            Self::Bool(_) => Type::Bool,
            Self::Number(Number::Int(_)) => Type::Int,
            Self::Number(Number::Uint(_)) => Type::Uint,
            Self::Number(Number::Double(_)) => Type::Double,
            Self::String(_) => Type::String,
            Self::Bytes(_) => Type::Bytes,
            Self::List(_) => Type::List,
            Self::Map(_) => Type::Map,
            Self::Duration(_) => Type::Duration,
            Self::Timestamp(_) => Type::Timestamp,
            Self::Type(_) => Type::Type,
        }
    }
}

impl<'a> From<&'a Json> for Value<'a> {
    fn from(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => Self::Number(Number::from(number)),
            Json::String(text) => Self::String(Shared::Lent(text)),
            Json::Array(items) => Self::List(List::Json(items)),
            Json::Object(entries) => Self::Map(Map::Json(entries)),
        }
    }
}

impl<'a> From<&'a Literal> for Value<'a> {
    fn from(literal: &'a Literal) -> Self {
        match literal {
            Literal::Null => Self::Null,
            Literal::Bool(value) => Self::Bool(*value),
            Literal::Int(value) => Self::int(*value),
            Literal::Uint(value) => Self::Number(Number::Uint(*value)),
            Literal::Double(value) => Self::Number(Number::Double(*value)),
            Literal::String(text) => Self::String(Shared::Lent(text)),
            Literal::Bytes(bytes) => Self::Bytes(Shared::Lent(bytes)),
            Literal::Type(of) => Self::Type(*of),
        }
    }
}

impl From<&serde_json::Number> for Number {
    /// What is written without fraction and exponent is an integer, if it fits into 64 bits; what is neither is no number that
    /// equals any.
    fn from(number: &serde_json::Number) -> Self {
        let int = number.as_i64().map(Self::Int);
        let uint = || number.as_u64().map(Self::Uint);
        int.or_else(uint).unwrap_or_else(|| Self::Double(number.as_f64().unwrap_or(f64::NAN)))
    }
}

impl Number {
    /// The integer that it is, whatever its type.
    pub(super) fn whole(self) -> Option<i128> {
        match self {
            Self::Int(value) => Some(value.into()),
            Self::Uint(value) => Some(value.into()),
            Self::Double(value) => truncated(value).filter(|_| value.fract() == 0.0),
        }
    }

    /// On one line: exact, where rounding an integer to a double would make it equal to its neighbours.
    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Double(left), Self::Double(right)) => left.partial_cmp(&right),
            (Self::Double(left), right) => compare_whole(right.whole()?, left).map(Ordering::reverse),
            (left, Self::Double(right)) => compare_whole(left.whole()?, right),
            (left, right) => Some(left.whole()?.cmp(&right.whole()?)),
        }
    }
}

/// An integer of 64 bits with a double.
fn compare_whole(left: i128, right: f64) -> Option<Ordering> {
    if right.is_nan() {
        return None;
    }
    let Some(whole) = truncated(right) else {
        return Some(if right > 0.0 { Ordering::Less } else { Ordering::Greater });
    };
    let below = 0.0_f64.partial_cmp(&right.fract())?;
    Some(left.cmp(&whole).then(below))
}

/// Towards zero; nothing beyond what 64 bits hold.
#[expect(clippy::as_conversions, reason = "there is no other way, and within the bounds it is exact")]
pub(super) fn truncated(value: f64) -> Option<i128> {
    const BOUND: f64 = 18_446_744_073_709_551_616.0;
    (value > -BOUND && value < BOUND).then_some(value as i128)
}

/// The nearest double.
#[expect(clippy::as_conversions, reason = "there is no other way, and rounding is what is asked for")]
pub(super) fn rounded(value: i128) -> f64 {
    value as f64
}

impl<'a> List<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Json(items) => items.len(),
            Self::Made(items) => items.len(),
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Json(items) => items.get(index).map(Value::from),
            Self::Made(items) => items.get(index).cloned(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Value<'a>> {
        (0..self.len()).map_while(|index| self.get(index))
    }
}

impl<'a> Map<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Json(entries) => entries.len(),
            Self::Made(entries) => entries.len(),
        }
    }

    /// Its entries: of JSON in alphabetical order, whatever was built with `preserve_order`, and as they are written otherwise.
    pub(super) fn entries(&self) -> Vec<[Value<'a>; 2]> {
        match self {
            Self::Json(entries) => {
                let mut entries: Vec<(&'a String, &'a Json)> = entries.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                entries.into_iter().map(|(key, value)| [Value::String(Shared::Lent(key)), value.into()]).collect()
            }
            Self::Made(entries) => entries.to_vec(),
        }
    }
}
