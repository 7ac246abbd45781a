//! What each refusal of a policy says. `policy/docs/refusals.md` has an example of every code, made here, for people to read aloud;
//! what the verifier refuses has a page of its own, `verify-lib/docs/refusals.md`.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod examples;
mod scene;

use bulla_policy::Reason;
use bulla_tests::root;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
};

const PAGE: &str = "policy/docs/refusals.md";

const HEAD: &str = "# What a policy refuses

Every reason of a decision has a code, which scripts may rely on, a sentence, and what to do next. Here is an example of each that a policy can
give, as `tests/tests/refusals` makes them (`BULLA_WRITE_REFUSALS=1 cargo test -p bulla-tests --test refusals` writes this page anew). What
is wrong with a signature itself has [a page of its own](../../verify-lib/docs/refusals.md); what could not be fetched keeps the code of whoever could
not be asked. Digests are cut.
";

fn source(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

/// Literals that look like codes: `two-words`, or more.
fn codes_in(text: &str) -> BTreeSet<String> {
    let is_code = |text: &&str| {
        let mut words = text.split('-');
        text.contains('-') && words.all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
    };
    text.split('"').filter(is_code).map(str::to_owned).collect()
}

/// Every code that a decision can give of its own.
fn codes() -> BTreeSet<String> {
    // Words that are no two.
    let mut codes = BTreeSet::from(["outdated".to_owned(), "unmatched".to_owned()]);
    for room in ["contents", "index", "leaf", "mod", "provenance", "signer", "threshold"] {
        let code = source(&format!("policy/src/decision/{room}.rs"));
        codes.extend(codes_in(&code));
    }
    let documents = source("policy/src/document/mod.rs");
    let documents = documents.split("pub fn code").nth(1).and_then(|rest| rest.split("pub fn hint").next());
    codes.extend(codes_in(documents.expect("the documents' codes")));
    let conditions = source("policy/src/condition/error.rs");
    let conditions = conditions.split("fn code").nth(1).and_then(|rest| rest.split("fn hint").next());
    let conditions = codes_in(conditions.expect("the conditions' codes"));
    codes.extend(conditions.into_iter().filter(|code| !WHERE_READ.contains(&code.as_str())));
    codes
}

/// What is wrong with a condition as it is written: its policy does not parse.
const WHERE_READ: [&str; 7] = [
    "condition-syntax",
    "condition-literal",
    "condition-variable",
    "condition-function",
    "condition-arguments",
    "condition-pattern",
    "condition-constant",
];

/// An example, without what differs from run to run.
fn shown(reason: &Reason) -> String {
    let hint = reason.hint.as_deref().unwrap_or_default();
    let mut shown = String::new();
    let _ = write!(shown, "\n## `{}`\n\n> {}\n\nWhat to do: {hint}\n", reason.code, cut(&reason.message));
    shown
}

/// 64 hex digits are a digest.
fn cut(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |cut, part| {
        let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        format!("{cut}sha256:…{}", part.get(digits..).unwrap_or_default())
    })
}

#[test]
fn every_code_has_an_example_a_sentence_and_something_to_do() {
    let mut pages: BTreeMap<String, String> = sections(&source(PAGE));
    let made = examples::all();
    for reason in &made {
        assert_one_voice(&reason.message, reason);
        assert_one_voice(reason.hint.as_deref().unwrap_or_default(), reason);
    }
    let made: BTreeMap<_, _> = made.iter().map(|reason| (reason.code.clone(), shown(reason))).collect();
    let codes = codes();
    assert!(made.keys().all(|code| codes.contains(code)), "{:?}", made.keys().filter(|code| !codes.contains(*code)));
    // Some examples need others' bundles: where those are not at hand, the page has them from where they are.
    let at_hand =
        bulla_tests::vectors("slsa-verifier").is_some() && bulla_tests::vectors("sigstore-conformance").is_some();
    let missing: Vec<_> = codes.iter().filter(|code| !made.contains_key(*code)).collect();
    assert!(!at_hand || missing.is_empty(), "no example of {missing:?}");
    if std::env::var_os("BULLA_WRITE_REFUSALS").is_some() {
        pages.retain(|code, _| codes.contains(code));
        pages.extend(made.clone());
        let text = pages.values().fold(HEAD.to_owned(), |page, section| page + section);
        fs::write(root().join(PAGE), text).expect("written");
    }
    assert_eq!(pages.keys().cloned().collect::<BTreeSet<_>>(), codes, "{PAGE} has other codes");
    for (code, section) in &made {
        assert_eq!(pages.get(code), Some(section), "{PAGE} says something else: see the documentation of this test");
    }
}

/// A page's sections by their codes, each with its heading.
fn sections(page: &str) -> BTreeMap<String, String> {
    let sections = page.split("\n## `").skip(1);
    sections.filter_map(|section| Some((section.split('`').next()?.to_owned(), format!("\n## `{section}")))).collect()
}

#[track_caller]
fn assert_one_voice(sentence: &str, reason: &Reason) {
    assert!(!sentence.is_empty(), "nothing is said: {reason:?}");
    let first = sentence.chars().next().unwrap_or_default();
    assert!(!first.is_uppercase() || sentence.starts_with("SPDX"), "it begins like a sentence of its own: {reason:?}");
    assert!(!sentence.ends_with(['.', ' ']), "it ends: {reason:?}");
    assert!(!sentence.contains("no matching") && !sentence.contains("::"), "{reason:?}");
}

#[test]
fn no_refusal_anywhere_is_only_that_nothing_matches() {
    for folder in ["policy/src/decision", "verify-lib/src/error"] {
        for file in fs::read_dir(root().join(folder)).expect(folder) {
            let path = file.expect("a file").path();
            let text = fs::read_to_string(&path).expect("text").to_lowercase();
            assert!(!text.contains("no matching"), "{}", path.display());
        }
    }
}
