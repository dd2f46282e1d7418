//! Who is concerned by something.

use super::target_view::TargetView;
use crate::diag::thousands;
use crate::expand::{Destination, Destinations};
use crate::resolve::Resolved;
use std::collections::BTreeMap;

/// How many destinations there are, and the one that is written first.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Users {
    pub(super) count: usize,
    /// Index into [`Destinations::list`].
    first: Option<usize>,
}

impl Users {
    /// One destination.
    pub(super) fn one(at: usize) -> Self {
        Self { count: 1, first: Some(at) }
    }

    /// Adds others.
    pub(super) fn add(&mut self, other: Self, list: &[Destination]) {
        self.count += other.count;
        self.first = match (self.first, other.first) {
            (Some(mine), Some(theirs)) if list[theirs].span < list[mine].span => Some(theirs),
            (None, theirs) => theirs,
            (mine, _) => mine,
        };
    }

    /// The destination that is written first.
    pub(super) fn first(self, list: &[Destination]) -> Option<&Destination> {
        self.first.map(|at| &list[at])
    }

    /// The users of each plan among the destinations that `takes` accepts.
    pub(super) fn of_plans(
        destinations: &Destinations<Resolved>,
        takes: impl Fn(&Destination) -> bool,
    ) -> Vec<Self> {
        let mut users = vec![Self::default(); destinations.plans.len()];
        for (at, destination) in destinations.list.iter().enumerate() {
            if takes(destination) {
                users[destination.plan as usize].add(Self::one(at), &destinations.list);
            }
        }
        users
    }
}

/// Findings that are one for the reader, with everybody they concern.
///
/// A repository of a million domains says a few hundred things: findings are made for what is said.
pub(super) struct Groups<'a, K> {
    list: &'a [Destination],
    groups: BTreeMap<K, Users>,
}

impl<'a, K: Ord> Groups<'a, K> {
    /// No groups; `list` is what the users are an index of.
    pub(super) fn new(list: &'a [Destination]) -> Self {
        Self { list, groups: BTreeMap::new() }
    }

    /// Adds users to a group.
    pub(super) fn add(&mut self, key: K, users: Users) {
        self.groups.entry(key).or_default().add(users, self.list);
    }
}

impl<K: Ord> IntoIterator for Groups<'_, K> {
    type Item = (K, Users);
    type IntoIter = std::collections::btree_map::IntoIter<K, Users>;

    fn into_iter(self) -> Self::IntoIter {
        self.groups.into_iter()
    }
}

/// [`Groups`] of findings that compare something with the level of targets.
pub(super) struct GroupsByTarget<'a, K> {
    groups: Groups<'a, K>,
    levels: BTreeMap<K, Vec<String>>,
}

impl<'a, K: Ord + Clone> GroupsByTarget<'a, K> {
    /// No groups.
    pub(super) fn new(list: &'a [Destination]) -> Self {
        Self { groups: Groups::new(list), levels: BTreeMap::new() }
    }

    /// Adds users of a target. Who is on several targets is counted once: those of the first target
    /// stand for all.
    pub(super) fn add(&mut self, key: K, users: Users, target: &TargetView<'_>) {
        let level = target.target.security_level.value;
        let level = format!("`{level}` on `{}`", target.name());
        let levels = self.levels.entry(key.clone()).or_default();
        if levels.is_empty() || levels[0] == level {
            self.groups.add(key, users);
        }
        if !levels.contains(&level) {
            levels.push(level);
        }
    }
}

impl<K: Ord> IntoIterator for GroupsByTarget<'_, K> {
    /// The key, the users, and the levels of the targets in words: `dane` on `mx`, `may` on `mta`.
    type Item = (K, Users, String);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        // Both maps have the same keys.
        let groups = self.groups.groups.into_iter().zip(self.levels.into_values());
        let list: Vec<_> =
            groups.map(|((key, users), levels)| (key, users, words(&levels))).collect();
        list.into_iter()
    }
}

/// The first three, and how many there are more.
fn words(levels: &[String]) -> String {
    let shown = if levels.len() > 4 { 3 } else { levels.len() };
    format!("{}{}", levels[..shown].join(", "), and_more(levels.len() - shown + 1))
}

/// What follows the name of one of `count` things: nothing, or ` and 3 more`.
pub(super) fn and_more(count: usize) -> String {
    if count > 1 { format!(" and {} more", thousands(count - 1)) } else { String::new() }
}
