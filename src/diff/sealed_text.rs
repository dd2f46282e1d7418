//! The text of a map that mxward wrote, looked up as it is.

use super::side::{Numbered, Table};
use crate::formats::MapEntry;
use crate::formats::postmap_text::plain_line;
use crate::names::sort_prefix;
use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::cmp::Ordering;

/// Of a longer text one key in so many bytes is noted, so that a search looks at one place of it and not at
/// many that are far from each other.
const STEP: usize = if cfg!(test) { 64 } else { 4096 };

/// Lines that are comments or `key value`, sorted by key.
#[derive(Clone, Debug)]
pub(super) struct SealedText<'a> {
    text: &'a str,
    /// A place where a line starts, and the number of that line: the one that was asked for last.
    known: Cell<(usize, u32)>,
    /// The [`sort_prefix`] of some keys, and where their lines start.
    noted: OnceCell<Vec<(u64, usize)>>,
}

impl<'a> SealedText<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, known: Cell::new((0, 1)), noted: OnceCell::new() }
    }

    /// The first key.
    pub(super) fn first_key(&self) -> Option<&'a str> {
        let mut lines = Lines::new(self.text);
        while lines.skip_comment() {}
        lines.key()
    }

    /// The last key.
    pub(super) fn last_key(&self) -> Option<&'a str> {
        let mut end = self.text.len();
        while end > 0 {
            let start = line_start(self.text, end - 1);
            if !self.text[start..].starts_with('#') {
                return split(&self.text[start..end]).map(|(key, _)| key);
            }
            end = start;
        }
        None
    }

    /// All keys and right-hand sides.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let mut lines = Lines::new(self.text);
        std::iter::from_fn(move || {
            while lines.skip_comment() {}
            let start = lines.at;
            lines.at = lines.end();
            split(&lines.text[start..lines.at])
        })
    }

    /// The right-hand side under a key.
    pub(super) fn get(&self, key: &str) -> Option<&'a str> {
        let start = self.find(key)?;
        split(&self.text[start..line_end(self.text, start)]).map(|(_, value)| value)
    }

    /// Between which places the line of a key is, if there is one.
    fn near(&self, key: &str) -> (usize, usize) {
        let noted = self.noted.get_or_init(|| {
            let mut lines = Lines::new(self.text);
            let places = (0..self.text.len()).step_by(STEP).skip(1);
            let notes = places.filter_map(|at| {
                lines.at = line_start(self.text, at);
                while lines.skip_comment() {}
                Some((sort_prefix(lines.key()?), lines.at))
            });
            notes.collect()
        });
        let wanted = sort_prefix(key);
        let is_before = |&(noted, at): &(u64, usize)| {
            let line = Lines { at, ..Lines::new(self.text) };
            noted < wanted || (noted == wanted && line.key() <= Some(key))
        };
        let after = noted.partition_point(is_before);
        let low = after.checked_sub(1).map_or(0, |before| noted[before].1);
        (low, noted.get(after).map_or(self.text.len(), |it| it.1))
    }

    /// Where the line of a key starts.
    fn find(&self, key: &str) -> Option<usize> {
        let (mut low, mut high) = self.near(key);
        while low < high {
            let middle = line_start(self.text, low.midpoint(high));
            // Comments stand above an entry; this one may begin before `low`.
            let mut line = Lines { text: self.text, at: middle.max(low), line: 0, counted: 0 };
            while line.skip_comment() {}
            let Some(found) = line.key().filter(|_| line.at < high) else {
                high = middle.max(low);
                continue;
            };
            match found.cmp(key) {
                Ordering::Less => low = line.end(),
                Ordering::Equal => return Some(line.at),
                Ordering::Greater if middle > low => high = middle,
                Ordering::Greater => return None,
            }
        }
        None
    }
}

impl Table for SealedText<'_> {
    fn value(&self, key: &str) -> Option<&str> {
        self.get(key)
    }

    fn each(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries()
    }
}

impl Numbered for SealedText<'_> {
    fn line(&self, key: &str) -> Option<u32> {
        let start = self.find(key)?;
        let (at, line) = self.known.get();
        let (at, line) = if at <= start { (at, line) } else { (0, 1) };
        let line = line + count_lines(&self.text[at..start]);
        self.known.set((start, line));
        Some(line)
    }
}

/// A place in a text, at the start of a line.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    text: &'a str,
    pub(super) at: usize,
    /// The number of the line that starts at `counted`.
    line: u32,
    counted: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1, counted: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Where the next line starts.
    pub(super) fn end(&self) -> usize {
        line_end(self.text, self.at)
    }

    pub(super) fn skip_comment(&mut self) -> bool {
        let is_comment = self.rest().starts_with('#');
        if is_comment {
            self.at = self.end();
        }
        is_comment
    }

    /// The key of this line; `None` at the end.
    pub(super) fn key(&self) -> Option<&'a str> {
        let rest = self.rest();
        let end = memchr::memchr2(b' ', b'\n', rest.as_bytes()).unwrap_or(rest.len());
        (!rest.is_empty()).then(|| &rest[..end])
    }

    /// Takes this line; `None` when it is not plain.
    pub(super) fn entry(&mut self) -> Option<MapEntry<'a>> {
        let start = self.at;
        self.at = self.end();
        let (key, value) = plain_line(&self.text[start..self.at])?;
        self.line += count_lines(&self.text[self.counted..start]);
        self.counted = start;
        Some(MapEntry { key: Cow::Borrowed(key), value: Cow::Borrowed(value), line: self.line })
    }
}

/// Where the line that holds a place starts.
fn line_start(text: &str, at: usize) -> usize {
    memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |end| end + 1)
}

/// Where the line after the one that holds a place starts.
fn line_end(text: &str, at: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |end| at + end + 1)
}

pub(super) fn count_lines(text: &str) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', text.as_bytes()).count()).unwrap_or(u32::MAX)
}

/// Key and value of a line with its end, which mxward wrote.
pub(super) fn split(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_suffix('\n').unwrap_or(line);
    let end = memchr::memchr(b' ', line.as_bytes())?;
    Some((&line[..end], &line[end + 1..]))
}

/// How many bytes the lines have that two texts begin with alike.
pub(super) fn common_lines(a: &str, b: &str) -> usize {
    const PIECE: usize = 64;
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let pieces = a.chunks_exact(PIECE).zip(b.chunks_exact(PIECE));
    let start = pieces.take_while(|(a, b)| a == b).count() * PIECE;
    let rest = a[start..].iter().zip(&b[start..]).take_while(|(a, b)| a == b).count();
    memchr::memrchr(b'\n', &a[..start + rest]).map_or(0, |end| end + 1)
}
