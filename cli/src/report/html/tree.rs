//! A decision as lists in lists: what `--explain` tells.

use super::{ACCEPTED, REFUSED, UNKNOWN, badge, writer::Html};
use crate::report::explain::{mode, unmatched};
use bulla_policy::{Decision, Reason, RuleStep, Step, Verdict};

/// All of it.
pub(super) fn decision(html: &mut Html<'_>, decision: &Decision) {
    html.raw("<ul class=\"tree\">\n");
    decision.rules().iter().for_each(|it| rule(html, it));
    if let Some(it) = decision.unmatched() {
        html.raw("<li>").raw(unmatched(it)).raw("</li>\n");
    }
    for excepted in decision.exceptions() {
        html.element("<li>exception of ", &excepted.owner, " until ").element("", &excepted.expires, ", for <code>");
        html.element("", &excepted.digest, "</code>: ");
        html.element("", &excepted.reason, "</li>\n");
    }
    decision.seen().iter().for_each(|it| reason(html, "besides", it));
    html.raw("</ul>\n");
}

fn rule(html: &mut Html<'_>, it: &RuleStep) {
    html.element("<li>rule <strong>", &it.rule, "</strong> of the policy ").text(&it.policy);
    html.raw(", ").raw(mode(it.mode)).raw("\n<ul>\n");
    step(html, &it.step);
    html.raw("</ul>\n</li>\n");
}

/// As deep as the policy is written, which its language bounds.
fn step(html: &mut Html<'_>, it: &Step) {
    html.raw("<li>");
    badge(html, of(it.verdict));
    html.raw(" ").sentence(&it.demanded);
    if !(it.met_by.is_empty() && it.reasons.is_empty() && it.parts.is_empty()) {
        html.raw("\n<ul>\n");
        it.met_by.iter().for_each(|origin| {
            html.element("<li>met by <code>", origin, "</code></li>\n");
        });
        it.reasons.iter().for_each(|why| reason(html, "why", why));
        it.parts.iter().for_each(|part| step(html, part));
        html.raw("</ul>\n");
    }
    html.raw("</li>\n");
}

fn reason(html: &mut Html<'_>, label: &'static str, it: &Reason) {
    html.raw("<li>").raw(label).raw(": ").sentence(&it.message).element(" <code>", &it.code, "</code>\n<dl>");
    let details = [("bundle", &it.origin), ("expected", &it.expected), ("found", &it.found), ("what to do", &it.hint)];
    for (label, value) in details {
        if let Some(value) = value {
            html.raw("<dt>").raw(label).raw("</dt><dd>").sentence(value).raw("</dd>");
        }
    }
    html.raw("</dl>\n</li>\n");
}

fn of(verdict: Verdict) -> super::Badge {
    match verdict {
        Verdict::Accepted => ACCEPTED,
        Verdict::Refused => REFUSED,
        Verdict::Unknown => UNKNOWN,
    }
}
