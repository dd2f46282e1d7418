//! The steps a YAML text consists of.

use super::YamlError;
use crate::source::{Scalar, Span};

/// One step of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event<'src> {
    /// What begins, ends or stands here.
    pub kind: EventKind<'src>,
    /// Its bytes: a scalar with its quotes, the bracket of a flow collection. A block collection
    /// begins with the empty span before its first key or dash and ends with the empty span behind
    /// the last byte of its content. An absent value is an empty span.
    pub span: Span,
}

/// What an [`Event`] says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EventKind<'src> {
    /// A mapping begins; keys and values follow in turn.
    MappingStart {
        /// Written with braces.
        flow: bool,
    },
    /// The innermost collection, a mapping, ends.
    MappingEnd,
    /// A sequence begins.
    SequenceStart {
        /// Written with brackets.
        flow: bool,
    },
    /// The innermost collection, a sequence, ends.
    SequenceEnd,
    /// Text, or a place where no value is written: then plain, empty, with an empty span.
    Scalar(Scalar<'src>),
}

/// A source of the events of one document, with every alias replaced.
pub trait Events<'src> {
    /// The next event; `None` at the end of the text, or where it cannot be read on.
    fn next(&mut self) -> Option<Event<'src>>;

    /// The bytes of the value that begins next, whose events are still to come; `None` from a source
    /// that would have to make them all to know.
    fn value_span(&mut self) -> Option<Span> {
        None
    }

    /// Passes over the value that begins next; false from a source that does it no faster than by
    /// giving its events.
    fn skip_value(&mut self) -> bool {
        false
    }

    /// Whether reading ended before the end of the text; the last error says why.
    fn failed(&self) -> bool;

    /// Moves the errors found so far to `errors`, in the order of finding.
    fn take_errors(&mut self, errors: &mut Vec<YamlError>);
}
