//! Deployed policies that nothing looks up.

use super::DeployedLine;
use super::side::Side;
use crate::formats::MapEntry;
use crate::postfix::{Outcome, policy_keys, words};
use hashbrown::HashSet;
use std::borrow::Cow;

/// The policies of a side that no delivery asks for, sorted by line.
///
/// Postfix asks for each next hop as it is spelt, and for the recipient domain only where mail goes
/// by its MX records: a policy for `gmail.com` is dead when the transport map sends gmail.com to
/// addresses. [postconf(5) `smtp_tls_policy_maps`; Postfix `smtp_tls_policy.c`]
pub(crate) fn dead(side: &Side<'_>) -> Vec<DeployedLine> {
    let used = next_hops(side);
    let is_dead = |line: &&MapEntry<'_>| {
        if used.contains(&*line.key) {
            return false;
        }
        match line.key.strip_prefix('.') {
            // Its subdomains are not known, so one is followed that has no entry of its own.
            Some(_) => !asks(side, &format!("any--subdomain{}", line.key), &line.key, &used),
            None if line.key.contains(['[', ':', '@']) => true,
            None => !asks(side, &line.key, &line.key, &used),
        }
    };
    let mut dead: Vec<DeployedLine> =
        side.tls_policy.iter().filter(is_dead).map(DeployedLine::from).collect();
    dead.sort();
    dead
}

/// Whether mail for a domain, or for a next hop that is used, looks a key up.
fn asks(side: &Side<'_>, domain: &str, key: &str, used: &HashSet<Cow<'_, str>>) -> bool {
    let below = |next_hop: &Cow<'_, str>| {
        key.starts_with('.') && next_hop.ends_with(key) && !next_hop.contains(['[', ':'])
    };
    let own = match side.deliver(domain).outcome {
        Outcome::Smtp { hops, .. } => {
            hops.iter().any(|hop| policy_keys(&hop.next_hop).any(|asked| asked == key))
        }
        Outcome::Other(_) | Outcome::Fatal(_) => false,
    };
    own || used.iter().any(below)
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
