//! One target as lints look at it.

use super::users::Users;
use super::view::View;
use crate::expand::Destination;
use crate::model::{Location, Target};
use crate::names::Recipients;
use crate::postfix::{NextHop, TlsPolicy, Transport, policy_keys};
use crate::resolve::{Resolved, Way};
use crate::source::{Span, Spanned};
use crate::tables::{Entry, Tables};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

/// A target, its tables where they could be made, and who uses each plan there.
pub(super) struct TargetView<'a> {
    pub(super) target: &'a Target,
    pub(super) tables: Option<&'a Tables>,
    users: Rc<[Users]>,
    /// Whether a key of the transport map can hold for domains below it.
    has_parents: bool,
}

impl<'a> TargetView<'a> {
    pub(super) fn new(target: &'a Target, tables: Option<&'a Tables>, users: Rc<[Users]>) -> Self {
        let first = tables.and_then(|it| it.transport.entries().first());
        // A dot sorts before everything that a name starts with.
        let has_parents = first
            .is_some_and(|it| target.parent_domain_matches_subdomains || it.key.starts_with('.'));
        Self { target, tables, users, has_parents }
    }

    /// Its name.
    pub(super) fn name(&self) -> &'a str {
        &self.target.name.value
    }

    /// Whether the target gets a destination.
    pub(super) fn takes(&self, destination: &Destination) -> bool {
        self.target.domains.takes(destination.recipients.name())
    }

    /// The users of each plan there.
    pub(super) fn users(&self) -> &Rc<[Users]> {
        &self.users
    }

    /// What holds where no entry is found.
    pub(super) fn default_policy(&self) -> TlsPolicy {
        TlsPolicy::new(self.target.security_level.value)
    }

    /// The policy entry that Postfix finds for a next hop.
    pub(super) fn policy_entry(&self, next_hop: &NextHop) -> Option<&'a Entry<Arc<TlsPolicy>>> {
        let tables = self.tables?;
        policy_keys(next_hop).find_map(|key| tables.tls_policy.get(key))
    }

    /// Whether some transport entry catches mail for domains below its own.
    pub(super) fn catches(&self) -> bool {
        self.has_parents
    }

    /// The transport entry of a parent that catches mail for a destination without one of its own.
    pub(super) fn caught_by(&self, recipients: &Recipients) -> Option<&'a Entry<Transport>> {
        let tables = self.tables.filter(|_| self.has_parents)?;
        let name = recipients.name().as_str();
        let without_dot = self.target.parent_domain_matches_subdomains;
        // For subdomains the key of the domain itself is a parent too, if it has no dot.
        let own = (without_dot && recipients.is_subdomains()).then_some(name);
        let parents = name
            .match_indices('.')
            .map(|(at, _)| if without_dot { &name[at + 1..] } else { &name[at..] });
        own.into_iter().chain(parents).find_map(|key| tables.transport.get(key))
    }

    /// Whether some map is a file, and not a table of a database.
    pub(super) fn has_files(&self) -> bool {
        let is_sql = |it: &Option<Spanned<Location>>| {
            it.as_ref().is_some_and(|it| matches!(it.value, Location::Sql { .. }))
        };
        let only =
            |a: &Option<Spanned<Location>>, b: &Option<Spanned<Location>>| is_sql(a) && b.is_none();
        let (transport, tls_policy) = (&self.target.transport, &self.target.tls_policy);
        !(only(transport, tls_policy)
            || only(tls_policy, transport)
            || (is_sql(transport) && is_sql(tls_policy)))
    }

    /// The transport entry of a parent that sends mail for a destination to another next hop than the
    /// destination itself; `smtp:` does not.
    pub(super) fn sent_elsewhere(&self, recipients: &Recipients) -> Option<&'a Entry<Transport>> {
        let entry = self.caught_by(recipients)?;
        (!entry.value.next_hops.is_empty() || !entry.value.text.is_empty()).then_some(entry)
    }

    /// The next hops of a plan's own for which no entry is found. Services that ask for no policies
    /// have none.
    pub(super) fn next_hops_of_plan_without_policy(
        &self,
        plan: &'a Resolved,
    ) -> impl Iterator<Item = &'a NextHop> {
        let next_hops = match &plan.way {
            Way::Transport(transport) if plan.policy.is_none() && asks_policies(transport) => {
                transport.next_hops.as_slice()
            }
            Way::Transport(_) | Way::Mx | Way::Pinned(_) | Way::LeftTo(_) => &[],
        };
        next_hops.iter().filter(|it| self.policy_entry(it).is_none())
    }

    /// Every next hop for which no entry is found, those of main.cf included, with its place.
    pub(super) fn next_hops_without_policy(
        &self,
        view: &View<'a>,
    ) -> BTreeSet<(&'a NextHop, Span)> {
        let own = view.plans_on(self).flat_map(|(plan, _)| {
            let next_hops = self.next_hops_of_plan_without_policy(plan);
            next_hops.map(|next_hop| (next_hop, plan.span))
        });
        let relays = self.target.relayhost.iter().chain(&self.target.fallback_relay);
        let relays = relays.filter(|it| self.policy_entry(&it.value).is_none());
        own.chain(relays.map(|it| (&it.value, it.span))).collect()
    }

    /// Every next hop that is written for mail of the target: those of domains and of main.cf.
    pub(super) fn next_hops(&self, view: &View<'a>) -> BTreeSet<&'a NextHop> {
        let own = view.plans_on(self).flat_map(|(plan, _)| match &plan.way {
            Way::Transport(transport) => transport.next_hops.as_slice(),
            Way::Mx | Way::Pinned(_) | Way::LeftTo(_) => &[],
        });
        own.chain(self.relays()).collect()
    }

    /// The next hops of main.cf: `relayhost` and `smtp_fallback_relay`.
    pub(super) fn relays(&self) -> impl Iterator<Item = &'a NextHop> {
        let target = self.target;
        target.relayhost.iter().chain(&target.fallback_relay).map(|it| &it.value)
    }
}

/// Whether a next hop lies on this host or in its network, where nobody is on the way.
pub(super) fn is_inside(next_hop: &NextHop) -> bool {
    let host = next_hop.host_part();
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(it)) => it.is_loopback() || it.is_private() || it.is_link_local(),
        Ok(IpAddr::V6(it)) => {
            it.is_loopback() || it.is_unique_local() || it.is_unicast_link_local()
        }
        Err(_) => host == "localhost",
    }
}

/// Whether mail to the next hops of a transport asks `smtp_tls_policy_maps`; services of other names
/// may be further smtp(8) services of master.cf. [master(5)]
pub(super) fn asks_policies(transport: &Transport) -> bool {
    !matches!(
        transport.service.as_str(),
        "lmtp" | "error" | "retry" | "discard" | "local" | "virtual" | "pipe"
    )
}
