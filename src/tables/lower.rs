//! From destinations to the tables of one target.

use super::lowered::{Extra, Lowered, Of, State};
use super::pin_list::PinList;
use super::table::Origin;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expand::{Destinations, PolicyId};
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

/// Checks every plan for `target`.
///
/// Everything that this Postfix would refuse or read differently is an error, as are two policies
/// for one next hop. `None` when there was an error.
pub fn lower<'a>(
    destinations: &'a Destinations<Resolved>,
    target: &Target,
    diagnostics: &mut Diagnostics,
) -> Option<Lowered<'a>> {
    let mut lowering = Lowering {
        destinations,
        target,
        diagnostics,
        policies: HashMap::new(),
        by_next_hop: BTreeMap::new(),
        failed: false,
    };
    let (states, selected) = lowering.states();
    for it in &destinations.next_hops {
        let origin = Origin { span: it.span, template: None, hosts: None };
        lowering.next_hop(it.next_hop.as_str(), it.policy, origin);
    }
    let mut lowered = Lowered {
        destinations,
        states,
        selected,
        extras: Vec::new(),
        unicode_in_transport: no_unicode(target.transport.as_ref(), target.postfix).is_none(),
        unicode_in_policy: no_unicode(target.tls_policy.as_ref(), target.postfix).is_none(),
    };
    lowering.extras(&mut lowered);
    (!lowering.failed).then_some(lowered)
}

/// Why a map may not hold keys that are not ASCII, as a hint.
fn no_unicode(location: Option<&Spanned<Location>>, postfix: Version) -> Option<&'static str> {
    let Some(Location::Sql { database, .. }) = location.map(|it| &it.value) else { return None };
    match database.dialect() {
        // `ü` and `y`, or `u`, are equal there, and many character sets lack most letters.
        Dialect::Mysql => Some(
            "in a table of MariaDB or MySQL the other form could answer for other domains: mail to it, which \
             only SMTPUTF8 allows, gets the default",
        ),
        // [RELEASE_NOTES-3.8]
        Dialect::Postgres if !postfix.at_least(3, 8) => Some(
            "Postfix before 3.8 asks PostgreSQL in LATIN1 and would not find the other form: mail to it, \
             which only SMTPUTF8 allows, gets the default",
        ),
        Dialect::Postgres | Dialect::Sqlite => None,
    }
}

struct Lowering<'a, 't> {
    destinations: &'a Destinations<Resolved>,
    target: &'t Target,
    diagnostics: &'t mut Diagnostics,
    /// Policies that were checked for the target's version; `None` when refused.
    policies: HashMap<PolicyId, Option<Arc<TlsPolicy>>>,
    by_next_hop: BTreeMap<CompactString, (PolicyId, Origin)>,
    failed: bool,
}

impl<'a> Lowering<'a, '_> {
    /// The states of all plans, and the positions of the destinations that the target gets.
    fn states(&mut self) -> (Vec<State>, Vec<u32>) {
        let Destinations { list, plans, .. } = self.destinations;
        let mut states: Vec<State> = plans.iter().map(|_| State::Unused).collect();
        let mut selected = Vec::with_capacity(list.len());
        for (at, destination) in (0_u32..).zip(list) {
            if !self.target.domains.takes(destination.recipients.name()) {
                continue;
            }
            selected.push(at);
            let plan = destination.plan as usize;
            if let State::Unused = states[plan] {
                states[plan] = self.state(&plans[plan]);
                self.failed |= matches!(states[plan], State::Failed);
            }
        }
        (states, selected)
    }

    /// Adds the policies of next hops, and the keys with U-labels: Postfix converts neither form into
    /// the other. [Postfix `transport.c`, `smtp_tls_policy.c`]
    fn extras(&mut self, lowered: &mut Lowered<'_>) {
        let Destinations { list, policies, .. } = self.destinations;
        for (key, (id, origin)) in std::mem::take(&mut self.by_next_hop) {
            let policy = policies.get(id);
            let own = lowered.find(&key);
            let own = own.and_then(|(destination, state)| Some((destination, state.policy()?)));
            match own {
                None => {
                    let of = Of::NextHop(Arc::clone(policy), origin);
                    lowered.extras.push(Extra { key, of });
                }
                Some((_, same)) if same == policy => {}
                Some((destination, own)) => {
                    let message = format!(
                        "`{key}` is a domain and a next hop with two policies: `{own}` and `{policy}`"
                    );
                    self.failed = true;
                    self.diagnostics.push(
                        Diagnostic::error("next-hop-conflict", destination.span, message)
                            .related(origin.span, "as a next hop it is asked for here"),
                    );
                }
            }
        }
        let mut left_out = None;
        for at in &lowered.selected {
            let destination = &list[*at as usize];
            if let Some(key) = destination.recipients.unicode_key() {
                let state = &lowered.states[destination.plan as usize];
                // Pins lead to a policy under the other form.
                let asks_policy =
                    matches!(state, State::Mx(Some(_)) | State::Transport(_, Some(_)));
                let in_transport = lowered.unicode_in_transport || !state.has_transport();
                if !in_transport || (asks_policy && !lowered.unicode_in_policy) {
                    left_out.get_or_insert((destination.span, 0)).1 += 1;
                }
                lowered.extras.push(Extra { key, of: Of::Destination(*at) });
            }
        }
        if let Some((span, count)) = left_out {
            self.left_out(span, count);
        }
        lowered.extras.sort_by(|a, b| a.key.cmp(&b.key));
    }

    /// Tells which domains have no entry under the form that people write.
    fn left_out(&mut self, span: Span, count: usize) {
        let target = &self.target.name.value;
        let domains = counted(count, "internationalized domain");
        let message = format!("target `{target}` has {domains} under the `xn--` form only");
        let mut diagnostic = Diagnostic::warning("no-unicode-key", span, message);
        for location in [&self.target.transport, &self.target.tls_policy] {
            let hint = no_unicode(location.as_ref(), self.target.postfix);
            diagnostic = hint.into_iter().fold(diagnostic, Diagnostic::hint);
        }
        self.diagnostics.push(diagnostic);
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
                // Without a next hop the recipient domain is the key. [transport(5)]
                let policy = policy.filter(|_| transport.next_hops.is_empty());
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
