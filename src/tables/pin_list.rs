//! The order in which a pinned domain tries addresses.

use crate::postfix::NextHop;
use crate::resolve::PinHost;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// At most so many addresses: each one that is silent costs smtp(8) `smtp_connect_timeout`, 30 s.
const MOST: usize = 8;

/// The addresses of a plan that a target can reach.
#[derive(Debug)]
pub(super) struct PinList {
    /// Current addresses by preference; then those that vanished from DNS lately, as one last group.
    groups: Vec<Vec<Address>>,
    /// The hosts of each address, for comments.
    pub(super) hosts: BTreeMap<IpAddr, String>,
}

/// An address as a next hop.
#[derive(Clone, Debug)]
struct Address {
    ipv4: bool,
    next_hop: NextHop,
}

impl PinList {
    /// The addresses of the wanted families. `None` when no IPv4 address is among them.
    ///
    /// The last address before the domain must be one that every Postfix reaches: with
    /// `inet_protocols = ipv4` an IPv6 address at the end of the list bounces the mail.
    pub(super) fn new(hosts: &[PinHost], ipv4: bool, ipv6: bool) -> Option<Self> {
        let mut current: BTreeMap<u16, Vec<IpAddr>> = BTreeMap::new();
        let mut retained = Vec::new();
        let mut names: BTreeMap<IpAddr, Vec<&str>> = BTreeMap::new();
        for host in hosts {
            for (address, is_current) in &host.addresses {
                if !(if address.is_ipv4() { ipv4 } else { ipv6 }) {
                    continue;
                }
                names.entry(*address).or_default().push(host.name.as_str());
                let group = if *is_current {
                    current.entry(host.preference).or_default()
                } else {
                    &mut retained
                };
                group.push(*address);
            }
        }
        let mut groups: Vec<Vec<IpAddr>> = current.into_values().collect();
        groups.push(retained);
        let mut seen = std::collections::BTreeSet::new();
        for group in &mut groups {
            group.sort_unstable();
            group.retain(|address| seen.insert(*address));
        }
        groups.retain(|group| !group.is_empty());
        let address = |it: &IpAddr| Address { ipv4: it.is_ipv4(), next_hop: NextHop::address(*it) };
        let groups = groups.iter().map(|group| group.iter().map(address).collect()).collect();
        let hosts = names
            .into_iter()
            .map(|(address, mut names)| {
                names.sort_unstable();
                names.dedup();
                (address, names.join(", "))
            })
            .collect();
        seen.iter().any(IpAddr::is_ipv4).then_some(Self { groups, hosts })
    }

    /// The addresses for one domain, at most eight: by preference, those of equal preference in an
    /// order that differs from domain to domain, vanished ones last. There is room for the domain.
    pub(super) fn order(&self, domain: &str) -> Vec<NextHop> {
        let turn = hash(domain);
        let mut list: Vec<&Address> = Vec::with_capacity(2 * MOST);
        for group in &self.groups {
            let first = usize::try_from(turn % group.len() as u64).unwrap_or_default();
            list.extend(group[first..].iter().chain(&group[..first]));
        }
        let fallback = list.iter().copied().find(|it| it.ipv4);
        list.truncate(MOST);
        if list.last().is_some_and(|it| !it.ipv4) {
            if let Some(at) = list.iter().rposition(|it| it.ipv4) {
                let ipv4 = list.remove(at);
                list.push(ipv4);
            } else {
                list.pop();
                list.extend(fallback);
            }
        }
        let mut next_hops = Vec::with_capacity(list.len() + 1);
        next_hops.extend(list.into_iter().map(|it| it.next_hop.clone()));
        next_hops
    }
}

/// FNV-1a: the same on every machine and in every version.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::DomainName;

    fn host(preference: u16, name: &str, addresses: &[(&str, bool)]) -> PinHost {
        let addresses = addresses.iter().map(|(it, current)| (it.parse().unwrap(), *current));
        let name = DomainName::parse(name).unwrap();
        PinHost { preference, name, addresses: addresses.collect() }
    }

    fn order(hosts: &[PinHost], ipv6: bool, domain: &str) -> Vec<String> {
        let list = PinList::new(hosts, true, ipv6).unwrap().order(domain);
        list.iter().map(|it| it.host_part().to_owned()).collect()
    }

    #[test]
    fn preference_comes_first_and_vanished_addresses_come_last() {
        let hosts = [
            host(5, "mx1.example", &[("192.0.2.9", false), ("192.0.2.1", true)]),
            host(10, "mx2.example", &[("192.0.2.2", true)]),
        ];
        assert_eq!(order(&hosts, false, "a.example"), ["192.0.2.1", "192.0.2.2", "192.0.2.9"]);
    }

    #[test]
    fn equal_preferences_take_turns_between_domains() {
        let hosts = [
            host(10, "mx1.example", &[("192.0.2.1", true)]),
            host(10, "mx2.example", &[("192.0.2.2", true)]),
        ];
        let firsts: std::collections::BTreeSet<_> =
            (0..20).map(|n| order(&hosts, false, &format!("d{n}.example"))[0].clone()).collect();
        assert_eq!(firsts.len(), 2);
    }

    #[test]
    fn at_most_eight_addresses_and_never_an_ipv6_one_at_the_end() {
        let v6: Vec<String> = (0..12).map(|n| format!("2001:db8::{n:x}")).collect();
        let mut addresses: Vec<(&str, bool)> = v6.iter().map(|it| (it.as_str(), true)).collect();
        addresses.push(("192.0.2.1", true));
        let hosts = [host(10, "mx.example", &addresses)];
        for n in 0..20 {
            let list = order(&hosts, true, &format!("d{n}.example"));
            assert_eq!(list.len(), 8);
            assert_eq!(list[7], "192.0.2.1");
        }
        assert_eq!(order(&hosts, false, "a.example"), ["192.0.2.1"]);
    }

    #[test]
    fn a_host_without_an_ipv4_address_cannot_be_pinned() {
        let hosts = [host(10, "mx.example", &[("2001:db8::1", true)])];
        assert!(PinList::new(&hosts, true, true).is_none());
    }
}
