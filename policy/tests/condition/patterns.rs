//! What `matches` finds: RE2's patterns as they are, or none.

use crate::{accepts, declines, fails, refuses};
use bulla_policy::Condition;
use serde_json::json;

#[test]
fn patterns_are_what_re2_reads() {
    accepts(&[
        "P.text.matches('itt')",
        "matches(P.text, '^k.*n$')",
        "P.text.matches(r'^\\w+$') && P.digits.matches(r'^\\d{2}$') && P.text.matches(r'\\bkit')",
        "P.text.matches('(?i)^KITTEN$') && P.text.matches('^[[:lower:]]+$') && P.text.matches('^(?P<a>kit)(?:ten)$')",
        "P.wide.matches('^...$')",
        r"P.text.matches(r'^[\w.-]+$') && !P.text.matches(r'[^\w]') && !P.text.matches(r'\S{7}') && P.empty.matches('')",
    ]);
    declines(&["P.text.matches('^itt')", "P.wide.matches(r'\\w')", "P.text.matches('KIT')", "P.empty.matches('.')"]);
    refuses(
        "condition-pattern",
        &[
            "P.text.matches(P.text)",
            "P.text.matches('a' + 'b')",
            "P.text.matches('(')",
            "P.text.matches(r'\\pL')",
            "P.text.matches(r'\\B')",
            "P.text.matches(r'\\<')",
            "P.text.matches(r'\\Qa\\E')",
            "P.text.matches(r'(a)\\1')",
            "P.text.matches('(?=a)')",
            "P.text.matches('(?x) a')",
            "P.text.matches('[a&&b]')",
            "P.text.matches('[[a]]')",
            "P.text.matches('[a--b]')",
            "P.text.matches('a{,2}')",
            "P.text.matches('a{')",
            "P.text.matches('[a')",
            "P.text.matches('*')",
        ],
    );
    fails("condition-operands", &["P.one.matches('1')", "P.list.matches('1')"]);
}

/// Whether the pattern matches the text, which holds whatever it likes.
#[track_caller]
fn finds(pattern: &str, text: &str) -> bool {
    let condition = Condition::parse(&format!("predicate.matches(r'{pattern}')")).expect(pattern);
    condition.holds(&json!(text), &json!({})).expect(pattern)
}

#[test]
fn an_escape_stands_for_its_own_character() {
    for (pattern, matching, other) in [
        (r"^a\.b$", "a.b", "axb"),
        (r"^a\.b$", "a.b", "ab"),
        (r"^\*\+\?\(\)\[\]\{\}\|\^\$\\\/$", r"*+?()[]{}|^$\/", "*"),
        (r"^\x41$", "A", "x41"),
        (r"^\a\f\n\r\t\v$", "\x07\x0c\n\r\t\x0b", "afnrtv"),
        (r"\Aab\z", "ab", "xab"),
        (r"\Aab\z", "ab", "abx"),
        (r"^\d$", "7", "٧"),
        (r"^\D$", "٧", "7"),
        (r"^\w$", "_", "ö"),
        (r"^\W$", "ö", "_"),
        (r"^\s$", " ", "\u{a0}"),
        (r"^\S$", "\u{a0}", " "),
        (r"\bin\b", "all in one", "inner"),
        (r"^[\d.]$", ".", "x"),
        (r"^[^\d.]$", "x", "."),
        (r"^[\]\-\\]$", "]", "x"),
        (r"^[]a]$", "]", "b"),
        (r"^[^]a]$", "b", "]"),
        (r"^[\.]$", ".", "a"),
        (r"^[a&~-]$", "-", "b"),
        (r"^[[:digit:]x]$", "x", "y"),
        (r"^[[:digit:]x]$", "0", ":"),
        (r"^a{2}$", "aa", "aaa"),
        (r"^a{2,}$", "aaa", "a"),
        (r"^a{2,3}$", "aaa", "aaaa"),
        (r"^(?i:ab)c$", "ABc", "ABC"),
        (r"^(?P<name>a)(?:b)$", "ab", "a"),
        (r"^(?s).$", "\n", "ab"),
    ] {
        assert!(finds(pattern, matching), "{pattern} finds {matching:?}");
        assert!(!finds(pattern, other), "{pattern} does not find {other:?}");
    }
}

/// What RE2 and the engine here would read differently, neither is asked.
#[test]
fn what_is_not_read_alike_is_refused() {
    for pattern in [
        r"\<a",
        r"a\>",
        r"\b{start}",
        r"[\b]",
        r"[\A]",
        r"[\z]",
        r"\Z",
        r"\C",
        r"\Q.\E",
        r"\pL",
        r"\1",
        r"\8",
        r"\k",
        r"\",
        r"[[a]]",
        r"[a&&b]",
        r"[a--b]",
        r"[a~~b]",
        r"a{,3}",
        r"a{x}",
        r"a{2",
        r"a{2,,3}",
        r"a{2x}",
        r"a{}",
        r"(?x)a",
        r"(?=a)",
        r"[a",
        r"(a",
    ] {
        let error = Condition::parse(&format!("predicate.matches(r'{pattern}')")).expect_err(pattern);
        assert_eq!(error.code(), "condition-pattern", "{pattern}: {error}");
    }
}
