//! Compares the maps of two sides.

use super::affected::affected;
use super::dead::dead;
use super::describe::describe;
use super::drift::drift;
use super::map_comparison::{ComparedMap, Pair};
use super::overruled::overruled;
use super::side::{Difference, Entries, Numbered, Side, Table, differences, find};
use super::{Cause, DeployedLine, Diff, Group, MapDiff, Maps, Owner};
use crate::formats::MapEntry;
use crate::model::Unmanaged;
use crate::postfix::{Delivery, Effect, Outcome, Settings};
use crate::tables::{Origin, Rows};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Both sides of a comparison, and what differs.
#[derive(Debug)]
pub(crate) struct Compared<'a> {
    /// What is deployed.
    pub(crate) before: Side<'a>,
    /// What will be there, foreign entries that stay included.
    pub(crate) after: Side<'a>,
    /// The difference.
    pub(crate) diff: Diff,
}

impl Compared<'_> {
    /// Whether anything is deployed.
    pub(crate) fn has_entries(&self) -> bool {
        !(self.before.transport.is_empty() && self.before.tls_policy.is_empty())
    }
}

/// Compares what is there with what is compiled, and judges every recipient that sees a difference.
///
/// Foreign entries stay, unless `unmanaged` says otherwise: they are part of what will be there, so
/// that their effect is judged too. `tables` tells the places of what is compiled.
pub(crate) fn compare<'a>(
    before: Maps<'a>,
    owner: [Owner<'a>; 2],
    after: Maps<'a>,
    tables: &impl Rows,
    unmanaged: Unmanaged,
) -> Compared<'a> {
    let deployed = side(before);
    let mut wanted = side(after);
    let keep = unmanaged != Unmanaged::Remove;
    let mut transport = map_diff(&deployed.transport, &wanted.transport, owner[0], keep);
    let mut tls_policy = map_diff(&deployed.tls_policy, &wanted.tls_policy, owner[1], keep);
    keep_foreign(&mut wanted.transport, &deployed.transport, &transport);
    keep_foreign(&mut wanted.tls_policy, &deployed.tls_policy, &tls_policy);
    transport.ignored.clone_from(&before.transport.ignored);
    tls_policy.ignored.clone_from(&before.tls_policy.ignored);
    if owner[1] != Owner::Ours {
        tls_policy.dead = dead(&deployed);
    }
    let changed_transport = differences(&deployed.transport, &wanted.transport);
    let changed_policy = differences(&deployed.tls_policy, &wanted.tls_policy);
    count(&mut transport, &changed_transport, wanted.transport.len());
    count(&mut tls_policy, &changed_policy, wanted.tls_policy.len());
    let groups = groups(&deployed, &wanted, &changed_transport, &changed_policy, tables);
    let overruled = overruled(&side(after), &wanted);
    let diff = Diff { transport, tls_policy, groups, overruled };
    Compared { before: deployed, after: wanted, diff }
}

/// As [`compare`], for maps that mxward wrote and nobody has changed, compared while they were made anew.
/// What is compiled has so many `entries`.
pub(crate) fn compare_sealed(
    maps: &[ComparedMap<'_>; 2],
    [old, new]: [&Settings; 2],
    entries: [usize; 2],
    tables: &impl Rows,
    unmanaged: Unmanaged,
) -> Diff {
    let [transport, tls_policy] = maps.each_ref().map(ComparedMap::before);
    let before = Side { transport, tls_policy, settings: old };
    let [transport, tls_policy] = maps;
    let after = Side { transport, tls_policy, settings: new };
    let pairs = maps.each_ref().map(ComparedMap::differences);
    let differences = pairs.each_ref().map(|it| changed(it));
    let keeps_foreign = unmanaged != Unmanaged::Remove;
    let [transport, tls_policy] = [0, 1].map(|at| {
        let mut map = MapDiff { keeps_foreign, ..MapDiff::default() };
        count(&mut map, &differences[at], entries[at]);
        map
    });
    let groups = groups(&before, &after, &differences[0], &differences[1], tables);
    Diff { transport, tls_policy, groups, overruled: Vec::new() }
}

fn changed<'p>(pairs: &'p [Pair<'p>]) -> Vec<Difference<'p>> {
    let difference = |[before, after]: &'p Pair<'p>| {
        let (before, after) = (before.as_ref(), after.as_ref());
        Some(Difference { key: &before.or(after)?.key, before, after })
    };
    pairs.iter().filter_map(difference).collect()
}

/// Judges every recipient that the differences can matter to.
fn groups<B: Numbered, A: Table>(
    before: &Side<'_, B>,
    after: &Side<'_, A>,
    transport: &[Difference<'_>],
    tls_policy: &[Difference<'_>],
    tables: &impl Rows,
) -> Vec<Group> {
    let mut grouping = Grouping { before, tables, groups: BTreeMap::new() };
    for recipient in affected(before, after, transport, tls_policy) {
        let domain = recipient.example();
        let (old, new) = (before.deliver(&domain), after.deliver(&domain));
        if !old.outcome.treats_alike(&new.outcome) {
            grouping.add(recipient.to_string(), &domain, &old, &new);
        }
    }
    grouping.groups.into_values().collect()
}

/// The entries of two maps as they are.
fn side(maps: Maps<'_>) -> Side<'_> {
    Side {
        transport: Entries::Borrowed(&maps.transport.entries),
        tls_policy: Entries::Borrowed(&maps.tls_policy.entries),
        settings: maps.settings,
    }
}

/// Tells apart what is ours, adopted and foreign.
fn map_diff(
    deployed: &[MapEntry<'_>],
    compiled: &[MapEntry<'_>],
    owner: Owner<'_>,
    keep: bool,
) -> MapDiff {
    let mut map = MapDiff { keeps_foreign: keep, ..MapDiff::default() };
    let applied = match owner {
        Owner::Ours => return map,
        Owner::Applied(applied) => applied.entries.as_slice(),
        Owner::Unknown => &[],
    };
    for entry in deployed {
        match (find(applied, &entry.key).is_some(), find(compiled, &entry.key).is_some()) {
            (true, _) => {}
            (false, true) => map.adopted += 1,
            (false, false) => map.foreign.push(DeployedLine::from(entry)),
        }
    }
    map.foreign.sort();
    map.drift = drift(applied, deployed, compiled);
    map
}

/// Adds the foreign entries that stay to what is wanted.
fn keep_foreign<'a>(wanted: &mut Entries<'a>, deployed: &[MapEntry<'a>], map: &MapDiff) {
    if !map.keeps_foreign || map.foreign.is_empty() {
        return;
    }
    let kept = map.foreign.iter().filter_map(|foreign| find(deployed, &foreign.key)).cloned();
    let wanted = wanted.to_mut();
    wanted.extend(kept);
    wanted.sort_unstable_by(|a, b| a.key.cmp(&b.key));
}

fn count(map: &mut MapDiff, differences: &[Difference<'_>], wanted: usize) {
    for difference in differences {
        match (difference.before, difference.after) {
            (None, _) => map.added += 1,
            (Some(_), None) => map.removed += 1,
            (Some(_), Some(_)) => map.changed += 1,
        }
    }
    let foreign = if map.keeps_foreign { map.foreign.len() } else { 0 };
    map.unchanged = wanted - map.added - map.changed - foreign;
}

/// The order is that of the report: worst first, then by template, then by what happens.
type Key = (Effect, Option<Arc<str>>, String, String);

struct Grouping<'a, T, R> {
    before: &'a Side<'a, T>,
    tables: &'a R,
    groups: BTreeMap<Key, Group>,
}

impl<T: Numbered, R: Rows> Grouping<'_, T, R> {
    fn add(&mut self, name: String, domain: &str, old: &Delivery, new: &Delivery) {
        let effect = Effect::between(old, new);
        let origin = self.origin(domain, new);
        let template = origin.as_ref().and_then(|it| it.template.clone());
        let (before, after) = (describe(old), describe(new));
        let (old_addresses, new_addresses) = (addresses(old), addresses(new));
        let key = (effect, template.clone(), before.clone(), after.clone());
        let group = self.groups.entry(key).or_insert_with(|| Group {
            effect,
            template,
            before,
            after,
            recipients: Vec::new(),
            new_addresses: BTreeSet::new(),
            old_addresses: BTreeSet::new(),
            cause: cause(self.before, origin.as_ref(), domain),
        });
        let added = new_addresses.difference(&old_addresses).map(|it| (*it).to_owned());
        let removed = old_addresses.difference(&new_addresses).map(|it| (*it).to_owned());
        group.new_addresses.extend(added);
        group.old_addresses.extend(removed);
        group.recipients.push(name);
    }

    /// The declaration that decides about a delivery, if one does.
    fn origin(&self, domain: &str, delivery: &Delivery) -> Option<Origin> {
        let tables = self.tables;
        let own = tables.transport_origin(domain).or_else(|| tables.policy_origin(domain));
        own.or_else(|| tables.transport_origin(delivery.transport_key.as_deref()?)).or_else(|| {
            let Outcome::Smtp { hops, .. } = &delivery.outcome else { return None };
            let mut keys = hops.iter().filter_map(|hop| hop.policy_key.as_deref());
            keys.find_map(|key| tables.policy_origin(key))
        })
    }
}

fn cause<T: Numbered>(before: &Side<'_, T>, origin: Option<&Origin>, domain: &str) -> Cause {
    match origin {
        Some(origin) => Cause::Declared(origin.span),
        None => match (before.transport.line(domain), before.tls_policy.line(domain)) {
            (Some(line), _) => Cause::Deployed("transport", line),
            (None, Some(line)) => Cause::Deployed("tls_policy", line),
            (None, None) => Cause::Settings,
        },
    }
}

/// The next hops of a delivery that are addresses.
fn addresses(delivery: &Delivery) -> BTreeSet<&str> {
    match &delivery.outcome {
        Outcome::Smtp { hops, .. } => hops
            .iter()
            .filter(|hop| hop.next_hop.is_address())
            .map(|hop| hop.next_hop.host_part())
            .collect(),
        Outcome::Other(_) | Outcome::Fatal(_) => BTreeSet::new(),
    }
}
