//! What is compiled, loaded into real tables, and asked by Postfix itself.

use super::place::{Place, location};
use super::{DOMAINS, change, on_every_database};
use crate::harness::{Ran, Test};
use crate::postfix::tools::Tools;
use mxward::sql::Dialect;
use mxward::world::RowChange;
use std::io::Write as _;
use std::process::Stdio;

on_every_database! {
    postfix_finds_the_compiled_policy_under_every_key
    postfix_finds_the_compiled_transport_under_every_key
    a_table_with_other_names_gives_the_same_answers
    diff_compares_with_the_table
    explain_follows_the_deployed_table
    rows_that_postfix_does_not_see_are_named
    a_table_that_cannot_be_read_is_not_compared
}

/// A repository with one target, which has the table under both URLs.
fn repository(tls_policy: &str, transport: &str, more: &str) -> Test {
    Test::new().file(
        "mxward.yaml",
        format!(
            "version: 1\ndefaults: {{ route: mx }}\ntargets:\n  db:\n    postfix: \"3.7\"\n    security_level: \
             dane\n    map_type: lmdb\n    tls_policy: \"{tls_policy}\"\n    transport: \"{transport}\"\n\
             {more}{DOMAINS}"
        ),
    )
}

/// Compiles, and loads what was compiled by the client of the database.
fn load(place: &Place, test: Test) -> Ran {
    let ran = test.args(["compile", "--out", "out"]).any_stdout().any_stderr().run();
    for name in ["tlspolicies", "transport"] {
        let path = format!("out/db/{name}.sql");
        if !ran.path().join(&path).exists() {
            continue;
        }
        let mut client = place.client();
        let mut client = client.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        client.stdin.take().unwrap().write_all(ran.read(&path).as_bytes()).unwrap();
        let output = client.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && errors.is_empty(), "{errors}");
    }
    ran
}

/// What `postmap -q` gives for each key through the compiled lookup file.
#[track_caller]
fn answers(place: &Place, ran: &Ran, name: &str, keys: &[String]) -> Vec<(String, String)> {
    let tools = Tools::new();
    let file = format!("{}{}", place.lookup(), ran.read(&format!("out/db/{name}.cf")));
    let file = tools.write("lookup.cf", file);
    let map = format!("{}:{}", place.dialect.map_type(), file.display());
    let answer = |key: &String| Some((key.clone(), tools.query(key, &map)?));
    keys.iter().filter_map(answer).collect()
}

/// The entries of a compiled text map of the same repository.
fn entries(text: &str) -> Vec<(String, String)> {
    let map = mxward::formats::postmap_text::read(text.as_bytes());
    map.entries.iter().map(|it| (it.key.to_string(), it.value.to_string())).collect()
}

/// The same repository with maps in files.
fn text(name: &str) -> String {
    let test = repository("file:/etc/postfix/tls_policy", "file:/etc/postfix/transport", "");
    let ran = test.args(["compile", "--out", "out"]).any_stdout().any_stderr().run();
    ran.read(&format!("out/db/{name}"))
}

#[track_caller]
fn same_answers(place: &Place, ran: &Ran, compiled: &str, name: &str) {
    let mut expected = entries(&text(compiled));
    if place.dialect != Dialect::Sqlite {
        expected.retain(|(key, _)| key.is_ascii());
    }
    assert!(!expected.is_empty());
    let keys: Vec<String> = expected.iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(answers(place, ran, name, &keys), expected);
    let others = ["z.example", "b.exampl", "%", "' OR '1' = '1"].map(str::to_owned);
    assert_eq!(answers(place, ran, name, &others), []);
}

fn postfix_finds_the_compiled_policy_under_every_key(place: &Place) {
    place.with_table();
    let ran = load(place, repository(&place.url(""), "file:transport", ""));
    same_answers(place, &ran, "tls_policy", "tlspolicies");
}

fn postfix_finds_the_compiled_transport_under_every_key(place: &Place) {
    place.sql("CREATE TABLE transport (domain varchar(255) PRIMARY KEY, transport varchar(255))");
    let ran = load(place, repository("file:tls_policy", &place.url(""), ""));
    same_answers(place, &ran, "transport", "transport");
}

/// As mailcow has them.
fn a_table_with_other_names_gives_the_same_answers(place: &Place) {
    let number = if place.dialect == Dialect::Mysql { "tinyint(1)" } else { "integer" };
    place.sql(&format!(
        "CREATE TABLE tls_policy_override (dest varchar(255) NOT NULL UNIQUE, policy varchar(20) NOT NULL, \
         parameters varchar(255) DEFAULT '', active {number} NOT NULL DEFAULT 0)"
    ));
    place.sql("INSERT INTO tls_policy_override VALUES ('z.example', 'may', '', 0)");
    let url = "&table=tls_policy_override&key=dest&rest=parameters&fixed.active=1";
    let ran = load(place, repository(&place.url(url), "file:transport", ""));
    same_answers(place, &ran, "tls_policy", "tlspolicies");
    let absent = "SELECT COUNT(*) FROM tls_policy_override WHERE parameters = ''";
    // SQLite cannot be told to take the default of a column in a statement of this kind.
    assert_eq!(place.sql(absent), if place.dialect == Dialect::Sqlite { "1\n" } else { "5\n" });
}

fn diff_compares_with_the_table(place: &Place) {
    place.with_table();
    let ran = load(place, repository(&place.url(""), "file:transport", ""));
    std::fs::write(ran.path().join("transport"), text("transport")).unwrap();
    ran.then().args(["diff", "--exit-code"]).stdout("db  no changes\n").any_stderr().run();
    place.sql(
        "UPDATE tlspolicies SET policy = 'secure', params = 'match=x' WHERE domain = 'a.example'",
    );
    place.sql("DELETE FROM tlspolicies WHERE domain = 'b.example'");
    place.with_rows(&[("'foreign.example'", "'encrypt'", "NULL")]);
    let others = if place.dialect == Dialect::Sqlite { 7 } else { 6 };
    ran.then()
        .args(["diff", "--exit-code"])
        .stdout_has(
            "  - by MX: secure match=x\n  + by MX: encrypt protocols=>=TLSv1.2 ciphers=high\n",
        )
        .stdout_has("  - by MX: dane (default)\n  + by MX: secure match=mx.example:.mx.example\n")
        .stdout_has("    foreign.example encrypt\n")
        .stdout_has(&format!("tls_policy: 1 added, 1 changed, {others} unchanged"))
        .any_stderr()
        .status(2)
        .run();
}

fn explain_follows_the_deployed_table(place: &Place) {
    place.with_table().with_rows(&[("'a.example'", "'secure'", "'match=x.example'")]);
    let url = place.url("");
    let shown = url.split("?socket").next().unwrap().trim_end_matches('?');
    repository(&url, "file:transport", "")
        .args(["explain", "--deployed", "someone@a.example"])
        .stdout_has("a.example: secure match=x.example\n          from ")
        .stdout_has(shown)
        .any_stderr()
        .run();
}

fn rows_that_postfix_does_not_see_are_named(place: &Place) {
    place.sql(
        "CREATE TABLE tlspolicies (domain varchar(255) UNIQUE, policy varchar(20), params text)",
    );
    place.with_rows(&[
        ("'a.example'", "NULL", "NULL"),
        ("'b.example'", "''", "''"),
        ("'two words'", "'may'", "NULL"),
        ("'Up.example'", "'may'", "NULL"),
    ]);
    let (count, example) = match place.dialect {
        Dialect::Mysql => ("1 row", "two words"),
        Dialect::Postgres | Dialect::Sqlite => ("2 rows", "two words"),
    };
    repository(&place.url(""), "file:transport", "")
        .args(["diff"])
        .stdout_has("a.example   (")
        .stdout_has("b.example   (")
        .stdout_has(&format!(
            "`tlspolicies` has {count} with a key that no lookup finds, such as `{example}`"
        ))
        .any_stderr()
        .run();
}

fn a_table_that_cannot_be_read_is_not_compared(place: &Place) {
    let ran = repository(&place.url(""), "file:transport", "")
        .args(["diff"])
        .any_stdout()
        .any_stderr()
        .status(1)
        .run();
    let words: Vec<&str> = ran.stdout.split_whitespace().collect();
    let expected = "tlspolicies`: there is no table `tlspolicies`";
    assert!(words.join(" ").ends_with(expected), "{}", ran.stdout);
}

#[test]
fn the_password_comes_from_the_variable_that_the_target_names() {
    for place in [Place::mariadb(), Place::postgres()] {
        place.with_table();
        let url = place.tcp_url("127.0.0.1", "");
        let test = repository(&url, "file:transport", "    password_env: DB_PASSWORD\n")
            .args(["diff"])
            .stdout_has("the environment variable `DB_PASSWORD` with the password is not set")
            .any_stderr()
            .status(1);
        let ran = test.run();
        let ran = ran
            .then()
            .args(["diff"])
            .variable("DB_PASSWORD", "geheim")
            .stdout_has("tls_policy: ")
            .any_stderr()
            .run();
        assert!(!ran.stdout.contains("geheim") && !ran.stderr.contains("geheim"));
        let ran = ran
            .then()
            .args(["diff"])
            .variable("DB_PASSWORD", "wrong-secret")
            .variable("PGPASSWORD", "geheim")
            .stdout_has("cannot connect to")
            .any_stderr()
            .status(1)
            .run();
        assert!(!ran.stdout.contains("secret") && !ran.stderr.contains("secret"));
    }
}

/// Lower than what the columns hold, so that it is found without asking the table.
#[test]
fn a_row_that_is_too_long_is_not_compiled() {
    repository("sqlite:p.sqlite?length=20", "file:transport", "")
        .args(["compile"])
        .stderr_has("error[row-too-long]: the row of `a.example` needs 32 characters in the column `params`, which")
        .any_stdout()
        .status(3)
        .run();
}

#[test]
fn a_url_that_says_something_unknown_is_refused_at_its_place() {
    repository("mysql://u@db.example/mail?tabel=x", "file:transport", "")
        .args(["check"])
        .stdout_has("error[bad-location]: `tabel` is not known in a URL of mysql\n")
        .stdout_has("mxward.yaml:8:17")
        .any_stderr()
        .status(3)
        .run();
}

#[test]
fn a_password_in_a_url_is_refused_and_not_shown() {
    let ran = repository("mysql://mail:s3cret@db.example/mail", "file:transport", "")
        .args(["check"])
        .stdout_has("error[bad-location]: the URL holds a password\n")
        .any_stderr()
        .status(3)
        .run();
    assert!(!ran.stdout.contains("s3cret") && !ran.stderr.contains("s3cret"));
}

/// Other queries of the same tables mean the same: Postfix joins two columns with a comma.
#[track_caller]
fn means_the_same(place: &Place, query: &str) {
    let tools = Tools::new();
    let file = tools.write("lookup.cf", format!("{}query = {query}\n", place.lookup()));
    let map = format!("{}:{}", place.dialect.map_type(), file.display());
    let version = mxward::postfix::Version::parse("3.7").unwrap();
    for (key, value) in entries(&text("tls_policy")) {
        if !key.is_ascii() {
            continue;
        }
        let answer = tools.query(&key, &map).unwrap();
        let policy = |text: &str| mxward::postfix::TlsPolicy::parse_as_postfix(text, version);
        assert_eq!(policy(&answer), policy(&value), "{answer}");
    }
}

#[test]
fn the_query_of_the_tutorials_means_the_same() {
    let place = Place::mariadb();
    place.with_table();
    load(&place, repository(&place.url(""), "file:transport", ""));
    means_the_same(&place, "SELECT policy, params FROM tlspolicies WHERE domain = '%s'");
}

/// A concatenation with NULL would be NULL, and the row would be lost.
#[test]
fn the_query_of_mailcow_means_the_same() {
    let place = Place::mariadb();
    place.sql(
        "CREATE TABLE tls_policy_override (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, dest varchar(255) NOT \
         NULL UNIQUE, policy enum('none', 'may', 'encrypt', 'dane', 'dane-only', 'fingerprint', 'verify', \
         'secure') NOT NULL, parameters varchar(255) DEFAULT '', created datetime NOT NULL DEFAULT now(), \
         modified datetime ON UPDATE current_timestamp, active tinyint(1) NOT NULL DEFAULT 1) CHARSET = utf8mb4",
    );
    let url = "&table=tls_policy_override&key=dest&rest=parameters&fixed.active=1";
    let ran = load(&place, repository(&place.url(url), "file:transport", ""));
    let query = "SELECT CONCAT(policy, ' ', parameters) FROM tls_policy_override WHERE active = '1' AND dest = \
         '%s'";
    means_the_same(&place, query);

    // The same from nothing, by changes instead of the file.
    let compiled = entries(&text("tls_policy"));
    let compiled = compiled.iter().filter(|(key, _)| key.is_ascii());
    let changes: Vec<RowChange> =
        compiled.map(|(key, value)| change(key, None, Some(value))).collect();
    place.sql("DELETE FROM tls_policy_override");
    let (_, table) = location(&place.url(url));
    let mut database = place.open();
    assert_eq!(database.obstacles(&table, &changes), Ok(Vec::new()));
    assert_eq!(
        database.change(
            &table,
            &changes,
            Some("# @generated by mxward: what it applied last. Do not edit.\n# generation 1\n")
        ),
        Ok(())
    );
    means_the_same(&place, query);
    std::fs::write(ran.path().join("transport"), text("transport")).unwrap();
    ran.then().args(["diff"]).stdout("db  no changes\n").any_stderr().run();
}
