//! Changing rows.

use super::place::{Place, location};
use super::{change, on_every_database};
use mxward::sql::{Dialect, TableMapping};
use mxward::world::{DatabaseError, RowChange};

on_every_database! {
    rows_are_added_changed_and_removed
    a_moved_row_stops_the_whole_change
    a_row_where_there_must_be_none_stops_the_whole_change
    a_row_that_vanished_stops_the_whole_change
    a_row_that_says_nothing_is_there
    null_and_an_empty_text_are_the_same_before
    rows_that_are_not_named_stay_as_they_are
    fixed_columns_are_set_and_hide_other_rows
    an_absent_rest_is_what_the_column_has_by_itself
    keys_and_values_are_never_statements
    changes_of_many_batches_are_one
    a_change_of_nothing_still_keeps_the_record
}

fn table() -> TableMapping {
    TableMapping::tls_policies()
}

fn make(place: &Place, changes: &[RowChange]) -> Result<(), DatabaseError> {
    let mut database = place.open();
    database.lock(&table()).unwrap();
    database.change(&table(), changes, Some("{}"))
}

/// What the client shows.
fn shown(rows: &[(&str, &str, &str)]) -> String {
    let line =
        |(domain, policy, params): &(&str, &str, &str)| format!("{domain}\t{policy}\t{params}\n");
    rows.iter().map(line).collect::<Vec<_>>().concat()
}

fn rows_are_added_changed_and_removed(place: &Place) {
    place.with_table().with_rows(&[
        ("'changed.example'", "'may'", "NULL"),
        ("'removed.example'", "'may'", "NULL"),
        ("'same.example'", "'secure'", "'match=x'"),
    ]);
    let changes = [
        change("added.example", None, Some("secure match=a.example ciphers=high")),
        change("changed.example", Some("may"), Some("secure match=b.example")),
        change("removed.example", Some("may"), None),
        change("same.example", Some("secure match=x"), Some("secure match=x")),
    ];
    assert_eq!(make(place, &changes), Ok(()));
    let expected = shown(&[
        ("added.example", "secure", "match=a.example ciphers=high"),
        ("changed.example", "secure", "match=b.example"),
        ("same.example", "secure", "match=x"),
    ]);
    assert_eq!(place.dump(), expected);
    assert_eq!(place.open().record(&table()), Ok(Some("{}".to_owned())));
}

/// Runs a change that must be refused because of one row, and checks that nothing was changed.
#[track_caller]
fn stops(place: &Place, refused: &RowChange) {
    let before = place.dump();
    let changes = [
        change("added.example", None, Some("may")),
        refused.clone(),
        change("z", None, Some("may")),
    ];
    assert_eq!(make(place, &changes), Err(DatabaseError::Moved(refused.key.clone())));
    assert_eq!(place.dump(), before);
    assert_eq!(place.open().record(&table()), Ok(None));
}

fn a_moved_row_stops_the_whole_change(place: &Place) {
    place.with_table().with_rows(&[("'a.example'", "'encrypt'", "NULL")]);
    stops(place, &change("a.example", Some("may"), Some("secure match=x")));
}

fn a_row_where_there_must_be_none_stops_the_whole_change(place: &Place) {
    place.with_table().with_rows(&[("'a.example'", "'encrypt'", "NULL")]);
    stops(place, &change("a.example", None, Some("secure match=x")));
}

fn a_row_that_vanished_stops_the_whole_change(place: &Place) {
    place.with_table();
    stops(place, &change("a.example", Some("may"), None));
}

fn a_row_that_says_nothing_is_there(place: &Place) {
    place.sql(
        "CREATE TABLE tlspolicies (domain varchar(255) UNIQUE, policy varchar(20), params text)",
    );
    place.with_rows(&[("'a.example'", "NULL", "NULL"), ("'b.example'", "''", "NULL")]);
    stops(place, &change("a.example", None, Some("may")));
    let changes = [
        change("a.example", Some(""), Some("may")),
        change("b.example", Some(""), Some("encrypt protocols=>=TLSv1.2")),
    ];
    assert_eq!(make(place, &changes), Ok(()));
    let expected =
        shown(&[("a.example", "may", "NULL"), ("b.example", "encrypt", "protocols=>=TLSv1.2")]);
    assert_eq!(place.dump(), expected);
}

fn null_and_an_empty_text_are_the_same_before(place: &Place) {
    place
        .with_table()
        .with_rows(&[("'a.example'", "'may'", "NULL"), ("'b.example'", "'may'", "''")]);
    let changes = [
        change("a.example", Some("may"), Some("encrypt")),
        change("b.example", Some("may"), Some("encrypt")),
    ];
    assert_eq!(make(place, &changes), Ok(()));
    let rows = place.rows().into_iter().map(|row| row.value.unwrap()).collect::<Vec<_>>();
    assert_eq!(rows, ["encrypt", "encrypt"]);
}

fn rows_that_are_not_named_stay_as_they_are(place: &Place) {
    place
        .with_table()
        .with_rows(&[("'Foreign.example'", "'may'", "''"), ("'other.example'", "'none'", "NULL")]);
    assert_eq!(make(place, &[change("a.example", None, Some("may"))]), Ok(()));
    let expected = shown(&[
        ("Foreign.example", "may", ""),
        ("a.example", "may", "NULL"),
        ("other.example", "none", "NULL"),
    ]);
    let mut lines: Vec<String> = place.dump().lines().map(|it| format!("{it}\n")).collect();
    lines.sort();
    assert_eq!(lines.concat(), expected);
}

/// As in the table `tls_policy_override` of mailcow.
fn fixed_columns_are_set_and_hide_other_rows(place: &Place) {
    let number = if place.dialect == Dialect::Mysql { "tinyint(1)" } else { "integer" };
    place.sql(&format!(
        "CREATE TABLE tls_policy_override (dest varchar(255) NOT NULL UNIQUE, policy varchar(20) NOT NULL, \
         parameters varchar(255) DEFAULT '', active {number} NOT NULL DEFAULT 0)"
    ));
    place.sql(
        "INSERT INTO tls_policy_override VALUES ('on.example', 'may', '', 1), ('off.example', 'may', '', 0)",
    );
    let url = place.url("&table=tls_policy_override&key=dest&rest=parameters&fixed.active=1");
    let (_, table) = location(&url);
    let mut database = place.open();
    let changes = [
        change("new.example", None, Some("encrypt")),
        change("on.example", Some("may"), Some("secure match=x")),
    ];
    assert_eq!(database.change(&table, &changes, Some("{}")), Ok(()));
    let all = "SELECT dest, policy, COALESCE(parameters, 'NULL'), active FROM tls_policy_override ORDER BY \
         dest";
    let expected =
        "new.example\tencrypt\t\t1\noff.example\tmay\t\t0\non.example\tsecure\tmatch=x\t1\n";
    assert_eq!(place.sql(all), expected);

    let changes = [change("off.example", None, Some("encrypt"))];
    let in_the_way =
        "the row of `off.example` stands in the way: it has not `active` = `1`".to_owned();
    assert_eq!(database.obstacles(&table, &changes), Ok(vec![in_the_way.clone()]));
    assert_eq!(
        database.change(&table, &changes, Some("{}")),
        Err(DatabaseError::Failed(in_the_way))
    );
    assert_eq!(place.sql(all), expected);
}

/// The query of a tutorial passes over NULL only; others lose the whole row by a NULL.
fn an_absent_rest_is_what_the_column_has_by_itself(place: &Place) {
    for (column, expected) in [
        ("varchar(255)", "NULL"),
        ("varchar(255) DEFAULT NULL", "NULL"),
        ("varchar(255) DEFAULT ''", ""),
        ("varchar(255) NOT NULL DEFAULT ''", ""),
        ("varchar(255) NOT NULL", ""),
    ] {
        place.sql("DROP TABLE IF EXISTS tlspolicies");
        place.sql(&format!(
            "CREATE TABLE tlspolicies (domain varchar(255) UNIQUE, policy varchar(20), params {column})"
        ));
        place.with_rows(&[("'old.example'", "'secure'", "'match=x'")]);
        let changes = [
            change("new.example", None, Some("may")),
            change("old.example", Some("secure match=x"), Some("may")),
        ];
        assert_eq!(make(place, &changes), Ok(()), "{column}");
        let expected = shown(&[("new.example", "may", expected), ("old.example", "may", expected)]);
        assert_eq!(place.dump(), expected, "{column}");
    }
}

fn keys_and_values_are_never_statements(place: &Place) {
    place.with_table();
    let key = r#"x'); DROP TABLE tlspolicies; -- \" ` $1 ? %s"#;
    let value = r#"may '); DROP TABLE tlspolicies; -- \' " ` ${x} ? %s"#;
    assert_eq!(make(place, &[change(key, None, Some(value))]), Ok(()));
    assert_eq!(make(place, &[change(key, Some(value), Some("may \\"))]), Ok(()));
    assert_eq!(place.rows()[0].value.as_deref(), Some("may \\"));
    assert_eq!(make(place, &[change(key, Some("may \\"), None)]), Ok(()));
    assert_eq!(place.dump(), "");
}

fn changes_of_many_batches_are_one(place: &Place) {
    place.with_table();
    let keys: Vec<String> = (0..12_001).map(|number| format!("d{number:05}.example")).collect();
    let all = |before, after| -> Vec<RowChange> {
        keys.iter().map(|key| change(key, before, after)).collect()
    };
    assert_eq!(make(place, &all(None, Some("secure match=a"))), Ok(()));
    assert_eq!(make(place, &all(Some("secure match=a"), Some("secure match=b"))), Ok(()));
    let rows = place.rows();
    assert_eq!(rows.len(), keys.len());
    assert!(rows.iter().zip(&keys).all(|(row, key)| row.key == *key));
    assert!(rows.iter().all(|row| row.value.as_deref() == Some("secure match=b")));

    // The last row of the last batch is refused, and all others with it.
    let mut changes = all(Some("secure match=b"), None);
    changes.last_mut().unwrap().before = Some("may".to_owned());
    assert_eq!(make(place, &changes), Err(DatabaseError::Moved("d12000.example".to_owned())));
    assert_eq!(place.rows(), rows);
    assert_eq!(make(place, &all(Some("secure match=b"), None)), Ok(()));
    assert_eq!(place.rows(), []);
}

fn a_change_of_nothing_still_keeps_the_record(place: &Place) {
    place.with_table();
    let mut database = place.open();
    assert_eq!(database.change(&table(), &[], Some("first")), Ok(()));
    assert_eq!(database.change(&table(), &[], Some("second")), Ok(()));
    assert_eq!(database.record(&table()), Ok(Some("second".to_owned())));
}

/// A trigger stands for whatever else writes something other than what it was told.
#[test]
fn a_row_that_is_not_read_back_as_written_undoes_all() {
    let place = Place::sqlite();
    place.with_table().sql(
        "CREATE TRIGGER t AFTER INSERT ON tlspolicies WHEN NEW.domain = 'b.example' BEGIN UPDATE tlspolicies \
         SET params = 'match=evil' WHERE domain = 'b.example'; END",
    );
    let changes =
        [change("a.example", None, Some("may")), change("b.example", None, Some("secure match=x"))];
    let error = "the row of `b.example` is not read back as it was written".to_owned();
    assert_eq!(make(&place, &changes), Err(DatabaseError::Failed(error)));
    assert_eq!(place.dump(), "");
}

#[test]
fn a_server_that_is_not_strict_is_strict_here() {
    let place = Place::mariadb();
    place.with_table().sql("SET GLOBAL sql_mode = ''");
    let long = format!("secure match={}", "a.example:".repeat(30));
    let changes = [change("a.example", None, Some("may")), change("b.example", None, Some(&long))];
    let DatabaseError::Failed(why) = make(&place, &changes).unwrap_err() else {
        panic!("no refusal")
    };
    assert!(why.contains("Data too long for column 'params'"), "{why}");
    let changes =
        [change("a.example", None, Some("may")), change("b.example", None, Some("halfdane"))];
    let DatabaseError::Failed(why) = make(&place, &changes).unwrap_err() else {
        panic!("no refusal")
    };
    assert!(why.contains("Data truncated for column 'policy'"), "{why}");
    place.sql("SET GLOBAL sql_mode = DEFAULT");
    assert_eq!(place.dump(), "");
}

/// Its collation takes both as equal, and so do lookups.
#[test]
fn a_key_in_another_letter_case_is_in_the_way() {
    let place = Place::mariadb();
    place.with_table().with_rows(&[("'Up.example'", "'may'", "NULL")]);
    let changes = [change("up.example", None, Some("encrypt"))];
    let why = "the row of `Up.example` stands in the way: the database takes its key as equal to one that is \
         to be written"
        .to_owned();
    assert_eq!(place.open().obstacles(&table(), &changes), Ok(vec![why.clone()]));
    assert_eq!(make(&place, &changes), Err(DatabaseError::Failed(why)));
    assert_eq!(make(&place, &[change("Up.example", Some("may"), Some("encrypt"))]), Ok(()));
    assert_eq!(place.dump(), "Up.example\tencrypt\tNULL\n");
}

#[test]
fn a_key_that_is_there_in_another_character_set_is_found() {
    let place = Place::mariadb();
    place.with_table().with_rows(&[("'zürich.example'", "'may'", "NULL")]);
    assert_eq!(make(&place, &[change("zürich.example", Some("may"), None)]), Ok(()));
    assert_eq!(place.dump(), "");
}

#[test]
fn statements_of_a_whole_batch_use_the_key() {
    let place = Place::mariadb();
    place.with_table().sql(
        "INSERT INTO tlspolicies (domain, policy) SELECT CONCAT('d', seq, '.example'), 'may' FROM \
         seq_1_to_20000",
    );
    let changes: Vec<RowChange> = (1..=5000)
        .map(|number| change(&format!("d{number}.example"), Some("may"), Some("encrypt")))
        .collect();
    let read = || -> u64 {
        place.sql("SELECT ROWS_READ FROM information_schema.TABLE_STATISTICS WHERE TABLE_SCHEMA = DATABASE() \
             AND TABLE_NAME = 'tlspolicies'").trim().parse().unwrap_or(0)
    };
    let before = read();
    assert_eq!(make(&place, &changes), Ok(()));
    // Each of ten questions would look at 20,000 rows.
    let read = read() - before;
    assert!((5000..40_000).contains(&read), "{read} rows were read");
}
