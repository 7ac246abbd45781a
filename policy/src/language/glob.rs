//! Patterns of names that have parts: images, repositories, refs, files.

use super::error::Fault;
use crate::budget;
use core::fmt;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A name with wildcards, matched whole: `*` stands for anything within one part, `**` as a part of its own for any number of
/// parts; parts are separated by `/`. `registry.acme.dev/services/**`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Glob(String);

impl Glob {
    /// What every name matches: of use to whoever asks on the command line about one thing.
    pub(crate) fn everything() -> Self {
        Self::of(ANY_PARTS)
    }

    /// What every part of a name matches.
    pub(crate) fn part() -> Self {
        Self::of("*")
    }

    /// One that is known to be well-formed.
    pub(crate) fn of(written: &str) -> Self {
        Self(written.to_owned())
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole of `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        let pattern: Vec<_> = self.0.split('/').collect();
        let parts: Vec<_> = name.split('/').collect();
        wild(
            &pattern,
            &parts,
            |part| *part == ANY_PARTS,
            |part, name| wild(part.as_bytes(), name.as_bytes(), |byte| *byte == b'*', |byte, found| byte == found),
        )
    }

    /// Whether nothing but wildcards stands in it.
    pub(crate) fn is_anything(&self) -> bool {
        self.0.bytes().all(|byte| matches!(byte, b'*' | b'/'))
    }
}

const ANY_PARTS: &str = "**";

/// Whether `found` is what `pattern` says, where an item that `is_star` stands for any number of items. The last star alone is
/// ever gone back to, so it takes at most `pattern * found` steps.
fn wild<P, F>(pattern: &[P], found: &[F], is_star: impl Fn(&P) -> bool, same: impl Fn(&P, &F) -> bool) -> bool {
    let (mut at, mut next) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(item) = found.get(next) {
        match (pattern.get(at), star) {
            (Some(expected), _) if is_star(expected) => {
                star = Some((at, next));
                at += 1;
            }
            (Some(expected), _) if same(expected, item) => {
                at += 1;
                next += 1;
            }
            (_, Some((star_at, from))) => {
                star = Some((star_at, from + 1));
                at = star_at + 1;
                next = from + 1;
            }
            (_, None) => return false,
        }
    }
    pattern.iter().skip(at).all(is_star)
}

impl TryFrom<String> for Glob {
    type Error = Fault;

    fn try_from(written: String) -> Result<Self, Fault> {
        let hint = "`*` stands for anything within a part, and `**`, as a part of its own, for any number of parts";
        let refuse = |why: &str| Err(Fault::new("pattern-malformed", format!("`{written}` {why}"), hint));
        if written.is_empty() {
            return refuse("is empty, and no name is");
        }
        if written.len() > budget::PATTERN_BYTES {
            return refuse("is longer than any name");
        }
        if written.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return refuse("has white space in it, and no name has");
        }
        if written.split('/').any(|part| part.contains(ANY_PARTS) && part != ANY_PARTS) {
            return refuse("has `**` within a part");
        }
        if written.split('/').any(str::is_empty) {
            return refuse("has an empty part");
        }
        if written.contains(['?', '[', ']', '{', '}', '\\', '^', '$', '|']) {
            return refuse("has characters of another pattern language in it");
        }
        Ok(Self(written))
    }
}

impl From<Glob> for String {
    fn from(glob: Glob) -> Self {
        glob.0
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for Glob {
    fn schema_name() -> Cow<'static, str> {
        "Glob".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": budget::PATTERN_BYTES,
            "description": "A name, matched whole: `*` stands for anything within one part, `**` as a part of its own for any \
                            number of parts.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(written: &str) -> Glob {
        Glob::try_from(written.to_owned()).unwrap()
    }

    #[test]
    fn a_star_stays_within_a_part_and_two_do_not() {
        for (pattern, name, expected) in [
            ("registry.acme.dev/services/**", "registry.acme.dev/services/a/b", true),
            ("registry.acme.dev/services/**", "registry.acme.dev/services/a", true),
            ("registry.acme.dev/services/**", "registry.acme.dev/servicesX/a", false),
            ("registry.acme.dev/services/*", "registry.acme.dev/services/a/b", false),
            ("registry.acme.dev/*", "registry.acme.dev", false),
            ("**/app", "a/b/app", true),
            ("**/app", "app", true),
            ("a/**/z", "a/z", true),
            ("a/**/z", "a/b/c/z", true),
            ("a/**/z", "a/b/c/zz", false),
            ("refs/tags/v*", "refs/tags/v1.2", true),
            ("refs/tags/v*", "refs/tags/v1/2", false),
            ("refs/tags/v*", "refs/heads/v1", false),
            ("v1.*.*", "v1.2", false),
            ("v1.*.*", "v1.2.3", true),
            ("*.acme.dev/**", "evil.dev/x.acme.dev/y", false),
            ("**", "anything/at/all", true),
            ("exact", "exact", true),
            ("exact", "exactly", false),
        ] {
            assert_eq!(glob(pattern).matches(name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn stars_take_no_time_worth_telling() {
        let pattern = glob(&"*a".repeat(budget::PATTERN_BYTES / 2));
        assert!(!pattern.matches(&format!("{}b", "a".repeat(100_000))));
        let parts = glob(&format!("{}x", "**/a/".repeat(80)));
        assert!(!parts.matches(&"a/".repeat(20_000)));
    }

    #[test]
    fn what_is_no_pattern_does_not_parse() {
        for written in ["", "a b", "a//b", "a/", "/a", "a**b", "a?", "[ab]", "{a,b}", "^a$", "a\\b", "a|b"] {
            assert!(Glob::try_from(written.to_owned()).is_err(), "{written}");
        }
        assert!(Glob::try_from("a".repeat(budget::PATTERN_BYTES)).is_ok());
        assert!(Glob::try_from("a".repeat(budget::PATTERN_BYTES + 1)).is_err());
    }
}
