//! A map in the making, compared with the one that is there.

use super::sealed_text::{Lines, SealedText, common_lines, count_lines};
use super::side::Table;
use crate::emit::Sink;
use crate::formats::MapEntry;
use crate::formats::postmap_text::plain_line;
use crate::names::sort_prefix;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

/// Takes a map piece by piece, each of whole lines, and keeps only what the other text does not have: of a
/// long map nearly nothing.
#[derive(Debug)]
pub(crate) struct MapComparison<'a> {
    old: Lines<'a>,
    /// The last key of the old text that was looked at.
    last: &'a str,
    map: ComparedMap<'a>,
    /// How many lines the pieces before had.
    lines: u32,
    /// Whether some line needs a closer look.
    is_odd: bool,
}

/// A map that was compared with an older one.
#[derive(Debug)]
pub(crate) struct ComparedMap<'a> {
    before: &'a str,
    /// Its lines that the older one does not have.
    own: String,
    /// Its lines, but for comments that the older one does not have, and for parts that are only comments;
    /// with the [`sort_prefix`] of the first key.
    parts: Vec<(u64, Part)>,
    /// The lines that differ, sorted by key.
    pairs: Vec<(Option<MapEntry<'a>>, Option<OwnLine>)>,
}

/// Lines that follow each other.
#[derive(Debug)]
enum Part {
    Older(Range<usize>),
    Own(Range<usize>),
}

/// A line of its own, without its end, and its number.
#[derive(Debug)]
struct OwnLine {
    range: Range<usize>,
    number: u32,
}

/// The entry of a key on each side; at least one is there, and they say different things.
pub(super) type Pair<'m> = [Option<MapEntry<'m>>; 2];

impl<'a> MapComparison<'a> {
    /// Compares with what mxward wrote before.
    pub(crate) fn new(before: &'a str) -> Self {
        let map = ComparedMap { before, own: String::new(), parts: Vec::new(), pairs: Vec::new() };
        Self { old: Lines::new(before), last: "", map, lines: 0, is_odd: false }
    }

    /// The map as a whole; `None` when a line needs a closer look.
    ///
    /// What is added was just made. The text before may come from another version of mxward, so its lines
    /// that differ must be plain and in order. Those that are alike are, since they were made again.
    pub(crate) fn finish(mut self) -> Option<ComparedMap<'a>> {
        while !self.is_odd && !self.old.rest().is_empty() {
            if !self.old.skip_comment() {
                self.is_odd = self.pair(true, None).is_none();
            }
        }
        (!self.is_odd).then_some(self.map)
    }

    /// Goes through a piece; `None` when a line needs a closer look.
    fn compare(&mut self, piece: &str) -> Option<()> {
        let mut new = Lines::new(piece);
        while !new.rest().is_empty() {
            let alike = common_lines(self.old.rest(), new.rest());
            if alike > 0 {
                let start = self.old.at;
                let lines = SealedText::new(&self.old.rest()[..alike]);
                (self.old.at, new.at) = (start + alike, new.at + alike);
                if let (Some(first), Some(last)) = (lines.first_key(), lines.last_key()) {
                    if !self.last.is_empty() && first <= self.last {
                        return None;
                    }
                    self.last = last;
                    self.map.keep(first, start..self.old.at);
                }
            }
            if self.old.skip_comment() || new.skip_comment() {
                continue;
            }
            let order = match (self.old.key(), new.key()) {
                (_, None) => continue,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => old.cmp(new),
            };
            let own = if order.is_ge() {
                let start = new.at;
                let number = self.lines + new.entry()?.line;
                Some((&piece[start..new.at], number))
            } else {
                None
            };
            self.pair(order.is_le(), own)?;
        }
        self.lines += count_lines(piece);
        Some(())
    }

    /// Keeps the next line of the old text, a line that is new, or both under one key; `None` when the old
    /// one needs a closer look.
    fn pair(&mut self, has_old: bool, own: Option<(&str, u32)>) -> Option<()> {
        let old = if has_old {
            let entry = self.old.entry()?;
            let Cow::Borrowed(key) = entry.key else { return None };
            if key <= self.last {
                return None;
            }
            self.last = key;
            Some(entry)
        } else {
            None
        };
        let own = own.map(|(line, number)| self.map.add(line, number));
        self.map.pairs.push((old, own));
        Some(())
    }
}

impl Sink for MapComparison<'_> {
    fn add(&mut self, piece: &str) {
        self.is_odd = self.is_odd || self.compare(piece).is_none();
    }

    fn overwrite(&mut self, _at: usize, _piece: &str) {}

    /// Nobody will ask whether it was edited, and the digest of a long map takes as long as much of the
    /// rest.
    fn is_sealed(&self) -> bool {
        false
    }
}

impl ComparedMap<'_> {
    /// Adds lines that the older text has too.
    fn keep(&mut self, first: &str, lines: Range<usize>) {
        match self.parts.last_mut() {
            Some((_, Part::Older(part))) if part.end == lines.start => part.end = lines.end,
            _ => self.parts.push((sort_prefix(first), Part::Older(lines))),
        }
    }

    /// Adds a line with its end that the older text does not have.
    fn add(&mut self, line: &str, number: u32) -> OwnLine {
        let start = self.own.len();
        self.own.push_str(line);
        let range = start..self.own.len();
        if let Some((_, Part::Own(part))) = self.parts.last_mut() {
            part.end = range.end;
        } else {
            let first = Lines::new(line).key().unwrap_or_default();
            self.parts.push((sort_prefix(first), Part::Own(range.clone())));
        }
        OwnLine { range, number }
    }

    fn text(&self, part: &Part) -> SealedText<'_> {
        SealedText::new(match part {
            Part::Older(range) => &self.before[range.clone()],
            Part::Own(range) => &self.own[range.clone()],
        })
    }

    /// What it is compared with.
    pub(super) fn before(&self) -> SealedText<'_> {
        SealedText::new(self.before)
    }

    /// The entries that differ, sorted by key.
    pub(super) fn differences(&self) -> Vec<Pair<'_>> {
        let own = |line: &OwnLine| {
            let (key, value) = plain_line(&self.own[line.range.clone()])?;
            Some(MapEntry { key: key.into(), value: value.into(), line: line.number })
        };
        self.pairs.iter().map(|(old, new)| [old.clone(), new.as_ref().and_then(own)]).collect()
    }
}

impl Table for ComparedMap<'_> {
    fn value(&self, key: &str) -> Option<&str> {
        let wanted = sort_prefix(key);
        let starts_before = |(first, part): &(u64, Part)| {
            *first < wanted
                || (*first == wanted
                    && self.text(part).first_key().is_some_and(|first| first <= key))
        };
        let after = self.parts.partition_point(starts_before);
        self.text(&self.parts.get(after.checked_sub(1)?)?.1).get(key)
    }

    fn each(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parts.iter().flat_map(|(_, part)| self.text(part).entries())
    }
}

#[cfg(test)]
mod tests {
    use super::{ComparedMap, MapComparison};
    use crate::diff::{Maps, Owner, compare, compare_sealed};
    use crate::emit::Sink as _;
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

    /// Compares a text with one that comes in pieces of some lines; a comment stays with its entry.
    fn compared<'a>(before: &'a str, after: &str, lines: usize) -> Option<ComparedMap<'a>> {
        let mut comparison = MapComparison::new(before);
        let (mut piece, mut count) = (String::new(), 0);
        for line in after.split_inclusive('\n') {
            piece.push_str(line);
            count += 1;
            if count >= lines && !line.starts_with('#') {
                comparison.add(&piece);
                (piece, count) = (String::new(), 0);
            }
        }
        comparison.add(&piece);
        comparison.finish()
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
            lines in 1..9usize,
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
            let maps = [0, 1].map(|at: usize| compared(&before[at], &after[at], lines));
            let sealed = if let [Some(transport), Some(tls_policy)] = maps {
                let settings = settings.each_ref();
                let maps = [transport, tls_policy];
                Some(compare_sealed(&maps, settings, entries, &tables, Unmanaged::Keep))
            } else {
                None
            };
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
        let is_plain = |before: &str| {
            compared(before, "a.example smtp:[x]\nc.example smtp:[x]\n", 9).is_some()
        };
        assert!(is_plain("a.example smtp:[x]\nb.example smtp:[x]\n"));
        for transport in [
            "b.example smtp:[y]\na.example smtp:[x]\nc.example smtp:[x]\n",
            "a.example smtp:[x]\nc.example smtp:[x]\nb.example smtp:[y]\n",
            "a.example smtp:[x]\n a.example\nc.example smtp:[x]\n",
            "a.example smtp:[x]\nB.example smtp:[x]\nc.example smtp:[x]\n",
            "a.example smtp:[x]\na.example smtp:[y]\nc.example smtp:[x]\n",
            "a.example smtp:[x]\nb.example\nc.example smtp:[x]\n",
        ] {
            assert!(!is_plain(transport), "{transport}");
        }
    }
}
