//! What is wrong with a YAML text.

use crate::source::Span;

/// A fault of a YAML text, whoever reads it and whatever it should mean.
///
/// The fields are those of a message: `message` is one phrase in lower case without a full stop.
/// This module stands below the one of messages, which turns errors into its own type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct YamlError {
    /// `yaml-syntax`, `yaml-unsupported`, `yaml-alias`, `yaml-limit` or `duplicate-key`.
    pub code: &'static str,
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
    /// A second place and what to say there.
    pub related: Option<(Span, String)>,
}

impl YamlError {
    /// An error at `span`, without hint.
    pub fn new(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, span, message: message.into(), hint: None, related: None }
    }

    /// Sets the hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the second place.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related = Some((span, text.into()));
        self
    }
}
