//! Whatever the text, it becomes a policy that loads and demands something, or is refused with reasons.

use bulla_policy::{
    Embedded, TrustPolicy,
    convert::{Format, SignedNames, convert},
};
use proptest::prelude::*;

/// What `fuzz/` starts from, too.
const SEEDS: [&str; 5] = [
    include_str!("../../../fuzz/corpus/convert/cluster-image-policy"),
    include_str!("../../../fuzz/corpus/convert/kyverno"),
    include_str!("../../../fuzz/corpus/convert/containers"),
    include_str!("../../../fuzz/corpus/convert/connaisseur"),
    include_str!("../../../fuzz/corpus/convert/notation"),
];

#[track_caller]
fn holds(text: &str, format: Option<Format>) -> bool {
    match convert(text, format, SignedNames::Ignored, &Embedded) {
        Ok(converted) => {
            let policy = TrustPolicy::parse(&converted.text, &Embedded).expect("it loads");
            assert!(!policy.document().spec.rules.is_empty(), "{text}");
            true
        }
        Err(errors) => {
            assert!(!errors.is_empty() && errors.iter().all(|error| !error.hint().is_empty()), "{text}");
            false
        }
    }
}

#[test]
fn the_seeds_are_what_they_are_called() {
    let converted: Vec<_> = SEEDS.iter().map(|seed| holds(seed, None)).collect();
    assert_eq!(converted, [true, true, true, true, false]);
    for (format, seed) in Format::ALL.into_iter().zip(SEEDS) {
        let Ok(converted) = convert(seed, None, SignedNames::Ignored, &Embedded) else { continue };
        assert_eq!(converted.format, format);
        let first = format!("# Converted from `{}` by `bulla policy convert`.", format.as_str());
        assert_eq!(converted.text.lines().next(), Some(first.as_str()));
    }
    let called = Format::ALL.map(Format::as_str);
    assert_eq!(called, ["cluster-image-policy", "kyverno", "containers", "connaisseur", "notation"]);
}

/// Whose a document is, by the least that says so: what is told of it is what that format lacks.
#[test]
fn the_least_of_a_document_says_whose_it_is() {
    let told = |text: &str, format: Option<Format>| {
        let converted = convert(text, format, SignedNames::Ignored, &Embedded).map(|converted| converted.text);
        converted.expect_err(text).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    for (text, format) in [
        ("kind: ClusterImagePolicy", Format::ClusterImagePolicy),
        ("apiVersion: policies.kyverno.io/v1", Format::Kyverno),
        ("apiVersion: kyverno.io/v1", Format::Kyverno),
        ("trustPolicies: []", Format::Notation),
        ("application: {}", Format::Connaisseur),
        ("{ validators: [], policy: [] }", Format::Connaisseur),
        ("default: []", Format::Containers),
        ("transports: {}", Format::Containers),
    ] {
        for other in Format::ALL {
            assert_eq!(told(text, None) == told(text, Some(other)), other == format, "{text}, {other:?}");
        }
    }
    for text in ["validators: []", "policy: []", "kind: TrustPolicy", "apiVersion: bulla.dev/v1"] {
        let errors = convert(text, None, SignedNames::Ignored, &Embedded).map(|converted| converted.text);
        assert_eq!(errors.expect_err(text).iter().map(|error| error.code()).collect::<Vec<_>>(), ["format-unknown"]);
    }
}

/// Words of every format, so that what is changed is still read.
const WORDS: [&str; 16] = [
    "*", "**", "null", "true", "0", "[]", "{}", "\"\"", "kms", "reject", "pattern", "static", "\n", ": ", "- ", "warn",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_policy_is_converted_whole_or_refused(
        seed in 0..SEEDS.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, prop::sample::select(WORDS.to_vec())), 1..4),
        format in prop::option::of(prop::sample::select(Format::ALL.to_vec())),
    ) {
        let mut text: Vec<char> = SEEDS.get(seed).copied().unwrap_or_default().chars().collect();
        for (at, gone, word) in edits {
            let from = at.index(text.len() + 1);
            text.splice(from..(from + gone).min(text.len()), word.chars());
        }
        let text: String = text.into_iter().collect();
        holds(&text, None);
        holds(&text, format);
    }
}
