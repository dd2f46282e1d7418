//! A policy with where it is written and who gets it.

use super::users::Users;
use crate::model::{AttributeSpec, Body, PolicySpec, Provider};
use crate::postfix::{MatchPattern, NextHop, TlsPolicy};
use crate::resolve::{Resolved, Way};
use crate::source::{Span, Spanned};

/// A policy of a plan or of `next_hops:`.
pub(super) struct PolicyUse<'a> {
    pub(super) policy: &'a TlsPolicy,
    /// The plan and its body; `None` for an entry of `next_hops:`.
    pub(super) plan: Option<(&'a Resolved, &'a Body)>,
    /// The template of the plan.
    pub(super) provider: Option<&'a Provider>,
    /// The entry of `next_hops:`.
    pub(super) next_hop: Option<&'a Spanned<NextHop>>,
    /// Who gets it; nobody for an entry of `next_hops:`.
    pub(super) users: Users,
    own: &'a PolicySpec,
    /// Where the template or the next hop is named.
    named: Span,
}

impl<'a> PolicyUse<'a> {
    pub(super) fn of_plan(
        policy: &'a TlsPolicy,
        plan: &'a Resolved,
        body: &'a Body,
        provider: Option<&'a Provider>,
        users: Users,
    ) -> Self {
        let own = &body.policy;
        let named = body.provider.as_ref().map_or(plan.span, |it| it.span);
        Self { policy, plan: Some((plan, body)), provider, next_hop: None, users, own, named }
    }

    pub(super) fn of_next_hop(
        policy: &'a TlsPolicy,
        next_hop: &'a Spanned<NextHop>,
        own: &'a PolicySpec,
    ) -> Self {
        let (users, named) = (Users::default(), next_hop.span);
        Self { policy, plan: None, provider: None, next_hop: Some(next_hop), users, own, named }
    }

    /// Where the level is written: beside the domain, or else where the template is named.
    pub(super) fn level_place(&self) -> Span {
        self.own.level.as_ref().map_or(self.named, |level| level.span)
    }

    /// The attribute as it is written, beside the domain or in the template.
    pub(super) fn attribute(&self, name: &str) -> Option<&'a AttributeSpec> {
        let templates = self.provider.into_iter().flat_map(|it| [&it.policy, &it.policy_when_dane]);
        let specs = std::iter::once(self.own).chain(templates.flatten());
        specs.flat_map(|it| &it.attributes).find(|it| it.name == name)
    }

    /// Where an attribute is written.
    pub(super) fn attribute_place(&self, name: &str) -> Span {
        self.attribute(name).map_or_else(|| self.level_place(), |it| it.span)
    }

    /// Where a name of `match` is written.
    pub(super) fn match_place(&self, pattern: &MatchPattern) -> Span {
        let attribute = self.attribute("match");
        let value = attribute.into_iter().flat_map(|it| &it.values).find(|value| {
            MatchPattern::parse_name(&value.value).is_ok_and(|written| written == *pattern)
        });
        value.map_or_else(|| self.attribute_place("match"), |it| it.span)
    }

    /// The next hops that ask for the policy, as far as they are the same for all users.
    pub(super) fn next_hops(&self) -> &'a [NextHop] {
        match (self.plan, self.next_hop) {
            (Some((Resolved { way: Way::Transport(transport), .. }, _)), _) => &transport.next_hops,
            (_, Some(next_hop)) => std::slice::from_ref(&next_hop.value),
            (Some(_) | None, None) => &[],
        }
    }

    /// Whether somebody has said why this is as it is. When the exception has ended
    /// `exception-expired` says so, which cannot be allowed.
    pub(super) fn is_excused(&self) -> bool {
        self.plan.is_some_and(|(_, body)| body.reason.is_some())
    }
}
