//! The rows of a table, live or from a dump.

use super::finding::Finding;
use super::source::{Source, SourceEntry};
use crate::diag::Severity;
use crate::plan::Which;
use std::collections::BTreeMap;

/// The table in which mailcow keeps TLS policies.
pub const MAILCOW: &str = "tls_policy_override";

/// Its columns as parameters of a URL; rows that are not active are not looked up.
pub const MAILCOW_COLUMNS: &str = "key=dest&value=policy&rest=parameters&fixed.active=1";

/// One row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredRow {
    /// The key as it is stored.
    pub key: String,
    /// What Postfix must ask for to get the row; `None` where no lookup finds it.
    pub lookup: Option<String>,
    /// The right-hand side; `None` where the columns are NULL or empty.
    pub value: Option<String>,
    /// The line of a dump; 0 for a live table.
    pub line: u32,
    /// Whether the columns with a fixed text have it.
    pub active: bool,
}

impl Source {
    /// Reads rows as Postfix finds them: it asks in lower case, takes an empty right-hand side for none, and
    /// joins several rows with commas. [Postfix `dict_mysql.c`, `db_common.c`]
    pub fn of_rows(name: &str, map: Which, rows: Vec<StoredRow>) -> Self {
        let mut source = Self { name: name.to_owned(), ..Self::default() };
        let mut found: BTreeMap<String, (Vec<String>, u32)> = BTreeMap::new();
        for StoredRow { key, lookup, value, line, active } in rows {
            let old = format!("{key} {}", value.as_deref().unwrap_or_default());
            let mut passed_over = |code, message: String| {
                let place = (map, line, key.as_str());
                let finding = Finding::new(Severity::Warning, code, place, message);
                source.findings.push(finding.kept(old.trim_end()));
            };
            match (active, lookup, value) {
                (false, ..) => {
                    passed_over("inactive", format!("the row of `{key}` is switched off"));
                }
                (true, None, _) => passed_over(
                    "never-looked-up",
                    format!("no lookup finds the row of `{key}`: Postfix asks in lower case"),
                ),
                (true, Some(_), None) => passed_over(
                    "no-value",
                    format!("the row of `{key}` says nothing: Postfix takes it as not found"),
                ),
                (true, Some(lookup), Some(value)) => {
                    let entry = found.entry(lookup).or_insert((Vec::new(), line));
                    entry.0.push(value.trim().replace(['\r', '\n', '\t', '\0'], " "));
                }
            }
        }
        for (key, (values, line)) in found {
            if values.len() > 1 {
                let message =
                    format!("`{key}` has {} rows, which Postfix joins with commas", values.len());
                let place = (map, line, key.as_str());
                source.findings.push(Finding::new(Severity::Note, "several-rows", place, message));
            }
            let value = values.join(",");
            source.entries.push(SourceEntry { key, value, line, comments: Vec::new() });
        }
        if source.entries.iter().all(|entry| entry.line > 0) {
            source.entries.sort_by_key(|entry| entry.line);
        }
        source
    }
}
