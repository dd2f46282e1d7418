//! Clients that die, and connections that are cut.

use super::place::{Place, open};
use super::proxy::{Fate, between};
use super::{change, on_every_server};
use crate::harness::wait_for;
use mxward::sql::{Dialect, TableMapping};
use mxward::world::{DatabaseError, RowChange};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Set in the process that is going to be killed: the URL of the table.
const VICTIM: &str = "MXWARD_TEST_VICTIM";

fn table() -> TableMapping {
    TableMapping::tls_policies()
}

/// One row of each kind: removed first, added last.
fn changes() -> [RowChange; 3] {
    [
        change("a.example", Some("may"), Some("secure match=x")),
        change("b.example", Some("may"), None),
        change("z.example", None, Some("encrypt")),
    ]
}

const BEFORE: &str = "a.example\tmay\tNULL\nb.example\tmay\tNULL\n";
const AFTER: &str = "a.example\tsecure\tmatch=x\nz.example\tencrypt\tNULL\n";

fn with_rows(place: &Place) {
    place
        .with_table()
        .with_rows(&[("'a.example'", "'may'", "NULL"), ("'b.example'", "'may'", "NULL")]);
}

/// Runs the test of this name as the one who is going to be killed.
fn victim(place: &Place, test: &str) -> Child {
    let module = module_path!().split_once("::").unwrap().1;
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{module}::{test}")])
        .env(VICTIM, place.url(""))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// In that process: makes the change, and comes to no end by itself.
fn is_victim() -> bool {
    let Ok(url) = std::env::var(VICTIM) else { return false };
    let mut database = open(&url, None).unwrap();
    database.lock(&table()).unwrap();
    let done = database.change(&table(), &changes(), Some("{}"));
    panic!("it was not killed in time: {done:?}");
}

/// A client of the database that holds something until it ends.
fn holder(place: &Place, statement: &str) -> Child {
    let mut client = place.client();
    let mut client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let input = client.stdin.as_mut().unwrap();
    writeln!(input, "{statement}").unwrap();
    // Some line of output tells that it is held.
    let mut output = [0];
    client.stdout.as_mut().unwrap().read_exact(&mut output).unwrap();
    client
}

fn end(mut client: Child) {
    drop(client.stdin.take());
    client.wait().unwrap();
}

/// After the victim has died: old rows, no record, and the lock is free.
#[track_caller]
fn nothing_was_changed(place: &Place) {
    let mut database = place.open();
    wait_for("the lock", || database.lock(&table()).ok());
    wait_for("the old rows", || (place.dump() == BEFORE).then_some(()));
    assert_eq!(database.record(&table()), Ok(None));
    assert_eq!(database.change(&table(), &changes(), Some("{}")), Ok(()));
    assert_eq!(place.dump(), AFTER);
}

#[test]
fn a_killed_client_of_mariadb_leaves_the_old_rows() {
    if is_victim() {
        return;
    }
    let place = Place::mariadb();
    with_rows(&place);
    let gate = &place.name;
    // The last of the three kinds of statements waits; no other row is written after it.
    place.sql(&format!(
        "CREATE TRIGGER t BEFORE INSERT ON tlspolicies FOR EACH ROW SET NEW.params = IF(NEW.domain = \
         'z.example' AND GET_LOCK('{gate}', 50) = 0, 'late', NEW.params)"
    ));
    let holder = holder(&place, &format!("SELECT GET_LOCK('{gate}', 10);"));
    let mut victim = victim(&place, "a_killed_client_of_mariadb_leaves_the_old_rows");
    wait_for("the insertion", || {
        let waits = "SELECT 1 FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND STATE = 'User lock'";
        (place.sql(waits) == "1\n").then_some(())
    });
    victim.kill().unwrap();
    victim.wait().unwrap();
    end(holder);
    nothing_was_changed(&place);
}

#[test]
fn a_killed_client_of_postgres_leaves_the_old_rows() {
    if is_victim() {
        return;
    }
    let place = Place::postgres();
    with_rows(&place);
    place.sql(
        "CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM \
         pg_advisory_xact_lock(42); RETURN NEW; END $$",
    );
    place.sql("CREATE TRIGGER t BEFORE INSERT ON tlspolicies FOR EACH ROW EXECUTE FUNCTION gate()");
    let holder = holder(&place, "SELECT pg_advisory_lock(42); SELECT 1;");
    let mut victim = victim(&place, "a_killed_client_of_postgres_leaves_the_old_rows");
    wait_for("the insertion", || {
        let waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = \
             'Lock'";
        (place.sql(waits) == "1\n").then_some(())
    });
    victim.kill().unwrap();
    victim.wait().unwrap();
    end(holder);
    nothing_was_changed(&place);
}

/// Somebody who reads keeps SQLite from the end of its COMMIT: what is written stands in the file or
/// the journal, and is not valid yet. [SQLite `lockingv3.html` §5]
#[test]
fn a_killed_client_of_sqlite_leaves_the_old_rows() {
    if is_victim() {
        return;
    }
    let place = Place::sqlite();
    with_rows(&place);
    let holder = holder(&place, "BEGIN; SELECT COUNT(*) FROM tlspolicies;");
    let mut victim = victim(&place, "a_killed_client_of_sqlite_leaves_the_old_rows");
    let journal = format!("{}-journal", place.name);
    wait_for("the COMMIT", || {
        // From then on nobody else may begin to read.
        let mut client = super::server::command("sqlite3");
        client.args(["-batch", &place.name, "SELECT 1 FROM tlspolicies"]);
        let refused = !client.output().unwrap().status.success();
        (refused && Path::new(&journal).exists()).then_some(())
    });
    victim.kill().unwrap();
    victim.wait().unwrap();
    end(holder);
    assert!(Path::new(&journal).exists());
    nothing_was_changed(&place);
}

on_every_server! {
    a_connection_that_is_cut_before_the_commit_arrives_is_lost
    a_connection_that_is_cut_behind_the_commit_is_lost
    a_connection_that_is_cut_in_the_middle_changes_nothing
}

/// When a connection is cut.
#[derive(Clone, Copy)]
enum Cut {
    /// Instead of passing on what the client sends.
    Before(&'static str),
    /// As soon as the server has answered it; the answer is not passed on.
    After(&'static str),
}

/// The URL through something that hides TLS and cuts the connection.
fn through(place: &Place, cut: Cut) -> String {
    let port = between(place, move |sent| {
        let sent = String::from_utf8_lossy(sent);
        match cut {
            Cut::Before(word) if sent.contains(word) => Fate::IsCut,
            Cut::After(word) if sent.contains(word) => Fate::HasNoAnswer,
            Cut::Before(_) | Cut::After(_) => Fate::Passes,
        }
    });
    let (scheme, name) = (place.dialect.scheme(), &place.name);
    format!("{scheme}://mail@127.0.0.1:{port}/{name}")
}

/// COMMIT as it is sent, which no other statement holds.
fn commit(place: &Place) -> &'static str {
    if place.dialect == Dialect::Mysql { "\u{3}COMMIT" } else { "COMMIT\0" }
}

fn change_through(place: &Place, cut: Cut) -> Result<(), DatabaseError> {
    with_rows(place);
    // Made before, so that the change itself is all that is sent.
    place.open().change(&table(), &[], Some("old")).unwrap();
    let mut database = open(&through(place, cut), Some("geheim")).unwrap();
    database.lock(&table()).unwrap();
    database.change(&table(), &changes(), Some("new"))
}

#[track_caller]
fn comes_to(place: &Place, rows: &str, record: &str) {
    let mut database = place.open();
    wait_for("the end of the connection", || database.lock(&table()).ok());
    wait_for("the rows", || (place.dump() == rows).then_some(()));
    assert_eq!(database.record(&table()), Ok(Some(record.to_owned())));
}

fn a_connection_that_is_cut_before_the_commit_arrives_is_lost(place: &Place) {
    let result = change_through(place, Cut::Before(commit(place)));
    assert!(matches!(result, Err(DatabaseError::Lost(_))), "{result:?}");
    comes_to(place, BEFORE, "old");
}

fn a_connection_that_is_cut_behind_the_commit_is_lost(place: &Place) {
    let result = change_through(place, Cut::After(commit(place)));
    assert!(matches!(result, Err(DatabaseError::Lost(_))), "{result:?}");
    comes_to(place, AFTER, "new");
}

fn a_connection_that_is_cut_in_the_middle_changes_nothing(place: &Place) {
    let result = change_through(place, Cut::After("INSERT INTO"));
    assert!(matches!(result, Err(DatabaseError::Failed(_))), "{result:?}");
    comes_to(place, BEFORE, "old");
}
