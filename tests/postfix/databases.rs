//! Database servers of a test's own, on sockets in a folder of its own.

use super::tools::{Printed, run, text};
use crate::harness::wait;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A database with a way to run statements in it, and the parameters of its lookup file.
pub(crate) struct Database {
    folder: TempDir,
    server: Option<Child>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    MariaDb,
    Postgres,
    Sqlite,
}

impl Database {
    /// Starts a server with the empty database `mail`.
    pub(crate) fn start(kind: Kind) -> Self {
        let folder = tempfile::Builder::new().prefix("mxward-database-").tempdir().unwrap();
        let mut database = Self { folder, server: None, kind };
        match kind {
            Kind::MariaDb => database.mariadb(),
            Kind::Postgres => database.postgres(),
            Kind::Sqlite => {}
        }
        database
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn mariadb(&mut self) {
        let data = format!("--datadir={}", self.path().join("data").display());
        let socket = format!("--socket={}", self.path().join("socket").display());
        // A server removes the temporary tables of all others in the same folder when it starts.
        let temporary = format!("--tmpdir={}", self.path().display());
        let installed = run(Command::new("mariadb-install-db").args([
            "--no-defaults",
            &data,
            &temporary,
            "--user=root",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ]));
        assert_eq!(installed.status, 0, "{}", installed.stderr);
        self.server = Some(self.spawn(Command::new("mariadbd").args([
            "--no-defaults",
            "--user=root",
            &data,
            &temporary,
            &socket,
            "--skip-networking",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=16M",
        ])));
        self.wait("SELECT 1", "mysql");
        let made = self.client("CREATE DATABASE mail", "mysql");
        assert_eq!(made.status, 0, "{}", made.stderr);
    }

    fn postgres(&mut self) {
        // The server does not run as root.
        let owner = run(Command::new("chown").arg("postgres").arg(self.path()));
        assert_eq!(owner.status, 0, "{}", owner.stderr);
        let data = self.path().join("data");
        let made = run(as_postgres("initdb")
            .args(["-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C", "-D"])
            .arg(&data)
            .current_dir(self.path()));
        assert_eq!(made.status, 0, "{}", made.stderr);
        let mut server = as_postgres("postgres");
        server
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-k"])
            .arg(self.path())
            .arg("-D")
            .arg(&data);
        self.server = Some(self.spawn(server.current_dir(self.path())));
        self.wait("SELECT 1", "postgres");
        let made = self.client("CREATE DATABASE mail", "postgres");
        assert_eq!(made.status, 0, "{}", made.stderr);
    }

    fn spawn(&self, command: &mut Command) -> Child {
        let log = std::fs::File::create(self.path().join("log")).unwrap();
        let copy = log.try_clone().unwrap();
        command
            .env("PATH", crate::harness::path())
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(copy)
            .spawn()
            .unwrap()
    }

    /// Waits until the server answers.
    fn wait(&self, statement: &str, database: &str) {
        if wait(|| (self.client(statement, database).status == 0).then_some(())).is_none() {
            let log = std::fs::read_to_string(self.path().join("log")).unwrap_or_default();
            panic!("the server does not answer:\n{log}");
        }
    }

    /// Runs statements; stops at the first error.
    pub(crate) fn statements(&self, sql: &str) -> Printed {
        self.client(sql, "mail")
    }

    /// Runs statements that must succeed; gives the rows.
    #[track_caller]
    pub(crate) fn rows(&self, sql: &str) -> String {
        let printed = self.statements(sql);
        assert_eq!((printed.status, printed.stderr.as_str()), (0, ""), "{sql}");
        text(&printed.stdout).to_owned()
    }

    fn client(&self, sql: &str, database: &str) -> Printed {
        let mut command = match self.kind {
            Kind::MariaDb => {
                let socket = format!("--socket={}", self.path().join("socket").display());
                let mut command = Command::new("mariadb");
                command.args([
                    "--no-defaults",
                    "-uroot",
                    "--batch",
                    "--skip-column-names",
                    &socket,
                    database,
                ]);
                command
            }
            Kind::Postgres => {
                let mut command = Command::new("psql");
                command.args([
                    "-X",
                    "-q",
                    "-A",
                    "-t",
                    "-v",
                    "ON_ERROR_STOP=1",
                    "-U",
                    "postgres",
                    "-d",
                    database,
                ]);
                command.arg("-h").arg(self.path());
                command
            }
            Kind::Sqlite => {
                let mut command = Command::new("sqlite3");
                command.arg("-bail").arg(self.path().join("mail"));
                command
            }
        };
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        // A client that stops at an error closes the pipe.
        let _ignored = child.stdin.take().unwrap().write_all(sql.as_bytes());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Printed { stdout: output.stdout, stderr, status: output.status.code().unwrap() }
    }

    /// The lines of a lookup file that say how to connect.
    pub(crate) fn connection(&self) -> String {
        let path = self.path().display();
        match self.kind {
            Kind::MariaDb => {
                format!("hosts = unix:{path}/socket\nuser = root\npassword =\ndbname = mail\n")
            }
            Kind::Postgres => {
                format!("hosts = unix:{path}\nuser = postgres\npassword =\ndbname = mail\n")
            }
            Kind::Sqlite => format!("dbpath = {path}/mail\n"),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            // Nothing in it is needed any more.
            let _gone = server.kill();
            let _status = server.wait();
        }
    }
}

/// A program of the PostgreSQL server, run by its user.
fn as_postgres(program: &str) -> Command {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    let mut versions: Vec<PathBuf> = versions.map(|entry| entry.unwrap().path()).collect();
    versions.sort();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=KILL"]);
    command.arg(versions.last().unwrap().join("bin").join(program));
    command
}
