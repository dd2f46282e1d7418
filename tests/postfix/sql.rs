//! Policies in SQL tables: written by the statements, asked for by the lookup file.

use super::databases::{Database, Kind};
use super::output::repository;
use super::tools::{Tools, version};
use crate::harness::Ran;
use mxward::formats::postmap_text::read;

/// The table as other programs make it, in each dialect.
fn create(kind: Kind) -> &'static str {
    match kind {
        Kind::MariaDb => {
            "CREATE TABLE tlspolicies (id int(10) unsigned NOT NULL AUTO_INCREMENT, domain varchar(255) NOT NULL, \
             policy enum('none','may','encrypt','dane','dane-only','fingerprint','verify','secure') NOT NULL, \
             params varchar(255) DEFAULT NULL, PRIMARY KEY (id), UNIQUE KEY domain (domain)) ENGINE=InnoDB \
             AUTO_INCREMENT=47 DEFAULT CHARSET=latin1;"
        }
        Kind::Postgres => {
            "CREATE TYPE level AS ENUM ('none','may','encrypt','dane','dane-only','fingerprint','verify','secure'); \
             CREATE TABLE tlspolicies (id serial PRIMARY KEY, domain varchar(255) NOT NULL UNIQUE, policy level NOT \
             NULL, params varchar(255) DEFAULT NULL);"
        }
        Kind::Sqlite => {
            "CREATE TABLE tlspolicies (id integer PRIMARY KEY, domain text NOT NULL UNIQUE, policy text NOT NULL, \
             params text DEFAULT NULL);"
        }
    }
}

fn scheme(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::MariaDb => ("mysql://postfix@localhost/mail?socket=/run/socket", "mysql"),
        Kind::Postgres => ("postgres://postfix@localhost/mail", "pgsql"),
        Kind::Sqlite => ("sqlite:policies.sqlite", "sqlite"),
    }
}

/// The repository of all kinds of entries, compiled for a target with a table.
fn compiled(kind: Kind) -> Ran {
    let to = format!(
        "map_type: lmdb, transport: \"file:transport\", tls_policy: \"{}\"",
        scheme(kind).0
    );
    let paths = (
        "tafile: /etc/ssl/o'brien.pem",
        "tafile: [\"/etc/ssl/o'brien.pem\", '/etc/ssl/back\\slash.pem']",
    );
    repository(&[("map_type: lmdb", &to), paths])
        .args(["compile", "--frozen", "--out", "out"])
        .stderr_has(if takes_unicode(kind) {
            "    Wrote out/mx/tlspolicies.sql (17 entries)\n"
        } else {
            "warning[no-unicode-key]: target `mx` has 1 internationalized domain under the `xn--` form only\n"
        })
        .run()
}

/// Whether Postfix asks for U-labels in a way that the database understands. In MariaDB they would be
/// compared as other letters; before 3.8 Postfix sends them to PostgreSQL as latin1.
/// [`pgsql_table(5)` `encoding`]
fn takes_unicode(kind: Kind) -> bool {
    match kind {
        Kind::MariaDb => false,
        Kind::Postgres => version().at_least(3, 8),
        Kind::Sqlite => true,
    }
}

/// The entries that the table must answer, from the same repository compiled to a file.
fn expected(kind: Kind) -> Vec<(String, String)> {
    let paths = (
        "tafile: /etc/ssl/o'brien.pem",
        "tafile: [\"/etc/ssl/o'brien.pem\", '/etc/ssl/back\\slash.pem']",
    );
    let ran = repository(&[paths]).args(["compile", "--frozen", "--out", "out"]).any_stderr().run();
    let text = ran.read("out/mx/tls_policy");
    let entries = read(text.as_bytes()).entries.into_iter();
    let asked = entries.filter(|entry| entry.key.is_ascii() || takes_unicode(kind));
    asked.map(|entry| (entry.key.into_owned(), entry.value.into_owned())).collect()
}

/// [`mysql_table(5)`, `pgsql_table(5)`, `sqlite_table(5)`]
#[track_caller]
fn answers(kind: Kind) {
    let database = Database::start(kind);
    database.rows(create(kind));
    // Rows of others, with both ways of saying that there are no attributes.
    database.rows(
        "INSERT INTO tlspolicies (domain, policy, params) VALUES ('null.foreign.example', 'encrypt', NULL); \
         INSERT INTO tlspolicies (domain, policy, params) VALUES ('empty.foreign.example', 'dane-only', ''); \
         INSERT INTO tlspolicies (domain, policy, params) VALUES ('kunde.example', 'may', 'ciphers=high');",
    );
    let ran = compiled(kind);
    let sql = ran.read("out/mx/tlspolicies.sql");
    database.rows(&sql);
    let dump = || database.rows("SELECT id, domain, policy, params FROM tlspolicies ORDER BY id;");
    let once = dump();
    database.rows(&sql);
    assert_eq!(dump().lines().count(), once.lines().count(), "twice is the same as once");
    let rows = || database.rows("SELECT domain, policy, params FROM tlspolicies ORDER BY domain;");
    let before = rows();
    database.rows(&sql);
    assert_eq!(rows(), before);

    let tools = Tools::new();
    let lookup = ran.read("out/mx/tlspolicies.cf");
    tools.write("tlspolicies.cf", format!("{}{lookup}", database.connection()));
    let table = format!("{}:{}", scheme(kind).1, tools.file("tlspolicies.cf").display());
    for (key, value) in expected(kind) {
        assert_eq!(tools.query(&key, &table), Some(value), "{key} in {table}");
    }
    // Postfix folds the key before it asks.
    assert_eq!(
        tools.query("Kunde.Example", &table).as_deref(),
        Some("secure match=.shared.example")
    );
    assert_eq!(tools.query("null.foreign.example", &table).as_deref(), Some("encrypt"));
    assert_eq!(tools.query("empty.foreign.example", &table).as_deref(), Some("dane-only"));
    for key in ["unknown.example", "o'brien.example", "' OR '1'='1", "\\", "a.sub.example"] {
        assert_eq!(tools.query(key, &table), None, "{key}");
    }
    assert_eq!(tools.query("münchen.example", &table).is_some(), takes_unicode(kind));
}

#[test]
fn mariadb_answers_every_compiled_policy() {
    answers(Kind::MariaDb);
}

#[test]
fn postgresql_answers_every_compiled_policy() {
    answers(Kind::Postgres);
}

#[test]
fn sqlite_answers_every_compiled_policy() {
    answers(Kind::Sqlite);
}

/// A row under a key in other letters is the same row there, and what does not fit stops everything.
#[test]
fn mariadb_changes_all_rows_or_none_whatever_the_settings_of_the_server() {
    let database = Database::start(Kind::MariaDb);
    database.rows("SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES';");
    database.rows(&create(Kind::MariaDb).replace("params varchar(255)", "params varchar(90)"));
    database.rows("INSERT INTO tlspolicies (domain, policy) VALUES ('KUNDE.example', 'may');");
    let sql = compiled(Kind::MariaDb).read("out/mx/tlspolicies.sql");
    let printed = database.statements(&sql);
    assert!(printed.stderr.contains("Data too long for column 'params'"), "{}", printed.stderr);
    let all = "SELECT domain, policy, params FROM tlspolicies ORDER BY domain;";
    assert_eq!(database.rows(all), "KUNDE.example\tmay\tNULL\n");
    database.rows("ALTER TABLE tlspolicies MODIFY params varchar(255) DEFAULT NULL;");
    database.rows(&sql);
    let rows = database.rows(all);
    assert!(rows.contains("KUNDE.example\tsecure\tmatch=.shared.example\n"), "{rows}");
    let backslash = "SELECT params FROM tlspolicies WHERE domain = '[relay.example.net]:587' AND \
                     LENGTH(params) - LENGTH(REPLACE(params, CHAR(92), '')) = 1;";
    assert_eq!(database.rows(backslash).lines().count(), 1, "one backslash is stored as one");
}
