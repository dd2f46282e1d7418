//! `mxward import` of tables, live and from what the programs of each database write as dumps.

use super::on_every_database;
use super::place::Place;
use super::server::{command, succeed};
use crate::harness::{Ran, Test};
use mxward::sql::Dialect;

/// What people have in such tables.
fn fill(place: &Place) {
    place.with_table().with_rows(&[
        ("'gmail.com'", "'secure'", "'match=mx.google.com'"),
        ("'a.example'", "'encrypt'", "NULL"),
        ("'b.example'", "'encrypt'", "''"),
        ("'[mx.c.example]:587'", "'secure'", "'match=mx.c.example:.c.example ciphers=high'"),
    ]);
}

fn import(source: &str) -> Test {
    Test::new()
        .args(["import", "--tls-policy", source, "--security-level", "may", "--out", "out"])
        .stdout_has("3 domains, 1 next hop, google for 1, default `may`\nequal: 4 keys\n")
        .any_stderr()
}

#[track_caller]
fn check(ran: &Ran) {
    let yaml = ran.read("out/mxward.yaml");
    for line in [
        "  gmail.com: google\n",
        "  a.example: { level: encrypt }\n",
        "  b.example: { level: encrypt }\n",
        "  \"[mx.c.example]:587\": { level: secure, match: [mx.c.example, .c.example], ciphers: high }\n",
    ] {
        assert!(yaml.contains(line), "{line}{yaml}");
    }
}

/// The table becomes the target of what is imported, which then wants no change of it.
fn a_live_table_becomes_a_repository_that_has_it_as_its_target(place: &Place) {
    fill(place);
    let ran = import(&place.url("")).run();
    check(&ran);
    assert!(
        ran.read("out/mxward.yaml").contains(&format!("    tls_policy: \"{}\"\n", place.url("")))
    );
    ran.then().args(["-C", "out", "diff"]).stdout_has("\nmx  no changes\n").any_stderr().run();
}

fn a_dump_says_what_the_table_says(place: &Place) {
    fill(place);
    let mut forms: Vec<Vec<&str>> = vec![Vec::new()];
    let dump = || match place.dialect {
        Dialect::Mysql => {
            let mut dump = command("mariadb-dump");
            let socket = place.server().folder.join("socket");
            dump.args(["--no-defaults", "--user=root", &format!("--socket={}", socket.display())]);
            dump
        }
        Dialect::Postgres => {
            let mut dump = command("pg_dump");
            let folder = place.server().folder.display();
            dump.args(["--username=postgres", &format!("--host={folder}")]);
            dump.arg(format!("--port={}", place.server().port));
            dump
        }
        Dialect::Sqlite => command("sqlite3"),
    };
    forms.extend(match place.dialect {
        Dialect::Mysql => vec![vec!["--skip-extended-insert", "--complete-insert"]],
        Dialect::Postgres => vec![vec!["--inserts"], vec!["--column-inserts"]],
        Dialect::Sqlite => Vec::new(),
    });
    for form in forms {
        let mut dump = dump();
        dump.args(&form).arg(&place.name);
        if place.dialect == Dialect::Sqlite {
            dump.arg(".dump");
        }
        let text = succeed(&mut dump);
        check(&import("dump.sql").file("dump.sql", text).run());
    }
}

on_every_database! {
    a_live_table_becomes_a_repository_that_has_it_as_its_target
    a_dump_says_what_the_table_says
}
