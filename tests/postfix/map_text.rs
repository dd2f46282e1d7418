//! The source text of maps: read as `postmap` reads it.

use super::tools::Tools;
use mxward::formats::postmap_text::{IgnoredKind, read};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

/// One line that does not do what it seems to, as `postmap` tells it: duplicates by key, others by line.
type Warning = (Kind, String);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Duplicate,
    NoValue,
    LeadingBlank,
    Quote,
    NotUtf8,
    ColonKey,
}

/// What the reader says, in the words of `postmap -s` and of its warnings.
fn ours(bytes: &[u8]) -> (Vec<Vec<u8>>, Vec<Warning>) {
    let map = read(bytes);
    let lines = map.entries.iter().map(|it| format!("{}\t{}", it.key, it.value).into_bytes());
    let mut warnings: Vec<Warning> = Vec::new();
    for it in &map.ignored {
        let line = it.line.to_string();
        warnings.push(match &it.kind {
            IgnoredKind::Duplicate { first, .. } => {
                let first = map.entries.iter().find(|entry| entry.line == *first).unwrap();
                (Kind::Duplicate, first.key.clone().into_owned())
            }
            IgnoredKind::NoValue => (Kind::NoValue, line),
            // postmap names no line here.
            IgnoredKind::LeadingBlank => (Kind::LeadingBlank, String::new()),
            IgnoredKind::Quote => (Kind::Quote, line),
            IgnoredKind::NotUtf8 => (Kind::NotUtf8, line),
            IgnoredKind::ColonKey => (Kind::ColonKey, line),
            // postmap does not mind.
            IgnoredKind::Nul | IgnoredKind::ByteOrderMark => continue,
        });
    }
    warnings.sort();
    let mut lines: Vec<_> = lines.collect();
    lines.sort();
    (lines, warnings)
}

/// What `postmap` says about many texts: for each its entries and its warnings.
fn postmap(texts: &[Vec<u8>], kind: &str) -> Vec<(Vec<Vec<u8>>, Vec<Warning>)> {
    let tools = Tools::new();
    for (at, text) in texts.iter().enumerate() {
        tools.write(&at.to_string(), text);
    }
    let maps: Vec<String> = (0..texts.len()).map(|at| format!("{kind}:{at}")).collect();
    let built = tools.postmap(maps.iter().map(String::as_str));
    assert_eq!(built.status, 0, "{}", built.stderr);
    let mut warnings: BTreeMap<usize, Vec<Warning>> = BTreeMap::new();
    for line in built.stderr.lines() {
        // A text that is quoted in a warning may hold anything but a line break.
        let rest = line.strip_prefix("postmap: warning: ").unwrap_or_else(|| panic!("{line}"));
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (file, rest) = rest.split_at(digits);
        warnings.entry(file.parse().unwrap()).or_default().push(warning(rest));
    }
    let listed = |at: usize| {
        let printed = tools.postmap(["-s", &maps[at]]);
        assert!(printed.stderr.is_empty(), "{}", printed.stderr);
        let mut lines: Vec<Vec<u8>> =
            printed.stdout.split(|it| *it == b'\n').map(Vec::from).collect();
        assert_eq!(lines.pop(), Some(Vec::new()));
        lines.sort();
        lines
    };
    (0..texts.len())
        .map(|at| {
            let mut warnings = warnings.remove(&at).unwrap_or_default();
            warnings.sort();
            (listed(at), warnings)
        })
        .collect()
}

/// Reads a warning without the name of the file.
fn warning(rest: &str) -> Warning {
    if let Some((_, key)) = rest.split_once(": duplicate entry: \"") {
        return (Kind::Duplicate, key.trim_end_matches('"').to_owned());
    }
    if rest.starts_with(": logical line must not start with whitespace") {
        return (Kind::LeadingBlank, String::new());
    }
    let numbered = rest.strip_prefix(", line ").and_then(|it| it.split_once(": "));
    let (line, message) = numbered.unwrap_or_else(|| panic!("{rest}"));
    let kind = [
        ("expected format: key whitespace value", Kind::NoValue),
        ("unbalanced '\"'", Kind::Quote),
        ("non-UTF-8 input", Kind::NotUtf8),
        ("record is in \"key: value\" format", Kind::ColonKey),
    ];
    let kind = kind.iter().find(|(start, _)| message.starts_with(start));
    (kind.unwrap_or_else(|| panic!("{rest}")).1, line.to_owned())
}

/// Texts made of what matters to the reader, in any order.
fn texts(count: usize) -> Vec<Vec<u8>> {
    const PARTS: &[&[u8]] = &[
        b"a",
        b"b",
        b"K",
        b"key",
        b"KEY.Example",
        b".example",
        b"[192.0.2.1]",
        b"[192.0.2.1]:25",
        b"secure",
        b"match=mx.example",
        b"smtp:[a],[b]",
        b" ",
        b" ",
        b"  ",
        b"\t",
        b"\r",
        b"\n",
        b"\n",
        b"\n",
        b"\r\n",
        b"\x0b",
        b"\x0c",
        b"#",
        b"# note",
        b"\n#",
        b"\n # ",
        b"\n ",
        b"\"",
        b"\"quoted key\"",
        b"\\",
        b"\\\"",
        b":",
        b",",
        b"=",
        b"\0",
        b"\xff",
        b"\xc3",
        b"\xef\xbb\xbf",
        b"\x1f",
        b"\x7f",
        "ü".as_bytes(),
        "Ü".as_bytes(),
        "ß".as_bytes(),
        "Σ".as_bytes(),
        "ς".as_bytes(),
        "İ".as_bytes(),
        "ŉ".as_bytes(),
        "\u{a0}".as_bytes(),
        "\u{2003}".as_bytes(),
        "\u{85}".as_bytes(),
        "K".as_bytes(),
        "ſ".as_bytes(),
        "ﬀ".as_bytes(),
        "\u{200d}".as_bytes(),
    ];
    let part = proptest::sample::select(PARTS);
    let text = proptest::collection::vec(part, 0..25).prop_map(|parts| parts.concat());
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| text.new_tree(&mut runner).unwrap().current()).collect()
}

#[track_caller]
pub(super) fn agree(texts: &[Vec<u8>], kind: &str) {
    let theirs = postmap(texts, kind);
    let wrong = texts.iter().zip(theirs).filter(|(text, theirs)| ours(text) != *theirs);
    // The shortest tells most.
    if let Some((text, theirs)) = wrong.min_by_key(|(text, _)| text.len()) {
        let show = |(lines, warnings): (Vec<Vec<u8>>, Vec<Warning>)| {
            let lines: Vec<_> = lines.iter().map(|it| it.escape_ascii().to_string()).collect();
            format!("{lines:#?} {warnings:#?}")
        };
        let (ours, theirs) = (show(ours(text)), show(theirs));
        panic!(
            "{:?}\nmxward reads {ours}\npostmap reads {theirs}",
            text.escape_ascii().to_string()
        );
    }
}

/// [postmap(1); Postfix `postmap.c`, `readlline.c`]
#[test]
fn any_text_is_read_as_postmap_hash_reads_it() {
    agree(&texts(400), "hash");
}

/// [postmap(1), `lmdb_table(5)`]
#[test]
fn any_text_is_read_as_postmap_lmdb_reads_it() {
    agree(&texts(150), "lmdb");
}
