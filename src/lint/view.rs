//! The repository as lints look at it.

use super::Linted;
use super::policy_use::PolicyUse;
use super::target_view::TargetView;
use super::users::{Groups, GroupsByTarget, Users, and_more};
use crate::expand::Destination;
use crate::model::{Body, Config, Provider};
use crate::postfix::{NextHop, TlsPolicy};
use crate::resolve::Resolved;
use crate::source::Span;
use std::rc::Rc;

/// What is linted, with the users of every plan counted once.
pub(super) struct View<'a> {
    linted: &'a Linted<'a>,
    /// The users of each plan on any target, or on none.
    users: Rc<[Users]>,
    /// The targets that were asked for.
    pub(super) targets: Vec<TargetView<'a>>,
}

impl<'a> View<'a> {
    /// One pass over the destinations, and one more for each target that takes some of them.
    pub(super) fn new(linted: &'a Linted<'a>) -> Self {
        let users: Rc<[Users]> = match linted.destinations {
            None => Rc::from([]),
            Some(all) => Users::of_plans(all, |_| true).into(),
        };
        let targets = linted
            .targets
            .iter()
            .map(|(target, tables)| {
                let users = match linted.destinations {
                    Some(all) if !target.domains.is_all() => {
                        let takes = |it: &Destination| target.domains.takes(it.recipients.name());
                        Users::of_plans(all, takes).into()
                    }
                    Some(_) | None => Rc::clone(&users),
                };
                TargetView::new(target, tables.as_ref(), users)
            })
            .collect();
        Self { linted, users, targets }
    }

    /// The configuration.
    pub(super) fn config(&self) -> &'a Config {
        self.linted.config
    }

    /// What is linted.
    pub(super) fn linted(&self) -> &'a Linted<'a> {
        self.linted
    }

    /// All destinations; none where the repository did not compile.
    pub(super) fn list(&self) -> &'a [Destination] {
        self.linted.destinations.map_or(&[], |it| &it.list)
    }

    /// No groups.
    pub(super) fn groups<K: Ord>(&self) -> Groups<'a, K> {
        Groups::new(self.list())
    }

    /// No groups of findings about the levels of targets.
    pub(super) fn groups_by_target<K: Ord + Clone>(&self) -> GroupsByTarget<'a, K> {
        GroupsByTarget::new(self.list())
    }

    fn resolved(&self) -> &'a [Resolved] {
        self.linted.destinations.map_or(&[], |it| &it.plans)
    }

    /// The plan of a destination.
    pub(super) fn plan(&self, destination: &Destination) -> &'a Resolved {
        &self.resolved()[destination.plan as usize]
    }

    /// Every plan that somebody uses.
    pub(super) fn plans(&self) -> impl Iterator<Item = (&'a Resolved, Users)> {
        used(self.resolved(), &self.users)
    }

    /// Every plan that somebody uses on the target.
    pub(super) fn plans_on(
        &self,
        target: &TargetView<'a>,
    ) -> impl Iterator<Item = (&'a Resolved, Users)> {
        used(self.resolved(), target.users())
    }

    /// Everything that is said of domains, with whose domains these are.
    pub(super) fn bodies(&self) -> impl Iterator<Item = (&'a Body, Users)> {
        let mut users = vec![Users::default(); self.config().bodies.len()];
        for (plan, of_plan) in self.plans() {
            users[plan.body as usize].add(of_plan, self.list());
        }
        self.config().bodies.iter().zip(users)
    }

    /// Every policy of a plan or next hop that somebody uses, with who does.
    pub(super) fn policies(&self) -> impl Iterator<Item = PolicyUse<'a>> {
        let plans = self.plans().filter_map(|(plan, users)| self.policy_use(plan, users));
        plans.chain(self.next_hop_policies())
    }

    /// The policies of `next_hops:`.
    pub(super) fn next_hop_policies(&self) -> impl Iterator<Item = PolicyUse<'a>> {
        let entries = self.linted.destinations.map_or(&[][..], |it| &it.next_hops);
        entries.iter().zip(&self.config().next_hops).filter_map(|(entry, written)| {
            let policy = self.linted.destinations?.policies.get(entry.policy);
            Some(PolicyUse::of_next_hop(policy, &written.next_hop, &written.policy))
        })
    }

    /// The policy of a plan with where it is written; `None` for plans without one.
    pub(super) fn policy_use(&self, plan: &'a Resolved, users: Users) -> Option<PolicyUse<'a>> {
        let policy = self.policy(plan)?;
        Some(PolicyUse::of_plan(policy, plan, self.body(plan), self.provider(plan), users))
    }

    /// The policy of a plan.
    pub(super) fn policy(&self, plan: &Resolved) -> Option<&'a TlsPolicy> {
        Some(self.linted.destinations?.policies.get(plan.policy?))
    }

    /// What was said of the domains of a plan.
    pub(super) fn body(&self, plan: &Resolved) -> &'a Body {
        &self.config().bodies[plan.body as usize]
    }

    /// The template of a plan.
    pub(super) fn provider(&self, plan: &Resolved) -> Option<&'a Provider> {
        self.config().providers.get(&**plan.template.as_ref()?)
    }

    /// `gmail.com`, or `gmail.com` and 3 more; "this entry" where nobody is known.
    pub(super) fn who(&self, users: Users) -> String {
        let first = users.first(self.list()).map(|it| it.recipients.to_string());
        match first {
            None => "this entry".to_owned(),
            Some(name) => format!("`{name}`{}", and_more(users.count)),
        }
    }

    /// The next hop of `next_hops:` that a finding is about, or else the users.
    pub(super) fn who_or(&self, next_hop: Option<&NextHop>, users: Users) -> String {
        next_hop.map_or_else(|| self.who(users), |it| format!("`{it}`"))
    }

    /// The name of the first of `users` in its file.
    pub(super) fn first_place(&self, users: Users) -> Option<Span> {
        Some(users.first(self.list())?.span)
    }
}

fn used<'a>(
    plans: &'a [Resolved],
    users: &Rc<[Users]>,
) -> impl Iterator<Item = (&'a Resolved, Users)> {
    let users = Rc::clone(users);
    plans.iter().enumerate().map(move |(at, plan)| (plan, users[at])).filter(|it| it.1.count > 0)
}
