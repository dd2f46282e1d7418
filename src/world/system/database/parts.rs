//! Texts that mxward keeps beside a table: what it applied last, and generations.
//!
//! A text may be longer than what a server takes at once, so it is kept in parts.

use super::Connection;
use super::change::transaction;
use super::columns::{text, texts};
use crate::sql::{Dialect, Identifier, TableMapping};
use crate::world::DatabaseError;
use std::collections::BTreeMap;

/// How long a part is, in bytes.
const PART: usize = 1 << 20;

/// A table of this program. Its columns: the name of the table that a text is about, the number of
/// the generation or 0, the number of the part, and the part.
pub(super) const APPLIED: &str = "mxward_applied";

/// The same for generations.
pub(super) const GENERATIONS: &str = "mxward_generations";

/// What was applied last.
pub(super) fn record(
    connection: &mut Connection,
    table: &TableMapping,
) -> Result<Option<String>, DatabaseError> {
    let mut found = read(connection, APPLIED, &table.table)?.into_values();
    Ok(found.next().filter(|record| !record.is_empty()))
}

/// All generations.
pub(super) fn generations(
    connection: &mut Connection,
    table: &TableMapping,
) -> Result<Vec<(u64, String)>, DatabaseError> {
    Ok(read(connection, GENERATIONS, &table.table)?.into_iter().collect())
}

/// Keeps a generation, and drops old ones.
pub(super) fn keep_generation(
    connection: &mut Connection,
    table: &TableMapping,
    number: u64,
    content: &str,
    keep: u64,
) -> Result<(), DatabaseError> {
    make(connection, GENERATIONS)?;
    transaction(connection, table, |connection| {
        put(connection, GENERATIONS, table, Some(number), content)?;
        let name = connection.dialect.quote(table.table.as_str());
        let numbers = texts(
            &mut *connection.link,
            &format!(
                "SELECT DISTINCT CAST(generation AS CHAR(20)) FROM {GENERATIONS} WHERE name = {name}"
            ),
        )?;
        let number = |row: Vec<Option<String>>| row.into_iter().next()??.trim().parse().ok();
        let mut numbers: Vec<u64> = numbers.into_iter().filter_map(number).collect();
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        let kept = usize::try_from(keep).unwrap_or(usize::MAX);
        for old in numbers.iter().skip(kept) {
            let sql =
                format!("DELETE FROM {GENERATIONS} WHERE name = {name} AND generation = {old}");
            connection.link.execute(&sql, &[])?;
        }
        Ok(())
    })
}

/// Puts a text in place of the one with the same number.
pub(super) fn put(
    connection: &mut Connection,
    kept_in: &str,
    table: &TableMapping,
    number: Option<u64>,
    content: &str,
) -> Result<(), DatabaseError> {
    let name = connection.dialect.quote(table.table.as_str());
    let number = number.unwrap_or_default();
    let sql = format!("DELETE FROM {kept_in} WHERE name = {name} AND generation = {number}");
    connection.link.execute(&sql, &[])?;
    let argument = match connection.dialect {
        Dialect::Postgres => "$1",
        Dialect::Mysql | Dialect::Sqlite => "?",
    };
    for (at, part) in parts(content).enumerate() {
        let sql = format!(
            "INSERT INTO {kept_in} (name, generation, part, content) VALUES ({name}, {number}, {at}, \
             {argument})"
        );
        connection.link.execute(&sql, &[Some(part)])?;
    }
    Ok(())
}

/// Makes a table of this program where it is missing.
pub(super) fn make(connection: &mut Connection, table: &str) -> Result<(), DatabaseError> {
    if is_there(connection, table)? {
        return Ok(());
    }
    let (name, number, content, options) = match connection.dialect {
        Dialect::Mysql => (
            "VARCHAR(64)",
            "BIGINT UNSIGNED",
            "MEDIUMTEXT",
            " ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        ),
        Dialect::Postgres | Dialect::Sqlite => ("TEXT", "BIGINT", "TEXT", ""),
    };
    let sql = format!(
        "CREATE TABLE IF NOT EXISTS {table} (name {name} NOT NULL, generation {number} NOT NULL, part \
         INTEGER NOT NULL, content {content} NOT NULL, PRIMARY KEY (name, generation, part)){options}"
    );
    connection.link.execute(&sql, &[]).map_err(|fault| {
        DatabaseError::Failed(format!("cannot make the table `{table}`: {}", fault.message))
    })
}

/// Whether a table of this program is there.
pub(super) fn is_there(connection: &mut Connection, table: &str) -> Result<bool, DatabaseError> {
    let sql = match connection.dialect {
        Dialect::Mysql => format!(
            "SELECT '1' FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = \
             '{table}'"
        ),
        Dialect::Postgres => format!("SELECT '1' WHERE to_regclass('{table}') IS NOT NULL"),
        Dialect::Sqlite => {
            format!("SELECT '1' FROM sqlite_master WHERE type = 'table' AND name = '{table}'")
        }
    };
    Ok(text(&mut *connection.link, &sql)?.is_some())
}

/// All texts about a table, by number.
fn read(
    connection: &mut Connection,
    kept_in: &str,
    table: &Identifier,
) -> Result<BTreeMap<u64, String>, DatabaseError> {
    let mut found: BTreeMap<u64, String> = BTreeMap::new();
    if !is_there(connection, kept_in)? {
        return Ok(found);
    }
    let name = connection.dialect.quote(table.as_str());
    let sql = format!(
        "SELECT CAST(generation AS CHAR(20)), content FROM {kept_in} WHERE name = {name} ORDER BY \
         generation, part"
    );
    connection.link.each(&sql, &[], &mut |cells| {
        let &[Some(number), Some(content)] = cells else { return };
        if let Ok(number) = String::from_utf8_lossy(number).trim().parse() {
            found.entry(number).or_default().push_str(&String::from_utf8_lossy(content));
        }
    })?;
    Ok(found)
}

/// A text in parts of at most [`PART`] bytes; at least one.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        if text.len() <= PART {
            return rest.take();
        }
        let end = (0..=PART).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        let (part, more) = text.split_at(end);
        rest = Some(more);
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_sum_of_its_parts() {
        for text in ["", "a", &"é".repeat(PART), &"a".repeat(2 * PART)] {
            let parts: Vec<&str> = parts(text).collect();
            assert!(!parts.is_empty() && parts.iter().all(|part| part.len() <= PART));
            assert_eq!(parts.concat(), text);
        }
    }
}
