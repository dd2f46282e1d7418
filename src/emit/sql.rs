//! A map in an SQL table: statements that fill it, and the lookup file beside them.

use super::{Artifact, header};
use crate::compile::Repository;
use crate::diag::{Diagnostic, Diagnostics};
use crate::formats::sql_table::write;
use crate::model::Target;
use crate::postfix::main_cf::lookup_name;
use crate::source::Span;
use crate::sql::{DatabaseLocation, Dialect, TableMapping};
use crate::tables::Row;
use std::borrow::Cow;
use std::fmt::{Display, Write as _};

/// A map that goes into a table.
pub(super) struct SqlMap<'a> {
    /// The parameter of main.cf.
    pub(super) parameter: &'a str,
    /// Where it lives.
    pub(super) database: &'a DatabaseLocation,
    /// The table there.
    pub(super) table: &'a TableMapping,
}

/// Writes the statements and the lookup file. `None` after an error.
pub(super) fn files<'r, V: Display>(
    repository: &Repository,
    target: &Target,
    map: &SqlMap<'_>,
    rows: impl Iterator<Item = Row<'r, V>>,
    diagnostics: &mut Diagnostics,
) -> Option<[Artifact; 2]> {
    let dialect = map.database.dialect();
    let rows: Vec<(Cow<'r, str>, String, Span)> =
        rows.map(|row| (row.key, row.value.to_string(), row.span)).collect();
    let mut failed = false;
    for (key, value, span) in &rows {
        if let Some((column, text)) = too_long(map.table, key, value) {
            failed = true;
            diagnostics.push(
                Diagnostic::error(
                    "row-too-long",
                    *span,
                    format!(
                        "the row of `{key}` needs {} characters in the column `{column}`, which holds {}",
                        text.chars().count(),
                        map.table.length
                    ),
                )
                .hint("the table would cut it: shorten it, or name a longer column by `length=` in the URL"),
            );
        }
    }
    if failed {
        return None;
    }
    let statements =
        write(dialect, map.table, rows.iter().map(|(key, value, _)| (&**key, value.as_str())));
    let head = header(repository.digest(), target, map.parameter);
    let name = lookup_name(map.parameter);
    let text = format!("{}{statements}", head.replace("# ", "-- "));
    let entries = Some(rows.len());
    let sql = Artifact { name: format!("{name}.sql"), text, entries };
    let mut text = format!("{head}# Add how to connect; mxward knows no password.\n");
    connection(map.database, &mut text);
    // Writing to a String cannot fail.
    let _ = writeln!(text, "query = {}", map.table.query(dialect));
    Some([sql, Artifact { name: format!("{name}.cf"), text, entries: None }])
}

/// The first column that would cut its part of a row.
fn too_long<'a>(
    table: &'a TableMapping,
    key: &'a str,
    value: &'a str,
) -> Option<(&'a str, &'a str)> {
    let (first, rest) = table.split(value);
    let rest = table.rest.as_ref().zip(rest);
    [(&table.key, key), (&table.value, first)]
        .into_iter()
        .chain(rest)
        .find(|(_, text)| text.chars().count() > table.length)
        .map(|(column, text)| (column.as_str(), text))
}

/// The parameters that tell Postfix how to connect, as comments.
fn connection(database: &DatabaseLocation, text: &mut String) {
    let server = match database {
        DatabaseLocation::Sqlite(path) => {
            let path = if path.starts_with('/') { path } else { "/etc/postfix/policies.sqlite" };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "# dbpath = {path}");
            return;
        }
        DatabaseLocation::Server(server) => server,
    };
    let port = server.port.map_or_else(String::new, |port| format!(":{port}"));
    let host = match &server.socket {
        Some(socket) => format!("unix:{socket}"),
        None => format!("inet:{}{port}", server.host),
    };
    let _ = match (server.dialect, server.is_local()) {
        (Dialect::Postgres, false) => writeln!(
            text,
            "# hosts = postgresql://postfix@{}{port}/{}?sslmode=verify-full",
            server.host, server.database
        ),
        (Dialect::Postgres | Dialect::Mysql | Dialect::Sqlite, _) => {
            writeln!(text, "# hosts = {host}\n# user = postfix\n# password = ")
        }
    };
    let _ = writeln!(text, "# dbname = {}", server.database);
    if server.dialect == Dialect::Mysql && !server.is_local() {
        text.push_str("# tls_verify_cert = yes\n");
    }
}
