//! Code Quality reports of GitLab.

use super::{Report, Root};
use crate::diag::{Severity, printable};
use serde_json::{Value, json};

/// A Code Quality report: an array of findings, worst first.
///
/// GitLab takes the fingerprint for the finding: of two with the same one it shows the first, and
/// one that changes is a finding resolved and another introduced.
pub fn gitlab(report: &Report, root: &Root) -> String {
    let list: Vec<Value> = report
        .worst_first()
        .into_iter()
        .map(|(item, fingerprint)| {
            let severity = match item.severity {
                Severity::Error => "critical",
                Severity::Warning => "minor",
                Severity::Note => "info",
            };
            let (file, line) = item
                .shown_place()
                .map_or((super::MAIN_FILE, 1), |place| (place.file.as_str(), place.start.line));
            json!({
                "description": item.paragraph(root, "; "),
                "check_name": item.code,
                "fingerprint": fingerprint,
                "severity": severity,
                "location": { "path": printable(&root.path(file)), "lines": { "begin": line } },
            })
        })
        .collect();
    format!("{:#}\n", Value::Array(list))
}
