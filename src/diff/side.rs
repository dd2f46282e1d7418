//! One side of a comparison.

use crate::formats::{MapEntry, MapText};
use crate::postfix::{Delivery, Settings, deliver};

/// Entries sorted by key, whichever text they come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line<'a> {
    /// The lookup key.
    pub key: &'a str,
    /// The right-hand side.
    pub value: &'a str,
    /// The line in the text, from 1.
    pub number: u32,
}

/// Both maps of one side, and how Postfix reads them.
#[derive(Debug)]
pub(crate) struct Side<'a> {
    pub(crate) transport: Vec<Line<'a>>,
    pub(crate) tls_policy: Vec<Line<'a>>,
    pub(crate) settings: &'a Settings,
}

impl Side<'_> {
    /// What happens with mail for a domain.
    pub(crate) fn deliver(&self, domain: &str) -> Delivery {
        deliver(
            domain,
            &|key| find(&self.transport, key).map(|line| line.value),
            &|key| find(&self.tls_policy, key).map(|line| line.value),
            self.settings,
        )
    }
}

/// The entry under a key.
pub(crate) fn find<'a>(lines: &[Line<'a>], key: &str) -> Option<Line<'a>> {
    lines.binary_search_by(|line| line.key.cmp(key)).ok().map(|at| lines[at])
}

/// The entries of a text.
pub(crate) fn lines<'a>(text: &'a MapText<'_>) -> Vec<Line<'a>> {
    let line =
        |entry: &'a MapEntry<'_>| Line { key: &entry.key, value: &entry.value, number: entry.line };
    text.entries.iter().map(line).collect()
}

/// One key of which the two sides say different things.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Difference<'a> {
    pub(crate) key: &'a str,
    pub(crate) before: Option<Line<'a>>,
    pub(crate) after: Option<Line<'a>>,
}

/// The keys of which two sorted lists say different things, sorted.
pub(crate) fn differences<'a>(before: &[Line<'a>], after: &[Line<'a>]) -> Vec<Difference<'a>> {
    let mut list = Vec::new();
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return list,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(before), Some(after)) => before.key.cmp(after.key),
        };
        let old = if order.is_le() { before.next().copied() } else { None };
        let new = if order.is_ge() { after.next().copied() } else { None };
        let Some(one) = old.or(new) else { return list };
        if old.map(|line| line.value) != new.map(|line| line.value) {
            list.push(Difference { key: one.key, before: old, after: new });
        }
    }
}
