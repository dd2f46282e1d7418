//! What is kept beside a table.

use super::on_every_database;
use super::place::Place;
use mxward::sql::{Identifier, TableMapping};

on_every_database! {
    nothing_is_kept_before_the_first_apply
    a_record_may_be_longer_than_what_a_server_takes_at_once
    the_last_generations_are_kept
    each_table_has_its_own_texts
}

fn table() -> TableMapping {
    TableMapping::tls_policies()
}

fn nothing_is_kept_before_the_first_apply(place: &Place) {
    place.with_table();
    let mut database = place.open();
    assert_eq!(database.record(&table()), Ok(None));
    assert_eq!(database.generations(&table()), Ok(Vec::new()));
}

fn a_record_may_be_longer_than_what_a_server_takes_at_once(place: &Place) {
    place.with_table();
    // MariaDB takes 16 MiB at once by default.
    let record = "{\"key\": \"zürich.example 'x' \\\\ 🔒\"}".repeat(600_000);
    assert!(record.len() > 20 << 20);
    let mut database = place.open();
    database.change(&table(), &[], Some(&record)).unwrap();
    assert!(database.record(&table()).unwrap().unwrap() == record);
}

fn the_last_generations_are_kept(place: &Place) {
    place.with_table();
    let mut database = place.open();
    for number in [1, 2, 10, 9] {
        database.keep_generation(&table(), number, &format!("text {number}"), 3).unwrap();
    }
    let kept = |numbers: &[u64]| {
        Ok(numbers.iter().map(|number| (*number, format!("text {number}"))).collect())
    };
    assert_eq!(database.generations(&table()), kept(&[2, 9, 10]));
    database.keep_generation(&table(), 10, "again", 1).unwrap();
    assert_eq!(database.generations(&table()), Ok(vec![(10, "again".to_owned())]));
}

fn each_table_has_its_own_texts(place: &Place) {
    place.with_table();
    place.sql("CREATE TABLE other (domain varchar(255) UNIQUE, policy varchar(20), params text)");
    let mut other = table();
    other.table = Identifier::parse("other").unwrap();
    let mut database = place.open();
    database.change(&table(), &[], Some("one")).unwrap();
    database.change(&other, &[], Some("two")).unwrap();
    database.keep_generation(&other, 7, "seven", 5).unwrap();
    assert_eq!(database.record(&table()), Ok(Some("one".to_owned())));
    assert_eq!(database.record(&other), Ok(Some("two".to_owned())));
    assert_eq!(database.generations(&table()), Ok(Vec::new()));
    assert_eq!(database.generations(&other), Ok(vec![(7, "seven".to_owned())]));
}
