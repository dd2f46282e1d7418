//! What makes a change impossible or unsafe.

use super::place::{Place, location, open};
use super::{change, on_every_database};
use mxward::sql::{Dialect, TableMapping};
use mxward::world::{DatabaseError, RowChange};

on_every_database! {
    a_good_table_has_none
    a_table_that_is_missing
    a_column_that_is_missing
    a_view
    no_unique_key
    a_unique_key_of_more_columns
    a_unique_key_with_a_fixed_column_is_good
    a_column_without_default
}

#[track_caller]
fn obstacles(place: &Place, changes: &[RowChange]) -> Vec<String> {
    place.open().obstacles(&TableMapping::tls_policies(), changes).unwrap()
}

fn one() -> Vec<RowChange> {
    vec![change("a.example", None, Some("secure match=x"))]
}

/// Makes a table with other columns.
fn table(place: &Place, columns: &str) {
    place.sql(&format!("CREATE TABLE tlspolicies ({columns})"));
}

fn a_good_table_has_none(place: &Place) {
    place.with_table();
    assert_eq!(obstacles(place, &one()), [""; 0]);
}

fn a_table_that_is_missing(place: &Place) {
    assert_eq!(obstacles(place, &one()), ["there is no table `tlspolicies`"]);
}

fn a_column_that_is_missing(place: &Place) {
    table(place, "domain varchar(255) UNIQUE, level varchar(20), attributes text");
    let missing = "the table `tlspolicies` has no column `policy`, `params`";
    assert_eq!(obstacles(place, &one()), [missing]);
}

fn a_view(place: &Place) {
    place.with_table().sql("CREATE VIEW v AS SELECT domain, policy, params FROM tlspolicies");
    let (_, table) = location(&place.url("&table=v"));
    let obstacles = place.open().obstacles(&table, &one()).unwrap();
    assert_eq!(obstacles[0], "`v` is a view, no table");
}

fn no_unique_key(place: &Place) {
    table(place, "domain varchar(255), policy varchar(20), params varchar(255)");
    place.sql("CREATE INDEX i ON tlspolicies (domain)");
    let none =
        "`tlspolicies` has no unique key on `domain`: two rows of one key are an error for Postfix";
    assert_eq!(obstacles(place, &one()), [none]);
}

fn a_unique_key_of_more_columns(place: &Place) {
    table(
        place,
        "domain varchar(255), policy varchar(20), params varchar(255), UNIQUE (domain, policy)",
    );
    let none =
        "`tlspolicies` has no unique key on `domain`: two rows of one key are an error for Postfix";
    assert_eq!(obstacles(place, &one()), [none]);
}

fn a_unique_key_with_a_fixed_column_is_good(place: &Place) {
    table(
        place,
        "domain varchar(100), policy varchar(20), params varchar(255), site varchar(20), UNIQUE (site, \
         domain)",
    );
    place.with_rows(&[("'a.example'", "'may'", "NULL")]);
    place.sql("UPDATE tlspolicies SET site = 'other'");
    let (_, mine) = location(&place.url("&fixed.site=here"));
    let mut database = place.open();
    assert_eq!(database.obstacles(&mine, &one()), Ok(Vec::new()));
    for changes in [
        one(),
        vec![change("a.example", Some("secure match=x"), Some("encrypt"))],
        vec![change("a.example", Some("encrypt"), None)],
    ] {
        assert_eq!(database.change(&mine, &changes, Some("{}")), Ok(()));
        let other = "SELECT policy FROM tlspolicies WHERE site = 'other'";
        assert_eq!(place.sql(other), "may\n");
    }
    assert_eq!(place.sql("SELECT COUNT(*) FROM tlspolicies"), "1\n");
}

fn a_column_without_default(place: &Place) {
    table(
        place,
        "domain varchar(255) UNIQUE, policy varchar(20), params varchar(255), owner varchar(20) NOT NULL",
    );
    assert_eq!(obstacles(place, &one()), ["`owner` has no default, so no row can be added"]);
    assert_eq!(obstacles(place, &[change("a.example", Some("may"), None)]), [""; 0]);
}

#[test]
fn an_engine_without_transactions() {
    let place = Place::mariadb();
    place.with_table();
    for engine in ["MyISAM", "Aria"] {
        place.sql(&format!("ALTER TABLE tlspolicies ENGINE = {engine}"));
        assert_eq!(
            obstacles(&place, &one()),
            [format!(
                "the engine of `tlspolicies`, {engine}, has no transactions: a change could stop in the \
                 middle"
            )]
        );
    }
}

#[test]
fn a_key_on_the_first_characters_only() {
    let place = Place::mariadb();
    table(&place, "domain varchar(255), policy varchar(20), params text, UNIQUE (domain(50))");
    assert!(obstacles(&place, &one())[0].contains("no unique key on `domain`"));
}

#[test]
fn a_key_on_some_rows_only() {
    for place in [Place::postgres(), Place::sqlite()] {
        table(&place, "domain varchar(255), policy varchar(20), params text");
        place.sql("CREATE UNIQUE INDEX i ON tlspolicies (domain) WHERE params IS NULL");
        assert!(obstacles(&place, &one())[0].contains("no unique key on `domain`"));
    }
}

#[test]
fn values_that_do_not_go_into_their_columns() {
    for place in [Place::mariadb(), Place::postgres()] {
        place.with_table();
        let long = format!("secure match={}", "x".repeat(250));
        let changes: Vec<RowChange> = ["a", "b", "c", "d", "e"]
            .iter()
            .map(|key| change(key, None, Some(&long)))
            .chain([change("f", None, Some("halfdane"))])
            .chain([change(&"k".repeat(256), None, Some("may"))])
            .collect();
        let long =
            |key: &str| format!("`params` holds 255 characters, and the row of `{key}` needs 256");
        let expected = [
            long("a"),
            long("b"),
            format!("{} (and 3 more)", long("c")),
            "`policy` does not take `halfdane` of `f`".to_owned(),
        ];
        assert_eq!(obstacles(&place, &changes), expected);
        let DatabaseError::Failed(_) =
            place.open().change(&TableMapping::tls_policies(), &changes, Some("{}")).unwrap_err()
        else {
            panic!("no refusal");
        };
        assert_eq!(place.dump(), "");
    }
}

#[test]
fn texts_that_the_column_would_change() {
    let place = Place::postgres();
    table(&place, "domain char(100) UNIQUE, policy varchar(20), params varchar(255)");
    let folds = "the type or collation of `domain` changes texts, or takes different ones as equal";
    assert_eq!(obstacles(&place, &one()), [folds]);
    place.sql("DROP TABLE tlspolicies");
    place.sql(
        "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level1', deterministic = false)",
    );
    table(&place, "domain text COLLATE ci UNIQUE, policy varchar(20), params varchar(255)");
    assert_eq!(obstacles(&place, &one()), [folds]);
}

#[test]
fn rights_that_are_missing() {
    let place = Place::postgres();
    let name = &place.name;
    place.with_table().sql(&format!("CREATE ROLE reader_{name} LOGIN PASSWORD 'geheim'"));
    place.sql(&format!("GRANT SELECT, DELETE ON tlspolicies TO reader_{name}"));
    let url = place.tcp_url("127.0.0.1", "").replace("mail@", &format!("reader_{name}@"));
    let obstacles = open(&url, Some("geheim"))
        .unwrap()
        .obstacles(&TableMapping::tls_policies(), &one())
        .unwrap();
    assert_eq!(
        obstacles,
        [
            "the user has no right of USAGE on the sequence `tlspolicies_id_seq`",
            "the user has no right of INSERT, UPDATE on `tlspolicies`"
        ]
    );
}

/// [PostgreSQL `ddl-rowsecurity`]
#[test]
fn rows_that_are_hidden_are_an_error() {
    let place = Place::postgres();
    let name = &place.name;
    place.with_table().sql(&format!("CREATE ROLE reader_{name} LOGIN PASSWORD 'geheim'"));
    place.sql(&format!("GRANT ALL ON tlspolicies TO reader_{name}"));
    place.sql("ALTER TABLE tlspolicies ENABLE ROW LEVEL SECURITY");
    let url = place.tcp_url("127.0.0.1", "").replace("mail@", &format!("reader_{name}@"));
    let error =
        open(&url, Some("geheim")).unwrap().rows(&TableMapping::tls_policies()).unwrap_err();
    assert!(error.to_string().contains("row-level security"), "{error}");
}

#[test]
fn a_file_that_cannot_be_written() {
    let place = Place::sqlite();
    place.with_table();
    assert_eq!(place.dialect, Dialect::Sqlite);
    // Root may write every file, but no database that says of itself that it is for reading.
    let file = std::path::Path::new(&place.name);
    let mut bytes = std::fs::read(file).unwrap();
    // The version that is needed to write. [SQLite `fileformat2.html` §1.3]
    bytes[18] = 9;
    std::fs::write(file, bytes).unwrap();
    assert_eq!(obstacles(&place, &one()), ["the file or its folder is read-only"]);
    let error = place.open().change(&TableMapping::tls_policies(), &one(), Some("{}")).unwrap_err();
    assert!(matches!(error, DatabaseError::Failed(_)), "{error:?}");
}
