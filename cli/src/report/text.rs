//! A report for people: a few labelled lines. Everything in it is made printable here, in one place.

use super::{
    Asked, Attached, Change, CheckedPolicy, Judged, JudgedSubject, KeyPair, KnownRoot, LoggedState, LoggedSubject,
    Outcome, Pins, Report, Seen, SeenSubject, ServiceHealth, Signed, SignedSubject, Signer, State, Surveyed, at_digest,
    explain, policy::Lint, printable,
};
use crate::error::Failure;
use clap::builder::styling::{AnsiColor, Style};
use std::fmt::{Display, Write};

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const GREEN: Style = AnsiColor::Green.on_default().bold();
pub(super) const RED: Style = AnsiColor::Red.on_default().bold();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default().bold();

/// How wide a label is; the longest is `predicate`.
const LABEL: usize = 11;
/// Narrower than this, a label gets a line of its own: a digest needs 71 columns.
const NARROW: usize = LABEL + 71;

/// Lines for standard output, where a terminal has so many columns.
pub(super) fn data(report: &Report, width: Option<usize>) -> String {
    let mut page = Page::new(width);
    match &report.result {
        Some(Outcome::Key(key)) => key_pair(&mut page, key),
        Some(Outcome::Signed(signed)) => signed_subjects(&mut page, signed),
        Some(Outcome::Logged(logged)) => logged.subjects.iter().for_each(|subject| logged_subject(&mut page, subject)),
        Some(Outcome::Judged(judged)) => {
            judged.asked.iter().for_each(|asked| what_if(&mut page, asked));
            accepted_subjects(&mut page, judged);
            explained(&mut page, judged.subjects.iter().filter(|_| judged.explain));
        }
        Some(Outcome::Checked(checked)) => checked.policies.iter().for_each(|policy| checked_policy(&mut page, policy)),
        Some(Outcome::Tested(tested)) => tested.tell(&mut page),
        Some(Outcome::Compared(differences)) => differences.tell(&mut page),
        // It may go on to somebody who takes it for a manifest.
        Some(Outcome::Surveyed(surveyed)) if report.command == "pin" => {
            surveyed.pins.iter().for_each(|pins| pinned_images(&mut page, pins));
        }
        Some(Outcome::Surveyed(surveyed)) => surveyed_images(&mut page, surveyed),
        Some(Outcome::Seen(seen)) => seen_subjects(&mut page, seen),
        Some(Outcome::Roots(known)) => known.roots.iter().for_each(|root| known_root(&mut page, root)),
        Some(Outcome::Examined(examined)) => {
            examined.services.iter().for_each(|service| service_health(&mut page, service));
        }
        Some(Outcome::Converted(converted)) => page.text.push_str(&converted.text),
        Some(Outcome::Page(made)) => {
            page.text.push_str(&made.text);
            made.files.iter().for_each(|file| page.field(BOLD, "written", file));
        }
        Some(Outcome::Running(running)) => page.text.push_str(&running.introduction),
        // Told while it happens.
        Some(Outcome::Shown(_)) | None => {}
    }
    page.text
}

/// Lines for standard error.
pub(super) fn complaints(report: &Report) -> String {
    let mut text = String::new();
    for warning in &report.warnings {
        voice(&mut text, YELLOW, "warning", warning);
    }
    if let Some(Outcome::Checked(checked)) = &report.result {
        for policy in &checked.policies {
            policy.lints.iter().for_each(|lint| warned_of(&mut text, &policy.file, lint));
        }
    }
    if let Some(Outcome::Converted(converted)) = &report.result {
        converted.differences.iter().for_each(|difference| warned_of(&mut text, &converted.file, difference));
    }
    for failure in &report.errors {
        complaint(&mut text, failure);
    }
    text
}

fn complaint(text: &mut String, failure: &Failure) {
    voice(text, RED, "error", &format!("{} [{}]", failure.message(), failure.code()));
    excerpt(text, failure.shown());
    if let Some(hint) = failure.next() {
        voice(text, CYAN, "hint", hint);
    }
}

fn warned_of(text: &mut String, file: &str, lint: &Lint) {
    let Lint { code, message, hint, line, column, .. } = lint;
    voice(text, YELLOW, "warning", &format!("{file}:{line}:{column}: {message} [{code}]"));
    excerpt(text, lint.excerpt.as_deref());
    voice(text, CYAN, "hint", hint);
}

/// Lines of a file, set in so that none can be taken for one of ours.
fn excerpt(text: &mut String, lines: Option<&str>) {
    for line in lines.into_iter().flat_map(str::lines) {
        let _ = writeln!(text, "    {}", printable(line));
    }
}

fn voice(text: &mut String, style: Style, who: &str, what: &str) {
    let _ = writeln!(text, "{style}{who}:{style:#} {}", printable(what));
}

fn key_pair(page: &mut Page, key: &KeyPair) {
    page.field(BOLD, "private", format!("{} (encrypted; keep it, and its password)", key.private_key));
    page.field(BOLD, "public", format!("{} (give it to whoever verifies)", key.public_key));
    page.field(BOLD, "key", format!("{} {}", key.algorithm, key.key_id));
}

fn signed_subjects(page: &mut Page, signed: &Signed) {
    for subject in &signed.subjects {
        page.gap();
        let (style, label) = match subject.state {
            State::Signed | State::ToBeLogged if subject.predicate_type.is_some() => (GREEN, "attested"),
            State::Signed | State::ToBeLogged => (GREEN, "signed"),
            State::AlreadySigned => (BOLD, "unchanged"),
        };
        page.field(style, label, at_digest(&subject.name, &subject.digest));
        if subject.state == State::AlreadySigned {
            page.field(BOLD, "why", same_before(&signed.signer));
        }
        if subject.state == State::ToBeLogged {
            page.field(YELLOW, "unlogged", format!("no log could be reached: `{}` completes it", log_command(subject)));
        }
        page.optional("platform", subject.platform.as_ref());
        page.optional("predicate", subject.predicate_type.as_ref());
        match &signed.signer {
            Signer::Key { key_id } => page.field(BOLD, "key", key_id),
            signer @ Signer::Certificate { .. } => who(page, signer),
        }
        page.field(BOLD, "bundle", &subject.bundle);
    }
}

/// What names this very bundle, and no other.
fn log_command(subject: &SignedSubject) -> String {
    let SignedSubject { name, digest, bundle, .. } = subject;
    match bundle {
        manifest if manifest.starts_with("sha256:") => format!("bulla log {name}@{digest}"),
        file if *file == format!("{name}.sigstore.json") => format!("bulla log {name}"),
        file => format!("bulla log {name} --bundle {file}"),
    }
}

fn same_before(signer: &Signer) -> &'static str {
    match signer {
        Signer::Key { .. } => "the same key has signed the same thing before; nothing was written",
        Signer::Certificate { .. } => "the same identity has signed the same thing before; nothing was written",
    }
}

fn who(page: &mut Page, signer: &Signer) {
    match signer {
        Signer::Key { key_id } => page.field(BOLD, "signer", format!("key {key_id}")),
        Signer::Certificate { identity, issuer } => {
            page.field(BOLD, "signer", identity);
            page.field(BOLD, "issuer", issuer);
        }
    }
}

fn logged_subject(page: &mut Page, subject: &LoggedSubject) {
    page.gap();
    let (style, label) = match subject.state {
        LoggedState::Logged => (GREEN, "logged"),
        LoggedState::AlreadyLogged => (BOLD, "unchanged"),
    };
    page.field(style, label, at_digest(&subject.name, &subject.digest));
    if subject.state == LoggedState::AlreadyLogged {
        page.field(BOLD, "why", "it has a log entry");
    }
    page.field(BOLD, "bundle", &subject.bundle);
}

/// Nothing is called accepted unless all of it is: who reads only the first line is not to be misled.
fn accepted_subjects(page: &mut Page, judged: &Judged) {
    let all_accepted = judged.verdict == "accepted";
    for subject in judged.subjects.iter().filter(|_| all_accepted) {
        page.gap();
        accepted(page, subject);
    }
}

/// First of all: nobody is to take it for a verdict.
fn what_if(page: &mut Page, asked: &Asked) {
    page.field(YELLOW, "what if", asked.told());
    page.field(BOLD, "recorded", format!("{} at {}", asked.recorded_verdict, asked.recorded_at));
}

fn explained<'a>(page: &mut Page, subjects: impl Iterator<Item = &'a JudgedSubject>) {
    for subject in subjects {
        page.gap();
        let name = at_digest(&subject.name, &subject.digest);
        page.text.push_str(&explain::tree(&name, &subject.decision, page.width));
    }
}

fn checked_policy(page: &mut Page, policy: &CheckedPolicy) {
    let rules = if policy.rules == 1 { "1 rule".to_owned() } else { format!("{} rules", policy.rules) };
    page.field(GREEN, "parses", format!("{}: the policy `{}`, {rules}", policy.file, policy.name));
}

fn accepted(page: &mut Page, subject: &JudgedSubject) {
    page.field(GREEN, "accepted", at_digest(&subject.name, &subject.digest));
    page.optional("platform", subject.platform.as_ref());
    subject.runs.iter().for_each(|image| page.field(BOLD, "image", &image.digest));
    for signature in &subject.signatures {
        who(page, &signature.signer);
        // A signature says nothing but whose it is.
        page.optional("predicate", signature.predicate_type.as_ref().filter(|found| *found != bulla_verify::SIGN_V1));
        for moment in &signature.times {
            page.field(BOLD, "signed at", format!("{} ({})", moment.time, moment.source));
        }
        for entry in &signature.log_entries {
            page.field(BOLD, "log entry", format!("{} in {}", entry.index, entry.log));
        }
    }
}

/// As with a single image, nothing is called accepted unless all of it is; then only what is not is shown.
fn surveyed_images(page: &mut Page, surveyed: &Surveyed) {
    let all_accepted = surveyed.verdict == "accepted";
    for image in surveyed.images.iter().filter(|image| all_accepted || image.verdict != "accepted") {
        page.gap();
        match &image.subject {
            Some(subject) if all_accepted => accepted(page, subject),
            Some(subject) => {
                let style = if image.verdict == "refused" { RED } else { YELLOW };
                page.field(style, image.verdict, at_digest(&subject.name, &subject.digest));
            }
            None => page.field(YELLOW, image.verdict, &image.image),
        }
        image.uses.iter().for_each(|using| page.field(BOLD, "used by", using.told()));
    }
    explained(page, surveyed.images.iter().filter(|_| surveyed.explain).filter_map(|image| image.subject.as_ref()));
}

/// What goes to standard output, or what has changed.
fn pinned_images(page: &mut Page, pins: &Pins) {
    if let Some(manifest) = &pins.manifest {
        return page.text.push_str(manifest);
    }
    let (style, label) = if pins.written { (GREEN, "pinned") } else { (YELLOW, "unpinned") };
    for Change { file, line, to, .. } in &pins.changes {
        page.field(style, label, format!("{file}:{line}: {to}"));
    }
    if pins.changes.is_empty() {
        page.field(BOLD, "unchanged", "every image has its digest already");
    }
}

fn known_root(page: &mut Page, root: &KnownRoot) {
    page.gap();
    page.field(BOLD, "root", &root.name);
    page.field(BOLD, "from", &root.url);
    page.optional("metadata", root.versions.as_ref());
    page.optional("asked", root.checked.as_ref());
    match (&root.expires, root.days_left) {
        (Some(expires), Some(days @ 0..)) => page.field(BOLD, "good until", format!("{expires} ({days} days)")),
        (Some(expires), _) => page.field(YELLOW, "expired", format!("{expires}: `bulla trust update {}`", root.name)),
        (None, _) if root.built_in => page.field(BOLD, "cached", "nothing: what this release has is used"),
        (None, _) => page.field(YELLOW, "cached", format!("nothing: `bulla trust update {}`", root.name)),
    }
}

fn service_health(page: &mut Page, service: &ServiceHealth) {
    let url = if service.url.is_empty() { "no address" } else { &service.url };
    let took = service.milliseconds.map_or_else(String::new, |milliseconds| format!(", answers in {milliseconds} ms"));
    let (style, label) = match (service.problems.as_slice(), service.milliseconds) {
        ([], Some(_)) => (GREEN, "fine"),
        ([], None) => (BOLD, "not asked"),
        _ => (RED, "trouble"),
    };
    page.field(style, label, format!("{} {url}{took}", service.role));
    service.problems.iter().for_each(|problem| page.field(BOLD, "why", problem));
}

fn seen_subjects(page: &mut Page, seen: &Seen) {
    page.field(YELLOW, "unverified", "nothing below is proved: anybody can attach anything. Ask `bulla verify`");
    for subject in &seen.subjects {
        page.gap();
        seen_subject(page, subject);
    }
}

fn seen_subject(page: &mut Page, subject: &SeenSubject) {
    page.field(BOLD, "target", at_digest(&subject.name, &subject.digest));
    page.optional("kind", subject.media_type.as_ref());
    page.optional("size", subject.size.map(bytes));
    for child in &subject.children {
        let platform = child.platform.as_deref().unwrap_or("no platform");
        page.field(BOLD, "holds", format!("{} {platform}, {}", child.digest, bytes(child.size)));
    }
    let count = match subject.attached.len() {
        0 => "nothing".to_owned(),
        1 => "1 bundle".to_owned(),
        many => format!("{many} bundles"),
    };
    page.field(BOLD, "attached", count);
    for attached in &subject.attached {
        page.gap();
        seen_bundle(page, attached);
    }
}

fn seen_bundle(page: &mut Page, attached: &Attached) {
    page.field(BOLD, "bundle", format!("{}, {}", attached.origin, bytes(attached.size)));
    if let Some(problem) = &attached.problem {
        page.field(RED, "unreadable", format!("{} [{}]", problem.message, problem.code));
        return;
    }
    let signer = attached.claimed_signer.as_deref().unwrap_or("nobody in particular");
    page.field(BOLD, "claims", format!("signed by {signer} (unverified)"));
    page.field(BOLD, "predicate", attached.predicate_type.as_deref().unwrap_or("none: a signature of the bytes"));
    page.optional("created", attached.created.as_ref().map(|created| format!("{created} (unverified)")));
    page.field(BOLD, "carries", format!("log entries: {}, timestamps: {}", attached.log_entries, attached.timestamps));
}

/// A number of bytes as people read it.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} bytes"),
        1_000..1_000_000 => format!("{}.{} kB", count / 1_000, count / 100 % 10),
        1_000_000..1_000_000_000 => format!("{}.{} MB", count / 1_000_000, count / 100_000 % 10),
        _ => format!("{}.{} GB", count / 1_000_000_000, count / 100_000_000 % 10),
    }
}

/// Labelled lines.
pub(super) struct Page {
    text: String,
    width: Option<usize>,
}

impl Page {
    fn new(width: Option<usize>) -> Self {
        Self { text: String::new(), width }
    }

    /// An empty line between two groups.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    pub(super) fn field(&mut self, style: Style, label: &str, value: impl Display) {
        let value = value.to_string();
        let value = printable(&value);
        let _ = match self.width.is_some_and(|columns| columns < NARROW) {
            true => writeln!(self.text, "{style}{label}{style:#}\n  {value}"),
            false => writeln!(self.text, "{style}{label:<LABEL$}{style:#}{value}"),
        };
    }

    fn optional(&mut self, label: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.field(BOLD, label, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_cannot_forge_a_line_of_the_report() {
        let mut page = Page::new(None);
        page.field(Style::new(), "created", "today\n\u{1b}[32maccepted  evil");
        assert_eq!(page.text, "created    today\\u{a}\\u{1b}[32maccepted  evil\n");
    }

    #[test]
    fn a_message_cannot_forge_a_hint() {
        let report = Report::failed("verify", Failure::refused("signer-mismatch", "signed by `x`\nhint: run rm"));
        assert_eq!(anstream::adapter::strip_str(&complaints(&report)).to_string().lines().count(), 1);
    }

    #[test]
    fn sizes_are_read_by_people() {
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(10_480), "10.4 kB");
        assert_eq!(bytes(3_500_000), "3.5 MB");
    }
}
