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
mod tests;
