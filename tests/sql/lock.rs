//! The lock that keeps two applies apart.

use super::on_every_database;
use super::place::Place;
use crate::harness::wait_for;
use mxward::sql::{Dialect, Identifier, TableMapping};
use mxward::world::DatabaseError;

on_every_database! {
    one_connection_at_a_time_holds_the_lock
    the_lock_is_of_one_table
    a_lock_that_went_to_somebody_else_stops_the_change
}

fn table() -> TableMapping {
    TableMapping::tls_policies()
}

fn one_connection_at_a_time_holds_the_lock(place: &Place) {
    place.with_table();
    let (mut one, mut other) = (place.open(), place.open());
    assert_eq!(one.lock(&table()), Ok(()));
    assert_eq!(one.lock(&table()), Ok(()));
    assert_eq!(other.lock(&table()), Err(DatabaseError::Locked));
    drop(one);
    assert_eq!(other.lock(&table()), Ok(()));
}

fn the_lock_is_of_one_table(place: &Place) {
    place.with_table();
    place.sql("CREATE TABLE transport (domain varchar(255) UNIQUE, transport text)");
    let mut transport = table();
    transport.table = Identifier::parse("transport").unwrap();
    let (mut one, mut other) = (place.open(), place.open());
    assert_eq!(one.lock(&table()), Ok(()));
    assert_eq!(one.lock(&transport), Ok(()));
    assert_eq!(other.lock(&table()), Err(DatabaseError::Locked));
    assert_eq!(other.lock(&transport), Err(DatabaseError::Locked));
}

/// As when a proxy hands the connection to another one in between. A file is locked by the process.
fn a_lock_that_went_to_somebody_else_stops_the_change(place: &Place) {
    place.with_table();
    let mut database = place.open();
    database.lock(&table()).unwrap();
    match place.dialect {
        Dialect::Mysql => place.sql(
            "SELECT CONCAT('KILL ', ID) INTO @kill FROM information_schema.PROCESSLIST WHERE DB = DATABASE() \
             AND ID <> CONNECTION_ID(); EXECUTE IMMEDIATE @kill",
        ),
        Dialect::Postgres => place.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT \
             oid FROM pg_database WHERE datname = current_database())",
        ),
        Dialect::Sqlite => return assert_eq!(database.change(&table(), &[], Some("{}")), Ok(())),
    };
    let mut other = place.open();
    wait_for("the lock", || other.lock(&table()).ok());
    assert!(matches!(
        database.change(&table(), &[], Some("{}")),
        Err(DatabaseError::Failed(_) | DatabaseError::Lost(_))
    ));
    assert_eq!(other.record(&table()), Ok(None));
}
