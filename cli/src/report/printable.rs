//! Foreign text on our terminal, and in a pipeline's log: shown, never obeyed.

use std::borrow::Cow;

/// `text` on one line, with whatever could steer a terminal or a reader's eye written as `\u{…}`: control characters
/// (escape sequences begin with one), line separators, and the marks that turn or hide text (CVE-2021-42574).
///
/// So is what begins a command in a pipeline: the runners of GitHub and Azure obey `##[` and `##vso[` anywhere in what a step says, and
/// GitHub's a `::` at the beginning of a line (actions/runner, `ActionCommand.cs`).
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let begins_command = text.trim_start().starts_with("::");
    if !begins_command && !text.contains("##") && !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        let is_command = match letter {
            ':' => begins_command && shown.trim_start().is_empty(),
            '#' => shown.ends_with('#'),
            _ => false,
        };
        if is_command || is_unsafe(letter) {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push(letter);
        }
    }
    Cow::Owned(shown)
}

/// Whether a terminal or a reader could be led astray by it.
pub(super) fn is_unsafe(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_or_an_eye_gets_through() {
        assert_eq!(printable("a\u{1b}[2Jb\r\n"), "a\\u{1b}[2Jb\\u{d}\\u{a}");
        assert_eq!(printable("\u{9b}31m"), "\\u{9b}31m");
        assert_eq!(printable("evil\u{202e}gpj.exe"), "evil\\u{202e}gpj.exe");
    }

    #[test]
    fn nothing_begins_a_command_of_a_pipeline() {
        assert_eq!(printable("  ::stop-commands::x"), "  \\u{3a}:stop-commands::x");
        assert_eq!(printable("a ##[set-output name=b]c"), "a #\\u{23}[set-output name=b]c");
        assert_eq!(printable("####vso[x]"), "#\\u{23}#\\u{23}vso[x]");
    }

    #[test]
    fn ordinary_text_of_any_language_stays_as_it_is() {
        for text in ["registry.acme.dev/app", "[::1]:5000/app#1", "名前@例え.jp", "Ünïcödé", "🏺"] {
            assert_eq!(printable(text), text);
        }
    }
}
