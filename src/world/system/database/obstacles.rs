//! What makes a change impossible or unsafe, found before anything is written.

use super::change::{ASKED, found};
use super::columns::{Columns, text};
use super::{Connection, parts, rights, shown};
use crate::sql::{Dialect, Identifier, TableMapping};
use crate::world::{DatabaseError, RowChange};
use std::fmt::Write as _;

/// How many rows one phrase names.
const NAMED: usize = 3;

pub(super) fn obstacles(
    connection: &mut Connection,
    table: &TableMapping,
    changes: &[RowChange],
) -> Result<Vec<String>, DatabaseError> {
    let mut list = Vec::new();
    let columns = match connection.columns(table) {
        Ok(columns) => columns,
        Err(DatabaseError::Failed(why)) => return Ok(vec![why]),
        Err(error) => return Err(error),
    };
    list.extend(read_only(connection)?.map(str::to_owned));
    let name = &table.table;
    if columns.kind != "table" {
        list.push(format!("`{name}` is a {}, no table", columns.kind));
    } else if !columns.transactions {
        list.push(format!(
            "the engine of `{name}`, {}, has no transactions: a change could stop in the middle",
            columns.engine
        ));
    }
    if columns.kind == "table" && !columns.is_unique(table) {
        list.push(format!(
            "`{name}` has no unique key on `{}`: two rows of one key are an error for Postfix",
            table.key
        ));
    }
    let written = [Some(&table.key), Some(&table.value), table.rest.as_ref()];
    for column in written.into_iter().flatten() {
        if columns.get(column).is_some_and(|column| column.folds) {
            list.push(format!(
                "the type or collation of `{column}` changes texts, or takes different ones as equal"
            ));
        }
    }
    if changes.iter().any(|change| change.before.is_none()) {
        let without = columns.without_value(table);
        list.extend(
            without.iter().map(|it| format!("`{it}` has no default, so no row can be added")),
        );
        list.extend(rights::sequences(connection, name.as_str())?);
    }
    list.extend(too_much(&columns, table, changes));
    list.extend(rights::missing(connection, name.as_str(), &rights::ROWS)?);
    let added = changes.iter().filter(|change| change.before.is_none());
    let added: Vec<&str> = added.map(|change| change.key.as_str()).collect();
    let mut in_the_way = Vec::new();
    for keys in added.chunks(ASKED) {
        let found = found(&mut *connection.link, connection.dialect, table, &columns, keys, false)?;
        in_the_way.extend(found.in_the_way);
    }
    list.extend(first_of(in_the_way));
    Ok(list)
}

/// Why nothing can be kept beside the tables.
pub(super) fn keeps_nothing(connection: &mut Connection) -> Result<Option<String>, DatabaseError> {
    let mut missing = Vec::new();
    for table in [parts::APPLIED, parts::GENERATIONS] {
        if parts::is_there(connection, table)? {
            let rights = ["SELECT", "INSERT", "DELETE"];
            if let Some(why) = rights::missing(connection, table, &rights)? {
                return Ok(Some(why));
            }
        } else {
            missing.push(format!("`{table}`"));
        }
    }
    let may = missing.is_empty() || rights::may_make_tables(connection)?;
    Ok((!may).then(|| format!("the user has no right to make {}", missing.join(" and "))))
}

/// Why the whole database takes no changes.
fn read_only(connection: &mut Connection) -> Result<Option<&'static str>, DatabaseError> {
    let is = |answer: Option<String>| answer.as_deref() == Some("1");
    let link = &mut *connection.link;
    match connection.dialect {
        Dialect::Mysql => {
            let is_read_only = is(text(link, "SELECT CAST(@@global.read_only AS CHAR)")?);
            Ok(is_read_only.then_some("the server is read-only, as a replica is"))
        }
        Dialect::Postgres => {
            let sql = "SELECT CASE WHEN pg_is_in_recovery() THEN '1' END";
            Ok(is(text(link, sql)?).then_some("the server is a replica"))
        }
        Dialect::Sqlite => {
            // To begin is no proof: of a file that is read-only SQLite makes it a reading transaction.
            let version = text(link, "PRAGMA user_version")?.unwrap_or_default();
            link.execute("BEGIN IMMEDIATE", &[])?;
            let written = link.execute(&format!("PRAGMA user_version = {version}"), &[]);
            let _ignored = link.execute("ROLLBACK", &[]);
            match written {
                Ok(()) => Ok(None),
                // SQLITE_READONLY and SQLITE_CANTOPEN, extended ones too.
                Err(fault) if is_code(fault.code.as_deref(), &[8, 14]) => {
                    Ok(Some("the file or its folder is read-only"))
                }
                Err(fault) => Err(fault.into()),
            }
        }
    }
}

fn is_code(code: Option<&str>, codes: &[u32]) -> bool {
    let code = code.and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| codes.contains(&(code & 0xff)))
}

/// Values that do not go into their columns.
fn too_much(columns: &Columns, table: &TableMapping, changes: &[RowChange]) -> Vec<String> {
    let mut long = Vec::new();
    let mut unknown = Vec::new();
    let mut look = |name: &Identifier, value: &str, key: &str| {
        let Some(column) = columns.get(name) else { return };
        let count = value.chars().count();
        if let Some(length) = column.length.filter(|length| count > *length) {
            long.push(format!(
                "`{name}` holds {length} characters, and the row of {} needs {count}",
                shown(key)
            ));
        }
        let takes = |labels: &Vec<String>| labels.iter().any(|it| it.eq_ignore_ascii_case(value));
        if column.labels.as_ref().is_some_and(|labels| !takes(labels)) {
            unknown.push(format!("`{name}` does not take {} of {}", shown(value), shown(key)));
        }
    };
    for change in changes {
        let Some(after) = &change.after else { continue };
        let (first, rest) = table.split(after);
        look(&table.key, &change.key, &change.key);
        look(&table.value, first, &change.key);
        if let (Some(column), Some(rest)) = (&table.rest, rest) {
            look(column, rest, &change.key);
        }
    }
    let mut list = first_of(long);
    list.extend(first_of(unknown));
    list
}

/// The first phrases of a list, and how many more there are.
fn first_of(mut list: Vec<String>) -> Vec<String> {
    let more = list.len().saturating_sub(NAMED);
    list.truncate(NAMED);
    if let (Some(last), true) = (list.last_mut(), more > 0) {
        // Writing to a String cannot fail.
        let _ = write!(last, " (and {more} more)");
    }
    list
}
