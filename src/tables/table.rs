//! Sorted tables.

use crate::postfix::{TlsPolicy, Transport};
use crate::source::Span;
use compact_str::CompactString;
use std::sync::Arc;

/// One lookup table: entries sorted by key (bytewise), each key once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table<V> {
    entries: Vec<Entry<V>>,
}

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

/// One entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry<V> {
    /// The lookup key as it stands in the map: lower case, A- or U-labels.
    pub key: CompactString,
    /// The right-hand side.
    pub value: V,
    /// What caused it.
    pub origin: Origin,
}

/// What caused an entry.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Origin {
    /// The declaration.
    pub span: Span,
    /// The name of the template, if one was used.
    pub template: Option<Arc<str>>,
    /// The MX hosts that an address key stands for, for the comment line above it.
    pub hosts: Option<Arc<str>>,
}

/// What is compiled for one target.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tables {
    /// `transport_maps`. [transport(5)]
    pub transport: Table<Transport>,
    /// `smtp_tls_policy_maps`. [postconf(5)]
    pub tls_policy: Table<Arc<TlsPolicy>>,
}

impl<V> Table<V> {
    /// Entries that are sorted by key, each key once.
    pub(super) fn new(entries: Vec<Entry<V>>) -> Self {
        debug_assert!(entries.is_sorted_by(|a, b| a.key < b.key), "entries come sorted");
        Self { entries }
    }

    /// The entries, sorted by key.
    pub fn entries(&self) -> &[Entry<V>] {
        &self.entries
    }

    /// The entry under exactly this key.
    pub fn get(&self, key: &str) -> Option<&Entry<V>> {
        self.position(key).map(|at| &self.entries[at])
    }

    /// Where that entry stands among all.
    pub fn position(&self, key: &str) -> Option<usize> {
        self.entries.binary_search_by(|entry| entry.key.as_str().cmp(key)).ok()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
