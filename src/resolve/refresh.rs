//! From DNS answers to a new lock. Unknown never weakens: a fact that cannot be confirmed stays.

use super::lock_event::LockEvent;
use crate::answer::{Answer, Dnssec, MxRecord, Question, Reply, UnknownReason};
use crate::diag::{Diagnostic, Diagnostics};
use crate::lock::{
    AddressFact, DomainFact, DomainNeed, HostFact, HostNeed, Lock, Needs, Stale, refused,
};
use crate::model::LockSettings;
use crate::names::DomainName;
use crate::source::Span;
use crate::world::Dns;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Which facts are asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scope {
    /// What the lock lacks.
    Missing,
    /// Everything.
    All,
    /// The names, and what the lock lacks.
    Named(BTreeSet<DomainName>),
}

/// What came of asking.
#[derive(Debug)]
pub struct Refreshed {
    /// The new lock: also after errors it holds nothing that is weaker than before.
    pub lock: Lock,
    /// What changed, sorted.
    pub events: Vec<LockEvent>,
    /// Errors for what is not known, warnings for what could not be confirmed.
    pub diagnostics: Diagnostics,
}

/// Asks DNS for the facts in `scope`, and drops what nobody needs.
pub fn refresh(
    old: &Lock,
    needs: &Needs,
    scope: &Scope,
    settings: &LockSettings,
    today: Date,
    dns: &dyn Dns,
) -> Refreshed {
    let mut refresh = Refresh {
        old,
        scope,
        settings,
        today,
        dns,
        lock: Lock { checked: old.checked, ..Lock::default() },
        events: Vec::new(),
        diagnostics: Diagnostics::new(),
        confirmed: true,
    };
    refresh.domains(&needs.domains);
    let hosts = refresh.hosts_needed(needs);
    refresh.hosts(&hosts);
    for name in old.hosts.keys().filter(|name| !refresh.lock.hosts.contains_key(*name)) {
        refresh.events.push(LockEvent::Remove(name.clone()));
    }
    for name in old.domains.keys().filter(|name| !refresh.lock.domains.contains_key(*name)) {
        refresh.events.push(LockEvent::Remove(name.clone()));
    }
    let Refresh { mut lock, mut events, diagnostics, confirmed, .. } = refresh;
    if confirmed && (*scope == Scope::All || old.checked.is_none()) {
        lock.checked = Some(today);
    }
    events.sort();
    Refreshed { lock, events, diagnostics }
}

struct Refresh<'a> {
    old: &'a Lock,
    scope: &'a Scope,
    settings: &'a LockSettings,
    today: Date,
    dns: &'a dyn Dns,
    lock: Lock,
    events: Vec<LockEvent>,
    diagnostics: Diagnostics,
    /// Whether everything that was asked was answered.
    confirmed: bool,
}

impl Refresh<'_> {
    fn asks_for(&self, name: &DomainName, known: bool) -> bool {
        match self.scope {
            Scope::Missing => !known,
            Scope::All => true,
            Scope::Named(names) => !known || names.contains(name),
        }
    }

    fn domains(&mut self, needs: &BTreeMap<DomainName, DomainNeed>) {
        let asked: Vec<&DomainName> = needs
            .keys()
            .filter(|name| self.asks_for(name, self.old.domains.contains_key(*name)))
            .collect();
        let questions: Vec<Question> =
            asked.iter().map(|name| Question::Mx((*name).clone())).collect();
        let mut answers: BTreeMap<&DomainName, Answer> =
            asked.into_iter().zip(self.dns.lookup(&questions)).collect();
        for (name, need) in needs {
            let old = self.old.domains.get(name);
            let new = match answers.remove(name) {
                None => old.cloned(),
                Some(answer) => self.domain(name, need, old, answer),
            };
            if let Some(fact) = new {
                self.lock.domains.insert(name.clone(), fact);
            }
        }
    }

    /// The fact of a domain; the old one when the answer is no better.
    fn domain(
        &mut self,
        name: &DomainName,
        need: &DomainNeed,
        old: Option<&DomainFact>,
        answer: Answer,
    ) -> Option<DomainFact> {
        let (dnssec, mx) = match positive(answer, old.is_some()) {
            Ok((dnssec, Reply::Mx(mx))) if mx.iter().any(|it| it.exchange.is_some()) => {
                (dnssec, mx)
            }
            Ok((_, Reply::Mx(mx))) if !mx.is_empty() => {
                self.error(
                    "no-mail",
                    name,
                    need.span,
                    "takes no mail: it has a null MX [RFC 7505 §3]",
                );
                return old.cloned();
            }
            Ok(_) | Err(Negative::Absent) => {
                let what = "has no MX records, which its provider would have given it";
                self.error("no-mx", name, need.span, what);
                return old.cloned();
            }
            Err(Negative::Vanished) => {
                let what = "has no MX records any more, and the denial is signed";
                self.error("vanished", name, need.span, what);
                return old.cloned();
            }
            Err(Negative::Unknown(reason)) => {
                let stale = old.and_then(|it| it.stale.clone());
                let stale =
                    self.unknown(name, need.span, "the MX set", &reason, old.is_some(), stale);
                return old.map(|old| DomainFact { stale: Some(stale), ..old.clone() });
            }
        };
        if let Some((provider, patterns)) = &need.provider {
            let stranger = mx.iter().find_map(|it| match &it.exchange {
                Some(host) if patterns.iter().any(|pattern| pattern.matches(host)) => None,
                Some(host) => Some(host.as_str()),
                None => Some("."),
            });
            if let Some(host) = stranger {
                let what = format!("has the MX host `{host}`, which is not one of `{provider}`");
                self.error("provider-left", name, need.span, &what);
                return old.cloned();
            }
        }
        if let Some(old) = old
            && old.dnssec == Dnssec::Secure
            && dnssec == Dnssec::Insecure
            && !self.accepts_downgrade(name)
        {
            self.downgraded(name, need.span, "the MX set");
            return Some(old.clone());
        }
        let shown = |mx: &[MxRecord]| {
            let hosts = mx.iter().map(|it| it.exchange.as_ref().map_or(".", DomainName::as_str));
            hosts.collect::<Vec<_>>().join(", ")
        };
        let mut since = self.today;
        match old {
            None => self.events.push(LockEvent::AddDomain(name.clone(), shown(&mx))),
            Some(old) => {
                if old.mx == mx {
                    since = old.since;
                } else {
                    let (before, after) = (shown(&old.mx), shown(&mx));
                    self.events.push(LockEvent::NewMx(name.clone(), before, after));
                }
                self.changed_dnssec(name, old.dnssec, dnssec);
            }
        }
        Some(DomainFact { dnssec, mx, since, stale: None })
    }

    /// The hosts of the needs and of the MX sets that are known by now.
    fn hosts_needed(&self, needs: &Needs) -> BTreeMap<DomainName, HostNeed> {
        let mut hosts = needs.hosts.clone();
        for (name, need) in &needs.domains {
            if !need.hosts.addresses && !need.hosts.dane {
                continue;
            }
            let mx = self.lock.domains.get(name).map(|fact| fact.mx.as_slice()).unwrap_or_default();
            for host in mx.iter().filter_map(|it| it.exchange.as_ref()) {
                let entry = hosts.entry(host.clone()).or_insert(HostNeed {
                    span: need.span,
                    addresses: false,
                    dane: false,
                });
                entry.addresses |= need.hosts.addresses;
                entry.dane |= need.hosts.dane;
            }
        }
        hosts
    }

    fn hosts(&mut self, needs: &BTreeMap<DomainName, HostNeed>) {
        let mut questions = Vec::new();
        let mut asked = BTreeSet::new();
        for (name, need) in needs {
            let known = self.old.hosts.get(name).is_some_and(|old| {
                (!need.addresses || !old.addresses.is_empty()) && (!need.dane || old.dane.is_some())
            });
            if !self.asks_for(name, known) {
                continue;
            }
            asked.insert(name);
            // The address records tell the DNSSEC status also where only TLSA matters.
            questions.extend([Question::A(name.clone()), Question::Aaaa(name.clone())]);
            if need.dane {
                questions.push(Question::Tlsa(name.clone()));
            }
        }
        let answers = self.dns.lookup(&questions);
        let mut answers: BTreeMap<Question, Answer> = questions.into_iter().zip(answers).collect();
        for (name, need) in needs {
            let old = self.old.hosts.get(name);
            let new = if asked.contains(name) {
                let mut answer = |question| {
                    answers.remove(&question).unwrap_or(Answer::Unknown(UnknownReason::Timeout))
                };
                let a = answer(Question::A(name.clone()));
                let aaaa = answer(Question::Aaaa(name.clone()));
                let tlsa = need.dane.then(|| answer(Question::Tlsa(name.clone())));
                self.host(name, need, old, a, aaaa, tlsa)
            } else {
                old.cloned()
            };
            if let Some(fact) = new {
                self.lock.hosts.insert(name.clone(), fact);
            }
        }
    }

    fn host(
        &mut self,
        name: &DomainName,
        need: &HostNeed,
        old: Option<&HostFact>,
        a: Answer,
        aaaa: Answer,
        tlsa: Option<Answer>,
    ) -> Option<HostFact> {
        let knows = |v4: bool| {
            old.is_some_and(|it| {
                it.addresses.iter().any(|it| it.address.is_ipv4() == v4 && it.gone.is_none())
            })
        };
        let mut stale = None;
        let mut addresses: Vec<IpAddr> = Vec::new();
        let mut status = Dnssec::Secure;
        let mut kept_families = [false, false];
        for (answer, v4) in [(a, true), (aaaa, false)] {
            match positive(answer, knows(v4)) {
                Ok((dnssec, reply)) => {
                    status = status.max(dnssec);
                    match reply {
                        Reply::A(list) => addresses.extend(list.into_iter().map(IpAddr::V4)),
                        Reply::Aaaa(list) => addresses.extend(list.into_iter().map(IpAddr::V6)),
                        Reply::Mx(_) | Reply::Tlsa { .. } => {}
                    }
                }
                Err(Negative::Absent) => {}
                // A proven denial of one family while the other answers is a change like others.
                Err(Negative::Vanished) => {}
                Err(Negative::Unknown(reason)) => {
                    kept_families[usize::from(v4)] = true;
                    let before = old.and_then(|it| it.stale.clone());
                    stale = Some(self.unknown(
                        name,
                        need.span,
                        if v4 { "the IPv4 addresses" } else { "the IPv6 addresses" },
                        &reason,
                        old.is_some(),
                        before,
                    ));
                }
            }
        }
        if stale.is_some() && old.is_none() {
            return None;
        }
        for address in &addresses {
            if need.addresses
                && let Some(why) = refused(*address, &self.settings.allow_addresses)
            {
                let what =
                    format!("has the address {address}, which is {why}: mail would stay inside");
                self.error("address-refused", name, need.span, &what);
                return old.cloned();
            }
        }
        if addresses.is_empty() && stale.is_none() {
            let what = if old.is_some() {
                "has no address any more"
            } else {
                "has no address: it does not exist, or its name is wrong"
            };
            self.error("vanished", name, need.span, what);
            return old.cloned();
        }
        let dane = match tlsa {
            None => old.and_then(|it| it.dane),
            Some(answer) => self.dane(name, need, old, answer, status, &mut stale),
        };
        if let Some(old) = old
            && old.dnssec == Dnssec::Secure
            && status == Dnssec::Insecure
            && !self.accepts_downgrade(name)
        {
            self.downgraded(name, need.span, "the address");
            return Some(old.clone());
        }
        if need.dane && dane.is_none() {
            return None;
        }
        let facts = self.addresses(name, old, &addresses, kept_families);
        match old {
            None => self.events.push(LockEvent::AddHost(name.clone(), facts.len())),
            Some(old) => {
                if stale.is_none() {
                    self.changed_dnssec(name, old.dnssec, status);
                }
                if let (Some(before), Some(after)) = (old.dane, dane)
                    && before != after
                {
                    self.events.push(LockEvent::Dane(name.clone(), after));
                }
            }
        }
        let dnssec = if stale.is_some() { old.map_or(status, |old| old.dnssec) } else { status };
        Some(HostFact { dnssec, addresses: facts, dane, stale })
    }

    /// Whether the host has usable TLSA records in secure zones; the old fact where that is unknown.
    fn dane(
        &mut self,
        name: &DomainName,
        need: &HostNeed,
        old: Option<&HostFact>,
        answer: Answer,
        address_status: Dnssec,
        stale: &mut Option<Stale>,
    ) -> Option<bool> {
        let before = old.and_then(|it| it.dane);
        let now = match positive(answer, before == Some(true)) {
            Ok((Dnssec::Secure, Reply::Tlsa { usable, .. })) => {
                usable > 0 && address_status == Dnssec::Secure
            }
            Ok(_) | Err(Negative::Absent | Negative::Vanished) => false,
            Err(Negative::Unknown(reason)) => {
                let since = old.and_then(|it| it.stale.clone());
                let what = "the TLSA records";
                *stale =
                    Some(self.unknown(name, need.span, what, &reason, before.is_some(), since));
                return before;
            }
        };
        if before == Some(true) && !now && !self.accepts_downgrade(name) {
            self.downgraded(name, need.span, "the TLSA records");
            return before;
        }
        Some(now)
    }

    /// Current addresses, and those that vanished less than `lock.retain` days ago.
    fn addresses(
        &mut self,
        name: &DomainName,
        old: Option<&HostFact>,
        current: &[IpAddr],
        kept_families: [bool; 2],
    ) -> Vec<AddressFact> {
        let today = self.today;
        let known = old.map(|it| it.addresses.as_slice()).unwrap_or_default();
        let mut facts: Vec<AddressFact> = Vec::new();
        for it in known {
            let kept = kept_families[usize::from(it.address.is_ipv4())];
            let gone = if current.contains(&it.address) {
                if it.gone.is_some() {
                    self.events.push(LockEvent::AddressBack(name.clone(), it.address));
                }
                None
            } else if kept {
                it.gone
            } else {
                if it.gone.is_none() {
                    self.events.push(LockEvent::AddressGone(name.clone(), it.address));
                }
                let gone = it.gone.unwrap_or(today);
                let days = today.since(gone).map_or(0, |span| span.get_days());
                if days > i32::from(self.settings.retain)
                    || (self.settings.retain == 0 && !current.is_empty())
                {
                    self.events.push(LockEvent::AddressDropped(name.clone(), it.address));
                    continue;
                }
                Some(gone)
            };
            facts.push(AddressFact { address: it.address, since: it.since, gone });
        }
        for address in current {
            if !known.iter().any(|it| it.address == *address) {
                if old.is_some() {
                    self.events.push(LockEvent::NewAddress(name.clone(), *address));
                }
                facts.push(AddressFact { address: *address, since: today, gone: None });
            }
        }
        facts.sort();
        facts
    }

    /// Reports a question without an answer: a warning where the lock knows better, else an error.
    fn unknown(
        &mut self,
        name: &DomainName,
        span: Span,
        what: &str,
        reason: &str,
        known: bool,
        before: Option<Stale>,
    ) -> Stale {
        self.confirmed = false;
        if known {
            self.events.push(LockEvent::Stale(name.clone(), format!("{what}: {reason}")));
            self.diagnostics.push(Diagnostic::warning(
                "lock-stale",
                span,
                format!(
                    "{what} of `{name}` could not be confirmed ({reason}): the lock stays as it is"
                ),
            ));
        } else {
            self.diagnostics.push(
                Diagnostic::error(
                    "unresolved",
                    span,
                    format!("{what} of `{name}` could not be looked up: {reason}"),
                )
                .hint("try again later, or ask another server with `--dns-server`"),
            );
        }
        let since = before.filter(|it| it.reason == reason).map_or(self.today, |it| it.since);
        Stale { since, reason: reason.to_owned() }
    }

    fn error(&mut self, code: &'static str, name: &DomainName, span: Span, what: &str) {
        self.confirmed = false;
        let diagnostic = Diagnostic::error(code, span, format!("`{name}` {what}"));
        self.diagnostics.push(match code {
            "provider-left" => diagnostic
                .hint("find out where its mail goes now, then change the provider: `mxward providers detect`")
                .hint("until then `route: mx` delivers by the MX records"),
            "address-refused" => {
                diagnostic.hint("if that is meant, name the network in `lock.allow_addresses`")
            }
            "vanished" | "no-mx" | "no-mail" => {
                diagnostic.hint("correct the domain or its provider, or write `route: mx`")
            }
            _ => diagnostic,
        });
    }

    /// A name that the user named stands for "yes, I have looked".
    fn accepts_downgrade(&self, name: &DomainName) -> bool {
        matches!(self.scope, Scope::Named(names) if names.contains(name))
    }

    fn downgraded(&mut self, name: &DomainName, span: Span, what: &str) {
        self.confirmed = false;
        let message = format!(
            "{what} of `{name}` was secured by DNSSEC and is not any more: the lock stays as it is"
        );
        self.diagnostics
            .push(Diagnostic::error("dnssec-lost", span, message).hint(format!(
                "if that is right, accept the weaker state: `mxward update {name}`"
            )));
    }

    fn changed_dnssec(&mut self, name: &DomainName, before: Dnssec, after: Dnssec) {
        if before != after {
            let status = match after {
                Dnssec::Secure => "secure",
                Dnssec::Insecure => "insecure",
            };
            self.events.push(LockEvent::Dnssec(name.clone(), status));
        }
    }
}

/// Why there are no records.
enum Negative {
    /// There never were any, as far as the lock knows.
    Absent,
    /// The lock knows some, and a signed answer says that there are none.
    Vanished,
    /// Nobody knows.
    Unknown(String),
}

/// The records of an answer. An unsigned "nothing there" for a name that the lock knows is unknown:
/// anybody on the way can say that.
fn positive(answer: Answer, known: bool) -> Result<(Dnssec, Reply), Negative> {
    match answer {
        Answer::Secure(reply) if !reply.is_empty() => Ok((Dnssec::Secure, reply)),
        Answer::Insecure(reply) if !reply.is_empty() => Ok((Dnssec::Insecure, reply)),
        Answer::Secure(_) | Answer::ProvenAbsent if known => Err(Negative::Vanished),
        Answer::Insecure(_) if known => Err(Negative::Unknown("unsigned-denial".to_owned())),
        Answer::Secure(_) | Answer::ProvenAbsent | Answer::Insecure(_) => Err(Negative::Absent),
        Answer::Unknown(reason) => Err(Negative::Unknown(match reason {
            UnknownReason::Failure(code) => {
                let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
                let code: String = code.replace(' ', "-").chars().filter(plain).take(40).collect();
                if code.is_empty() { "failure".to_owned() } else { code }
            }
            UnknownReason::Timeout => "timeout".to_owned(),
            UnknownReason::Bogus => "bogus".to_owned(),
            UnknownReason::Malformed(_) => "malformed".to_owned(),
            UnknownReason::AliasLoop => "alias-loop".to_owned(),
        })),
    }
}
