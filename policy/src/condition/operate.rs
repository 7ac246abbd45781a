//! CEL's operators and functions over values. Whatever is not defined is an error, and so is what does not fit.

use super::{
    ast::{Binary, Type, Unary},
    convert,
    error::{Kind, shown},
    eval::Steps,
    pattern::Pattern,
    value::{List, Map, Number, Shared, Value},
};
use crate::budget;
use core::cmp::Ordering;
use std::rc::Rc;

/// To start a pattern's search; then a byte is a look into a table, in 2 ns.
const MATCH: usize = 3;

type Operated<'a> = Result<Value<'a>, Kind>;

/// `of.field`, or nothing where the map has no such key.
pub(super) fn field<'a>(of: &Value<'a>, field: &str, steps: &mut Steps) -> Result<Option<Value<'a>>, Kind> {
    match of {
        Value::Map(Map::Json(entries)) => {
            steps.lookup(entries.len(), field.len())?;
            Ok(entries.get(field).map(Value::from))
        }
        Value::Map(made) => entry(made, &Value::text(field), steps),
        other => Err(Kind::Operands { operation: ".", found: vec![other.type_of()] }),
    }
}

pub(super) fn unary<'a>(unary: Unary, of: Value<'a>, steps: &mut Steps) -> Operated<'a> {
    let undefined = |found: Type| Err(Kind::Operands { operation: unary.name(), found: vec![found] });
    match (unary, of) {
        (Unary::Not, Value::Bool(value)) => Ok(Value::Bool(!value)),
        (Unary::Negate, Value::Number(Number::Int(value))) => {
            value.checked_neg().map(Value::int).ok_or(Kind::Overflow { operation: "-" })
        }
        (Unary::Negate, Value::Number(Number::Double(value))) => Ok(Value::Number(Number::Double(-value))),
        (Unary::Size, of) => size(&of, steps),
        (Unary::TypeOf, of) => Ok(Value::Type(of.type_of())),
        (Unary::Dyn, of) => Ok(of),
        (Unary::To(to), of) => convert::convert(to, of, steps),
        (Unary::Part(part), Value::Timestamp(moment)) => {
            steps.spend(Steps::CONVERSION)?;
            moment.part(part).map(Value::int).ok_or(Kind::Overflow { operation: part.name() })
        }
        (Unary::Part(part), Value::Duration(span)) => {
            let found = vec![Type::Duration];
            span.part(part).map(Value::int).ok_or(Kind::Operands { operation: part.name(), found })
        }
        (Unary::Not | Unary::Negate | Unary::Part(_), of) => undefined(of.type_of()),
    }
}

/// Characters of a string, bytes, items or entries.
fn size<'a>(of: &Value<'_>, steps: &mut Steps) -> Operated<'a> {
    let size = match of {
        Value::String(text) => {
            steps.bytes(text.len())?;
            text.chars().count()
        }
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) => items.len(),
        Value::Map(map) => map.len(),
        other => return Err(Kind::Operands { operation: "size", found: vec![other.type_of()] }),
    };
    i64::try_from(size).map(Value::int).map_err(|_| Kind::Overflow { operation: "size" })
}

pub(super) fn matches<'a>(of: &Value<'_>, pattern: &Pattern, steps: &mut Steps) -> Operated<'a> {
    let Value::String(text) = of else {
        return Err(Kind::Operands { operation: "matches", found: vec![of.type_of()] });
    };
    steps.spend(MATCH + text.len() / 4)?;
    pattern.matches(text).map(Value::Bool)
}

pub(super) fn binary<'a>(binary: Binary, left: Value<'a>, right: Value<'a>, steps: &mut Steps) -> Operated<'a> {
    let types = [left.type_of(), right.type_of()];
    let undefined = || Kind::Operands { operation: binary.name(), found: types.to_vec() };
    match binary {
        Binary::Equal => Ok(Value::Bool(equal(&left, &right, steps)?)),
        Binary::NotEqual => Ok(Value::Bool(!equal(&left, &right, steps)?)),
        Binary::Less | Binary::LessEqual | Binary::Greater | Binary::GreaterEqual => {
            let order = compare(&left, &right, steps)?.ok_or_else(undefined)?;
            Ok(Value::Bool(order.is_some_and(|order| match binary {
                Binary::Less => order.is_lt(),
                Binary::LessEqual => order.is_le(),
                Binary::Greater => order.is_gt(),
                _ => order.is_ge(),
            })))
        }
        Binary::In => contained(&left, &right, steps)?.map(Value::Bool).ok_or_else(undefined),
        Binary::Index => index(&left, &right, steps)?.ok_or_else(undefined),
        Binary::StartsWith | Binary::EndsWith | Binary::Contains => {
            let (Value::String(text), Value::String(part)) = (&left, &right) else { return Err(undefined()) };
            steps.bytes(if binary == Binary::Contains { text.len() + part.len() } else { part.len() })?;
            Ok(Value::Bool(match binary {
                Binary::StartsWith => text.starts_with(&**part),
                Binary::EndsWith => text.ends_with(&**part),
                _ => text.contains(&**part),
            }))
        }
        Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Remainder => {
            arithmetic(binary, left, right, steps)?.ok_or_else(undefined)
        }
    }
}

/// What is equal to what: numbers by their value, whatever their types; values of different types never.
pub(super) fn equal(left: &Value<'_>, right: &Value<'_>, steps: &mut Steps) -> Result<bool, Kind> {
    equal_within(budget::CONDITION_VALUE_NESTING, left, right, steps)
}

fn equal_within(depth: usize, left: &Value<'_>, right: &Value<'_>, steps: &mut Steps) -> Result<bool, Kind> {
    steps.spend(1)?;
    let limit = budget::CONDITION_VALUE_NESTING;
    let deeper = || depth.checked_sub(1).ok_or(Kind::OverBudget { what: "levels of values that are compared", limit });
    Ok(match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Number(left), Value::Number(right)) => left.compare(*right) == Some(Ordering::Equal),
        (Value::String(left), Value::String(right)) => same(left.as_bytes(), right.as_bytes(), steps)?,
        (Value::Bytes(left), Value::Bytes(right)) => same(left, right, steps)?,
        (Value::Duration(left), Value::Duration(right)) => left == right,
        (Value::Timestamp(left), Value::Timestamp(right)) => left == right,
        (Value::Type(left), Value::Type(right)) => left == right,
        (Value::List(left), Value::List(right)) => {
            let depth = deeper()?;
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.iter().zip(right.iter()) {
                if !equal_within(depth, &left, &right, steps)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(left), Value::Map(right)) => equal_maps(deeper()?, left, right, steps)?,
        _ => false,
    })
}

fn equal_maps(depth: usize, left: &Map<'_>, right: &Map<'_>, steps: &mut Steps) -> Result<bool, Kind> {
    if left.len() != right.len() {
        return Ok(false);
    }
    steps.spend(left.len())?;
    for [key, left] in left.entries() {
        let Some(right) = entry(right, &key, steps)? else { return Ok(false) };
        if !equal_within(depth, &left, &right, steps)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn same(left: &[u8], right: &[u8], steps: &mut Steps) -> Result<bool, Kind> {
    if left.len() != right.len() {
        return Ok(false);
    }
    steps.bytes(left.len())?;
    Ok(left == right)
}

/// Which comes first, if they can be ordered at all. Not-a-number comes neither before nor after anything.
fn compare(left: &Value<'_>, right: &Value<'_>, steps: &mut Steps) -> Result<Option<Option<Ordering>>, Kind> {
    let mut bytes = |left: &[u8], right: &[u8]| {
        steps.bytes(left.len().min(right.len()))?;
        Ok::<_, Kind>(Some(left.cmp(right)))
    };
    Ok(Some(match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) => left.compare(*right),
        (Value::String(left), Value::String(right)) => bytes(left.as_bytes(), right.as_bytes())?,
        (Value::Bytes(left), Value::Bytes(right)) => bytes(left, right)?,
        (Value::Duration(left), Value::Duration(right)) => Some(left.cmp(right)),
        (Value::Timestamp(left), Value::Timestamp(right)) => Some(left.cmp(right)),
        _ => return Ok(None),
    }))
}

/// `left in right`
fn contained(left: &Value<'_>, right: &Value<'_>, steps: &mut Steps) -> Result<Option<bool>, Kind> {
    match right {
        Value::List(items) => {
            for item in items.iter() {
                if equal(left, &item, steps)? {
                    return Ok(Some(true));
                }
            }
            Ok(Some(false))
        }
        Value::Map(map) => {
            key(left)?;
            Ok(Some(entry(map, left, steps)?.is_some()))
        }
        _ => Ok(None),
    }
}

fn index<'a>(of: &Value<'a>, at: &Value<'a>, steps: &mut Steps) -> Result<Option<Value<'a>>, Kind> {
    match (of, at) {
        (Value::List(items), Value::Number(at)) => {
            let position = at.whole().and_then(|at| usize::try_from(at).ok());
            let missing = || Kind::Index { index: quoted(&Value::Number(*at)), len: items.len() };
            position.and_then(|at| items.get(at)).ok_or_else(missing).map(Some)
        }
        (Value::Map(map), at) => {
            key(at)?;
            let missing = || Kind::MissingKey { key: quoted(at) };
            entry(map, at, steps)?.ok_or_else(missing).map(Some)
        }
        _ => Ok(None),
    }
}

/// What can be a map's key, or be looked for among them: a double is if it is whole.
pub(super) fn key(key: &Value<'_>) -> Result<(), Kind> {
    match key {
        Value::Bool(_) | Value::String(_) | Value::Number(_) => Ok(()),
        other => Err(Kind::Operands { operation: "a key", found: vec![other.type_of()] }),
    }
}

fn entry<'a>(map: &Map<'a>, key: &Value<'_>, steps: &mut Steps) -> Result<Option<Value<'a>>, Kind> {
    match (map, key) {
        (Map::Json(entries), Value::String(key)) => {
            steps.lookup(entries.len(), key.len())?;
            Ok(entries.get(&**key).map(Value::from))
        }
        (Map::Json(_), _) => Ok(None),
        (Map::Made(entries), key) => {
            for [other, value] in entries.iter() {
                if equal(other, key, steps)? {
                    return Ok(Some(value.clone()));
                }
            }
            Ok(None)
        }
    }
}

fn arithmetic<'a>(
    binary: Binary,
    left: Value<'a>,
    right: Value<'a>,
    steps: &mut Steps,
) -> Result<Option<Value<'a>>, Kind> {
    let overflow = || Kind::Overflow { operation: binary.name() };
    Ok(Some(match (binary, left, right) {
        (_, Value::Number(left), Value::Number(right)) => return numbers(binary, left, right),
        (Binary::Add, Value::String(left), Value::String(right)) => {
            within("bytes of a string", left.len() + right.len(), budget::CONDITION_STRING_BYTES)?;
            steps.bytes(left.len() + right.len())?;
            Value::text(&[&*left, &*right].concat())
        }
        (Binary::Add, Value::Bytes(left), Value::Bytes(right)) => {
            within("bytes", left.len() + right.len(), budget::CONDITION_STRING_BYTES)?;
            steps.bytes(left.len() + right.len())?;
            Value::Bytes(Shared::Made(Rc::from([&*left, &*right].concat())))
        }
        (Binary::Add, Value::List(left), Value::List(right)) => {
            within("items of a list", left.len() + right.len(), budget::CONDITION_ITEMS)?;
            steps.spend(left.len() + right.len())?;
            Value::List(List::Made(left.iter().chain(right.iter()).collect()))
        }
        (Binary::Add, Value::Timestamp(moment), Value::Duration(span))
        | (Binary::Add, Value::Duration(span), Value::Timestamp(moment)) => {
            steps.spend(Steps::CONVERSION)?;
            Value::Timestamp(moment.plus(span).ok_or_else(overflow)?)
        }
        (Binary::Add, Value::Duration(left), Value::Duration(right)) => {
            Value::Duration(left.plus(right).ok_or_else(overflow)?)
        }
        (Binary::Subtract, Value::Timestamp(left), Value::Timestamp(right)) => {
            Value::Duration(left.since(right).ok_or_else(overflow)?)
        }
        (Binary::Subtract, Value::Timestamp(moment), Value::Duration(span)) => {
            steps.spend(Steps::CONVERSION)?;
            Value::Timestamp(moment.minus(span).ok_or_else(overflow)?)
        }
        (Binary::Subtract, Value::Duration(left), Value::Duration(right)) => {
            Value::Duration(left.minus(right).ok_or_else(overflow)?)
        }
        _ => return Ok(None),
    }))
}

/// Numbers of one type only: no conversion is made unasked (cel-spec, "Numeric Values").
fn numbers<'a>(binary: Binary, left: Number, right: Number) -> Result<Option<Value<'a>>, Kind> {
    let operation = binary.name();
    let integer = matches!(left, Number::Int(_) | Number::Uint(_));
    let divides = matches!(binary, Binary::Divide | Binary::Remainder);
    let number = match (left, right) {
        (Number::Int(_), Number::Int(0)) | (Number::Uint(_), Number::Uint(0)) if divides && integer => {
            return Err(Kind::DivisionByZero { operation });
        }
        (Number::Int(left), Number::Int(right)) => match binary {
            Binary::Add => left.checked_add(right),
            Binary::Subtract => left.checked_sub(right),
            Binary::Multiply => left.checked_mul(right),
            Binary::Divide => left.checked_div(right),
            _ => left.checked_rem(right),
        }
        .map(Number::Int),
        (Number::Uint(left), Number::Uint(right)) => match binary {
            Binary::Add => left.checked_add(right),
            Binary::Subtract => left.checked_sub(right),
            Binary::Multiply => left.checked_mul(right),
            Binary::Divide => left.checked_div(right),
            _ => left.checked_rem(right),
        }
        .map(Number::Uint),
        (Number::Double(left), Number::Double(right)) => match binary {
            Binary::Add => Some(left + right),
            Binary::Subtract => Some(left - right),
            Binary::Multiply => Some(left * right),
            Binary::Divide => Some(left / right),
            _ => return Ok(None),
        }
        .map(Number::Double),
        _ => return Ok(None),
    };
    number.map(|number| Some(Value::Number(number))).ok_or(Kind::Overflow { operation })
}

pub(super) fn list(items: Vec<Value<'_>>) -> Operated<'_> {
    within("items of a list", items.len(), budget::CONDITION_ITEMS)?;
    Ok(Value::list(items))
}

pub(super) fn within(what: &'static str, found: usize, limit: usize) -> Result<(), Kind> {
    if found <= limit { Ok(()) } else { Err(Kind::OverBudget { what, limit }) }
}

/// A key or an index, for a message.
pub(super) fn quoted(value: &Value<'_>) -> String {
    match value {
        Value::String(text) => shown(text),
        Value::Bool(value) => value.to_string(),
        Value::Number(Number::Int(value)) => value.to_string(),
        Value::Number(Number::Uint(value)) => value.to_string(),
        Value::Number(Number::Double(value)) => format!("{value:e}"),
        other => other.type_of().name().to_owned(),
    }
}
