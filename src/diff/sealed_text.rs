//! A map that mxward wrote, compared and looked up as the text that it is: of the lines that both sides
//! have, which are nearly all, nothing is kept.

use super::side::Table;
use crate::formats::MapEntry;
use crate::formats::postmap_text::plain_line;
use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;

/// Lines that are comments or `key value`, sorted by key.
#[derive(Debug)]
pub(crate) struct SealedText<'a> {
    text: &'a str,
    /// A place where a line starts, and the number of that line: the one that was asked for last.
    known: Cell<(usize, u32)>,
}

/// The entry of a key on each side; at least one is there, and they say different things.
pub(crate) type Pair<'a> = [Option<MapEntry<'a>>; 2];

impl<'a> SealedText<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, known: Cell::new((0, 1)) }
    }

    /// The entries that differ, sorted by key; `None` when a line among them needs a closer look.
    ///
    /// `after` was just made. A text before that was made so too may come from another version of
    /// mxward, so its lines that differ must be plain and in order. Those that are alike are, since they
    /// are in `after`.
    pub(crate) fn differences(&self, after: &Self) -> Option<Vec<Pair<'a>>> {
        let mut list = Vec::new();
        let (mut old, mut new) = (Lines::new(self.text), Lines::new(after.text));
        let mut last = "";
        loop {
            let alike = common_lines(old.rest(), new.rest());
            if alike > 0 {
                if !last.is_empty() && is_out_of_order(last, old.rest(), alike) {
                    return None;
                }
                last = last_key(&old.rest()[..alike]).unwrap_or(last);
                (old.at, new.at) = (old.at + alike, new.at + alike);
            }
            if old.skip_comment() || new.skip_comment() {
                continue;
            }
            let order = match (old.key(), new.key()) {
                (None, None) => return Some(list),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => old.cmp(new),
            };
            let before = if order.is_le() { Some(old.entry()?) } else { None };
            let after = if order.is_ge() { Some(new.entry()?) } else { None };
            if let Some(before) = &before {
                let Cow::Borrowed(key) = before.key else { return None };
                if key <= last {
                    return None;
                }
                last = key;
            }
            list.push([before, after]);
        }
    }

    /// Where the line of a key starts.
    fn find(&self, key: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.text.len());
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
        let start = self.find(key)?;
        split(&self.text[start..line_end(self.text, start)]).map(|(_, value)| value)
    }

    fn line(&self, key: &str) -> Option<u32> {
        let start = self.find(key)?;
        let (at, line) = self.known.get();
        let (at, line) = if at <= start { (at, line) } else { (0, 1) };
        let line = line + count_lines(&self.text[at..start]);
        self.known.set((start, line));
        Some(line)
    }

    fn each(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut lines = Lines::new(self.text);
        std::iter::from_fn(move || {
            while lines.skip_comment() {}
            let start = lines.at;
            lines.at = lines.end();
            split(&lines.text[start..lines.at])
        })
    }
}

/// A place in a text, at the start of a line.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    /// The number of the line that starts at `counted`.
    line: u32,
    counted: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1, counted: 0 }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Where the next line starts.
    fn end(&self) -> usize {
        line_end(self.text, self.at)
    }

    fn skip_comment(&mut self) -> bool {
        let is_comment = self.rest().starts_with('#');
        if is_comment {
            self.at = self.end();
        }
        is_comment
    }

    /// The key of this line; `None` at the end.
    fn key(&self) -> Option<&'a str> {
        let line = &self.text[self.at..self.end()];
        (!line.is_empty()).then(|| split(line).map_or(line, |(key, _)| key))
    }

    /// Takes this line; `None` when it is not plain.
    fn entry(&mut self) -> Option<MapEntry<'a>> {
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

fn count_lines(text: &str) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', text.as_bytes()).count()).unwrap_or(u32::MAX)
}

/// Key and value of a line with its end, which mxward wrote.
fn split(line: &str) -> Option<(&str, &str)> {
    line.strip_suffix('\n').unwrap_or(line).split_once(' ')
}

/// How many bytes the lines have that two texts begin with alike.
fn common_lines(a: &str, b: &str) -> usize {
    const PIECE: usize = 64;
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let pieces = a.chunks_exact(PIECE).zip(b.chunks_exact(PIECE));
    let start = pieces.take_while(|(a, b)| a == b).count() * PIECE;
    let rest = a[start..].iter().zip(&b[start..]).take_while(|(a, b)| a == b).count();
    memchr::memrchr(b'\n', &a[..start + rest]).map_or(0, |end| end + 1)
}

/// Whether the first entry of some lines does not come after a key.
fn is_out_of_order(last: &str, lines: &str, end: usize) -> bool {
    let mut lines = Lines::new(&lines[..end]);
    while lines.skip_comment() {}
    lines.key().is_some_and(|key| key <= last)
}

/// The key of the last entry of some lines.
fn last_key(lines: &str) -> Option<&str> {
    let mut end = lines.len();
    while end > 0 {
        let start = line_start(lines, end - 1);
        if !lines[start..].starts_with('#') {
            return split(&lines[start..end]).map(|(key, _)| key);
        }
        end = start;
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::diff::{Maps, Owner, compare, compare_sealed};
    use crate::formats::postmap_text::read;
    use crate::model::Unmanaged;
    use crate::postfix::{SecurityLevel, Settings, Version};
    use crate::tables::Tables;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::fmt::Write as _;

    /// A map as mxward writes it; an odd comment stands above an entry.
    fn text(entries: &BTreeMap<String, (String, bool)>, head: &str) -> String {
        let mut text = format!("# {head}\n");
        for (key, (value, has_comment)) in entries {
            if *has_comment {
                writeln!(text, "# {value}").unwrap();
            }
            writeln!(text, "{key} {value}").unwrap();
        }
        text
    }

    fn any_map(
        keys: &'static [&'static str],
        values: &'static [&'static str],
    ) -> impl Strategy<Value = BTreeMap<String, (String, bool)>> {
        let number = |count: usize| {
            prop::collection::btree_map(
                0..count,
                (any::<prop::sample::Index>(), any::<bool>()),
                0..count,
            )
        };
        number(24).prop_map(|chosen| {
            let entry = |(at, (value, comment)): (usize, (prop::sample::Index, bool))| {
                let key = keys[at % keys.len()];
                let key = if at < keys.len() { key.to_owned() } else { format!("d{at}.example") };
                (key, ((*value.get(values)).to_owned(), comment))
            };
            chosen.into_iter().map(entry).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn texts_compare_as_their_entries_do(
            transport in any_map(
                &["*", ".a.example", "a.example", "b.a.example"],
                &["smtp:[x]", "smtp:[y],a.example", "smtp:a.example", "relay:"],
            ),
            tls_policy in any_map(
                &[".a.example", "[x]", "[y]", "a.example", "zürich.example"],
                &["may", "secure match=x", "dane-only", "secur"],
            ),
            changes in prop::collection::vec((any::<bool>(), any::<prop::sample::Index>(), 0..3u8), 0..6),
            raised in any::<bool>(),
        ) {
            let mut after = [transport.clone(), tls_policy.clone()];
            for (map, at, how) in changes {
                let map = &mut after[usize::from(map)];
                let Some(key) = (!map.is_empty()).then(|| at.get(&map.keys().cloned().collect::<Vec<_>>()).clone()) else { continue };
                match how {
                    0 => drop(map.remove(&key)),
                    1 => drop(map.insert(format!("{key}.new"), map[&key].clone())),
                    _ => map.get_mut(&key).unwrap().0.push_str(".example"),
                }
            }
            let before = [text(&transport, "before"), text(&tls_policy, "before")];
            let after = after.map(|map| text(&map, "after, and longer"));
            let levels = [SecurityLevel::May, if raised { SecurityLevel::Encrypt } else { SecurityLevel::May }];
            let settings = levels.map(|level| Settings::new(Version::series(3, 7), level));
            let tables = Tables::default();
            let read_before = before.each_ref().map(|text| read(text.as_bytes()));
            let read_after = after.each_ref().map(|text| read(text.as_bytes()));
            let read = compare(
                Maps { transport: &read_before[0], tls_policy: &read_before[1], settings: &settings[0] },
                [Owner::Ours; 2],
                Maps { transport: &read_after[0], tls_policy: &read_after[1], settings: &settings[1] },
                &tables,
                Unmanaged::Keep,
            );
            let entries = read_after.each_ref().map(|map| map.entries.len());
            let texts = [&before, &after].map(|texts| texts.each_ref().map(String::as_str));
            let sealed = compare_sealed(
                (texts[0], &settings[0]), (texts[1], &settings[1]), entries, &tables, Unmanaged::Keep,
            );
            // What is not plain is left to the other way.
            if let Some(sealed) = sealed {
                prop_assert_eq!(sealed, read.diff);
            } else {
                prop_assert!(before[1].contains("ü") || after[1].contains("ü"));
            }
        }
    }

    #[test]
    fn lines_that_mxward_would_not_have_written_so_are_left_to_the_other_way() {
        let settings = Settings::new(Version::series(3, 7), SecurityLevel::May);
        let tables = Tables::default();
        let after = ["a.example smtp:[x]\nc.example smtp:[x]\n", ""];
        let compared = |transport: &str| {
            let before = ([transport, ""], &settings);
            compare_sealed(before, (after, &settings), [2, 0], &tables, Unmanaged::Keep)
        };
        assert!(compared("a.example smtp:[x]\nb.example smtp:[x]\n").is_some());
        for transport in [
            "b.example smtp:[y]\na.example smtp:[x]\nc.example smtp:[x]\n",
            "a.example smtp:[x]\nc.example smtp:[x]\nb.example smtp:[y]\n",
            "a.example smtp:[x]\n a.example\nc.example smtp:[x]\n",
            "a.example smtp:[x]\nB.example smtp:[x]\nc.example smtp:[x]\n",
            "a.example smtp:[x]\na.example smtp:[y]\nc.example smtp:[x]\n",
            "a.example smtp:[x]\nb.example\nc.example smtp:[x]\n",
        ] {
            assert!(compared(transport).is_none(), "{transport}");
        }
    }
}
