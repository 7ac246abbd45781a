//! A source as it stands: values with their lines, read field by field, and everything that is found on the way.

use crate::{
    budget,
    language::{At, Fault, PolicyError, Position},
};
use core::{cell::RefCell, fmt};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use std::collections::BTreeMap;

/// A value of a source. Kubernetes takes null for what was left out, and so it is here.
#[derive(Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(i64),
    Fraction,
    Text(String),
    List(Vec<At<Self>>),
    Map(Vec<(At<String>, At<Self>)>),
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Fraction, Value::Number))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Fraction)
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Value::Map(entries))
    }
}

/// What is found on the way: what stands against the conversion, and what means something else afterwards.
#[derive(Debug, Default)]
pub(super) struct Notes {
    refused: RefCell<Vec<PolicyError>>,
    differences: RefCell<Vec<PolicyError>>,
}

impl Notes {
    /// In the order of the text: what stands against it, or else what means something else.
    pub(super) fn told(self) -> Result<Vec<PolicyError>, Vec<PolicyError>> {
        let sorted = |notes: RefCell<Vec<PolicyError>>| {
            let mut notes = notes.into_inner();
            notes.sort_by_key(PolicyError::position);
            notes.dedup();
            notes
        };
        let refused = sorted(self.refused);
        if refused.is_empty() { Ok(sorted(self.differences)) } else { Err(refused) }
    }

    fn has(&self, code: &str) -> bool {
        self.differences.borrow().iter().any(|note| note.code() == code)
    }

    fn refused(&self, error: PolicyError) {
        let mut refused = self.refused.borrow_mut();
        if refused.len() < budget::NOTES {
            refused.push(error);
        }
    }

    /// A difference that is not told is none that may be: more than that refuse.
    fn differs(&self, note: PolicyError) {
        let mut differences = self.differences.borrow_mut();
        if differences.len() < budget::NOTES {
            return differences.push(note);
        }
        let message = format!("more than {} things mean something else here", budget::NOTES);
        self.refused(PolicyError::new("source-too-large", message, "split the file", note.position()));
    }
}

/// A value, how one gets to it, and where to say what is found about it.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    value: &'a At<Value>,
    /// `spec.authorities[0].key`; empty for the document itself.
    path: String,
    notes: &'a Notes,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(value: &'a At<Value>, notes: &'a Notes) -> Self {
        Self { value, path: String::new(), notes }
    }

    pub(super) fn position(&self) -> Position {
        self.value.position()
    }

    /// Nothing can be converted any more. `why` goes on after the path.
    pub(super) fn refuse(&self, code: &'static str, why: impl fmt::Display, hint: &'static str) {
        self.notes.refused(self.note(code, why, hint));
    }

    /// What our own types do not take.
    pub(super) fn fault(&self, fault: Fault) {
        let error = fault.at(self.position());
        let message = format!("`{}`: {error}", self.path);
        self.notes.refused(PolicyError::new(
            error.code().to_owned(),
            message,
            error.hint().to_owned(),
            self.position(),
        ));
    }

    /// What became of it. What became nothing, and has not said why, would be missing from the policy and weaken it.
    pub(super) fn settled<T>(&self, made: Option<T>) -> Option<T> {
        if made.is_none() && self.notes.refused.borrow().is_empty() {
            self.refuse(
                "unconverted",
                "this was not converted, and nobody knows why",
                "please report it, with the file",
            );
        }
        made
    }

    /// It is converted, and means something else.
    pub(super) fn differs(&self, code: &'static str, how: impl fmt::Display, hint: &'static str) {
        self.notes.differs(self.note(code, how, hint));
    }

    /// It is converted, and more is demanded of it.
    pub(super) fn stricter(&self, code: &'static str, how: impl fmt::Display) {
        self.differs(code, how, "nothing has to be done: it is stricter");
    }

    /// The signatures themselves are of another form.
    pub(super) fn signed_anew(&self) {
        let how = "signatures are read from tags `sha256-….sig` there, and from bundles here";
        let hint = "sign again with `bulla sign`, or with cosign 3, which writes bundles";
        self.differs_once("signatures-anew", how, hint);
    }

    /// What is true of the whole file is said once.
    pub(super) fn differs_once(&self, code: &'static str, how: impl fmt::Display, hint: &'static str) {
        if !self.notes.has(code) {
            self.differs(code, how, hint);
        }
    }

    fn note(&self, code: &'static str, what: impl fmt::Display, hint: &'static str) -> PolicyError {
        let message = if self.path.is_empty() { what.to_string() } else { format!("`{}`: {what}", self.path) };
        PolicyError::new(code, message, hint, self.position())
    }

    fn is_no(&self, what: &str) {
        self.refuse(
            "source-type",
            format_args!("{what} is expected here"),
            "see the tool's own reference for the field",
        );
    }

    /// The fields of a mapping.
    pub(super) fn fields(&self) -> Option<Fields<'a>> {
        let Value::Map(entries) = &**self.value else {
            self.is_no("a mapping");
            return None;
        };
        let left = entries.iter().map(|(key, value)| (key.as_str(), (key, value))).collect();
        Some(Fields { whole: self.clone(), left })
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(**self.value, Value::List(_))
    }

    /// Whether something is switched on: `true`, or settings of its own.
    pub(super) fn is_on(&self) -> bool {
        matches!(**self.value, Value::Bool(true) | Value::Map(_))
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Vec<Self> {
        let Value::List(items) = &**self.value else {
            self.is_no("a list");
            return Vec::new();
        };
        let item = |(at, value)| Self { value, path: format!("{}[{at}]", self.path), notes: self.notes };
        items.iter().enumerate().map(item).collect()
    }

    /// The entries of a mapping whose names are the source's own.
    pub(super) fn entries(&self) -> Vec<(&'a str, Self)> {
        let Value::Map(entries) = &**self.value else {
            self.is_no("a mapping");
            return Vec::new();
        };
        let entry = |(key, value): &'a (At<String>, At<Value>)| {
            let path = format!("{}[\"{}\"]", self.path, shown(key));
            (key.as_str(), Self { value, path, notes: self.notes })
        };
        entries.iter().map(entry).collect()
    }

    /// The text, which is not empty.
    pub(super) fn text(&self) -> Option<&'a str> {
        match &**self.value {
            Value::Text(text) if !text.is_empty() => return Some(text),
            Value::Text(_) => {
                self.refuse("source-value", "a text is expected here, and none stands there", WRITE_OR_LEAVE)
            }
            _ => self.is_no("a text"),
        }
        None
    }

    /// What a field holds, to tell formats apart.
    pub(super) fn peek(&self, name: &str) -> Option<&'a At<Value>> {
        let Value::Map(entries) = &**self.value else { return None };
        entries.iter().find(|(key, _)| key.as_str() == name).map(|(_, value)| value)
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        if let Value::Bool(value) = **self.value {
            return Some(value);
        }
        self.is_no("`true` or `false`");
        None
    }

    /// A number of things.
    pub(super) fn count(&self) -> Option<usize> {
        if let Value::Number(number) = **self.value
            && let Ok(count) = usize::try_from(number)
        {
            return Some(count);
        }
        self.is_no("a whole number from 0");
        None
    }
}

const WRITE_OR_LEAVE: &str = "write it, or leave the field out";

/// A mapping that is read field by field, so that none is overlooked.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    whole: Cursor<'a>,
    left: BTreeMap<&'a str, (&'a At<String>, &'a At<Value>)>,
}

impl<'a> Fields<'a> {
    /// The mapping itself.
    pub(super) fn whole(&self) -> &Cursor<'a> {
        &self.whole
    }

    /// The field of that name, if it is there and not null.
    pub(super) fn take(&mut self, name: &str) -> Option<Cursor<'a>> {
        let (_, value) = self.left.remove(name)?;
        if matches!(**value, Value::Null) {
            return None;
        }
        let path = if self.whole.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.whole.path) };
        Some(Cursor { value, path, notes: self.whole.notes })
    }

    /// The same, and a refusal if it is missing.
    pub(super) fn demand(&mut self, name: &str) -> Option<Cursor<'a>> {
        let taken = self.take(name);
        if taken.is_none() {
            self.missing(name);
        }
        taken
    }

    pub(super) fn missing(&self, names: &str) {
        let why = format_args!("`{names}` is missing, which the tool demands");
        self.whole.refuse("source-missing", why, "add it: mend it first: the tool itself refuses this policy");
    }

    /// The text of a field, if it is there.
    pub(super) fn text(&mut self, name: &str) -> Option<&'a str> {
        self.take(name)?.text()
    }

    /// What has no bearing on a verdict.
    pub(super) fn skip(&mut self, names: &[&'a str]) {
        names.iter().for_each(|name| {
            self.left.remove(name);
        });
    }

    /// Refuses each of these that is there: what cannot be said here.
    pub(super) fn refuse_each(&mut self, names: &[&str], code: &'static str, why: &str, hint: &'static str) {
        for name in names {
            if let Some(found) = self.take(name) {
                found.refuse(code, why, hint);
            }
        }
    }

    /// The one of these that is there; refuses none and several.
    pub(super) fn exactly_one(&mut self, names: &[&str]) -> Option<(usize, Cursor<'a>)> {
        let mut found: Vec<_> =
            names.iter().enumerate().filter_map(|(at, name)| Some((at, self.take(name)?))).collect();
        let listed = names.join("`, `");
        let hint = "write exactly one of them: mend it first: the tool itself refuses this policy";
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => Some(only),
            (None, _) => {
                self.whole.refuse("source-one-of", format_args!("none of `{listed}` is there"), hint);
                None
            }
            (Some(_), false) => {
                self.whole.refuse("source-one-of", format_args!("more than one of `{listed}` is there"), hint);
                None
            }
        }
    }

    /// Whatever else stands there is refused: what is not known could be what matters.
    pub(super) fn end(self) {
        for (name, (key, value)) in self.left {
            if !matches!(**value, Value::Null) {
                let name = shown(name);
                let path = if self.whole.path.is_empty() { name } else { format!("{}.{name}", self.whole.path) };
                let message = format!("`{path}` is no field that is known here");
                let hint = "check the spelling; or take it out, if it has no bearing on a verdict";
                let error = PolicyError::new("source-field", message, hint, key.position());
                self.whole.notes.refused(error);
            }
        }
    }
}

/// A name of the source's own, of which paths show no more: each value beneath it repeats it.
fn shown(name: &str) -> String {
    name.chars().take(60).collect()
}
