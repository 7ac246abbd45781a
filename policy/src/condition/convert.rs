//! `int(x)`, `string(x)` and the like. What does not fit, or cannot be read, is an error.

use super::{
    ast::Type,
    error::Kind,
    eval::Steps,
    moment::{Span, Timestamp},
    operate::{quoted, within},
    value::{Number, Shared, Value, rounded, truncated},
};
use crate::budget;
use std::rc::Rc;

/// `of` as a value of type `to`.
pub(super) fn convert<'a>(to: Type, of: Value<'a>, steps: &mut Steps) -> Result<Value<'a>, Kind> {
    if of.type_of() == to {
        return Ok(of);
    }
    if let Value::String(text) = &of {
        within("bytes that are converted", text.len(), budget::CONDITION_STRING_BYTES)?;
        steps.bytes(text.len())?;
    }
    let number = matches!((&of, to), (Value::Number(_), Type::Int | Type::Uint | Type::Double));
    steps.spend(if number { 1 } else { Steps::CONVERSION })?;
    let converted = match to {
        Type::Bool => of_text(&of, boolean),
        Type::Int => int(&of),
        Type::Uint => uint(&of),
        Type::Double => double(&of),
        Type::String => return string(&of, steps),
        Type::Bytes => of_text(&of, |text| Some(Value::Bytes(Shared::Made(Rc::from(text.as_bytes()))))),
        Type::Duration => of_text(&of, |text| Span::parse(text).map(Value::Duration)),
        Type::Timestamp => match &of {
            Value::Number(Number::Int(seconds)) => Some(Timestamp::from_unix(*seconds).map(Value::Timestamp)),
            of => of_text(of, |text| Timestamp::parse(text).map(Value::Timestamp)),
        },
        Type::Null | Type::List | Type::Map | Type::Type => None,
    };
    let undefined = || Kind::Operands { operation: to.name(), found: vec![of.type_of()] };
    converted.ok_or_else(undefined)?.ok_or_else(|| Kind::Conversion { to, from: quoted(&of) })
}

/// Nothing, where it is no text; nothing inside, where the text cannot be read.
fn of_text<'a>(of: &Value<'_>, read: impl Fn(&str) -> Option<Value<'a>>) -> Option<Option<Value<'a>>> {
    let Value::String(text) = of else { return None };
    Some(read(text))
}

/// The spellings of cel-go.
fn boolean<'a>(text: &str) -> Option<Value<'a>> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(Value::Bool(true)),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(Value::Bool(false)),
        _ => None,
    }
}

fn int<'a>(of: &Value<'_>) -> Option<Option<Value<'a>>> {
    let int = match of {
        Value::Number(Number::Uint(value)) => i64::try_from(*value).ok(),
        // Without its ends (cel-spec, "Overflow"): a double next to them is one of many integers.
        Value::Number(Number::Double(value)) => {
            truncated(*value).and_then(|whole| i64::try_from(whole).ok()).filter(|int| *int != i64::MIN)
        }
        Value::String(text) => text.parse().ok(),
        Value::Timestamp(moment) => Some(moment.unix()),
        _ => return None,
    };
    Some(int.map(Value::int))
}

fn uint<'a>(of: &Value<'_>) -> Option<Option<Value<'a>>> {
    let uint = match of {
        Value::Number(Number::Int(value)) => u64::try_from(*value).ok(),
        Value::Number(Number::Double(value)) => {
            truncated(*value).filter(|_| *value >= 0.0).and_then(|whole| u64::try_from(whole).ok())
        }
        Value::String(text) => text.parse().ok(),
        _ => return None,
    };
    Some(uint.map(|value| Value::Number(Number::Uint(value))))
}

fn double<'a>(of: &Value<'_>) -> Option<Option<Value<'a>>> {
    let double = match of {
        Value::Number(Number::Int(value)) => Some(rounded((*value).into())),
        Value::Number(Number::Uint(value)) => Some(rounded((*value).into())),
        Value::String(text) => text.parse().ok(),
        _ => return None,
    };
    Some(double.map(|value| Value::Number(Number::Double(value))))
}

fn string<'a>(of: &Value<'_>, steps: &mut Steps) -> Result<Value<'a>, Kind> {
    let unreadable = || Kind::Conversion { to: Type::String, from: of.type_of().name().to_owned() };
    Ok(match of {
        Value::Bool(value) => Value::text(if *value { "true" } else { "false" }),
        Value::Number(Number::Int(value)) => Value::text(&value.to_string()),
        Value::Number(Number::Uint(value)) => Value::text(&value.to_string()),
        Value::Number(Number::Double(value)) => Value::text(&value.to_string()),
        Value::Bytes(bytes) => {
            steps.bytes(bytes.len())?;
            Value::text(core::str::from_utf8(bytes).map_err(|_| unreadable())?)
        }
        Value::Timestamp(moment) => Value::text(&moment.text().ok_or_else(unreadable)?),
        Value::Duration(span) => Value::text(&span.to_string()),
        other => return Err(Kind::Operands { operation: "string", found: vec![other.type_of()] }),
    })
}
