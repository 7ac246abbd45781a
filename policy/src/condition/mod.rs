//! Conditions over a predicate and its signer's claims, in [CEL](https://cel.dev), the language of Kubernetes' policies.
//!
//! A condition is one expression. It asks about two things, and there are no others:
//!
//! - `predicate`: what was attested, as the JSON that it is;
//! - `signer`: the claims of whoever attested it.
//!
//! ```
//! # use bulla_policy::{Condition, ConditionError};
//! # use serde_json::json;
//! # fn main() -> Result<(), ConditionError> {
//! let predicate = json!({
//!     "buildDefinition": {
//!         "externalParameters": { "workflow": { "ref": "refs/tags/v1.4.0" } },
//!         "resolvedDependencies": [{ "uri": "git+https://github.com/acme/app", "digest": { "gitCommit": "0b1e" } }],
//!     },
//!     "runDetails": {
//!         "builder": { "id": "https://github.com/actions/runner" },
//!         "metadata": { "startedOn": "2026-11-24T12:00:00Z", "finishedOn": "2026-11-24T12:09:30Z" },
//!     },
//! });
//! let signer = json!({ "issuer": "https://token.actions.githubusercontent.com", "sourceRepositoryOwner": "acme" });
//! let holds = |condition: &str| Condition::parse(condition)?.holds(&predicate, &signer);
//!
//! // One value, and one of several.
//! assert!(holds(r#"predicate.runDetails.builder.id == "https://github.com/actions/runner""#)?);
//! assert!(holds(r#"signer.sourceRepositoryOwner in ["acme", "acme-labs"]"#)?);
//! // Every one of a list, and at least one.
//! assert!(holds(r#"predicate.buildDefinition.resolvedDependencies.all(d, d.uri.startsWith("git+https://"))"#)?);
//! assert!(holds(r#"predicate.buildDefinition.resolvedDependencies.exists(d, has(d.digest.gitCommit))"#)?);
//! // A pattern matches any part of a text: write `^` and `$`, and `r"…"` so that a backslash is one.
//! assert!(holds(r#"predicate.buildDefinition.externalParameters.workflow.ref.matches(r"^refs/tags/v[0-9]+\.[0-9]+\.[0-9]+$")"#)?);
//! // Two moments of the evidence. None of them is now.
//! assert!(holds(
//!     "timestamp(predicate.runDetails.metadata.finishedOn)
//!        - timestamp(predicate.runDetails.metadata.startedOn) < duration('10m')",
//! )?);
//! # Ok(())
//! # }
//! ```
//!
//! # What has no answer is not met
//!
//! A field that is not there, an operator that is not defined for what it finds, a number that does not fit, a result that is neither
//! true nor false, more than [`budget::CONDITION_STEPS`](crate::budget::CONDITION_STEPS) steps: each is an error, with a code and its
//! place in the text, and never an answer. So ask first for what may be missing:
//!
//! ```
//! # use bulla_policy::{Condition, ConditionError};
//! # use serde_json::json;
//! # fn main() -> Result<(), ConditionError> {
//! let critical = Condition::parse("predicate.critical == 0")?;
//! let error = critical.holds(&json!({ "high": 3 }), &json!({})).unwrap_err();
//! assert_eq!(error.code(), "condition-missing-key");
//! assert_eq!(error.to_string(), "there is no key `critical` (line 1, column 11 of the condition)");
//!
//! let optional = Condition::parse("!has(predicate.critical) || predicate.critical == 0")?;
//! assert!(optional.holds(&json!({ "high": 3 }), &json!({}))?);
//! # Ok(())
//! # }
//! ```
//!
//! `&&` and `||` are CEL's: a side that has no answer is forgotten where the other one decides, on whichever side it stands. So
//! `predicate.a == 1 || predicate.b == 1` is met where `b` is 1 and there is no `a`; and so is the `!` of an `&&` where one side is
//! false. `all` and `exists` are long `&&` and `||`. `all` holds for a list of nothing: ask for its `size()` too.
//!
//! # What is read
//!
//! | | |
//! |---|---|
//! | literals | `1` `0x1f` `1u` `1.5` `true` `null` `"text"` `'text'` `r"raw"` `"""lines"""` `b"bytes"` `[1, 2]` `{"a": 1}` |
//! | operators | `a.b` `` a.`b-c` `` `a["b"]` `!` `-` `*` `/` `%` `+` `-` `==` `!=` `<` `<=` `>` `>=` `in` `&&` `\|\|` `? :` |
//! | over lists, and the keys of maps | `all` `exists` `exists_one` `filter` `map` |
//! | fields | `has(a.b)` |
//! | texts | `size` `startsWith` `endsWith` `contains` `matches` |
//! | types | `type` `bool` `int` `uint` `double` `string` `bytes` `duration` `timestamp` `dyn` |
//! | times, in UTC | `getFullYear` `getMonth` `getDate` `getDayOfMonth` `getDayOfWeek` `getDayOfYear` `getHours` `getMinutes` `getSeconds` `getMilliseconds` |
//!
//! Each means what CEL's specification says. Numbers of all types are on one line: `1 == 1.0`, and `predicate.n in [1, 2]` whichever type
//! it has. Values of different types are not equal, and have no order. Nothing is computed of numbers of two types: write `double(x)`.
//!
//! Where we are stricter, or the specification leaves it open:
//!
//! - Only `predicate`, `signer` and the variables of macros are names, and only CEL's functions are there: anything else does not parse.
//! - A condition, a side of `&&` or `||`, what stands before `?`, and what `all` and `exists` ask of each have to depend on the evidence:
//!   `… || true` does not parse.
//! - A JSON number without fraction and exponent is an `int`, or a `uint` above its range, and only beyond 64 bits a `double`. (CEL makes
//!   a `double` of each, and of two large ones one.) An `int` and a `double` are compared exactly, not rounded first.
//! - A pattern is one literal: one from the evidence would be the suspect's own judge. Its syntax is RE2's, less what not every
//!   reader reads alike: sets in sets, `\B`, `\p`, `\Q`. One whose automaton outgrows
//!   [`budget::CONDITION_PATTERN_STATES`](crate::budget::CONDITION_PATTERN_STATES) does not parse.
//! - The keys of a JSON object come in alphabetical order.
//! - A `double` as a `string` has no exponent. A timestamp may have a leap second, which is the moment before the next minute.
//! - There is no clock, no time zone but UTC (their tables change, and a verdict with them), no message of protocol buffers, and no
//!   name for the types of `timestamp` and `duration`, which no JSON has.

mod ast;
mod convert;
mod error;
mod eval;
mod lex;
mod moment;
mod operate;
mod parse;
mod pattern;
#[cfg(test)]
mod tests;
mod value;

pub use error::ConditionError;

use core::fmt;
use serde_json::Value as Json;

/// A question to a predicate and its signer's claims, well formed and within [`crate::budget`].
#[derive(Debug)]
pub struct Condition {
    text: String,
    expr: ast::Expr,
}

impl Condition {
    /// Reads an expression of CEL.
    ///
    /// # Errors
    /// [`ConditionError`], with line and column, for what is no such expression, knows anything but `predicate` and `signer`, or
    /// has a part that is the same whatever the evidence says.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        match parse::parse(text) {
            Ok(expr) => Ok(Self { text: text.to_owned(), expr }),
            Err(fault) => Err(ConditionError::locate(text, *fault)),
        }
    }

    /// Whether it is so. The same evidence gives the same answer, with the same number of steps, whenever it is asked.
    ///
    /// # Errors
    /// [`ConditionError`] for what has no answer: a field that is not there, an operator that is not defined, a result that is neither
    /// true nor false, or too many steps. **Then the condition is not met.**
    pub fn holds(&self, predicate: &Json, signer: &Json) -> Result<bool, ConditionError> {
        let (held, _) = eval::Evaluation::new(predicate, signer).run(&self.expr);
        held.map_err(|fault| ConditionError::locate(&self.text, *fault))
    }
}

/// As it was written.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The same text. Two texts that always answer alike are two conditions.
impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}
