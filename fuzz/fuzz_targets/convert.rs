//! Another tool's policy of any text never panics: it becomes one that loads and demands something, or is refused with reasons.
#![no_main]

use bulla_policy::{
    Embedded, TrustPolicy,
    convert::{Format, SignedNames, convert},
};

libfuzzer_sys::fuzz_target!(|text: &str| {
    for format in [None].into_iter().chain(Format::ALL.map(Some)) {
        for names in [SignedNames::Refused, SignedNames::Ignored] {
            match convert(text, format, names, &Embedded) {
                Ok(converted) => {
                    let policy = TrustPolicy::parse(&converted.text, &Embedded).expect("it loads");
                    assert!(!policy.document().spec.rules.is_empty());
                }
                Err(errors) => assert!(!errors.is_empty() && errors.iter().all(|error| !error.hint().is_empty())),
            }
        }
    }
});
