//! Steps and budgets, which cannot be seen from outside.

use super::{Condition, ConditionError, eval};
use crate::budget;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// What it says of `predicate`, and the steps that it took.
#[track_caller]
fn asked(condition: &str, predicate: &Json) -> (Result<bool, ConditionError>, usize) {
    let parsed = Condition::parse(condition).expect(condition);
    let signer = json!({ "issuer": "https://issuer.example" });
    let (held, steps) = eval::Evaluation::new(predicate, &signer).run(&parsed.expr);
    (held.map_err(|fault| ConditionError::locate(condition, *fault)), steps.spent())
}

/// `largest` is read, and `beyond`, which is one more, is not.
#[track_caller]
fn parses_up_to(largest: &str, beyond: &str) {
    if let Err(error) = Condition::parse(largest) {
        panic!("the largest is refused: {error}");
    }
    assert_eq!(Condition::parse(beyond).expect_err("one past the limit").code(), "condition-over-budget");
}

/// `largest` is answered, and `beyond`, which is one more, is not.
#[track_caller]
fn answers_up_to(largest: (&str, Json), beyond: (&str, Json)) {
    let (held, _) = asked(largest.0, &largest.1);
    assert_eq!(held, Ok(true));
    let (held, _) = asked(beyond.0, &beyond.1);
    assert_eq!(held.expect_err("one past the limit").code(), "condition-over-budget");
}

#[test]
fn a_text_has_a_largest_size() {
    let text = |len: usize| format!("predicate{}", " ".repeat(len - "predicate".len()));
    parses_up_to(&text(budget::CONDITION_BYTES), &text(budget::CONDITION_BYTES + 1));
}

#[test]
fn a_condition_has_a_largest_number_of_nodes() {
    // A list and its items, `predicate`, and `in`.
    let list = |nodes: usize| format!("predicate in [{}]", vec!["1"; nodes - 3].join(", "));
    parses_up_to(&list(budget::CONDITION_NODES), &list(budget::CONDITION_NODES + 1));
}

#[test]
fn whatever_nests_nests_to_a_depth() {
    let deepest = budget::CONDITION_NESTING;
    for (open, close) in [("(", ")"), ("[", "]"), ("!", ""), ("- ", ""), ("{1: ", "}"), ("has(", ".a)"), ("int(", ")")]
    {
        // One level is `predicate`, and for `has` another its field.
        let levels = |levels: usize| format!("{}predicate{}", open.repeat(levels), close.repeat(levels));
        if open != "has(" {
            parses_up_to(&levels(deepest - 1), &levels(deepest));
        }
        let error = Condition::parse(&open.repeat(4000)).expect_err("too deep");
        assert_eq!((error.code(), error.line()), ("condition-over-budget", 1), "{open}");
        assert!(error.column() <= (deepest + 1) * open.len() + 1, "what is too deep is not read: {}", error.column());
    }
    let fields = |levels: usize| format!("predicate{}", ".a".repeat(levels));
    parses_up_to(&fields(deepest - 1), &fields(deepest));
    let sum = |levels: usize| format!("predicate{}", " + 1".repeat(levels));
    parses_up_to(&sum(deepest - 1), &sum(deepest));
    let choice = |levels: usize| format!("{}1", "predicate ? 1 : ".repeat(levels));
    parses_up_to(&choice(deepest - 1), &choice(deepest));
    let row = vec!["predicate"; 500].join(" || ");
    assert!(Condition::parse(&row).is_ok(), "a row of alternatives nests once");
}

/// The specification's own minimum (cel-spec, "Syntax").
#[test]
fn what_every_reader_has_to_read_is_read() {
    let row = |operator: &str, count| vec!["predicate"; count].join(operator);
    let fields = format!("predicate{}", ".a".repeat(12));
    let indices = format!("predicate{}", "[0]".repeat(12));
    let lists = format!("{}predicate{}", "[".repeat(12), "]".repeat(12));
    let choices = format!("{}predicate", "predicate ? 1 : ".repeat(24));
    for text in [row(" || ", 33), row(" && ", 33), row(" + ", 25), row(" < ", 25), fields, indices, lists, choices] {
        assert!(Condition::parse(&text).is_ok(), "{text}");
    }
}

#[test]
#[cfg(not(target_arch = "wasm32"))]
fn the_deepest_condition_takes_little_of_a_stack() {
    let depth = budget::CONDITION_NESTING - 3;
    let text = format!("{}predicate == 1{}", "[1].all(x, ".repeat(depth / 2), ")".repeat(depth / 2));
    let text = format!("{}{text}{} == [[[predicate]]]", "[".repeat(depth / 2), "]".repeat(depth / 2));
    let small = std::thread::Builder::new().stack_size(512 << 10);
    let answered = small.spawn(move || asked(&text, &json!(1)).0.is_ok()).expect("a thread").join();
    assert!(answered.expect("no overflow"));
}

#[test]
fn patterns_have_a_largest_size() {
    let pattern = |bytes: usize| format!("predicate.matches('^{}')", "a".repeat(bytes - 1));
    parses_up_to(&pattern(budget::CONDITION_PATTERN_BYTES), &pattern(budget::CONDITION_PATTERN_BYTES + 1));
    // As repetitions are written short, what they become counts too: states, 2^n of them, and repetitions of repetitions.
    for large in ["(a|b)*a(a|b){60}c", "(.{1000}){1000}", "((a?){12}(b?){12}){8}z", "(?i)([^q]{0,20}){1,4}z"] {
        parses_up_to("predicate.matches('^.{1,60}$')", &format!("predicate.matches('{large}')"));
    }
}

#[test]
fn an_evaluation_has_a_largest_number_of_steps() {
    let loops = "predicate.l.all(x, predicate.l.all(y, y >= 0 && predicate.n.all(z, z == 0)))";
    let of = |len: usize, extra: usize| json!({ "l": vec![0; len], "n": vec![0; extra] });
    let (held, few) = asked(loops, &of(10, 1));
    assert_eq!(held, Ok(true));
    assert!((100..2_000).contains(&few), "{few}");
    let (held, all) = asked(loops, &of(200, 200));
    assert_eq!(held.expect_err("too many").code(), "condition-over-budget");
    assert_eq!(all, budget::CONDITION_STEPS + 1, "it ends at the first step too many");
    // A list of so many items takes exactly the steps that there are, and one item more does not.
    let (_, none) = asked("predicate.all(x, x)", &json!([]));
    let items = budget::CONDITION_STEPS - none;
    answers_up_to(
        ("predicate.all(x, x)", json!(vec![true; items])),
        ("predicate.all(x, x)", json!(vec![true; items + 1])),
    );
}

/// Whatever is done with a text takes the longer, the longer it is.
#[test]
fn long_texts_take_their_time() {
    let took = |condition: &str, bytes: usize| {
        let text = "a".repeat(bytes);
        let (held, steps) = asked(condition, &json!({ "a": text, "b": text }));
        assert_eq!(held, Ok(true), "{condition}");
        steps
    };
    for (condition, more) in [
        ("predicate.a == predicate.b", 100),
        ("predicate.a <= predicate.b", 100),
        ("predicate.a.startsWith(predicate.b)", 100),
        ("predicate.a.endsWith(predicate.b)", 100),
        ("predicate.a.startsWith('a') && predicate.a.endsWith('a')", 0),
        ("predicate.a.contains(predicate.b)", 200),
        ("predicate.a.contains('a')", 100),
        ("predicate.a.size() > 0", 100),
        ("predicate.a.matches('a')", 400),
        ("(predicate.a + predicate.b).endsWith('a')", 200),
        ("(bytes(predicate.a) + bytes(predicate.b)).size() > 0", 400),
    ] {
        assert_eq!(took(condition, 3200) - took(condition, 1600), more, "{condition}");
    }
    let lists = |items: usize| asked("(predicate + predicate).size() > 0", &json!(vec![0; items])).1;
    assert_eq!(lists(200) - lists(100), 200);
}

#[test]
fn no_operator_forgives_too_many_steps() {
    let endless = "predicate.all(x, predicate.all(y, predicate.all(z, z == 0)))";
    let many = json!(vec![0; 1000]);
    for around in ["E || predicate != 1", "predicate != 1 && E", "predicate.exists(x, E)", "!(E && predicate == 1)"] {
        let (held, _) = asked(&around.replace('E', endless), &many);
        assert_eq!(held.expect_err("too many").code(), "condition-over-budget", "{around}");
    }
}

#[test]
fn what_is_put_together_has_a_largest_size() {
    let text = |bytes: usize| json!({ "a": "a".repeat(bytes - 1) });
    let limit = budget::CONDITION_STRING_BYTES;
    answers_up_to(
        ("(predicate.a + 'b').endsWith('ab')", text(limit)),
        ("(predicate.a + 'b').endsWith('ab')", text(limit + 1)),
    );
    answers_up_to(
        ("(b'b' + bytes(predicate.a)).size() > 1", text(limit)),
        ("(b'b' + bytes(predicate.a)).size() > 1", text(limit + 1)),
    );
    answers_up_to(("bytes(predicate.a) != b''", text(limit + 1)), ("bytes(predicate.a) != b''", text(limit + 2)));
    let list = |items: usize| json!(vec![0; items]);
    let limit = budget::CONDITION_ITEMS;
    for text in ["predicate + [0] != []", "predicate.map(x, 0) != []", "predicate.filter(x, x == 0) != []"] {
        let own = usize::from(text.contains('+'));
        answers_up_to((text, list(limit - own)), (text, list(limit + 1 - own)));
    }
}

#[test]
fn what_is_compared_nests_to_a_depth() {
    let nested = |levels: usize| {
        let value = (0..levels).fold(json!(1), |inner, _| json!([inner]));
        json!({ "a": value.clone(), "b": value })
    };
    let limit = budget::CONDITION_VALUE_NESTING;
    answers_up_to(("predicate.a == predicate.b", nested(limit)), ("predicate.a == predicate.b", nested(limit + 1)));
}

#[test]
fn the_same_question_takes_the_same_steps() {
    let predicate = json!({ "l": ["a", "ab", "abc"], "m": { "b": 1, "a": 2, "c": { "d": null } } });
    for text in [
        "predicate.l.exists(x, x.matches('^ab+c$'))",
        "predicate.m.map(k, k) == ['a', 'b', 'c']",
        "predicate.m.exists(k, k == 'b' && predicate.m[k] == 1)",
        "predicate.missing == 1 || predicate.m == predicate.m",
    ] {
        let first = asked(text, &predicate);
        assert_eq!(first.0, Ok(true), "{text}");
        assert!(first.1 > 3);
        for _ in 0..3 {
            assert_eq!(asked(text, &predicate), first, "{text}");
        }
    }
}

/// Neither in the evidence nor in the condition. `serde_json` sorts what it reads, unless somebody in the program asks it for
/// `preserve_order`: what that would keep is kept here by the maps that a condition writes out.
#[test]
fn the_order_of_keys_never_matters() {
    let orders = [
        ["'a': 1", "'b': 'x'", "'c': [2, 3]"],
        ["'c': [2, 3]", "'a': 1", "'b': 'x'"],
        ["'b': 'x'", "'c': [2, 3]", "'a': 1"],
    ];
    let predicate = json!({ "m": { "c": [2, 3], "b": "x", "a": 1 }, "other": { "c": [2, 3], "b": "y", "a": 1 } });
    for (question, answer) in [
        ("predicate.m == MAP", true),
        ("MAP == predicate.m", true),
        ("MAP == predicate.other", false),
        ("predicate.other == MAP", false),
        ("MAP.exists(k, predicate.m[k] == 'x')", true),
        ("MAP.exists(k, predicate.m[k] > 0)", true),
        ("MAP.all(k, predicate.m[k] != [2, 3])", false),
        ("MAP.all(k, predicate.m[k] == MAP[k])", true),
    ] {
        for order in orders {
            let question = question.replace("MAP", &format!("{{{}}}", order.join(", ")));
            assert_eq!(asked(&question, &predicate).0, Ok(answer), "{question}");
        }
    }
    let (sorted, _) = asked("predicate.m.map(k, k) == ['a', 'b', 'c']", &predicate);
    assert_eq!(sorted, Ok(true));
}

fn json_value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "[a-c0-9:TZ.hms-]{0,20}".prop_map(Json::from),
        ".{0,10}".prop_map(Json::from),
        Just(json!("2026-11-24T12:00:00Z")),
        Just(json!("9999-12-31T23:59:59.999999999Z")),
        Just(json!("-2562047h47m16.854775808s")),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::btree_map("[abc]", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// Every operator and function, over two values of any type.
const QUESTIONS: [&str; 24] = [
    "A == B",
    "A < B || A >= B",
    "A + B != A",
    "A - B == A || A * B == A || A / B == A || A % B == A",
    "A in B",
    "A[B] == B",
    "-A < A",
    "!A",
    "A ? B : A",
    "A && B || A",
    "size(A) == B.size()",
    "has(A.a) && has(A.a.b)",
    "A.startsWith(B) || A.endsWith(B) || A.contains(B)",
    "A.matches(r'^[a-c]+\\d*$')",
    "A.all(x, x == B) || A.exists_one(x, x in B)",
    "A.map(x, x != B, [x, B]) == A.filter(x, x < B)",
    "int(A) == uint(B)",
    "double(A) == double(B) || string(A) == string(B)",
    "bool(A) || bytes(A) == bytes(B)",
    "timestamp(A) - timestamp(B) < duration('1h')",
    "timestamp(A) + duration(B) > timestamp(A) || duration(A) - duration(B) == duration('1s')",
    "timestamp(A).getDayOfYear() == duration(B).getHours()",
    "type(A) == type(B) || type(A) == int",
    "{A: B} == {B: A}",
];

proptest! {
    #[test]
    fn no_evidence_makes_it_panic(a in json_value(), b in json_value()) {
        let predicate = json!({ "a": a, "b": b });
        for question in QUESTIONS {
            let question = question.replace('A', "predicate.a").replace('B', "predicate.b");
            let first = asked(&question, &predicate);
            prop_assert!(first.1 > 3, "{question}");
            prop_assert_eq!(asked(&question, &predicate), first);
        }
    }

    /// `a != b` is `!(a == b)`, and what is equal is so from both sides.
    #[test]
    fn equality_is_symmetric(a in json_value(), b in json_value()) {
        let predicate = json!({ "a": a, "b": b });
        let holds = |question: &str| asked(question, &predicate).0;
        let equal = holds("predicate.a == predicate.b").expect("equality is defined for all");
        prop_assert_eq!(holds("predicate.b == predicate.a"), Ok(equal));
        prop_assert_eq!(holds("predicate.a != predicate.b"), Ok(!equal));
        prop_assert_eq!(holds("predicate.a == predicate.a"), Ok(true));
    }

    /// Where both orders have an answer, or one decides, it is the same.
    #[test]
    fn logic_commutes(a in json_value(), b in json_value()) {
        let predicate = json!({ "a": a, "b": b });
        for operator in ["&&", "||"] {
            let forth = asked(&format!("predicate.a {operator} predicate.b"), &predicate).0;
            let back = asked(&format!("predicate.b {operator} predicate.a"), &predicate).0;
            prop_assert_eq!(forth.ok(), back.ok());
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[ -~]{0,40}", tail in "\\PC{0,20}") {
        let _unread = Condition::parse(&text);
        for text in [format!("predicate{text}{tail}"), format!("predicate.matches('{text}')"), format!("predicate == '{tail}'")] {
            if let Ok(read) = Condition::parse(&text) {
                prop_assert_eq!(Condition::parse(&read.to_string()), Ok(read));
            }
        }
    }
}
