//! What stops a plan from being applied.

use super::protect::Protect;
use crate::diff::{Compared, find};
use crate::formats::MapEntry;
use crate::lock::{AddressFact, Lock};
use crate::model::LockSettings;
use crate::postfix::{Delivery, Effect, NextHop, Outcome, words};
use crate::report::{counted, some_of, thousands};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// More than this share of a target's domains is never changed at once, in percent.
const SHARE: u8 = 30;

/// A share of fewer domains says nothing.
const FEW: usize = 10;

/// What people have agreed to, for one run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Allowed {
    /// By the name of a guard: at most so many; `None` is any number.
    limits: BTreeMap<&'static str, Option<usize>>,
}

/// The guards that `--allow` can open, with what each counts.
pub const GUARDS: &[(&str, &str)] = &[
    ("breaks", "domains whose mail would wait or return"),
    ("weaker", "domains with less security"),
    ("different", "domains with another trust root or otherwise incomparable"),
    ("foreign", "entries that are not ours and would go"),
    ("share", "percent of a target's domains with an effect"),
    ("addresses", "domains that would lose all their addresses at once"),
    ("empty", "maps that would lose all entries"),
    ("stale-lock", "days since the lock was confirmed"),
    ("probe", "next hops whose servers would not take the mail"),
];

impl Allowed {
    /// Reads `weaker` or `weaker=3`.
    ///
    /// # Errors
    ///
    /// What is wrong, in a phrase.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let (name, limit) = match text.split_once('=') {
            Some((name, limit)) => {
                let number = limit.parse().map_err(|_| format!("`{limit}` is not a number"))?;
                (name, Some(number))
            }
            None => (text, None),
        };
        let Some((name, _)) = GUARDS.iter().find(|(guard, _)| *guard == name) else {
            let names: Vec<&str> = GUARDS.iter().map(|(name, _)| *name).collect();
            return Err(format!("no guard named `{name}`: use {}", names.join(", ")));
        };
        self.limits.insert(name, limit);
        Ok(())
    }

    /// Whether so many are agreed to.
    pub(crate) fn allows(&self, guard: &str, count: usize) -> bool {
        match self.limits.get(guard) {
            None => false,
            Some(None) => true,
            Some(Some(limit)) => count <= *limit,
        }
    }
}

/// A guard that stops a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The name of the guard; `protect` for protect.yaml.
    pub guard: &'static str,
    /// The target.
    pub target: String,
    /// What is the matter, with counts.
    pub message: String,
    /// The exact flag that would let it pass; `None` when nothing on the command line does.
    pub flag: Option<String>,
}

/// What the guards look at for one target.
pub(crate) struct Guarded<'g, 'a> {
    /// The target's name.
    pub(crate) target: &'g str,
    /// Both sides.
    pub(crate) compared: &'g Compared<'a>,
}

impl Guarded<'_, '_> {
    /// How many domains the target has: those with an entry in either map.
    fn domains(&self) -> usize {
        let after = &self.compared.after;
        let is_domain = |key: &str| !key.contains(['[', ':', '@', '*']);
        let policies = after.tls_policy.iter().filter(|line| is_domain(&line.key)).count();
        let only_routed = |key: &str| find(&after.tls_policy, key).is_none() && is_domain(key);
        policies + after.transport.iter().filter(|line| only_routed(&line.key)).count()
    }

    /// For each fact of the lock that our pins rest on, the last day on which it was confirmed.
    fn confirmed(&self, lock: &Lock) -> Vec<Option<Date>> {
        let Compared { after, diff, .. } = self.compared;
        let foreign: BTreeSet<&str> = diff.transport.foreign.iter().map(|it| &*it.key).collect();
        let ours = after.transport.iter().filter(|line| !foreign.contains(&*line.key));
        let (mut domains, mut addresses) = (BTreeSet::new(), BTreeSet::new());
        for line in ours {
            let found = pinned(line);
            if !found.is_empty() {
                domains.insert(&*line.key);
                addresses.extend(found);
            }
        }
        let is_pinned = |it: &AddressFact| addresses.contains(&it.address);
        let hosts = lock.hosts.values().filter(|host| host.addresses.iter().any(is_pinned));
        let domains = lock.domains.iter().filter(|(name, _)| domains.contains(name.as_str()));
        let marks =
            hosts.map(|it| it.stale.as_ref()).chain(domains.map(|(_, it)| it.stale.as_deref()));
        marks.map(|stale| lock.confirmed(stale)).collect()
    }
}

/// The addresses that an entry sends mail to.
fn pinned(line: &MapEntry<'_>) -> Vec<IpAddr> {
    let Some(list) = line.value.strip_prefix("smtp:") else { return Vec::new() };
    let hops = words(list).filter_map(|hop| NextHop::parse(hop).ok());
    hops.filter_map(|hop| hop.host_part().parse().ok()).collect()
}

/// Checks one target against all guards.
pub(crate) fn refusals(
    guarded: &Guarded<'_, '_>,
    allowed: &Allowed,
    protect: &Protect,
    lock: (&Lock, &LockSettings),
    today: Date,
) -> Vec<Refusal> {
    let mut list = Vec::new();
    let diff = &guarded.compared.diff;
    let target = guarded.target;
    let mut refuse = |guard: &'static str, count: usize, message: String| {
        if count > 0 && !allowed.allows(guard, count) {
            let flag = Some(match guard {
                "empty" | "stale-lock" => format!("--allow {guard}"),
                _ => format!("--allow {guard}={count}"),
            });
            list.push(Refusal { guard, target: target.to_owned(), message, flag });
        }
    };
    for (effect, guard, what) in [
        (Effect::Breaks, "breaks", "would not get their mail any more"),
        (Effect::Weaker, "weaker", "would be less safe than now"),
        (
            Effect::Different,
            "different",
            "would be treated in a way that is neither safer nor less safe",
        ),
    ] {
        let waived = |name: &&String| protect.waives(guard, name, today);
        let of_effect = diff.groups.iter().filter(|group| group.effect == effect);
        let names: Vec<&String> =
            of_effect.flat_map(|group| &group.recipients).filter(|name| !waived(name)).collect();
        let shown = some_of(names.iter().map(|name| name.as_str()), 3);
        let message = format!("{} {what}: {shown}", counted(names.len(), "domain"));
        refuse(guard, names.len(), message);
    }
    let touched: usize = diff
        .groups
        .iter()
        .filter(|group| group.effect != Effect::Neutral)
        .map(|group| group.recipients.len())
        .sum();
    let domains = guarded.domains();
    let limit = usize::from(protect.share.unwrap_or(SHARE));
    let mut share = None;
    if domains >= FEW && touched * 100 > limit * domains && guarded.compared.has_entries() {
        // Rounded up, so that what is over the limit never looks as if it were not.
        let percent = (touched * 100).div_ceil(domains);
        let message = format!(
            "{} of {} domains would change, {percent} %, more than {limit} %",
            thousands(touched),
            thousands(domains)
        );
        match protect.share {
            Some(_) => share = Some(format!("{message} as protect.yaml allows")),
            None => refuse("share", percent, message),
        }
    }
    for (name, map) in [("transport", &diff.transport), ("tls_policy", &diff.tls_policy)] {
        if !map.keeps_foreign && !map.foreign.is_empty() {
            let count = map.foreign.len();
            let message = format!(
                "{} of {name}, written by somebody else, would go",
                counted(count, "entry")
            );
            refuse("foreign", count, message);
        }
    }
    let (before, after) = (&guarded.compared.before, &guarded.compared.after);
    for (name, old, new) in [
        ("transport", before.transport.len(), after.transport.len()),
        ("tls_policy", before.tls_policy.len(), after.tls_policy.len()),
    ] {
        if old > 0 && new == 0 {
            let message = format!("{name} would lose all of its {}", counted(old, "entry"));
            refuse("empty", 1, message);
        }
    }
    let lost = lost_addresses(guarded.compared);
    let message = format!(
        "{} would change to other addresses altogether, {} among them",
        counted(lost.len(), "domain"),
        lost.first().map_or("", String::as_str)
    );
    refuse("addresses", lost.len(), message);
    let (lock, settings) = lock;
    match guarded.confirmed(lock).into_iter().min() {
        // Hosts in different time zones may differ by a day.
        Some(Some(day)) if (day - today).get_days() > 1 => {
            let message = format!(
                "addresses that mail is pinned to were confirmed on {day}, a day that is yet to come: run `mxward update`"
            );
            refuse("stale-lock", usize::MAX, message);
        }
        Some(Some(day)) => {
            let days = usize::try_from((today - day).get_days()).unwrap_or_default();
            let message = format!(
                "addresses that mail is pinned to were last confirmed {} ago, more than lock.max_age of {}: run `mxward update`",
                counted(days, "day"),
                settings.max_age
            );
            let is_old = days > usize::from(settings.max_age);
            refuse("stale-lock", if is_old { days } else { 0 }, message);
        }
        Some(None) => refuse(
            "stale-lock",
            usize::MAX,
            "addresses that mail is pinned to were never confirmed: run `mxward update`".to_owned(),
        ),
        None => {}
    }
    list.extend(share.map(|message| Refusal {
        guard: "protect",
        target: target.to_owned(),
        message,
        flag: None,
    }));
    list.extend(protect.refusals(target, guarded.compared, today));
    list
}

/// Domains that have addresses before and after, and none of them in common: a template that points
/// somewhere else altogether, or an answer that should not be believed.
fn lost_addresses(compared: &Compared<'_>) -> Vec<String> {
    let addresses = |delivery: &Delivery| -> BTreeSet<String> {
        let Outcome::Smtp { hops, .. } = &delivery.outcome else { return BTreeSet::new() };
        let hops = hops.iter().filter(|hop| hop.next_hop.is_address());
        hops.map(|hop| hop.next_hop.host_part().to_owned()).collect()
    };
    let mut lost = Vec::new();
    for group in &compared.diff.groups {
        if group.old_addresses.is_empty() || group.new_addresses.is_empty() {
            continue;
        }
        for name in &group.recipients {
            let old = addresses(&compared.before.deliver(name));
            let new = addresses(&compared.after.deliver(name));
            if !old.is_empty() && !new.is_empty() && old.is_disjoint(&new) {
                lost.push(name.clone());
            }
        }
    }
    lost
}
