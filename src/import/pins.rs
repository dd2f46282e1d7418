//! Transports that are what `route: pin` writes: addresses, then the domain itself.

use super::assemble::host_of;
use super::body::{Body, base};
use super::maps::Said;
use super::options::Options;
use super::templates::Templates;
use crate::answer::{Dnssec, MxRecord};
use crate::lock::{AddressFact, DomainFact, HostFact, Lock, Stale, refused};
use crate::names::DomainName;
use crate::postfix::{NextHop, TlsPolicy, Transport};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The mark of facts that come from old maps: nobody has asked DNS.
const REASON: &str = "imported";

/// The most addresses of a pin.
const MOST: usize = 8;

/// Recognises pins, and collects the facts that they need.
pub(super) struct Pins<'a> {
    templates: &'a Templates,
    options: &'a Options,
    pub(super) lock: Lock,
    /// The addresses that each host of a template has by now.
    known: BTreeMap<String, Vec<IpAddr>>,
}

impl<'a> Pins<'a> {
    pub(super) fn new(templates: &'a Templates, options: &'a Options) -> Self {
        Self { templates, options, lock: Lock::default(), known: BTreeMap::new() }
    }

    /// Makes a body one that is pinned, if that gives the same addresses.
    ///
    /// Hosts are those that comments name above the addresses. For templates with a fixed list, addresses
    /// without a comment are given to its hosts in their order.
    pub(super) fn pin(
        &mut self,
        key: &str,
        transport: &Transport,
        policies: &BTreeMap<String, Said<TlsPolicy>>,
        body: &mut Body,
    ) -> bool {
        let Some(policy) = body.policy.as_deref().filter(|it| base(it) == ***it) else {
            return false;
        };
        let Some(name) = self.templates.of_policy(policy).map(str::to_owned) else { return false };
        let Ok(domain) = DomainName::parse(key) else { return false };
        let Some((last, pins)) = transport.next_hops.split_last() else { return false };
        if transport.service != "smtp"
            || last.as_str() != key
            || !self.options.version.at_least(3, 5)
        {
            return false;
        }
        let Some(addresses) = pins.iter().map(address).collect::<Option<Vec<IpAddr>>>() else {
            return false;
        };
        let ipv4 = addresses.iter().all(IpAddr::is_ipv4);
        let is_public = addresses.iter().all(|it| refused(*it, &[]).is_none());
        if addresses.is_empty() || addresses.len() > MOST || !ipv4 || !is_public {
            return false;
        }
        let named: Vec<Option<DomainName>> = pins
            .iter()
            .map(|pin| host_of(policies.get(pin.as_str())?))
            .map(|host| host.filter(|host| self.templates.accepts(&name, host)))
            .collect();
        let Some(hosts) = self.hosts(&name, &addresses, &named) else { return false };
        if let Some(known) = self.known.get(&name)
            && *known != addresses
        {
            return false;
        }
        self.known.insert(name, addresses);
        self.note(domain, hosts);
        body.pinned = true;
        true
    }

    /// The hosts with their addresses, as the template has them.
    fn hosts(
        &self,
        name: &str,
        addresses: &[IpAddr],
        named: &[Option<DomainName>],
    ) -> Option<Vec<(u16, DomainName, Vec<IpAddr>)>> {
        let mut hosts: Vec<(u16, DomainName, Vec<IpAddr>)> = Vec::new();
        if self.templates.asks_mx(name) {
            for ((number, address), host) in (1_u16..).zip(addresses).zip(named) {
                let host = host.as_ref()?;
                match hosts.iter_mut().find(|it| it.1 == *host) {
                    Some(known) => known.2.push(*address),
                    None => hosts.push((10 * number, host.clone(), vec![*address])),
                }
            }
            return Some(hosts);
        }
        let listed = self.templates.hosts(name);
        if listed.is_empty() || listed.len() > addresses.len() {
            return None;
        }
        hosts.extend(listed.into_iter().map(|(preference, host)| (preference, host, Vec::new())));
        let count = hosts.len();
        for (at, (address, host)) in addresses.iter().zip(named).enumerate() {
            let place = host.as_ref().and_then(|host| hosts.iter().position(|it| it.1 == *host));
            hosts[place.unwrap_or(at % count)].2.push(*address);
        }
        hosts.iter().all(|it| !it.2.is_empty()).then_some(hosts)
    }

    /// Adds facts to the lock. Nobody has confirmed them, and so they are marked.
    fn note(&mut self, domain: DomainName, hosts: Vec<(u16, DomainName, Vec<IpAddr>)>) {
        let since = self.options.today;
        let stale = || Some(Stale { since, reason: REASON.to_owned() });
        let mut mx = Vec::with_capacity(hosts.len());
        for (preference, host, mut list) in hosts {
            mx.push(MxRecord { preference, exchange: Some(host.clone()) });
            list.sort_unstable();
            list.dedup();
            let fact = |address| AddressFact { address, since, gone: None };
            let addresses = list.into_iter().map(fact).collect();
            let fact = HostFact { dnssec: Dnssec::Insecure, addresses, dane: None, stale: stale() };
            self.lock.hosts.insert(host, fact);
        }
        mx.sort();
        let fact = DomainFact {
            dnssec: Dnssec::Insecure,
            mx: mx.into(),
            since,
            stale: stale().map(Box::new),
        };
        self.lock.domains.insert(domain, fact);
    }
}

fn address(next_hop: &NextHop) -> Option<IpAddr> {
    let address = next_hop.host_part().parse().ok()?;
    // With a port it is another next hop.
    (NextHop::address(address) == *next_hop).then_some(address)
}
