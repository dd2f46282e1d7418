use super::*;
use proptest::prelude::*;

fn entries(text: &str) -> Vec<(String, String, u32)> {
    let map = read(text.as_bytes());
    map.entries.into_iter().map(|it| (it.key.into(), it.value.into(), it.line)).collect()
}

fn ignored(text: &[u8]) -> Vec<(u32, IgnoredKind)> {
    read(text).ignored.into_iter().map(|it| (it.line, it.kind)).collect()
}

fn entry(key: &str, value: &str, line: u32) -> (String, String, u32) {
    (key.into(), value.into(), line)
}

/// [Postfix `readlline.c`]
#[test]
fn comments_and_blank_lines_do_not_end_a_continued_line() {
    let text = "key a\n# c\n   b\n\n  # d\n   e\nnext x\n";
    assert_eq!(entries(text), [entry("key", "a   b   e", 1), entry("next", "x", 7)]);
}

/// [postmap(1)]
#[test]
fn a_hash_sign_inside_of_a_line_is_data() {
    assert_eq!(
        entries("k encrypt # note\nhash#key v"),
        [entry("hash#key", "v", 2), entry("k", "encrypt # note", 1),]
    );
}

#[test]
fn keys_are_folded_and_values_are_not() {
    assert_eq!(
        entries("GMail.COM Secure\nMÜNCHEN.example x"),
        [entry("gmail.com", "Secure", 1), entry("münchen.example", "x", 2),]
    );
}

#[test]
fn of_duplicates_the_first_wins_and_the_others_are_named() {
    let text = b"a 1\nb 2\nA 3\na 1\n";
    assert_eq!(entries("a 1\nb 2\nA 3\na 1\n")[0], entry("a", "1", 1));
    assert_eq!(
        ignored(text),
        [
            (3, IgnoredKind::Duplicate { first: 1, same: false }),
            (4, IgnoredKind::Duplicate { first: 1, same: true }),
        ]
    );
}

#[test]
fn lines_that_postmap_warns_about_are_named() {
    assert_eq!(ignored(b"  x y\n"), [(1, IgnoredKind::LeadingBlank)]);
    assert_eq!(ignored(b"[217.26.48.124]\n"), [(1, IgnoredKind::NoValue)]);
    assert_eq!(ignored(b"\"open x\n"), [(1, IgnoredKind::Quote)]);
    assert_eq!(ignored(b"a \xff\n"), [(1, IgnoredKind::NotUtf8)]);
    assert_eq!(ignored(b"a b\0c\n"), [(1, IgnoredKind::Nul)]);
    assert_eq!(ignored(b"postmaster: root\n"), [(1, IgnoredKind::ColonKey)]);
    assert_eq!(ignored(b"\xef\xbb\xbfa b\n"), [(1, IgnoredKind::ByteOrderMark)]);
}

#[test]
fn quotes_are_kept_in_keys_and_carriage_returns_are_trimmed() {
    assert_eq!(entries("\"quoted key\" v\r\n"), [entry("\"quoted key\"", "v", 1)]);
}

proptest! {
    /// What the emitter checks entry by entry holds for the whole text.
    #[test]
    fn parts_that_are_one_entry_each_are_read_alike_together(
        parts in prop::collection::vec("(# [ -~]{0,9}\n)?[a-z.\\[ \"#\\\\]{1,4} [ -~]{0,9}\n", 0..9)
    ) {
        let found = |text: &str| {
            let mut found = Vec::new();
            scan(text.as_bytes(), |it| found.push(match it {
                Found::Entry(entry) => Ok((entry.key.into_owned(), entry.value.into_owned())),
                Found::Ignored(ignored) => Err(ignored.kind),
            }));
            found
        };
        let single: Vec<_> =
            parts.iter().filter(|it| found(it).len() == 1 && found(it)[0].is_ok()).collect();
        let together: String = single.iter().map(|it| it.as_str()).collect();
        let one_by_one: Vec<_> = single.iter().flat_map(|it| found(it)).collect();
        prop_assert_eq!(found(&together), one_by_one);
    }

    #[test]
    fn a_text_is_read_alike_beside_any_other(
        lines in prop::collection::vec(("[a-cA:\"\u{e4}# ]{1,2}( [x\0\u{e4} ]{0,2})?\r?", 0_u8..4), 0..12)
    ) {
        let text = |which: &[u8]| -> String {
            let lines = lines.iter().filter(|it| which.contains(&it.1));
            lines.flat_map(|it| [&*it.0, "\n"]).collect()
        };
        let (one, other) = (text(&[0, 1, 2]), text(&[1, 2, 3]));
        let beside = read_beside(other.as_bytes(), &read(one.as_bytes()));
        prop_assert_eq!(beside, read(other.as_bytes()));
    }

    #[test]
    fn plain_lines_are_read_as_all_lines_are(line in "[a-zA-Z.:\"#\n\\\\\u{e4}\u{a0}\0 \t\r\x0b-]{1,12}") {
        let mut found = Vec::new();
        let mut reader =
            Reader { found: |it| found.push(it), known: &[], current: None, stray: false };
        reader.entry(Cow::Borrowed(line.as_bytes()), 1);
        if let Some((key, value)) = plain(&line) {
            let entry = MapEntry { key: key.into(), value: value.into(), line: 1 };
            prop_assert_eq!(&found, &[Found::Entry(entry)]);
        }
        let text = format!("{line}\n");
        if let Some((key, value)) = plain_line(&text) {
            let entry = MapEntry { key: key.into(), value: value.into(), line: 1 };
            let mut found = Vec::new();
            scan(text.as_bytes(), |it| found.push(it));
            prop_assert_eq!(found, [Found::Entry(entry)]);
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        map in prop::collection::btree_map("[a-z0-9.\\[\\]:-]{1,20}[a-z]", "[!-~]([ -~]{0,20}[!-~])?", 0..20)
    ) {
        let text: Vec<String> = map.iter().map(|(key, value)| format!("{key} {value}\n")).collect();
        let text = text.concat();
        let read: std::collections::BTreeMap<String, String> =
            entries(&text).into_iter().map(|(key, value, _)| (key, value)).collect();
        prop_assert_eq!(read, map);
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let map = read(&bytes);
        prop_assert!(map.entries.is_sorted_by(|a, b| a.key < b.key));
        prop_assert!(map.entries.iter().all(|entry| !entry.value.is_empty()));
    }
}
