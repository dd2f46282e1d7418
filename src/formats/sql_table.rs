//! A table of an SQL database, as statements that fill it.

use crate::sql::{Dialect, TableMapping};
use std::fmt::Write as _;

/// Writes statements that put rows into the table in one transaction: key and right-hand side each.
/// Rows that are already right are written again with the same values; no row is removed.
///
/// No TRUNCATE stands here: on MariaDB it ends the transaction, and for a moment nothing is enforced.
pub fn write<'a>(
    dialect: Dialect,
    table: &TableMapping,
    rows: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    // What the statements mean must not depend on the settings of whoever runs them, and a text that does
    // not fit must be an error.
    let mut text = String::from(match dialect {
        Dialect::Mysql => {
            "SET NAMES utf8mb4;\nSET SESSION sql_mode = 'STRICT_ALL_TABLES';\nSTART TRANSACTION;\n"
        }
        Dialect::Postgres => {
            "SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\nBEGIN;\n"
        }
        Dialect::Sqlite => "BEGIN;\n",
    });
    let name = |column| dialect.name(column);
    let (key, value) = (name(&table.key), name(&table.value));
    let mut columns = vec![key.clone(), value.clone()];
    columns.extend(table.rest.as_ref().map(name));
    columns.extend(table.fixed.iter().map(|(column, _)| name(column)));
    let columns = columns.join(", ");
    let fixed = table.fixed_values(dialect);
    let head = format!("INSERT INTO {} ({columns}) VALUES", name(&table.table));
    for (row_key, row) in rows {
        let (first, rest) = table.split(row);
        let first = dialect.quote(first);
        let rest = table.rest.as_ref().map(|column| (name(column), nothing_or(dialect, rest)));
        let (mut values, mut update) = (first.clone(), format!("{value} = {first}"));
        if let Some((column, rest)) = rest {
            // Writing to a String cannot fail.
            let _ = write!(values, ", {rest}");
            let _ = write!(update, ", {column} = {rest}");
        }
        for (column, text) in &table.fixed {
            let _ = write!(update, ", {} = {}", name(column), dialect.quote(text));
        }
        let row_key = dialect.quote(row_key);
        let _ = write!(text, "{head} ({row_key}, {values}{fixed}) ");
        let _ = match dialect {
            Dialect::Mysql => writeln!(text, "ON DUPLICATE KEY UPDATE {update};"),
            Dialect::Postgres | Dialect::Sqlite => {
                writeln!(text, "ON CONFLICT ({key}) DO UPDATE SET {update};")
            }
        };
    }
    text.push_str("COMMIT;\n");
    text
}

/// What stands for an absent rest: what the column has by itself, NULL or an empty text, because
/// the queries of others may take only one of them as nothing.
fn nothing_or(dialect: Dialect, rest: Option<&str>) -> String {
    match (rest, dialect) {
        (Some(rest), _) => dialect.quote(rest),
        (None, Dialect::Mysql | Dialect::Postgres) => "DEFAULT".to_owned(),
        // DEFAULT is no expression there.
        (None, Dialect::Sqlite) => "NULL".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::read_url;

    #[test]
    fn rows_are_put_in_one_transaction_and_quoted() {
        let rows = [("gmail.com", "secure match=mx.google.com"), ("o'brien.example", "encrypt")];
        assert_eq!(
            write(Dialect::Mysql, &TableMapping::tls_policies(), rows.into_iter()),
            "SET NAMES utf8mb4;\n\
             SET SESSION sql_mode = 'STRICT_ALL_TABLES';\n\
             START TRANSACTION;\n\
             INSERT INTO `tlspolicies` (`domain`, `policy`, `params`) VALUES ('gmail.com', 'secure', \
             'match=mx.google.com') ON DUPLICATE KEY UPDATE `policy` = 'secure', `params` = \
             'match=mx.google.com';\n\
             INSERT INTO `tlspolicies` (`domain`, `policy`, `params`) VALUES ('o''brien.example', \
             'encrypt', DEFAULT) ON DUPLICATE KEY UPDATE `policy` = 'encrypt', `params` = DEFAULT;\n\
             COMMIT;\n"
        );
    }

    #[test]
    fn fixed_columns_are_set() {
        let url = "sqlite:p?table=t&key=k&value=v&rest=&fixed.active=1";
        let (_, table) = read_url(url, TableMapping::tls_policies()).unwrap();
        assert_eq!(
            write(Dialect::Sqlite, &table, [("a.example", "secure match=b")].into_iter()),
            "BEGIN;\n\
             INSERT INTO `t` (`k`, `v`, `active`) VALUES ('a.example', 'secure match=b', '1') ON \
             CONFLICT (`k`) DO UPDATE SET `v` = 'secure match=b', `active` = '1';\n\
             COMMIT;\n"
        );
    }
}
