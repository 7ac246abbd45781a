//! Names that are met exactly, and regular expressions for what cannot be said otherwise.

use super::error::Fault;
use crate::budget;
use core::fmt;
use regex::{Regex, RegexBuilder};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A text that is met exactly. A `*` in it is refused: whoever writes one means a pattern, and nobody's name has one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Exact(String);

impl Exact {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Exact {
    type Error = Fault;

    fn try_from(written: String) -> Result<Self, Fault> {
        if written.is_empty() || written.trim() != written {
            let hint = "write the name as it stands in the certificate, and nothing around it";
            return Err(Fault::new("name-malformed", "a name is not empty, and has no white space around it", hint));
        }
        if written.contains('*') {
            let hint = "to match several, use `pattern` with a regular expression, which says exactly which";
            return Err(Fault::new(
                "wildcard-identity",
                format!("`{written}` is met exactly, and has a `*` in it"),
                hint,
            ));
        }
        Ok(Self(written))
    }
}

impl From<Exact> for String {
    fn from(exact: Exact) -> Self {
        exact.0
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for Exact {
    fn schema_name() -> Cow<'static, str> {
        "Exact".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "pattern": "^[^*]+$",
            "description": "A text that is met exactly.",
        })
    }
}

/// A regular expression that a text matches whole, in time linear in the text (the crate `regex`); written from `^` to `$`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    written: String,
    regex: Regex,
}

impl Pattern {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// Names that nobody means: a pattern that one of them matches, anybody could match.
const ANYBODY: [&str; 4] =
    ["x", "anybody@attacker.invalid", "https://attacker.invalid/", "https://attacker.invalid/a/b@c"];

impl TryFrom<String> for Pattern {
    type Error = Fault;

    fn try_from(written: String) -> Result<Self, Fault> {
        let malformed = |why: String| Fault::new("pattern-malformed", why, "see https://docs.rs/regex for the syntax");
        if written.len() > budget::PATTERN_BYTES {
            return Err(malformed(format!("the expression is longer than {} bytes", budget::PATTERN_BYTES)));
        }
        if !(written.starts_with('^') && written.ends_with('$')) {
            let message = format!("`{written}` is not anchored: it would match in the middle of another name");
            return Err(Fault::new("pattern-unanchored", message, "write it from `^` to `$`"));
        }
        // `^a|b$` is anchored on one side of each alternative only.
        let regex = RegexBuilder::new(&format!(r"\A(?:{written})\z")).size_limit(budget::REGEX_BYTES).build();
        let regex = regex.map_err(|error| malformed(reason(&written, &error)))?;
        if let Some(anybody) = ANYBODY.iter().find(|anybody| regex.is_match(anybody)) {
            let message = format!("`{written}` matches anybody, `{anybody}` for one");
            return Err(Fault::new("wildcard-identity", message, "name the domain or the organisation in it"));
        }
        Ok(Self { written, regex })
    }
}

fn reason(written: &str, error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => format!("`{written}` is too large once it is compiled"),
        // The library's text draws a picture; its last line tells what is wrong.
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            format!("`{written}` is no regular expression: {}", last.strip_prefix("error: ").unwrap_or(last))
        }
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.written
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Eq for Pattern {}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl JsonSchema for Pattern {
    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^\^.*\$$",
            "maxLength": budget::PATTERN_BYTES,
            "description": "A regular expression that a text matches whole, from `^` to `$`.",
        })
    }
}
