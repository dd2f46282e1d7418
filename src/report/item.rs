//! One finding or change.

use super::Root;
use crate::diag::{Diagnostic, Severity, printable};
use crate::source::{SourceMap, Span};

/// The bytes of a place that identify it, at most.
const KEY_BYTES: usize = 200;

/// One finding, or one change to a group of domains.
///
/// Texts are phrases as in [`Diagnostic`], with values in backticks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// How bad it is.
    pub severity: Severity,
    /// The stable name of its kind.
    pub code: &'static str,
    /// What is wrong, or what happens.
    pub message: String,
    /// Where; none when it is about no place in a file.
    pub place: Option<Place>,
    /// What else there is to know, one phrase each.
    pub details: Vec<String>,
    /// What to say at other places.
    pub related: Vec<(Place, String)>,
    /// What to do, one phrase each; the first is the best.
    pub hints: Vec<String>,
    /// What makes it the same finding in the next run, beside code and file.
    key: String,
}

/// A part of a file of the repository; lines and columns count from 1.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The path inside of the repository.
    pub file: String,
    /// Where it begins.
    pub start: Position,
    /// Behind its last character.
    pub end: Position,
}

/// A line and a column of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column in characters.
    pub column: usize,
    /// The column in bytes.
    pub byte_column: usize,
}

impl Item {
    /// An item without a place. It is the same finding as another one when the messages are the same
    /// but for numbers outside of backticks.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        let key = without_counts(&message);
        Self {
            severity,
            code,
            message,
            place: None,
            details: Vec::new(),
            related: Vec::new(),
            hints: Vec::new(),
            key,
        }
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, span: Span, sources: &SourceMap) -> Self {
        self.place = Some(Place::of(span, sources));
        self
    }

    /// Adds a detail.
    #[must_use]
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.details.push(text.into());
        self
    }

    /// Says what makes it the same finding, in place of the message.
    #[must_use]
    pub fn same_by(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }

    /// A message as an item.
    pub fn of(diagnostic: &Diagnostic, sources: &SourceMap) -> Self {
        let Diagnostic { severity, code, message, span, related, hints } = diagnostic;
        let mut item = Self::new(*severity, code, message.as_str());
        if let Some(span) = span {
            let text = sources.slice(*span);
            item.key.push('\0');
            item.key.push_str(&text[..text.floor_char_boundary(KEY_BYTES)]);
            item = item.at(*span, sources);
        }
        let related = related.iter().map(|(span, text)| (Place::of(*span, sources), text.clone()));
        item.related.extend(related);
        item.hints.extend_from_slice(hints);
        item
    }

    /// What makes it the same finding in the next run.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The place, when a platform can show it: templates that are built in are in no repository.
    pub(super) fn shown_place(&self) -> Option<&Place> {
        self.place.as_ref().filter(|place| place.is_in_repository())
    }

    /// The message; with the place where a platform cannot show that.
    pub(super) fn headline(&self) -> String {
        let message = printable(&self.message);
        match &self.place {
            Some(place) if !place.is_in_repository() => format!("{message} ({place})"),
            Some(_) | None => message.into_owned(),
        }
    }

    /// What follows the message, one line each: details, other places, and the best hint.
    pub(super) fn more(&self, root: &Root) -> Vec<String> {
        let others = self.related.iter();
        let others =
            others.map(|(place, text)| format!("{}: {}", root.place(place), printable(text)));
        let (details, hint) = self.advice();
        details.chain(others).chain(hint).collect()
    }

    /// The message and everything that follows it.
    pub(super) fn paragraph(&self, root: &Root, separator: &str) -> String {
        let mut lines = vec![self.headline()];
        lines.extend(self.more(root));
        lines.join(separator)
    }

    /// The message and what follows it, for a form that has other places of its own.
    pub(super) fn without_places(&self) -> String {
        let (details, hint) = self.advice();
        let lines: Vec<String> =
            std::iter::once(self.headline()).chain(details).chain(hint).collect();
        lines.join("\n")
    }

    fn advice(&self) -> (impl Iterator<Item = String>, Option<String>) {
        let details = self.details.iter().map(|it| printable(it).into_owned());
        (details, self.hints.first().map(|it| format!("help: {}", printable(it))))
    }
}

impl Place {
    /// The place of a span.
    pub fn of(span: Span, sources: &SourceMap) -> Self {
        let position = |byte: u32| {
            let (line, column) = sources.line_column(span.file, byte);
            let before = &sources.text(span.file).as_bytes()[..byte as usize];
            let begin = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
            Position { line, column, byte_column: before.len() - begin + 1 }
        };
        Self {
            file: sources.name(span.file).to_owned(),
            start: position(span.start),
            end: position(span.end),
        }
    }

    pub(super) fn is_in_repository(&self) -> bool {
        !self.file.starts_with("builtin:")
    }
}

impl std::fmt::Display for Place {
    /// The place for people: `file:line:column`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Position { line, column, .. } = self.start;
        write!(f, "{}:{line}:{column}", printable(&self.file))
    }
}

/// A message without the numbers that change from day to day; values stand in backticks, and stay.
fn without_counts(message: &str) -> String {
    let mut in_value = false;
    let stays = |character: &char| {
        in_value ^= *character == '`';
        in_value || !character.is_ascii_digit()
    };
    message.chars().filter(stays).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_and_go_and_values_stay() {
        assert_eq!(without_counts("`a1` expires in 12 days"), "`a1` expires in  days");
    }

    #[test]
    fn columns_are_known_in_characters_and_in_bytes() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", "x: 1\näö: ü\n");
        let Place { start, end, .. } = Place::of(Span::new(file, 11, 13), &sources);
        assert_eq!(start, Position { line: 2, column: 5, byte_column: 7 });
        assert_eq!(end, Position { line: 2, column: 6, byte_column: 9 });
    }

    #[test]
    fn what_is_built_in_is_named_in_the_message() {
        let mut sources = SourceMap::new();
        let file = sources.add("builtin:providers/a.yaml", "x: 1\n");
        let diagnostic = Diagnostic::error("bad", Span::new(file, 0, 1), "bad `x`");
        let item = Item::of(&diagnostic, &sources);
        assert_eq!(item.shown_place(), None);
        assert_eq!(item.headline(), "bad `x` (builtin:providers/a.yaml:1:1)");
    }
}
