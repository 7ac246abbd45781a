//! What is wrong with a policy, and where.

use super::position::Position;
use core::fmt;
use std::borrow::Cow;

/// Why a policy does not parse, or what it hardly means (a lint): a stable code, a sentence, what to do, and the line that is
/// meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    code: Cow<'static, str>,
    message: String,
    hint: Cow<'static, str>,
    position: Position,
    line: Option<String>,
}

impl PolicyError {
    pub(crate) fn new(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        hint: impl Into<Cow<'static, str>>,
        position: Position,
    ) -> Self {
        Self { code: code.into(), message: message.into(), hint: hint.into(), position, line: None }
    }

    /// Shows the line of `text` that is meant.
    pub(crate) fn within(mut self, text: &str) -> Self {
        let before = usize::try_from(self.position.line).ok().and_then(|line| line.checked_sub(1));
        // What is missing at the end stands after the last line.
        let line = before.map(|before| text.lines().nth(before).unwrap_or_default().trim_end().to_owned());
        self.line = line.filter(|line| !line.contains(PRIVATE_KEY));
        self
    }

    /// The same by another code and with another hint, where it is said of something else than a policy.
    pub(super) fn recoded(self, code: &'static str, hint: &'static str) -> Self {
        Self { code: code.into(), hint: hint.into(), ..self }
    }

    /// A stable name for this error.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What to do next.
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// Where it is; zeros for what was never written in a file.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The line that is meant, and one beneath it that points at the column; nothing for what was never written.
    pub fn excerpt(&self) -> Option<String> {
        let line = self.line.as_ref()?;
        let column = usize::try_from(self.position.column).ok()?.checked_sub(1)?;
        // What is far to the right is shown without what is before it; no line outgrows a terminal.
        let from = column.saturating_sub(SHOWN / 2);
        let shown: String = line.chars().skip(from).take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
        Some(format!("{shown}\n{:>1$}", "^", column - from + 1))
    }
}

/// How the first line of every private key in PEM ends.
pub(super) const PRIVATE_KEY: &str = "PRIVATE KEY-----";

/// The longest excerpt of a line, in characters.
const SHOWN: usize = 100;

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for PolicyError {}

/// What is wrong with one value, before anybody knows where it stands. Its text is how it travels through serde's errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    code: &'static str,
    message: String,
    hint: &'static str,
}

const HINT: &str = "\nhint: ";

impl Fault {
    pub(crate) fn new(code: &'static str, message: impl Into<String>, hint: &'static str) -> Self {
        Self { code, message: message.into(), hint }
    }

    pub(crate) fn at(self, position: Position) -> PolicyError {
        PolicyError::new(self.code, self.message, self.hint, position)
    }

    /// Message, code and hint of a fault, if this is the text of one.
    pub(crate) fn parse(text: &str) -> Option<(&str, &str, &str)> {
        let (rest, hint) = text.rsplit_once(HINT)?;
        let (message, code) = rest.strip_suffix(']')?.rsplit_once(" [")?;
        Some((message, code, hint))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]{HINT}{}", self.message, self.code, self.hint)
    }
}

impl core::error::Error for Fault {}

/// Of what was never written in a file.
impl From<Fault> for PolicyError {
    fn from(fault: Fault) -> Self {
        fault.at(Position::default())
    }
}
