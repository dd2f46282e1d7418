//! MariaDB, PostgreSQL and SQLite, asked with sqlx.

mod change;
mod columns;
mod connect;
mod link;
mod lock;
mod obstacles;
mod parts;
mod rights;
mod statements;

use super::super::{Database, DatabaseError, LookupKey, RowChange, RowRef};
use crate::diag::printable;
use crate::sql::{DatabaseLocation, Dialect, Identifier, TableMapping};
use columns::Columns;
use link::{Fault, Link};
use lock::Lock;
use std::path::{Path, PathBuf};

/// A connection to a database.
pub(super) struct Connection {
    link: Box<dyn Link>,
    dialect: Dialect,
    /// The file of SQLite.
    file: PathBuf,
    /// Those that are held, by table.
    locks: Vec<(Identifier, Lock)>,
}

impl Connection {
    /// Connects; relative paths start at `repository`.
    pub(super) fn open(
        repository: &Path,
        location: &DatabaseLocation,
        password: Option<&str>,
    ) -> Result<Self, DatabaseError> {
        let link = connect::connect(repository, location, password)?;
        let file = match location {
            DatabaseLocation::Sqlite(path) => repository.join(path),
            DatabaseLocation::Server(_) => PathBuf::new(),
        };
        Ok(Self { link, dialect: location.dialect(), file, locks: Vec::new() })
    }

    /// What the server says about a table, which must be there with the columns that are mapped.
    fn columns(&mut self, table: &TableMapping) -> Result<Columns, DatabaseError> {
        let columns = Columns::ask(&mut *self.link, self.dialect, &table.table)?;
        if columns.kind.is_empty() {
            return Err(DatabaseError::Failed(format!("there is no table `{}`", table.table)));
        }
        let missing: Vec<String> = mapped(table)
            .filter(|column| columns.get(column).is_none())
            .map(|column| format!("`{column}`"))
            .collect();
        if missing.is_empty() {
            return Ok(columns);
        }
        let missing = missing.join(", ");
        Err(DatabaseError::Failed(format!("the table `{}` has no column {missing}", table.table)))
    }
}

impl Database for Connection {
    fn each_row(
        &mut self,
        table: &TableMapping,
        row: &mut dyn FnMut(RowRef<'_>),
    ) -> Result<(), DatabaseError> {
        let columns = self.columns(table)?;
        let sql = statements::all(self.dialect, table, &columns);
        // MySQL alone folds letters that are not ASCII as Postfix does.
        let folds_all = self.dialect == Dialect::Mysql;
        let mut folded = String::new();
        self.link.each(&sql, &[], &mut |cells| {
            let &[Some(key), is_found, value] = cells else { return };
            let key = String::from_utf8_lossy(key);
            let value = value.map(String::from_utf8_lossy);
            let is_found = is_found == Some(b"1");
            let lookup = lookup_key(&key, is_found, folds_all, &mut folded);
            row(RowRef { key: &key, lookup, value: value.as_deref().filter(|it| !it.is_empty()) });
        })?;
        Ok(())
    }

    fn obstacles(
        &mut self,
        table: &TableMapping,
        changes: &[RowChange],
    ) -> Result<Vec<String>, DatabaseError> {
        obstacles::obstacles(self, table, changes)
    }

    fn keeps_nothing(&mut self) -> Result<Option<String>, DatabaseError> {
        obstacles::keeps_nothing(self)
    }

    fn lock(&mut self, table: &TableMapping) -> Result<(), DatabaseError> {
        if self.locks.iter().all(|(held, _)| *held != table.table) {
            let lock = Lock::take(&mut *self.link, self.dialect, &self.file, &table.table)?;
            self.locks.push((table.table.clone(), lock));
        }
        Ok(())
    }

    fn change(
        &mut self,
        table: &TableMapping,
        changes: &[RowChange],
        record: Option<&str>,
    ) -> Result<(), DatabaseError> {
        change::change(self, table, changes, record)
    }

    fn record(&mut self, table: &TableMapping) -> Result<Option<String>, DatabaseError> {
        parts::record(self, table)
    }

    fn keep_generation(
        &mut self,
        table: &TableMapping,
        number: u64,
        text: &str,
        keep: u64,
    ) -> Result<(), DatabaseError> {
        parts::keep_generation(self, table, number, text, keep)
    }

    fn generations(&mut self, table: &TableMapping) -> Result<Vec<(u64, String)>, DatabaseError> {
        parts::generations(self, table)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        for (_, lock) in self.locks.drain(..) {
            lock.release(&mut *self.link);
        }
        self.link.close();
    }
}

/// All columns that the mapping names.
fn mapped(table: &TableMapping) -> impl Iterator<Item = &Identifier> {
    let own = [Some(&table.key), Some(&table.value), table.rest.as_ref()];
    own.into_iter().flatten().chain(table.fixed.iter().map(|(column, _)| column))
}

/// What Postfix asks for to get a row, where `is_found` tells whether the server takes the stored key
/// and its folded form as equal.
fn lookup_key<'f>(
    key: &str,
    is_found: bool,
    folds_all: bool,
    folded: &'f mut String,
) -> LookupKey<&'f str> {
    let plain = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if !key.ends_with(' ') && key.bytes().all(plain) {
        return LookupKey::Stored;
    }
    *folded = key.trim_end_matches(' ').to_lowercase();
    match (*folded == *key, is_found && (folds_all || key.is_ascii())) {
        (true, _) => LookupKey::Stored,
        (false, true) => LookupKey::Folded(folded),
        (false, false) => LookupKey::Never,
    }
}

impl From<Fault> for DatabaseError {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault.message)
    }
}

/// A key as a message may show it.
fn shown(key: &str) -> String {
    format!("`{}`", printable(key))
}
