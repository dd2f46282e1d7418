//! The diagnostic format of reviewdog.

use super::item::Position;
use super::markdown::inert;
use super::{Item, Report, Root};
use crate::diag::{Severity, printable};
use serde_json::{Value, json};

/// One `Diagnostic` a line, worst first. [reviewdog.proto]
pub fn rdjsonl(report: &Report, root: &Root) -> String {
    let mut text = String::new();
    for (item, _) in report.worst_first() {
        text.push_str(&diagnostic(item, root).to_string());
        text.push('\n');
    }
    text
}

fn diagnostic(item: &Item, root: &Root) -> Value {
    let severity = match item.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
        Severity::Note => "INFO",
    };
    let location = match item.shown_place() {
        Some(place) => json!({
            "path": printable(&root.path(&place.file)),
            "range": { "start": position(place.start), "end": position(place.end) },
        }),
        None => json!({
            "path": printable(&root.path(super::MAIN_FILE)),
            "range": { "start": { "line": 1 } },
        }),
    };
    // Comments on pull requests show it as Markdown, the terminal as it is.
    let message = item.paragraph(root, "\n").lines().map(inert).collect::<Vec<_>>().join("\n");
    json!({
        "message": message,
        "location": location,
        "severity": severity,
        "source": { "name": "mxward" },
        "code": { "value": item.code },
    })
}

/// Columns are counted in bytes there.
fn position(position: Position) -> Value {
    json!({ "line": position.line, "column": position.byte_column })
}
