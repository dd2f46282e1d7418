//! A YAML value with the place of every part.

use super::span::{Span, Spanned};
use std::borrow::Cow;

/// One YAML value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node<'src> {
    /// The bytes of the value, without its key and without trailing blanks.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind<'src>,
}

/// The three kinds of YAML values, and the absent one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NodeKind<'src> {
    /// Nothing written: `key:` at the end of a line, or `~` or `null` unquoted.
    Null,
    /// Text; numbers and booleans too, since their type is decided by who reads them.
    Scalar(Scalar<'src>),
    /// A sequence in block or flow style.
    Sequence(Vec<Node<'src>>),
    /// A mapping in block or flow style.
    Mapping(Mapping<'src>),
}

/// A scalar as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scalar<'src> {
    /// The text with quotes and escapes resolved.
    pub text: Cow<'src, str>,
    /// Whether it was written without quotes and not as a block scalar.
    pub plain: bool,
}

/// A mapping: keys are unique, in the order of writing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping<'src> {
    /// Keys with their values.
    pub entries: Vec<(Spanned<Cow<'src, str>>, Node<'src>)>,
}
