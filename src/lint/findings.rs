//! What a lint reports.

use super::rule::Rule;
use super::users::Users;
use super::view::View;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::source::Span;

/// Takes the findings of one lint at its level.
pub(super) struct Findings<'a> {
    rule: &'static Rule,
    severity: Severity,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Findings<'a> {
    /// The findings of `rule` become diagnostics of this severity.
    pub(super) fn new(
        rule: &'static Rule,
        severity: Severity,
        diagnostics: &'a mut Diagnostics,
    ) -> Self {
        Self { rule, severity, diagnostics }
    }

    /// A finding at a place.
    pub(super) fn at(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        self.nowhere(message).at(span)
    }

    /// A finding at the first of those it concerns.
    pub(super) fn about(
        &self,
        users: Users,
        view: &View<'_>,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic { span: view.first_place(users), ..self.nowhere(message) }
    }

    /// A finding without a place in a file.
    pub(super) fn nowhere(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.severity, self.rule.name, message)
    }

    /// Reports a finding.
    pub(super) fn push(&mut self, finding: Diagnostic) {
        self.diagnostics.push(finding);
    }
}
