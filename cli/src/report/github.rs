//! Annotations of GitHub Actions (`actions/toolkit`, `packages/core/src/command.ts`): commands that the runner finds in what a step
//! says, and the summary of the step.

use super::{
    Places, markdown,
    verdicts::{Complaint, Level, Verdicts},
};
use crate::{error::Result, output};
use std::{env, path::Path};

/// How many more places are told: GitHub cuts a message at 64 KiB. Our choice.
const USES_TOLD: usize = 20;

/// A command for each subject that there is something to say of, and a line that counts them.
pub(super) fn commands(verdicts: &Verdicts<'_>, places: &Places) -> String {
    let mut commands = String::new();
    for subject in verdicts.subjects.iter().filter(|subject| !subject.complaints.is_empty()) {
        let mut told = vec![subject.title(places)];
        told.extend(subject.complaints.iter().map(|complaint| line(complaint, places)));
        let (first, others) =
            subject.uses.split_first().map_or((None, &[][..]), |(first, others)| (Some(first), others));
        told.extend(others.iter().take(USES_TOLD).map(|other| format!("also used by {}", places.text(&other.told()))));
        if others.len() > USES_TOLD {
            told.push(format!("and in {} more places", others.len() - USES_TOLD));
        }
        let own = subject.place.as_ref().map(|place| (place.file.as_str(), place.line, place.column));
        let place = first.map(|first| (first.spot.file.as_str(), first.spot.line, first.spot.column)).or(own);
        let mut levels = subject.complaints.iter().map(|complaint| complaint.level);
        commands.push_str(&command(verdicts, levels.next().unwrap_or(Level::Warned), place, &told.join("\n"), places));
    }
    for besides in &verdicts.besides {
        let place = besides.place.map(|place| (place.file.as_str(), place.line, place.column));
        commands.push_str(&command(
            verdicts,
            besides.complaint.level,
            place,
            &line(&besides.complaint, places),
            places,
        ));
    }
    commands + &format!("{}: {}\n", places.text(&verdicts.headline()), verdicts.counts())
}

/// Adds the verdicts to the summary of the step, if a runner asks for one.
///
/// # Errors
/// If the file cannot be written that it names.
pub(super) fn summarise(verdicts: &Verdicts<'_>) -> Result<()> {
    let file = env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty());
    file.map_or(Ok(()), |file| {
        let summary = markdown::summary(verdicts, &Places::of_process(), crate::budget::STEP_SUMMARY_BYTES);
        output::append(Path::new(&file), summary.as_bytes())
    })
}

fn line(complaint: &Complaint<'_>, places: &Places) -> String {
    let told = format!("{} [{}]", places.text(&complaint.message), complaint.code);
    match &complaint.hint {
        Some(hint) => format!("{told}\nhint: {}", places.text(hint)),
        None => told,
    }
}

fn command(
    verdicts: &Verdicts<'_>,
    level: Level,
    place: Option<(&str, usize, usize)>,
    text: &str,
    places: &Places,
) -> String {
    let (name, title) = match level {
        Level::Refused => ("error", "refused"),
        Level::Unknown => ("warning", "could not tell"),
        Level::Warned => ("warning", "accepted with a warning"),
    };
    let mut properties = Vec::new();
    if let Some((file, line, column)) = place {
        properties.push(format!("file={}", property(&places.file(file))));
        // Where nobody knows the line, the file is annotated at its top.
        properties.extend((line > 0).then(|| format!("line={line},col={}", column.max(1))));
    }
    let what_if = if verdicts.what_if.is_some() { "what if%3A " } else { "" };
    properties.push(format!("title=bulla%3A {what_if}{title}"));
    format!("::{name} {}::{}\n", properties.join(","), message(text))
}

/// What stands behind the second `::`: nothing in it ends the line, and so nothing begins a command.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value, which ends at a `,` or `:` too.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_ends_neither_its_property_nor_its_line() {
        assert_eq!(property("a,line=1::x%0A\r\n"), "a%2Cline=1%3A%3Ax%250A%0D%0A");
        assert_eq!(message("100%\n::error::x"), "100%25%0A::error::x");
    }
}
