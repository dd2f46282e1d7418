//! From destinations to the tables of one target.

use super::pin_list::PinList;
use super::table::{Entry, Origin, Table, Tables};
use crate::diag::{Diagnostic, Diagnostics};
use crate::expand::{Destination, Destinations, PolicyId};
use crate::model::{Location, PinFallback, Target};
use crate::postfix::{NextHop, TlsPolicy, Transport, Version};
use crate::report::counted;
use crate::resolve::{PinHost, Resolved, Way};
use crate::source::{Span, Spanned};
use crate::sql::Dialect;
use compact_str::CompactString;
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The first Postfix that takes a list of next hops. [RELEASE_NOTES-3.5]
const NEXT_HOP_LISTS: Version = Version { major: 3, minor: 5, patch: None };

/// Makes the tables of `target`.
///
/// Everything that this Postfix would refuse or read differently is an error, as are two policies
/// for one next hop. `None` when there was an error.
pub fn lower(
    destinations: &Destinations<Resolved>,
    target: &Target,
    diagnostics: &mut Diagnostics,
) -> Option<Tables> {
    let mut lowering = Lowering {
        destinations,
        target,
        diagnostics,
        policies: HashMap::new(),
        by_next_hop: BTreeMap::new(),
        transport: Vec::with_capacity(routed(destinations)),
        tls_policy: Vec::with_capacity(destinations.list.len() + next_hops(destinations)),
        failed: false,
        left_out: None,
    };
    let plans: Vec<Lowered<'_>> = destinations.plans.iter().map(Lowered::new).collect();
    lowering.run(plans);
    for it in &destinations.next_hops {
        let origin = Origin { span: it.span, template: None, hosts: None };
        lowering.next_hop(it.next_hop.as_str(), it.policy, origin);
    }
    lowering.finish()
}

/// How many destinations have an entry in the transport map: lists that long must not move.
fn routed(destinations: &Destinations<Resolved>) -> usize {
    let plans = &destinations.plans;
    let routed = |it: &&Destination| match plans[it.plan as usize].way {
        Way::Transport(_) | Way::Pinned(_) => true,
        Way::Mx | Way::LeftTo(_) => false,
    };
    destinations.list.iter().filter(routed).count()
}

/// The most next hops that can have a policy of their own.
fn next_hops(destinations: &Destinations<Resolved>) -> usize {
    let of_plan = |plan: &Resolved| match &plan.way {
        Way::Transport(transport) => transport.next_hops.len(),
        Way::Pinned(hosts) => hosts.iter().map(|host| host.addresses.len()).sum(),
        Way::Mx | Way::LeftTo(_) => 0,
    };
    destinations.plans.iter().map(of_plan).sum::<usize>() + destinations.next_hops.len()
}

/// Whether a map may hold keys that are not ASCII. Tables of MariaDB and MySQL may not: their
/// collations take different letters as equal, such as `ü` and `y` or `u`, so that a key would answer
/// for another domain, and many character sets lack most letters.
fn takes_unicode(location: Option<&Spanned<Location>>) -> bool {
    let Some(Location::Sql { database, .. }) = location.map(|it| &it.value) else { return true };
    database.dialect() != Dialect::Mysql
}

/// A plan as one target sees it.
struct Lowered<'a> {
    plan: &'a Resolved,
    /// Whether the plan was checked for this target, and what came of it.
    state: State,
}

enum State {
    /// No domain of the target uses it so far.
    Unused,
    /// The reason was reported.
    Failed,
    Mx(Option<Arc<TlsPolicy>>),
    Transport(Transport, Option<Arc<TlsPolicy>>),
    Pinned(PinList, Arc<TlsPolicy>),
    LeftTo,
}

impl<'a> Lowered<'a> {
    fn new(plan: &'a Resolved) -> Self {
        Self { plan, state: State::Unused }
    }
}

struct Lowering<'a> {
    destinations: &'a Destinations<Resolved>,
    target: &'a Target,
    diagnostics: &'a mut Diagnostics,
    /// Policies that were checked for the target's version; `None` when refused.
    policies: HashMap<PolicyId, Option<Arc<TlsPolicy>>>,
    by_next_hop: BTreeMap<CompactString, (PolicyId, Origin)>,
    transport: Vec<Entry<Transport>>,
    tls_policy: Vec<Entry<Arc<TlsPolicy>>>,
    failed: bool,
    /// The first domain without an entry under its Unicode form, and how many there are.
    left_out: Option<(Span, usize)>,
}

impl<'a> Lowering<'a> {
    fn run(&mut self, mut plans: Vec<Lowered<'a>>) {
        let target = self.target;
        for destination in &self.destinations.list {
            if !target.domains.takes(destination.recipients.name()) {
                continue;
            }
            let plan = &mut plans[destination.plan as usize];
            if let State::Unused = plan.state {
                plan.state = self.state(plan.plan);
                if let State::Failed = plan.state {
                    self.failed = true;
                }
            }
            let origin = Origin {
                span: destination.span,
                template: plan.plan.template.clone(),
                hosts: None,
            };
            self.entries(destination, &plan.state, origin);
        }
    }

    fn entries(&mut self, destination: &Destination, state: &State, origin: Origin) {
        let key = destination.recipients.key();
        let (transport, policy) = match state {
            State::Unused | State::Failed | State::LeftTo => return,
            State::Mx(policy) => (None, policy.as_ref()),
            State::Transport(transport, policy) => {
                // Without a next hop the recipient domain is the key. [transport(5)]
                let policy = policy.as_ref().filter(|_| transport.next_hops.is_empty());
                (Some(transport.clone()), policy)
            }
            State::Pinned(list, policy) => {
                let mut next_hops = list.order(&key);
                next_hops.push(NextHop::domain(destination.recipients.name()));
                (Some(Transport::smtp(next_hops)), Some(policy))
            }
        };
        // Postfix converts neither form into the other. [Postfix `transport.c`, `smtp_tls_policy.c`]
        let unicode = destination.recipients.unicode_key();
        let in_transport =
            unicode.as_ref().filter(|_| takes_unicode(self.target.transport.as_ref()));
        let in_policy = unicode.as_ref().filter(|_| takes_unicode(self.target.tls_policy.as_ref()));
        // The first map that has an entry decides.
        let asked = if transport.is_some() { in_transport } else { in_policy };
        if unicode.is_some() && asked.is_none() && (transport.is_some() || policy.is_some()) {
            self.left_out.get_or_insert((origin.span, 0)).1 += 1;
        }
        if let Some(value) = transport {
            if let Some(key) = in_transport {
                let (key, value, origin) = (key.clone(), value.clone(), origin.clone());
                self.transport.push(Entry { key, value, origin });
            }
            self.transport.push(Entry { key: key.clone(), value, origin: origin.clone() });
        }
        if let Some(value) = policy {
            if let Some(key) = in_policy {
                let (key, value, origin) = (key.clone(), Arc::clone(value), origin.clone());
                self.tls_policy.push(Entry { key, value, origin });
            }
            self.tls_policy.push(Entry { key, value: Arc::clone(value), origin });
        }
    }

    /// Checks a plan for the target, and notes the policies of its next hops.
    fn state(&mut self, plan: &Resolved) -> State {
        let policy = match plan.policy.map(|id| self.policy(id)) {
            None => None,
            Some(Some(policy)) => Some(policy),
            Some(None) => return State::Failed,
        };
        match &plan.way {
            Way::Mx => State::Mx(policy),
            Way::LeftTo(_) => State::LeftTo,
            Way::Transport(transport) => {
                if !self.takes_transport(plan.span, "a next hop of its own") {
                    return State::Failed;
                }
                if let Err(error) = Transport::parse(&transport.to_string(), self.target.postfix) {
                    self.refuse("postfix-version", plan.span, error.to_string(), error.hint());
                    return State::Failed;
                }
                if let Some(id) = plan.policy {
                    for next_hop in &transport.next_hops {
                        let (span, template) = (plan.span, plan.template.clone());
                        let origin = Origin { span, template, hosts: None };
                        self.next_hop(next_hop.as_str(), id, origin);
                    }
                }
                State::Transport(transport.clone(), policy)
            }
            Way::Pinned(hosts) => self.pinned(plan, hosts, policy),
        }
    }

    fn pinned(
        &mut self,
        plan: &Resolved,
        hosts: &[PinHost],
        policy: Option<Arc<TlsPolicy>>,
    ) -> State {
        let target = self.target;
        let mx = Some("write `route: mx`".to_owned());
        let name = &target.name.value;
        if !self.takes_transport(plan.span, "a pin") {
            return State::Failed;
        }
        if target.postfix < NEXT_HOP_LISTS {
            let message = format!(
                "a pin needs Postfix 3.5, and target `{name}` runs {}: older ones take no list of next hops",
                target.postfix
            );
            self.refuse("postfix-version", plan.span, message, mx);
            return State::Failed;
        }
        if target.pin_fallback.value == PinFallback::None {
            let message = format!(
                "a pin without the domain at its end strands mail when the addresses change, and target \
                 `{name}` says `pin_fallback: none`"
            );
            self.refuse("pin-fallback", plan.span, message, mx);
            return State::Failed;
        }
        if target.parent_domain_matches_subdomains {
            let message = format!(
                "on target `{name}` a pin would take the mail of all subdomains along, because \
                 `parent_domain_matches_subdomains` has `transport_maps`"
            );
            self.refuse("pin-subdomains", plan.span, message, mx);
            return State::Failed;
        }
        let (Some(id), Some(policy)) = (plan.policy, policy) else {
            self.refuse("pin-policy", plan.span, "a pin needs a policy".to_owned(), mx);
            return State::Failed;
        };
        let Some(list) = PinList::new(hosts, target.ipv4, target.ipv6) else {
            let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
            let message = format!(
                "target `{name}` reaches no IPv4 address of {}: a pin of IPv6 addresses alone bounces \
                 where IPv6 is off",
                names.join(", ")
            );
            self.refuse("pin-addresses", plan.span, message, mx);
            return State::Failed;
        };
        for (address, hosts) in &list.hosts {
            let origin = Origin {
                span: plan.span,
                template: plan.template.clone(),
                hosts: Some(Arc::from(hosts.as_str())),
            };
            self.next_hop(NextHop::address(*address).as_str(), id, origin);
        }
        State::Pinned(list, policy)
    }

    /// Whether the target has a transport map of ours; reports it otherwise.
    fn takes_transport(&mut self, span: Span, what: &str) -> bool {
        let target = self.target;
        if target.transport.is_some() || target.tls_policy.is_none() {
            return true;
        }
        let message = format!(
            "{what} needs an entry in the transport map, and target `{}` has none that is managed",
            target.name.value
        );
        let hint = "add `transport:` to the target, write `route: mx`, or leave the domain out with `domains:`";
        self.refuse("transport-unmanaged", span, message, Some(hint.to_owned()));
        false
    }

    /// The policy, if the target's Postfix takes it.
    fn policy(&mut self, id: PolicyId) -> Option<Arc<TlsPolicy>> {
        if let Some(known) = self.policies.get(&id) {
            return known.clone();
        }
        let policy = self.destinations.policies.get(id);
        let checked = match TlsPolicy::parse(&policy.to_string(), self.target.postfix) {
            Ok(parsed) if parsed == **policy => Some(Arc::clone(policy)),
            Ok(parsed) => {
                let message = format!("`{policy}` would be read as `{parsed}`");
                self.refuse("postfix-version", self.destinations.policies.span(id), message, None);
                None
            }
            Err(error) => {
                let message = format!(
                    "target `{}` runs Postfix {}: {error}",
                    self.target.name.value, self.target.postfix
                );
                let hint = error.hint();
                self.refuse("postfix-version", self.destinations.policies.span(id), message, hint);
                None
            }
        };
        self.policies.insert(id, checked.clone());
        checked
    }

    /// Notes the policy of a next hop: one string has exactly one.
    fn next_hop(&mut self, key: &str, id: PolicyId, origin: Origin) {
        if self.policy(id).is_none() {
            self.failed = true;
            return;
        }
        let Some((known, first)) = self.by_next_hop.get_mut(key) else {
            self.by_next_hop.insert(CompactString::new(key), (id, origin));
            return;
        };
        if *known == id {
            join_hosts(first, &origin);
            return;
        }
        let policies = &self.destinations.policies;
        let message = format!(
            "the next hop `{key}` would need two policies: `{}` and `{}`",
            policies.get(id),
            policies.get(*known)
        );
        let related = (first.span, "the other one is asked for here".to_owned());
        self.diagnostics.push(Diagnostic {
            related: vec![related],
            ..Diagnostic::error("next-hop-conflict", origin.span, message)
                .hint("Postfix looks policies up by next hop: write `route: mx` for one of the two")
        });
        self.failed = true;
    }

    fn refuse(&mut self, code: &'static str, span: Span, message: String, hint: Option<String>) {
        let mut diagnostic = Diagnostic::error(code, span, message);
        diagnostic.hints.extend(hint);
        self.diagnostics.push(diagnostic);
    }

    fn finish(mut self) -> Option<Tables> {
        let policies = &self.destinations.policies;
        let mut next_hops = self.by_next_hop.into_iter().peekable();
        if let Some((first, _)) = next_hops.peek() {
            // Most stand together there, in brackets, so that nothing is left to sort.
            let at = self.tls_policy.partition_point(|entry| entry.key < *first);
            let entries = next_hops.map(|(key, (id, origin))| {
                let value = Arc::clone(policies.get(id));
                Entry { key, value, origin }
            });
            self.tls_policy.splice(at..at, entries);
        }
        let mut conflicts = Vec::new();
        let tls_policy = Table::from_unsorted(self.tls_policy, |first, second| {
            if first.value != second.value {
                conflicts.push((first.clone(), second.clone()));
            }
        });
        for (first, second) in conflicts {
            self.failed = true;
            self.diagnostics.push(
                Diagnostic::error(
                    "next-hop-conflict",
                    second.origin.span,
                    format!(
                        "`{}` is a domain and a next hop with two policies: `{}` and `{}`",
                        second.key, first.value, second.value
                    ),
                )
                .related(first.origin.span, "the other one is asked for here"),
            );
        }
        if let Some((span, count)) = self.left_out {
            let target = &self.target.name.value;
            let domains = counted(count, "internationalized domain");
            self.diagnostics.push(
                Diagnostic::warning(
                    "no-unicode-key",
                    span,
                    format!("target `{target}` has {domains} under the `xn--` form only"),
                )
                .hint(
                    "the other form could answer for other domains in a table of MariaDB or MySQL: mail to \
                     it, which only SMTPUTF8 allows, gets the default",
                ),
            );
        }
        let transport = Table::from_unsorted(self.transport, |_, _| {});
        (!self.failed).then_some(Tables { transport, tls_policy })
    }
}

/// Adds the hosts of another use of the same address to the comment above it.
fn join_hosts(first: &mut Origin, other: &Origin) {
    let (Some(mine), Some(others)) = (&first.hosts, &other.hosts) else { return };
    if mine == others {
        return;
    }
    let mut names: Vec<&str> = mine.split(", ").chain(others.split(", ")).collect();
    names.sort_unstable();
    names.dedup();
    first.hosts = Some(Arc::from(names.join(", ")));
}
