//! A database of its own for one test.

use super::server::{Server, command, succeed};
use mxward::sql::{DatabaseLocation, Dialect, TableMapping, read_url};
use mxward::world::system::System;
use mxward::world::{Database, DatabaseError, Row, World};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// A database with nothing in it.
pub(super) struct Place {
    pub(super) dialect: Dialect,
    /// The name of the database, or its file.
    pub(super) name: String,
    /// Keeps the file of SQLite.
    _folder: Option<TempDir>,
}

/// The table as mail servers have it.
const MYSQL_TABLE: &str = "CREATE TABLE `tlspolicies` (
`id` int(10) unsigned NOT NULL AUTO_INCREMENT,
`domain` varchar(255) NOT NULL,
`policy` enum('none','may','encrypt','dane','dane-only','fingerprint','verify','secure')
    NOT NULL,
`params` varchar(255) DEFAULT NULL,
PRIMARY KEY (`id`),
UNIQUE KEY `domain` (`domain`)
) ENGINE=InnoDB AUTO_INCREMENT=47 DEFAULT CHARSET=latin1;";

const POSTGRES_TABLE: &str = "CREATE TYPE level AS ENUM ('none', 'may', 'encrypt', 'dane', \
     'dane-only', 'fingerprint', 'verify', 'secure');
CREATE TABLE tlspolicies (id serial PRIMARY KEY, domain varchar(255) NOT NULL UNIQUE, \
     policy level NOT NULL, params varchar(255));";

const SQLITE_TABLE: &str = "CREATE TABLE tlspolicies (id INTEGER PRIMARY KEY, \
     domain varchar(255) NOT NULL UNIQUE, policy TEXT NOT NULL, params varchar(255));";

impl Place {
    /// A database of MariaDB.
    pub(super) fn mariadb() -> Self {
        let name = name();
        let create = format!("CREATE DATABASE {name}");
        succeed(Server::mariadb().mariadb_client().args(["-e", &create]));
        Self { dialect: Dialect::Mysql, name, _folder: None }
    }

    /// A database of PostgreSQL.
    pub(super) fn postgres() -> Self {
        let name = name();
        let create = format!("CREATE DATABASE {name}");
        succeed(Server::postgres().postgres_client().args(["--dbname=postgres", "-c", &create]));
        Self { dialect: Dialect::Postgres, name, _folder: None }
    }

    /// A file of SQLite.
    pub(super) fn sqlite() -> Self {
        let folder = tempfile::Builder::new().prefix("mxward-sqlite-").tempdir().unwrap();
        let name = folder.path().join("policies.sqlite").to_str().unwrap().to_owned();
        let place = Self { dialect: Dialect::Sqlite, name, _folder: Some(folder) };
        place.sql("VACUUM");
        place
    }

    /// Makes the table `tlspolicies`.
    pub(super) fn with_table(&self) -> &Self {
        self.sql(match self.dialect {
            Dialect::Mysql => MYSQL_TABLE,
            Dialect::Postgres => POSTGRES_TABLE,
            Dialect::Sqlite => SQLITE_TABLE,
        });
        self
    }

    /// Adds rows to it: domain, policy and params, each as SQL.
    pub(super) fn with_rows(&self, rows: &[(&str, &str, &str)]) -> &Self {
        for (domain, policy, params) in rows {
            self.sql(&format!(
                "INSERT INTO tlspolicies (domain, policy, params) VALUES ({domain}, {policy}, {params});"
            ));
        }
        self
    }

    /// Runs statements by the client of the database; gives its rows, columns parted by tabs.
    #[track_caller]
    pub(super) fn sql(&self, statements: &str) -> String {
        let mut client = self.client();
        if self.dialect == Dialect::Sqlite {
            client.arg(statements);
        } else {
            client.args([if self.dialect == Dialect::Mysql { "-e" } else { "-c" }, statements]);
        }
        succeed(&mut client)
    }

    /// The client, in this database.
    pub(super) fn client(&self) -> std::process::Command {
        let mut client = match self.dialect {
            Dialect::Mysql => Server::mariadb().mariadb_client(),
            Dialect::Postgres => Server::postgres().postgres_client(),
            Dialect::Sqlite => {
                let mut client = command("sqlite3");
                client.args(["-batch", "-tabs", "-cmd", ".timeout 10000"]);
                client
            }
        };
        client.arg(&self.name);
        client
    }

    /// The rows of `tlspolicies`, as the client shows them.
    #[track_caller]
    pub(super) fn dump(&self) -> String {
        self.sql("SELECT domain, policy, COALESCE(params, 'NULL') FROM tlspolicies ORDER BY domain")
    }

    /// The server.
    pub(super) fn server(&self) -> &'static Server {
        match self.dialect {
            Dialect::Mysql => Server::mariadb(),
            Dialect::Postgres | Dialect::Sqlite => Server::postgres(),
        }
    }

    /// The URL by socket or file, with a query behind `?` or `&`.
    pub(super) fn url(&self, query: &str) -> String {
        let name = &self.name;
        match self.dialect {
            Dialect::Mysql => {
                let socket = self.server().folder.join("socket");
                format!("mysql://root@/{name}?socket={}{query}", socket.display())
            }
            Dialect::Postgres => {
                let (folder, port) = (self.server().folder.display(), self.server().port);
                format!("postgres://postgres@localhost:{port}/{name}?socket={folder}{query}")
            }
            Dialect::Sqlite => format!("sqlite:{name}?{}", query.trim_start_matches('&')),
        }
    }

    /// The URL by TCP, as the user `mail`.
    pub(super) fn tcp_url(&self, host: &str, query: &str) -> String {
        let (scheme, port, name) = (self.dialect.scheme(), self.server().port, &self.name);
        format!("{scheme}://mail@{host}:{port}/{name}{query}")
    }

    /// A connection.
    #[track_caller]
    pub(super) fn open(&self) -> Box<dyn Database> {
        open(&self.url(""), None).unwrap()
    }

    /// The rows of `tlspolicies`.
    #[track_caller]
    pub(super) fn rows(&self) -> Vec<Row> {
        self.open().rows(&TableMapping::tls_policies()).unwrap()
    }
}

/// A connection to a URL.
pub(super) fn open(url: &str, password: Option<&str>) -> Result<Box<dyn Database>, DatabaseError> {
    System::new().database(Path::new("/"), &location(url).0, password)
}

/// What a URL of a policy table means.
#[track_caller]
pub(super) fn location(url: &str) -> (DatabaseLocation, TableMapping) {
    read_url(url, TableMapping::tls_policies()).unwrap()
}

/// A name that no other test has.
fn name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("mxward_{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}
