//! A database of its own for one test.

use super::server::{Server, command, succeed};
use mxward::sql::{DatabaseLocation, Dialect, TableMapping, read_url};
use mxward::world::system::System;
use mxward::world::{Database, DatabaseError, Row, World};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// A database with nothing in it.
pub(crate) struct Place {
    pub(crate) dialect: Dialect,
    /// The name of the database, or its file.
    pub(crate) name: String,
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
    pub(crate) fn mariadb() -> Self {
        let name = name();
        let create = format!("CREATE DATABASE {name}");
        succeed(Server::mariadb().mariadb_client().args(["-e", &create]));
        Self { dialect: Dialect::Mysql, name, _folder: None }
    }

    /// A database of PostgreSQL.
    pub(crate) fn postgres() -> Self {
        let name = name();
        let create = format!("CREATE DATABASE {name}");
        succeed(Server::postgres().postgres_client().args(["--dbname=postgres", "-c", &create]));
        Self { dialect: Dialect::Postgres, name, _folder: None }
    }

    /// A file of SQLite.
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::Builder::new().prefix("mxward-sqlite-").tempdir().unwrap();
        // Postfix must get to it.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).unwrap();
        let name = folder.path().join("policies.sqlite").to_str().unwrap().to_owned();
        let place = Self { dialect: Dialect::Sqlite, name, _folder: Some(folder) };
        place.sql("VACUUM");
        place
    }

    /// Makes the table `tlspolicies`.
    pub(crate) fn with_table(&self) -> &Self {
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
    pub(crate) fn sql(&self, statements: &str) -> String {
        let mut client = self.client();
        if self.dialect == Dialect::Sqlite {
            client.arg(statements);
        } else {
            client.args([if self.dialect == Dialect::Mysql { "-e" } else { "-c" }, statements]);
        }
        succeed(&mut client)
    }

    /// The client, in this database.
    pub(crate) fn client(&self) -> std::process::Command {
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

    /// The client in this database, as a line of the shell.
    pub(crate) fn client_line(&self) -> String {
        let client = self.client();
        let words = [client.get_program()].into_iter().chain(client.get_args());
        words.map(|word| format!("'{}'", word.display())).collect::<Vec<_>>().join(" ")
    }

    /// The rows of `tlspolicies`, as the client shows them.
    #[track_caller]
    pub(super) fn dump(&self) -> String {
        self.sql("SELECT domain, policy, COALESCE(params, 'NULL') FROM tlspolicies ORDER BY domain")
    }

    /// The server.
    pub(crate) fn server(&self) -> &'static Server {
        match self.dialect {
            Dialect::Mysql => Server::mariadb(),
            Dialect::Postgres | Dialect::Sqlite => Server::postgres(),
        }
    }

    /// The URL by socket or file, with a query behind `?` or `&`.
    pub(crate) fn url(&self, query: &str) -> String {
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

    /// The URL by socket or file, as the user `mail`.
    pub(crate) fn mail_url(&self) -> String {
        self.url("").replace("//root@", "//mail@").replace("//postgres@", "//mail@")
    }

    /// The URL by TCP, as the user `mail`.
    pub(super) fn tcp_url(&self, host: &str, query: &str) -> String {
        let (scheme, port, name) = (self.dialect.scheme(), self.server().port, &self.name);
        format!("{scheme}://mail@{host}:{port}/{name}{query}")
    }

    /// How a lookup file of Postfix connects.
    pub(crate) fn lookup(&self) -> String {
        let name = &self.name;
        let kind = match self.dialect {
            Dialect::Mysql => "inet:",
            Dialect::Postgres => "",
            Dialect::Sqlite => return format!("dbpath = {name}\n"),
        };
        let port = self.server().port;
        format!("hosts = {kind}127.0.0.1:{port}\nuser = mail\npassword = geheim\ndbname = {name}\n")
    }

    /// The same by the socket, for a Postfix that has no network to the server.
    pub(crate) fn lookup_by_socket(&self) -> String {
        let name = &self.name;
        let folder = || self.server().folder.display();
        match self.dialect {
            Dialect::Mysql => format!(
                "hosts = unix:{}/socket\nuser = mail\npassword = geheim\ndbname = {name}\n",
                folder()
            ),
            Dialect::Postgres => format!(
                "hosts = postgresql://mail@/{name}?host={}&port={}\ndbname = {name}\n",
                folder().to_string().replace('/', "%2F"),
                self.server().port
            ),
            Dialect::Sqlite => self.lookup(),
        }
    }

    /// Another database of a server with the same tables and rows.
    pub(crate) fn copy(&self) -> Self {
        let from = &self.name;
        if self.dialect == Dialect::Postgres {
            let name = name();
            // Nobody else may be connected to it meanwhile; the server waits a little for that.
            let create = format!("CREATE DATABASE {name} TEMPLATE {from}");
            let mut client = self.server().postgres_client();
            succeed(client.args(["--dbname=postgres", "-c", &create]));
            return Self { dialect: self.dialect, name, _folder: None };
        }
        let copy = Self::mariadb();
        let tables = self.sql("SHOW TABLES");
        let copied = tables.lines().map(|table| {
            format!(
                "CREATE TABLE {table} LIKE {from}.{table}; INSERT INTO {table} SELECT * FROM {from}.{table};"
            )
        });
        copy.sql(&copied.collect::<String>());
        copy
    }

    /// Removes the database from its server.
    pub(crate) fn remove(&self) {
        let name = &self.name;
        if self.dialect == Dialect::Postgres {
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            let mut client = self.server().postgres_client();
            succeed(client.args(["--dbname=postgres", "-c", &drop]));
        } else {
            self.sql(&format!("DROP DATABASE {name}"));
        }
    }

    /// Whether somebody else is connected to the database of a server.
    pub(crate) fn is_in_use(&self) -> bool {
        let others = if self.dialect == Dialect::Mysql {
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> \
             CONNECTION_ID()"
        } else {
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> \
             pg_backend_pid()"
        };
        self.sql(others) != "0\n"
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
