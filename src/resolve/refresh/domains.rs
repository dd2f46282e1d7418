//! The MX sets of domains.

use super::problem::Problem;
use super::verdict::Verdict;
use super::{LockEvent, Refresh};
use crate::answer::{Answer, Dnssec, MxRecord, Question, Reply, UnknownReason};
use crate::lock::{DomainFact, DomainNeed};
use crate::names::DomainName;
use std::collections::BTreeMap;
use std::io;

impl Refresh<'_> {
    /// Fills [`crate::lock::Lock::domains`].
    pub(super) fn domains(&mut self, needs: &BTreeMap<DomainName, DomainNeed>) -> io::Result<()> {
        let asks = |name: &&DomainName| {
            self.asks_for(self.old.domains.contains_key(*name), self.named(name))
        };
        let asked: Vec<&DomainName> = needs.keys().filter(asks).collect();
        self.tally.known |= asked.iter().any(|name| self.old.domains.contains_key(*name));
        let questions: Vec<Question> =
            asked.iter().map(|name| Question::Mx((*name).clone())).collect();
        let answers = self.ask(&questions)?;
        let mut answers: BTreeMap<&DomainName, Answer> = asked.into_iter().zip(answers).collect();
        for (name, need) in needs {
            let old = self.old.domains.get(name);
            let fact = match answers.remove(name) {
                None => old.cloned(),
                Some(answer) => self.domain(name, need, old, answer),
            };
            if let Some(fact) = fact {
                self.lock.domains.insert(name.clone(), fact);
            }
        }
        Ok(())
    }

    /// The fact of a domain; the old one with a mark when the answer must not take its place.
    fn domain(
        &mut self,
        name: &DomainName,
        need: &DomainNeed,
        old: Option<&DomainFact>,
        answer: Answer,
    ) -> Option<DomainFact> {
        match self.judge(name, need, old, answer) {
            Ok((dnssec, mx)) => Some(self.accept(name, old, dnssec, mx)),
            Err(problem) => {
                let before = old.and_then(|old| old.stale.as_deref());
                let stale = self.report(name, need.span, &problem, old.is_some(), before);
                old.map(|old| DomainFact { stale: Some(Box::new(stale)), ..old.clone() })
            }
        }
    }

    /// The MX set of an answer, unless something is wrong with it.
    fn judge(
        &self,
        name: &DomainName,
        need: &DomainNeed,
        old: Option<&DomainFact>,
        answer: Answer,
    ) -> Result<(Dnssec, Vec<MxRecord>), Problem> {
        const WHAT: &str = "the MX set";
        let (dnssec, mx) = match Verdict::of(answer, old.is_some()) {
            Verdict::Records(dnssec, Reply::Mx(mx)) => (dnssec, mx),
            Verdict::Records(_, Reply::A(_) | Reply::Aaaa(_) | Reply::Tlsa(_) | Reply::Txt(_)) => {
                let message = "records of another type".to_owned();
                return Err(Problem::Unknown(WHAT, UnknownReason::Malformed(message)));
            }
            Verdict::Absent | Verdict::Vanished => return Err(Problem::NoMx),
            Verdict::Denied => return Err(Problem::Denied(WHAT)),
            Verdict::Unknown(reason) => return Err(Problem::Unknown(WHAT, reason)),
        };
        if mx.iter().any(|mx| mx.exchange.is_none()) {
            return Err(Problem::NullMx);
        }
        if let Some((provider, patterns)) = &need.provider {
            let of_provider =
                |host: &&DomainName| patterns.iter().any(|pattern| pattern.matches(host));
            let mut hosts = mx.iter().filter_map(|mx| mx.exchange.as_ref());
            if let Some(host) = hosts.find(|host| !of_provider(host)) {
                return Err(Problem::ProviderLeft {
                    host: host.as_str().to_owned(),
                    provider: provider.to_string(),
                    routed: need.hosts.addresses || need.listed.is_some(),
                });
            }
        }
        let lost = old.is_some_and(|old| old.dnssec == Dnssec::Secure) && dnssec != Dnssec::Secure;
        if lost && !self.named(name) {
            return Err(Problem::DnssecLost(WHAT));
        }
        Ok((dnssec, mx))
    }

    fn accept(
        &mut self,
        name: &DomainName,
        old: Option<&DomainFact>,
        dnssec: Dnssec,
        mx: Vec<MxRecord>,
    ) -> DomainFact {
        let shown = |mx: &[MxRecord]| {
            let hosts = mx.iter().filter_map(|mx| mx.exchange.as_ref());
            hosts.map(DomainName::as_str).collect::<Vec<_>>().join(", ")
        };
        let mut since = self.today;
        match old {
            None => self.events.push(LockEvent::AddDomain(name.clone(), shown(&mx))),
            Some(old) => {
                if *old.mx == *mx {
                    since = old.since;
                } else {
                    let (before, after) = (shown(&old.mx), shown(&mx));
                    self.events.push(LockEvent::NewMx(name.clone(), before, after));
                }
                self.changed_dnssec(name, old.dnssec, dnssec);
            }
        }
        DomainFact { dnssec, mx: mx.into(), since, stale: None }
    }

    pub(super) fn changed_dnssec(&mut self, name: &DomainName, before: Dnssec, after: Dnssec) {
        if before != after {
            let status = match after {
                Dnssec::Secure => "secure",
                Dnssec::Insecure => "insecure",
            };
            self.events.push(LockEvent::Dnssec(name.clone(), status));
        }
    }
}
