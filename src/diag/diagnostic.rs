//! One message, and the list that a phase fills.

use crate::source::Span;

/// How bad a message is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Nothing is emitted while one of these stands.
    Error,
    /// Reported; the run goes on.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One message about the user's input or about the world.
///
/// `code` is a stable kebab-case name with a page in the documentation. `message` is one phrase
/// that starts in lower case and ends without a full stop, with values in backticks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The stable name, such as `unknown-provider`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where; none when the cause is no place in a file.
    pub span: Option<Span>,
    /// What to show beside the place itself, such as "first declared here" at another place.
    pub related: Vec<(Span, String)>,
    /// What to do, one phrase each; the first is the best.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// A message without a place.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        let message = shortened(message.into());
        Self { severity, code, message, span: None, related: Vec::new(), hints: Vec::new() }
    }

    /// An error at `span`.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message).at(span)
    }

    /// A warning at `span`.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message).at(span)
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Adds a second place with what to say there.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, text.into()));
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hints.push(shortened(text.into()));
        self
    }
}

/// How many characters of a message are kept; the longest domain fits in twice.
const KEPT: usize = 600;

/// Cuts the middle out of a text that quotes something endless.
fn shortened(text: String) -> String {
    if text.char_indices().nth(KEPT).is_none() {
        return text;
    }
    let (start, _) = text.char_indices().nth(KEPT - 150).unwrap_or_default();
    let (end, _) = text.char_indices().rev().nth(140).unwrap_or_default();
    format!("{} … {}", &text[..start], &text[end..])
}

/// The messages of a run, in the order they were found.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// No messages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a message.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds all messages of another phase.
    pub fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
    }

    /// Whether an error is among them.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether there is no message at all.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The messages in order of finding.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Sorts by file, place and code, messages without a place last, and drops repetitions.
    pub fn sort(&mut self) {
        self.list.sort_by(|a, b| {
            (a.span.is_none(), a.span, a.code, &a.message).cmp(&(
                b.span.is_none(),
                b.span,
                b.code,
                &b.message,
            ))
        });
        self.list.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_values_are_cut_in_the_middle() {
        let message = |text: &str| Diagnostic::new(Severity::Note, "n", text).message;
        let fits = "ä".repeat(KEPT);
        assert_eq!(message(&fits), fits);
        for more in [1, 100, 149, 150, 151, 10_000] {
            let long = format!("first {} last", "ä".repeat(KEPT - 11 + more));
            let cut = message(&long);
            assert!(cut.chars().count() <= KEPT, "{more}");
            assert!(cut.starts_with("first ä") && cut.ends_with("ä last") && cut.contains(" … "));
        }
    }
}
