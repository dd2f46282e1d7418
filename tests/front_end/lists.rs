//! Plain lists: one domain a line.

use crate::harness::{Ran, Test};

/// Checks a repository whose domains all stand in `list.txt`.
fn check(list: impl AsRef<[u8]>) -> Test {
    let root = "\
version: 1
include: { list: list.txt, level: encrypt }
targets:
  mx: { postfix: \"3.7\", security_level: may, map_type: lmdb }
";
    Test::new().file("mxward.yaml", root).file("list.txt", list)
}

/// The keys that a list becomes.
fn keys(list: impl AsRef<[u8]>) -> Vec<String> {
    let ran: Ran = check(list).args(["compile", "--out", "out", "--frozen", "--quiet"]).run();
    let map = ran.read("out/mx/tls_policy");
    let lines = map.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.strip_suffix(" encrypt").unwrap().to_owned()).collect()
}

#[test]
fn comments_blank_lines_and_blanks_around_a_name_are_passed_over() {
    let list =
        "# customers\n\n  a.example  \n\tb.example\t# since 2019\n   # c.example\n.d.example\n";
    assert_eq!(keys(list), [".d.example", "a.example", "b.example"]);
}

#[test]
fn every_form_of_line_end_is_read() {
    let expected = ["a.example", "b.example"];
    assert_eq!(keys("a.example\r\nb.example\r\n"), expected);
    assert_eq!(keys("a.example\nb.example"), expected);
    assert_eq!(keys("a.example\r\nb.example\r"), expected);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_name() {
    assert_eq!(keys("\u{feff}a.example\n"), ["a.example"]);
    assert_eq!(keys("\u{feff}# customers\na.example\n"), ["a.example"]);
}

#[test]
fn a_list_without_domains_is_an_error() {
    for list in ["", "\n", "# none yet\n", "\u{feff}"] {
        check(list)
            .args(["check"])
            .stdout_has("error[empty-file]: the list names no domain\n --> list.txt:1:1\n")
            .stdout_has("= help: remove the file, or what includes it\n")
            .status(3)
            .run();
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_shown_at_their_place() {
    check(b"a.example\n\xe4b.example\n")
        .args(["check"])
        .stdout(
            "\
error[not-utf8]: the byte 0xe4 is not UTF-8
 --> list.txt:2:1
  |
2 | \u{fffd}b.example
  | ^
  |
  = help: save the file as UTF-8

1 error
",
        )
        .status(3)
        .run();
    let utf16: Vec<u8> = "\u{feff}a.example\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(utf16)
        .args(["check"])
        .stdout_has("error[not-utf8]: this file is UTF-16\n --> list.txt:1:1\n")
        .status(3)
        .run();
}

#[test]
fn what_is_no_domain_is_refused_line_by_line() {
    let list = "a.example\0b.example\na.example b.example\nb.example#x\na\u{1b}[31m.example\na.example\rb.example\n";
    check(list)
        .args(["check"])
        .stdout(
            "\
error[bad-domain]: `a.example\\u{0}b.example` is not a domain: `\\u{0}` cannot stand in a name
 --> list.txt:1:1
  |
1 | a.example\u{fffd}b.example
  | ^^^^^^^^^^^^^^^^^^^

error[bad-domain]: `a.example b.example` is not a domain: ` ` cannot stand in a name
 --> list.txt:2:1
  |
2 | a.example b.example
  | ^^^^^^^^^^^^^^^^^^^
  |
  = help: write one domain a line, and nothing else

error[bad-domain]: `b.example#x` is not a domain: `#` cannot stand in a name
 --> list.txt:3:1
  |
3 | b.example#x
  | ^^^^^^^^^^^

error[bad-domain]: `a\\u{1b}[31m.example` is not a domain: `\\u{1b}` cannot stand in a name
 --> list.txt:4:1
  |
4 | a\u{fffd}[31m.example
  | ^^^^^^^^^^^^^^

error[bad-domain]: `a.example\\rb.example` is not a domain: `\\r` cannot stand in a name
 --> list.txt:5:1
  |
5 | a.example\u{fffd}b.example
  | ^^^^^^^^^^^^^^^^^^^

5 errors
",
        )
        .status(3)
        .run();
}
