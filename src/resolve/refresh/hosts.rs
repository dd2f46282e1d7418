//! The addresses and TLSA records of MX hosts.

use super::addresses::{Change, changes, retained};
use super::problem::{IPV4, IPV6, Problem};
use super::verdict::Verdict;
use super::{LockEvent, Refresh, Scope};
use crate::answer::{Answer, Dnssec, Question, Reply, SMTP, UnknownReason};
use crate::dane;
use crate::lock::{HostFact, HostNeed, Needs, Stale, refused};
use crate::names::DomainName;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;

/// The answers about one host.
struct HostAnswers {
    a: Answer,
    aaaa: Answer,
    tlsa: Option<Answer>,
}

/// What the address records of a host say.
struct Found {
    addresses: Vec<IpAddr>,
    /// The status of the records that are there; `None` without any.
    dnssec: Option<Dnssec>,
    /// Families that nobody knows about: IPv4, IPv6.
    unknown: [bool; 2],
    problem: Option<Problem>,
}

impl Refresh<'_> {
    /// Fills [`crate::lock::Lock::hosts`], when the MX sets are there.
    pub(super) fn hosts(&mut self, needs: &Needs) -> io::Result<()> {
        let (needs, named) = self.hosts_needed(needs);
        let mut questions = Vec::new();
        let mut asked = BTreeSet::new();
        for (name, need) in &needs {
            let old = self.old.hosts.get(name);
            let known = old.is_some_and(|old| {
                (!need.addresses || !old.addresses.is_empty()) && (!need.dane || old.dane.is_some())
            });
            if !self.asks_for(known, named.contains(name)) {
                continue;
            }
            self.tally.known |= old.is_some();
            asked.insert(name);
            // The address records tell the DNSSEC status also where only TLSA matters.
            questions.extend([Question::A(name.clone()), Question::Aaaa(name.clone())]);
            if need.dane {
                questions.push(Question::Tlsa(name.clone(), SMTP));
            }
        }
        let answers = self.ask(&questions)?;
        let mut answers: BTreeMap<Question, Answer> = questions.into_iter().zip(answers).collect();
        let mut answer =
            |question| answers.remove(&question).unwrap_or(Answer::Unknown(UnknownReason::Timeout));
        for (name, need) in &needs {
            let old = self.old.hosts.get(name);
            let fact = if asked.contains(name) {
                let answers = HostAnswers {
                    a: answer(Question::A(name.clone())),
                    aaaa: answer(Question::Aaaa(name.clone())),
                    tlsa: need.dane.then(|| answer(Question::Tlsa(name.clone(), SMTP))),
                };
                self.host(name, need, old, answers)
            } else {
                old.cloned()
            };
            if let Some(fact) = fact {
                self.lock.hosts.insert(name.clone(), fact);
            }
        }
        Ok(())
    }

    /// The hosts of the needs and of the MX sets that are known by now, and those of them that belong to
    /// what the user has named.
    fn hosts_needed(
        &self,
        needs: &Needs,
    ) -> (BTreeMap<DomainName, HostNeed>, BTreeSet<DomainName>) {
        let mut hosts = needs.hosts.clone();
        let mut named: BTreeSet<DomainName> =
            hosts.keys().filter(|name| self.named(name)).cloned().collect();
        for (name, need) in &needs.domains {
            let of_named = self.named(name);
            if of_named {
                named.extend(need.listed.iter().flat_map(|it| it.iter()).map(|it| it.1.clone()));
            }
            let Some(fact) = self.lock.domains.get(name) else { continue };
            let (addresses, dane) = (need.hosts.addresses, need.hosts.dane);
            // Without a secure MX set no host makes the domain DANE-secured. [RFC 7672 §2.2.1]
            let dane = dane && fact.dnssec == Dnssec::Secure;
            if !addresses && !dane {
                continue;
            }
            for host in fact.mx.iter().filter_map(|mx| mx.exchange.as_ref()) {
                let none = HostNeed { span: need.span, addresses: false, dane: false };
                let entry = hosts.entry(host.clone()).or_insert(none);
                entry.addresses |= addresses;
                entry.dane |= dane;
                if of_named || self.named(host) {
                    named.insert(host.clone());
                }
            }
        }
        (hosts, named)
    }

    /// The fact of a host; the old one with a mark when the answers must not take its place.
    fn host(
        &mut self,
        name: &DomainName,
        need: &HostNeed,
        old: Option<&HostFact>,
        answers: HostAnswers,
    ) -> Option<HostFact> {
        let mut found = self.found(name, old, answers.a, answers.aaaa);
        let wrong = self.judge_host(name, need, old, &found);
        let dane = match (&wrong, answers.tlsa) {
            (None, Some(answer)) => self.judge_dane(name, old, &found, answer),
            (Some(_), _) | (None, None) => Ok(None),
        };
        let (dane, no_dane) = match dane {
            Ok(dane) => (dane, None),
            Err(problem) => (old.and_then(|old| old.dane), Some(problem)),
        };
        let fatal = wrong.is_some();
        let missing = old.is_none() && (found.problem.is_some() || no_dane.is_some());
        let (before, known) = (old.and_then(|old| old.stale.as_ref()), old.is_some());
        let knows_dane = old.is_some_and(|old| old.dane.is_some());
        let problems = [(wrong, known), (found.problem.take(), known), (no_dane, knows_dane)];
        let mut stale: Option<Stale> = None;
        for (problem, known) in problems {
            let Some(problem) = problem else { continue };
            let mark = self.report(name, need.span, &problem, known, before);
            stale.get_or_insert(mark);
        }
        if fatal || missing {
            return old.map(|old| HostFact { stale, ..old.clone() });
        }
        let new = self.new_fact(need, old, &found, dane, stale);
        let new = match (self.scope, old) {
            (Scope::Fill | Scope::Missing, Some(old)) => filled(old, new),
            (Scope::Fill | Scope::Missing | Scope::All | Scope::Named(_), _) => new,
        };
        self.tell(name, old, &new);
        Some(new)
    }

    /// What the address records say. A family that is known and denied without a signature is given up
    /// when the user has named the host and the other family is there.
    fn found(&self, name: &DomainName, old: Option<&HostFact>, a: Answer, aaaa: Answer) -> Found {
        let knows = |v4: bool| {
            old.is_some_and(|old| {
                let mut current = old.addresses.iter().filter(|it| it.gone.is_none());
                current.any(|it| it.address.is_ipv4() == v4)
            })
        };
        let verdicts = [Verdict::of(a, knows(true)), Verdict::of(aaaa, knows(false))];
        let there = verdicts.iter().any(|it| matches!(it, Verdict::Records(..)));
        let give_up = there && self.named(name);
        let mut found =
            Found { addresses: Vec::new(), dnssec: None, unknown: [false; 2], problem: None };
        let mut problems = [None, None];
        for (at, verdict) in verdicts.into_iter().enumerate() {
            let what = if at == 0 { IPV4 } else { IPV6 };
            match verdict {
                Verdict::Records(dnssec, reply) => {
                    found.dnssec = found.dnssec.max(Some(dnssec));
                    found.addresses.extend(reply.into_addresses());
                }
                Verdict::Absent | Verdict::Vanished => {}
                Verdict::Denied if give_up => {}
                Verdict::Denied => problems[at] = Some(Problem::Denied(what)),
                Verdict::Unknown(reason) => problems[at] = Some(Problem::Unknown(what, reason)),
            }
            found.unknown[at] = problems[at].is_some();
        }
        found.problem = match problems {
            [Some(Problem::Unknown(_, a)), Some(Problem::Unknown(_, aaaa))] if a == aaaa => {
                Some(Problem::Unknown("the addresses", a))
            }
            [Some(Problem::Denied(_)), Some(Problem::Denied(_))] => {
                Some(Problem::Denied("the addresses"))
            }
            [a, aaaa] => a.or(aaaa),
        };
        found
    }

    /// What is wrong with the addresses.
    fn judge_host(
        &self,
        name: &DomainName,
        need: &HostNeed,
        old: Option<&HostFact>,
        found: &Found,
    ) -> Option<Problem> {
        let lost = old.is_some_and(|old| old.dnssec == Dnssec::Secure)
            && found.dnssec == Some(Dnssec::Insecure);
        if lost && !self.named(name) {
            return Some(Problem::DnssecLost("the address"));
        }
        if !need.addresses {
            return None;
        }
        for address in &found.addresses {
            if let Some(why) = refused(*address, &self.settings.allow_addresses) {
                return Some(Problem::Refused(*address, why));
            }
        }
        // Never all of them: mail would go nowhere, or anywhere.
        let stays = |address: &IpAddr| found.unknown[usize::from(address.is_ipv6())];
        let known = old.map(|old| old.addresses.as_slice()).unwrap_or_default();
        let some = known.iter().any(|it| it.gone.is_none() && stays(&it.address));
        let nobody_knows = old.is_none() && found.problem.is_some();
        let none = found.addresses.is_empty() && !some && !nobody_knows;
        none.then_some(Problem::NoAddress)
    }

    /// Whether the host has usable TLSA records, and it and they are in secure zones.
    fn judge_dane(
        &self,
        name: &DomainName,
        old: Option<&HostFact>,
        found: &Found,
        answer: Answer,
    ) -> Result<Option<bool>, Problem> {
        let before = old.and_then(|old| old.dane);
        let now = match Verdict::of(answer, before == Some(true)) {
            Verdict::Records(Dnssec::Secure, Reply::Tlsa(records))
                if dane::usable(&records).next().is_some() =>
            {
                if found.unknown.contains(&true) {
                    // It depends on the addresses, about which enough was said.
                    return Ok(before);
                }
                found.dnssec == Some(Dnssec::Secure)
            }
            Verdict::Records(..) | Verdict::Absent | Verdict::Vanished => false,
            Verdict::Denied => return Err(Problem::Denied(TLSA)),
            Verdict::Unknown(reason) => return Err(Problem::Unknown(TLSA, reason)),
        };
        if before == Some(true) && !now && !self.named(name) {
            return Err(Problem::DaneLost);
        }
        Ok(Some(now))
    }

    fn new_fact(
        &self,
        need: &HostNeed,
        old: Option<&HostFact>,
        found: &Found,
        dane: Option<bool>,
        stale: Option<Stale>,
    ) -> HostFact {
        let known = old.map(|old| old.addresses.as_slice()).unwrap_or_default();
        let unknown = |address: &IpAddr| found.unknown[usize::from(address.is_ipv6())];
        let addresses = if need.addresses {
            retained(known, &found.addresses, unknown, self.today, self.settings.retain)
        } else {
            Vec::new()
        };
        let status = found.dnssec.unwrap_or(Dnssec::Insecure);
        let dnssec = match old {
            Some(old) if found.unknown.contains(&true) || found.dnssec.is_none() => old.dnssec,
            Some(_) | None => status,
        };
        HostFact { dnssec, addresses, dane, stale }
    }

    /// Tells what is new about a host.
    fn tell(&mut self, name: &DomainName, old: Option<&HostFact>, new: &HostFact) {
        let Some(old) = old else {
            self.events.push(LockEvent::AddHost(name.clone(), new.addresses.len()));
            return;
        };
        for change in changes(&old.addresses, &new.addresses) {
            self.events.push(match change {
                Change::New(address) => LockEvent::NewAddress(name.clone(), address),
                Change::Back(address) => LockEvent::AddressBack(name.clone(), address),
                Change::Gone(address) => LockEvent::AddressGone(name.clone(), address),
                Change::Dropped(address) => LockEvent::AddressDropped(name.clone(), address),
            });
        }
        self.changed_dnssec(name, old.dnssec, new.dnssec);
        if let Some(dane) = new.dane
            && old.dane != new.dane
        {
            self.events.push(LockEvent::Dane(name.clone(), dane));
        }
    }
}

/// What a run that only fills gaps takes of a new fact: the lock's facts stay, whatever was said now.
fn filled(old: &HostFact, new: HostFact) -> HostFact {
    let (dnssec, addresses) = if old.addresses.is_empty() {
        (new.dnssec, new.addresses)
    } else {
        (old.dnssec, old.addresses.clone())
    };
    HostFact { dnssec, addresses, dane: old.dane.or(new.dane), stale: old.stale.clone() }
}

/// The records that [`Refresh::judge_dane`] is about.
const TLSA: &str = "the TLSA records";
