//! Items for programs.

use super::{Counts, Item, Place, Report, fingerprint};
use crate::diag::Severity;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// A line of a report as JSON lines
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
#[schemars(title = "A line of `--report jsonl`")]
pub(super) enum Line<'a> {
    /// The first line
    Report(Head<'a>),
    /// Worst first
    Finding(Finding<'a>),
    /// The last line: what came out
    End(End<'a>),
}

/// What the report is about
#[derive(Serialize, JsonSchema)]
pub(super) struct Head<'a> {
    /// The version of this shape; one that readers would stumble over gets a new one
    #[schemars(range(min = 1, max = 1))]
    format_version: u32,
    /// The command, such as `check`
    command: &'a str,
}

/// One finding or change
#[derive(Serialize, JsonSchema)]
pub(super) struct Finding<'a> {
    /// How bad it is
    severity: Level,
    /// The stable name of its kind
    code: &'a str,
    /// What is wrong or what happens, in one phrase
    message: &'a str,
    /// The file, from the repository's folder; `null` when it is about no place in a file
    file: Option<&'a str>,
    /// The line, from 1
    #[schemars(range(min = 1))]
    line: Option<usize>,
    /// The column in characters, from 1
    #[schemars(range(min = 1))]
    column: Option<usize>,
    /// The line in which it ends
    #[schemars(range(min = 1))]
    end_line: Option<usize>,
    /// The column behind its last character
    #[schemars(range(min = 1))]
    end_column: Option<usize>,
    /// What else there is to know
    details: &'a [String],
    /// What to do; the first is the best
    hints: &'a [String],
    /// Other places, with what to say there
    related: Vec<Related<'a>>,
    /// Unique, and the same in the next run, wherever in its file the finding stands then
    fingerprint: String,
}

/// Another place
#[derive(Serialize, JsonSchema)]
pub(super) struct Related<'a> {
    /// What to say there
    message: &'a str,
    /// The file, from the repository's folder
    file: &'a str,
    /// The line, from 1
    #[schemars(range(min = 1))]
    line: usize,
    /// The column in characters, from 1
    #[schemars(range(min = 1))]
    column: usize,
    /// The line in which it ends
    #[schemars(range(min = 1))]
    end_line: usize,
    /// The column behind its last character
    #[schemars(range(min = 1))]
    end_column: usize,
}

/// How bad a finding is
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// Wrong, or worse than before
    Error,
    /// To be looked at
    Warning,
    /// Worth knowing
    Note,
}

/// What came out
#[derive(Serialize, JsonSchema)]
pub(super) struct End<'a> {
    /// How many errors there are
    errors: usize,
    /// How many warnings
    warnings: usize,
    /// How many notes
    notes: usize,
    /// What came out, in one line
    summary: &'a str,
    /// How the run ended
    exit: Exit<'a>,
}

/// How the run ended
#[derive(Serialize, JsonSchema)]
pub(crate) struct Exit<'a> {
    /// The exit status
    status: u8,
    /// Its name
    reason: &'a str,
}

/// The items in the order of finding, as a JSON array.
pub fn findings(report: &Report) -> Value {
    let fingerprints = fingerprint::all(&report.items);
    let items = report.items.iter().zip(fingerprints);
    items.map(|(item, fingerprint)| value(&Finding::new(item, fingerprint))).collect()
}

/// One JSON object a line: what the report is about, the items worst first, and how the run ended.
pub fn json_lines(report: &Report, status: u8, reason: &str) -> String {
    let mut text = String::new();
    let mut line = |line: Line<'_>| {
        text.push_str(&value(&line).to_string());
        text.push('\n');
    };
    line(Line::Report(Head { format_version: 1, command: report.command }));
    for (item, fingerprint) in report.worst_first() {
        line(Line::Finding(Finding::new(item, fingerprint)));
    }
    let Counts { errors, warnings, notes } = report.counts();
    let exit = Exit { status, reason };
    line(Line::End(End { errors, warnings, notes, summary: &report.summary, exit }));
    text
}

impl<'a> Finding<'a> {
    fn new(item: &'a Item, fingerprint: String) -> Self {
        let place = item.place.as_ref();
        Self {
            severity: match item.severity {
                Severity::Error => Level::Error,
                Severity::Warning => Level::Warning,
                Severity::Note => Level::Note,
            },
            code: item.code,
            message: &item.message,
            file: place.map(|it| it.file.as_str()),
            line: place.map(|it| it.start.line),
            column: place.map(|it| it.start.column),
            end_line: place.map(|it| it.end.line),
            end_column: place.map(|it| it.end.column),
            details: &item.details,
            hints: &item.hints,
            related: item.related.iter().map(Related::new).collect(),
            fingerprint,
        }
    }
}

impl<'a> Related<'a> {
    fn new((Place { file, start, end }, message): &'a (Place, String)) -> Self {
        Self {
            message,
            file,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

/// None of the types here can fail to be a JSON value: their keys are names.
fn value(it: &impl Serialize) -> Value {
    serde_json::to_value(it).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostic;
    use crate::source::{SourceMap, Span};
    use serde_json::json;

    #[test]
    fn every_message_is_an_object_with_its_place() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", "ä: 1\nä: \"\u{1b}\"\n");
        let twice = Diagnostic::error("duplicate-key", Span::new(file, 6, 8), "twice")
            .related(Span::new(file, 0, 2), "first")
            .hint("remove it");
        let old = Diagnostic::new(Severity::Warning, "old", "old \u{1b}");
        let items = [&twice, &old].map(|it| Item::of(it, &sources)).to_vec();
        let mut found = findings(&Report::new("check", "", items));
        for item in found.as_array_mut().unwrap() {
            let Value::String(fingerprint) = item["fingerprint"].take() else { panic!() };
            assert_eq!(fingerprint.len(), 32);
        }
        assert_eq!(
            found,
            json!([
                {
                    "severity": "error", "code": "duplicate-key", "message": "twice",
                    "file": "a.yaml", "line": 2, "column": 1, "end_line": 2, "end_column": 2,
                    "details": [], "hints": ["remove it"],
                    "related": [{
                        "message": "first",
                        "file": "a.yaml", "line": 1, "column": 1, "end_line": 1, "end_column": 2,
                    }],
                    "fingerprint": null,
                },
                {
                    "severity": "warning", "code": "old", "message": "old \u{1b}",
                    "file": null, "line": null, "column": null, "end_line": null,
                    "end_column": null, "details": [], "hints": [], "related": [],
                    "fingerprint": null,
                },
            ])
        );
    }
}
