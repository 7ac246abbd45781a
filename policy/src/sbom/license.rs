//! Licences: expressions of SPDX (SPDX 2.3, Annex D) as far as they are some, and else the text as it stands.

use crate::budget;
use core::fmt;
use spdx::{Expression, ParseMode, expression::ExpressionReq};

/// The version of SPDX's list that is known here.
pub(super) const LIST: &str = spdx::identifiers::VERSION;

/// The words of a licence in whatever case; ids that SPDX no longer recommends are ids, and one that it does not list is a name.
const MODE: ParseMode = ParseMode {
    allow_slash_as_or_operator: false,
    allow_imprecise_license_names: false,
    allow_postfix_plus_on_gpl: true,
    allow_deprecated: true,
    allow_unknown: true,
};

/// A licence that an SBOM states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct License {
    text: String,
    expression: Option<Parsed>,
}

/// SPDX's type, which has no equality of its own that is whole.
#[derive(Debug, Clone)]
struct Parsed(Expression);

impl PartialEq for Parsed {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref() == other.0.as_ref()
    }
}

impl Eq for Parsed {}

impl License {
    /// An expression, or what else somebody has written in its place.
    pub(super) fn parse(text: &str) -> Self {
        let short = Some(text).filter(|text| text.len() <= budget::EXPRESSION_BYTES);
        let expression = short.and_then(|text| Expression::parse_mode(text, MODE).ok()).map(Parsed);
        Self { text: text.to_owned(), expression }
    }

    /// A name that need not be an expression, and is not read as one although it could be.
    pub(super) fn named(name: &str) -> Self {
        match spdx::license_id(name) {
            Some(_) => Self::parse(name),
            None => Self { text: name.to_owned(), expression: None },
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The licences that it names, with their exceptions, such as `GPL-2.0-only WITH Classpath-exception-2.0`: each as it is
    /// written there, listed or not. The whole text for what is no expression.
    pub fn names(&self) -> Vec<String> {
        match &self.expression {
            Some(Parsed(expression)) => expression.requirements().map(|named| self.name(named)).collect(),
            None => vec![self.text.clone()],
        }
    }

    /// Whether everything that has to be is `accepted`: both sides of an `AND`, one side of an `OR`.
    pub fn holds(&self, accepted: impl Fn(&str) -> bool) -> bool {
        let Some(Parsed(expression)) = &self.expression else { return accepted(&self.text) };
        let names: Vec<_> = expression.requirements().map(|named| accepted(&self.name(named))).collect();
        let mut answers = names.into_iter();
        // Asked in the order of the requirements, each once.
        expression.evaluate(|_| answers.next().unwrap_or(false))
    }

    /// As it stands in the text, which is where its span is; what follows `WITH` and `+` belongs to it.
    fn name(&self, named: &ExpressionReq) -> String {
        let ends = [usize::try_from(named.span.start), usize::try_from(named.span.end)];
        let [Ok(start), Ok(end)] = ends else { return self.text.clone() };
        let license = self.text.get(start..end).unwrap_or(&self.text);
        let rest = self.text.get(end..).unwrap_or_default();
        let plus = if rest.starts_with('+') { "+" } else { "" };
        let mut words =
            rest.trim_start_matches('+').split([' ', '\t', '\n', '\r', ')']).filter(|word| !word.is_empty());
        match (words.next(), words.next()) {
            (Some("WITH" | "with"), Some(exception)) => format!("{license}{plus} WITH {exception}"),
            _ => format!("{license}{plus}"),
        }
    }
}

impl fmt::Display for License {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether SPDX lists it.
pub(super) fn is_listed(id: &str) -> bool {
    spdx::license_id(id).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        License::parse(text).names()
    }

    #[test]
    fn an_expression_names_its_licences() {
        assert_eq!(names("MIT"), ["MIT"]);
        assert_eq!(names("(MIT OR Apache-2.0) AND BSD-3-Clause"), ["MIT", "Apache-2.0", "BSD-3-Clause"]);
        let with = "EPL-2.0 OR (GPL-2.0 WITH Classpath-exception-2.0)";
        assert_eq!(names(with), ["EPL-2.0", "GPL-2.0 WITH Classpath-exception-2.0"]);
        assert_eq!(names("GPL-2.0+ AND Apache-2.0+"), ["GPL-2.0+", "Apache-2.0+"]);
        assert_eq!(names("GPL-2.0+ with Classpath-exception-2.0"), ["GPL-2.0+ WITH Classpath-exception-2.0"]);
        assert_eq!(
            names("LicenseRef-acme AND DocumentRef-x:LicenseRef-y"),
            ["LicenseRef-acme", "DocumentRef-x:LicenseRef-y"]
        );
    }

    #[test]
    fn what_spdx_does_not_list_is_a_name_and_what_is_no_expression_a_text() {
        assert_eq!(names("MIT AND Acme-1.0"), ["MIT", "Acme-1.0"]);
        for text in
            ["GPLv3+", "BSD 3-clause", "MIT AND", "(MIT", "Acme/1", "MIT, see LICENSE", "\u{e9}", "AND", "+", ""]
        {
            assert_eq!(names(text), [text]);
        }
        let long = vec!["MIT"; budget::EXPRESSION_BYTES].join(" AND ");
        assert_eq!(names(&long), [long.as_str()]);
    }

    #[test]
    fn and_needs_both_and_or_one() {
        let holds = |text: &str, accepted: &[&str]| License::parse(text).holds(|name| accepted.contains(&name));
        assert!(holds("MIT OR GPL-3.0-only", &["MIT"]) && !holds("MIT AND GPL-3.0-only", &["MIT"]));
        assert!(holds("MIT AND (GPL-3.0-only OR Apache-2.0)", &["MIT", "Apache-2.0"]));
        assert!(!holds("MIT AND (GPL-3.0-only OR Apache-2.0)", &["GPL-3.0-only", "Apache-2.0"]));
        assert!(holds("GPL-2.0-only OR MIT AND BSD-3-Clause", &["GPL-2.0-only"]));
        assert!(!holds("GPL-2.0-only WITH Classpath-exception-2.0", &["GPL-2.0-only"]));
        assert!(holds("see LICENSE", &["see LICENSE"]) && !holds("see LICENSE", &["MIT"]));
        assert!(!License::named("MIT OR Apache-2.0").holds(|name| name == "MIT"));
    }
}
