//! A table of policies on a server, of which each copy of a scene has its own.

use crate::harness::wait_for;
use crate::sql::place::Place;
use mxward::sql::Dialect;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What Postfix asks a server with `policies.cf`, without the end: ` WHERE …`.
fn answer(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Mysql => "CONCAT(policy, COALESCE(CONCAT(' ', params), ''))",
        Dialect::Postgres | Dialect::Sqlite => {
            "CAST(policy AS text) || COALESCE(' ' || params, '')"
        }
    }
}

/// A database with such a table.
pub(super) struct Table(Place);

impl Table {
    /// One with a policy of somebody else.
    pub(super) fn new(dialect: Dialect) -> Self {
        let place = match dialect {
            Dialect::Mysql => Place::mariadb(),
            Dialect::Postgres => Place::postgres(),
            Dialect::Sqlite => Place::sqlite(),
        };
        place.with_table();
        place.sql("INSERT INTO tlspolicies (domain, policy) VALUES ('foreign.example', 'encrypt')");
        Self(place)
    }

    pub(super) fn copy(&self) -> Self {
        Self(self.0.copy())
    }

    pub(super) fn remove(&self) {
        self.0.remove();
    }

    /// The database.
    pub(super) fn place(&self) -> &Place {
        &self.0
    }

    /// Where `mxward.yaml` has the policies: by the socket, so that each statement is one call that sends
    /// it, and no part of a conversation of TLS.
    pub(super) fn url(&self) -> String {
        // On MariaDB root has no password, and any is wrong.
        self.0.url("").replace("//root@", "//mail@")
    }

    /// The same through something on the way, by TCP.
    pub(super) fn url_at(&self, port: u16) -> String {
        format!("{}://mail@127.0.0.1:{port}/{}", self.0.dialect.scheme(), self.0.name)
    }

    /// Waits until the session of a client that died has ended, and with it its transaction.
    #[track_caller]
    pub(super) fn unlocked(&self) {
        wait_for("the end of the session", || (!self.0.is_in_use()).then_some(()));
    }

    /// What Postfix asks, in the file `policies.cf`.
    pub(super) fn lookup_file(&self) -> String {
        let answer = answer(self.0.dialect);
        format!("{}query = SELECT {answer} FROM tlspolicies WHERE domain = '%s'\n", self.0.lookup())
    }

    /// Writes a program that prints all policies.
    pub(super) fn write_dump(&self, path: &Path) {
        let answer = answer(self.0.dialect);
        let (space, option) = if self.0.dialect == Dialect::Mysql {
            ("CONCAT(domain, ' ', ", "-e")
        } else {
            ("(domain || ' ' || ", "-c")
        };
        let line = self.0.client_line();
        let script = format!(
            "#!/bin/sh\nexec {line} {option} \"SELECT {space}{answer}) FROM tlspolicies\"\n"
        );
        std::fs::write(path, script).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// What is recorded of the last apply.
    pub(super) fn records(&self) -> String {
        self.0.sql("SELECT content FROM mxward_applied ORDER BY name, part")
    }

    /// Which generations are kept.
    pub(super) fn generations(&self) -> String {
        self.0.sql("SELECT generation FROM mxward_generations ORDER BY generation")
    }
}
