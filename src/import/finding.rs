//! What is to be said about a line of an old map.

use crate::diag::Severity;
use crate::plan::Which;

/// Something about one line of an old map.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The map.
    pub map: Which,
    /// The line, from 1; 0 where the map has none.
    pub line: u32,
    /// An error keeps the repository from being written.
    pub severity: Severity,
    /// The stable name, such as `duplicate`.
    pub code: &'static str,
    /// The lookup key.
    pub key: String,
    /// What is to be said, in a phrase.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// The old line, where nothing of it is compiled any more: it is kept as a comment.
    pub kept: Option<String>,
    /// The comment right above the old line, which often names the host of an address.
    pub comment: Option<String>,
    /// The template that an address was traced back to.
    pub template: Option<String>,
}

impl Finding {
    /// A finding with a message alone.
    pub(super) fn new(
        severity: Severity,
        code: &'static str,
        (map, line, key): (Which, u32, &str),
        message: impl Into<String>,
    ) -> Self {
        Self {
            map,
            line,
            severity,
            code,
            key: key.to_owned(),
            message: message.into(),
            hint: None,
            kept: None,
            comment: None,
            template: None,
        }
    }

    /// Adds advice.
    pub(super) fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(text.into());
        self
    }

    /// Keeps the old line.
    pub(super) fn kept(mut self, text: impl Into<String>) -> Self {
        self.kept = Some(text.into());
        self
    }

    /// The place, such as `tls_policy:12`, or the key where there are no lines.
    pub fn place(&self) -> String {
        match self.line {
            0 => format!("{}: {}", self.map.as_str(), self.key),
            line => format!("{}:{line}", self.map.as_str()),
        }
    }
}
