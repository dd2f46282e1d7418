//! Maps in tables of a database.

use super::DeployedMap;
use super::hosts::{Hosts, place};
use crate::diag::printable;
use crate::model::Target;
use crate::report::counted;
use crate::sql::{DatabaseLocation, Dialect, TableMapping};
use crate::world::{Database, DatabaseError, Place, RowRef};
use std::collections::BTreeMap;
use std::path::Path;

/// Reads one table, as `transport` or `tls_policy` of a target.
pub(super) fn read(
    hosts: &mut Hosts<'_>,
    repository: &Path,
    target: &Target,
    map: &str,
    location: &DatabaseLocation,
    table: &TableMapping,
    notes: &mut Vec<String>,
) -> Result<DeployedMap, String> {
    let name = format!("{location} {}", table.table);
    let failed = |error: &str| format!("cannot read `{name}`: {error}");
    let database = hosts.database(repository, location, target.password_variable())?;
    let mut database = database.borrow_mut();
    let mut lines = Lines::default();
    database
        .each_row(table, &mut |row| lines.add(row))
        .map_err(|error| failed(&error.to_string()))?;
    let record = match state_file(repository, target, map) {
        Some((place, path)) => {
            let host = hosts.host(&place).map_err(|error| failed(&error.to_string()))?;
            let bytes = host.borrow_mut().read(&format!("{path}.applied"));
            let text = bytes.map_err(|error| error.to_string())?.map(String::from_utf8);
            text.transpose().map_err(|_| failed("what was applied last is not UTF-8"))?
        }
        None => database.record(table).map_err(|error| failed(&error.to_string()))?,
    };
    let mut note = |of: &Strange, why: &str| {
        if of.count > 0 {
            let (rows, example) = (counted(of.count, "row"), &of.example);
            notes.push(format!("`{}` has {rows} {why}, such as `{example}`", table.table));
        }
    };
    note(&lines.never, "with a key that no lookup finds");
    if location.dialect() == Dialect::Mysql {
        note(
            &lines.not_ascii,
            "that may answer for other keys too, because of letters beyond ASCII",
        );
    }
    let stored = std::mem::take(&mut lines.stored);
    let bytes = lines.text();
    Ok(DeployedMap { name, bytes, exists: true, record, stored, ..DeployedMap::default() })
}

/// The entries of a table as map text, and the rows that are stored otherwise.
///
/// # Errors
///
/// [`DatabaseError`] when it cannot be read.
pub(crate) fn entries(
    database: &mut dyn Database,
    table: &TableMapping,
) -> Result<(Vec<u8>, BTreeMap<String, StoredRow>), DatabaseError> {
    let mut lines = Lines::default();
    database.each_row(table, &mut |row| lines.add(row))?;
    let stored = std::mem::take(&mut lines.stored);
    Ok((lines.text(), stored))
}

/// Where is kept what was applied last to a table, without what the names of the files end with; `None`
/// when it is kept in the database.
pub fn state_file(repository: &Path, target: &Target, map: &str) -> Option<(Place, String)> {
    let (place, folder) = place(&target.state.as_ref()?.value, repository)?;
    Some((place, format!("{folder}/{}.{map}", target.name.value)))
}

/// A row as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredRow {
    /// The key as it is stored.
    pub key: String,
    /// The right-hand side as it is stored; empty where the row says nothing.
    pub value: String,
}

/// Rows as lines of a map.
#[derive(Default)]
struct Lines {
    /// `key value\n` of each row.
    text: String,
    /// Where each row starts, where its key ends, and where its line ends.
    rows: Vec<(usize, usize, usize)>,
    /// Those that are stored otherwise than their line says, by lookup key.
    stored: BTreeMap<String, StoredRow>,
    /// Rows that no lookup finds.
    never: Strange,
    /// Rows with a key that is not ASCII.
    not_ascii: Strange,
}

/// Rows of which only one is shown.
#[derive(Default)]
struct Strange {
    count: usize,
    example: String,
}

impl Strange {
    fn add(&mut self, key: &str) {
        if self.count == 0 {
            self.example = printable(key).into_owned();
        }
        self.count += 1;
    }
}

impl Lines {
    fn add(&mut self, row: RowRef<'_>) {
        let Some(key) = row.lookup_key().filter(|key| is_key(key)) else {
            return self.never.add(row.key);
        };
        if !key.is_ascii() {
            self.not_ascii.add(row.key);
        }
        if key != row.key || !row.value.is_some_and(is_value) {
            let value = row.value.unwrap_or_default().to_owned();
            self.stored.insert(key.to_owned(), StoredRow { key: row.key.to_owned(), value });
        }
        let start = self.text.len();
        self.text.push_str(key);
        let end_of_key = self.text.len();
        if let Some(value) = row.value {
            self.text.push(' ');
            let from = self.text.len();
            // A line break parts attributes as a blank does, and a NUL ends the text for Postfix.
            let value = value.split('\0').next().unwrap_or_default();
            let plain = |c: char| if c.is_ascii_whitespace() { ' ' } else { c };
            self.text.extend(value.chars().map(plain));
            // Nothing but blanks is an error for Postfix, not "not found"; a comma is the same.
            if self.text[from..].trim().is_empty() && !value.is_empty() {
                self.text.push(',');
            }
        }
        self.text.push('\n');
        self.rows.push((start, end_of_key, self.text.len()));
    }

    /// The lines, sorted by key. Postfix joins the answers of several rows with commas.
    /// [Postfix `db_common.c`]
    fn text(self) -> Vec<u8> {
        let Self { text, mut rows, .. } = self;
        let key = |&(start, end, _): &(usize, usize, usize)| &text[start..end];
        if rows.is_sorted_by(|a, b| key(a) < key(b)) {
            return text.into_bytes();
        }
        rows.sort_by(|a, b| key(a).cmp(key(b)));
        let mut sorted = String::with_capacity(text.len());
        for same in rows.chunk_by(|a, b| key(a) == key(b)) {
            let values = same.iter().map(|&(_, end, line_end)| text[end..line_end].trim());
            let values: Vec<&str> = values.filter(|value| !value.is_empty()).collect();
            sorted.push_str(key(&same[0]));
            if !values.is_empty() {
                sorted.push(' ');
                sorted.push_str(&values.join(","));
            }
            sorted.push('\n');
        }
        sorted.into_bytes()
    }
}

/// Whether a key can be asked for, and stand in a line of a map.
fn is_key(key: &str) -> bool {
    let strange = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\\');
    !key.is_empty() && !key.starts_with('#') && !key.contains(strange)
}

/// Whether a value stands in a line of a map as it is stored.
fn is_value(value: &str) -> bool {
    let plain = |byte: u8| byte > b' ' && byte != 0x7f;
    value.bytes().all(|byte| plain(byte) || byte == b' ')
        && value.as_bytes().first().copied().is_some_and(plain)
        && value.as_bytes().last().copied().is_some_and(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::LookupKey;

    fn lines(rows: &[(&str, LookupKey<&str>, Option<&str>)]) -> (String, Lines) {
        let read = || {
            let mut lines = Lines::default();
            for &(key, lookup, value) in rows {
                lines.add(RowRef { key, lookup, value });
            }
            lines
        };
        (String::from_utf8(read().text()).unwrap(), read())
    }

    #[test]
    fn rows_are_lines_under_the_keys_that_postfix_asks_for() {
        let (text, lines) = lines(&[
            ("b.example", LookupKey::Stored, Some("encrypt")),
            ("A.example ", LookupKey::Folded("a.example"), Some("secure match=x")),
            ("UP.example", LookupKey::Never, Some("may")),
            ("two words", LookupKey::Stored, Some("may")),
            ("#c", LookupKey::Stored, Some("may")),
            ("", LookupKey::Stored, Some("may")),
        ]);
        assert_eq!(text, "a.example secure match=x\nb.example encrypt\n");
        assert_eq!((lines.never.count, lines.never.example.as_str()), (4, "UP.example"));
    }

    #[test]
    fn a_row_is_one_line_and_means_the_same() {
        let (text, _) = lines(&[
            ("a.example", LookupKey::Stored, Some("secure\nmatch=x\r\tb")),
            ("b.example", LookupKey::Stored, None),
            ("c.example", LookupKey::Stored, Some("  ")),
            ("d.example", LookupKey::Stored, Some("may\0x")),
        ]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            ["a.example secure match=x  b", "b.example", "c.example   ,", "d.example may"]
        );
    }

    #[test]
    fn several_rows_of_one_key_are_joined_as_postfix_joins_them() {
        let (text, _) = lines(&[
            ("b.example", LookupKey::Stored, Some("encrypt")),
            ("a.example", LookupKey::Stored, Some("may")),
            ("b.example", LookupKey::Stored, None),
            ("b.example", LookupKey::Stored, Some("secure match=x")),
        ]);
        assert_eq!(text, "a.example may\nb.example encrypt,secure match=x\n");
    }
}
