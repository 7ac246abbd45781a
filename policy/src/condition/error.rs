//! What can be wrong with a condition, and what can go wrong while one is asked.

use super::ast::Type;
use core::fmt;

/// Why a condition is not read, or gives no answer.
///
/// A condition that gives no answer is not met: whoever asks has to refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionError {
    kind: Kind,
    line: usize,
    column: usize,
}

/// One variant per check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Kind {
    #[error("too much for a condition: at most {limit} {what}")]
    OverBudget { what: &'static str, limit: usize },
    #[error("expected {expected}, found {found}")]
    Syntax { expected: &'static str, found: String },
    #[error("malformed {what}: {why}")]
    Literal { what: &'static str, why: &'static str },
    #[error("`{}` is not a variable", .name.escape_debug())]
    Variable { name: String },
    #[error("`{}` is not a function", .name.escape_debug())]
    Function { name: String },
    #[error("`{function}` takes {takes}")]
    Arguments { function: String, takes: &'static str },
    #[error("not a pattern: {why}")]
    Pattern { why: String },
    #[error("this is the same whatever the evidence says")]
    Constant,

    #[error("there is no key `{}`", .key.escape_debug())]
    MissingKey { key: String },
    #[error("a list of {len} has no element {index}")]
    Index { index: String, len: usize },
    #[error("`{operation}` is not defined for {}", shown_types(.found))]
    Operands { operation: &'static str, found: Vec<Type> },
    #[error("the result of `{operation}` is out of range")]
    Overflow { operation: &'static str },
    #[error("`{operation}` by zero")]
    DivisionByZero { operation: &'static str },
    #[error("`{}` cannot be made a value of type {}", .from.escape_debug(), .to.name())]
    Conversion { to: Type, from: String },
    #[error("the key `{}` is there twice", .key.escape_debug())]
    RepeatedKey { key: String },
    #[error("expected true or false, found a value of type {}", .found.name())]
    NotBool { found: Type },
}

/// What went wrong, and where, before it is known on which line that is.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

impl Kind {
    /// At that byte of the text.
    pub(super) fn at(self, at: usize) -> Box<Fault> {
        Box::new(Fault { at, kind: self })
    }

    fn code(&self) -> &'static str {
        match self {
            Self::OverBudget { .. } => "condition-over-budget",
            Self::Syntax { .. } => "condition-syntax",
            Self::Literal { .. } => "condition-literal",
            Self::Variable { .. } => "condition-variable",
            Self::Function { .. } => "condition-function",
            Self::Arguments { .. } => "condition-arguments",
            Self::Pattern { .. } => "condition-pattern",
            Self::Constant => "condition-constant",
            Self::MissingKey { .. } => "condition-missing-key",
            Self::Index { .. } => "condition-index",
            Self::Operands { .. } => "condition-operands",
            Self::Overflow { .. } => "condition-overflow",
            Self::DivisionByZero { .. } => "condition-division-by-zero",
            Self::Conversion { .. } => "condition-conversion",
            Self::RepeatedKey { .. } => "condition-repeated-key",
            Self::NotBool { .. } => "condition-not-bool",
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::OverBudget { .. } => "ask less of one condition, or split it into several requirements",
            Self::Syntax { .. } => "a condition is one expression of CEL, such as `predicate.level >= 2`",
            Self::Literal { .. } => "write a pattern as a raw string, `r\"…\"`, and a backslash elsewhere as `\\\\`",
            Self::Variable { .. } => "there are `predicate` and `signer`; text is written in quotes",
            Self::Function { .. } => "only CEL's own functions are there; none reads a clock, a file or the network",
            Self::Arguments { .. } => "compare with how CEL defines it; times are in UTC and take no time zone",
            Self::Pattern { .. } => {
                "write it out as one string, in what RE2 and Rust read alike, such as `r\"^v[0-9]+$\"`"
            }
            Self::Constant => "ask about `predicate` or `signer`, or leave this part away",
            Self::MissingKey { .. } => "ask first, as in `has(predicate.key) && predicate.key == 1`",
            Self::Index { .. } => "ask for its `size()` first; elements count from 0",
            Self::Operands { .. } => "convert first, as in `int(x)`, or ask for its `type(x)`",
            Self::Overflow { .. } => "compare the values without computing, or as `double(x)`",
            Self::DivisionByZero { .. } => "ask first whether the divisor is 0",
            Self::Conversion { .. } => "ask first, as in `x.matches(r\"^[0-9]{1,9}$\") && int(x) > 0`",
            Self::RepeatedKey { .. } => "write each key of a map once",
            Self::NotBool { .. } => "compare it with something, as in `x == 1`",
        }
    }
}

impl ConditionError {
    /// What went wrong in `text`.
    pub(super) fn locate(text: &str, fault: Fault) -> Self {
        let before = text.get(..fault.at).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self { kind: fault.kind, line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
    }

    /// A stable name for this error.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        self.kind.hint()
    }

    /// What is wrong, without where.
    pub fn reason(&self) -> String {
        self.kind.to_string()
    }

    /// The line within the condition, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column within that line, in characters, from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (line {}, column {} of the condition)", self.kind, self.line, self.column)
    }
}

impl core::error::Error for ConditionError {}

/// What somebody else may have written, for a message: its first 60 characters. It is escaped when it is shown, as an error that is
/// forgotten is not.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
        None => text.to_owned(),
    }
}

fn shown_types(types: &[Type]) -> String {
    types.iter().map(|of| of.name()).collect::<Vec<_>>().join(" and ")
}
