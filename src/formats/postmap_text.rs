//! The source text of a map, as postmap(1) and `texthash:` read it.

use crate::postfix::fold_key;
use std::borrow::Cow;

/// A map as Postfix sees it. [postmap(1); Postfix `postmap.c`, `readlline.c`]
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MapText<'src> {
    /// Sorted by key, each key once: of several the first in the text.
    pub entries: Vec<MapEntry<'src>>,
    /// What Postfix passes over, or reads otherwise than it looks, in the order of the text.
    pub ignored: Vec<Ignored>,
}

/// One entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MapEntry<'src> {
    /// The key, folded by [`fold_key`], quotes kept.
    pub key: Cow<'src, str>,
    /// The right-hand side without blanks around it; never empty.
    pub value: Cow<'src, str>,
    /// The line on which the entry starts, from 1.
    pub line: u32,
}

/// A line that does not do what it seems to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ignored {
    /// The line, from 1.
    pub line: u32,
    /// Why.
    pub kind: IgnoredKind,
    /// The line, as far as it is text.
    pub text: String,
}

/// Why a line does not do what it seems to. postmap(1) warns and exits with 0 all the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum IgnoredKind {
    /// The key stands on an earlier line, which wins.
    Duplicate {
        /// The earlier line.
        first: u32,
        /// Whether it says the same.
        same: bool,
    },
    /// There is a key and nothing else.
    NoValue,
    /// The first line of the file starts with a blank.
    LeadingBlank,
    /// A `"` is never closed.
    Quote,
    /// The line is not UTF-8.
    NotUtf8,
    /// A NUL byte cuts the value.
    Nul,
    /// The key ends with `:`, as in aliases(5); the colon is part of the key.
    ColonKey,
    /// The file starts with a byte order mark, which becomes part of the first key.
    ByteOrderMark,
}

impl MapText<'_> {
    /// The entry under exactly this key, which is in lower case.
    pub fn get(&self, key: &str) -> Option<&MapEntry<'_>> {
        let at = self.entries.binary_search_by(|entry| (*entry.key).cmp(key)).ok()?;
        Some(&self.entries[at])
    }
}

/// Something in the text of a map.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found<'src> {
    /// An entry.
    Entry(MapEntry<'src>),
    /// A line that does not do what it seems to.
    Ignored(Ignored),
}

/// Reads a map.
pub fn read(bytes: &[u8]) -> MapText<'_> {
    read_beside(bytes, &MapText::default())
}

/// As [`read`], for a text of which most lines stand in another one too: entries that are spelt alike
/// are those of `known`, down to the places in memory, which makes them fast to read and to compare.
pub fn read_beside<'src>(bytes: &'src [u8], known: &MapText<'src>) -> MapText<'src> {
    let mut map = MapText::default();
    map.entries.reserve(memchr::memchr_iter(b'\n', bytes).count());
    let mut sorted = true;
    scan_beside(bytes, &known.entries, |found| match found {
        Found::Entry(entry) => {
            sorted &= map.entries.last().is_none_or(|last| last.key < entry.key);
            map.entries.push(entry);
        }
        Found::Ignored(ignored) => map.ignored.push(ignored),
    });
    if !sorted {
        sort(&mut map);
    }
    map
}

/// Reads a map line by line, without keeping it: duplicates are entries here.
pub fn scan<'src>(bytes: &'src [u8], found: impl FnMut(Found<'src>)) {
    scan_beside(bytes, &[], found);
}

fn scan_beside<'src>(bytes: &'src [u8], known: &[MapEntry<'src>], found: impl FnMut(Found<'src>)) {
    let mut reader = Reader { found, known, current: None, stray: false };
    if bytes.starts_with(b"\xef\xbb\xbf") {
        reader.ignore(1, IgnoredKind::ByteOrderMark, String::new());
    }
    let (mut start, mut line) = (0, 0);
    while start < bytes.len() {
        let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
        line += 1;
        reader.line(&bytes[start..end], line);
        start = end + 1;
    }
    reader.flush();
}

/// Sorts by key; all but the first entry of a key are ignored.
fn sort(map: &mut MapText<'_>) {
    map.entries.sort_by(|a, b| a.key.cmp(&b.key).then(a.line.cmp(&b.line)));
    let ignored = &mut map.ignored;
    map.entries.dedup_by(|second, first| {
        let same_key = second.key == first.key;
        if same_key {
            let kind =
                IgnoredKind::Duplicate { first: first.line, same: first.value == second.value };
            let text = format!("{} {}", second.key, second.value);
            ignored.push(Ignored { line: second.line, kind, text });
        }
        same_key
    });
    ignored.sort_by_key(|ignored| ignored.line);
}

struct Reader<'src, 'k, F> {
    found: F,
    /// Entries of another text that may come next, sorted by key.
    known: &'k [MapEntry<'src>],
    /// The logical line so far and where it starts.
    current: Option<(Cow<'src, [u8]>, u32)>,
    /// Whether the text starts with a line that continues none.
    stray: bool,
}

impl<'src, F: FnMut(Found<'src>)> Reader<'src, '_, F> {
    /// Takes one line of the file. Blank lines and comments end no logical line; what starts with a
    /// blank continues the one before, its own blanks kept. [Postfix `readlline.c`]
    fn line(&mut self, line: &'src [u8], number: u32) {
        let Some(first) = line.first() else { return };
        if !is_space(*first) {
            if *first == b'#' {
                return;
            }
            self.flush();
            self.current = Some((Cow::Borrowed(line), number));
            return;
        }
        match line.iter().find(|byte| !is_space(**byte)) {
            None | Some(b'#') => {}
            Some(_) => match &mut self.current {
                Some((text, _)) => text.to_mut().extend_from_slice(line),
                // What follows with a blank in front continues this one, and is named with it.
                None if std::mem::replace(&mut self.stray, true) => {}
                None => {
                    let text = String::from_utf8_lossy(line).into_owned();
                    self.ignore(number, IgnoredKind::LeadingBlank, text);
                }
            },
        }
    }

    fn flush(&mut self) {
        let Some((bytes, line)) = self.current.take() else { return };
        if let Cow::Borrowed(bytes) = bytes {
            if let Some((known, rest)) = self.known.split_first()
                && let Some((key, value)) = spelt(known, bytes)
            {
                self.known = rest;
                let (key, value) = (Cow::Borrowed(key), Cow::Borrowed(value));
                return (self.found)(Found::Entry(MapEntry { key, value, line }));
            }
            if let Some((key, value)) = std::str::from_utf8(bytes).ok().and_then(plain) {
                while let Some((known, rest)) = self.known.split_first()
                    && *known.key <= *key
                {
                    self.known = rest;
                }
                let (key, value) = (Cow::Borrowed(key), Cow::Borrowed(value));
                return (self.found)(Found::Entry(MapEntry { key, value, line }));
            }
        }
        self.entry(bytes, line);
    }

    /// Takes a logical line apart, whatever is in it.
    fn entry(&mut self, bytes: Cow<'src, [u8]>, line: u32) {
        let nul = memchr::memchr(0, &bytes);
        if nul.is_some() {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            self.ignore(line, IgnoredKind::Nul, text);
        }
        // Postfix cuts at a NUL, and passes over broken UTF-8 behind one that follows ASCII alone.
        // [Postfix `allascii.c`: of the empty text this is not true]
        let end = nul.unwrap_or(bytes.len());
        let valid = (end > 0 && bytes[..end].is_ascii()) || std::str::from_utf8(&bytes).is_ok();
        let text = if valid { cut(bytes, end) } else { Err(bytes) };
        let text = match text {
            Ok(text) => text,
            Err(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                return self.ignore(line, IgnoredKind::NotUtf8, text);
            }
        };
        let Some(split) = end_of_key(text.as_bytes()) else {
            return self.ignore(line, IgnoredKind::Quote, text.into_owned());
        };
        let (key, value) = match text {
            Cow::Borrowed(text) => {
                let (key, value) = text.split_at(split);
                (Cow::Borrowed(key), Cow::Borrowed(trim(value)))
            }
            Cow::Owned(text) => {
                let (key, value) = text.split_at(split);
                (Cow::Owned(key.to_owned()), Cow::Owned(trim(value).to_owned()))
            }
        };
        if value.is_empty() {
            return self.ignore(line, IgnoredKind::NoValue, key.into_owned());
        }
        if key.ends_with(':') {
            self.ignore(line, IgnoredKind::ColonKey, format!("{key} {value}"));
        }
        let key = match key {
            Cow::Borrowed(key) => fold_key(key),
            Cow::Owned(key) => Cow::Owned(fold_key(&key).into_owned()),
        };
        (self.found)(Found::Entry(MapEntry { key, value, line }));
    }

    fn ignore(&mut self, line: u32, kind: IgnoredKind, text: String) {
        (self.found)(Found::Ignored(Ignored { line, kind, text }));
    }
}

/// The first `end` bytes as text, or all of them back.
fn cut(bytes: Cow<'_, [u8]>, end: usize) -> Result<Cow<'_, str>, Cow<'_, [u8]>> {
    match bytes {
        Cow::Borrowed(all) => {
            std::str::from_utf8(&all[..end]).map(Cow::Borrowed).map_err(|_| Cow::Borrowed(all))
        }
        Cow::Owned(mut all) => {
            all.truncate(end);
            String::from_utf8(all).map(Cow::Owned).map_err(|error| Cow::Owned(error.into_bytes()))
        }
    }
}

/// Where the key ends: at the first blank outside of quotes. `None` when a quote stays open.
fn end_of_key(line: &[u8]) -> Option<usize> {
    let mut quoted = false;
    let mut at = 0;
    while let Some(byte) = line.get(at) {
        match byte {
            b'\\' => at += 1,
            b'"' => quoted = !quoted,
            byte if is_space(*byte) && !quoted => return Some(at),
            _ => {}
        }
        at += 1;
    }
    (!quoted).then_some(line.len())
}

/// What isspace(3) takes in the C locale.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c)
}

fn trim(text: &str) -> &str {
    let bytes = text.as_bytes();
    let Some(start) = bytes.iter().position(|byte| !is_space(*byte)) else { return "" };
    let end = bytes.iter().rposition(|byte| !is_space(*byte)).map_or(start, |last| last + 1);
    &text[start..end]
}

/// Key and value of a known entry when a line spells it, so that to read the line would give the same.
///
/// A key that was folded is not that of its line, and one that ends with a colon needs a word more.
fn spelt<'src>(known: &MapEntry<'src>, line: &[u8]) -> Option<(&'src str, &'src str)> {
    let (Cow::Borrowed(key), Cow::Borrowed(value)) = (&known.key, &known.value) else {
        return None;
    };
    let rest = line.strip_prefix(key.as_bytes())?.strip_prefix(b" ")?;
    (rest == value.as_bytes() && !key.ends_with(':')).then_some((*key, *value))
}

/// Key and value of a text that is one line and one entry, in which nothing needs a second look, as in
/// all that mxward writes; `None` sends every other text to [`scan`].
pub fn plain_line(text: &str) -> Option<(&str, &str)> {
    let line = text.strip_suffix('\n')?;
    if line.starts_with('#') || memchr::memchr(b'\n', line.as_bytes()).is_some() {
        return None;
    }
    plain(line)
}

/// Key and value of a line in which nothing needs a second look, be it no comment.
fn plain(line: &str) -> Option<(&str, &str)> {
    let bytes = line.as_bytes();
    let end = bytes.iter().position(|byte| !PLAIN[usize::from(*byte)])?;
    if end == 0
        || !is_space(bytes[end])
        || bytes[end - 1] == b':'
        || memchr::memchr(0, bytes).is_some()
    {
        return None;
    }
    let value = trim(&line[end..]);
    (!value.is_empty()).then_some((&line[..end], value))
}

/// The bytes of keys that are no blank, quote or backslash, and the same in lower case.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        plain[byte as usize] = !matches!(byte, b'"' | b'\\' | b'A'..=b'Z');
        byte += 1;
    }
    plain
};

#[cfg(test)]
mod tests {
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
                lines.map(|it| format!("{}\n", it.0)).collect()
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
}
