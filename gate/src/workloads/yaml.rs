//! YAML and JSON text into trees, strictly: where readers disagree about a text, one of them is deceived, and it is refused.

use super::error::{ManifestError, Position, shown};
use super::node::{Entry, Mark, Node, Value, spend, too_deep};
use crate::budget;
use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Tags that say what is there anyway, and the two of compose files, which speak about other files.
const TAGS: [&str; 7] = ["!!str", "!!map", "!!seq", "!!null", "!", "!reset", "!override"];

/// Hands each document of `text` to `take`, with its number. One document that is malformed refuses the whole text.
///
/// # Errors
/// [`ManifestError`], also that of `take`.
pub(super) fn documents<'a>(
    text: &'a str,
    mut take: impl FnMut(Rc<Node<'a>>, usize) -> Result<(), ManifestError>,
) -> Result<(), ManifestError> {
    if text.len() > budget::MANIFEST_BYTES {
        return Err(ManifestError::OverBudget { what: "bytes", limit: budget::MANIFEST_BYTES });
    }
    line_breaks(text)?;
    let mut reader = Reader::default();
    for event in parser(text) {
        let (event, span) = event.map_err(|error| reader.refused(&error, text))?;
        if let Some(document) = reader.read(event, &span).map_err(|error| template(error, text))? {
            take(document, reader.document)?;
        }
    }
    separators(text, &reader.separators)
}

/// What a single value reads as, if it is a text and nothing follows.
pub(super) fn scalar(text: &str) -> Option<String> {
    let mut found = None;
    for event in parser(text) {
        match event.ok()?.0 {
            Event::Scalar(text, ..) => found = Some(text.into_owned()),
            Event::StreamStart | Event::StreamEnd | Event::DocumentStart(..) | Event::DocumentEnd => {}
            _ => return None,
        }
    }
    found
}

fn parser(text: &str) -> Parser<'_, StrInput<'_>> {
    let mut options = granit_parser::options! { flow_nesting_limit: budget::DEPTH, block_nesting_limit: budget::DEPTH };
    options.set_emit_comments(false);
    Parser::new_from_str_with_options(text, options)
}

/// What has been read of the document so far.
#[derive(Default)]
struct Reader<'a> {
    document: usize,
    open: Vec<Open<'a>>,
    root: Option<Rc<Node<'a>>>,
    anchors: HashMap<usize, Rc<Node<'a>>>,
    count: usize,
    /// Offsets of every `---`.
    separators: Vec<usize>,
}

/// A list or an object whose end has not been read.
struct Open<'a> {
    anchor: usize,
    mark: Mark,
    inside: Inside<'a>,
}

enum Inside<'a> {
    List(Vec<Rc<Node<'a>>>),
    Map { entries: Vec<Rc<Entry<'a>>>, key: Option<Rc<Node<'a>>> },
}

impl<'a> Reader<'a> {
    /// The document, when this event ends it.
    fn read(&mut self, event: Event<'a>, span: &Span) -> Result<Option<Rc<Node<'a>>>, ManifestError> {
        let mark = mark(span)?;
        match event {
            Event::DocumentStart(explicit, _) => {
                self.document += 1;
                self.separators.extend(explicit.then_some(mark.bytes.start));
            }
            Event::DocumentEnd => {
                self.anchors.clear();
                return Ok(self.root.take());
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.check(tag.as_deref(), &mark)?;
                // Of an empty value, the parser says `~`.
                let text = if mark.bytes.is_empty() { Cow::Borrowed("") } else { text };
                // With a tag, `null` is a text like any other, unless the tag says that there is nothing.
                let untagged = tag.is_none_or(|tag| tag.suffix() == "reset");
                let value = Value::Text { text, plain: untagged && style == ScalarStyle::Plain };
                self.close(value, anchor, mark)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.check(tag.as_deref(), &mark)?;
                self.open.push(Open { anchor, mark, inside: Inside::List(Vec::new()) });
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check(tag.as_deref(), &mark)?;
                self.open.push(Open { anchor, mark, inside: Inside::Map { entries: Vec::new(), key: None } });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { anchor, mark, inside }) = self.open.pop() else { return Ok(None) };
                let value = match inside {
                    Inside::List(items) => Value::List(items),
                    Inside::Map { entries, .. } => Value::Map(self.merged(entries)?),
                };
                self.close(value, anchor, mark)?;
            }
            Event::Alias(anchor) => {
                let endless = || ManifestError::EndlessAlias { at: self.position(&mark) };
                let node = Rc::clone(self.anchors.get(&anchor).ok_or_else(endless)?);
                spend(&mut self.count, node.size)?;
                self.put(node)?;
            }
            // Not asked for: the parser gives no comments, anchors' names or aliases without an anchor.
            _ => {}
        }
        Ok(None)
    }

    /// A value whose end has been read.
    fn close(&mut self, value: Value<'a>, anchor: usize, mark: Mark) -> Result<(), ManifestError> {
        spend(&mut self.count, 1)?;
        let node = Node::new(value, Some(mark))?;
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.put(node)
    }

    /// Puts a value where one is awaited.
    fn put(&mut self, node: Rc<Node<'a>>) -> Result<(), ManifestError> {
        let document = self.document;
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(node),
            Some(Inside::List(items)) => items.push(node),
            Some(Inside::Map { entries, key }) => match key.take() {
                Some(read) => {
                    let Value::Text { text, .. } = &read.value else { return Err(not_a_key(&read, document)) };
                    entries.push(Rc::new(Entry { key: text.clone(), mark: read.mark.clone(), value: node }));
                }
                None if matches!(node.value, Value::Text { .. }) => *key = Some(node),
                None => return Err(not_a_key(&node, document)),
            },
        }
        Ok(())
    }

    /// The entries of an object, with those that `<<` brings (yaml.org/type/merge); each key once. Who takes `<<` for a plain key
    /// sees fewer images than we do, and no others.
    fn merged(&mut self, entries: Vec<Rc<Entry<'a>>>) -> Result<Vec<Rc<Entry<'a>>>, ManifestError> {
        self.once(&entries)?;
        let Some(merge) = entries.iter().position(|entry| entry.key == "<<") else { return Ok(entries) };
        let (before, rest) = entries.split_at(merge);
        let Some((merge, after)) = rest.split_first() else { return Ok(entries) };
        let mut all: Vec<_> = before.iter().chain(after).map(Rc::clone).collect();
        // Keys after the `<<` win, and so do objects that it names earlier.
        let mut known: HashSet<_> = after.iter().map(|entry| entry.key.clone()).collect();
        for source in sources(&merge.value) {
            let Value::Map(source) = &source.value else {
                let why = "`<<` brings the keys of objects, and this is none".to_owned();
                return Err(ManifestError::Malformed { at: self.at(merge), why });
            };
            for entry in source {
                if let Some(earlier) = before.iter().find(|earlier| earlier.key == entry.key) {
                    return Err(ManifestError::MergeOrder { at: self.at(earlier), key: shown(&entry.key) });
                }
                if known.insert(entry.key.clone()) {
                    spend(&mut self.count, entry.value.size)?;
                    all.push(Rc::clone(entry));
                }
            }
        }
        Ok(all)
    }

    fn once(&self, entries: &[Rc<Entry<'a>>]) -> Result<(), ManifestError> {
        let mut first = HashMap::with_capacity(entries.len());
        for entry in entries {
            let line = entry.mark.as_ref().map_or(1, |mark| mark.line);
            if let Some(first) = first.insert(&*entry.key, line) {
                return Err(ManifestError::DuplicateKey { at: self.at(entry), key: shown(&entry.key), first });
            }
        }
        Ok(())
    }

    /// Refuses a tag that changes what is there: `!!binary` is base64 to `kubectl`.
    fn check(&self, tag: Option<&Tag>, mark: &Mark) -> Result<(), ManifestError> {
        let Some(tag) = tag else { return Ok(()) };
        let name = match tag.core_suffix() {
            Some(suffix) => format!("!!{suffix}"),
            None => tag.original(),
        };
        if TAGS.contains(&&*name) {
            return Ok(());
        }
        Err(ManifestError::UnknownTag { at: self.position(mark), tag: shown(&name) })
    }

    fn position(&self, mark: &Mark) -> Position {
        Position { line: mark.line, column: mark.column, document: self.document }
    }

    fn at(&self, entry: &Entry<'_>) -> Position {
        entry.mark.as_ref().map_or(START, |mark| self.position(mark))
    }

    fn refused(&self, error: &ScanError, text: &str) -> ManifestError {
        if *error.kind() == ErrorKind::RecursionLimitExceeded {
            return too_deep();
        }
        let (line, column) = (error.marker().line(), error.marker().col() + 1);
        let at = Position { line, column, document: self.document.max(1) };
        template(ManifestError::Malformed { at, why: shown(&error.info()) }, text)
    }
}

const START: Position = Position { line: 1, column: 1, document: 1 };

fn not_a_key(node: &Node<'_>, document: usize) -> ManifestError {
    let (line, column) = node.mark.as_ref().map_or((1, 1), |mark| (mark.line, mark.column));
    let why = "keys are texts, and this one is a list or an object".to_owned();
    ManifestError::Malformed { at: Position { line, column, document }, why }
}

/// What is malformed because it is a template, is called one.
fn template(error: ManifestError, text: &str) -> ManifestError {
    match error {
        ManifestError::Malformed { at, .. } if text.contains("{{") && text.contains("}}") => {
            ManifestError::Template { at }
        }
        other => other,
    }
}

/// The objects whose keys `<<` brings.
fn sources<'n, 'a>(node: &'n Rc<Node<'a>>) -> Vec<&'n Rc<Node<'a>>> {
    match &node.value {
        Value::List(items) => items.iter().collect(),
        Value::Text { .. } | Value::Map(_) => vec![node],
    }
}

/// # Errors
/// None: of a text in memory the parser always knows the offsets.
fn mark(span: &Span) -> Result<Mark, ManifestError> {
    let (line, column) = (span.start.line(), span.start.col() + 1);
    let without = || ManifestError::Malformed {
        at: Position { line, column, document: 1 },
        why: "the parser gives no offset".to_owned(),
    };
    Ok(Mark { line, column, bytes: span.byte_range().ok_or_else(without)? })
}

/// Refuses the characters that end a line in YAML 1.1 only: behind one of them a comment would hide an image from us, and not from
/// `kubectl`.
fn line_breaks(text: &str) -> Result<(), ManifestError> {
    let ambiguous = ['\u{85}', '\u{2028}', '\u{2029}'];
    let Some((offset, character)) = text.char_indices().find(|(_, c)| ambiguous.contains(c)) else { return Ok(()) };
    let line = text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1);
    Err(ManifestError::AmbiguousLineBreak { line, character })
}

/// `kubectl` splits its input before it reads YAML, at each line that begins with `---`, and wants nothing but a comment after
/// it. `separators` are the offsets at which YAML sees one.
fn separators(text: &str, separators: &[usize]) -> Result<(), ManifestError> {
    let mut offset = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if let Some(rest) = line.strip_prefix("---") {
            let rest = rest.trim();
            let alone = rest.is_empty() || rest.starts_with('#');
            if !alone || separators.binary_search(&offset).is_err() {
                return Err(ManifestError::AmbiguousSeparator { line: index + 1 });
            }
        }
        offset += line.len();
    }
    Ok(())
}
