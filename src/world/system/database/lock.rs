//! The lock that keeps two applies apart.

use super::columns::text;
use super::link::Link;
use crate::sql::{Dialect, Identifier};
use crate::world::DatabaseError;
use sha2::{Digest as _, Sha256};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// A lock that is held. All of them end with the process or its connection.
pub(super) enum Lock {
    /// Of MariaDB or MySQL, by name. [MariaDB `GET_LOCK`]
    Named(String),
    /// Of PostgreSQL, by number. [PostgreSQL `pg_advisory_lock`]
    Advisory(i64),
    /// A file beside that of SQLite. [flock(2)]
    File(File),
}

impl Lock {
    /// Takes the lock for a table.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Locked`] at once when somebody else holds it.
    pub(super) fn take(
        link: &mut dyn Link,
        dialect: Dialect,
        file: &Path,
        table: &Identifier,
    ) -> Result<Self, DatabaseError> {
        let (taken, lock) = match dialect {
            Dialect::Mysql => {
                // Names are of the whole server, and of up to 64 characters.
                let database = text(link, "SELECT DATABASE()")?.unwrap_or_default();
                let name = format!("mxward-{:016x}", number(&database, table));
                let taken = text(link, &format!("SELECT GET_LOCK('{name}', 0)"))?;
                (taken, Self::Named(name))
            }
            Dialect::Postgres => {
                // Numbers are of the database; which table a name means depends on the search path.
                let schema = text(
                    link,
                    &format!(
                        "SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = \
                         to_regclass('\"{table}\"')"
                    ),
                )?;
                let number = number(&schema.unwrap_or_default(), table);
                let sql = format!("SELECT CASE WHEN pg_try_advisory_lock({number}) THEN '1' END");
                (text(link, &sql)?, Self::Advisory(number))
            }
            Dialect::Sqlite => return Self::beside(file, table),
        };
        if taken.as_deref() == Some("1") { Ok(lock) } else { Err(DatabaseError::Locked) }
    }

    /// The lock of a file of SQLite. Not on that file itself: closing it would end the locks that
    /// SQLite has there. [SQLite `howtocorrupt.html` §2.2]
    fn beside(file: &Path, table: &Identifier) -> Result<Self, DatabaseError> {
        let failed = |error: std::io::Error| {
            DatabaseError::Failed(format!("cannot lock `{}`: {error}", file.display()))
        };
        let mut name = file.canonicalize().map_err(failed)?.into_os_string();
        name.push(format!(".{table}.mxward-lock"));
        let lock =
            OpenOptions::new().create(true).append(true).open(Path::new(&name)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self::File(lock)),
            Err(TryLockError::WouldBlock) => Err(DatabaseError::Locked),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Whether it is still held by this connection: a proxy may have given it to another one.
    pub(super) fn is_held(&self, link: &mut dyn Link) -> Result<bool, DatabaseError> {
        let sql = match self {
            Self::Named(name) => format!("SELECT IS_USED_LOCK('{name}') = CONNECTION_ID()"),
            // It is kept as two halves. [PostgreSQL `pg_locks`]
            Self::Advisory(number) => format!(
                "SELECT CASE WHEN EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted \
                 AND pid = pg_backend_pid() AND (classid::bigint << 32) | objid::bigint = {number} AND \
                 objsubid = 1) THEN '1' END"
            ),
            Self::File(_) => return Ok(true),
        };
        Ok(text(link, &sql)?.as_deref() == Some("1"))
    }

    /// Gives it back, so that the next one need not wait for the server to notice the end of the
    /// connection.
    pub(super) fn release(self, link: &mut dyn Link) {
        let sql = match self {
            Self::Named(name) => format!("SELECT RELEASE_LOCK('{name}')"),
            Self::Advisory(number) => format!("SELECT pg_advisory_unlock({number})"),
            Self::File(file) => {
                // A program that is just being started would hold it on until it runs.
                let _ignored = file.unlock();
                return;
            }
        };
        // It ends with the connection in any case.
        let _ignored = link.each(&sql, &[], &mut |_| ());
    }
}

/// A number for a table of a database or schema.
fn number(of: &str, table: &Identifier) -> i64 {
    let digest = Sha256::digest(format!("mxward\0{of}\0{table}"));
    digest[..8].iter().fold(0, |number, byte| (number << 8) | i64::from(*byte))
}
