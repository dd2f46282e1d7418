//! From the lock's facts to resolved plans.

use super::plan::{PinHost, Resolved, Way};
use crate::answer::{Dnssec, MxRecord};
use crate::diag::{Diagnostic, Diagnostics};
use crate::expand::{Destination, Destinations, HostSource, Unresolved, UnresolvedWay};
use crate::lock::{DomainFact, Lock, refused};
use crate::model::{Config, Provider};
use crate::names::{DomainName, Recipients};
use crate::postfix::{NextHop, Transport};
use crate::source::Span;
use hashbrown::HashMap;
use std::collections::{BTreeMap, btree_map};
use std::iter::Peekable;
use std::sync::Arc;

/// Fills the facts of the lock into every plan.
///
/// The lock holds what [`super::needs()`] named. A fact that is missing nevertheless is an error, as is
/// a pinned domain whose MX set is not its provider's.
///
/// # Errors
///
/// The destinations as they were, so that the lock can be filled and the call repeated.
#[expect(clippy::result_large_err, reason = "called twice a run at most")]
pub fn resolve(
    config: &Config,
    destinations: Destinations<Unresolved>,
    lock: &Lock,
    diagnostics: &mut Diagnostics,
) -> Result<Destinations<Resolved>, Destinations<Unresolved>> {
    let mut resolver = Resolver {
        config,
        lock,
        diagnostics,
        plans: Vec::with_capacity(destinations.plans.len()),
        strangers: HashMap::new(),
        domains: lock.domains.iter().peekable(),
    };
    let shared: Vec<Shared> = destinations.plans.iter().map(|plan| resolver.share(plan)).collect();
    let mut own: BTreeMap<PerDomain, Option<u32>> = BTreeMap::new();
    let mut assign = |destination: &Destination| match shared[destination.plan as usize] {
        Shared::Plan(plan) => Some(plan),
        Shared::Failed => None,
        Shared::PerDomain => {
            let plan = &destinations.plans[destination.plan as usize];
            let (dane, hosts) = resolver.own(plan, destination)?;
            *own.entry((destination.plan, dane, hosts))
                .or_insert_with_key(|(_, dane, hosts)| resolver.plan(plan, *dane, hosts))
        }
    };
    let mut assigned: Vec<u32> = Vec::with_capacity(destinations.list.len());
    // All are gone through, for each has its own messages.
    assigned.extend(destinations.list.iter().filter_map(&mut assign));
    let plans = resolver.plans;
    if assigned.len() < destinations.list.len() {
        return Err(destinations);
    }
    let Destinations { mut list, policies, next_hops, .. } = destinations;
    for (destination, plan) in list.iter_mut().zip(assigned) {
        destination.plan = plan;
    }
    Ok(Destinations { list, plans, policies, next_hops })
}

/// Domains of one unresolved plan with the same DANE status and MX hosts share a resolved plan.
type PerDomain = (u32, bool, Vec<(u16, DomainName)>);

/// What the domains of an unresolved plan have in common.
enum Shared {
    Plan(u32),
    /// The MX set of each domain decides.
    PerDomain,
    Failed,
}

struct Resolver<'a> {
    config: &'a Config,
    lock: &'a Lock,
    diagnostics: &'a mut Diagnostics,
    plans: Vec<Resolved>,
    /// The first host of an MX set that a template does not accept: many domains have the same sets,
    /// down to the place in memory.
    strangers: HashMap<(*const Provider, *const MxRecord), Option<&'a MxRecord>>,
    /// Facts of domains behind those that were found: destinations are sorted as the facts are.
    domains: Peekable<btree_map::Iter<'a, DomainName, DomainFact>>,
}

impl<'a> Resolver<'a> {
    fn share(&mut self, plan: &Unresolved) -> Shared {
        let own_mx = plan.policy_when_dane.is_some()
            || match &plan.way {
                UnresolvedWay::Hosts(source) => *source == HostSource::OwnMx,
                // The domain's own MX set tells whether it still is with the provider.
                UnresolvedWay::Pinned { .. } => plan.template.is_some(),
                UnresolvedWay::Mx | UnresolvedWay::Transport(_) | UnresolvedWay::LeftTo(_) => false,
            };
        if own_mx {
            return Shared::PerDomain;
        }
        self.plan(plan, false, &[]).map_or(Shared::Failed, Shared::Plan)
    }

    /// Whether the domain is DANE-secured, and the MX hosts that its plan takes from it.
    fn own(
        &mut self,
        plan: &Unresolved,
        destination: &Destination,
    ) -> Option<(bool, Vec<(u16, DomainName)>)> {
        let name = match &destination.recipients {
            Recipients::Domain(name) => name,
            // Of subdomains nothing is known: they get what holds for all.
            Recipients::Subdomains(_) => {
                self.has_policy(plan, destination, false)?;
                return Some((false, Vec::new()));
            }
        };
        while self.domains.next_if(|(known, _)| *known < name).is_some() {}
        let next = self.domains.peek().filter(|(known, _)| *known == name);
        let Some((_, fact)) = next.copied() else {
            self.missing(&format!("the MX set of `{name}`"), destination.span);
            return None;
        };
        let routed = match &plan.way {
            UnresolvedWay::Hosts(source) | UnresolvedWay::Pinned { hosts: source, .. } => {
                Some(source)
            }
            UnresolvedWay::Mx | UnresolvedWay::Transport(_) | UnresolvedWay::LeftTo(_) => None,
        };
        if routed.is_some() {
            self.still_there(plan, name, fact, destination.span)?;
        }
        let dane = plan.policy_when_dane.is_some() && self.dane_secured(fact, destination.span)?;
        self.has_policy(plan, destination, dane)?;
        let hosts = if routed == Some(&HostSource::OwnMx) && !dane {
            fact.mx.iter().filter_map(|mx| Some((mx.preference, mx.exchange.clone()?))).collect()
        } else {
            Vec::new()
        };
        Some((dane, hosts))
    }

    /// A template that only knows what to do with DANE-secured domains leaves the others without an
    /// entry; a domain that lost DNSSEC must not fall to the default level without a word.
    fn has_policy(&mut self, plan: &Unresolved, of: &Destination, dane: bool) -> Option<()> {
        if dane || plan.policy.is_some() || plan.policy_when_dane.is_none() {
            return Some(());
        }
        let template = plan.template.as_deref().unwrap_or_default();
        let message = format!(
            "`{}` is not DANE-secured, and `{template}` has no policy for such domains",
            of.recipients
        );
        self.diagnostics.push(
            Diagnostic::error("not-dane-secured", of.span, message)
                .hint("give the entry a `level` of its own, for example `level: encrypt`"),
        );
        None
    }

    /// A pin that answers 5xx bounces at once, and the MX is never asked: a domain that left its
    /// provider must not stay pinned there. [Postfix `smtp_connect.c` `smtp_connect_inet`]
    fn still_there(
        &mut self,
        plan: &Unresolved,
        name: &DomainName,
        fact: &'a DomainFact,
        span: Span,
    ) -> Option<()> {
        let Some(provider) = plan.template.as_ref().and_then(|it| self.config.providers.get(&**it))
        else {
            return Some(());
        };
        let accepts = |mx: &&MxRecord| mx.exchange.as_ref().is_some_and(|it| provider.accepts(it));
        let stranger = *self
            .strangers
            .entry((std::ptr::from_ref(provider), fact.mx.as_ptr()))
            .or_insert_with(|| fact.mx.iter().find(|mx| !accepts(mx)));
        let Some(stranger) = stranger else { return Some(()) };
        let host = stranger.exchange.as_ref().map_or(".", DomainName::as_str);
        self.diagnostics.push(
            Diagnostic::error(
                "provider-left",
                span,
                format!("`{name}` has the MX host `{host}`, which is not one of `{}`", provider.name.value),
            )
            .hint("find out where its mail goes now: `mxward providers detect`, then change the provider")
            .hint("or write `route: mx` until that is clear"),
        );
        None
    }

    /// Whether every MX host is reached by DANE alone: the MX set is secure, and each host has usable
    /// TLSA records. [RFC 7672 §2.2]
    fn dane_secured(&mut self, fact: &DomainFact, span: Span) -> Option<bool> {
        if fact.dnssec != Dnssec::Secure {
            return Some(false);
        }
        let mut all = true;
        for mx in fact.mx.iter() {
            let Some(host) = &mx.exchange else { return Some(false) };
            if let Some(dane) = self.lock.hosts.get(host).and_then(|it| it.dane) {
                all &= dane;
            } else {
                self.missing(&format!("whether `{host}` has TLSA records"), span);
                return None;
            }
        }
        Some(all)
    }

    /// Makes a resolved plan and gives its number.
    fn plan(&mut self, plan: &Unresolved, dane: bool, own: &[(u16, DomainName)]) -> Option<u32> {
        let way = match &plan.way {
            UnresolvedWay::Mx => Way::Mx,
            UnresolvedWay::Transport(transport) => Way::Transport(transport.clone()),
            UnresolvedWay::LeftTo(name) => Way::LeftTo(Arc::clone(name)),
            // DANE does not work on addresses. [Postfix `smtp_addr.c`: a literal has no DNSSEC status]
            UnresolvedWay::Pinned { explicit: false, .. } if dane => Way::Mx,
            UnresolvedWay::Pinned { explicit: true, .. } if dane => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "pin-policy",
                        plan.span,
                        "a DANE-secured domain cannot be pinned: DANE does not work on addresses",
                    )
                    .hint("write `route: mx`"),
                );
                return None;
            }
            UnresolvedWay::Hosts(source) => {
                let hosts = listed(source, own);
                let next_hops = hosts.iter().map(|(_, host)| NextHop::host(host)).collect();
                Way::Transport(Transport::smtp(next_hops))
            }
            UnresolvedWay::Pinned { hosts, .. } => {
                let hosts: Option<Vec<PinHost>> =
                    listed(hosts, own).iter().map(|it| self.pin_host(it, plan.span)).collect();
                Way::Pinned(Arc::from(hosts?))
            }
        };
        let policy = if dane { plan.policy_when_dane } else { plan.policy };
        let template = plan.template.clone();
        self.plans.push(Resolved { body: plan.body, template, policy, way, span: plan.span });
        Some(u32::try_from(self.plans.len() - 1).expect("fewer than 2^32 plans"))
    }

    fn pin_host(&mut self, (preference, name): &(u16, DomainName), span: Span) -> Option<PinHost> {
        let Some(fact) = self.lock.hosts.get(name).filter(|it| !it.addresses.is_empty()) else {
            self.missing(&format!("the address of `{name}`"), span);
            return None;
        };
        for it in &fact.addresses {
            if let Some(why) = refused(it.address, &self.config.lock.allow_addresses) {
                self.diagnostics.push(
                    Diagnostic::error(
                        "address-refused",
                        span,
                        format!("`{}` of `{name}` is {why}: mail would stay inside", it.address),
                    )
                    .hint("if that is meant, name the network in `lock.allow_addresses`"),
                );
                return None;
            }
        }
        let addresses = fact.addresses.iter().map(|it| (it.address, it.gone.is_none())).collect();
        Some(PinHost { preference: *preference, name: name.clone(), addresses })
    }

    fn missing(&mut self, what: &str, span: Span) {
        self.diagnostics.push(
            Diagnostic::error("lock-incomplete", span, format!("{what} is not in `mxward.lock`"))
                .hint("run `mxward lock`"),
        );
    }
}

fn listed<'a>(source: &'a HostSource, own: &'a [(u16, DomainName)]) -> &'a [(u16, DomainName)] {
    match source {
        HostSource::Listed(hosts) => hosts,
        HostSource::OwnMx => own,
    }
}
