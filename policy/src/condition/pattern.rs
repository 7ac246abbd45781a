//! Patterns: RE2's syntax, as far as `regex-syntax` reads it in the same way. What the two read differently is refused, and
//! what differs in its meaning alone is rewritten: `\d`, `\w`, `\s` and `\b` know ASCII only, in RE2.
//!
//! A pattern becomes a whole automaton when it is read, or is refused. So a byte of the text costs one look into a table: engines
//! that build their states on the way (RE2, `regex`) took 11 µs a byte for `(a?b?){90}z`, and what they have built makes the next
//! search faster, so that steps would not measure anything.

use super::error::{Kind, shown};
use crate::budget;
use core::{iter::Peekable, str::Chars};
use regex_automata::{
    Input,
    dfa::{Automaton, StartKind, dense},
    nfa::thompson,
    util::syntax,
};

#[derive(Debug)]
pub(super) struct Pattern(Box<dense::DFA<Vec<u32>>>);

impl Pattern {
    pub(super) fn parse(written: &str) -> Result<Self, Kind> {
        let limit = budget::CONDITION_PATTERN_BYTES;
        if written.len() > limit {
            return Err(Kind::OverBudget { what: "bytes in a pattern", limit });
        }
        let rewritten = Rewrite { rest: written.chars().peekable(), out: String::new() }.run().map_err(|part| {
            let part = shown(&part);
            Kind::Pattern { why: format!("not every reader reads `{part}` alike") }
        })?;
        let states = Some(budget::CONDITION_PATTERN_STATES);
        let built = dense::Builder::new()
            .syntax(syntax::Config::new().nest_limit(16))
            .thompson(thompson::Config::new().nfa_size_limit(states).which_captures(thompson::WhichCaptures::None))
            .configure(
                dense::Config::new()
                    .start_kind(StartKind::Unanchored)
                    .dfa_size_limit(states)
                    .determinize_size_limit(states),
            )
            .build(&rewritten);
        built.map(|states| Self(Box::new(states))).map_err(|error| refused(&error))
    }

    /// Whether some part of `text` matches, in time linear in its length.
    pub(super) fn matches(&self, text: &str) -> Result<bool, Kind> {
        let found = self.0.try_search_fwd(&Input::new(text).earliest(true));
        let found = found.map_err(|_| Kind::Pattern { why: "it cannot be searched for".to_owned() })?;
        Ok(found.is_some())
    }
}

fn refused(error: &dense::BuildError) -> Kind {
    let limit = budget::CONDITION_PATTERN_STATES;
    let source = core::error::Error::source(error).and_then(core::error::Error::source);
    match source.map(ToString::to_string) {
        // What `regex-syntax` says shows the pattern first, on lines of its own.
        Some(text) if text.contains("error: ") => {
            let last = text.lines().last().unwrap_or_default();
            Kind::Pattern { why: shown(last.strip_prefix("error: ").unwrap_or(last)) }
        }
        _ => Kind::OverBudget { what: "bytes of a pattern's states", limit },
    }
}

struct Rewrite<'p> {
    rest: Peekable<Chars<'p>>,
    out: String,
}

impl Rewrite<'_> {
    /// # Errors
    /// What is not read alike.
    fn run(mut self) -> Result<String, String> {
        while let Some(next) = self.rest.next() {
            match next {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.group()?,
                '{' => self.repetition()?,
                other => self.out.push(other),
            }
        }
        Ok(self.out)
    }

    fn escape(&mut self, in_class: bool) -> Result<(), String> {
        let kind = self.rest.next().ok_or("\\")?;
        self.out.push_str(match kind {
            'd' => "[0-9]",
            'D' => "[^0-9]",
            'w' => "[0-9A-Za-z_]",
            'W' => "[^0-9A-Za-z_]",
            's' => "[\\t\\n\\f\\r ]",
            'S' => "[^\\t\\n\\f\\r ]",
            'b' if !in_class && self.rest.peek() != Some(&'{') => "(?-u:\\b)",
            'A' | 'z' if !in_class => return self.keep(kind),
            'a' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' => return self.keep(kind),
            '<' | '>' => return Err(format!("\\{kind}")),
            kind if kind.is_ascii_punctuation() => return self.keep(kind),
            kind => return Err(format!("\\{kind}")),
        });
        Ok(())
    }

    fn keep(&mut self, kind: char) -> Result<(), String> {
        self.out.push('\\');
        self.out.push(kind);
        Ok(())
    }

    /// `[…]`, whose brackets and operators Rust reads as classes in classes.
    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        self.take('^');
        self.take(']');
        while let Some(next) = self.rest.next() {
            match next {
                '\\' => self.escape(true)?,
                ']' => {
                    self.out.push(']');
                    return Ok(());
                }
                '[' if self.rest.peek() == Some(&':') => self.named_class(),
                '[' => return Err("[[".to_owned()),
                '&' | '-' | '~' if self.rest.peek() == Some(&next) => return Err(format!("{next}{next}")),
                other => self.out.push(other),
            }
        }
        Ok(())
    }

    /// `[:alpha:]`
    fn named_class(&mut self) {
        self.out.push('[');
        for next in self.rest.by_ref() {
            self.out.push(next);
            if next == ']' {
                return;
            }
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        let here = self.rest.next_if_eq(&wanted).is_some();
        if here {
            self.out.push(wanted);
        }
        here
    }

    /// `(`, `(?:`, `(?P<name>`, `(?i)`, `(?i-s:`
    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        if !self.take('?') || self.take('<') || self.take('P') {
            return Ok(());
        }
        for next in self.rest.by_ref() {
            self.out.push(next);
            match next {
                ')' | ':' => return Ok(()),
                'i' | 'm' | 's' | 'U' | '-' => {}
                other => return Err(format!("(?{other}")),
            }
        }
        Ok(())
    }

    /// `{2}`, `{2,}`, `{2,3}`: to RE2, `{` in any other place is itself.
    fn repetition(&mut self) -> Result<(), String> {
        let mut inner = String::new();
        let closed = loop {
            match self.rest.next() {
                Some('}') => break true,
                Some(next) if next.is_ascii_digit() || next == ',' => inner.push(next),
                _ => break false,
            }
        };
        let counts = inner.starts_with(|c: char| c.is_ascii_digit()) && inner.matches(',').count() < 2;
        if !closed || !counts {
            return Err("{".to_owned());
        }
        self.out.push_str(&format!("{{{inner}}}"));
        Ok(())
    }
}
