//! YAML's door: strict, bounded, and its errors in the project's voice.

use super::{
    error::{Fault, PRIVATE_KEY, PolicyError},
    position::Position,
};
use crate::budget;
use core::fmt;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Error, Options, budget as yaml_budget, options};

/// Reads one document.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, PolicyError> {
    check(text)?;
    // The second one gets an error of its own.
    let read = serde_saphyr::from_str_with_options(text, strict(2)).map_err(|error| explain(&error))?;
    // What may be left out may not be left empty: `ref:` alone would be any ref.
    serde_saphyr::from_str_with_options::<Filled>(text, strict(2)).map_err(|error| explain(&error))?;
    Ok(read)
}

/// Reads the documents of another tool, in which nothing may stand where something could.
pub(crate) fn read_others<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, PolicyError> {
    check(text)?;
    serde_saphyr::from_multiple_with_options(text, strict(budget::SOURCES)).map_err(|error| explain(&error))
}

/// What is known before anything is parsed.
fn check(text: &str) -> Result<(), PolicyError> {
    if text.len() > budget::POLICY_BYTES {
        let message = format!("the policy has {} bytes, and at most {} are read", text.len(), budget::POLICY_BYTES);
        return Err(PolicyError::new("policy-too-large", message, "split it: several policies combine", START));
    }
    if let Some(before) = text.lines().position(|line| line.contains(PRIVATE_KEY)) {
        let at = Position { line: u64::try_from(before).unwrap_or(u64::MAX).saturating_add(1), column: 1 };
        let hint = "put the public key there, `.pub`; and replace the private one: whoever reads the policy could sign with it";
        return Err(PolicyError::new("private-key", "a private key stands here; it is not shown", hint, at));
    }
    Ok(())
}

/// A document in which something stands everywhere.
struct Filled;

impl<'de> Deserialize<'de> for Filled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Filled {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self, E> {
        Err(E::custom(Fault::new("empty-value", EMPTY.0, EMPTY.1)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }
}

/// What is said of it, and what to do.
const EMPTY: (&str, &str) = ("nothing stands here", "give it a value, or take the field out");

/// Writes one document that [`read`] reads.
pub(crate) fn write<T: Serialize>(value: &T) -> String {
    // Whatever has been read can be written: every key is a string, and no number is infinite.
    serde_saphyr::to_string(value).unwrap_or_default()
}

const START: Position = Position { line: 1, column: 1 };

fn strict(documents: usize) -> Options {
    options! {
        budget: yaml_budget! {
            max_depth: budget::POLICY_DEPTH,
            flow_nesting_limit: budget::POLICY_DEPTH,
            max_nodes: budget::POLICY_NODES,
            max_events: budget::POLICY_NODES * 2,
            max_aliases: budget::POLICY_ALIASES,
            max_documents: documents,
            max_merge_keys: 0,
        },
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

fn explain(error: &Error) -> PolicyError {
    let mut error = error.without_snippet();
    let at = error.location().map_or(START, |at| Position { line: at.line(), column: at.column() });
    // What is wrong with what an alias repeats is said where it repeats it.
    while let Error::AliasError { error: repeated, .. } = error {
        error = repeated;
    }
    let text = error.to_string();
    if let Error::Message { msg, .. } = error
        && let Some((message, code, hint)) = Fault::parse(msg)
    {
        return PolicyError::new(code.to_owned(), message, hint.to_owned(), at);
    }
    let (code, message, hint) = match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            let known = expected.to_vec();
            ("unknown-field", format!("there is no field `{field}` here"), one_of(&known))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            ("unknown-value", format!("`{variant}` is none of those that may stand here"), one_of(expected))
        }
        Error::SerdeMissingField { field, .. } => {
            ("missing-field", format!("the field `{field}` is missing"), format!("add `{field}:`; nothing is assumed"))
        }
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or_default();
            let hint = "take one of them out: which of the two was meant cannot be told";
            ("duplicate-field", format!("`{key}` stands here twice"), hint.to_owned())
        }
        Error::ExpectedMappingEndAfterEnumVariantValue { .. } => {
            let hint = "put both under `all`, or under `any`";
            ("several-in-one", "two things stand where one is expected".to_owned(), hint.to_owned())
        }
        Error::MultipleDocuments { .. } => {
            let hint = "one file holds one policy; several files combine";
            ("several-documents", "a second document begins here".to_owned(), hint.to_owned())
        }
        Error::NullIntoString { .. } | Error::Eof { .. } => ("empty-value", EMPTY.0.to_owned(), EMPTY.1.to_owned()),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => over_budget(),
        // The scanner, which reads ahead, counts brackets by itself.
        Error::ExternalMessage { msg, .. } if msg.contains("recursion limit") => over_budget(),
        _ if first_line(&text).starts_with("invalid u") => {
            let hint = "write digits and nothing else, without quotes";
            ("policy-malformed", "a whole number, 0 or more, is expected here".to_owned(), hint.to_owned())
        }
        _ => ("policy-malformed", first_line(&text), "see `bulla policy schema` for what may stand here".to_owned()),
    };
    PolicyError::new(code, message, hint, at)
}

fn over_budget() -> (&'static str, String, String) {
    let message = "this is larger, deeper or more often repeated than a policy is";
    let hint = "a policy is small and flat: write out what its aliases stand for";
    ("policy-over-budget", message.to_owned(), hint.to_owned())
}

fn one_of(known: &[&str]) -> String {
    match known {
        [] => "nothing may stand here".to_owned(),
        known => format!("one of: {}", known.join(", ")),
    }
}

/// Without what stands around the sentence in the library's form.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let sentence = line.strip_prefix("error: ").unwrap_or(line);
    let place = sentence.find(": ").filter(|_| sentence.starts_with("line "));
    let sentence = place.and_then(|at| sentence.get(at + 2..)).unwrap_or(sentence);
    let sentence = sentence.rfind(" at line ").and_then(|at| sentence.get(..at)).unwrap_or(sentence);
    sentence.trim_end_matches('.').to_owned()
}
