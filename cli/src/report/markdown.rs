//! Markdown as GitHub and GitLab read it: a table of the subjects, and beneath it the reasons, folded.
//!
//! What others have written stands in `<code>` or between words of ours, and every letter of it that means something to Markdown or
//! to HTML is written as a number.

use super::{
    Places,
    verdicts::{Complaint, Level, Subject, Verdicts},
};
use bulla_policy::Verdict;
use std::fmt::Write;

/// All of it.
pub(super) fn page(verdicts: &Verdicts<'_>, places: &Places) -> String {
    summary(verdicts, places, usize::MAX)
}

/// As much of it as there is room for: what is not accepted comes first.
pub(super) fn summary(verdicts: &Verdicts<'_>, places: &Places, room: usize) -> String {
    let mut page = format!("## {}: {}\n\n", text(&places.text(&verdicts.headline())), verdicts.counts());
    if let Some(required) = verdicts.required {
        let _ = writeln!(page, "Required: {}\n", text(&places.text(required)));
    }
    let subjects = verdicts.worst_first();
    let mut left_out = 0;
    // Each half may take half of the room.
    let half = room / 2;
    if !subjects.is_empty() {
        page.push_str("| verdict | what | why |\n|---|---|---|\n");
    }
    for subject in &subjects {
        let row = row(subject, places);
        match page.len().saturating_add(row.len()) <= half {
            true => page.push_str(&row),
            false => left_out += 1,
        }
    }
    page.push('\n');
    if left_out > 0 {
        let _ = writeln!(page, "There is no room for {left_out} more: the other reports have them.\n");
    }
    let folded = subjects.iter().filter_map(|subject| reasons(subject, places));
    let besides = verdicts.besides.iter().map(|besides| {
        let place = besides.place.map(|place| place_of(&places.file(&place.file), place.line)).unwrap_or_default();
        format!("- {place}{}\n", told(&besides.complaint, places))
    });
    folded.chain(besides).for_each(|part| {
        if page.len().saturating_add(part.len()) <= room {
            page.push_str(&part);
        }
    });
    page
}

fn row(subject: &Subject<'_>, places: &Places) -> String {
    let verdict = match (subject.verdict, subject.complaints.is_empty()) {
        (Verdict::Accepted, true) => "✅ accepted",
        (Verdict::Accepted, false) => "⚠️ accepted with a warning",
        (Verdict::Refused, _) => "❌ refused",
        (Verdict::Unknown, _) => "❓ unknown",
    };
    let why = subject.complaints.first().map_or_else(String::new, |first| text(&places.text(&first.message)));
    format!("| {verdict} | {} | {why} |\n", code(&subject.title(places)))
}

/// Every reason, folded; nothing where there is none.
fn reasons(subject: &Subject<'_>, places: &Places) -> Option<String> {
    if subject.complaints.is_empty() {
        return None;
    }
    let count = match subject.complaints.len() {
        1 => "1 reason".to_owned(),
        many => format!("{many} reasons"),
    };
    let mut folded = format!("<details><summary>{count}: {}</summary>\n\n", code(&subject.title(places)));
    for complaint in &subject.complaints {
        let _ = writeln!(folded, "- {}", told(complaint, places));
    }
    for using in subject.uses {
        let _ = writeln!(folded, "- used by {}", text(&places.text(&using.told())));
    }
    Some(folded + "\n</details>\n\n")
}

fn told(complaint: &Complaint<'_>, places: &Places) -> String {
    let level = match complaint.level {
        Level::Refused => "refused",
        Level::Unknown => "unknown",
        Level::Warned => "warning",
    };
    let message = text(&places.text(&complaint.message));
    let hint = complaint.hint.as_ref().map(|hint| format!("<br>hint: {}", text(&places.text(hint))));
    format!("{level}: {message} {}{}", code(&complaint.code), hint.unwrap_or_default())
}

fn place_of(file: &str, line: usize) -> String {
    match line {
        0 => format!("{} ", code(file)),
        line => format!("{} ", code(&format!("{file}:{line}"))),
    }
}

fn code(shown: &str) -> String {
    format!("<code>{}</code>", text(shown))
}

/// Text that means nothing but itself, in a cell, a list or an element, as one line. `www.` alone would become a link.
fn text(shown: &str) -> String {
    let mut safe = String::with_capacity(shown.len());
    for letter in shown.chars() {
        match letter {
            ' ' | '/' | '-' | ',' | ';' | '(' | ')' | '=' => safe.push(letter),
            '.' if safe.ends_with("www") || safe.ends_with("WWW") => safe.push_str("&#46;"),
            '.' => safe.push('.'),
            _ if letter.is_ascii_punctuation() || letter.is_control() => {
                let _ = write!(safe, "&#{};", u32::from(letter));
            }
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_is_markdown_or_markup() {
        let hostile = "|`*_<b>[x](https://a)!~#@me&www.a\n";
        let safe = text(hostile);
        let plain = |letter: char| letter.is_alphanumeric() || " /-,;()=.&#".contains(letter);
        assert!(safe.chars().all(plain), "{safe}");
        assert!(!safe.contains("www.") && !safe.contains("://"), "{safe}");
        assert_eq!(text("registry.acme.dev/app (a, b)"), "registry.acme.dev/app (a, b)");
    }
}
