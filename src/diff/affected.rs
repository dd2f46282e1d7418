//! Which recipients a difference can matter to.

use super::side::{Difference, Line, Side};
use crate::postfix::{NextHop, Transport, policy_keys};
use hashbrown::HashSet;
use std::collections::BTreeSet;

/// A recipient whose mail may be treated differently.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Recipient {
    /// A domain with an entry of its own.
    Domain(String),
    /// Every subdomain that has no entry of its own; with the leading dot.
    Subdomains(String),
    /// Every domain that no entry covers.
    Others,
}

impl Recipient {
    /// A domain to follow through the maps.
    pub(super) fn example(&self) -> String {
        match self {
            Self::Domain(name) => name.clone(),
            // No label starts with two hyphens, so nobody has an entry for this one.
            Self::Subdomains(dotted) => format!("any--subdomain{dotted}"),
            Self::Others => "any--domain.invalid".to_owned(),
        }
    }
}

impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Domain(name) | Self::Subdomains(name) => f.write_str(name),
            Self::Others => f.write_str("(every other domain)"),
        }
    }
}

/// All recipients that the differences can matter to.
pub(super) fn affected(
    before: &Side<'_>,
    after: &Side<'_>,
    transport: &[Difference<'_>],
    tls_policy: &[Difference<'_>],
) -> BTreeSet<Recipient> {
    let mut found = BTreeSet::new();
    let settings_differ = before.settings != after.settings;
    let mut parents: HashSet<&str> = HashSet::new();
    for difference in transport.iter().chain(tls_policy) {
        match difference.key {
            "*" => {
                found.insert(Recipient::Others);
            }
            key if key.starts_with('.') => {
                found.insert(Recipient::Subdomains(key.to_owned()));
                parents.insert(key);
            }
            key if is_domain(key) => {
                found.insert(Recipient::Domain(key.to_owned()));
                if before.settings.parents_match && !transport.is_empty() {
                    parents.insert(key);
                }
            }
            _ => {}
        }
    }
    let changed: HashSet<&str> = tls_policy.iter().map(|it| it.key).collect();
    let uses = |next_hop: &NextHop| policy_keys(next_hop).any(|key| changed.contains(key));
    for side in [before, after] {
        if !changed.is_empty() {
            for line in &side.transport {
                if uses_changed(line, side, &uses)
                    && let Some(recipient) = recipient(line.key)
                {
                    found.insert(recipient);
                }
            }
        }
        let relays = side.settings.relayhost.iter().chain(&side.settings.fallback_relay);
        if relays.into_iter().any(&uses) {
            found.insert(Recipient::Others);
        }
        if settings_differ || !parents.is_empty() {
            for line in side.transport.iter().chain(&side.tls_policy) {
                if is_domain(line.key) && (settings_differ || below_any(line.key, &parents)) {
                    found.insert(Recipient::Domain(line.key.to_owned()));
                }
            }
        }
    }
    if settings_differ {
        found.insert(Recipient::Others);
    }
    found
}

fn uses_changed(line: &Line<'_>, side: &Side<'_>, uses: &dyn Fn(&NextHop) -> bool) -> bool {
    match Transport::parse_as_postfix(line.value, side.settings.version) {
        Ok(transport) => transport.next_hops.iter().any(uses),
        Err(_) => false,
    }
}

fn recipient(key: &str) -> Option<Recipient> {
    match key {
        "*" => Some(Recipient::Others),
        _ if key.starts_with('.') => Some(Recipient::Subdomains(key.to_owned())),
        _ if is_domain(key) => Some(Recipient::Domain(key.to_owned())),
        _ => None,
    }
}

/// Whether a key can be a recipient domain: no brackets, no port, no address.
fn is_domain(key: &str) -> bool {
    !key.starts_with(['[', '.', '*', '"']) && !key.contains([':', '@', '/'])
}

/// Whether a domain lies below one of the dotted parents.
fn below_any(domain: &str, parents: &HashSet<&str>) -> bool {
    domain
        .match_indices('.')
        .any(|(at, _)| parents.contains(&domain[at..]) || parents.contains(&domain[at + 1..]))
}
