//! What is valid in the old maps and still not what anybody wants.

use super::finding::Finding;
use super::maps::Maps;
use crate::diag::Severity;
use crate::plan::Which;
use crate::postfix::{MatchPattern, NextHop, SecurityLevel, policy_keys};
use crate::report::{counted, some_of};
use hashbrown::HashSet;
use std::collections::BTreeMap;

/// Adds what is to be said of entries that are imported as they are.
pub(super) fn add(maps: &mut Maps) {
    let mut found = Vec::new();
    policies(maps, &mut found);
    transports(maps, &mut found);
    maps.findings.append(&mut found);
}

fn policies(maps: &Maps, found: &mut Vec<Finding>) {
    for (key, line) in &maps.policies {
        let place = (Which::TlsPolicy, line.line, key.as_str());
        let mut note = |code, message: String, hint: String| {
            found.push(Finding::new(Severity::Note, code, place, message).hint(hint));
        };
        for pattern in &line.value.matches {
            if let MatchPattern::LiteralWildcard(parent) = pattern {
                note(
                    "literal-wildcard",
                    format!("`match={pattern}` takes only a certificate with literally that name"),
                    format!("write `.{parent}` for all names below"),
                );
            }
        }
        let checks = line.value.level == SecurityLevel::Verify && line.value.matches.is_empty();
        if checks || line.value.matches.contains(&MatchPattern::Hostname) {
            note(
                "name-from-dns",
                format!(
                    "`{key}`: the name in the certificate is compared with the MX record, which can be \
                     forged where DNS is not signed"
                ),
                "name the servers with `match`, or use `dane-only` where the domain has it"
                    .to_owned(),
            );
        }
    }
}

fn transports(maps: &Maps, found: &mut Vec<Finding>) {
    let mut shared: BTreeMap<&str, Vec<(u32, &str)>> = BTreeMap::new();
    let foreign: HashSet<&str> = maps.foreign[1].iter().map(|it| &*it.key).collect();
    let has_policy = |next_hop: &NextHop| {
        policy_keys(next_hop).any(|key| maps.policies.contains_key(key) || foreign.contains(key))
    };
    for (key, line) in &maps.transports {
        let transport = &line.value;
        if !transport.speaks_smtp() {
            continue;
        }
        if !transport.next_hops.is_empty() {
            shared.entry(&transport.text).or_default().push((line.line, key));
        }
        let place = (Which::Transport, line.line, key.as_str());
        let mut say = |severity, code, message: String, hint: &str| {
            found.push(Finding::new(severity, code, place, message).hint(hint));
        };
        for next_hop in &transport.next_hops {
            if has_policy(next_hop) {
                continue;
            }
            let level = maps.security_level;
            let mut message = format!("`{next_hop}` has no policy: `{level}` holds for `{key}`");
            if level.checks_tlsa() && next_hop.is_address() {
                message.push_str(", and on an address DANE does not work");
            }
            say(
                Severity::Warning,
                "next-hop-without-policy",
                message,
                "give the entry a `level`: policies are looked up by next hop, brackets and port included",
            );
        }
        if let [only] = transport.next_hops.as_slice()
            && only.is_address()
        {
            say(
                Severity::Note,
                "single-address",
                format!("`{key}` has one address and nothing else: mail waits when that changes"),
                "let the domain go by MX (`route: mx`), or pin it (`route: pin`)",
            );
        }
    }
    for (transport, mut users) in shared {
        users.sort_unstable();
        let (Some((line, key)), true) = (users.first(), users.len() > 1) else { continue };
        let message = format!(
            "`{transport}` is for {}, which share one queue and its transactions: {}",
            counted(users.len(), "domain"),
            some_of(users.iter().map(|it| it.1), 5)
        );
        let place = (Which::Transport, *line, *key);
        found.push(Finding::new(Severity::Note, "shared-next-hop", place, message));
    }
}
