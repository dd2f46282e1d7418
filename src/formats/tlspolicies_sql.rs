//! The SQL table of TLS policies: `domain`, `policy` (the level) and `params` (the attributes).

use std::fmt::Write as _;

/// The dialect of a database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// MariaDB and MySQL.
    Mysql,
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
}

/// The longest `params` that the column `varchar(255)` takes.
pub const MAX_PARAMS: usize = 255;

impl Dialect {
    /// The dialect of a URL scheme.
    pub fn of_scheme(scheme: &str) -> Option<Self> {
        match scheme {
            "mysql" => Some(Self::Mysql),
            "postgres" => Some(Self::Postgres),
            "sqlite" => Some(Self::Sqlite),
            _ => None,
        }
    }

    /// The map type in main.cf.
    pub fn map_type(self) -> &'static str {
        match self {
            Self::Mysql => "mysql",
            Self::Postgres => "pgsql",
            Self::Sqlite => "sqlite",
        }
    }

    /// Quotes a text. Backslashes are escaped where the server may take them as escapes.
    fn quote(self, text: &str) -> String {
        let text = text.replace('\'', "''");
        match self {
            Self::Mysql => format!("'{}'", text.replace('\\', "\\\\")),
            Self::Postgres | Self::Sqlite => format!("'{text}'"),
        }
    }
}

/// One row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row<'a> {
    /// The lookup key.
    pub domain: &'a str,
    /// The security level.
    pub policy: &'a str,
    /// The attributes; `None` when there are none, which the query must pass over.
    pub params: Option<&'a str>,
}

impl<'a> Row<'a> {
    /// The row of an entry: the value is split behind the level.
    pub fn new(key: &'a str, value: &'a str) -> Self {
        match value.split_once(' ') {
            Some((policy, params)) => Self { domain: key, policy, params: Some(params) },
            None => Self { domain: key, policy: value, params: None },
        }
    }
}

/// Writes statements that put rows into the table in one transaction. Rows that are already right are
/// written again with the same values; no row is removed.
///
/// No TRUNCATE stands here: on MariaDB it ends the transaction, and for a moment nothing is enforced.
pub fn write<'a>(dialect: Dialect, table: &str, rows: impl Iterator<Item = Row<'a>>) -> String {
    let mut text = String::from(match dialect {
        Dialect::Mysql => "START TRANSACTION;\n",
        Dialect::Postgres | Dialect::Sqlite => "BEGIN;\n",
    });
    for row in rows {
        let params = row.params.map_or_else(|| "NULL".to_owned(), |it| dialect.quote(it));
        let (domain, policy) = (dialect.quote(row.domain), dialect.quote(row.policy));
        let values = format!(
            "INSERT INTO {table} (domain, policy, params) VALUES ({domain}, {policy}, {params})"
        );
        // Writing to a String cannot fail.
        let _ = match dialect {
            Dialect::Mysql => writeln!(
                text,
                "{values} ON DUPLICATE KEY UPDATE policy = {policy}, params = {params};"
            ),
            Dialect::Postgres | Dialect::Sqlite => writeln!(
                text,
                "{values} ON CONFLICT (domain) DO UPDATE SET policy = {policy}, params = {params};"
            ),
        };
    }
    text.push_str("COMMIT;\n");
    text
}

/// The query of the lookup file: one column, in which absent attributes leave no trace.
///
/// A plain concatenation with NULL gives NULL, which Postfix takes as "not found".
/// [Postfix `db_common.c`; `mysql_table(5)`, `pgsql_table(5)`, `sqlite_table(5)`]
pub fn query(dialect: Dialect, table: &str) -> String {
    match dialect {
        Dialect::Mysql | Dialect::Postgres => format!(
            "SELECT CONCAT_WS(' ', policy, NULLIF(params, '')) FROM {table} WHERE domain = '%s'"
        ),
        Dialect::Sqlite => format!(
            "SELECT policy || COALESCE(' ' || NULLIF(params, ''), '') FROM {table} WHERE domain = '%s'"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_put_in_one_transaction_and_quoted() {
        let rows = [("gmail.com", "secure match=mx.google.com"), ("o'brien.example", "encrypt")];
        let rows = || rows.iter().map(|(key, value)| Row::new(key, value));
        assert_eq!(
            write(Dialect::Mysql, "tlspolicies", rows()),
            "START TRANSACTION;\n\
             INSERT INTO tlspolicies (domain, policy, params) VALUES ('gmail.com', 'secure', \
             'match=mx.google.com') ON DUPLICATE KEY UPDATE policy = 'secure', params = \
             'match=mx.google.com';\n\
             INSERT INTO tlspolicies (domain, policy, params) VALUES ('o''brien.example', 'encrypt', \
             NULL) ON DUPLICATE KEY UPDATE policy = 'encrypt', params = NULL;\n\
             COMMIT;\n"
        );
    }
}
