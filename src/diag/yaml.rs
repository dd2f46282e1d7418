//! YAML faults as messages.

use super::{Diagnostic, Diagnostics};
use crate::source::yaml::{self, YamlError};
use crate::source::{FileId, Node};

/// Reads a whole YAML text as one node.
///
/// An empty text is [`crate::source::NodeKind::Null`]. After a syntax error the answer is `None`.
/// Other faults, such as a key that stands twice, are reported and reading goes on: the node then
/// holds what could be read.
pub fn parse_yaml<'src>(
    file: FileId,
    text: &'src str,
    diagnostics: &mut Diagnostics,
) -> Option<Node<'src>> {
    let mut errors = Vec::new();
    let node = yaml::parse(file, text, &mut errors);
    diagnostics.push_yaml(errors);
    node
}

impl Diagnostics {
    /// Adds what a [`yaml::Reader`] found.
    pub fn push_yaml(&mut self, errors: Vec<YamlError>) {
        for error in errors {
            self.push(error.into());
        }
    }
}

impl From<YamlError> for Diagnostic {
    fn from(error: YamlError) -> Self {
        let mut diagnostic = Self::error(error.code, error.span, error.message);
        diagnostic.hints.extend(error.hint);
        diagnostic.related.extend(error.related);
        diagnostic
    }
}
