//! Many right-hand sides of `transport_maps`.

use super::next_hop::NextHop;
use super::transport::{Transport, repeats_service, words};
use super::version::Version;
use hashbrown::HashMap;

/// How many beginnings of lists are kept.
const MOST: usize = 1 << 12;

/// Reads right-hand sides that may be emitted, as [`Transport::parse`] does.
///
/// The lists of pins differ in their last next hop alone, so what stands before it is parsed once.
#[derive(Debug)]
pub struct TransportReader {
    version: Version,
    /// Texts up to the last comma; `None` is no list of next hops by itself.
    heads: HashMap<String, Option<Transport>>,
}

impl TransportReader {
    /// A reader for a version of Postfix.
    pub fn new(version: Version) -> Self {
        Self { version, heads: HashMap::new() }
    }

    /// Whether [`Transport::parse`] gives exactly `meant` for a text.
    pub fn reads_as(&mut self, text: &str, meant: &Transport) -> bool {
        let version = self.version;
        if let Some((head, last)) = text.rsplit_once(',')
            && words(last).next() == Some(last)
            && let Some((meant_last, meant_before)) = meant.next_hops.split_last()
            && let Some(before) = self.head(head)
        {
            return version.at_least(3, 5)
                && (&before.service, before.next_hops.as_slice(), &before.text)
                    == (&meant.service, meant_before, &meant.text)
                && !repeats_service(&meant.service, last)
                && NextHop::parse(last).is_ok_and(|read| read == *meant_last);
        }
        Transport::parse(text, version).is_ok_and(|read| read == *meant)
    }

    /// What stands before the last comma, when that is a list of next hops by itself.
    fn head(&mut self, head: &str) -> Option<&Transport> {
        if !self.heads.contains_key(head) {
            if self.heads.len() == MOST {
                return None;
            }
            let read = Transport::parse(head, self.version).ok();
            self.heads.insert(head.to_owned(), read.filter(|it| !it.next_hops.is_empty()));
        }
        self.heads.get(head)?.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_list_is_read_as_the_whole_of_it_is(
            texts in prop::collection::vec("(smtp|error|smt p)?:?((\\[a\\]|[ab]|smtp:b|\\[192\\.0\\.2\\.1\\]| )?,?){0,4}", 1..6),
            old in any::<bool>()
        ) {
            let version = Version { major: 3, minor: if old { 4 } else { 7 }, patch: None };
            let mut reader = TransportReader::new(version);
            for text in &texts {
                let read = Transport::parse(text, version);
                for meant in texts.iter().filter_map(|it| Transport::parse(it, Version::NEWEST).ok()) {
                    prop_assert_eq!(reader.reads_as(text, &meant), read.as_ref() == Ok(&meant));
                }
            }
        }
    }
}
