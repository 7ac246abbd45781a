//! Where in a predicate something stands, and what should stand there.

use bulla_verify::Time;
use serde_json::Value;

/// A place in a JSON document, and what is there, if anything.
pub(super) struct At<'a> {
    value: Option<&'a Value>,
    path: String,
}

/// What should be at a place, and what is.
#[derive(Debug)]
pub(super) struct Mismatch {
    pub(super) path: String,
    pub(super) expected: String,
    pub(super) found: String,
}

impl<'a> At<'a> {
    pub(super) fn root(value: Option<&'a Value>) -> Self {
        Self { value, path: "$".to_owned() }
    }

    /// The place of a field, whether it is there or not. A field that is `null` counts as absent.
    pub(super) fn field(&self, name: &str) -> Self {
        let value = self.value.and_then(|value| value.get(name)).filter(|value| !value.is_null());
        let plain = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
        let path = if plain { format!("{}.{name}", self.path) } else { format!("{}[\"{name}\"]", self.path) };
        Self { value, path }
    }

    /// The place of a field, if it is there.
    pub(super) fn optional(&self, name: &str) -> Option<Self> {
        Some(self.field(name)).filter(|at| at.value.is_some())
    }

    /// The places of an array's items.
    pub(super) fn items(&self) -> Result<impl Iterator<Item = Self>, Mismatch> {
        let items = self.value.and_then(Value::as_array).ok_or_else(|| self.expected("an array"))?;
        Ok(items
            .iter()
            .enumerate()
            .map(|(index, item)| Self { value: Some(item), path: format!("{}[{index}]", self.path) }))
    }

    pub(super) fn object(&self) -> Result<(), Mismatch> {
        self.must(self.value.is_some_and(Value::is_object), "an object")
    }

    /// A string with something in it.
    pub(super) fn text(&self) -> Result<&'a str, Mismatch> {
        let text = self.value.and_then(Value::as_str).filter(|text| !text.is_empty());
        text.ok_or_else(|| self.expected("a text that is not empty"))
    }

    /// A text, or nothing in it: for fields that scanners leave empty.
    pub(super) fn any_text(&self) -> Result<(), Mismatch> {
        self.must(self.value.is_some_and(Value::is_string), "a text")
    }

    /// An array of texts.
    pub(super) fn texts(&self) -> Result<(), Mismatch> {
        self.items()?.try_for_each(|item| item.text().map(drop))
    }

    /// An array of objects.
    pub(super) fn objects(&self) -> Result<(), Mismatch> {
        self.items()?.try_for_each(|item| item.object())
    }

    pub(super) fn one_of(&self, texts: &[&str]) -> Result<(), Mismatch> {
        let found = self.value.and_then(Value::as_str);
        let listed = || texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(" or ");
        if found.is_some_and(|found| texts.contains(&found)) { Ok(()) } else { Err(self.expected(&listed())) }
    }

    pub(super) fn begins_with(&self, start: &str) -> Result<(), Mismatch> {
        let begins = self.value.and_then(Value::as_str).is_some_and(|text| text.starts_with(start));
        if begins { Ok(()) } else { Err(self.expected(&format!("a text that begins with `{start}`"))) }
    }

    pub(super) fn timestamp(&self) -> Result<(), Mismatch> {
        let time = self.value.and_then(Value::as_str).and_then(Time::parse_rfc3339);
        self.must(time.is_some(), "a time such as `2026-11-24T12:00:00Z`")
    }

    /// A whole number from 1 on.
    pub(super) fn positive(&self) -> Result<(), Mismatch> {
        self.must(self.value.and_then(Value::as_u64).is_some_and(|number| number > 0), "a whole number from 1 on")
    }

    pub(super) fn is_text(&self) -> bool {
        self.value.is_some_and(Value::is_string)
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.value.and_then(Value::as_str) == Some(text)
    }

    fn must(&self, holds: bool, expected: &str) -> Result<(), Mismatch> {
        if holds { Ok(()) } else { Err(self.expected(expected)) }
    }

    pub(super) fn expected(&self, expected: &str) -> Mismatch {
        Mismatch { path: self.path.clone(), expected: expected.to_owned(), found: shown(self.value) }
    }
}

/// What a person is told of a value: its kind, and short texts themselves.
fn shown(value: Option<&Value>) -> String {
    let kind = match value {
        None => "nothing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "a truth value",
        Some(Value::Number(number)) => return format!("the number {number}"),
        Some(Value::Array(_)) => "an array",
        Some(Value::Object(_)) => "an object",
        Some(Value::String(text)) => {
            let start: String = text.chars().filter(|character| !character.is_control()).take(60).collect();
            return format!("`{start}`");
        }
    };
    kind.to_owned()
}
