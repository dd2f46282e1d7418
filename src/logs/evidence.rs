//! What logs prove.

use super::collector::{Collector, Totals};
use super::domain::{Count, Domain, Failed, Failure, Span, Way};
use super::level::Reached;
use super::message::Trouble;
use super::reason::Reason;
use crate::names::DomainName;
use crate::postfix::SecurityLevel;
use compact_str::CompactString;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What logs prove, domain by domain.
#[derive(Debug)]
pub struct Evidence {
    /// Sorted by name.
    domains: Vec<Domain>,
    hosts: Vec<(CompactString, IpAddr)>,
    protocols: Vec<CompactString>,
    ciphers: Vec<CompactString>,
    /// Tables and policies that do not work, with how often that was said.
    pub troubles: BTreeMap<Trouble, u64>,
    /// Counts over everything.
    pub totals: Totals,
    /// How many instances of Postfix deliver and say nothing of TLS: `smtp_tls_loglevel` is 0 there.
    pub silent: usize,
    /// Whether some certificate was trusted: authorities are configured where the log was written.
    pub knows_authorities: bool,
}

/// What logs prove of one recipient domain.
#[derive(Clone, Copy, Debug)]
pub struct DomainEvidence<'a> {
    evidence: &'a Evidence,
    domain: &'a Domain,
}

/// Deliveries over the same kind of connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Connections<'a> {
    /// What was reached.
    pub reached: Reached,
    /// Such as `TLSv1.3`; `None` where the log does not tell.
    pub protocol: Option<&'a str>,
    /// In the spelling of OpenSSL.
    pub cipher: Option<&'a str>,
    /// For how many recipients.
    pub deliveries: u32,
}

/// Deliveries to one host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct HostEvidence<'a> {
    /// The name in lower case; the address where the next hop is one.
    pub name: &'a str,
    /// The address.
    pub address: IpAddr,
    /// For how many recipients.
    pub deliveries: u32,
    /// The weakest that was reached there.
    pub weakest: Reached,
}

/// Failures of one kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FailureEvidence {
    /// What happened.
    pub failed: Failed,
    /// Why.
    pub reason: Reason,
    /// How often.
    pub count: u32,
    /// When last, where the log tells.
    pub last: Option<Timestamp>,
}

impl Evidence {
    pub(super) fn new(collector: Collector) -> Self {
        let Collector {
            mut domains, hosts, instances, protocols, ciphers, troubles, totals, ..
        } = collector;
        domains.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let mut silent = vec![false; instances.len()];
        let mut knows_authorities = false;
        for domain in &mut domains {
            let mut settle = |way: &mut Way| {
                if let Some(instance) = way.guessed.take() {
                    let instance = usize::from(instance);
                    if !instances[instance].tells_tls {
                        silent[instance] = true;
                        way.reached = Reached::Unknown;
                    }
                }
                knows_authorities |= way.reached >= Reached::Trusted;
            };
            for (way, _) in &mut domain.ways {
                settle(way);
            }
            for host in &mut domain.hosts {
                settle(&mut host.weakest);
            }
            merge(&mut domain.ways);
        }
        let silent = silent.iter().filter(|it| **it).count();
        Self { domains, hosts, protocols, ciphers, troubles, totals, silent, knows_authorities }
    }

    /// Every domain, sorted by name.
    pub fn domains(&self) -> impl ExactSizeIterator<Item = DomainEvidence<'_>> {
        self.domains.iter().map(|domain| DomainEvidence { evidence: self, domain })
    }

    /// The domain of this name.
    pub fn domain(&self, name: &DomainName) -> Option<DomainEvidence<'_>> {
        let at = self.domains.binary_search_by(|it| it.name.cmp(name)).ok()?;
        Some(DomainEvidence { evidence: self, domain: &self.domains[at] })
    }

    /// Leaves only domains that `keep` names.
    pub fn retain(&mut self, keep: impl Fn(&DomainName) -> bool) {
        self.domains.retain(|it| keep(&it.name));
    }
}

/// Makes one of those that are alike once guesses are settled.
fn merge(ways: &mut Vec<(Way, Count)>) {
    ways.sort_unstable_by_key(|(way, _)| *way);
    ways.dedup_by(|(way, count), (kept, sum)| {
        if way != kept {
            return false;
        }
        sum.deliveries = sum.deliveries.saturating_add(count.deliveries);
        sum.messages = sum.messages.saturating_add(count.messages);
        true
    });
}

fn time(seconds: u32) -> Option<Timestamp> {
    (seconds > 0).then(|| Timestamp::from_second(i64::from(seconds)).ok()).flatten()
}

impl<'a> DomainEvidence<'a> {
    /// Its name.
    pub fn name(&self) -> &'a DomainName {
        &self.domain.name
    }

    /// The first and the last time that anything was said of it.
    pub fn seen(&self) -> Option<(Timestamp, Timestamp)> {
        self.domain.seen.times()
    }

    /// The first and the last time that mail for it was taken.
    pub fn sent_between(&self) -> Option<(Timestamp, Timestamp)> {
        self.domain.sent.times()
    }

    /// For how many recipients mail was taken at this level.
    pub fn deliveries(&self, reached: Reached) -> u64 {
        let some = self.domain.ways.iter().filter(|(way, _)| way.reached == reached);
        some.map(|(_, count)| u64::from(count.deliveries)).sum()
    }

    /// For how many recipients mail was taken.
    pub fn sent(&self) -> u64 {
        self.domain.ways.iter().map(|(_, count)| u64::from(count.deliveries)).sum()
    }

    /// How many messages were taken; one with several recipients counts once.
    pub fn messages(&self) -> u64 {
        self.domain.ways.iter().map(|(_, count)| u64::from(count.messages)).sum()
    }

    /// The weakest that was reached; `None` when no mail was taken.
    pub fn weakest(&self) -> Option<Reached> {
        self.domain.ways.iter().map(|(way, _)| way.reached).min()
    }

    /// Whether the policy asked for one of these levels each time; `None` where the log does not tell.
    pub fn asked_for(&self, levels: &[SecurityLevel]) -> Option<bool> {
        let level = |(way, _): &(Way, Count)| SecurityLevel::ALL.get(usize::from(way.policy?));
        let asked: Option<Vec<_>> = self.domain.ways.iter().map(level).collect();
        Some(asked?.iter().all(|it| levels.contains(it)))
    }

    /// Connections by kind, sorted.
    pub fn connections(&self) -> Vec<Connections<'a>> {
        let Evidence { protocols, ciphers, .. } = self.evidence;
        let name =
            |list: &'a [CompactString], at: Option<u8>| Some(list[usize::from(at?)].as_str());
        let mut list: Vec<Connections<'a>> = Vec::with_capacity(self.domain.ways.len());
        for (way, count) in &self.domain.ways {
            let Way { reached, protocol, cipher, guessed: _, policy: _ } = *way;
            let (protocol, cipher) = (name(protocols, protocol), name(ciphers, cipher));
            // What differs only in what the policy asked for.
            let same = |it: &&mut Connections<'a>| {
                (it.reached, it.protocol, it.cipher) == (reached, protocol, cipher)
            };
            let deliveries = count.deliveries;
            if let Some(one) = list.iter_mut().find(same) {
                one.deliveries = one.deliveries.saturating_add(deliveries);
            } else {
                list.push(Connections { reached, protocol, cipher, deliveries });
            }
        }
        list.sort_unstable();
        list
    }

    /// Hosts that took mail, sorted by name and address.
    pub fn hosts(&self) -> Vec<HostEvidence<'a>> {
        let host = |it: &super::domain::Host| {
            let (name, address) = &self.evidence.hosts[it.id as usize];
            let (deliveries, weakest) = (it.count, it.weakest.reached);
            HostEvidence { name, address: *address, deliveries, weakest }
        };
        let mut list: Vec<_> = self.domain.hosts.iter().map(host).collect();
        list.sort_unstable();
        list
    }

    /// Whether there were more hosts than are told apart, or some that have no proper name.
    pub fn has_more_hosts(&self) -> bool {
        self.domain.more_hosts
    }

    /// Failures, sorted.
    pub fn failures(&self) -> Vec<FailureEvidence> {
        let failure = |it: &Failure| {
            let Failure { failed, reason, count, last } = *it;
            FailureEvidence { failed, reason, count, last: time(last) }
        };
        let mut list: Vec<_> = self.domain.failures.iter().map(failure).collect();
        list.sort_unstable();
        list
    }

    /// How many recipients this happened to.
    pub fn failed(&self, failed: Failed) -> u64 {
        let some = self.domain.failures.iter().filter(|it| it.failed == failed);
        some.map(|it| u64::from(it.count)).sum()
    }
}

impl Span {
    fn times(self) -> Option<(Timestamp, Timestamp)> {
        Some((time(self.first)?, time(self.last)?))
    }
}
