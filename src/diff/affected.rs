//! Which recipients a difference can matter to.

use super::describe::describe;
use super::side::{Difference, Side, Table};
use crate::names::Recipients;
use crate::postfix::words;
use hashbrown::HashSet;
use std::collections::BTreeSet;

/// A recipient whose mail may be treated differently.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Recipient {
    /// A domain with an entry of its own.
    Domain(String),
    /// Every subdomain that has no entry of its own; with the leading dot.
    Subdomains(String),
    /// Every domain that no entry covers.
    Others,
}

impl Recipient {
    /// A domain to follow through the maps.
    pub(crate) fn example(&self) -> String {
        match self {
            Self::Domain(name) => name.clone(),
            // No label starts with two hyphens, so nobody has an entry for this one.
            Self::Subdomains(dotted) => format!("any--subdomain{dotted}"),
            Self::Others => "any--domain.invalid".to_owned(),
        }
    }

    /// The key under which it has an entry.
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Domain(name) | Self::Subdomains(name) => name,
            Self::Others => "*",
        }
    }

    /// The A-label form of a name with U-labels: mxward emits both, and people count one.
    fn a_labels(&self) -> Option<Self> {
        let (Self::Domain(name) | Self::Subdomains(name)) = self else { return None };
        let recipients = (!name.is_ascii()).then(|| Recipients::parse(name).ok()).flatten()?;
        recipient(&recipients.key())
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
pub(crate) fn affected<B: Table, A: Table>(
    before: &Side<'_, B>,
    after: &Side<'_, A>,
    transport: &[Difference<'_>],
    tls_policy: &[Difference<'_>],
) -> BTreeSet<Recipient> {
    let mut found = BTreeSet::new();
    let mut parents: HashSet<&str> = HashSet::new();
    // What holds for everybody else holds for every domain that is in one of the maps only.
    let everybody = before.settings != after.settings || transport.iter().any(|it| it.key == "*");
    for difference in transport.iter().chain(tls_policy) {
        if difference.key.starts_with('.') || before.settings.parents_match {
            parents.insert(difference.key);
        }
        found.extend(recipient(difference.key));
    }
    let asked = Asked::new(tls_policy);
    if !tls_policy.is_empty() {
        // What stands in both maps is looked at once.
        let new = transport.iter().filter_map(|it| it.after).map(|it| (&*it.key, &*it.value));
        let lines = before.transport.each().chain(new);
        let lines = lines.filter(|(_, value)| asked.by_any_of(value));
        found.extend(lines.filter_map(|(key, _)| recipient(key)));
    }
    for settings in [before.settings, after.settings] {
        let mut relays = settings.relayhost.iter().chain(&settings.fallback_relay);
        if everybody || relays.any(|relay| asked.by(relay.as_str())) {
            found.insert(Recipient::Others);
        }
    }
    if everybody || !parents.is_empty() {
        let keys = before.keys().chain(after.keys());
        let keys = keys.filter(|key| everybody || below_any(key, &parents));
        found.extend(keys.filter_map(recipient));
    }
    // Before or after, the two forms may have different entries: then they are two recipients.
    let treatment = |of: &Recipient| {
        let domain = of.example();
        [before.deliver(&domain), after.deliver(&domain)].map(|it| describe(&it))
    };
    let twins: Vec<Recipient> = found
        .iter()
        .filter(|it| {
            let twin = it.a_labels().filter(|twin| found.contains(twin));
            twin.is_some_and(|twin| treatment(it) == treatment(&twin))
        })
        .cloned()
        .collect();
    for twin in &twins {
        found.remove(twin);
    }
    found
}

/// Policies of which the two sides say different things.
struct Asked<'a> {
    keys: HashSet<&'a str>,
    has_parents: bool,
    has_brackets: bool,
}

impl<'a> Asked<'a> {
    fn new(differences: &[Difference<'a>]) -> Self {
        let keys: HashSet<&str> = differences.iter().map(|it| it.key).collect();
        let has_parents = differences.iter().any(|it| it.key.starts_with('.'));
        let has_brackets = differences.iter().any(|it| it.key.starts_with('['));
        Self { keys, has_parents, has_brackets }
    }

    /// Whether a next hop asks for one of them.
    fn by(&self, next_hop: &str) -> bool {
        if next_hop.starts_with('[') && !self.has_brackets {
            return false;
        }
        self.keys.contains(next_hop)
            || (self.has_parents && is_domain(next_hop) && below_any(next_hop, &self.keys))
    }

    /// Whether one of the next hops of a transport result does: a look at the words costs much less
    /// than to parse each, and one too many does no harm.
    fn by_any_of(&self, transport: &str) -> bool {
        let list = transport.split_once(':').map_or("", |(_, list)| list);
        words(list).any(|next_hop| {
            if next_hop.bytes().any(|byte| byte.is_ascii_uppercase()) {
                self.by(&next_hop.to_lowercase())
            } else {
                self.by(next_hop)
            }
        })
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

/// Whether a domain lies below one of the parents, with or without their dot.
fn below_any(domain: &str, parents: &HashSet<&str>) -> bool {
    domain
        .match_indices('.')
        .any(|(at, _)| parents.contains(&domain[at..]) || parents.contains(&domain[at + 1..]))
}
