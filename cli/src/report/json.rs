//! A report for programs: one JSON object, as `cli/schema/report-v1.json` says.

use super::{Report, printable::is_unsafe};
use serde_json::value::RawValue;

/// The object, on lines that a person can read too.
pub(super) fn data(report: &Report) -> String {
    // A report holds nothing but strings, numbers and lists: it always has a JSON form.
    let json = serde_json::to_string_pretty(report).unwrap_or_default();
    let mut safe = String::with_capacity(json.len() + 1);
    for letter in json.chars() {
        match letter {
            // A pipeline's runner obeys `##[` anywhere in a line; outside strings, there is no such letter.
            '#' if safe.ends_with('#') => safe.push_str("\\u0023"),
            // Between the strings; inside them, JSON has escaped every control character of ASCII but DEL.
            '\n' => safe.push(letter),
            _ if is_unsafe(letter) => {
                let mut units = [0; 2];
                safe.extend(letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
            }
            _ => safe.push(letter),
        }
    }
    safe.push('\n');
    safe
}

/// The same JSON, number for number, without what stands between its words: a report has no other control characters.
pub(super) fn compact(json: &str) -> Option<Box<RawValue>> {
    let (mut in_string, mut escaped) = (false, false);
    let kept = |letter: &char| {
        let keep = in_string || !letter.is_ascii_whitespace();
        match letter {
            '"' if !escaped => in_string = !in_string,
            _ => {}
        }
        escaped = in_string && *letter == '\\' && !escaped;
        keep
    };
    RawValue::from_string(json.chars().filter(kept).collect()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Failure;

    #[test]
    fn a_predicate_is_the_same_number_for_number() {
        let json = "{ \"a\\\\\" :\t1.50,\r\n \"b \\\" c\" : [ 12345678901234567890123 , \"d  e\" ] }";
        let compacted = compact(json).map(|raw| raw.get().to_owned());
        let expected = "{\"a\\\\\":1.50,\"b \\\" c\":[12345678901234567890123,\"d  e\"]}";
        assert_eq!(compacted.as_deref(), Some(expected));
    }

    #[test]
    fn what_steers_a_terminal_is_escaped_and_still_the_same_text() {
        let text = "##[a]###b\u{1b}b\u{7f}c\u{9b}d\u{202e}e\u{e0041}f\n";
        let json = data(&Report::failed("verify", Failure::usage(text)));
        assert!(!json.contains(|letter| letter != '\n' && is_unsafe(letter)) && !json.contains("##"), "{json}");
        let value: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
        assert_eq!(value.pointer("/errors/0/message").and_then(|message| message.as_str()), Some(text));
    }
}
