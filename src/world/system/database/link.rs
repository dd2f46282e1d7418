//! One connection, whatever the server: statements with texts go in, rows of texts come out.

use crate::diag::printable;
use futures_util::StreamExt as _;
use sqlx::{Arguments as _, AssertSqlSafe, Connection as _, Row as _};
use std::io::ErrorKind;
use std::time::Duration;
use tokio::runtime::Runtime;

/// How long a server may keep silent.
const SILENCE: Duration = Duration::from_mins(1);

/// What is told of a connection that is no more.
const ENDED: &str = "the connection to the server ended";

/// The most columns that a statement asks for.
const COLUMNS: usize = 10;

/// The columns of a row.
pub(super) type Cells<'r> = [Option<&'r [u8]>];

/// One connection, used from outside of any runtime.
pub(super) trait Link {
    /// Runs a statement that gives no rows. Without arguments it may be several.
    fn execute(&mut self, sql: &str, arguments: &[Option<&str>]) -> Result<(), Fault> {
        self.each(sql, arguments, &mut |_| ())
    }

    /// Runs a statement and gives its rows, each column as the bytes of its text.
    fn each(
        &mut self,
        sql: &str,
        arguments: &[Option<&str>],
        row: &mut dyn FnMut(&Cells<'_>),
    ) -> Result<(), Fault>;

    /// Says goodbye.
    fn close(&mut self);
}

/// Why a statement brought no result.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    /// What the server calls it, an SQLSTATE or a number; `None` when no server said anything.
    pub(super) code: Option<String>,
    /// What it is, without control characters.
    pub(super) message: String,
}

impl Fault {
    /// Whether the server refused the statement, and the connection goes on.
    pub(super) fn is_refusal(&self) -> bool {
        self.code.is_some()
    }

    fn lost(message: &str) -> Self {
        Self { code: None, message: printable(message).into_owned() }
    }
}

/// Whether the other side is gone, whichever way that shows.
fn is_end(error: &sqlx::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let sqlx::Error::Io(error) = error else { return false };
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error() {
            Some(refusal) => Self {
                code: Some(refusal.code().unwrap_or_default().into_owned()),
                message: printable(refusal.message()).into_owned(),
            },
            None if is_end(&error) => Self::lost(ENDED),
            None => Self::lost(&error.to_string()),
        }
    }
}

/// A connection of one kind, with a runtime of its own.
pub(super) struct Wire<DB: sqlx::Database> {
    runtime: Runtime,
    /// `None` after a fault: what the server would send next is an answer to something else.
    connection: Option<DB::Connection>,
}

impl<DB: sqlx::Database> Wire<DB> {
    pub(super) fn new(runtime: Runtime, connection: DB::Connection) -> Self {
        Self { runtime, connection: Some(connection) }
    }
}

/// A kind of database.
pub(super) trait Kind: sqlx::Database + sqlx::database::HasStatementCache {
    /// The bytes of a column whose type is text, or whatever is sent like text.
    fn bytes(row: &Self::Row, at: usize) -> Result<Option<&[u8]>, sqlx::Error>;
}

impl Kind for sqlx::MySql {
    fn bytes(row: &Self::Row, at: usize) -> Result<Option<&[u8]>, sqlx::Error> {
        row.try_get_unchecked(at)
    }
}

impl Kind for sqlx::Sqlite {
    fn bytes(row: &Self::Row, at: usize) -> Result<Option<&[u8]>, sqlx::Error> {
        row.try_get_unchecked(at)
    }
}

impl Kind for sqlx::Postgres {
    fn bytes(row: &Self::Row, at: usize) -> Result<Option<&[u8]>, sqlx::Error> {
        let text: Option<&str> = row.try_get_unchecked(at)?;
        Ok(text.map(str::as_bytes))
    }
}

impl<DB: Kind> Link for Wire<DB>
where
    for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
    DB::Arguments: sqlx::IntoArguments<DB>,
    for<'t> Option<&'t str>: sqlx::Encode<'t, DB> + sqlx::Type<DB>,
{
    fn each(
        &mut self,
        sql: &str,
        arguments: &[Option<&str>],
        row: &mut dyn FnMut(&Cells<'_>),
    ) -> Result<(), Fault> {
        let Some(mut connection) = self.connection.take() else {
            return Err(Fault::lost(ENDED));
        };
        let work = run::<DB>(&mut connection, sql, arguments, row);
        let done = self.runtime.block_on(work);
        // After a refusal the next answer is one to the next statement; after anything else nobody
        // knows.
        if done.as_ref().err().is_none_or(Fault::is_refusal) {
            self.connection = Some(connection);
        }
        done
    }

    fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            let goodbye = async { tokio::time::timeout(SILENCE, connection.close()).await };
            // It ends in any case.
            let _ignored = self.runtime.block_on(goodbye);
        }
    }
}

async fn run<DB: Kind>(
    connection: &mut DB::Connection,
    sql: &str,
    arguments: &[Option<&str>],
    row: &mut dyn FnMut(&Cells<'_>),
) -> Result<(), Fault>
where
    for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
    DB::Arguments: sqlx::IntoArguments<DB>,
    for<'t> Option<&'t str>: sqlx::Encode<'t, DB> + sqlx::Type<DB>,
{
    // Everything in `sql` that is not written in this program is a checked name, a quoted text or a
    // type that the server named; all else is an argument.
    let sql = AssertSqlSafe(sql.to_owned());
    let mut rows = if arguments.is_empty() {
        sqlx::raw_sql(sql).fetch(connection)
    } else {
        let mut bound = DB::Arguments::default();
        let size = arguments.iter().map(|it| it.map_or(0, str::len)).sum();
        bound.reserve(arguments.len(), size);
        for argument in arguments {
            bound.add(*argument).map_err(sqlx::Error::Encode)?;
        }
        sqlx::query_with(sql, bound).persistent(false).fetch(connection)
    };
    loop {
        let next = tokio::time::timeout(SILENCE, rows.next()).await;
        let next = next.map_err(|_| Fault::lost("no answer in time"))?;
        let Some(found) = next.transpose()? else { return Ok(()) };
        let mut cells: [Option<&[u8]>; COLUMNS] = [None; COLUMNS];
        let count = found.len().min(COLUMNS);
        for (at, cell) in cells.iter_mut().enumerate().take(count) {
            *cell = DB::bytes(&found, at)?;
        }
        row(&cells[..count]);
    }
}
