//! The statements about rows, in each dialect.

use super::columns::Columns;
use crate::sql::{Dialect, TableMapping};
use std::fmt::Write as _;

/// All rows that are looked at: the key, whether the server takes it as equal to what Postfix asks
/// for, and the right-hand side.
pub(super) fn all(dialect: Dialect, table: &TableMapping, columns: &Columns) -> String {
    let name = dialect.name(&table.key);
    let cast = columns.cast(&table.key, dialect);
    let text = as_text(dialect);
    let mut sql = format!(
        "SELECT {name}{text}, CASE WHEN {name} = RTRIM(LOWER({name}{text})){cast} THEN '1' ELSE '0' \
         END, ({answer}){text} FROM {table_name} WHERE {name} IS NOT NULL",
        answer = table.answer(dialect),
        table_name = dialect.name(&table.table),
    );
    if let Some(condition) = table.condition(dialect) {
        // Writing to a String cannot fail.
        let _ = write!(sql, " AND {condition}");
    }
    sql
}

/// The rows of `count` keys: the key, the right-hand side, and whether the row is looked at. With
/// `locks` nobody else changes or adds one of them until the transaction ends.
pub(super) fn some(
    dialect: Dialect,
    table: &TableMapping,
    columns: &Columns,
    count: usize,
    locks: bool,
) -> String {
    let name = dialect.name(&table.key);
    let text = as_text(dialect);
    let condition = table.condition(dialect).unwrap_or_else(|| "1 = 1".to_owned());
    let mut sql = format!(
        "SELECT {name}{text}, ({answer}){text}, CASE WHEN {condition} THEN '1' ELSE '0' END FROM \
         {table_name} WHERE {name} IN ",
        answer = table.answer(dialect),
        table_name = dialect.name(&table.table),
    );
    Arguments::new(dialect).tuple(&mut sql, &vec![columns.cast(&table.key, dialect); count]);
    if locks && dialect == Dialect::Mysql {
        sql.push_str(" FOR UPDATE");
    }
    sql
}

/// Removes the rows of `count` keys.
pub(super) fn delete(
    dialect: Dialect,
    table: &TableMapping,
    columns: &Columns,
    count: usize,
) -> String {
    let name = dialect.name(&table.key);
    let mut sql = format!("DELETE FROM {} WHERE {name} IN ", dialect.name(&table.table));
    Arguments::new(dialect).tuple(&mut sql, &vec![columns.cast(&table.key, dialect); count]);
    and_condition(dialect, table, &mut sql);
    sql
}

/// Adds `count` rows: key, value and, where there is such a column, rest of each.
pub(super) fn insert(
    dialect: Dialect,
    table: &TableMapping,
    columns: &Columns,
    count: usize,
) -> String {
    let mut names = value_names(dialect, table);
    names.extend(table.fixed.iter().map(|(column, _)| dialect.name(column)));
    let fixed = table.fixed_values(dialect);
    let (table_name, names) = (dialect.name(&table.table), names.join(", "));
    let mut sql = format!("INSERT INTO {table_name} ({names}) VALUES ");
    let casts = casts(dialect, table, columns);
    let mut arguments = Arguments::new(dialect);
    for row in 0..count {
        if row > 0 {
            sql.push_str(", ");
        }
        arguments.tuple(&mut sql, &casts);
        sql.pop();
        sql.push_str(&fixed);
        sql.push(')');
    }
    sql
}

/// Changes `count` rows that are there: key, value and, where there is such a column, rest of each.
pub(super) fn update(
    dialect: Dialect,
    table: &TableMapping,
    columns: &Columns,
    count: usize,
) -> String {
    let names = value_names(dialect, table);
    if dialect == Dialect::Mysql {
        // A join with values would convert each stored key to their character set, and use no index.
        let mut sql = insert(dialect, table, columns, count);
        sql.push_str(" ON DUPLICATE KEY UPDATE ");
        let set: Vec<String> =
            names[1..].iter().map(|name| format!("{name} = VALUES({name})")).collect();
        sql.push_str(&set.join(", "));
        return sql;
    }
    let casts = casts(dialect, table, columns);
    let mut values = String::new();
    let mut arguments = Arguments::new(dialect);
    for row in 0..count {
        if row > 0 {
            values.push_str(", ");
        }
        arguments.tuple(&mut values, &casts);
    }
    let news = ["mxward_key", "mxward_value", "mxward_rest"];
    let set: Vec<String> =
        names[1..].iter().zip(&news[1..]).map(|(name, new)| format!("{name} = n.{new}")).collect();
    let (table_name, key) = (dialect.name(&table.table), &names[0]);
    let (set, news) = (set.join(", "), news[..names.len()].join(", "));
    let mut sql = format!(
        "WITH n ({news}) AS (VALUES {values}) UPDATE {table_name} SET {set} FROM n WHERE \
         {table_name}.{key} = n.mxward_key"
    );
    and_condition(dialect, table, &mut sql);
    sql
}

/// What starts the transaction, in which others may read the table but not write it.
pub(super) fn begin(dialect: Dialect, table: &TableMapping) -> Vec<String> {
    match dialect {
        // Locked rows, and the gaps where there are none, are what keeps others out.
        Dialect::Mysql => vec![
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE".to_owned(),
            "START TRANSACTION".to_owned(),
        ],
        Dialect::Postgres => vec![
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE".to_owned(),
            format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", dialect.name(&table.table)),
        ],
        Dialect::Sqlite => vec!["BEGIN IMMEDIATE".to_owned()],
    }
}

/// The columns of the key, the value and the rest.
fn value_names(dialect: Dialect, table: &TableMapping) -> Vec<String> {
    let columns = [Some(&table.key), Some(&table.value), table.rest.as_ref()];
    columns.into_iter().flatten().map(|column| dialect.name(column)).collect()
}

fn casts(dialect: Dialect, table: &TableMapping, columns: &Columns) -> Vec<String> {
    let names = [Some(&table.key), Some(&table.value), table.rest.as_ref()];
    names.into_iter().flatten().map(|column| columns.cast(column, dialect)).collect()
}

fn and_condition(dialect: Dialect, table: &TableMapping, sql: &mut String) {
    if let Some(condition) = table.condition(dialect) {
        // Writing to a String cannot fail.
        let _ = write!(sql, " AND {condition}");
    }
}

/// Makes whatever type a column has a text.
fn as_text(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "::text",
        Dialect::Mysql | Dialect::Sqlite => "",
    }
}

/// The places of arguments in a statement.
struct Arguments {
    dialect: Dialect,
    count: usize,
}

impl Arguments {
    fn new(dialect: Dialect) -> Self {
        Self { dialect, count: 0 }
    }

    /// Adds `(?, ?)`, one for each cast.
    fn tuple(&mut self, sql: &mut String, casts: &[String]) {
        for (at, cast) in casts.iter().enumerate() {
            sql.push_str(if at == 0 { "(" } else { ", " });
            self.count += 1;
            // Writing to a String cannot fail.
            let _ = match self.dialect {
                Dialect::Postgres => write!(sql, "${}{cast}", self.count),
                Dialect::Mysql | Dialect::Sqlite => write!(sql, "?{cast}"),
            };
        }
        sql.push(')');
    }
}
