//! Deployed policies that nothing looks up.

use super::DeployedLine;
use super::side::{Side, Table};
use crate::formats::MapEntry;
use crate::postfix::{Outcome, Settings, deliver, policy_keys, words};
use hashbrown::HashSet;
use std::borrow::Cow;

/// The policies of a side that no delivery asks for, sorted by line.
///
/// Postfix asks for each next hop as it is spelt, and for the recipient domain only where mail goes
/// by its MX records: a policy for `gmail.com` is dead when the transport map sends gmail.com to
/// addresses. [postconf(5) `smtp_tls_policy_maps`; Postfix `smtp_tls_policy.c`]
pub(crate) fn dead(side: &Side<'_>) -> Vec<DeployedLine> {
    let used = next_hops(side);
    let keys: HashSet<&str> = side.transport.iter().map(|line| &*line.key).collect();
    let transport = |key: &str| keys.contains(key).then(|| side.transport.value(key)).flatten();
    let asks = |domain: &str, key: &str| asks(domain, key, &transport, side.settings);
    let parents: HashSet<&str> = used.iter().flat_map(|it| parents(it)).collect();
    let is_dead = |line: &&MapEntry<'_>| {
        if used.contains(&*line.key) {
            return false;
        }
        match line.key.strip_prefix('.') {
            // Its subdomains are not known, so one is followed that has no entry of its own.
            Some(_) => {
                !parents.contains(&*line.key)
                    && !asks(&format!("any--subdomain{}", line.key), &line.key)
            }
            None if line.key.contains(['[', ':', '@']) => true,
            None => !asks(&line.key, &line.key),
        }
    };
    let mut dead: Vec<DeployedLine> =
        side.tls_policy.iter().filter(is_dead).map(DeployedLine::from).collect();
    dead.sort();
    dead
}

/// The keys of parents, from the dot on, that may be looked up for a next hop.
fn parents(next_hop: &str) -> impl Iterator<Item = &str> {
    let name = if next_hop.contains(['[', ':']) { "" } else { next_hop };
    name.match_indices('.').map(|(at, _)| &name[at..])
}

/// Whether mail for a domain looks a key up.
fn asks<'t>(
    domain: &str,
    key: &str,
    transport: &impl Fn(&str) -> Option<&'t str>,
    settings: &Settings,
) -> bool {
    // Which policies there are makes no difference to what is asked for.
    let delivery = deliver(domain, transport, &|_| None, settings);
    match delivery.outcome {
        Outcome::Smtp { hops, .. } => {
            hops.iter().any(|hop| policy_keys(&hop.next_hop).any(|asked| asked == key))
        }
        Outcome::Other(_) | Outcome::Fatal(_) => false,
    }
}

/// Every next hop that the transport map and main.cf name, in lower case.
fn next_hops<'a>(side: &'a Side<'_>) -> HashSet<Cow<'a, str>> {
    let relays = side.settings.relayhost.iter().chain(&side.settings.fallback_relay);
    let mut used: HashSet<Cow<'a, str>> =
        relays.map(|relay| Cow::Borrowed(relay.as_str())).collect();
    for line in side.transport.iter() {
        let list = line.value.split_once(':').map_or("", |(_, list)| list);
        if words(list).next().is_none() {
            // Mail goes by the MX records of the recipient domain. [transport(5)]
            used.insert(Cow::Borrowed(&*line.key));
        }
        for next_hop in words(list) {
            used.insert(if next_hop.bytes().any(|byte| byte.is_ascii_uppercase()) {
                Cow::Owned(next_hop.to_lowercase())
            } else {
                Cow::Borrowed(next_hop)
            });
        }
    }
    used
}

impl From<&MapEntry<'_>> for DeployedLine {
    fn from(entry: &MapEntry<'_>) -> Self {
        let MapEntry { key, value, line } = entry;
        Self { line: *line, key: key.clone().into_owned(), value: value.clone().into_owned() }
    }
}
