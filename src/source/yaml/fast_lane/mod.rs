//! Events from YAML as people write it, ten times as fast as from a parser for all of YAML.
//!
//! Known here are block mappings and sequences, flow collections in one line, plain and quoted
//! scalars in one line, and comments. Before anything else the lane ends: before anchors, aliases,
//! tags, block scalars, values that go on in the next line, escapes, tabs, document markers,
//! explicit keys, and everything that is wrong. [`super::GranitEvents`] reads those, and gives the
//! same events for what is read here.

mod flow;
mod known_lines;
mod scalar;

use super::granit::offset;
use super::{Event, EventKind, Events, GranitEvents, MAX_DEPTH, YamlError};
use crate::source::{FileId, Scalar, Span};
use known_lines::KnownLines;
use scalar::{Place, Word};
use std::borrow::Cow;

/// The events of a text in simple YAML.
#[derive(Clone, Debug)]
pub struct FastLane<'src> {
    file: FileId,
    text: &'src str,
    /// Where the next line begins.
    at: usize,
    /// The block collections that have begun, from the outermost.
    levels: Vec<Level>,
    /// A key or dash without a value so far: where the absent value would stand.
    pending: Option<usize>,
    /// The end of the content so far, for the ends of block collections.
    content_end: usize,
    /// The events of the lines that were read last, and how many of them were given.
    tokens: Vec<Token>,
    given: usize,
    /// How many of the tokens are certain: those of the last line may change their meaning when the
    /// next one turns out to continue it.
    certain: usize,
    /// How many events were given before those of `tokens`.
    before: usize,
    /// Whether the text goes on with something that is not known here.
    ended_early: bool,
    /// What was read of lines that end with a flow collection.
    known: KnownLines<'src>,
}

/// A block collection that has begun.
#[derive(Clone, Copy, Debug)]
struct Level {
    column: usize,
    sequence: bool,
}

/// An event in short.
#[derive(Clone, Copy, Debug)]
struct Token {
    kind: TokenKind,
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, Debug)]
enum TokenKind {
    BlockMapping,
    FlowMapping,
    MappingEnd,
    BlockSequence,
    FlowSequence,
    SequenceEnd,
    Plain,
    Quoted,
}

impl<'src> FastLane<'src> {
    /// The events of `text`; `None` when it has characters that are not known here.
    pub fn new(file: FileId, text: &'src str) -> Option<Self> {
        let begin = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        // C1 controls begin with C2, byte order marks and characters that are none with EF. In
        // numbers and without an early end, this is compiled to vector instructions.
        let odd = text.as_bytes()[begin..].iter().fold(0, |odd, &byte| {
            let control = u8::from(byte < b' ') & u8::from(byte != b'\n');
            let lead = u8::from(byte == 0x7f) | u8::from(byte == 0xc2) | u8::from(byte == 0xef);
            odd | control | lead
        });
        (odd == 0).then(|| Self {
            file,
            text,
            at: begin,
            levels: Vec::with_capacity(8),
            pending: None,
            content_end: begin,
            tokens: Vec::with_capacity(64),
            given: 0,
            certain: 0,
            before: 0,
            ended_early: false,
            known: KnownLines::default(),
        })
    }

    /// The events of the same text from the parser for all of YAML.
    pub(super) fn full(&self) -> GranitEvents<'src> {
        GranitEvents::new(self.file, self.text)
    }

    /// How many events were given.
    pub(super) fn given(&self) -> usize {
        self.before + self.given
    }

    /// Makes the tokens up to the position `at` certain. False when they end before it.
    fn read_to(&mut self, at: usize) -> bool {
        while self.certain <= at && !self.ended_early {
            let known = self.tokens.len();
            match self.line() {
                Some(true) => self.certain = known,
                Some(false) => {
                    self.certain = self.tokens.len();
                    break;
                }
                None => {
                    self.ended_early = true;
                    self.tokens.truncate(self.certain);
                }
            }
        }
        self.certain > at
    }

    /// Reads the next line that has content; false at the end of the text, `None` when it is not
    /// simple.
    fn line(&mut self) -> Option<bool> {
        let bytes = self.text.as_bytes();
        let (start, at) = loop {
            let start = self.at;
            let mut at = start;
            while bytes.get(at) == Some(&b' ') {
                at += 1;
            }
            match bytes.get(at) {
                None => {
                    self.close();
                    return Some(false);
                }
                Some(b'\n') => self.at = at + 1,
                Some(b'#') => self.at = self.next_line(at),
                Some(_) => break (start, at),
            }
        };
        let rest = &bytes[at..];
        if at == start && (rest.starts_with(b"---") || rest.starts_with(b"...")) {
            return None;
        }
        let dash = self.is_dash(at);
        self.settle(at - start, at, dash)?;
        let mut at = at;
        if dash {
            at = match self.dashes(start, at)? {
                Some(at) => at,
                None => return Some(true),
            };
            if matches!(bytes[at], b'[' | b'{') {
                return self.flow_line(at).map(|()| true);
            }
            let word = self.word(at, Place::Block)?;
            if !self.is_key(&word) {
                self.scalar(&word);
                return self.end_line(word.end).map(|()| true);
            }
            self.begin(TokenKind::BlockMapping, at - start, at)?;
            self.entry(&word)?;
            return Some(true);
        }
        let word = self.word(at, Place::Block)?;
        if !self.is_key(&word) {
            return None;
        }
        self.entry(&word)?;
        Some(true)
    }

    /// Ends, goes on with or begins block collections, so that the innermost one is that of a line
    /// whose content begins in `column`, with a dash or a key.
    fn settle(&mut self, column: usize, at: usize, dash: bool) -> Option<()> {
        let kind = if dash { TokenKind::BlockSequence } else { TokenKind::BlockMapping };
        loop {
            let Some(&Level { column: top, sequence }) = self.levels.last() else {
                // Either the text begins here, or the outermost collection has just ended.
                return if self.tokens.is_empty() { self.begin(kind, column, at) } else { None };
            };
            if column > top {
                // Without a key or dash that waits for it, the line goes on with a plain scalar.
                self.pending.take()?;
                return self.begin(kind, column, at);
            }
            if column == top && sequence == dash {
                self.absent();
                return Some(());
            }
            if column == top && dash {
                // The sequence of a key may stand in the column of that key.
                self.pending.take()?;
                return self.begin(kind, column, at);
            }
            self.absent();
            self.end();
        }
    }

    /// Reads dashes up to the first value; its place, or `None` when the line has none.
    #[expect(clippy::option_option, reason = "the outer one says that the text is not simple")]
    fn dashes(&mut self, start: usize, mut at: usize) -> Option<Option<usize>> {
        loop {
            let dash_end = at + 1;
            at = self.skip_blanks(dash_end);
            if self.ends_at(at) {
                self.pending = Some(dash_end);
                self.at = self.next_line(at);
                return Some(None);
            }
            if !self.is_dash(at) {
                return Some(Some(at));
            }
            self.begin(TokenKind::BlockSequence, at - start, at)?;
        }
    }

    /// Reads a key, and its value when it stands in the same line.
    fn entry(&mut self, key: &Word) -> Option<()> {
        self.scalar(key);
        let at = self.skip_blanks(key.end + 1);
        if self.ends_at(at) {
            self.pending = Some(key.end);
            self.at = self.next_line(at);
            return Some(());
        }
        if matches!(self.text.as_bytes()[at], b'[' | b'{') {
            return self.flow_line(at);
        }
        let value = self.word(at, Place::Block)?;
        self.scalar(&value);
        self.end_line(value.end)
    }

    /// Sees to it that nothing but a comment stands in the rest of the line.
    fn end_line(&mut self, at: usize) -> Option<()> {
        let end = self.skip_blanks(at);
        let comment = self.text.as_bytes().get(end) == Some(&b'#');
        if !self.ends_at(end) || comment && end == at {
            return None;
        }
        self.at = self.next_line(end);
        Some(())
    }

    /// Ends everything at the end of the text.
    fn close(&mut self) {
        self.at = self.text.len();
        self.absent();
        while !self.levels.is_empty() {
            self.end();
        }
    }

    fn begin(&mut self, kind: TokenKind, column: usize, at: usize) -> Option<()> {
        if self.levels.len() == MAX_DEPTH {
            return None;
        }
        let sequence = matches!(kind, TokenKind::BlockSequence);
        self.levels.push(Level { column, sequence });
        self.push(kind, at, at);
        Some(())
    }

    fn end(&mut self) {
        let sequence = self.levels.pop().is_some_and(|level| level.sequence);
        let kind = if sequence { TokenKind::SequenceEnd } else { TokenKind::MappingEnd };
        self.push(kind, self.content_end, self.content_end);
    }

    /// Says that the value that was waited for is not there.
    fn absent(&mut self) {
        if let Some(at) = self.pending.take() {
            self.push(TokenKind::Plain, at, at);
        }
    }

    fn scalar(&mut self, word: &Word) {
        let kind = if word.quoted { TokenKind::Quoted } else { TokenKind::Plain };
        self.push(kind, word.start, word.end);
    }

    fn push(&mut self, kind: TokenKind, start: usize, end: usize) {
        self.content_end = end;
        self.tokens.push(Token { kind, start: offset(start), end: offset(end) });
    }

    /// Whether a colon that makes a key follows.
    fn is_key(&self, word: &Word) -> bool {
        let rest = &self.text.as_bytes()[word.end..];
        matches!(rest, [b':'] | [b':', b' ' | b'\n', ..]) && word.end - word.start <= MAX_KEY
    }

    /// Whether a dash that makes an item stands here.
    fn is_dash(&self, at: usize) -> bool {
        matches!(&self.text.as_bytes()[at..], [b'-'] | [b'-', b' ' | b'\n', ..])
    }

    /// Whether the rest of the line is a comment or empty, given that a blank or a line begins
    /// before.
    fn ends_at(&self, at: usize) -> bool {
        matches!(self.text.as_bytes().get(at), None | Some(b'\n' | b'#'))
    }

    fn skip_blanks(&self, mut at: usize) -> usize {
        let bytes = self.text.as_bytes();
        while bytes.get(at) == Some(&b' ') {
            at += 1;
        }
        at
    }

    /// Reads on until the value that begins next has ended; the place behind it among the tokens.
    fn value_end(&mut self) -> Option<usize> {
        let (mut at, mut depth) = (self.given, 0_usize);
        while self.read_to(at) {
            match self.tokens[at].kind {
                TokenKind::BlockMapping
                | TokenKind::FlowMapping
                | TokenKind::BlockSequence
                | TokenKind::FlowSequence => depth += 1,
                TokenKind::MappingEnd | TokenKind::SequenceEnd => depth = depth.checked_sub(1)?,
                TokenKind::Plain | TokenKind::Quoted => {}
            }
            at += 1;
            if depth == 0 {
                return Some(at);
            }
        }
        None
    }

    fn next_line(&self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        memchr::memchr(b'\n', rest).map_or(self.text.len(), |found| at + found + 1)
    }
}

/// The longest key; a little less than the 1024 characters of YAML, so as not to count them.
const MAX_KEY: usize = 1000;

impl<'src> Events<'src> for FastLane<'src> {
    fn next(&mut self) -> Option<Event<'src>> {
        if self.given == self.certain && self.given > 0 {
            self.tokens.drain(..self.given);
            self.before += self.given;
            (self.given, self.certain) = (0, 0);
        }
        if !self.read_to(self.given) {
            return None;
        }
        let Token { kind, start, end } = self.tokens[self.given];
        self.given += 1;
        let text = |start: u32, end: u32| {
            Cow::Borrowed(self.text.get(start as usize..end as usize).unwrap_or_default())
        };
        let kind = match kind {
            TokenKind::BlockMapping => EventKind::MappingStart { flow: false },
            TokenKind::FlowMapping => EventKind::MappingStart { flow: true },
            TokenKind::MappingEnd => EventKind::MappingEnd,
            TokenKind::BlockSequence => EventKind::SequenceStart { flow: false },
            TokenKind::FlowSequence => EventKind::SequenceStart { flow: true },
            TokenKind::SequenceEnd => EventKind::SequenceEnd,
            TokenKind::Plain => EventKind::Scalar(Scalar { text: text(start, end), plain: true }),
            TokenKind::Quoted => {
                EventKind::Scalar(Scalar { text: text(start + 1, end - 1), plain: false })
            }
        };
        Some(Event { kind, span: Span::new(self.file, start, end) })
    }

    fn value_span(&mut self) -> Option<Span> {
        let last = self.value_end()? - 1;
        Some(Span::new(self.file, self.tokens[self.given].start, self.tokens[last].end))
    }

    fn skip_value(&mut self) -> bool {
        let end = self.value_end();
        self.given = end.unwrap_or(self.given);
        end.is_some()
    }

    fn failed(&self) -> bool {
        self.ended_early
    }

    fn take_errors(&mut self, _errors: &mut Vec<YamlError>) {}
}
