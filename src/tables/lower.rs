//! From destinations to the tables of one target.

use super::lowered::{Extra, Lowered, Of, State};
use super::table::Origin;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expand::{Destination, Destinations, PolicyId};
use crate::model::{Location, Target};
use crate::postfix::{TlsPolicy, Transport, Version, fold_key};
use crate::report::counted;
use crate::resolve::{Resolved, Way};
use crate::source::{Span, Spanned};
use crate::sql::Dialect;
use compact_str::CompactString;
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest key that every map type takes. [`lmdb_table(5)`: 511 bytes with the final NUL]
const LONGEST_KEY: usize = 510;

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
    if target.transport.is_some() && target.tls_policy.is_none() {
        let message = format!(
            "target `{}` says where its transport map is, and not where its policies are",
            target.name.value
        );
        let hint = "add `tls_policy:`, or write `deployed:` for the folder of both";
        lowering.refuse("tls-policy-unmanaged", target.name.span, message, Some(hint.to_owned()));
        return None;
    }
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

pub(super) struct Lowering<'a, 't> {
    destinations: &'a Destinations<Resolved>,
    pub(super) target: &'t Target,
    diagnostics: &'t mut Diagnostics,
    /// Policies that were checked for the target's version; `None` when refused.
    policies: HashMap<PolicyId, Option<Arc<TlsPolicy>>>,
    by_next_hop: BTreeMap<CompactString, (PolicyId, Origin)>,
    failed: bool,
}

impl Lowering<'_, '_> {
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
            if let Some((destination, State::LeftTo)) = own {
                let message =
                    format!("`{key}` is a next hop with a policy, and left to another resolver");
                self.failed = true;
                self.diagnostics.push(
                    Diagnostic::error("next-hop-conflict", origin.span, message)
                        .related(destination.span, "left to it here")
                        .hint("both have the same key: write the next hop as `[host]`"),
                );
            }
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
            if let Some(key) = self.unicode_key(destination) {
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
            // Both maps may have the same reason.
            if let Some(hint) = hint.filter(|it| !diagnostic.hints.iter().any(|known| known == it))
            {
                diagnostic = diagnostic.hint(hint);
            }
        }
        self.diagnostics.push(diagnostic);
    }

    /// The key in U-labels, where there is one that Postfix does not fold into another domain's.
    fn unicode_key(&mut self, destination: &Destination) -> Option<CompactString> {
        let key = destination.recipients.unicode_key()?;
        if key.len() > LONGEST_KEY {
            let message = format!(
                "`{}` has {} bytes in U-labels, and a key of a map at most {LONGEST_KEY}",
                destination.recipients,
                key.len()
            );
            self.refuse("key-too-long", destination.span, message, None);
            self.failed = true;
            return None;
        }
        let folded = fold_key(&key);
        if folded == key.as_str() {
            return Some(key);
        }
        let message = format!("`{key}` cannot be a key: Postfix folds it to `{folded}`");
        let hint = "mail to addresses that are written in U-labels is treated like mail for that domain; \
                    mail to A-labels has the policy";
        self.diagnostics
            .push(Diagnostic::warning("folded-key", destination.span, message).hint(hint));
        None
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
                    let message = format!(
                        "target `{}` runs Postfix {}: {error}",
                        self.target.name.value, self.target.postfix
                    );
                    self.refuse("postfix-version", plan.span, message, error.hint());
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

    /// Whether the target has a transport map of ours; reports it otherwise.
    pub(super) fn takes_transport(&mut self, span: Span, what: &str) -> bool {
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
    pub(super) fn next_hop(&mut self, key: &str, id: PolicyId, origin: Origin) {
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

    pub(super) fn refuse(
        &mut self,
        code: &'static str,
        span: Span,
        message: String,
        hint: Option<String>,
    ) {
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
