//! One page for a browser: a table of everything, and for each subject its provenance drawn as a chain and the whole decision.
//!
//! It holds no script, no link that leads out, and asks for nothing (its content security policy says so too); what others have
//! written goes through [`Html::text`] alone. It is read as well in print, without colour, and on a telephone.

mod chain;
mod tree;
mod writer;

use super::{
    Places,
    verdicts::{Complaint, Level, Subject, Verdicts},
};
use crate::error::Exit;
use bulla_policy::Verdict;
use writer::Html;

const STYLE: &str = include_str!("style.css");

/// A verdict as a badge: a mark, a word, and a class for its colour.
type Badge = (&'static str, &'static str, &'static str);

const ACCEPTED: Badge = ("✓", "accepted", "accepted");
const WARNED: Badge = ("!", "accepted with a warning", "unknown");
const REFUSED: Badge = ("✕", "refused", "refused");
const UNKNOWN: Badge = ("?", "unknown", "unknown");

/// The page.
pub(super) fn page(verdicts: &Verdicts<'_>, places: &Places) -> String {
    let mut html = Html::new(places);
    html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
    html.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; ");
    html.raw("base-uri 'none'; form-action 'none'\"/>\n<meta name=\"referrer\" content=\"no-referrer\"/>\n");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>");
    let kind = if verdicts.what_if.is_some() { "What if: " } else { "" };
    html.text(&format!("{kind}{}: {}", answer(verdicts.exit).1, verdicts.counts()));
    html.raw("</title>\n<style>\n").raw(STYLE).raw("</style>\n</head>\n<body>\n");
    header(&mut html, verdicts);
    html.raw("<main>\n");
    besides(&mut html, verdicts);
    let subjects = verdicts.worst_first();
    summary(&mut html, &subjects);
    for (number, subject) in subjects.iter().enumerate() {
        section(&mut html, number, subject);
    }
    html.raw("</main>\n");
    footer(&mut html, verdicts);
    html.raw("</body>\n</html>\n");
    html.done()
}

fn answer(exit: Exit) -> Badge {
    match exit {
        Exit::Accepted => ("✓", "Accepted", "accepted"),
        Exit::Refused => ("✕", "Refused", "refused"),
        Exit::Unknown => ("?", "Could not tell", "unknown"),
    }
}

fn header(html: &mut Html<'_>, verdicts: &Verdicts<'_>) {
    let (mark, word, class) = answer(verdicts.exit);
    html.raw("<header class=\"").raw(class).raw("\">\n<span class=\"seal\" aria-hidden=\"true\">").raw(mark);
    let kind = if verdicts.what_if.is_some() { "No verdict: what would be" } else { "Verification report" };
    html.raw("</span>\n<div>\n<p class=\"kind\">").raw(kind).raw("</p>\n<h1>").raw(word).raw("</h1>\n<p>");
    if let Some(what_if) = &verdicts.what_if {
        html.sentence(what_if).raw("</p>\n<p>");
    }
    html.text(&verdicts.counts()).raw("</p>\n");
    if let Some(required) = verdicts.required {
        html.raw("<p>Required: ").sentence(required).raw("</p>\n");
    }
    html.raw("</div>\n</header>\n");
}

/// What could not be looked at stands above what could: nobody is to overlook it.
fn besides(html: &mut Html<'_>, verdicts: &Verdicts<'_>) {
    if verdicts.besides.is_empty() {
        return;
    }
    html.raw(
        "<section aria-labelledby=\"besides\">\n<h2 id=\"besides\">Besides the verdicts</h2>\n<ul class=\"reasons\">\n",
    );
    verdicts.besides.iter().for_each(|besides| complaint(html, &besides.complaint));
    html.raw("</ul>\n</section>\n");
}

fn summary(html: &mut Html<'_>, subjects: &[&Subject<'_>]) {
    if subjects.is_empty() {
        return;
    }
    html.raw("<section aria-labelledby=\"summary\">\n<h2 id=\"summary\">Summary</h2>\n<table role=\"table\">\n<thead role=\"rowgroup\">\n<tr role=\"row\">");
    for column in ["Verdict", "What", "Signed by", "Why"] {
        html.raw("<th role=\"columnheader\" scope=\"col\">").raw(column).raw("</th>");
    }
    html.raw("</tr>\n</thead>\n<tbody role=\"rowgroup\">\n");
    for (number, subject) in subjects.iter().enumerate() {
        let name = name(subject, html.places);
        html.raw("<tr role=\"row\"><td role=\"cell\">");
        badge(html, of_subject(subject));
        html.raw("</td><td role=\"cell\"><a href=\"#s").number(number).raw("\">").text(&name);
        html.raw("</a></td><td role=\"cell\">");
        let signatures = subject.judged.map(|judged| judged.signatures.as_slice()).unwrap_or_default();
        match signatures.first() {
            Some(first) => html.text(&first.who()),
            None if subject.verdict == Verdict::Unknown => html.raw("nobody could tell"),
            None => html.raw("nobody who counts"),
        };
        if let [_, _, ..] = signatures {
            html.raw(", and ").number(signatures.len() - 1).raw(" more");
        }
        html.raw("</td><td role=\"cell\">");
        match subject.complaints.first() {
            Some(first) => html.sentence(&first.message),
            None => html.raw("as required"),
        };
        html.raw("</td></tr>\n");
    }
    html.raw("</tbody>\n</table>\n</section>\n");
}

/// Without its digest, which stands in its section.
fn name(subject: &Subject<'_>, places: &Places) -> String {
    if subject.is_file() { places.file(subject.name) } else { subject.name.to_owned() }
}

fn of_subject(subject: &Subject<'_>) -> Badge {
    match (subject.verdict, subject.complaints.is_empty()) {
        (Verdict::Accepted, true) => ACCEPTED,
        (Verdict::Accepted, false) => WARNED,
        (Verdict::Refused, _) => REFUSED,
        (Verdict::Unknown, _) => UNKNOWN,
    }
}

fn badge(html: &mut Html<'_>, (mark, word, class): Badge) {
    html.raw("<span class=\"badge ").raw(class).raw("\"><span aria-hidden=\"true\">").raw(mark).raw("</span> ");
    html.raw(word).raw("</span>");
}

fn section(html: &mut Html<'_>, number: usize, subject: &Subject<'_>) {
    let name = name(subject, html.places);
    html.raw("<section class=\"subject\" id=\"s").number(number).raw("\" aria-labelledby=\"h").number(number);
    html.raw("\">\n<h2 id=\"h").number(number).raw("\">").text(&name).raw("</h2>\n<p>");
    badge(html, of_subject(subject));
    html.raw("</p>\n");
    if let Some(judged) = subject.judged {
        html.raw("<p class=\"digest\">").text(&judged.digest).raw("</p>\n");
    }
    if !subject.complaints.is_empty() {
        html.raw("<ul class=\"reasons\">\n");
        subject.complaints.iter().for_each(|it| complaint(html, it));
        html.raw("</ul>\n");
    }
    if let Some(judged) = subject.judged {
        chain::draw(html, subject, judged);
    }
    if !subject.uses.is_empty() {
        html.raw("<h3>Used by</h3>\n<ul>\n");
        for using in subject.uses {
            html.raw("<li>").text(&using.told()).raw("</li>\n");
        }
        html.raw("</ul>\n");
    }
    if let Some(judged) = subject.judged {
        html.raw("<details>\n<summary>The whole decision</summary>\n");
        tree::decision(html, &judged.decision);
        html.raw("</details>\n");
    }
    html.raw("<p class=\"back\"><a href=\"#summary\">Back to the summary</a></p>\n</section>\n");
}

fn complaint(html: &mut Html<'_>, complaint: &Complaint<'_>) {
    let (class, word) = match complaint.level {
        Level::Refused => ("refused", "refused"),
        Level::Unknown => ("unknown", "unknown"),
        Level::Warned => ("unknown", "warning"),
    };
    html.raw("<li class=\"").raw(class).raw("\"><strong>").raw(word).raw(":</strong> ").sentence(&complaint.message);
    html.raw(" <code>").text(&complaint.code).raw("</code>");
    if let Some(hint) = &complaint.hint {
        html.raw("<br/><span class=\"hint\">What to do: ").sentence(hint).raw("</span>");
    }
    html.raw("</li>\n");
}

fn footer(html: &mut Html<'_>, verdicts: &Verdicts<'_>) {
    html.raw("<footer>\n<h2>How to read this</h2>\n<dl>\n");
    for (word, meaning) in [
        ("Verified", "It follows from signatures, under the keys and roots that the policy trusts."),
        (
            "In the certificate",
            "What the signer's login told the certificate authority, such as the repository that a workflow ran for. It is as true as that issuer is honest.",
        ),
        ("Claimed", "What the named signer says, and nobody else. It is worth as much as they are."),
        ("Nothing", "Whatever may be attached, no signature that meets a requirement says anything of this."),
    ] {
        html.raw("<dt>").raw(word).raw("</dt><dd>").raw(meaning).raw("</dd>\n");
    }
    html.raw("</dl>\n<p>Written by bulla ").raw(env!("CARGO_PKG_VERSION")).raw(" (<code>").raw(verdicts.command);
    html.raw("</code>)");
    if let Some(now) = verdicts.decided_at {
        html.raw(", which decided by what was known at ").text(now);
    }
    html.raw(". This page itself is not signed: who has to be sure runs the same command.</p>\n</footer>\n");
}
