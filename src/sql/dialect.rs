//! The dialects of SQL.

use super::Identifier;

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

    /// The scheme of its URLs.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Mysql => "mysql",
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
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
    pub fn quote(self, text: &str) -> String {
        let text = text.replace('\'', "''");
        match self {
            Self::Mysql => format!("'{}'", text.replace('\\', "\\\\")),
            Self::Postgres | Self::Sqlite => format!("'{text}'"),
        }
    }

    /// Quotes a name, which is then never a word of the language.
    ///
    /// PostgreSQL folds names without quotes to lower case, but not these. SQLite takes a name in
    /// double quotes that is no column as a text, so that a missing column would not be an error;
    /// in backticks it does not. [SQLite `quirks.html` §8]
    pub fn name(self, name: &Identifier) -> String {
        match self {
            Self::Mysql | Self::Sqlite => format!("`{name}`"),
            Self::Postgres => format!("\"{name}\""),
        }
    }
}
