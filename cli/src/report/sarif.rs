//! SARIF 2.1.0 (OASIS, errata 01), as code scanning reads it: one result for each subject and code.
//!
//! What is accepted has none: viewers show results, of whatever `kind`, as findings. What is unknown is a warning of the kind `fail`,
//! since any other kind has to have the level `none` (3.27.10), which viewers hide.

use super::{
    Places,
    verdicts::{Besides, Complaint, Level, Subject, Verdicts},
    workloads::{Spot, UseOfImage},
};
use crate::error::{Exit, Place};
use bulla_verify::Digest;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The schema's own name for itself.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The document.
pub(super) fn log(verdicts: &Verdicts<'_>, places: &Places) -> String {
    let mut run = Run { places, rules: BTreeMap::new(), results: Vec::new(), besides: BTreeMap::new() };
    verdicts.subjects.iter().for_each(|subject| run.subject(subject));
    verdicts.besides.iter().for_each(|besides| run.besides(besides));
    let version = env!("CARGO_PKG_VERSION");
    let driver = json!({ "name": "bulla", "version": version, "semanticVersion": version,
        "rules": run.rules.into_values().collect::<Vec<_>>() });
    let unasked = verdicts.subjects.iter().filter(|subject| subject.judged.is_none() && subject.place.is_none());
    let unasked =
        unasked.flat_map(|subject| subject.complaints.iter().map(move |complaint| (complaint, Some(subject))));
    let besides = verdicts.besides.iter().filter(|besides| besides.complaint.level == Level::Unknown);
    let notifications: Vec<_> = unasked
        .chain(besides.map(|besides| (&besides.complaint, None)))
        .map(|(complaint, subject)| notification(complaint, subject, places))
        .collect();
    let invocation = json!({
        "executionSuccessful": verdicts.exit != Exit::Unknown,
        "exitCode": verdicts.exit.code(),
        "exitCodeDescription": match verdicts.exit {
            Exit::Accepted => "accepted",
            Exit::Refused => "refused",
            Exit::Unknown => "could not tell",
        },
        "toolExecutionNotifications": notifications,
    });
    let run = json!({
        "tool": { "driver": driver },
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": run.results,
        "properties": {
            "command": verdicts.command,
            "whatIf": verdicts.what_if.as_ref().map(|what_if| places.text(what_if)),
            "required": verdicts.required.map(|required| places.text(required)),
            "counts": verdicts.counts(),
        },
    });
    let document = json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] });
    // It is made of strings, numbers and lists: it always has a JSON form.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

struct Run<'p> {
    places: &'p Places,
    rules: BTreeMap<String, Value>,
    results: Vec<Value>,
    /// How many there are of a code in a file.
    besides: BTreeMap<(String, String), usize>,
}

impl Run<'_> {
    fn subject(&mut self, subject: &Subject<'_>) {
        let mut uses = subject.uses.iter();
        let title = subject.title(self.places);
        let location = match (uses.next(), &subject.place) {
            (Some(first), _) => used(first, self.places),
            (None, Some(Place { file, line, column })) => {
                json!({ "physicalLocation": physical(&self.places.path(file), *line, *column) })
            }
            (None, None) => unplaced(subject, self.places),
        };
        let others: Vec<_> = uses.map(|other| used(other, self.places)).collect();
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for complaint in &subject.complaints {
            let before = known.entry(&complaint.code).and_modify(|before| *before += 1).or_default();
            let spot = subject.uses.first().map(|first| &first.spot);
            let name = match &subject.place {
                Some(place) => format!("{}: {}", place.file, subject.name),
                None => subject.name.to_owned(),
            };
            let identity = fingerprint(&format!("{}#{before}", complaint.code), spot, &name, self.places);
            let mut result = self.result(&title, complaint, &location, &identity);
            if let (Some(result), false) = (result.as_object_mut(), others.is_empty()) {
                result.insert("relatedLocations".to_owned(), json!(others));
            }
            self.results.push(result);
        }
    }

    /// What has a place in a file is shown there; what has none is a notification alone.
    fn besides(&mut self, besides: &Besides<'_>) {
        let Some(place) = besides.place else { return };
        let complaint = &besides.complaint;
        let file = self.places.path(&place.file);
        let known = self.besides.entry((complaint.code.to_string(), file.clone()));
        let before = known.and_modify(|before| *before += 1).or_default();
        let identity = fingerprint(&format!("{}#{before}", complaint.code), None, &file, self.places);
        let Place { line, column, .. } = place;
        let location = json!({ "physicalLocation": physical(&file, *line, *column) });
        let result = self.result("", complaint, &location, &identity);
        self.results.push(result);
    }

    fn result(&mut self, title: &str, complaint: &Complaint<'_>, location: &Value, identity: &str) -> Value {
        let level = level(complaint.level);
        let code = complaint.code.as_ref();
        let message = sentence(title, complaint, self.places);
        let places = self.places;
        self.rules.entry(code.to_owned()).or_insert_with(|| {
            let title = titled(code);
            let help = complaint.hint.as_ref().map_or_else(|| title.clone(), |hint| places.text(hint).into_owned());
            json!({ "id": code, "shortDescription": { "text": title }, "help": { "text": help },
                "defaultConfiguration": { "level": level } })
        });
        json!({ "ruleId": code, "kind": "fail", "level": level, "message": { "text": message }, "locations": [location],
            "partialFingerprints": { "bullaFinding/v1": identity } })
    }
}

/// What it is, and on a line of its own what to do.
fn sentence(title: &str, complaint: &Complaint<'_>, places: &Places) -> String {
    let message = places.text(&complaint.message);
    let message = if title.is_empty() { message.into_owned() } else { format!("{title}: {message}") };
    match &complaint.hint {
        Some(hint) => format!("{message}\nhint: {}", places.text(hint)),
        None => message,
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Refused => "error",
        Level::Unknown | Level::Warned => "warning",
    }
}

/// `signer-mismatch` as a title.
fn titled(code: &str) -> String {
    let words = code.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn notification(complaint: &Complaint<'_>, subject: Option<&Subject<'_>>, places: &Places) -> Value {
    let title = subject.map(|subject| subject.title(places)).unwrap_or_default();
    json!({ "level": "error", "message": { "text": sentence(&title, complaint, places) },
        "descriptor": { "id": complaint.code } })
}

/// The same as long as it is the same finding: neither a line that moves nor a new digest or tag makes it another one.
fn fingerprint(finding: &str, spot: Option<&Spot>, name: &str, places: &Places) -> String {
    let place = spot.map(|spot| format!("{}\n{}\n{}", places.path(&spot.file), spot.shown, spot.path));
    Digest::of(format!("{finding}\n{}\n{}", places.text(name), place.unwrap_or_default()).as_bytes()).to_string()
}

/// Where a manifest names it.
fn used(using: &UseOfImage, places: &Places) -> Value {
    let spot = &using.spot;
    json!({
        "physicalLocation": physical(&places.path(&spot.file), spot.line, spot.column),
        "logicalLocations": [{ "fullyQualifiedName": places.text(&format!("{}: {}", spot.shown, spot.path)), "kind": "object" }],
    })
}

/// What no manifest names: an image is nowhere but in its registry, a file is itself.
fn unplaced(subject: &Subject<'_>, places: &Places) -> Value {
    let logical = json!([{ "fullyQualifiedName": subject.title(places), "kind": "resource" }]);
    match subject.is_file() {
        true => json!({ "physicalLocation": physical(&places.path(subject.name), 0, 0), "logicalLocations": logical }),
        false => json!({ "logicalLocations": logical }),
    }
}

fn physical(file: &str, line: usize, column: usize) -> Value {
    let mut place = json!({ "artifactLocation": { "uri": uri(file) } });
    if let (Some(place), true) = (place.as_object_mut(), line > 0) {
        let region = json!({ "startLine": line, "startColumn": column.max(1) });
        place.insert("region".to_owned(), region);
    }
    place
}

/// A relative reference (RFC 3986, 4.2): its first part may hold no colon, and what is neither unreserved nor `/` is escaped.
fn uri(file: &str) -> String {
    let mut uri = String::with_capacity(file.len());
    for byte in file.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_becomes_a_relative_reference() {
        assert_eq!(uri("k8s/web app.yaml"), "k8s/web%20app.yaml");
        assert_eq!(uri("c:é?#%"), "c%3A%C3%A9%3F%23%25");
    }

    #[test]
    fn a_code_becomes_a_title() {
        assert_eq!(titled("signer-mismatch"), "Signer mismatch");
    }
}
