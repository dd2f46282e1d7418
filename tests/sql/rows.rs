//! Reading rows.

use super::on_every_database;
use super::place::Place;
use mxward::sql::{Dialect, TableMapping};
use mxward::world::{DatabaseError, LookupKey, Row};

on_every_database! {
    the_right_hand_side_is_what_postfix_gets
    keys_are_found_as_the_database_compares_them
    a_table_that_is_not_there_is_named
    only_rows_with_the_fixed_columns_are_looked_at
    a_transport_table_has_one_column
}

fn row(key: &str, value: Option<&str>) -> Row {
    Row { key: key.to_owned(), lookup: LookupKey::Stored, value: value.map(str::to_owned) }
}

fn the_right_hand_side_is_what_postfix_gets(place: &Place) {
    place.with_table().with_rows(&[
        ("'b.example'", "'secure'", "'match=x.example'"),
        ("'a.example'", "'encrypt'", "NULL"),
        ("'c.example'", "'dane-only'", "''"),
        ("'o''brien.example'", "'may'", "NULL"),
    ]);
    assert_eq!(
        place.rows(),
        [
            row("a.example", Some("encrypt")),
            row("b.example", Some("secure match=x.example")),
            row("c.example", Some("dane-only")),
            row("o'brien.example", Some("may")),
        ]
    );
}

fn keys_are_found_as_the_database_compares_them(place: &Place) {
    place.with_table().with_rows(&[
        ("'Up.example'", "'may'", "NULL"),
        ("'blank.example '", "'may'", "NULL"),
        ("'plain.example'", "'may'", "NULL"),
    ]);
    let folds = place.dialect == Dialect::Mysql;
    let folded =
        |key: &str| if folds { LookupKey::Folded(key.to_owned()) } else { LookupKey::Never };
    let lookups: Vec<_> = place.rows().into_iter().map(|row| (row.key, row.lookup)).collect();
    assert_eq!(
        lookups,
        [
            ("Up.example".to_owned(), folded("up.example")),
            ("blank.example ".to_owned(), folded("blank.example")),
            ("plain.example".to_owned(), LookupKey::Stored),
        ]
    );
}

fn a_table_that_is_not_there_is_named(place: &Place) {
    let mut database = place.open();
    let mut table = TableMapping::tls_policies();
    let missing = Err(DatabaseError::Failed("there is no table `tlspolicies`".to_owned()));
    assert_eq!(database.rows(&table), missing);
    place.with_table();
    table.rest = mxward::sql::Identifier::parse("parameters");
    let missing = "the table `tlspolicies` has no column `parameters`".to_owned();
    assert_eq!(database.rows(&table), Err(DatabaseError::Failed(missing)));
}

fn only_rows_with_the_fixed_columns_are_looked_at(place: &Place) {
    let number = if place.dialect == Dialect::Mysql { "tinyint(1)" } else { "integer" };
    place
        .with_table()
        .sql(&format!("ALTER TABLE tlspolicies ADD COLUMN active {number} DEFAULT 1"));
    place.with_rows(&[("'a.example'", "'may'", "NULL"), ("'b.example'", "'may'", "NULL")]);
    place.sql("UPDATE tlspolicies SET active = 0 WHERE domain = 'b.example'");
    let (_, table) = super::place::location(&place.url("&fixed.active=1"));
    assert_eq!(place.open().rows(&table), Ok(vec![row("a.example", Some("may"))]));
}

fn a_transport_table_has_one_column(place: &Place) {
    place.sql(
        "CREATE TABLE transport (domain varchar(255) NOT NULL, transport text, PRIMARY KEY (domain));",
    );
    place.sql(
        "INSERT INTO transport VALUES ('a.example', 'smtp:[192.0.2.1], a.example'), ('b.example', NULL)",
    );
    assert_eq!(
        place.open().rows(&TableMapping::transports()),
        Ok(vec![row("a.example", Some("smtp:[192.0.2.1], a.example")), row("b.example", None)])
    );
}

/// A server that is not strict stores an empty text for a level that it does not know.
#[test]
fn a_level_that_was_cut_to_nothing_says_nothing() {
    let place = Place::mariadb();
    place.with_table().sql(
        "SET sql_mode = ''; INSERT INTO tlspolicies (domain, policy) VALUES ('a.example', 'halfdane')",
    );
    assert_eq!(place.rows(), [row("a.example", None)]);
}

#[test]
fn latin1_is_read_as_what_it_says() {
    let place = Place::mariadb();
    place.with_table().with_rows(&[("'zürich.example'", "'may'", "NULL")]);
    assert_eq!(place.rows(), [row("zürich.example", Some("may"))]);
}

/// [SQLite `datatype3.html` §7]
#[test]
fn the_collation_of_a_column_decides_which_keys_are_found() {
    let place = Place::sqlite();
    place.sql(
        "CREATE TABLE tlspolicies (domain TEXT COLLATE NOCASE UNIQUE, policy TEXT, params TEXT)",
    );
    place.with_rows(&[("'Up.example'", "'may'", "NULL")]);
    assert_eq!(place.rows()[0].lookup_key(), Some("up.example"));
}

/// [PostgreSQL `citext`]
#[test]
fn a_type_without_letter_case_decides_which_keys_are_found() {
    let place = Place::postgres();
    place.sql("CREATE EXTENSION citext");
    place.sql("CREATE TABLE tlspolicies (domain citext UNIQUE, policy text, params text)");
    place.with_rows(&[("'Up.example'", "'may'", "NULL")]);
    assert_eq!(place.rows()[0].lookup_key(), Some("up.example"));
}

#[test]
fn a_missing_column_of_sqlite_is_not_taken_as_a_text() {
    let place = Place::sqlite();
    place.sql("CREATE TABLE tlspolicies (domain TEXT UNIQUE, policy TEXT)");
    let error = place.open().rows(&TableMapping::tls_policies()).unwrap_err();
    assert_eq!(error.to_string(), "the table `tlspolicies` has no column `params`");
}

/// Statements name the table in the case that people wrote it in.
#[test]
fn names_in_capitals_are_names() {
    let place = Place::postgres();
    place.sql("CREATE TABLE \"Policies\" (\"Key\" text UNIQUE, \"select\" text)");
    place.sql("INSERT INTO \"Policies\" VALUES ('a.example', 'may')");
    let (_, table) =
        super::place::location(&place.url("&table=Policies&key=Key&value=select&rest="));
    assert_eq!(place.open().rows(&table), Ok(vec![row("a.example", Some("may"))]));
}
