//! One side of a comparison.

use crate::formats::MapEntry;
use crate::postfix::{Delivery, Settings, deliver};
use std::borrow::Cow;

/// Both maps of one side, and how Postfix reads them.
#[derive(Debug)]
pub(super) struct Side<'a> {
    /// Sorted by key, as is the other.
    pub(super) transport: Cow<'a, [MapEntry<'a>]>,
    pub(super) tls_policy: Cow<'a, [MapEntry<'a>]>,
    pub(super) settings: &'a Settings,
}

impl Side<'_> {
    /// What happens with mail for a domain.
    pub(super) fn deliver(&self, domain: &str) -> Delivery {
        deliver(
            domain,
            &|key| find(&self.transport, key).map(|line| &*line.value),
            &|key| find(&self.tls_policy, key).map(|line| &*line.value),
            self.settings,
        )
    }
}

/// The entry under a key.
pub(super) fn find<'s, 'a>(lines: &'s [MapEntry<'a>], key: &str) -> Option<&'s MapEntry<'a>> {
    lines.binary_search_by(|line| (*line.key).cmp(key)).ok().map(|at| &lines[at])
}

/// One key of which the two sides say different things.
#[derive(Clone, Copy, Debug)]
pub(super) struct Difference<'a> {
    pub(super) key: &'a str,
    pub(super) before: Option<&'a MapEntry<'a>>,
    pub(super) after: Option<&'a MapEntry<'a>>,
}

/// The keys of which two sorted lists say different things, sorted.
pub(super) fn differences<'a>(
    before: &'a [MapEntry<'a>],
    after: &'a [MapEntry<'a>],
) -> Vec<Difference<'a>> {
    let mut list = Vec::new();
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    loop {
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
