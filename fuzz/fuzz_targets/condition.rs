//! A condition of any text over any JSON never panics, prints as it was read, and answers the same whenever it is asked.
//! The input is the condition, a NUL, and the predicate.
#![no_main]

use bulla_policy::Condition;
use serde_json::{Value, json};

libfuzzer_sys::fuzz_target!(|input: &str| {
    let (text, predicate) = input.split_once('\0').unwrap_or((input, ""));
    let predicate: Value = serde_json::from_str(predicate).unwrap_or_else(|_| json!({ "a": [1, "b", null, { "c": 1.5 }] }));
    let Ok(condition) = Condition::parse(text) else { return };
    assert_eq!(condition.to_string(), text);
    let signer = json!({ "issuer": "https://issuer.example", "identity": predicate });
    let answer = condition.holds(&predicate, &signer);
    assert_eq!(condition.holds(&predicate, &signer), answer);
    if let Err(error) = answer {
        assert!(error.line() > 0 && error.column() <= text.chars().count() + 1, "{error}");
    }
});
