//! A decision as a tree: what was demanded, what met it, what was missing, and what to do.

use super::{
    printable,
    text::{BOLD, GREEN, RED, YELLOW},
};
use bulla_policy::{
    Decision, Reason, RuleStep, Step, Verdict,
    language::{Mode, Unmatched},
};
use clap::builder::styling::Style;
use std::fmt::Write;

/// How many columns a level of the tree is indented by.
const INDENT: usize = 2;

/// Fewer columns than this are not worth a line's breaking: the terminal does it.
const TEXT: usize = 16;

/// The decision about what is called `name`, in lines of at most `width` columns where there is a terminal.
pub(super) fn tree(name: &str, decision: &Decision, width: Option<usize>) -> String {
    let mut tree = Tree { text: String::new(), width };
    let verdict = decision.verdict();
    tree.line(0, BOLD, "decision", &format!("{}: {name}", verdict.as_str()));
    decision.rules().iter().for_each(|rule| tree.rule(rule));
    if let Some(it) = decision.unmatched() {
        tree.line(1, YELLOW, "unmatched", unmatched(it));
    }
    for excepted in decision.exceptions() {
        tree.line(
            1,
            YELLOW,
            "exception",
            &format!("of {} until {}, for {}", excepted.owner, excepted.expires, excepted.digest),
        );
        tree.line(2, BOLD, "policy", &excepted.policy);
        tree.line(2, BOLD, "why", &excepted.reason);
    }
    decision.seen().iter().for_each(|reason| tree.reason(1, "besides", reason));
    tree.text
}

/// What became of it because no enforced rule is about it.
pub(super) fn unmatched(unmatched: Unmatched) -> &'static str {
    match unmatched {
        Unmatched::Deny => "no enforced rule is about it, and what none is about is refused",
        Unmatched::Warn => "no enforced rule is about it, and what none is about is accepted with a warning",
        Unmatched::Allow => "no enforced rule is about it, and what none is about is accepted",
    }
}

/// What is done with a rule.
pub(super) fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforced",
        Mode::Warn => "warned of",
        Mode::Audit => "audited",
    }
}

struct Tree {
    text: String,
    width: Option<usize>,
}

impl Tree {
    fn rule(&mut self, rule: &RuleStep) {
        self.line(1, BOLD, "rule", &format!("`{}` of the policy `{}`, {}", rule.rule, rule.policy, mode(rule.mode)));
        self.step(2, &rule.step);
    }

    fn step(&mut self, depth: usize, step: &Step) {
        let style = match step.verdict {
            Verdict::Accepted => GREEN,
            Verdict::Refused => RED,
            Verdict::Unknown => YELLOW,
        };
        self.line(depth, style, step.verdict.as_str(), &step.demanded);
        step.met_by.iter().for_each(|origin| self.line(depth + 1, BOLD, "met by", origin));
        step.reasons.iter().for_each(|reason| self.reason(depth + 1, "why", reason));
        step.parts.iter().for_each(|part| self.step(depth + 1, part));
    }

    fn reason(&mut self, depth: usize, label: &str, reason: &Reason) {
        self.line(depth, BOLD, label, &format!("{} [{}]", reason.message, reason.code));
        let details = [
            ("bundle", &reason.origin),
            ("expected", &reason.expected),
            ("found", &reason.found),
            ("hint", &reason.hint),
        ];
        for (label, value) in details {
            if let Some(value) = value {
                self.line(depth + 1, BOLD, label, value);
            }
        }
    }

    /// A label and its text, which is broken between words and goes on beneath its own beginning, or beneath the label where
    /// there is little room.
    fn line(&mut self, depth: usize, style: Style, label: &str, value: &str) {
        let value = printable(value);
        let (indent, beside) = (depth * INDENT, depth * INDENT + label.len() + 2);
        let room = self.width.map(|width| width.saturating_sub(beside));
        let (hanging, room) = match (room, self.width) {
            (Some(room), Some(width)) if room < TEXT => (indent + INDENT, Some(width.saturating_sub(indent + INDENT))),
            (room, _) => (beside, room),
        };
        let mut lines = wrapped(&value, room.map(|room| room.max(TEXT))).into_iter();
        let first = lines.next().unwrap_or_default();
        let _ = write!(self.text, "{:indent$}{style}{label}{style:#}", "");
        let _ = match hanging == beside {
            true => writeln!(self.text, "  {first}"),
            false => writeln!(self.text, "\n{:hanging$}{first}", ""),
        };
        for line in lines {
            let _ = writeln!(self.text, "{:hanging$}{line}", "");
        }
    }
}

/// The text in lines of at most so many characters; a word that is longer, a digest, has a line of its own.
fn wrapped(text: &str, room: Option<usize>) -> Vec<String> {
    let Some(room) = room else { return vec![text.to_owned()] };
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(width: Option<usize>, label: &str, value: &str) -> String {
        let mut tree = Tree { text: String::new(), width };
        tree.line(1, Style::new(), label, value);
        tree.text
    }

    #[test]
    fn a_narrow_terminal_gets_lines_that_fit() {
        let value = "signed by somebody else, expected us";
        assert_eq!(line(None, "why", value), format!("  why  {value}\n"));
        assert_eq!(line(Some(30), "why", value), "  why  signed by somebody\n       else, expected us\n");
        assert_eq!(
            line(Some(20), "expected", value),
            "  expected\n    signed by\n    somebody else,\n    expected us\n"
        );
        let digest = "a".repeat(71);
        assert_eq!(line(Some(30), "by", &format!("key {digest}")), format!("  by  key\n      {digest}\n"));
    }

    #[test]
    fn nothing_in_it_can_forge_a_line() {
        let text = line(Some(40), "why", "x\nenforced\u{1b}[2K");
        assert_eq!(text, "  why  x\\u{a}enforced\\u{1b}[2K\n");
    }
}
