//! What a run that gave no result has said.

use super::printer::Render;
use crate::diag::{Diagnostic, Diagnostics, Severity, Style, printable};
use crate::report::{self, Item, Report};
use crate::source::{SourceMap, Span};
use hashbrown::HashSet;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The code of an error that is about no file of the repository.
const FAILED: &str = "failed";

/// The messages of a run, kept for reports in case that nothing better comes.
///
/// A pipeline that asks for a report gets one, also from a run that stopped early.
#[derive(Debug)]
pub(super) struct Said {
    report: Report,
    /// What is kept of the repository: every target may say the same.
    known: HashSet<(Option<Span>, &'static str, String)>,
    /// Whether the repository was looked at, so that silence means that nothing is wrong with it.
    has_looked: bool,
}

impl Said {
    /// Nothing so far.
    pub(super) fn new(command: &'static str) -> Self {
        let report = Report::new(command, "", Vec::new());
        Self { report, known: HashSet::new(), has_looked: false }
    }

    /// Keeps messages about the repository.
    pub(super) fn messages(&mut self, diagnostics: &Diagnostics, sources: &SourceMap) {
        self.has_looked = true;
        for diagnostic in diagnostics.iter() {
            let Diagnostic { span, code, message, .. } = diagnostic;
            if self.known.insert((*span, *code, message.clone())) {
                self.report.items.push(Item::of(diagnostic, sources));
            }
        }
    }

    /// Whether there is something to report, be it that nothing is wrong.
    pub(super) fn is_something(&self) -> bool {
        self.has_looked || !self.report.items.is_empty()
    }

    /// Keeps an error that has no place.
    pub(super) fn error(&mut self, message: &str) {
        let error = Diagnostic::new(Severity::Error, FAILED, message);
        self.report.items.push(Item::of(&error, &SourceMap::new()));
    }
}

impl Render for Said {
    fn text(&self, _: &Style) -> String {
        let mut text = String::new();
        for Item { severity, code, message, place, .. } in &self.report.items {
            let place = place.as_ref().map_or(String::new(), |it| format!("{it}: "));
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{place}{}[{code}]: {}", severity.as_str(), printable(message));
        }
        text
    }

    fn json(&self) -> Value {
        json!({ "format_version": 1, "findings": report::findings(&self.report) })
    }

    fn markdown(&self) -> String {
        self.findings().map_or_else(String::new, |report| report::markdown(&report))
    }

    fn findings(&self) -> Option<Report> {
        let summary = self.report.counts().to_string();
        Some(Report { summary, ..self.report.clone() })
    }
}
