//! What the tables of a target need of main.cf.

use super::{Rows, Tables};
use crate::model::{Location, Target};
use crate::postfix::NextHop;
use crate::postfix::main_cf::{PolicyUses, RequiredMap, RequiredTable, Requirements};

/// What main.cf must say for the tables to mean what the target says.
///
/// `paths` are the paths under which main.cf may name the files of both maps, the transport map first;
/// `left_to` says whether a domain is left to a resolver.
pub fn requirements<'a>(
    target: &'a Target,
    tables: &'a Tables,
    [transport_paths, policy_paths]: [Vec<String>; 2],
    left_to: bool,
) -> Requirements<'a> {
    let table = |location: Option<&Location>, paths| {
        Some(match location? {
            Location::File(_) | Location::Ssh { .. } => {
                RequiredTable { map_type: target.map_type.value.as_str(), paths }
            }
            Location::Sql { database, .. } => {
                RequiredTable { map_type: database.dialect().map_type(), paths: Vec::new() }
            }
        })
    };
    let (transport, tls_policy) = (tables.transport.entries(), tables.tls_policy.entries());
    let services = transport.iter().map(|entry| entry.value.service.as_str());
    Requirements {
        version: target.postfix,
        security_level: target.security_level.value,
        transport: RequiredMap {
            table: table(target.transport.as_ref().map(|it| &it.value), transport_paths),
            keys: transport.iter().map(|entry| entry.key.as_str()).collect(),
        },
        tls_policy: RequiredMap {
            table: table(target.tls_policy.as_ref().map(|it| &it.value), policy_paths),
            keys: tls_policy.iter().map(|entry| entry.key.as_str()).collect(),
        },
        relayhost: target.relayhost.as_ref().map_or_else(String::new, |it| it.value.to_string()),
        fallback_relay: target.fallback_relay.iter().map(|it| it.value.to_string()).collect(),
        parents_match: target.parent_domain_matches_subdomains,
        // The other hosts may have addresses of both; only pins are of a family that the target chose.
        ipv4: transport.iter().any(|entry| has_address(&entry.value.next_hops, false)),
        ipv6: transport.iter().any(|entry| has_address(&entry.value.next_hops, true)),
        ca: target.ca.as_ref().map(|it| it.value.clone()),
        uses: policy_uses(target, tables),
        left_to,
        services: services.filter(|it| !it.is_empty()).collect(),
    }
}

/// What the policies and the level of a target use of main.cf.
pub fn policy_uses(target: &Target, tables: &impl Rows) -> PolicyUses {
    PolicyUses::of(target.security_level.value, tables.policies().map(|policy| &**policy))
}

fn has_address(next_hops: &[NextHop], ipv6: bool) -> bool {
    // Only an address of IPv6 has a colon between its brackets.
    next_hops.iter().any(|it| it.is_address() && it.host_part().contains(':') == ipv6)
}
