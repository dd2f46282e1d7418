//! What `postmap` does with source texts that people write, one by one.

use super::map_text::agree;
use super::tools::{Tools, text};
use mxward::formats::postmap_text::read;

/// Builds `hash:`, `lmdb:` and `cdb:` from a text; gives what the first lists and all warnings.
#[track_caller]
fn build(source: &[u8]) -> (Vec<String>, String) {
    agree(&[source.to_vec()], "hash");
    let tools = Tools::new();
    tools.write("map", source);
    let built = tools.postmap(["hash:map"]);
    for kind in ["lmdb", "cdb"] {
        let other = tools.postmap([format!("{kind}:map").as_str()]);
        // Each type names the map in its own way where two keys are one.
        let warnings =
            |it: &str| it.replace("lmdb:map: d", "map: d").replace("map.db: d", "map: d");
        assert_eq!((other.status, warnings(&other.stderr)), (0, warnings(&built.stderr)), "{kind}");
    }
    assert_eq!(built.status, 0, "postmap exits with 0 although it warns");
    let listed = tools.postmap(["-s", "hash:map"]);
    let mut lines: Vec<String> = text(&listed.stdout).lines().map(str::to_owned).collect();
    lines.sort();
    (lines, built.stderr.replace("postmap: warning: ", ""))
}

#[track_caller]
fn builds(source: &str, entries: &[&str], warnings: &str) {
    let (listed, warned) = build(source.as_bytes());
    assert_eq!(
        (listed, warned.as_str()),
        (entries.iter().map(|it| (*it).to_owned()).collect(), warnings)
    );
}

/// [postmap(1); Postfix `readlline.c`]
#[test]
fn comments_and_blank_lines_end_no_logical_line() {
    builds("key a\n# c\n   b\n\n   d\nnext x\n", &["key\ta   b   d", "next\tx"], "");
    builds("key a\n  # c\n   b\n", &["key\ta   b"], "");
}

/// [postmap(1)]
#[test]
fn a_trailing_comment_is_part_of_the_value() {
    builds("hash#key encrypt # note\n", &["hash#key\tencrypt # note"], "");
}

/// [postmap(1); Postfix `readlline.c`]
#[test]
fn a_first_line_with_a_blank_in_front_is_ignored() {
    let warning = "map: logical line must not start with whitespace: \" a b  c\"\n";
    builds(" a b\n  c\nd e\n", &["d\te"], warning);
}

/// [Postfix `postmap.c`]
#[test]
fn an_entry_without_a_value_is_dropped_with_status_0() {
    let warning = "map, line 1: expected format: key whitespace value\n";
    builds("[217.26.48.124]\nb x\n", &["b\tx"], warning);
}

/// [Postfix `postmap.c`]
#[test]
fn a_key_that_ends_with_a_colon_is_stored_with_it() {
    let warning = "map, line 1: record is in \"key: value\" format; is this an alias file?\n";
    builds("example.com: encrypt\n", &["example.com:\tencrypt"], warning);
}

/// [postmap(1) `-w`, `-r`]
#[test]
fn of_duplicates_the_first_is_stored_whatever_their_case() {
    let warning = "map.db: duplicate entry: \"a.example\"\n";
    builds("a.example 1\nA.Example 2\n", &["a.example\t1"], warning);
}

/// [postmap(1); Postfix `postmap.c`: `in_quotes`]
#[test]
fn quotes_hold_blanks_in_a_key_and_are_kept() {
    builds("\"quoted key\" v\n", &["\"quoted key\"\tv"], "");
    builds("\"open v\n", &[], "map, line 1: unbalanced '\"' in '\"open v' -- ignoring this line\n");
}

/// [Postfix `readlline.c`]
#[test]
fn a_byte_order_mark_hides_the_first_key_without_a_word() {
    builds("\u{feff}a.example encrypt\n", &["\u{feff}a.example\tencrypt"], "");
    let map = read("\u{feff}a.example encrypt\n".as_bytes());
    assert_eq!(map.ignored.len(), 1, "mxward names it nevertheless");
}

/// [Postfix `postmap.c`]
#[test]
fn carriage_returns_and_a_missing_line_end_do_no_harm() {
    builds("a x\r\nb y", &["a\tx", "b\ty"], "");
}

/// [postconf(5) `smtputf8_enable`; Postfix `dict_utf8.c`, `casefold.c`]
#[test]
fn keys_are_folded_by_the_rules_of_unicode() {
    builds("MÜNCHEN.example Ü\n", &["münchen.example\tÜ"], "");
    builds("straße.example x\n", &["strasse.example\tx"], "");
    let warning = "map.db: duplicate entry: \"strasse.example\"\n";
    builds("straße.example x\nstrasse.example y\n", &["strasse.example\tx"], warning);
}

/// [Postfix `postmap.c`]
#[test]
fn a_line_that_is_not_utf_8_is_ignored() {
    let (listed, warned) = build(b"a \xff\nb x\n");
    assert_eq!(listed, ["b\tx"]);
    assert_eq!(warned, "map, line 1: non-UTF-8 input \"a ?\" -- ignoring this line\n");
}

/// [postmap(1)]
#[test]
fn an_empty_source_makes_an_empty_map_with_status_0() {
    builds("# nothing\n\n", &[], "");
}

/// [`lmdb_table(5)`; Postfix `dict_lmdb.c`]
#[test]
fn lmdb_refuses_keys_longer_than_510_bytes() {
    let tools = Tools::new();
    tools.write("map", format!("ok x\n{} x\n", "k".repeat(510)));
    let printed = tools.postmap(["lmdb:map"]);
    assert_eq!((printed.status, printed.stderr.as_str()), (0, ""));
    tools.write("map", format!("ok x\n{} x\n", "k".repeat(511)));
    let printed = tools.postmap(["lmdb:map"]);
    assert_eq!(printed.status, 1);
    assert!(printed.stderr.contains("MDB_BAD_VALSIZE"), "{}", printed.stderr);
    // The longest key that mxward writes: a dot and a name of 253 bytes, or a next hop with a port.
    let name = format!("{}.{}", vec!["a".repeat(62); 4].join("."), "b");
    let name = mxward::names::DomainName::parse(&name).unwrap();
    assert_eq!(name.as_str().len(), 253);
    assert!(format!("[{name}]:65535").len() <= 510);
}

/// [postmap(1) `-s`; Postfix `dict_cdb.c`]
#[test]
fn cdb_answers_queries_and_cannot_be_listed_before_3_10() {
    let tools = Tools::new();
    tools.write("map", "a.example encrypt\n");
    assert_eq!(tools.postmap(["cdb:map"]).status, 0);
    assert_eq!(tools.query("a.example", "cdb:map").as_deref(), Some("encrypt"));
    let listed = tools.postmap(["-s", "cdb:map"]);
    assert_eq!(listed.status == 0, super::tools::version().at_least(3, 10), "{}", listed.stderr);
}

/// [postmap(1) `-q`]
#[test]
fn a_query_looks_exactly_one_key_up() {
    let tools = Tools::new();
    tools.write("map", ".example.com encrypt\n* may\n");
    tools.postmap(["hash:map"]);
    assert_eq!(tools.query("a.example.com", "hash:map"), None);
    assert_eq!(tools.query(".Example.COM", "hash:map").as_deref(), Some("encrypt"));
}
