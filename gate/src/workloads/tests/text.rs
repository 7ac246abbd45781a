//! What a text is read as, where in it, and what of it is not read.

use super::super::{Paths, images};
use super::{doubts, found, owned, refuses, uses};
use crate::budget;

/// Line, column, and the image as its bytes in the text.
#[track_caller]
fn places(text: &str) -> Vec<(usize, usize, &str)> {
    let found = found(text);
    let at = found.images.into_iter().map(|image| image.at.expect("a place"));
    at.map(|at| (at.line, at.column, text.get(at.bytes).expect("a range"))).collect()
}

const POD: &str = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n";

#[test]
fn an_image_is_where_it_is_written_in_every_document() {
    let text = format!(
        "# first\n{POD}  - image: a/b:1  # c\n---\n{POD}  - {{name: é, image: 'a/c'}}\n...\n---\n# none\n---\n{POD}  - image: \"a/d\"\n"
    );
    assert_eq!(places(&text), [(6, 12, "a/b:1"), (12, 22, "a/c"), (21, 12, "a/d")]);
}

#[test]
fn carriage_returns_and_a_byte_order_mark_move_nothing() {
    let text = format!("{POD}  - name: ü\n    image: a/b:1\n---\n{POD}  - image: 'a/c'\n");
    let expected = places(&text);
    let windows = text.replace('\n', "\r\n");
    assert_eq!(places(&windows), expected);
    assert_eq!(places(&format!("\u{feff}{windows}")), expected);
    assert_eq!(places(&format!("\u{feff}---\n{text}")), [(7, 12, "a/b:1"), (13, 12, "a/c")]);
}

#[test]
fn every_style_of_text_is_read_and_found() {
    for (written, place) in [
        ("a/b:1", (5, 12, "a/b:1")),
        ("a/b:1\n", (5, 12, "a/b:1")),
        ("'a/b:1'", (5, 12, "a/b:1")),
        ("\"a/b:1\"", (5, 12, "a/b:1")),
        ("\"a\\x2fb:1\"", (5, 12, "\"a\\x2fb:1\"")),
        ("\"a/\\\n     b:1\"", (5, 12, "\"a/\\\n     b:1\"")),
        (">-\n      a/b:1\n\n", (6, 7, "a/b:1")),
        ("|-  # why\n      a/b:1", (6, 7, "a/b:1")),
        ("\n      a/b:1", (6, 7, "a/b:1")),
        ("&it a/b:1", (5, 16, "a/b:1")),
        ("!!str a/b:1", (5, 18, "a/b:1")),
    ] {
        let text = format!("{POD}  - image: {written}\n    name: x\n");
        assert_eq!(places(&text), [place], "{text}");
        assert_eq!(uses(&text), owned(&[("spec.containers[0].image", "a/b:1")]));
    }
}

/// The API server refuses it, and so does whoever asks for its reference.
#[test]
fn an_image_with_a_line_break_stays_what_it_is() {
    for written in ["|\n      a/b:1\n", "a/b:1\n      c"] {
        let found = found(&format!("{POD}  - image: {written}\n    name: x\n"));
        assert_eq!(found.images[0].reference().unwrap_err().code(), "image-malformed");
    }
}

#[test]
fn aliases_are_what_they_stand_for() {
    let text = format!("x: &it {{image: a/b:1}}\n{POD}  - *it\n  - <<: *it\n    name: second\n");
    assert_eq!(places(&text), [(1, 16, "a/b:1"), (1, 16, "a/b:1")]);
    refuses(&format!("{POD}  - image: *nothing\n"), "manifest-malformed", 5);
    refuses("a: &a [*a]\n", "manifest-endless-alias", 1);
    refuses("a: &a x\n---\na: *a\n", "manifest-malformed", 3);
}

#[test]
fn what_is_malformed_is_refused_whole_with_its_place() {
    let good = format!("{POD}  - image: a/b:1\n---\n");
    for (bad, line) in
        [("a: [1\n", 7), ("a: 1\n b: 2\n", 8), ("a:\n\tb: 1\n", 8), ("a: 'x\n", 7), ("a: @x\n", 7), ("? [a]\n: 1\n", 7)]
    {
        let text = format!("{good}{bad}");
        refuses(&text, "manifest-malformed", line);
        let position = images(&text, &Paths::known()).unwrap_err().position().expect("a place");
        assert_eq!(position.document, 2);
    }
    let error = images(&format!("{good}a: @x\n"), &Paths::known()).unwrap_err();
    assert_eq!(error.to_string(), "line 7, column 4, in document 2: unexpected character: `@'");
}

#[test]
fn templates_are_called_templates() {
    for text in
        ["{{- if x }}\na: 1\n{{- end }}\n", "image: {{ .Values.image }}\n", "a: {{ include \"x\" . | nindent 4 }}\n"]
    {
        refuses(text, "manifest-template", 1);
    }
}

#[test]
fn a_key_is_there_once() {
    refuses("a: 1\nb: 2\na: 3\n", "manifest-duplicate-key", 3);
    refuses("a: {b: 1, \"b\": 2}\n", "manifest-duplicate-key", 1);
    refuses("<<: {a: 1}\n<<: {b: 1}\n", "manifest-duplicate-key", 2);
    refuses(r#"{"kind": "ConfigMap", "k\u0069nd": "Pod"}"#, "manifest-duplicate-key", 1);
    let error = images("a: 1\na: 3\n", &Paths::known()).unwrap_err();
    assert_eq!(error.to_string(), "line 2, column 1, in document 1: the key `a` is there already, in line 1");
}

/// github.com/go-yaml/yaml, issue 81: in `kubectl`'s reader, what is merged replaces what was written before.
#[test]
fn a_merge_after_the_keys_that_it_would_replace_is_refused() {
    refuses("x: &x {kind: Pod}\ny:\n  kind: ConfigMap\n  <<: *x\n", "manifest-merge-order", 3);
    assert_eq!(uses("x: &x {kind: Pod}\ny:\n  other: ConfigMap\n  <<: *x\n"), []);
    refuses("a:\n  <<: 1\n", "manifest-malformed", 2);
}

#[test]
fn tags_that_change_a_value_are_refused() {
    for tag in ["!!binary", "!Ref", "!!python/name:x", "!<tag:yaml.org,2002:binary>"] {
        refuses(&format!("a: 1\nimage: {tag} YWJj\n"), "manifest-unknown-tag", 2);
    }
    assert_eq!(doubts("%TAG !e! tag:yaml.org,2002:\n---\nimage: !e!str x\n").len(), 1);
    assert_eq!(uses("services: {a: {image: !override x, ports: !reset []}, b: {image: !reset null}}").len(), 1);
}

/// `kubectl` splits its input at each line that begins with `---`, and looks at no YAML for it.
#[test]
fn what_only_some_take_for_the_end_of_a_document_is_refused() {
    for text in ["a: 1\n---b: 2\n", "--- {a: \"\nkind: Pod\n#\"}\n", "a: |\n b\n--- {c: 1}\n", "a: \"\n---x\"\n"] {
        refuses(text, "manifest-ambiguous-separator", 0);
    }
    assert_eq!(uses("--- # first\na: 1\n---\t\nb: 1\n...\n--- #\n"), []);
}

/// What YAML 1.2 takes for part of the comment is a line of its own in YAML 1.1.
#[test]
fn what_only_some_take_for_the_end_of_a_line_is_refused() {
    for character in ['\u{85}', '\u{2028}', '\u{2029}'] {
        let text = format!("{POD}  - name: a # {character}    image: evil\n");
        refuses(&text, "manifest-ambiguous-line-break", 0);
    }
    assert_eq!(uses("a: \"\\u2028\"\n"), []);
}

#[test]
fn a_document_is_an_object() {
    for text in ["- a\n", "x\n", "a: 1\n---\n- b\n", "[]", "\"x\"", "--- |\n---x\nb\n"] {
        let error = images(text, &Paths::known()).unwrap_err();
        assert_eq!(error.code(), "manifest-not-an-object", "{text}");
    }
}

#[test]
fn one_byte_too_many_is_refused() {
    let text = |length: usize| format!("a: 1\n#{}", "x".repeat(length - 6));
    assert_eq!(uses(&text(budget::MANIFEST_BYTES)), []);
    refuses(&text(budget::MANIFEST_BYTES + 1), "manifest-over-budget", 0);
}

#[test]
fn one_level_too_many_is_refused() {
    let flow = |depth: usize| format!("{{a: {}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    let block = |depth: usize| {
        format!("{}x: 1\n", (0..depth - 2).map(|level| format!("a:\n{}", " ".repeat(level + 1))).collect::<String>())
    };
    let both: [&dyn Fn(usize) -> String; 2] = [&flow, &block];
    for text in both {
        assert_eq!(uses(&text(budget::DEPTH)), []);
        refuses(&text(budget::DEPTH + 1), "manifest-over-budget", 0);
        refuses(&text(budget::DEPTH * 100), "manifest-over-budget", 0);
    }
    // Aliases nest, too, without a bracket in sight.
    let aliases = |count: usize| {
        (1..count).fold("a0: &a0 []\n".to_owned(), |text, n| format!("{text}a{n}: &a{n} [*a{}]\n", n - 1))
    };
    assert_eq!(uses(&aliases(budget::DEPTH - 1)), []);
    refuses(&aliases(budget::DEPTH), "manifest-over-budget", 0);
}

/// CVE-2019-11253.
#[test]
fn one_value_too_many_is_refused_aliases_followed() {
    // The object, two keys and two lists, the thousand, and as many thousands again as fit, each with its list.
    let rest = budget::NODES - 5 - 1000;
    let list = |rest: usize| {
        format!("a: &a [{}]\nb: [{}{}]\n", "0,".repeat(1000), "*a,".repeat(rest / 1001), "0,".repeat(rest % 1001))
    };
    assert_eq!(uses(&list(rest)), []);
    refuses(&list(rest + 1), "manifest-over-budget", 0);
    let bomb = (1..10).fold("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, n| {
        format!("{text}a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(10))
    });
    refuses(&bomb, "manifest-over-budget", 0);
    let merges = format!(
        "a: &a {{{}}}\nb: [{}]\n",
        (0..2000).map(|n| format!("k{n}: 1,")).collect::<String>(),
        "{<<: *a},".repeat(2000)
    );
    refuses(&merges, "manifest-over-budget", 0);
}

#[test]
fn a_short_text_cannot_make_a_long_report() {
    let image = "x".repeat(10_000);
    let many = |count: usize| format!("i: &i {{image: {image}}}\n{POD}{}", "  - *i\n".repeat(count));
    assert_eq!(uses(&many(1000)).len(), 1000);
    refuses(&many(budget::REPORTED_BYTES / 10_000), "manifest-over-budget", 0);
}
