//! Changing rows: one transaction, checked before and after.

use super::columns::{Column, Columns};
use super::link::{Fault, Link};
use super::{Connection, parts, shown, statements};
use crate::sql::{Dialect, TableMapping};
use crate::world::{DatabaseError, RowChange};
use hashbrown::HashMap;

/// How many keys are asked for at once. MariaDB makes a join of 1,000 and more, which would use no
/// index of a column in another character set. [MariaDB `in_predicate_conversion_threshold`]
pub(super) const ASKED: usize = 500;

/// How many rows are written at once, at most.
const WRITTEN: usize = 5000;

/// How many bytes are written at once, at most: a fourth of the smallest default of the servers.
/// [MySQL `max_allowed_packet`]
const BYTES: usize = 1 << 20;

/// Makes all changes, or none.
pub(super) fn change(
    connection: &mut Connection,
    table: &TableMapping,
    changes: &[RowChange],
    record: Option<&str>,
) -> Result<(), DatabaseError> {
    let columns = connection.columns(table)?;
    // Making a table ends the transaction on MariaDB, so it is there before.
    if record.is_some() {
        parts::make(connection, parts::APPLIED)?;
    }
    transaction(connection, table, |connection| {
        check(connection, table, &columns, changes, |change| change.before.as_deref())?;
        write(connection, table, &columns, changes)?;
        check(connection, table, &columns, changes, |change| change.after.as_deref()).map_err(
            |error| match error {
                DatabaseError::Moved(key) => DatabaseError::Failed(format!(
                    "the row of {} is not read back as it was written",
                    shown(&key)
                )),
                DatabaseError::Locked | DatabaseError::Failed(_) | DatabaseError::Lost(_) => error,
            },
        )?;
        match record {
            Some(record) => parts::put(connection, parts::APPLIED, table, None, record),
            None => Ok(()),
        }
    })
}

/// Does some work in a transaction: all of it is kept, or none.
///
/// # Errors
///
/// Those of the work; [`DatabaseError::Lost`] when nobody knows whether it is kept.
pub(super) fn transaction(
    connection: &mut Connection,
    table: &TableMapping,
    work: impl FnOnce(&mut Connection) -> Result<(), DatabaseError>,
) -> Result<(), DatabaseError> {
    let begun = statements::begin(connection.dialect, table)
        .iter()
        .try_for_each(|sql| connection.link.execute(sql, &[]))
        .map_err(DatabaseError::from);
    let done = begun.and_then(|()| still_locked(connection, table)).and_then(|()| work(connection));
    let done = done.and_then(|()| {
        connection.link.execute("COMMIT", &[]).map_err(|fault| {
            if is_rolled_back(connection.dialect, &fault) {
                DatabaseError::Failed(fault.message)
            } else {
                DatabaseError::Lost(fault.message)
            }
        })
    });
    if done.is_err() {
        // Where this does not arrive either, the server does it when it notices.
        let _ignored = connection.link.execute("ROLLBACK", &[]);
    }
    done
}

/// Refuses when the lock has gone to somebody else.
fn still_locked(connection: &mut Connection, table: &TableMapping) -> Result<(), DatabaseError> {
    let lock = connection.locks.iter().find(|(held, _)| *held == table.table);
    match lock {
        Some((_, lock)) if !lock.is_held(&mut *connection.link)? => Err(DatabaseError::Locked),
        Some(_) | None => Ok(()),
    }
}

/// Whether a refused COMMIT kept nothing for sure: after others, such as that of a server that shuts
/// down, nobody knows.
fn is_rolled_back(dialect: Dialect, fault: &Fault) -> bool {
    let Some(code) = &fault.code else { return false };
    match dialect {
        // Integrity constraint violation, transaction rollback. [SQL:2016 SQLSTATE]
        Dialect::Mysql | Dialect::Postgres => code.starts_with("23") || code.starts_with("40"),
        // SQLITE_BUSY, SQLITE_FULL and SQLITE_CONSTRAINT, extended ones too.
        Dialect::Sqlite => code.parse().is_ok_and(|code: u32| matches!(code & 0xff, 5 | 13 | 19)),
    }
}

/// Refuses when a row does not say what it should.
fn check<'c>(
    connection: &mut Connection,
    table: &TableMapping,
    columns: &Columns,
    changes: &'c [RowChange],
    should: impl Fn(&'c RowChange) -> Option<&'c str>,
) -> Result<(), DatabaseError> {
    for changes in changes.chunks(ASKED) {
        let keys: Vec<&str> = changes.iter().map(|change| change.key.as_str()).collect();
        let found = found(&mut *connection.link, connection.dialect, table, columns, &keys, true)?;
        if let Some(obstacle) = found.in_the_way.into_iter().next() {
            return Err(DatabaseError::Failed(obstacle));
        }
        for change in changes {
            let values = found.rows.get(&change.key).map_or(&[][..], Vec::as_slice);
            let says = match values {
                [] => None,
                [value] => Some(value.as_str()),
                [..] => {
                    let key = shown(&change.key);
                    return Err(DatabaseError::Failed(format!("there are several rows of {key}")));
                }
            };
            if says != should(change) {
                return Err(DatabaseError::Moved(change.key.clone()));
            }
        }
    }
    Ok(())
}

/// The rows of some keys.
pub(super) struct Found {
    /// What the rows say, by key as it is stored; a text is empty where a row says nothing.
    rows: HashMap<String, Vec<String>>,
    /// Rows that hinder one of the keys, and how.
    pub(super) in_the_way: Vec<String>,
}

/// Asks for at most [`ASKED`] keys; with `locks` the rows, and their absence, stay so until the
/// transaction ends.
pub(super) fn found(
    link: &mut dyn Link,
    dialect: Dialect,
    table: &TableMapping,
    columns: &Columns,
    keys: &[&str],
    locks: bool,
) -> Result<Found, Fault> {
    let mut found = Found { rows: HashMap::new(), in_the_way: Vec::new() };
    if keys.is_empty() {
        return Ok(found);
    }
    let mut wanted: Vec<&str> = keys.to_vec();
    wanted.sort_unstable();
    let unique_alone = columns.is_unique_alone(table);
    let sql = statements::some(dialect, table, columns, keys.len(), locks);
    let arguments: Vec<Option<&str>> = keys.iter().copied().map(Some).collect();
    link.each(&sql, &arguments, &mut |cells| {
        let &[Some(key), value, is_ours] = cells else { return };
        let key = String::from_utf8_lossy(key).into_owned();
        let is_ours = is_ours == Some(b"1");
        if wanted.binary_search(&key.as_str()).is_err() {
            found.in_the_way.push(format!(
                "the row of {} stands in the way: the database takes its key as equal to one that is to \
                 be written",
                shown(&key)
            ));
        } else if is_ours {
            let value = value.map(String::from_utf8_lossy).unwrap_or_default().into_owned();
            found.rows.entry(key).or_default().push(value);
        } else if unique_alone {
            let fixed: Vec<String> =
                table.fixed.iter().map(|(column, text)| format!("`{column}` = `{text}`")).collect();
            found.in_the_way.push(format!(
                "the row of {} stands in the way: it has not {}",
                shown(&key),
                fixed.join(" and ")
            ));
        }
    })?;
    Ok(found)
}

/// Makes the statement for so many rows.
type Build = fn(Dialect, &TableMapping, &Columns, usize) -> String;

/// Removes, changes and adds rows.
fn write(
    connection: &mut Connection,
    table: &TableMapping,
    columns: &Columns,
    changes: &[RowChange],
) -> Result<(), DatabaseError> {
    let dialect = connection.dialect;
    let removed: Vec<Option<&str>> = changes
        .iter()
        .filter(|change| change.before.is_some() && change.after.is_none())
        .map(|change| Some(change.key.as_str()))
        .collect();
    for keys in removed.chunks(ASKED) {
        let sql = statements::delete(dialect, table, columns, keys.len());
        connection.link.execute(&sql, keys)?;
    }
    let kinds: [(bool, Build); 2] = [(true, statements::update), (false, statements::insert)];
    for (is_there, build) in kinds {
        let changes = changes.iter().filter(|it| it.before.is_some() == is_there);
        let mut batch = Batch { build, table, columns, arguments: Vec::new(), rows: 0, bytes: 0 };
        for change in changes.filter(|it| it.before != it.after) {
            if let Some(after) = &change.after {
                batch.add(connection, &change.key, after)?;
            }
        }
        batch.send(connection)?;
    }
    Ok(())
}

/// Rows that are written together.
struct Batch<'a> {
    build: Build,
    table: &'a TableMapping,
    columns: &'a Columns,
    arguments: Vec<Option<&'a str>>,
    rows: usize,
    bytes: usize,
}

impl<'a> Batch<'a> {
    fn add(
        &mut self,
        connection: &mut Connection,
        key: &'a str,
        value: &'a str,
    ) -> Result<(), DatabaseError> {
        if self.rows == WRITTEN || self.bytes > BYTES {
            self.send(connection)?;
        }
        let (first, rest) = self.table.split(value);
        self.arguments.extend([Some(key), Some(first)]);
        if let Some(column) = &self.table.rest {
            let nothing = self.columns.get(column).and_then(Column::nothing);
            self.arguments.push(rest.or(nothing));
        }
        self.rows += 1;
        self.bytes += key.len() + value.len();
        Ok(())
    }

    fn send(&mut self, connection: &mut Connection) -> Result<(), DatabaseError> {
        if self.rows > 0 {
            let sql = (self.build)(connection.dialect, self.table, self.columns, self.rows);
            connection.link.execute(&sql, &self.arguments)?;
        }
        self.arguments.clear();
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}
