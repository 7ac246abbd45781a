//! JUnit's XML, in the form that Jenkins and GitLab read: a case for each subject, and for whatever could not be looked at.
//!
//! Refused is a failure and unknown an error. Nothing is ever skipped: a case that is skipped passes.

use super::{
    Places,
    verdicts::{Besides, Complaint, Level, Subject, Verdicts},
};
use bulla_policy::Verdict;
use std::fmt::Write;

/// The document.
pub(super) fn suite(verdicts: &Verdicts<'_>, places: &Places) -> String {
    let refused = |besides: &&Besides<'_>| besides.complaint.level == Level::Refused;
    let besides_refused = verdicts.besides.iter().filter(refused).count();
    let tests = verdicts.subjects.len() + verdicts.besides.len();
    let failures = verdicts.count(Verdict::Refused) + besides_refused;
    let errors = verdicts.count(Verdict::Unknown) + verdicts.besides.len() - besides_refused;
    let name = escaped(&places.text(&verdicts.headline()));
    let counts = format!("name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(xml, "<testsuites {counts}>\n  <testsuite {counts} skipped=\"0\">");
    if let Some(required) = verdicts.required {
        let required = escaped(&places.text(required));
        let _ = writeln!(
            xml,
            "    <properties>\n      <property name=\"required\" value=\"{required}\"/>\n    </properties>"
        );
    }
    verdicts.subjects.iter().for_each(|subject| case_of(&mut xml, subject, places));
    verdicts.besides.iter().for_each(|besides| besides_case(&mut xml, besides, places));
    xml + "  </testsuite>\n</testsuites>\n"
}

fn case_of(xml: &mut String, subject: &Subject<'_>, places: &Places) {
    let class = match (subject.uses.first(), &subject.place) {
        (Some(first), _) => places.file(&first.spot.file),
        (None, Some(place)) => places.file(&place.file),
        (None, None) if subject.is_file() => places.file(subject.name),
        (None, None) => places.text(subject.name).into_owned(),
    };
    let is_warning = |complaint: &&Complaint<'_>| complaint.level == Level::Warned;
    let (warnings, against): (Vec<_>, Vec<_>) = subject.complaints.iter().partition(is_warning);
    let outcome = match subject.verdict {
        Verdict::Accepted => None,
        Verdict::Refused => Some("failure"),
        Verdict::Unknown => Some("error"),
    };
    let places_used: Vec<_> = subject.uses.iter().map(|using| format!("used by {}", using.told())).collect();
    case(xml, &class, &subject.title(places), |xml| {
        if let Some(tag) = outcome {
            outcome_of(xml, tag, &against, &places_used, places);
        }
        if !warnings.is_empty() {
            let told: Vec<_> = warnings.iter().map(|warning| line("warning: ", warning, places)).collect();
            let _ = writeln!(xml, "      <system-out>{}</system-out>", escaped(&told.join("\n")));
        }
    });
}

fn besides_case(xml: &mut String, besides: &Besides<'_>, places: &Places) {
    let Besides { complaint, place } = besides;
    let class = place.map_or_else(|| "bulla".to_owned(), |place| places.file(&place.file));
    let name = match place {
        Some(place) if place.line > 0 => format!("{}:{}", complaint.code, place.line),
        _ => complaint.code.to_string(),
    };
    let tag = if complaint.level == Level::Refused { "failure" } else { "error" };
    case(xml, &class, &name, |xml| outcome_of(xml, tag, &[complaint], &[], places));
}

fn case(xml: &mut String, class: &str, name: &str, inside: impl FnOnce(&mut String)) {
    let _ = writeln!(xml, "    <testcase classname=\"{}\" name=\"{}\">", escaped(class), escaped(name));
    inside(xml);
    xml.push_str("    </testcase>\n");
}

/// The first complaint is the headline, and all of them are the text.
fn outcome_of(xml: &mut String, tag: &str, against: &[&Complaint<'_>], besides: &[String], places: &Places) {
    let first = against.first();
    let message = first.map_or_else(String::new, |first| places.text(&first.message).into_owned());
    let code = first.map_or_else(String::new, |first| first.code.to_string());
    let told = against.iter().map(|complaint| line("", complaint, places));
    let told: Vec<_> = told.chain(besides.iter().map(|besides| places.text(besides).into_owned())).collect();
    let (message, code, text) = (escaped(&message), escaped(&code), escaped(&told.join("\n")));
    let _ = writeln!(xml, "      <{tag} message=\"{message}\" type=\"{code}\">{text}</{tag}>");
}

fn line(label: &str, complaint: &Complaint<'_>, places: &Places) -> String {
    let told = format!("{label}{} [{}]", places.text(&complaint.message), complaint.code);
    match &complaint.hint {
        Some(hint) => format!("{told}\nhint: {}", places.text(hint)),
        None => told,
    }
}

/// Text for an attribute or an element. XML 1.0 (2.2) has no way to say most control characters and two others: what is not
/// escaped by then becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\'' => xml.push_str("&apos;"),
            '\n' => xml.push_str("&#10;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => xml.push('\u{fffd}'),
            other => xml.push(other),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_an_element_or_an_attribute_and_nothing_is_no_xml() {
        assert_eq!(escaped("a\"'<b>]]>&amp;"), "a&quot;&apos;&lt;b&gt;]]&gt;&amp;amp;");
        assert_eq!(escaped("a\u{0}\u{1b}\u{fffe}\u{ffff}\n"), "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}&#10;");
    }
}
