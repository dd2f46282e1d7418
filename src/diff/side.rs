//! One side of a comparison.

use crate::formats::MapEntry;
use crate::postfix::{Delivery, Settings, deliver};
use std::ops::Deref;

/// Entries sorted by key: those of a text as they are, or a list of its own.
///
/// `Cow` would tie its lifetime to one place, and sides are compared with parts of others.
#[derive(Clone, Debug)]
pub(crate) enum Entries<'a> {
    /// Those of a text.
    Borrowed(&'a [MapEntry<'a>]),
    /// A list of its own.
    Owned(Vec<MapEntry<'a>>),
}

impl<'a> Entries<'a> {
    /// The list, made one of its own.
    pub(crate) fn to_mut(&mut self) -> &mut Vec<MapEntry<'a>> {
        if let Self::Borrowed(entries) = self {
            *self = Self::Owned(entries.to_vec());
        }
        match self {
            Self::Owned(entries) => entries,
            Self::Borrowed(_) => unreachable!("it was made owned above"),
        }
    }
}

impl<'a> Deref for Entries<'a> {
    type Target = [MapEntry<'a>];

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Borrowed(entries) => entries,
            Self::Owned(entries) => entries,
        }
    }
}

/// A map that can be looked up.
pub(crate) trait Table {
    /// The right-hand side under a key.
    fn value(&self, key: &str) -> Option<&str>;

    /// All keys and right-hand sides, sorted by key.
    fn each(&self) -> impl Iterator<Item = (&str, &str)>;
}

/// A map whose lines have numbers.
pub(crate) trait Numbered: Table {
    /// The number of the line that has a key.
    fn line(&self, key: &str) -> Option<u32>;
}

impl<T: Table> Table for &T {
    fn value(&self, key: &str) -> Option<&str> {
        (**self).value(key)
    }

    fn each(&self) -> impl Iterator<Item = (&str, &str)> {
        (**self).each()
    }
}

impl Table for Entries<'_> {
    fn value(&self, key: &str) -> Option<&str> {
        find(self, key).map(|line| &*line.value)
    }

    fn each(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().map(|line| (&*line.key, &*line.value))
    }
}

impl Numbered for Entries<'_> {
    fn line(&self, key: &str) -> Option<u32> {
        find(self, key).map(|line| line.line)
    }
}

/// Both maps of one side, and how Postfix reads them.
#[derive(Debug)]
pub(crate) struct Side<'a, T = Entries<'a>> {
    pub(crate) transport: T,
    pub(crate) tls_policy: T,
    pub(crate) settings: &'a Settings,
}

impl<T: Table> Side<'_, T> {
    /// What happens with mail for a domain.
    pub(crate) fn deliver(&self, domain: &str) -> Delivery {
        let (transport, tls_policy) = (&self.transport, &self.tls_policy);
        deliver(domain, &|key| transport.value(key), &|key| tls_policy.value(key), self.settings)
    }

    /// The keys of both maps.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.transport.each().chain(self.tls_policy.each()).map(|(key, _)| key)
    }
}

/// The entry under a key.
pub(crate) fn find<'s, 'a>(lines: &'s [MapEntry<'a>], key: &str) -> Option<&'s MapEntry<'a>> {
    lines.binary_search_by(|line| (*line.key).cmp(key)).ok().map(|at| &lines[at])
}

/// One key of which the two sides say different things.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Difference<'a> {
    pub(crate) key: &'a str,
    pub(crate) before: Option<&'a MapEntry<'a>>,
    pub(crate) after: Option<&'a MapEntry<'a>>,
}

/// The keys of which two sorted lists say different things, sorted.
pub(crate) fn differences<'a>(
    before: &'a [MapEntry<'a>],
    after: &'a [MapEntry<'a>],
) -> Vec<Difference<'a>> {
    let mut list = Vec::new();
    if std::ptr::eq(before, after) {
        return list;
    }
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    loop {
        // Of lines that were read beside each other the texts need not be looked at.
        while let (Some(old), Some(new)) = (before.peek(), after.peek())
            && std::ptr::eq(&raw const *old.key, &raw const *new.key)
            && std::ptr::eq(&raw const *old.value, &raw const *new.value)
        {
            before.next();
            after.next();
        }
        let order = match (before.peek(), after.peek()) {
            (None, None) => return list,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(before), Some(after)) => before.key.cmp(&after.key),
        };
        let old = if order.is_le() { before.next() } else { None };
        let new = if order.is_ge() { after.next() } else { None };
        let Some(one) = old.or(new) else { return list };
        if old.map(|line| &line.value) != new.map(|line| &line.value) {
            list.push(Difference { key: &one.key, before: old, after: new });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    type Map = BTreeMap<String, String>;

    fn entries(map: &Map) -> Vec<MapEntry<'_>> {
        let lines = (1..).zip(map).map(|(line, (key, value))| MapEntry {
            key: Cow::Borrowed(key.as_str()),
            value: Cow::Borrowed(value.as_str()),
            line,
        });
        lines.collect()
    }

    fn applied(differences: &[Difference<'_>], map: &Map) -> Map {
        let mut map = map.clone();
        for it in differences {
            assert_eq!(map.get(it.key).map(String::as_str), it.before.map(|it| &*it.value));
            match it.after {
                Some(after) => map.insert(it.key.to_owned(), after.value.to_string()),
                None => map.remove(it.key),
            };
        }
        map
    }

    fn any_map() -> impl Strategy<Value = Map> {
        prop::collection::btree_map("[ab.]{0,3}", "(may|encrypt)", 0..12)
    }

    proptest! {
        #[test]
        fn the_differences_of_two_sides_make_one_of_the_other(a in any_map(), b in any_map()) {
            let (before, after) = (entries(&a), entries(&b));
            let found = differences(&before, &after);
            prop_assert!(found.is_sorted_by(|a, b| a.key < b.key));
            prop_assert!(found.iter().all(|it| it.before.map(|it| &it.value) != it.after.map(|it| &it.value)));
            prop_assert_eq!(applied(&found, &a), b.clone());
            prop_assert_eq!(applied(&differences(&after, &before), &b), a.clone());
            prop_assert!(differences(&before, &entries(&a)).is_empty());
        }
    }
}
