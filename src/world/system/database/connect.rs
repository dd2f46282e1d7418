//! Connecting: who is asked, and what must be proved first.

use super::link::{Fault, Kind, Link, Wire};
use crate::sql::{DatabaseLocation, Dialect, Server};
use crate::world::DatabaseError;
use sqlx::ConnectOptions;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::SqliteConnectOptions;
use std::path::Path;
use std::time::Duration;

/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(10);

/// How long SQLite waits for a lock of somebody else.
const BUSY: Duration = Duration::from_secs(10);

/// Strict, so that nothing is cut or replaced on its way into a column, whatever the server's
/// default is; a lock is waited for briefly, and a connection whose other end is gone does not hold
/// locks for long.
const MYSQL_SESSION: &str = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', \
     autocommit = 1, innodb_lock_wait_timeout = 10, lock_wait_timeout = 10, wait_timeout = 600";

/// The same; the client gives up much earlier on a statement that brings nothing. With row security off a table that hides rows is an error. [PostgreSQL `ddl-rowsecurity`]
const POSTGRES_SESSION: &str = "SET standard_conforming_strings = on; SET row_security = off; SET \
     lock_timeout = '10s'; SET statement_timeout = '10min'; SET idle_in_transaction_session_timeout = \
     '60s'; SET tcp_keepalives_idle = 60; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count \
     = 6";

/// Connects; relative paths start at `repository`.
pub(super) fn connect(
    repository: &Path,
    location: &DatabaseLocation,
    password: Option<&str>,
) -> Result<Box<dyn Link>, DatabaseError> {
    let failed =
        |message: &str| DatabaseError::Failed(format!("cannot connect to `{location}`: {message}"));
    let server = match location {
        DatabaseLocation::Sqlite(path) => {
            let path = repository.join(path);
            if !path.exists() {
                return Err(failed("there is no such file"));
            }
            let options = SqliteConnectOptions::new()
                .filename(path)
                .busy_timeout(BUSY)
                .row_buffer_size(1024)
                .disable_statement_logging();
            return open::<sqlx::Sqlite, _>(&options, "").map_err(|fault| failed(&fault.message));
        }
        DatabaseLocation::Server(server) => server,
    };
    let ca = match &server.ca {
        Some(path) => Some(certificates(&repository.join(path)).map_err(|why| {
            DatabaseError::Failed(format!("cannot read the certificates `{path}`: {why}"))
        })?),
        None => None,
    };
    let opened = match server.dialect {
        Dialect::Mysql | Dialect::Sqlite => {
            open::<sqlx::MySql, _>(&mysql(server, ca, password), MYSQL_SESSION)
        }
        Dialect::Postgres => {
            open::<sqlx::Postgres, _>(&postgres(server, ca, password), POSTGRES_SESSION)
        }
    };
    opened.map_err(|fault| failed(&fault.message))
}

fn mysql(server: &Server, ca: Option<Vec<u8>>, password: Option<&str>) -> MySqlConnectOptions {
    let mut options = MySqlConnectOptions::new()
        .username(&server.user)
        .database(&server.database)
        .host(host(server))
        .port(server.port.unwrap_or(3306))
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .ssl_mode(if verifies(server) {
            MySqlSslMode::VerifyIdentity
        } else {
            MySqlSslMode::Preferred
        })
        .disable_statement_logging();
    if let Some(socket) = &server.socket {
        options = options.socket(socket);
    }
    if let Some(pem) = ca {
        options = options.ssl_ca_from_pem(pem);
    }
    if let Some(password) = password {
        options = options.password(password);
    }
    options
}

fn postgres(server: &Server, ca: Option<Vec<u8>>, password: Option<&str>) -> PgConnectOptions {
    let mut options = PgConnectOptions::new_without_pgpass()
        .username(&server.user)
        .database(&server.database)
        .host(host(server))
        .port(server.port.unwrap_or(5432))
        // Said in any case, so that none comes from PGPASSWORD.
        .password(password.unwrap_or_default())
        .application_name("mxward")
        .ssl_mode(if verifies(server) { PgSslMode::VerifyFull } else { PgSslMode::Prefer })
        // The same with PGSSLROOTCERT.
        .ssl_root_cert_from_pem(ca.unwrap_or_default())
        .disable_statement_logging();
    if let Some(socket) = &server.socket {
        options = options.socket(socket);
    }
    options
}

/// Whether the server must prove its name. A socket leads to one of this host in any case.
fn verifies(server: &Server) -> bool {
    server.socket.is_none() && (server.ca.is_some() || !server.is_local())
}

/// `localhost` is this host, whatever a name server says.
fn host(server: &Server) -> &str {
    match server.host.as_str() {
        "localhost" if !verifies(server) => "127.0.0.1",
        "" => "localhost",
        host => host,
    }
}

/// Certificates in PEM; a file without any would leave those of the system alone.
fn certificates(path: &Path) -> Result<Vec<u8>, String> {
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    let begin = b"-----BEGIN CERTIFICATE-----";
    if pem.windows(begin.len()).any(|window| window == begin) {
        return Ok(pem);
    }
    Err("there are none in it".to_owned())
}

fn open<DB, O>(options: &O, session: &str) -> Result<Box<dyn Link>, Fault>
where
    DB: Kind,
    O: ConnectOptions<Connection = DB::Connection>,
    Wire<DB>: Link,
{
    let lost = |message: String| Fault { code: None, message };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| lost(error.to_string()))?;
    let attempt = async { tokio::time::timeout(CONNECT, options.connect()).await };
    let connection =
        runtime.block_on(attempt).map_err(|_| lost("no answer in time".to_owned()))??;
    let mut link = Wire::<DB>::new(runtime, connection);
    if !session.is_empty() {
        link.execute(session, &[])?;
    }
    Ok(Box::new(link))
}
