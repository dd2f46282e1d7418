//! Events to nodes, as one tree or entry by entry.

use super::entries::Entries;
use super::lane::Lane;
use super::{Event, EventKind, Events, YamlError};
use crate::source::{FileId, Mapping, Node, NodeKind, Span, Spanned};
use std::borrow::Cow;
use std::collections::VecDeque;

/// Reads a whole text as one node.
///
/// An empty text is [`NodeKind::Null`]. `errors` gets everything that is wrong; after a syntax
/// error the answer is `None`, else reading went on and the node holds what could be read: of a key
/// that stands twice the first value.
pub fn parse<'src>(
    file: FileId,
    text: &'src str,
    errors: &mut Vec<YamlError>,
) -> Option<Node<'src>> {
    let mut reader = Reader::new(file, text);
    let node = reader.node();
    errors.extend(reader.finish());
    node
}

/// Reads a text entry by entry, without keeping what was read.
///
/// The reader stands before a value: at first that of the whole text, and after each
/// [`Reader::next_key`] the one of that key. The value is taken whole with [`Reader::node`], or
/// opened with [`Reader::enter_mapping`] when it is a mapping; a value that is not taken is skipped
/// by the next `next_key`. After a syntax error every method answers that nothing more comes, and
/// [`Reader::finish`] names the error, so callers need not check in between.
///
/// Keys of mappings inside a [`Node`] are unique. Whether keys that `next_key` gives are unique is
/// for the caller to check, who knows which spellings mean the same.
///
/// # Examples
///
/// ```
/// use mxward::source::{SourceMap, yaml::Reader};
///
/// let mut sources = SourceMap::new();
/// let file = sources.add("a.yaml", "version: 1\ndomains:\n  b.example: x\n  a.example: y\n");
/// let mut reader = Reader::new(file, sources.text(file));
/// let mut domains = Vec::new();
/// if reader.enter_mapping() {
///     while let Some(key) = reader.next_key() {
///         if key.value == "domains" && reader.enter_mapping() {
///             while let Some(domain) = reader.next_key() {
///                 domains.push((domain, reader.node()));
///             }
///         }
///     }
/// }
/// assert!(reader.finish().is_empty());
/// assert_eq!(domains.len(), 2);
/// assert_eq!(domains[1].0.value, "a.example");
/// ```
pub struct Reader<'src> {
    file: FileId,
    events: Lane<'src>,
    /// Events that were looked at and not yet taken.
    ahead: VecDeque<Event<'src>>,
    errors: Vec<YamlError>,
    /// Mappings that were entered and not yet read to their end.
    entered: usize,
    /// Whether the value under way has not been taken yet.
    value_waits: bool,
    /// A syntax error was met.
    failed: bool,
}

impl<'src> Reader<'src> {
    /// A reader of `text`, whose places are in `file`.
    pub fn new(file: FileId, text: &'src str) -> Self {
        Self {
            file,
            events: Lane::new(file, text),
            ahead: VecDeque::new(),
            errors: Vec::new(),
            entered: 0,
            value_waits: true,
            failed: false,
        }
    }

    /// Opens the value under way when it is a mapping, so that [`Reader::next_key`] gives its keys.
    ///
    /// False, and nothing is read, when it is something else or was taken already.
    pub fn enter_mapping(&mut self) -> bool {
        if !self.value_waits {
            return false;
        }
        let Some(event) = self.next() else { return false };
        if matches!(event.kind, EventKind::MappingStart { .. }) {
            self.entered += 1;
            self.value_waits = false;
            return true;
        }
        self.ahead.push_front(event);
        false
    }

    /// The bytes of the value under way, which stays there to be taken: who has met the same text
    /// before need not take it apart again. `None` after a syntax error and in an empty text.
    pub fn value_span(&mut self) -> Option<Span> {
        if !self.value_waits {
            return None;
        }
        if self.ahead.is_empty()
            && let Some(span) = self.events.value_span()
        {
            return Some(span);
        }
        let (mut at, mut depth) = (0, 0);
        loop {
            if at == self.ahead.len() {
                let event = self.read()?;
                self.ahead.push_back(event);
            }
            depth += step(&self.ahead[at]);
            if depth <= 0 {
                let (start, end) = (self.ahead[0].span.start, self.ahead[at].span.end);
                return Some(Span::new(self.file, start, end));
            }
            at += 1;
        }
    }

    /// The next key of the mapping that was entered last.
    ///
    /// `None` at its end; the mapping around it is then the innermost one again. Keys that are not
    /// text are reported and left out together with their values.
    pub fn next_key(&mut self) -> Option<Spanned<Cow<'src, str>>> {
        self.skip();
        if self.entered == 0 {
            return None;
        }
        loop {
            let event = self.next()?;
            if event.kind == EventKind::MappingEnd {
                self.entered -= 1;
                return None;
            }
            if let Some(key) = self.key(event) {
                self.value_waits = true;
                return Some(key);
            }
        }
    }

    /// Takes the value under way; `None` after a syntax error, or when it was taken already.
    pub fn node(&mut self) -> Option<Node<'src>> {
        if !self.value_waits {
            return None;
        }
        self.value_waits = false;
        let Some(event) = self.next() else {
            // An empty text has no value at all.
            let start = Span::new(self.file, 0, 0);
            return (!self.failed).then_some(Node { span: start, kind: NodeKind::Null });
        };
        self.build(event)
    }

    /// Passes over the value under way, unless it was taken already.
    pub fn skip(&mut self) {
        if !std::mem::take(&mut self.value_waits)
            || (self.ahead.is_empty() && self.events.skip_value())
        {
            return;
        }
        if let Some(event) = self.next() {
            self.skip_from(&event);
        }
    }

    /// How many errors were found so far in what was taken, syntax errors not among them.
    pub fn errors(&self) -> usize {
        self.errors.len()
    }

    /// Whether a syntax error ended the reading, so that what follows is not known.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Reads on to the end of the text and gives all errors, in the order of their places.
    pub fn finish(mut self) -> Vec<YamlError> {
        while self.next().is_some() {}
        self.events.take_errors(&mut self.errors);
        self.errors.sort_by_key(|error| error.span);
        self.errors
    }

    fn next(&mut self) -> Option<Event<'src>> {
        self.ahead.pop_front().or_else(|| self.read())
    }

    fn read(&mut self) -> Option<Event<'src>> {
        if self.failed {
            return None;
        }
        let event = self.events.next();
        self.failed = event.is_none() && self.events.failed();
        event
    }

    fn build(&mut self, event: Event<'src>) -> Option<Node<'src>> {
        let start = event.span;
        match event.kind {
            EventKind::Scalar(scalar) => {
                let null = scalar.plain && matches!(&*scalar.text, "" | "~" | "null");
                let kind = if null { NodeKind::Null } else { NodeKind::Scalar(scalar) };
                Some(Node { span: start, kind })
            }
            EventKind::SequenceStart { .. } => {
                let mut items = Vec::new();
                loop {
                    let event = self.next()?;
                    if event.kind == EventKind::SequenceEnd {
                        let span = Span::new(self.file, start.start, event.span.end);
                        return Some(Node { span, kind: NodeKind::Sequence(items) });
                    }
                    items.push(self.build(event)?);
                }
            }
            EventKind::MappingStart { .. } => {
                let mut entries = Entries::default();
                loop {
                    let event = self.next()?;
                    if event.kind == EventKind::MappingEnd {
                        let span = Span::new(self.file, start.start, event.span.end);
                        let mapping = Mapping { entries: entries.into_list() };
                        return Some(Node { span, kind: NodeKind::Mapping(mapping) });
                    }
                    let Some(key) = self.key(event) else { continue };
                    let event = self.next()?;
                    let value = self.build(event)?;
                    self.errors.extend(entries.add(key, value));
                }
            }
            // No value begins with an end; the sources of events see to that.
            EventKind::MappingEnd | EventKind::SequenceEnd => None,
        }
    }

    /// The text of a key. One that is no text is reported, and its value passed over.
    fn key(&mut self, event: Event<'src>) -> Option<Spanned<Cow<'src, str>>> {
        let span = event.span;
        let (message, hint) = match event.kind {
            EventKind::Scalar(scalar) if scalar.plain && scalar.text == "<<" => (
                "merge keys are not supported",
                "write the keys out, or repeat a whole value with an alias",
            ),
            EventKind::Scalar(scalar) if scalar.plain && scalar.text.is_empty() => {
                ("there is no key before this `:`", "write `key: value`")
            }
            EventKind::Scalar(scalar) => return Some(Spanned::new(scalar.text, span)),
            EventKind::MappingStart { .. }
            | EventKind::MappingEnd
            | EventKind::SequenceStart { .. }
            | EventKind::SequenceEnd => {
                self.skip_from(&event);
                ("a key must be text", "quote it")
            }
        };
        self.errors.push(YamlError::new("yaml-unsupported", span, message).hint(hint));
        if let Some(value) = self.next() {
            self.skip_from(&value);
        }
        None
    }

    /// Passes over a node whose first event was taken.
    fn skip_from(&mut self, event: &Event<'src>) {
        let mut depth = step(event);
        while depth > 0 {
            let Some(event) = self.next() else { return };
            depth += step(&event);
        }
    }
}

/// By how much an event goes deeper.
fn step(event: &Event<'_>) -> isize {
    match event.kind {
        EventKind::MappingStart { .. } | EventKind::SequenceStart { .. } => 1,
        EventKind::MappingEnd | EventKind::SequenceEnd => -1,
        EventKind::Scalar(_) => 0,
    }
}
