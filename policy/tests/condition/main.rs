//! What conditions mean: CEL's, as its specification and its conformance tests say, on our evidence.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod patterns;
mod refusals;

use bulla_policy::{Condition, ConditionError};
use serde_json::{Value, json};

fn predicate() -> Value {
    json!({
        "zero": 0, "one": 1, "two": 2, "half": 0.5, "one_as_double": 1.0, "negative": -3,
        "max": i64::MAX, "min": i64::MIN, "above": 9_223_372_036_854_775_808_u64, "most": u64::MAX,
        "yes": true, "no": false, "none": null, "text": "kitten", "empty": "", "wide": "ﬂø😀",
        "digits": "12", "nan": "NaN", "inf": "Infinity", "date": "2026-11-24T12:00:00Z", "later": "2026-11-24T13:30:00.5+01:00",
        "list": [1, 2, 3], "texts": ["a", "ab", "abc"], "mixed": [1, "a", null], "nothing": [],
        "map": { "a": 1, "b": { "c": null }, "with-dash": 2, "in": 3 },
        "deps": [
            { "uri": "git+https://github.com/acme/a", "digest": { "sha1": "aa" } },
            { "uri": "git+https://github.com/acme/b" },
        ],
    })
}

fn asked(condition: &str) -> Result<bool, ConditionError> {
    let signer = json!({ "issuer": "https://issuer.example", "identity": "release@acme.example" });
    Condition::parse(condition).expect(condition).holds(&predicate(), &signer)
}

/// Each is so. `P` is short for `predicate`.
#[track_caller]
fn accepts(conditions: &[&str]) {
    for condition in conditions {
        assert_eq!(asked(&spelled(condition)), Ok(true), "{condition}");
    }
}

/// Each is not so.
#[track_caller]
fn declines(conditions: &[&str]) {
    for condition in conditions {
        assert_eq!(asked(&spelled(condition)), Ok(false), "{condition}");
    }
}

/// None has an answer.
#[track_caller]
fn fails(code: &str, conditions: &[&str]) {
    for condition in conditions {
        let error = asked(&spelled(condition)).expect_err(condition);
        assert_eq!(error.code(), code, "{condition}: {error}");
    }
}

/// None is read.
#[track_caller]
fn refuses(code: &str, conditions: &[&str]) {
    for condition in conditions {
        let error = Condition::parse(&spelled(condition)).expect_err(condition);
        assert_eq!(error.code(), code, "{condition}: {error}");
    }
}

fn spelled(condition: &str) -> String {
    condition.replace("P.", "predicate.")
}

#[test]
fn evidence_is_found() {
    accepts(&[
        "P.text == 'kitten'",
        "predicate['text'] == 'kitten'",
        "P.map.b.c == null",
        "P.map.`with-dash` == 2",
        "P.map['in'] == 3",
        "P.list[1] == 2",
        "P.deps[0].digest.sha1 == 'aa'",
        "signer.issuer == 'https://issuer.example'",
        "predicate . text // a comment\n == \t'kitten'",
        "P.yes",
    ]);
    fails(
        "condition-missing-key",
        &["P.missing", "P.map.b.d == 1", "predicate['x'] == 1", "P.map[1] == 1", "has(P.x.y)"],
    );
    fails("condition-index", &["P.list[3] == 1", "P.list[-1] == 1", "P.list[0.5] == 1", "P.nothing[0] == 1"]);
    fails(
        "condition-operands",
        &["P.text.size == 1", "P.list.a == 1", "P.list['a'] == 1", "has(P.text.a)", "P.map[[1]] == 1"],
    );
}

#[test]
fn has_asks_for_a_key_and_not_for_its_value() {
    accepts(&["has(P.none)", "has(P.map.b.c)", "!has(P.missing)", "has(P.map.`with-dash`)", "has(P.no)"]);
}

#[test]
fn numbers_are_on_one_line() {
    accepts(&[
        "P.one == 1 && P.one == 1u && P.one == 1.0",
        "P.one == P.one_as_double",
        "P.one_as_double in [1]",
        "P.one in [1.0]",
        "P.half < 1 && P.half > 0u && P.negative < 0u",
        "{1: 'a'}[P.one_as_double] == 'a'",
        "P.list[P.one_as_double] == 2",
        "P.most > P.max && P.above > P.max && P.most == 18446744073709551615u",
        // Rounded to doubles, each would be its neighbour.
        "P.max < 9223372036854775808.0 && P.max != 9223372036854775808.0",
        "P.above == 9223372036854775808.0",
        "P.min == -9223372036854775808.0 && P.min == -9223372036854775808",
        "P.most < 1e300 && P.min > -1e300 && P.negative > -3.5 && P.negative < -2.5",
        "P.most < double(P.inf) && P.max < double(P.inf) && P.min > -double(P.inf) && double(P.inf) > 1e300",
        "P.most < 18446744073709551616.0 && P.most != 18446744073709551616.0 && P.min > -18446744073709551616.0",
        "type(P.one) == int && type(P.above) == uint && type(P.one_as_double) == double",
    ]);
    declines(&["double(P.nan) == double(P.nan)", "double(P.nan) < P.one", "double(P.nan) >= P.one"]);
    accepts(&["double(P.nan) != double(P.nan)"]);
}

#[test]
fn values_of_different_types_are_not_equal_and_have_no_order() {
    accepts(&[
        "P.one != '1'",
        "P.none != 0",
        "P.list != P.map",
        "P.yes != 1",
        "P.mixed == [1.0, 'a', null]",
        "P.text in P.texts == false",
    ]);
    declines(&["P.one == '1'", "P.none == false", "P.list == {1: 2}", "1 in P.texts"]);
    fails(
        "condition-operands",
        &["P.one < '1'", "P.none < 1", "P.list < P.list", "P.one in P.text", "P.yes < 1", "P.map > P.map"],
    );
}

#[test]
fn collections_are_equal_by_what_is_in_them() {
    accepts(&[
        "P.list == [1, 2u, 3.0]",
        "P.map == {'in': 3, 'with-dash': 2, 'b': {'c': null}, 'a': 1.0}",
        "{} != P.map",
        "P.nothing == []",
    ]);
    declines(&["P.list == [1, 2]", "P.list == [3, 2, 1]", "P.map == {'a': 1}", "P.map.b == {'d': null}"]);
}

#[test]
fn arithmetic_is_of_one_type_and_never_wraps() {
    accepts(&[
        "P.one + 1 == 2 && P.one - 2 == -1 && P.two * 3 == 6 && 7 / P.two == 3 && 7 % P.two == 1",
        "P.negative / 2 == -1 && P.negative % 2 == -1 && -P.negative == 3 && - -P.one == 1",
        "P.half * 3.0 == 1.5 && P.half / 0.0 > 1e308",
        "P.text + 's' == 'kittens' && P.texts + ['x'] == ['a', 'ab', 'abc', 'x'] && b'a' + bytes(P.empty) == b'a'",
        "1 + P.two * 3 == 7 && (1 + P.two) * 3 == 9 && P.two - 1 - 1 == 0 && P.one < 2 == true",
        "uint(P.two) - 1u == 1u",
    ]);
    fails(
        "condition-overflow",
        &[
            "P.max + 1 > 0",
            "P.min - 1 < 0",
            "P.max * 2 > 0",
            "-P.min > 0",
            "P.min / -1 > 0",
            "uint(P.zero) - 1u == 0u",
            "P.most + 1u == 0u",
        ],
    );
    fails("condition-division-by-zero", &["1 / P.zero == 1", "1 % P.zero == 1", "1u / uint(P.zero) == 1u"]);
    fails(
        "condition-operands",
        &[
            "P.one + 1.0 == 2",
            "P.one + 1u == 2",
            "P.text + 1 == ''",
            "P.half % 0.5 == 0.0",
            "-P.most < 0",
            "-P.text == ''",
            "!P.one",
            "P.list - P.list == []",
        ],
    );
}

#[test]
fn logic_forgets_what_has_no_answer_where_something_decides() {
    accepts(&[
        "P.missing || P.yes",
        "P.yes || P.missing",
        "P.one || P.yes",
        "!(P.missing && P.no)",
        "!(P.no && P.missing)",
        "1 / P.zero == 1 || P.yes",
        "P.yes ? P.yes : P.missing",
        "P.no ? P.missing : P.yes",
    ]);
    fails(
        "condition-missing-key",
        &[
            "P.missing || P.no",
            "P.no || P.missing",
            "P.missing && P.yes",
            "P.yes && P.missing",
            "!P.missing",
            "P.missing ? P.yes : P.yes",
        ],
    );
    fails(
        "condition-not-bool",
        &[
            "P.one && P.yes",
            "P.yes && P.one",
            "P.one || P.no",
            "P.one ? P.yes : P.yes",
            "P.text",
            "predicate",
            "P.none",
        ],
    );
}

#[test]
fn macros_run_over_lists_and_the_keys_of_maps() {
    accepts(&[
        "P.list.all(x, x > 0)",
        "P.nothing.all(x, x == 1)",
        "P.list.exists(x, x == 3)",
        "P.list.exists_one(x, x > 2)",
        "P.list.filter(x, x % 2 == 1) == [1, 3]",
        "P.list.map(x, x * 2) == [2, 4, 6]",
        "P.list.map(x, x > 1, x * 2) == [4, 6]",
        "P.map.all(k, k in ['a', 'b', 'with-dash', 'in'])",
        "P.map.map(k, k) == ['a', 'b', 'in', 'with-dash']",
        "P.map.filter(k, type(P.map[k]) == int).size() == 3",
        "P.list.all(x, P.list.exists(y, x == y))",
        "P.list.exists(x, P.texts.exists(x, x == 'abc'))",
        "P.list.exists(predicate, predicate == 3)",
        "P.list.exists(predicate, .predicate.one == predicate)",
        "P.list.map(x, P.list.filter(y, y < x)) == [[], [1], [1, 2]]",
        "P.deps.all(d, d.uri.startsWith('git+https://'))",
        "P.deps.exists(d, d.digest.sha1 == 'aa')",
        "P.deps.exists_one(d, has(d.digest))",
        // As with `&&` and `||`, one that decides makes others forgotten.
        "P.deps.exists(d, d.uri.endsWith('b') || d.nothing)",
        "!P.mixed.all(x, x > 1)",
    ]);
    declines(&[
        "P.nothing.exists(x, x == x)",
        "P.list.exists_one(x, x > 1)",
        "P.list.all(x, x > 1)",
        "P.mixed.all(x, x > 1)",
    ]);
    fails(
        "condition-missing-key",
        &[
            "P.deps.all(d, d.digest.sha1 == 'aa')",
            "P.deps.exists_one(d, d.digest.sha1 == 'aa')",
            "P.deps.filter(d, d.digest == 1) == []",
            "P.deps.map(d, d.digest) == []",
        ],
    );
    fails("condition-operands", &["P.text.all(x, x == 1)", "P.one.exists(x, x == 1)", "P.none.map(x, x) == []"]);
    fails("condition-not-bool", &["P.list.all(x, x)", "P.list.filter(x, x) == []", "P.list.exists_one(x, x)"]);
}

#[test]
fn texts_are_characters() {
    accepts(&[
        "P.wide.size() == 3 && size(P.text) == 6 && bytes(P.wide).size() == 9 && size(P.list) == 3 && P.map.size() == 4",
        "P.text.startsWith('kit') && P.text.endsWith('ten') && P.text.contains('tt') && P.text.contains('')",
        "P.text < 'kitty' && 'Z' < P.text && P.empty < P.text && b'a' < bytes(P.text)",
        r#"P.wide == "\ufb02\u00f8\U0001F600" && P.wide == 'ﬂø😀' && bytes(P.wide) != b'\303'"#,
        r#"P.text == "\x6bitten" && P.text == '\153itten' && P.text == r'kitten' && P.text == """kitten""" && P.text == '''kitten'''"#,
        r#"bytes(P.text) == b'\x6bitten' && bytes(P.text) == br'kitten' && P.text != r'\x6bitten' && P.text != "it's \"\n""#,
    ]);
    declines(&[
        "P.text.startsWith('itt')",
        "P.text.endsWith('itt')",
        "P.text.contains('itk')",
        "P.text.startsWith('kittens')",
        "P.empty.startsWith('k') || P.empty.endsWith('k') || P.empty.contains('k')",
    ]);
    fails(
        "condition-operands",
        &["P.text.contains(1)", "P.one.startsWith('1')", "size(P.one) == 1", "size(P.none) == 0"],
    );
}

/// Every escape stands for one character (cel-spec, "String and Bytes Values").
#[test]
fn escapes_are_the_characters_that_they_stand_for() {
    for (escape, code) in [
        ("a", 7),
        ("b", 8),
        ("f", 12),
        ("n", 10),
        ("r", 13),
        ("t", 9),
        ("v", 11),
        ("\\", 92),
        ("?", 63),
        ("\"", 34),
        ("'", 39),
        ("`", 96),
        ("x41", 65),
        ("101", 65),
        ("u0041", 65),
        ("U00000041", 65),
    ] {
        let expected = json!({ "text": char::from_u32(code) });
        let said = |written: &str| Condition::parse(written).expect(written).holds(&expected, &json!({}));
        assert_eq!(said(&format!("predicate.text == \"\\{escape}\"")), Ok(true), "{escape}");
        if !escape.to_lowercase().starts_with('u') {
            assert_eq!(said(&format!("bytes(predicate.text) == b\"\\{escape}\"")), Ok(true), "{escape}");
        }
    }
    // A backslash in raw text escapes nothing, not even the quote that ends it.
    let raw = Condition::parse(r#"predicate == r"\" && bytes(predicate) == br"\" && predicate != r'\\'"#).expect("raw");
    assert_eq!(raw.holds(&json!("\\"), &json!({})), Ok(true));
    accepts(&[
        // What begins like raw text or bytes, and is a name.
        "P.list.all(r, r > 0) && P.list.all(b, b > 0) && P.list.all(br, br > 0)",
    ]);
    refuses(
        "condition-literal",
        &[r#"P.text == "\q""#, r#"P.text == "\u004""#, r#"P.text == "\400""#, "P.text == 'a", "P.text == \"a\n\""],
    );
    refuses("condition-literal", &["P.map.`` == 1", "P.map.`with$dash` == 1", "P.map.`with-dash == 1"]);
}

#[test]
fn conversions_fit_or_fail() {
    accepts(&[
        "int(P.digits) == 12 && int(P.half) == 0 && int(-1.9 * (P.half + 0.5)) == -1 && int(P.date) == 0 || int(timestamp(P.date)) == 1795521600",
        "uint(P.one) == 1u && double(P.digits) == 12.0 && double(P.most) == 18446744073709551615.0",
        "string(P.one) == '1' && string(P.half) == '0.5' && string(P.yes) == 'true' && string(bytes(P.wide)) == P.wide",
        "string(P.most) == '18446744073709551615' && string(P.one_as_double) == '1' && dyn(P.one) == 1",
        "bool('true') == P.yes && bool('0') == P.no && type(P.none) == null_type && type(type(P.one)) == type",
        "type(P.list) == list && type(P.map) == map && type(bytes(P.text)) == bytes && type(P.yes) == bool",
    ]);
    fails(
        "condition-conversion",
        &[
            "int(P.text) == 1",
            "int(P.above) == 1",
            "uint(P.negative) == 1u",
            "int(P.half * 1e300) == 1",
            "int(double(P.max)) == 1",
            "bool(P.text)",
            "string(b'\\xff' + bytes(P.empty)) == ''",
            "uint(-P.half) == 0u",
            "timestamp(P.text) == timestamp(P.date)",
        ],
    );
    fails(
        "condition-operands",
        &[
            "int(P.yes) == 1",
            "int(P.none) == 0",
            "bool(P.one)",
            "string(P.list) == ''",
            "bytes(P.one) == b''",
            "double(P.none) == 0.0",
            "timestamp(P.half) == timestamp(P.date)",
            "duration(P.one) == duration('1s')",
        ],
    );
}

#[test]
fn times_are_the_evidences() {
    accepts(&[
        "timestamp(P.later) - timestamp(P.date) == duration('30m500ms')",
        "timestamp(P.date) + duration('24h') == timestamp('2026-11-25T12:00:00Z') && duration('1h') + timestamp(P.date) > timestamp(P.date)",
        "timestamp(P.date) - duration('1.5h') == timestamp('2026-11-24T10:30:00Z')",
        "string(timestamp(P.later)) == '2026-11-24T12:30:00.5Z' && string(timestamp(P.later) - timestamp(P.date)) == '1800.5s'",
        "timestamp(P.date).getFullYear() == 2026 && timestamp(P.date).getMonth() == 10 && timestamp(P.date).getDate() == 24",
        "timestamp(P.date).getDayOfMonth() == 23 && timestamp(P.date).getDayOfWeek() == 2 && timestamp(P.date).getDayOfYear() == 327",
        "timestamp(P.later).getHours() == 12 && timestamp(P.later).getMinutes() == 30 && timestamp(P.later).getSeconds() == 0",
        "timestamp(P.later).getMilliseconds() == 500 && (timestamp(P.later) - timestamp(P.date)).getMinutes() == 30",
        "timestamp(int(timestamp(P.date))) == timestamp(P.date)",
        "(timestamp(P.later) - timestamp(P.date) + duration('26h15m')).getHours() == 26",
        "(timestamp(P.later) - timestamp(P.date) + duration('26h15m')).getMinutes() == 1605",
        "(timestamp(P.later) - timestamp(P.date) + duration('2m')).getSeconds() == 1920",
        "(timestamp(P.later) - timestamp(P.date)).getMilliseconds() == 500",
        "timestamp(P.later) - timestamp(P.date) - duration('30m') == duration('500ms')",
        "timestamp(P.date) - timestamp(P.later) + duration('1h') == duration('29m59.5s')",
        "timestamp(P.date) - timestamp('2026-11-24T11:59:59.75Z') == duration('250ms')",
        "string(timestamp(P.date) - timestamp(P.later)) == '-1800.5s' && string(timestamp(P.date) - timestamp(P.date)) == '0s'",
        "timestamp(P.date) > timestamp('2026-11-24T12:00:00+00:01') && timestamp(P.date) - timestamp(P.later) > duration('-1h')",
    ]);
    fails(
        "condition-overflow",
        &[
            "timestamp('9999-12-31T23:59:59Z') + (timestamp(P.later) - timestamp(P.date)) > timestamp(P.date)",
            "timestamp('9999-12-31T23:59:59Z') - timestamp(P.date) > duration('1s')",
            "duration('-2562047h') - (timestamp(P.later) - timestamp(P.date)) - duration('1h') < duration('0')",
            "duration('2562047h') + (timestamp(P.later) - timestamp(P.date)) + duration('1h') > duration('0')",
        ],
    );
    fails(
        "condition-conversion",
        &[
            "duration(P.text) == duration('1s')",
            "duration(P.empty) == duration('0')",
            "timestamp(P.empty) == timestamp(P.date)",
            "timestamp(P.max) == timestamp(P.date)",
        ],
    );
    fails(
        "condition-operands",
        &[
            "timestamp(P.date) < P.date",
            "timestamp(P.date) + timestamp(P.date) == timestamp(P.date)",
            "P.date.getHours() == 12",
            "(timestamp(P.date) - timestamp(P.later)).getDate() == 1",
            "timestamp(P.date) + 1 == timestamp(P.date)",
        ],
    );
}

#[test]
fn a_key_is_in_a_map_once() {
    fails("condition-repeated-key", &["{P.text: 1, 'kitten': 2} == {}", "{1: 1, P.one_as_double: 2} == {}"]);
    fails("condition-operands", &["{P.list: 1} == {}", "{P.none: 1} == {}"]);
}
