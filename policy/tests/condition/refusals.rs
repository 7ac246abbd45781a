//! What is not read, and how an error says so.

use super::{accepts, predicate, refuses, spelled};
use bulla_policy::Condition;
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn what_no_evidence_can_change_is_refused() {
    refuses(
        "condition-constant",
        &[
            "true",
            "1 == 1",
            "[1, 2].all(x, x > 0)",
            "P.yes || true",
            "false || P.yes",
            "P.yes && 'a' == 'a'",
            "P.list.all(x, true)",
            "P.list.exists(x, 1 == 1)",
            "true ? P.yes : P.no",
            "P.yes || [1].all(x, x == 1 || P.yes ? true : false)",
            "[1].exists(predicate, predicate == 1)",
            "P.list.all(x, [1].all(x, x == 1) && x > 0)",
        ],
    );
    accepts(&["P.list.all(x, x > 0 && x < 4)", "[1].all(x, x == P.one)", "P.no ? false : true"]);
}

#[test]
fn only_evidence_has_a_name() {
    refuses(
        "condition-variable",
        &[
            "now > P.date",
            "P.list.all(x, y > 0)",
            "P.list.all(x, x > 0) && x",
            "google.protobuf.Timestamp == P.one",
            "env == 1",
            "Predicate.x",
        ],
    );
    refuses(
        "condition-function",
        &[
            "now() > P.date",
            "P.text.replace('a', 'b') == ''",
            "startsWith(P.text, 'a')",
            "P.one.int() == 1",
            "getenv('HOME') == P.text",
            "bind(P.one)",
            "predicate()",
        ],
    );
    refuses(
        "condition-arguments",
        &[
            "size(P.text, 1) == 1",
            "P.text.size(1) == 1",
            "has(predicate)",
            "has(P.map['a'])",
            "has()",
            "P.text.contains() ",
            "matches(P.text)",
            "timestamp(P.date).getHours('Europe/Paris') == 1",
            "int() == P.one",
        ],
    );
}

#[test]
fn what_is_not_the_language_is_refused() {
    refuses(
        "condition-syntax",
        &[
            "",
            " ",
            "predicate +",
            "(predicate",
            "predicate)",
            "P.list[1",
            "P.",
            "P.in",
            "P.list.all(1, true)",
            "P.list.all(x)",
            "P.list.all(x, x, x)",
            "P.list.all(in, in)",
            "P.list.all(null, P.yes)",
            "P.list.exists(while, P.yes)",
            "predicate = 1",
            "predicate & 1",
            "predicate; 1",
            "{1: 2, predicate",
            "{1}",
            "[,]",
            "predicate ? 1",
            "while == predicate",
            "predicate{a: 1}",
            "#",
            "P.a b",
            "predicate == 1u2",
            ".x == predicate",
            "!-",
            "size(predicate",
            "size(predicate,,1)",
            "P.'a'",
        ],
    );
    refuses(
        "condition-literal",
        &[
            "predicate == 'a",
            "predicate == \"a\nb\"",
            r"predicate == '\s'",
            r"predicate == '\ud83d'",
            r"predicate == '\x4'",
            r"predicate == b'\u0041'",
            "predicate == 9223372036854775808",
            "predicate == 18446744073709551616u",
            "predicate == 0x1ffffffffffffffff",
            "predicate == 1e999",
            "P.`a",
            "P.`a*`",
        ],
    );
    accepts(&[
        "P.list == [1, 2, 3,]",
        "{'a': 1,} != P.map",
        "P.max == 0x7fffffffffffffff && P.min == -0x8000000000000000 && P.half == .5 && P.half == 5e-1",
    ]);
}

#[test]
fn an_error_says_where_and_what_to_do() {
    let text = "predicate.one == 1\n  && predicate.wide == '😀' + predicate.nix";
    let error = Condition::parse(text).expect("read").holds(&predicate(), &json!({}));
    let error = error.expect_err("no such key");
    assert_eq!((error.line(), error.column()), (2, 40));
    assert_eq!(error.reason(), "there is no key `nix`");
    assert_eq!(error.to_string(), "there is no key `nix` (line 2, column 40 of the condition)");
    assert_eq!(error.hint(), "ask first, as in `has(predicate.key) && predicate.key == 1`");
    let error = Condition::parse("predicate.one ==\n\n  predicat.two").expect_err("no such variable");
    assert_eq!(error.to_string(), "`predicat` is not a variable (line 3, column 3 of the condition)");
}

#[test]
fn what_was_expected_is_told() {
    for (condition, expected) in [
        ("predicate in [1 2]", "expected `,` or `]`, found a number"),
        ("predicate in {1: 2 3: 4}", "expected `,` or `}`, found a number"),
        ("predicate.all(null, true)", "expected the name of a variable, found `null`"),
        ("predicate == -'a' || !predicate", "`-` is not defined for string"),
    ] {
        let read = Condition::parse(condition).and_then(|read| read.holds(&json!(1), &json!({})));
        assert_eq!(read.expect_err(condition).reason(), expected);
    }
}

/// One error of each kind: its code is its own, its sentence has no capital, no period and nothing of ours, and a hint goes with it.
#[test]
fn every_error_is_a_sentence_with_a_code_and_a_hint() {
    let conditions = [
        ("P.a == 'x", "malformed string: its closing quote is missing"),
        ("P.a ==", "expected an expression, found the end"),
        ("x == P.a", "`x` is not a variable"),
        ("now() == P.a", "`now` is not a function"),
        ("size() == P.a", "`size` takes one argument"),
        ("P.a.matches(P.b)", "not a pattern: it is not written out as one string"),
        ("P.yes || true", "this is the same whatever the evidence says"),
        ("P.missing", "there is no key `missing`"),
        ("P.list[7] == 1", "a list of 3 has no element 7"),
        ("P.one + 'a' == 1", "`+` is not defined for int and string"),
        ("P.max + 1 == 1", "the result of `+` is out of range"),
        ("1 / P.zero == 1", "`/` by zero"),
        ("int(P.text) == 1", "`kitten` cannot be made a value of type int"),
        ("{P.one: 1, 1: 2} == {}", "the key `1` is there twice"),
        ("P.one", "expected true or false, found a value of type int"),
        ("(((((((((((((((((((((((((((((((((((((((((((((((((", "too much for a condition: at most 48 levels"),
    ];
    let mut codes = BTreeSet::new();
    for (condition, expected) in conditions {
        let read = Condition::parse(&spelled(condition));
        let error = read.and_then(|read| read.holds(&predicate(), &json!({}))).expect_err(condition);
        assert_eq!(error.reason(), expected);
        assert!(error.code().starts_with("condition-") && codes.insert(error.code()), "{}", error.code());
        assert!(!error.hint().is_empty() && !error.hint().ends_with('.'), "{}", error.hint());
    }
    assert_eq!(codes.len(), 16);
}

#[test]
fn what_others_wrote_is_cut_and_escaped() {
    let evidence = json!({ "k": format!("\u{1b}[2J{}", "x".repeat(10_000)), "m": {} });
    let read = Condition::parse("predicate.m[predicate.k] == 1").expect("read");
    let error = read.holds(&evidence, &json!({})).expect_err("no such key").to_string();
    assert!(error.starts_with(r"there is no key `\u{1b}[2Jxxx") && error.len() < 150, "{error}");
}

#[test]
fn it_prints_what_was_read() {
    for text in ["predicate.a == 1", " predicate . a==1// so\n", "predicate.matches(r'\\d')"] {
        let condition = Condition::parse(text).expect("read");
        assert_eq!(condition.to_string(), text);
        assert_eq!(Condition::parse(&condition.to_string()).expect("read"), condition);
    }
    assert_ne!(Condition::parse("predicate.a"), Condition::parse("predicate.b"));
}
